//! Who may see and do what: the proxy's word, forged headers, other sites' forms,
//! names that point at us (`docs/reliability.md`, R23).

use chrono::Utc;
use kitos_standin::World;

use crate::page::site::{LOGIN, OPERATOR, READER, SAME_ORIGIN, Site, token};
use crate::support::http;

const WAIVERS: &str = "SELECT count(*) FROM waiver";

fn waive(site: &Site) -> (String, [(&'static str, &'static str); 2]) {
    let path = format!("/findings/{}/waive", site.a_finding());
    (path, [("until", "2099-01-01"), ("reason", "fordi <b>")])
}

#[test]
fn an_operator_decides_and_it_is_recorded_and_shown() {
    let site = Site::start();
    let (path, fields) = waive(&site);
    let form = site.page(&path);
    assert!(form.contains("bliver undtaget"), "it says what it will do: {form}");
    assert_eq!(site.count(WAIVERS), 0, "and does nothing yet");

    let done = site.post(&path, &fields);
    assert_eq!(done.status, 303, "{done:?}");
    let (by, reason): (String, String) = site
        .installation
        .open()
        .query_row("SELECT by, reason FROM waiver", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((by.as_str(), reason.as_str()), (OPERATOR, "fordi <b>"));
    let shown = site.page(done.header("location"));
    assert!(shown.contains("Manglen er undtaget."), "{shown}");
    assert!(shown.contains("af anne@kommune.example: fordi &lt;b&gt;"), "{shown}");

    let path = path.replace("/waive", "/unwaive");
    assert_eq!(site.post(&path, &[]).status, 303);
    assert_eq!(site.count("SELECT count(*) FROM waiver WHERE ended_by IS NOT NULL"), 1);
    let again = site.post(&path, &[]);
    assert_eq!(again.status, 409, "there is nothing to end: {again:?}");
    assert!(again.text().contains("Manglen er ikke undtaget"), "in Danish: {}", again.text());
}

#[test]
fn mails_and_absences_are_decided_on_too() {
    let site = Site::start();
    let person = site.views().into_iter().find(|view| view.ends_with("/away")).unwrap();
    let done = site.post(&person, &[("away-until", "2099-01-01")]);
    assert_eq!(done.status, 303, "{done:?}");
    let shown = site.page(done.header("location"));
    assert!(shown.contains("Noteret af anne@kommune.example."), "{shown}");
    assert_eq!(site.post(&person.replace("/away", "/back"), &[]).status, 303);
    assert_eq!(site.count("SELECT count(*) FROM away WHERE ended_at IS NULL"), 0);
    let by = "SELECT count(*) FROM away WHERE ended_by = 'anne@kommune.example'";
    assert_eq!(site.count(by), 1, "who ended it stays on record");

    let mail = site.count("SELECT max(id) FROM outbox WHERE state = 'previewed'");
    let refused = site.post(&format!("/outbox/{mail}/cancel"), &[]);
    assert_eq!(refused.status, 409, "it is written already: {refused:?}");
}

#[test]
fn a_login_is_what_the_proxy_says_once() {
    let site = Site::start();
    for (headers, expected) in [
        (vec![("X-User", OPERATOR)], 200),
        (vec![("X-User", READER)], 200),
        (vec![("x-user", READER)], 200),
        (vec![], 403),
        (vec![("X-User", "")], 403),
        (vec![("X-User", "  ")], 403),
        (vec![("X-User", OPERATOR), ("X-User", READER)], 403),
        (vec![("X_User", OPERATOR)], 403),
        (vec![("X-Forwarded-For", "127.0.0.1")], 403),
    ] {
        let answer = http::get(site.port, "/", &headers);
        assert_eq!(answer.status, expected, "{headers:?}");
        assert_eq!(answer.text().contains("/findings"), expected == 200, "{headers:?}");
    }
    assert_eq!(http::get(site.port, "/nothing", &[]).status, 403, "not even what there is not");
    assert_eq!(site.get("/nothing").status, 404);
}

#[test]
fn a_reader_sees_everything_and_decides_nothing() {
    let site = Site::start();
    let (path, fields) = waive(&site);
    assert_eq!(site.get_as(READER, "/findings").status, 200);
    assert!(!site.get_as(READER, "/findings").text().contains("/waive"));
    assert_eq!(site.get_as(READER, &path).status, 403);
    let token = token(&site.page(&path));
    let sent = site.post_with(&path, &token, &fields, &[("X-User", READER), SAME_ORIGIN]);
    assert_eq!(sent.status, 403);
    assert_eq!(site.count(WAIVERS), 0);
}

#[test]
fn the_header_of_a_stranger_is_not_believed() {
    let web = format!("{LOGIN}trusted_proxies = ['192.0.2.1']\n");
    let site = Site::of(World::generate_at(7, 30, Utc::now()), &web);
    let views = ["/", "/findings", "/findings.csv", "/people", "/guard/release", "/nothing"];
    for path in views {
        let answer = site.get(path);
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.text().contains("<nav"), "{path}");
    }
    for path in ["/healthz", "/metrics", "/style.css"] {
        assert_ne!(site.get(path).status, 403, "{path}: there is nothing personal in it");
    }
}

