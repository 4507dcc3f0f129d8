//! The KITOS client when something is wrong on the way: each fault of the
//! matrix in `docs/reliability.md` is survived, or ends in an error that names the
//! address and says what to do. Nothing loops for ever, and nothing is kept.

use std::time::Duration;

use kitos_standin::{Effect, Fault, PASSWORD, Standin, World};
use kitos_sync::config;
use kitos_sync::kitos::{Client, Error, Known, Pace};
use serde_json::{Value, json};

use crate::support::{PACE, client, pull, settings};

pub const USAGES: &str = "/api/v2/it-system-usages";
const USERS: &str = "/api/v2/organizations/";

pub async fn standin(size: usize) -> Standin {
    Standin::start(World::generate(7, size)).await.unwrap()
}

/// Settings under which nothing hangs for long. Pages of one row cannot be
/// asked for in smaller ones.
fn impatient(standin: &Standin) -> config::Kitos {
    config::Kitos { request_timeout: Duration::from_millis(300), page_size: 1, ..settings(standin) }
}

/// The error's message, with what differs from run to run taken out.
pub fn message(standin: &Standin, error: &Error) -> String {
    error
        .to_string()
        .replace(&standin.address().to_string(), "HOST")
        .replace(&standin.world().organization.to_string(), "ORGANISATION")
}

/// The message of a pull that fails, after which a pull succeeds.
pub async fn failure(standin: &Standin, fault: Fault) -> String {
    standin.fault(fault);
    let client = client(&settings(standin));
    let error = client.pull(&Known::default(), &|_| {}).await.unwrap_err();
    standin.heal();
    let healed = client.pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(healed.snapshot.usages.len(), standin.world().our_usages().count());
    message(standin, &error)
}

/// How many requests there were for the usages' first page.
fn tries(standin: &Standin) -> usize {
    let requests = standin.requests_to(USAGES);
    requests.iter().filter(|request| request.path.contains("page=0&")).count()
}

#[tokio::test]
async fn what_passes_by_itself_is_survived() {
    for effect in [
        Effect::status(408),
        Effect::status(425),
        Effect::status(429),
        Effect::status(500),
        Effect::status(502),
        Effect::status(503),
        Effect::status(504),
        Effect::Cut,
        Effect::Drop,
        Effect::Hang,
        Effect::Slow(Duration::from_secs(1)),
    ] {
        let standin = standin(10).await;
        standin.fault(Fault::new(USAGES, effect.clone()).when("page=0&").times(2));
        standin.fault(Fault::new(USERS, effect.clone()).times(1));
        let settings = match effect {
            Effect::Hang | Effect::Slow(_) => impatient(&standin),
            _ => settings(&standin),
        };
        let pull = client(&settings).pull(&Known::default(), &|_| {}).await;
        assert_eq!(pull.unwrap().snapshot.usages.len(), 10, "{effect:?}");
        assert!(tries(&standin) >= 3, "{effect:?}");
    }
}

#[tokio::test]
async fn what_stays_ends_after_five_tries() {
    let standin = standin(10).await;
    for effect in [Effect::Cut, Effect::status(429)] {
        standin.forget_requests();
        standin.fault(Fault::new(USAGES, effect).when("page=0&pageSize=100").always());
        client(&settings(&standin)).pull(&Known::default(), &|_| {}).await.unwrap_err();
        assert_eq!(tries(&standin), 5);
        standin.heal();
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    let standin = standin(10).await;
    for effect in [
        Effect::status(400),
        Effect::status(403),
        Effect::status(404),
        Effect::status(410),
        Effect::Html,
        Effect::Body("null".to_owned()),
        Effect::Redirect("https://elsewhere.example/".to_owned()),
    ] {
        standin.forget_requests();
        standin.fault(Fault::new(USAGES, effect.clone()).when("page=0&").always());
        client(&settings(&standin)).pull(&Known::default(), &|_| {}).await.unwrap_err();
        assert_eq!(tries(&standin), 1, "{effect:?}");
        standin.heal();
    }
}

#[tokio::test]
async fn a_status_that_is_not_ok_brings_no_list() {
    let standin = standin(10).await;
    for status in [202, 205, 206, 226, 300, 304] {
        let body = if status == 304 { "" } else { "[]" };
        let effect = Effect::Status { status, body: body.to_owned(), retry_after: None };
        let path = format!("{USERS}{}/users", standin.world().organization);
        standin.fault(Fault::new(&path, effect).always());
        let error = pull(&standin, &Known::default()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("it answered {status}")), "{status}: {error}");
        standin.heal();
    }
}

