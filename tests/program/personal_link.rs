//! The link of one's own, over a real socket: it shows and records one person's matters
//! and nobody else's, to look changes nothing, and its secret is kept nowhere.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use kitos_standin::{Departure, OWNER_ROLE, World};
use kitos_sync::config::{self, Environment};
use kitos_sync::decisions::{self, Reply, Said};
use kitos_sync::jobs::{Clock, Context};
use kitos_sync::web;
use mail_parser::{Addr, MessageParser};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use uuid::Uuid;

use crate::support::{TestInstallation, eventually, files};

/// A Tuesday.
const NOW: &str = "2026-01-06T08:00:00Z";

/// The page as it is served at one moment.
struct Page {
    socket: PathBuf,
    _runtime: Runtime,
    _contexts: watch::Sender<Context>,
}

impl Page {
    fn open(installation: &TestInstallation, at: DateTime<Utc>) -> Self {
        let (file, environment) = (installation.path("config.toml"), Environment::default());
        let config = config::load(&file, &environment).expect("a configuration");
        let mut context = Context::new(config, file, environment);
        context.clock = Clock::At(at);
        let (contexts, receiver) = watch::channel(context);
        let runtime = Runtime::new().expect("a runtime");
        runtime.spawn(web::serve(receiver, web::Anyone::Looks));
        let socket = installation.path("page.sock");
        eventually("the page is served", || UnixStream::connect(&socket).is_ok());
        Self { socket, _runtime: runtime, _contexts: contexts }
    }