#[test]
fn without_a_login_the_page_only_shows() {
    let site = Site::of(World::generate_at(7, 30, Utc::now()), "");
    let (path, _) = waive(&site);
    assert_eq!(http::get(site.port, "/findings", &[]).status, 200);
    assert_eq!(site.get(&path).status, 403, "whatever a header says");
}

#[test]
fn forms_of_other_sites_and_others_tokens_do_nothing() {
    let site = Site::start();
    let (path, fields) = waive(&site);
    let right = token(&site.page(&path));
    let of_another_form = token(&site.page(&path.replace("/waive", "/unwaive")));
    let who = ("X-User", OPERATOR);
    let origin = format!("http://127.0.0.1:{}", site.port);
    for (token, headers, why) in [
        (right.as_str(), vec![who], "it does not say where it comes from"),
        (&right, vec![who, ("Sec-Fetch-Site", "cross-site")], "another site"),
        (&right, vec![who, ("Sec-Fetch-Site", "same-site")], "a neighbour"),
        (&right, vec![who, ("Sec-Fetch-Site", "none")], "typed"),
        (&right, vec![who, ("Origin", "https://evil.example")], "another origin"),
        (&right, vec![who, ("Origin", "null")], "a hidden origin"),
        (&right, vec![who, SAME_ORIGIN, ("Origin", "https://evil.example")], "both"),
        ("", vec![who, SAME_ORIGIN], "no token"),
        ("00", vec![who, SAME_ORIGIN], "a wrong token"),
        (&of_another_form, vec![who, SAME_ORIGIN], "the token of another form"),
    ] {
        let answer = site.post_with(&path, token, &fields, &headers);
        assert_eq!((answer.status, site.count(WAIVERS)), (403, 0), "{why}");
    }
    let by_origin = [who, ("Origin", &origin)];
    assert_eq!(site.post_with(&path, &right, &fields, &by_origin).status, 303, "an old browser");
    assert_eq!(site.count(WAIVERS), 1);
}

#[test]
fn get_changes_nothing_and_other_methods_are_refused() {
    let site = Site::start();
    let (path, _) = waive(&site);
    let views = site.views();
    let before = site.installation.register();
    for path in views {
        site.page(&path);
        let head = http::ask(site.port, "HEAD", &path, &[("X-User", OPERATOR)], "");
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    }
    site.page(&format!("{path}?until=2099-01-01&reason=x&token=y"));
    assert_eq!(site.installation.register(), before);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let answer = http::ask(site.port, method, &path, &[("X-User", OPERATOR)], "");
        assert_eq!(answer.status, 405, "{method}");
    }
    let post = http::ask(site.port, "POST", "/findings", &[("X-User", OPERATOR)], "a=b");
    assert_eq!(post.status, 405, "there is nothing to decide");
}

#[test]
fn a_name_that_points_at_us_is_not_ours() {
    let web = format!("{LOGIN}public_url = 'https://ejere.kommune.example'\n");
    let site = Site::of(World::generate_at(7, 30, Utc::now()), &web);
    for (host, expected) in [
        ("ejere.kommune.example", 200),
        ("127.0.0.1", 200),
        ("evil.example", 421),
        ("ejere.kommune.example.evil.example", 421),
        ("", 421),
    ] {
        for path in ["/", "/healthz"] {
            let answer = http::get(site.port, path, &[("Host", host), ("X-User", OPERATOR)]);
            assert_eq!(answer.status, expected, "{host} {path}");
        }
    }
}

