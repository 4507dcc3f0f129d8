//! The way to KITOS: names, TLS and proxies, as an operator configures them and
//! as they fail.

use kitos_standin::{PASSWORD, Standin, World};
use kitos_sync::kitos::{Client, Credentials, Error, Known, Problem};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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

/// A proxy that wants `user:secret`, before `standin`.
async fn strict_proxy(standin: &Standin) -> String {
    let (listener, behind) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), standin.address());
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await?);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                if head.to_lowercase().contains("proxy-authorization: basic dxnlcjpzzwnyzxq=") {
                    let mut server = TcpStream::connect(behind).await?;
                    server.write_all(head.as_bytes()).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
                } else {
                    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                                  Proxy-Authenticate: Basic realm=\"way out\"\r\n\
                                  Content-Length: 0\r\n\r\n";
                    client.write_all(answer.as_bytes()).await?;
                }
                std::io::Result::Ok(())
            });
        }
    });
    url
}

#[tokio::test]
async fn a_proxy_that_asks_who_we_are_is_answered() {
    let standin = standin().await;
    let mut settings = settings(&standin);
    settings.proxy = Some(strict_proxy(&standin).await);
    // As an ordinary request, and as one for a tunnel.
    for url in ["http://kitos.invalid", "https://kitos.invalid"] {
        settings.url = url.to_owned();
        let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err();
        assert!(
            matches!(&error, Error::Request { problem: Problem::ProxyLogin { .. }, .. }),
            "{error}"
        );
        let error = error.to_string();
        assert!(error.contains("kitos.proxy_user") && error.contains("proxy-password"), "{error}");
    }
    settings.url = "http://kitos.invalid".to_owned();
    settings.proxy_user = Some("user".to_owned());
    let credentials = |proxy_password: Option<&str>| Credentials {
        proxy_password: proxy_password.map(Into::into),
        ..Credentials::from(PASSWORD)
    };
    let right = Client::new(&settings, credentials(Some("secret")), support::PACE).unwrap();
    let pull = right.pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 10);
    let wrong = Client::new(&settings, credentials(Some("guess")), support::PACE).unwrap();
    let error = wrong.pull(&Known::default(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("the proxy refuses them"), "{error}");
    let error = Client::new(&settings, credentials(None), support::PACE).unwrap_err().to_string();
    assert!(error.contains("kitos.proxy_user has no password"), "{error}");
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