    /// Status and body.
    fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = UnixStream::connect(&self.socket).expect("the page");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("UTF-8");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    }

    /// Sends the form of the page at `path`, with what else it holds.
    fn post(&self, path: &str, form: &str, origin: &str) -> (u16, String) {
        let (_, page) = self.get(path);
        let token = page.split_once("name=\"token\" value=\"").map(|(_, rest)| rest);
        let token = token.and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let body = format!("token={token}&{form}");
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{origin}Connection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

const OURS: &str = "Sec-Fetch-Site: same-origin\r\n";

struct Town {
    installation: TestInstallation,
    /// "Byggesag", which the reader owns.
    owned: Uuid,
    reader: Uuid,
    /// "Forladt", with which the reader has nothing to do.
    other: Uuid,
    /// The reader's link.
    path: String,
}

impl Town {
    fn new() -> Self {
        let installation = TestInstallation::new(World::generate(5, 12));
        let (owned, reader, other, email) = installation.standin().edit(|world| {
            let users = world.our_users().filter_map(|u| Some((u.uuid, u.email.clone()?)));
            let (owner, email) = users.into_iter().next().expect("a user");
            let owned = world.acquire("Byggesag", Some(owner));
            let usage = world.usages.iter_mut().find(|usage| usage.uuid == owned).unwrap();
            usage.last_modified -= TimeDelta::days(900);
            (owned, owner, world.acquire("Forladt", None), email)
        });
        let socket = installation.path("page.sock");
        installation.configure(&format!(
            "[web]\nlisten = '{}'\npublic_url = 'https://svar.kommune.example'",
            socket.display()
        ));
        installation.sync_at("2026-01-05T08:00:00Z");
        for command in [&["remind", "--send"][..], &["deliver"]] {
            let run = installation.run_at(NOW, command);
            assert_eq!(run.code, 0, "{run:#?}");
        }
        let path = links(&installation, &email).pop().expect("a link in the owner's mail");
        Self { installation, owned, reader, other, path }
    }

    fn answers(&self) -> Vec<Value> {
        let answers = self.installation.json_at(NOW, &["answers"]);
        answers.as_array().expect("a list").clone()
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// The paths of the links in the mails whose `To` names that address.
fn links(installation: &TestInstallation, email: &str) -> Vec<String> {
    let mut links = Vec::new();
    for file in files(&installation.previews()) {
        let bytes = std::fs::read(&file).expect("a file");
        let Some(mail) = MessageParser::default().parse(&bytes) else { continue };
        let named = mail.to().and_then(|to| to.as_list()).unwrap_or_default();
        let is_named =
            |to: &Addr<'_>| to.address().is_some_and(|to| to.eq_ignore_ascii_case(email));
        if !named.iter().any(is_named) {
            continue;
        }
        let text = mail.body_text(0).expect("a text").into_owned();
        if let Some((_, rest)) = text.split_once("https://svar.kommune.example/s/") {
            let token: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            links.push(format!("/s/{token}"));
        }
    }
    links
}

#[test]
fn to_look_shows_one_s_own_and_changes_nothing() {
    let town = Town::new();
    let page = Page::open(&town.installation, at(NOW));
    let before = town.installation.tables();
    for path in
        [town.path.clone(), format!("{}?name=a&answer=notUsed&system={}", town.path, town.owned)]
    {
        let (status, body) = page.get(&path);
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("Byggesag") && !body.contains("Forladt"), "{body}");
        // Nobody else's pages are offered.
        assert!(!body.contains("<nav"), "{body}");
    }
    assert_eq!(town.installation.tables(), before);
    let (_, found) = page.get(&format!("{}?name=a", town.path));
    assert!(found.contains("value=\"newOwner:"), "{found}");
}

#[test]
fn an_answer_is_recorded_with_a_receipt() {
    let town = Town::new();
    let page = Page::open(&town.installation, at(NOW));
    let form = format!("system={}&answer=lookedThrough&comment=alt+er+i+orden", town.owned);
    let (status, body) = page.post(&town.path, &form, OURS);
    assert_eq!(status, 303, "{body}");
    let answers = town.answers();
    assert_eq!(answers.len(), 1);
    assert_eq!(
        (&answers[0]["kind"], &answers[0]["systemName"], &answers[0]["notedBy"]),
        (&"lookedThrough".into(), &"Byggesag".into(), &Value::Null)
    );
    assert_eq!(answers[0]["comment"], "alt er i orden");
    let (_, page) = page.get(&town.path);
    assert!(page.contains("Du gennemgik oplysningerne"), "{page}");
}

#[test]
fn a_link_answers_for_nobody_else_and_only_from_its_own_page() {
    let town = Town::new();
    let page = Page::open(&town.installation, at(NOW));
    let before = town.installation.tables();
    let (owned, other) = (town.owned, town.other);
    for (form, origin, expected) in [
        (format!("system={other}&answer=notUsed"), OURS, 409),
        (format!("system={owned}&system={other}&answer=notUsed"), OURS, 409),
        ("answer=notUsed".to_owned(), OURS, 409),
        (format!("system={owned}"), OURS, 409),
        (format!("system={owned}&answer=rightAsItIs"), OURS, 409),
        (format!("system={owned}&answer=newOwner:{}", Uuid::nil()), OURS, 409),
        (format!("system={owned}&answer=everything"), OURS, 400),
        (format!("system={owned}&answer=notUsed"), "", 403),
        (format!("system={owned}&answer=notUsed"), "Sec-Fetch-Site: cross-site\r\n", 403),
        (format!("system={owned}&answer=notUsed"), "Origin: https://evil.example\r\n", 403),
    ] {
        let (status, body) = page.post(&town.path, &form, origin);
        assert_eq!(status, expected, "{form} {origin}: {body}");
        assert_eq!(town.installation.tables(), before, "{form} {origin}");
    }
}

#[test]
fn a_link_that_is_none_or_is_over_opens_nothing() {
    let town = Town::new();
    {
        let page = Page::open(&town.installation, at(NOW));
        for path in [format!("/s/{}", "0".repeat(64)), "/s/x".to_owned()] {
            let (status, body) = page.get(&path);
            assert_eq!(status, 404, "{body}");
            assert!(!body.contains("Byggesag"), "{body}");
        }
    }
    for (days, expected) in [(59, 200), (61, 404)] {
        let page = Page::open(&town.installation, at(NOW) + TimeDelta::days(days));
        assert_eq!(page.get(&town.path).0, expected, "{days}");
    }
    // It is forgotten then, since it says whose it was.
    for (days, is_kept) in [(59, true), (61, false)] {
        let at = (at(NOW) + TimeDelta::days(days)).to_rfc3339();
        assert_eq!(town.installation.run_at(&at, &["prune"]).code, 0, "{days}");
        let count = "SELECT count(*) FROM link";
        let links: i64 =
            town.installation.open().query_row(count, [], |row| row.get(0)).expect("a number");
        assert_eq!(links > 0, is_kept, "{days}");
    }
}

#[test]
fn a_link_stays_its_person_s_when_their_address_changes() {
    let town = Town::new();
    town.installation.standin().edit(|world| {
        world.rename_person(town.reader, "Rikke", "Ny", "rikke.ny@kommune.example");
    });
    town.installation.sync_at("2026-01-07T08:00:00Z");
    let page = Page::open(&town.installation, at("2026-01-07T09:00:00Z"));
    let (status, body) = page.get(&town.path);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("Byggesag") && !body.contains("Forladt"), "{body}");
    let form = format!("answer=confirmed&system={}", town.owned);
    assert_eq!(page.post(&town.path, &form, OURS).0, 303);
    assert_eq!(town.answers()[0]["email"], "rikke.ny@kommune.example");
}

#[test]
fn what_was_handed_on_since_the_mail_is_the_next_owner_s() {
    let town = Town::new();
    town.installation.standin().edit(|world| {
        let role = world.role(OWNER_ROLE).unwrap();
        let next = world.our_users().map(|user| user.uuid).find(|uuid| *uuid != town.reader);
        world.unassign(town.owned, role, town.reader);
        world.assign(town.owned, role, next.unwrap());
    });
    town.installation.sync_at("2026-01-07T05:00:00Z");
    let page = Page::open(&town.installation, at("2026-01-07T08:00:00Z"));
    let (status, body) = page.get(&town.path);
    assert_eq!(status, 200, "{body}");
    assert!(!body.contains("Byggesag"), "{body}");
    let form = format!("system={}&answer=notUsed", town.owned);
    assert_eq!(page.post(&town.path, &form, OURS).0, 409);
}

#[test]
fn a_link_of_a_trial_opens_nothing_once_mails_go_to_people() {
    let town = Town::new();
    let file = town.installation.path("config.toml");
    let trial = std::fs::read_to_string(&file).unwrap();
    let to_people = trial.replace("[mail]\n", "[mail]\nmode = 'send'\n");
    let server = "[mail.smtp]\nhost = 'mail.kommune.example'\n";
    std::fs::write(&file, format!("{to_people}{server}")).unwrap();
    let page = Page::open(&town.installation, at(NOW));
    assert_eq!(page.get(&town.path).0, 404);
}

#[test]
fn a_leaver_s_link_does_not_open_the_page_of_who_has_the_address_next() {
    let town = Town::new();
    let email = town.installation.standin().edit(|world| {
        world.leave(town.reader, Departure::LosesRoles);
        world.user(town.reader).and_then(|user| user.email.clone()).expect("an address")
    });
    town.installation.sync_at("2026-01-07T08:00:00Z");
    town.installation.standin().edit(|world| world.join("Rikke", "Ny", &email));
    town.installation.sync_at("2026-01-08T08:00:00Z");
    let page = Page::open(&town.installation, at("2026-01-08T09:00:00Z"));
    let (status, body) = page.get(&town.path);
    assert_eq!(status, 404, "{body}");
}

#[test]
fn what_who_has_the_address_now_answers_is_not_shown_to_who_had_it() {
    let town = Town::new();
    let old = town.installation.standin().edit(|world| {
        let old = world.user(town.reader).and_then(|user| user.email.clone());
        world.rename_person(town.reader, "Rikke", "Ny", "rikke.ny@kommune.example");
        let old = old.expect("an address");
        world.join("Ida", "Anden", &old);
        old
    });
    town.installation.sync_at("2026-01-07T08:00:00Z");
    let page = Page::open(&town.installation, at("2026-01-07T09:00:00Z"));
    let (status, before) = page.get(&town.path);
    assert_eq!(status, 200, "{before}");
    let record = ["answers", "record", "notUsed", "--from", &old, "--system", "Byggesag"];
    let run =
        town.installation.run_at("2026-01-07T08:30:00Z", &[&record[..], &["--by", "IT"]].concat());
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(page.get(&town.path).1, before);
}

/// One form is one answer: the person would not know which systems it was recorded for.
#[test]
fn of_several_systems_all_are_answered_for_or_none() {
    let town = Town::new();
    let file = town.installation.path("config.toml");
    let environment = Environment::default();
    let config = config::load(&file, &environment).expect("a configuration");
    let mut context = Context::new(config, file, environment);
    context.clock = Clock::At(at(NOW));
    let runtime = Runtime::new().expect("a runtime");
    let user = town.installation.standin().world().user(town.reader).cloned().expect("a user");
    let answer = |usages: &[Uuid]| {
        let reply = Reply {
            email: user.email.clone().expect("an address"),
            usages: usages.to_vec(),
            said: Said::NotUsed,
            comment: None,
            noted_by: None,
        };
        runtime.block_on(decisions::answer(&context, reply))
    };
    let before = town.installation.tables();
    answer(&[town.owned, Uuid::nil()]).expect_err("a system that is not there");
    assert_eq!(town.installation.tables(), before);
    assert_eq!(answer(&[town.owned, town.other]).expect("both are there").len(), 2);
    assert_eq!(town.answers().len(), 2);
}

/// Days are compared as text: one of six figures would lie before all others.
#[test]
fn a_day_that_nobody_can_mean_is_no_answer() {
    let town = Town::new();
    let page = Page::open(&town.installation, at(NOW));
    let (status, body) = page.post(&town.path, "answer=away&until=%2B262142-12-31", OURS);
    assert_ne!(status, 303, "{body}");
    assert!(town.answers().is_empty());
}

#[test]
fn the_secret_is_shown_to_nobody_else() {
    let town = Town::new();
    let token = town.path.trim_start_matches("/s/");
    assert_eq!(token.len(), 64);
    let connection = town.installation.open();
    let kept: i64 = connection
        .query_row("SELECT count(*) FROM link WHERE hash = ?1", [token], |row| row.get(0))
        .expect("a count");
    assert_eq!(kept, 0, "only its hash is kept");
    // The body that is kept of a mail that went out has it no more, in neither part.
    let sql = "SELECT mime FROM outbox WHERE state = 'previewed' AND kind <> 'digest'";
    let mut statement = connection.prepare(sql).expect("a question");
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("bodies");
    let mut links = 0;
    for body in bodies {
        let body = body.expect("a body");
        let mail = MessageParser::default().parse(&body).expect("a mail");
        let [text, html] = [mail.body_text(0), mail.body_html(0)].map(|part| part.expect("a part"));
        for part in [text, html] {
            links += part.matches(&format!("/s/{}", "0".repeat(64))).count();
            assert!(!part.contains(&token[..20]), "{part}");
        }
    }
    assert!(links >= 2, "{links}");
    let mails = town.installation.json_at(NOW, &["mail", "list"]);
    for mail in mails.as_array().expect("a list") {
        let shown = town.installation.run_at(NOW, &["mail", "show", &mail["id"].to_string()]);
        assert!(!shown.stdout.contains(token), "{}", shown.stdout);
    }
}

#[test]
fn two_readers_of_a_mail_have_a_link_each() {
    let installation = TestInstallation::new(World::generate(5, 12));
    let (emails, names) = installation.standin().edit(|world| {
        let two: Vec<_> = world
            .our_users()
            // Nothing else is to be told them.
            .filter(|user| {
                world
                    .usages
                    .iter()
                    .all(|usage| usage.roles.iter().all(|role| role.user != user.uuid))
            })
            .filter_map(|user| Some((user.uuid, user.email.clone()?, user.name())))
            .take(2)
            .collect();
        let shared = world.acquire("Delt", Some(two[0].0));
        let usage = world.usages.iter_mut().find(|usage| usage.uuid == shared).unwrap();
        usage.last_modified -= TimeDelta::days(900);
        let role = world.role(OWNER_ROLE).expect("the role");
        world.assign(shared, role, two[1].0);
        let of =
            |one: fn(&(Uuid, String, String)) -> &String| two.iter().map(one).cloned().collect();
        let (emails, names): (Vec<String>, Vec<String>) = (of(|one| &one.1), of(|one| &one.2));
        (emails, names)
    });
    let socket = installation.path("page.sock");
    installation.configure(&format!(
        "[policy.rules.owner-several]\ngrace = 0\n[notify]\nquiet_weeks = []\n\
         [web]\nlisten = '{}'\npublic_url = 'https://svar.kommune.example'",
        socket.display()
    ));
    // At first each is written to alone; what is left goes to both.
    let later = "2026-03-10T08:00:00Z";
    for day in [NOW, later] {
        installation.sync_at(day);
        for command in [&["remind", "--send"][..], &["deliver"]] {
            let run = installation.run_at(day, command);
            assert_eq!(run.code, 0, "{run:#?}");
        }
    }
    let page = Page::open(&installation, at(later));
    let both: Vec<String> = links(&installation, &emails[0])
        .into_iter()
        .filter(|link| links(&installation, &emails[1]).contains(link))
        .collect();
    let planned = installation.json_at(later, &["mail", "list"]);
    assert_eq!(both.len(), 2, "one mail each that names both: {planned}");
    let mut shown: Vec<&String> = both
        .iter()
        .map(|link| {
            let (status, body) = page.get(link);
            assert_eq!(status, 200, "{body}");
            assert!(body.contains("Delt"), "{body}");
            names.iter().find(|name| body.contains(&format!("{name}: dine"))).expect("a name")
        })
        .collect();
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 2, "and opens the page of one");
}

