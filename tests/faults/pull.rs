//! Rows 1–29 and 34–37: KITOS or the way there is wrong. The pull is one value
//! or nothing: the database is as it was, the run history says why, and the
//! next good pull works.

use std::time::Duration;

use chrono::TimeDelta;
use kitos_standin::{Effect, Fault, Standin, World};
use kitos_sync::config::Environment;
use kitos_sync::decisions::release;
use kitos_sync::jobs::{Rhythm, timetable};
use kitos_sync::model::IncidentKind;
use kitos_sync::store;
use kitos_sync::time::due::Due;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};

use crate::faults::house::House;
use crate::support::smtp::closed_port;
use crate::support::tls::tls_in_front_of;

const USAGES: &str = "/api/v2/it-system-usages";

fn usages(effect: Effect) -> Fault {
    Fault::new(USAGES, effect).when("page=")
}

/// A house that has pulled once.
async fn settled() -> House {
    let house = House::new(30).await;
    house.sync().await.expect("the first pull");
    house
}

/// The message of a pull that this fails.
async fn told_of(effect: Effect) -> String {
    let mut house = settled().await;
    let message = house.fails_while(usages(effect)).await;
    assert!(message.contains(&house.standin.address().to_string()), "{message}");
    message
}

/// The same under settings that do not wait.
async fn told_soon_of(effect: Effect) -> String {
    let mut house = settled().await;
    house.impatient();
    house.fails_while(usages(effect)).await
}

/// The message of a pull from another address, after which the old one works.
async fn told_at(url: String) -> String {
    let mut house = settled().await;
    let good = house.standin.url();
    house.set(|config| {
        config.kitos.url = url;
        config.kitos.request_timeout = Duration::from_millis(300);
    });
    let message = house.fails().await;
    house.set(|config| {
        config.kitos.url = good;
        config.kitos.request_timeout = Duration::from_secs(10);
    });
    house.recovers().await;
    message
}

#[tokio::test]
async fn fault_01_connection_refused() {
    let host = format!("127.0.0.1:{}", closed_port());
    let message = told_at(format!("http://{host}")).await;
    assert!(message.contains(&format!("cannot reach {host}")), "{message}");
    assert!(message.contains("firewall"), "{message}");
}

#[tokio::test]
async fn fault_02_dns_fails() {
    let message = told_at("https://kitos.invalid".to_owned()).await;
    assert!(message.contains("cannot reach kitos.invalid"), "{message}");
    assert!(message.contains("Check the name"), "{message}");
}

#[tokio::test]
async fn fault_03_connect_hangs() {
    // The kernel lets further connections wait once nobody accepts the first.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("a queue of one");
    let address = listener.local_addr().expect("its address");
    let mut queue = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        queue.push(stream);
        assert!(queue.len() < 100, "the queue never fills");
    }
    let message = told_at(format!("http://{address}")).await;
    assert!(message.contains(&format!("cannot reach {address}")), "{message}");
    // Of two clocks that end in the same moment, either may be the first.
    let in_vain = message.contains("deadline has elapsed") || message.contains("timed out");
    assert!(in_vain && message.contains("firewall"), "{message}");
}

#[tokio::test]
async fn fault_04_tls_certificate_wrong() {
    let standin = Standin::start(World::generate(7, 1)).await.expect("a stand-in");
    let (address, _) = tls_in_front_of(standin.address()).await;
    let message = told_at(format!("https://localhost:{}", address.port())).await;
    assert!(message.contains("is not trusted"), "{message}");
    assert_eq!(standin.requests(), []);
}

#[tokio::test]
async fn fault_05_reply_cut_in_the_middle() {
    let message = told_of(Effect::Cut).await;
    assert!(message.contains("broke off"), "{message}");
}

#[tokio::test]
async fn fault_06_connection_dropped_mid_page() {
    let message = told_of(Effect::Drop).await;
    assert!(message.contains("broke off"), "{message}");
}

#[tokio::test]
async fn fault_07_one_byte_a_second() {
    let message = told_soon_of(Effect::Slow(Duration::from_secs(1))).await;
    assert!(message.contains("kitos.request_timeout"), "{message}");
}

#[tokio::test]
async fn fault_08_no_end() {
    let message = told_of(Effect::Endless).await;
    assert!(message.contains("larger than 64 MiB"), "{message}");
}

#[tokio::test]
async fn fault_09_html_with_200() {
    let message = told_of(Effect::Html).await;
    assert!(message.contains("page=0") && message.contains("<html>"), "{message}");
}

#[tokio::test]
async fn fault_10_null() {
    let message = told_of(Effect::Body("null".to_owned())).await;
    assert!(message.contains("page=0") && message.contains("null"), "{message}");
}