#[tokio::test]
async fn json_that_ends_in_the_middle_is_asked_for_again() {
    let standin = standin(120).await;
    // It is asked for five times at most.
    for times in [1, 5] {
        let cut = Effect::Body(r#"[{"uuid": "3e6d9c3c-6a5f-4a5e"#.to_owned());
        standin.fault(Fault::new(USAGES, cut).when("page=1&").times(times));
        let result = pull(&standin, &Known::default()).await;
        match result {
            Ok(pull) if times == 1 => assert_eq!(pull.snapshot.usages.len(), 120),
            Err(error) if times == 5 => {
                let error = error.to_string();
                assert!(error.contains("it ends in the middle of its JSON"), "{error}");
            }
            other => panic!("{times}: {other:?}"),
        }
        standin.heal();
    }
}

#[tokio::test]
async fn messages_name_the_address_and_say_what_to_do() {
    let standin = standin(10).await;
    let status =
        |status, body: &str| Effect::Status { status, body: body.to_owned(), retry_after: None };
    let mut told = String::new();
    for (name, effect) in [
        ("403 in Danish", status(403, "Brugeren har ikke længere\r\nAPI-adgang\u{1b}[31m")),
        ("400", status(400, r#"{"pageSize":["must be between 1 and 250"]}"#)),
        ("404", status(404, r#""Not found""#)),
        ("429 that stays", status(429, "")),
        ("HTML with 200", Effect::Html),
        ("null", Effect::Body("null".to_owned())),
        ("an object where a list belongs", Effect::Body(r#"{"rows":[]}"#.to_owned())),
        ("two values", Effect::Body("[] []".to_owned())),
        ("nothing", Effect::Body(String::new())),
        ("a field of the wrong type", Effect::rewrite(|rows| rows[3]["general"] = json!(7))),
        ("no uuid", Effect::rewrite(|rows| rows[3]["uuid"] = Value::Null)),
        (
            "no date",
            Effect::rewrite(|rows| {
                rows[1]["general"]["validity"]["validTo"] = json!("sometime");
            }),
        ),
        ("a cut answer", Effect::Cut),
        ("a dropped connection", Effect::Drop),
        ("a redirect", Effect::Redirect("https://elsewhere.example/login".to_owned())),
        ("nested deep", Effect::Deep),
        ("duplicates", Effect::rewrite(|rows| rows[1] = rows[0].clone())),
    ] {
        let fault = Fault::new(USAGES, effect).when("page=0&").always();
        told += &format!("{name}\n  {}\n\n", failure(&standin, fault).await);
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_told_with_the_limit() {
    for effect in [Effect::Hang, Effect::Slow(Duration::from_secs(1))] {
        let standin = standin(10).await;
        standin.fault(Fault::new(USAGES, effect).when("page=3&").always());
        let error = client(&impatient(&standin)).pull(&Known::default(), &|_| {}).await;
        let error = message(&standin, &error.unwrap_err());
        assert!(error.contains("row 3 of the list"), "{error}");
        assert!(error.contains("within kitos.request_timeout (300ms)"), "{error}");
    }
}

#[tokio::test]
async fn bombs_and_endless_answers_are_capped() {
    let standin = standin(10).await;
    for effect in [Effect::GzipBomb, Effect::Endless] {
        standin.forget_requests();
        standin.fault(Fault::new(USAGES, effect).when("page=0&").always());
        let error = pull(&standin, &Known::default()).await.unwrap_err();
        assert!(error.to_string().contains("larger than 64 MiB"), "{error}");
        assert_eq!(tries(&standin), 1);
        standin.heal();
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let standin = standin(10).await;
    let mut settings = settings(&standin);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    settings.url = format!("http://{free}");
    let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err();
    let error = error.to_string();
    assert!(error.contains(&format!("cannot reach {free}")), "{error}");
    assert!(error.contains("kitos.proxy"), "{error}");
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_its_cap() {
    // Taken from the header, the pause is a day and the cap brings it down to
    // `retry_after_cap`, so the pull ends; a pause of our own would be a day.
    let tomorrow = (chrono::Utc::now() + chrono::TimeDelta::days(1)).to_rfc2822();
    let tomorrow = tomorrow.replace("+0000", "GMT");
    for value in ["86400", &tomorrow, "18446744073709551615"] {
        let standin = standin(10).await;
        standin.fault(Fault::new(USAGES, Effect::retry_after(429, value)).when("page=0&").times(2));
        let mut pace = PACE;
        (pace.base, pace.cap) = (Duration::from_secs(86_400), Duration::from_secs(86_400));
        let client = Client::new(&settings(&standin), PASSWORD.into(), pace).unwrap();
        let pull = client.pull(&Known::default(), &|_| {}).await.unwrap();
        assert_eq!(pull.snapshot.usages.len(), 10, "{value}");
        assert_eq!(tries(&standin), 3, "{value}");
    }
}

#[tokio::test]
async fn a_pull_has_an_end() {
    let standin = standin(10).await;
    standin.fault(Fault::new(USAGES, Effect::Hang).always());
    let settings = config::Kitos { pull_timeout: Duration::from_millis(300), ..settings(&standin) };
    let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err();
    assert!(matches!(error, Error::PullTimeout { .. }), "{error}");
}

#[tokio::test]
async fn a_pull_that_ends_while_it_waits_to_try_again_says_what_for() {
    let standin = standin(10).await;
    standin.fault(Fault::new(USAGES, Effect::retry_after(503, "3600")).always());
    let settings = config::Kitos { pull_timeout: Duration::from_millis(300), ..settings(&standin) };
    let pace = Pace { retry_after_cap: Duration::from_secs(3600), ..PACE };
    let client = Client::new(&settings, PASSWORD.into(), pace).unwrap();
    let error = client.pull(&Known::default(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains(USAGES) && error.contains("it answered 503"), "{error}");
}

#[tokio::test]
async fn an_old_answer_out_of_a_cache_is_not_taken_for_kitos() {
    let minutes = chrono::TimeDelta::minutes;
    // By its own word, or since the login, which no cache answers, is of today.
    for (effect, old) in [
        (Effect::Aged(600), None),
        (Effect::Aged(3 * 86_400), Some("4320")),
        (Effect::ClockOff(minutes(-10)), None),
        (Effect::ClockOff(minutes(10)), None),
        // Dates have whole seconds.
        (Effect::ClockOff(chrono::TimeDelta::seconds(-3 * 86_400 - 30)), Some("4320")),
    ] {
        let standin = standin(150).await;
        standin.fault(Fault::new(USAGES, effect.clone()).when("page=1&").always());
        let result = pull(&standin, &Known::default()).await;
        let Some(old) = old else {
            result.unwrap_or_else(|error| panic!("{effect:?}: {error}"));
            continue;
        };
        let message = result.unwrap_err().to_string();
        let told = format!("the answer is {old} minutes old: a cache in between");
        assert!(message.contains(&told), "{effect:?}: {message}");
        assert!(message.contains(USAGES), "{message}");
        let asked = standin.requests_to(USAGES);
        let first = asked.iter().filter(|request| request.path.contains("page=1&")).count();
        assert_eq!(first, 1, "it is not asked again and again");
    }
}

#[tokio::test]
async fn a_clock_of_the_login_that_is_ahead_makes_no_answer_old() {
    let standin = standin(10).await;
    let ahead = Effect::ClockOff(chrono::TimeDelta::minutes(20));
    standin.fault(Fault::new("/api/authorize", ahead).always());
    pull(&standin, &Known::default()).await.unwrap();
}

#[tokio::test]
async fn an_empty_text_of_an_optional_field_is_none() {
    let standin = standin(10).await;
    let usages = Effect::rewrite(|rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            row["general"]["validity"]["validTo"] = "".into();
            row["lastModified"] = " ".into();
        }
    });
    let units = Effect::rewrite(|rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            row["externalOriginUuid"] = "".into();
        }
    });
    let path = format!("/api/v2/organizations/{}/organization-units", standin.world().organization);
    standin.fault(Fault::new(USAGES, usages).always());
    standin.fault(Fault::new(&path, units).always());
    let snapshot = pull(&standin, &Known::default()).await.unwrap().snapshot;
    assert!(snapshot.usages.values().all(|it| it.valid_to.is_none()));
    assert!(snapshot.units.values().all(|it| it.external.is_none()));
}

#[tokio::test]
async fn a_clock_that_differs_is_told_and_stops_nothing() {
    for (minutes, told) in [(0, false), (4, false), (-4, false), (6, true), (-90, true)] {
        let standin = standin(10).await;
        let delta = chrono::TimeDelta::minutes(minutes);
        standin.fault(Fault::new("/api", Effect::ClockOff(delta)).always());
        let pull = pull(&standin, &Known::default()).await.unwrap();
        assert_eq!(pull.traffic.clock_skew.is_some(), told, "{minutes}");
    }
}