#[test]
fn answers_are_carried_out_or_declined() {
    let site = Site::start();
    let connection = site.installation.open();
    let (usage, address): (String, String) = connection
        .query_row(
            "SELECT a.usage, p.email FROM role_assignment AS a
             JOIN person AS p ON p.uuid = a.person
             JOIN finding AS f ON f.usage = a.usage AND f.resolved_at IS NULL
             WHERE p.email LIKE '%@kommune.example' LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let record = |kind: &str| {
        let comment = ["--comment", "<b>aftalt</b>", "--by", "Ida"];
        let what = ["answers", "record", kind, "--from", &address, "--system", &usage];
        site.installation.ok(&[&what[..], &comment].concat());
        site.count("SELECT max(id) FROM answer")
    };
    let id = record("rightAsItIs");
    let list = site.page("/answers");
    assert!(list.contains("»&lt;b&gt;aftalt&lt;/b&gt;«"), "{list}");
    let done = site.post(&format!("/answers/{id}/accept"), &[("until", "2099-01-01")]);
    assert_eq!(done.status, 303, "{done:?}");
    assert!(site.page(done.header("location")).contains("Svaret er noteret."));
    assert!(site.count(WAIVERS) > 0, "it became an exception");
    assert_eq!(site.post(&format!("/answers/{id}/accept"), &[]).status, 409, "only once");

    let id = record("notUsed");
    let declined = site.post(&format!("/answers/{id}/decline"), &[("why", "den bruges")]);
    assert_eq!(declined.status, 303, "{declined:?}");
    let all = site.page("/answers?all=1");
    assert!(all.contains("den bruges") && all.contains("afvist"), "{all}");
    let reader = site.get_as(READER, &format!("/answers/{id}/decline"));
    assert_eq!(reader.status, 403);
}

#[test]
fn a_review_is_closed_and_started_with_a_name() {
    let site = Site::start();
    let shown = site.page("/review");
    assert!(shown.contains("Ida IT"), "who started it: {shown}");
    let again = site.post("/review/start", &[("due", "2099-01-01"), ("unit", "")]);
    assert_eq!(again.status, 409);
    assert!(again.text().contains("En gennemgang er i gang"), "{}", again.text());

    let done = site.post("/review/close", &[]);
    assert_eq!(done.status, 303, "{done:?}");
    let shown = site.page(done.header("location"));
    assert!(shown.contains("Gennemgangen er afsluttet.") && shown.contains(OPERATOR), "{shown}");
    assert_eq!(site.get("/review/close").status, 404, "there is nothing to close");

    let units = site.installation.ok(&["--format", "json", "units"]);
    let units: serde_json::Value = serde_json::from_str(&units).unwrap();
    let unit = units[1]["uuid"].as_str().unwrap();
    for (fields, expected) in [
        ([("due", "2020-01-01"), ("unit", "")], 409),
        ([("due", "nothing"), ("unit", "")], 400),
        ([("due", "2099-01-01"), ("unit", "Findes ikke")], 400),
    ] {
        assert_eq!(site.post("/review/start", &fields).status, expected, "{fields:?}");
    }
    let form = site.page("/review/start");
    assert!(form.contains("Hver systemejer får ét brev"), "it says what it will do: {form}");
    let done = site.post("/review/start", &[("due", "2099-01-01"), ("unit", unit)]);
    assert_eq!(done.status, 303, "{done:?}");
    assert!(site.page(done.header("location")).contains("Gennemgangen er begyndt."));
    let rounds = "SELECT count(*) FROM review WHERE started_by = 'anne@kommune.example'
                  AND closed_at IS NULL AND unit IS NOT NULL";
    assert_eq!(site.count(rounds), 1);
    assert_eq!(site.get_as(READER, "/review").status, 200);
    assert!(!site.get_as(READER, "/review").text().contains("/review/close"));
}
