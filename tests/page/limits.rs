//! Too many, too slow, too large: the page says so, and pulls go on
//! (`docs/reliability.md`, R23).

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use chrono::Utc;
use kitos_standin::World;

use crate::page::site::{OPERATOR, Site};
use crate::support::http::{self, get_by_socket, half_a_request};
use crate::support::process::Process;
use crate::support::{TestInstallation, eventually};

#[test]
fn two_hundred_slow_readers_hold_up_no_pull() {
    let site = Site::start();
    let slow: Vec<_> = (0..200).map(|_| half_a_request(site.port)).collect();
    let overloaded = || http::get(site.port, "/", &[("X-User", OPERATOR)]).status;
    eventually("somebody is told that there are too many", || overloaded() == 503);
    let sync = site.installation.run(&["sync"]);
    assert_eq!(sync.code, 0, "{sync:#?}");
    drop(slow);
    eventually("the page is back", || overloaded() == 200);
}

#[test]
fn what_is_too_large_is_refused() {
    let site = Site::start();
    let long = "x".repeat(100_000);
    let answer = site.get(&format!("/findings?system={long}"));
    assert!([0, 414, 431].contains(&answer.status), "an address: {}", answer.status);
    let answer = http::get(site.port, "/", &[("X-User", OPERATOR), ("X-Long", &long)]);
    assert!([0, 431].contains(&answer.status), "a header: {}", answer.status);
    let path = format!("/findings/{}/waive", site.a_finding());
    let answer = site.post(&path, &[("until", "2099-01-01"), ("reason", &long)]);
    assert!([0, 413].contains(&answer.status), "a form: {}", answer.status);
    assert_eq!(site.count("SELECT count(*) FROM waiver"), 0);
    assert_eq!(site.get("/").status, 200, "and it still answers");
}

#[test]
fn odd_questions_have_plain_answers() {
    let site = Site::start();
    for (path, expected) in [
        ("/findings?page=1", 200),
        ("/findings?page=999999999", 200),
        ("/findings?page=18446744073709551616", 200),
        ("/findings?page=-1&rows=1000000", 200),
        ("/findings?state=nothing", 400),
        ("/findings?rule=nothing", 400),
        ("/findings?severity=worst", 400),
        ("/findings?sort=password", 400),
        ("/findings?on=yesterday", 400),
        ("/findings?on=2999-01-01", 400),
        ("/systems?state=nothing", 400),
        ("/systems/nothing", 404),
        ("/systems/00000000-0000-0000-0000-000000000000", 404),
        ("/people/00000000-0000-0000-0000-000000000000", 404),
        ("/administration?name=nothing", 404),
        ("/outbox/9223372036854775807", 404),
        ("/outbox/99999999999999999999", 404),
        ("/outbox/1%00", 404),
        ("/outbox/../findings", 404),
        ("/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/findings/0/waive", 404),
        ("/report?from=2020-01-01", 200),
        ("/report?to=2999-01-01", 400),
        ("/report?from=2020-01-02&to=2020-01-01", 400),
        ("/report?unit=nothing", 400),
        ("/report.xlsx?from=x", 400),
        ("/review?page=999", 200),
        ("/review?only=nothing", 400),
    ] {
        assert_eq!(site.get(path).status, expected, "{path}");
    }
    assert!(!site.daemon.said().contains("panic"), "{}", site.daemon.said());
}

#[test]
fn it_listens_on_a_socket_and_takes_a_dead_one_out_of_the_way() {
    let installation = TestInstallation::new(World::generate_at(7, 30, Utc::now()));
    let socket = installation.path("page.sock");
    drop(UnixListener::bind(&socket).expect("a socket that nobody listens on any more"));
    let jitter = "[schedule]\njitter = '0s'\n";
    installation.configure(&format!("{jitter}[web]\nlisten = '{}'\n", socket.display()));
    let daemon = Process::start(installation.command().args(["-vv", "run"]));
    daemon.wait_for("the page is served");
    daemon.wait_for("sync done");
    assert_eq!(get_by_socket(&socket, "/findings").status, 200);
    let mode = std::fs::metadata(&socket).expect("the socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    daemon.signal("TERM");
    assert_eq!(daemon.end_within(std::time::Duration::from_secs(25)).code, 0);
    assert!(!socket.exists(), "it goes with the daemon");
}

#[test]
fn the_page_follows_the_configuration_and_a_taken_port_stops_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let installation = TestInstallation::new(World::generate_at(7, 30, Utc::now()));
    let jitter = "[schedule]\njitter = '0s'\n";
    installation.configure(&format!("{jitter}[web]\nlisten = '127.0.0.1:{port}'\n"));
    let daemon = Process::start(installation.command().args(["-vv", "run"]));
    daemon.wait_for("the page cannot be served");
    daemon.wait_for("sync done");
    let free = crate::support::smtp::closed_port();
    installation.configure(&format!("{jitter}[web]\nlisten = '127.0.0.1:{free}'\n"));
    daemon.signal("HUP");
    daemon.wait_for("the page is served");
    assert_eq!(http::get(free, "/healthz", &[]).status, 200);
}