#[tokio::test]
async fn fault_11_an_object_where_a_list_belongs() {
    let message = told_of(Effect::Body(r#"{"items":[]}"#.to_owned())).await;
    assert!(message.contains("page=0") && message.contains("sequence"), "{message}");
}

#[tokio::test]
async fn fault_12_a_field_of_the_wrong_type() {
    let wrong = |rows: &mut serde_json::Value| rows[3]["general"]["validity"] = json!("valid");
    let message = told_of(Effect::rewrite(wrong)).await;
    assert!(message.contains("[3].general.validity"), "{message}");
}

#[tokio::test]
async fn fault_13_500_502_503_504_once() {
    for status in [500, 502, 503, 504] {
        let house = settled().await;
        house.something_happens();
        let before = house.register();
        house.standin.fault(usages(Effect::status(status)));
        house.sync().await.unwrap_or_else(|error| panic!("{status}: {error}"));
        assert_ne!(house.register(), before, "{status}");
    }
}

#[tokio::test]
async fn fault_16_503_for_an_hour() {
    let mut house = settled().await;
    // Five in the morning of the day after, and the first good pull of it.
    house.at("2026-03-03T04:00:30Z".parse().expect("an instant"));
    house.standin.fault(usages(Effect::status(503)).always());
    let before = house.register();
    let mut tried_after = Vec::new();
    for minute in 0..=75 {
        if house.run_due().await.iter().any(|run| run.scheduled_for.is_some()) {
            tried_after.push(minute);
        }
        assert_eq!(house.register(), before);
        house.wait(TimeDelta::minutes(1));
    }
    assert_eq!(tried_after, [0, 16], "R7: again after a quarter of an hour, then an hour");
    house.standin.heal();
    house.something_happens();
    house.wait(TimeDelta::minutes(15));
    house.run_due().await;
    assert_ne!(house.register(), before);
}

#[tokio::test]
async fn fault_17_500_as_long_as_a_certain_usage_is_in_the_page() {
    let mut house = settled().await;
    let poison = house.standin.world().our_usages().nth(17).expect("a usage").uuid;
    let message = house.fails_while(usages(Effect::Poison(poison))).await;
    assert!(message.contains("row 17 of the list"), "{message}");
}

#[tokio::test]
async fn fault_18_401_at_login() {
    let mut house = settled().await;
    let right = house.context.environment.clone();
    house.context.environment =
        [("KITOS_SYNC_KITOS_PASSWORD", "wrong")].into_iter().collect::<Environment>();
    // As after a restart: while a token is valid, the password is not asked for.
    house.context.tokens = Default::default();
    let logins = house.standin.logins();
    let message = house.fails().await;
    assert!(message.contains("refused the login"), "{message}");
    assert_eq!(house.standin.logins(), logins + 1, "one try");
    let open = house.store(store::incidents);
    assert_eq!(open.iter().map(|i| i.kind).collect::<Vec<_>>(), [IncidentKind::LoginRefused]);

    // The schedule asks again after twelve hours and not before. The file of the
    // configuration is new, which says nothing: it was not taken over.
    house.at("2026-03-02T20:59:00Z".parse().expect("an instant"));
    let table = timetable(&house.context, Rhythm::Once).await.expect("the timetable");
    assert!(table.login_pause_until.is_some_and(|until| until > house.context.now()));
    assert!(matches!(table.sync, Due::At(Some(_))), "{table:?}");

    // Another configuration in force is tried once, however old its file; what does not
    // concern the login is no other.
    let in_force = std::sync::Arc::clone(&house.context.config);
    for (email, page_size, paused) in
        [("other@kommune.dk", 100, false), (&*in_force.kitos.email, 7, true)]
    {
        let mut config = (*in_force).clone();
        (config.kitos.email, config.kitos.page_size) = (email.to_owned(), page_size);
        house.context.config = config.into();
        let table = timetable(&house.context, Rhythm::Once).await.expect("the timetable");
        assert_eq!(table.login_pause_until.is_some(), paused, "{email}, {page_size}");
        assert_eq!(matches!(table.sync, Due::Now { .. }), !paused, "{email}, {page_size}");
    }
    house.context.config = in_force;

    // A password in the environment is as old as the daemon; one that systemd hands over, as
    // its file.
    let now = house.context.now();
    let minute = chrono::TimeDelta::minutes(1);
    let refused_at = now - chrono::TimeDelta::hours(12) + minute;
    for (began, paused) in [(refused_at - minute, true), (refused_at + minute, false)] {
        house.context.began = Some(began);
        let table = timetable(&house.context, Rhythm::Once).await.expect("the timetable");
        assert_eq!(table.login_pause_until.is_some(), paused, "began at {began}");
    }
    let credentials = tempfile::tempdir().expect("a folder");
    let credential = credentials.path().join("kitos-password");
    house.context.environment =
        [("CREDENTIALS_DIRECTORY", credentials.path())].into_iter().collect::<Environment>();
    for (written, paused) in [(refused_at - minute, true), (refused_at + minute, false)] {
        std::fs::write(&credential, "right").expect("a credential");
        let file = std::fs::File::options().write(true).open(&credential);
        file.and_then(|file| file.set_modified(written.into())).expect("a time stamp");
        let table = timetable(&house.context, Rhythm::Once).await.expect("the timetable");
        assert_eq!(table.login_pause_until.is_some(), paused, "written at {written}");
    }

    house.context.environment = right;
    house.recovers().await;
    assert_eq!(house.store(store::incidents), []);
}

#[tokio::test]
async fn fault_19_401_mid_pull() {
    let house = settled().await;
    let (logins, before) = (house.standin.logins(), house.register());
    house.something_happens();
    house.standin.fault(usages(Effect::TokensRevoked));
    house.sync().await.expect("a login anew");
    assert_eq!(house.standin.logins(), logins + 1);
    assert_ne!(house.register(), before);
}

#[tokio::test]
async fn fault_20_401_again() {
    let mut house = settled().await;
    let logins = house.standin.logins();
    let message = house.fails_while(usages(Effect::status(401))).await;
    assert!(message.contains("with a token that it had just given"), "{message}");
    assert_eq!(house.standin.logins(), logins + 1, "one, whose token the good pull after it has");
    assert_eq!(house.store(store::incidents), [], "the password is right");
}

#[tokio::test]
async fn fault_21_403_on_one_list() {
    let message = told_of(Effect::Status {
        status: 403,
        body: "Brugeren har ikke API-adgang".to_owned(),
        retry_after: None,
    })
    .await;
    assert!(message.contains("403") && message.contains("RightsHolderAccess"), "{message}");
}

#[tokio::test]
async fn fault_22_redirect_to_another_host() {
    let other = Standin::start(World::generate(7, 1)).await.expect("a stand-in");
    let message = told_of(Effect::Redirect(format!("{}{USAGES}", other.url()))).await;
    assert!(message.contains(&other.url()), "{message}");
    assert_eq!(other.requests(), [], "neither token nor request");
}

#[tokio::test]
async fn fault_23_redirect_from_https_to_http() {
    let mut house = settled().await;
    let good = house.standin.url();
    let (address, certificate) = tls_in_front_of(house.standin.address()).await;
    let folder = TempDir::new().expect("a folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, certificate).expect("a file");
    house.set(|config| {
        config.kitos.url = format!("https://localhost:{}", address.port());
        config.kitos.ca_file = Some(ca);
    });
    // The same KITOS by another name, and a person says so.
    house.sync().await.expect("a pull that is held");
    release(&house.context, None, "Ida".to_owned()).await.expect("released");
    let target = Effect::Redirect(format!("{good}/elsewhere"));
    let message = house.fails_while(usages(target)).await;
    assert!(message.contains(&format!("redirects to {good}")), "{message}");
    assert_eq!(house.standin.requests_to("/elsewhere"), [], "in clear text");
}

#[tokio::test]
async fn fault_24_page_is_ignored() {
    let mut house = settled().await;
    house.set(|config| config.kitos.page_size = 10);
    let message = house.fails_while(usages(Effect::PageIgnored)).await;
    assert!(message.contains("repeats rows of the pages before it"), "{message}");
}

#[tokio::test]
async fn fault_25_a_page_longer_than_asked() {
    let mut house = settled().await;
    house.set(|config| config.kitos.page_size = 10);
    let message = house.fails_while(usages(Effect::PageSizeIgnored)).await;
    assert!(message.contains("and 10 were asked for"), "{message}");
}

#[tokio::test]
async fn fault_26_duplicates() {
    let message = told_of(Effect::rewrite(|rows| {
        let rows = rows.as_array_mut().expect("a list");
        if rows.len() > 1 {
            rows[1] = rows[0].clone();
        }
    }))
    .await;
    assert!(message.contains("twice"), "{message}");
}

#[tokio::test]
async fn fault_27_an_empty_page_in_the_middle() {
    let mut house = settled().await;
    house.set(|config| config.kitos.page_size = 10);
    let empty = Fault::new(USAGES, Effect::Body("[]".to_owned())).when("page=1&");
    let message = house.fails_while(empty).await;
    assert!(message.contains("page 2 after one that was not full"), "{message}");
}

#[tokio::test]
async fn fault_34_organisation_disabled() {
    let mut house = settled().await;
    house.standin.edit(|world| world.disable_organization(true));
    let message = house.fails().await;
    assert!(message.contains("is disabled in KITOS"), "{message}");
    let open = house.store(store::incidents);
    assert_eq!(open.iter().map(|i| i.kind).collect::<Vec<_>>(), [IncidentKind::AccessLost]);
    assert_eq!(house.mails().len(), 1, "one alert");
    house.standin.edit(|world| world.disable_organization(false));
    house.recovers().await;
    assert_eq!(house.store(store::incidents), []);
}

#[tokio::test]
async fn fault_35_gzip_bomb() {
    let message = told_of(Effect::GzipBomb).await;
    assert!(message.contains("larger than 64 MiB"), "{message}");
}

#[tokio::test]
async fn fault_36_a_body_of_a_gibibyte() {
    // It has no end, so it is longer than that too: read is 64 MiB of it.
    let mut house = settled().await;
    let message = house.fails_while(usages(Effect::Endless)).await;
    assert!(message.contains("larger than 64 MiB"), "{message}");
}

#[tokio::test]
async fn fault_37_json_10_000_deep() {
    let message = told_of(Effect::Deep).await;
    assert!(message.contains("deeper than 100 levels"), "{message}");
}