#[test]
fn a_mistake_is_told_above_one_s_own_form_with_what_was_typed() {
    let town = Town::new();
    let page = Page::open(&town.installation, at(NOW));
    let unanswered = format!("system={}", town.owned);
    for (form, status, expected) in [
        ("answer=notUsed", 409, "Vælg mindst ét system"),
        (&unanswered, 409, "Vælg et svar"),
        ("answer=away&until=2027-01-06", 409, "mere end et halvt år"),
        ("answer=everything", 400, "ikke, som det skal være"),
        // To search is no mistake, and loses nothing either.
        ("search=1&name=a", 200, "value=\"newOwner:"),
    ] {
        let (said, body) = page.post(&town.path, &format!("{form}&comment=lukkes+i+maj"), OURS);
        assert_eq!(said, status, "{form}: {body}");
        assert!(body.contains(expected) && body.contains(">lukkes i maj</textarea>"), "{body}");
        assert!(body.contains("Byggesag"), "{form}: {body}");
        assert!(!body.contains("<nav") && !body.contains("href=\"/\""), "{form}: {body}");
    }
    assert!(town.answers().is_empty());
}

#[test]
fn whoever_is_away_can_answer_still_and_say_that_they_are_back() {
    let town = Town::new();
    let page = Page::open(&town.installation, at(NOW));
    let is_back = "value=\"back\"";
    assert!(!page.get(&town.path).1.contains(is_back));
    assert_eq!(page.post(&town.path, "answer=away&until=2026-02-01", OURS).0, 303);
    let (_, body) = page.get(&town.path);
    assert!(body.contains(is_back) && body.contains("1. februar 2026"), "{body}");
    assert!(body.contains("Byggesag"), "{body}");
    // Whoever stands in still does when they are away for longer.
    let email = |user: Option<Uuid>| {
        let world = town.installation.standin().world();
        let mut users = world.our_users().filter_map(|user| Some((user.uuid, user.email.clone()?)));
        users.find(|(uuid, _)| user.map_or(*uuid != town.reader, |user| *uuid == user)).unwrap().1
    };
    let (reader, other) = (email(Some(town.reader)), email(None));
    let to = ["away", &reader, "--until", "2026-02-01", "--to", &other];
    assert_eq!(town.installation.run_at(NOW, &to).code, 0);
    assert_eq!(page.post(&town.path, "answer=away&until=2026-02-03", OURS).0, 303);
    let away = town.installation.json_at(NOW, &["away", "list"]);
    assert_eq!(
        (&away[0]["until"], &away[0]["substitute"]["email"]),
        (&"2026-02-03".into(), &other.to_lowercase().into())
    );
    assert_eq!(page.post(&town.path, "answer=back", OURS).0, 303);
    assert!(!page.get(&town.path).1.contains(is_back));
    let away = town.installation.json_at(NOW, &["away", "list"]);
    assert_eq!(away, Value::Array(Vec::new()));
}
