//! The way to KITOS: names, TLS and proxies, as an operator configures them and
//! as they fail.

use kitos_standin::{Standin, World};
use kitos_sync::kitos::Known;
use tempfile::TempDir;

use crate::support::tls::tls_in_front_of;
use crate::support::{self, client, settings};

async fn standin() -> Standin {
    Standin::start(World::generate(7, 10)).await.unwrap()
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_and_a_ca_file_helps() {
    let standin = standin().await;
    let (address, certificate) = tls_in_front_of(standin.address()).await;
    let mut settings = settings(&standin);
    settings.url = format!("https://localhost:{}", address.port());
    let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains(&format!("localhost:{} is not trusted", address.port())), "{error}");
    assert!(error.contains("kitos.ca_file"), "{error}");
    assert_eq!(standin.requests(), []);

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, certificate).unwrap();
    settings.ca_file = Some(path);
    let pull = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 10);

    // The right certificate for another name is no better than none.
    settings.url = format!("https://127.0.0.1:{}", address.port());
    let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("is not trusted"), "{error}");
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_told() {
    let standin = standin().await;
    let folder = TempDir::new().unwrap();
    let mut settings = settings(&standin);
    for (name, content) in [("missing.pem", None), ("garbage.pem", Some("no certificate"))] {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        settings.ca_file = Some(path);
        let made = kitos_sync::kitos::Client::new(&settings, "x".into(), support::PACE);
        let error = made.unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("kitos.ca_file"), "{error}");
    }
}

#[tokio::test]
async fn a_proxy_reaches_what_we_cannot() {
    let standin = standin().await;
    let mut settings = settings(&standin);
    settings.url = "http://kitos.invalid".to_owned();
    settings.proxy = Some(standin.url());
    let pull = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 10);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told() {
    let standin = standin().await;
    let mut settings = settings(&standin);
    settings.url = "http://kitos.invalid".to_owned();
    let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("cannot reach kitos.invalid"), "{error}");
    assert!(error.contains("Check the name"), "{error}");
}
