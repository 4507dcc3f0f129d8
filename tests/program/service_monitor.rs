//! What monitoring sees: the textfile for node_exporter, and the dead-man's
//! switch.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use kitos_standin::{Effect, Fault, World};
use kitos_sync::config::Environment;
use kitos_sync::jobs::{Clock, Context, Lookout, Rhythm, render_metrics, run_due};
use kitos_sync::model::JobKind;
use kitos_sync::query::metrics;

use crate::support::TestInstallation;
use crate::support::tls::tls_in_front_of;

fn installation() -> TestInstallation {
    TestInstallation::new(World::generate(3, 20))
}

fn context(installation: &TestInstallation) -> Context {
    let config_file = installation.path("config.toml");
    let config = kitos_sync::config::load(&config_file, &Environment::default()).unwrap();
    Context::new(config, config_file, Environment::default())
}

/// The samples of a page in Prometheus's text format, and that it is one.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let (mut helped, mut typed) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(help.ends_with('.'), "{line}");
            name.clone_into(&mut helped);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.strip_suffix(" gauge").unwrap();
            assert_eq!(name, helped, "help comes first");
            name.clone_into(&mut typed);
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(series.split('{').next().unwrap(), typed, "{line}");
            let twice = samples.insert(series.to_owned(), value.parse().unwrap());
            assert_eq!(twice, None, "{line}");
        }
    }
    samples
}

#[test]
fn the_textfile_is_whole_readable_and_says_how_things_stand() {
    let installation = installation();
    let file = installation.path("kitos-sync.prom");
    installation.configure(&format!("[metrics]\ntextfile = '{}'\n", file.display()));
    assert_eq!(installation.run_at("2026-03-02T09:00:00+01:00", &["run", "--once"]).code, 0);
    let seen = samples(&fs::read_to_string(&file).unwrap());
    let pulled = "2026-03-02T08:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(seen["kitos_sync_last_pull_timestamp_seconds"], pulled.timestamp() as f64);
    assert_eq!(seen["kitos_sync_usages"], 20.0);
    assert!(seen["kitos_sync_usages_with_owner"] <= seen["kitos_sync_usages_in_scope"]);
    assert_eq!(seen["kitos_sync_job_last_outcome{job=\"sync\",outcome=\"done\"}"], 1.0);
    assert_eq!(seen["kitos_sync_incident_open{kind=\"quarantine\"}"], 0.0);
    assert!(seen.contains_key("kitos_sync_open_findings{severity=\"high\"}"));
    assert!(seen.contains_key("kitos_sync_mails{state=\"queued\"}"));
    assert!(!installation.path("kitos-sync.partial").exists());

    installation.standin().fault(Fault::new("/api/authorize/GetToken", Effect::status(401)));
    assert_eq!(installation.run_at("2026-03-03T09:00:00+01:00", &["run", "--once"]).code, 1);
    let seen = samples(&fs::read_to_string(&file).unwrap());
    assert_eq!(seen["kitos_sync_job_last_outcome{job=\"sync\",outcome=\"failed\"}"], 1.0);
    assert_eq!(seen["kitos_sync_incident_open{kind=\"login-refused\"}"], 1.0);
    assert_eq!(seen["kitos_sync_last_pull_timestamp_seconds"], pulled.timestamp() as f64);
}

#[test]
fn before_the_first_good_pull_its_time_is_0_so_that_an_alert_can_fire() {
    let installation = installation();
    let file = installation.path("kitos-sync.prom");
    installation.configure(&format!("[metrics]\ntextfile = '{}'\n", file.display()));
    installation.standin().fault(Fault::new("/api/authorize/GetToken", Effect::status(401)));
    installation.run_at("2026-03-02T09:00:00+01:00", &["run", "--once"]);
    let seen = samples(&fs::read_to_string(&file).unwrap());
    assert_eq!(seen["kitos_sync_last_pull_timestamp_seconds"], 0.0);
    assert!(!seen.contains_key("kitos_sync_usages"));
}

#[test]
fn a_textfile_that_is_no_file_is_left_as_it_is() {
    let installation = installation();
    let path = installation.path("device.prom");
    let _socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    installation.configure(&format!("[metrics]\ntextfile = '{}'\n", path.display()));
    let run = installation.run(&["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stderr.contains("not a regular file"), "{}", run.stderr);
    let kind = fs::symlink_metadata(&path).unwrap().file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_socket(&kind), "{kind:?}");
}

#[test]
fn a_textfile_that_cannot_be_written_breaks_nothing_and_the_alert_rules_know_the_names() {
    let installation = installation();
    installation.configure("[metrics]\ntextfile = '/nowhere/kitos-sync.prom'\n");
    let run = installation.run(&["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stderr.contains("ReadWritePaths"), "{}", run.stderr);

    let context = context(&installation);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let page = render_metrics(&runtime.block_on(context.ask(metrics)).unwrap());
    let rules = include_str!("../../deploy/prometheus/alerts.yml");
    let names: Vec<&str> = rules
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("kitos_sync_"))
        .collect();
    assert!(names.len() > 5);
    for name in names {
        assert!(page.contains(&format!("# TYPE {name} gauge")), "{name}");
    }
}

/// A server that answers one request after the other, and tells their paths.
fn monitor() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/secret-key", listener.local_addr().unwrap());
    let (sender, paths) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            let request = String::from_utf8(request).unwrap();
            let path = request.split(' ').take(2).collect::<Vec<_>>().join(" ");
            let failing = "HTTP/1.1 500 Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(failing.as_bytes()).unwrap();
            if sender.send(path).is_err() {
                return;
            }
        }
    });
    (url, paths)
}

#[test]
fn the_dead_mans_switch_hears_of_good_and_failed_pulls_and_breaks_neither() {
    let installation = installation();
    let (url, paths) = monitor();
    installation.configure(&format!("[monitor]\nping_url = '{url}'\n"));
    assert_eq!(installation.run(&["sync", "--dry-run"]).code, 0);
    let run = installation.run(&["-v", "sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(paths.recv().unwrap(), "GET /ping/secret-key", "and no dry run before it");
    assert!(run.stderr.contains("monitor.ping_url does not answer"), "{}", run.stderr);
    assert!(!run.stderr.contains("secret-key"), "{}", run.stderr);

    installation.standin().fault(Fault::new("/api/authorize/GetToken", Effect::status(401)));
    assert_eq!(installation.run(&["sync", "--dry-run"]).code, 1);
    installation.standin().fault(Fault::new("/api/authorize/GetToken", Effect::status(401)));
    assert_eq!(installation.run(&["sync"]).code, 1);
    assert_eq!(paths.recv().unwrap(), "GET /ping/secret-key/fail", "and no dry run before it");
    assert!(paths.try_recv().is_err());
}

#[test]
fn the_dead_mans_switch_is_asked_through_the_firewall_that_kitos_ca_file_is_for() {
    let installation = installation();
    let (url, paths) = monitor();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let behind = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap();
    let (address, certificate) = runtime.block_on(tls_in_front_of(behind.parse().unwrap()));
    let ping = format!("[monitor]\nping_url = 'https://localhost:{}/ping'\n", address.port());
    let ca = installation.path("ca.pem");
    fs::write(&ca, certificate).unwrap();
    installation.configure(&ping);
    let refused = installation.run(&["-v", "sync"]);
    let config = installation.path("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let trusting = format!("[kitos]\nca_file = '{}'", ca.display());
    fs::write(&config, text.replacen("[kitos]", &trusting, 1)).unwrap();
    let asked = installation.run(&["sync"]);
    assert!(refused.stderr.contains("monitor.ping_url does not answer"), "{refused:#?}");
    assert_eq!(asked.code, 0, "{asked:#?}");
    assert_eq!(paths.try_iter().collect::<Vec<_>>(), ["GET /ping"]);
}

/// A round puts a new file in the place of the old one.
#[test]
fn the_daemon_works_when_something_can_be_due_and_at_no_other_wake() {
    let installation = installation();
    let file = installation.path("kitos-sync.prom");
    installation.configure(&format!("[metrics]\ntextfile = '{}'\n", file.display()));
    assert_eq!(installation.run_at("2026-03-02T09:00:00+01:00", &["run", "--once"]).code, 0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut lookout = Lookout::default();
    let mut works_at = |context: &mut Context, at: &str| {
        context.clock = Clock::At(format!("2026-03-02T{at}:00Z").parse().unwrap());
        let before = fs::metadata(&file).unwrap().ino();
        // An hour old, so that it can be seen to be freshened.
        let old = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
        let seen = runtime.block_on(lookout.look(context)).unwrap();
        let after = fs::metadata(&file).unwrap();
        assert!(after.modified().unwrap() > old, "the file says that its numbers hold, at {at}");
        (after.ino() != before, seen.next.map(|(job, _)| job))
    };

    let mut context = context(&installation);
    assert_eq!(works_at(&mut context, "09:00"), (true, Some(JobKind::Sync)), "the first look");
    for at in ["09:01", "09:02", "09:59"] {
        assert_eq!(works_at(&mut context, at), (false, Some(JobKind::Sync)), "{at}");
    }
    assert!(works_at(&mut context, "10:00").0, "at least once an hour");
    assert!(works_at(&mut context, "09:30").0, "the clock was set back");
    assert!(!works_at(&mut context, "09:31").0);
    assert_eq!(installation.run(&["status"]).code, 0);
    assert!(!works_at(&mut context, "09:32").0, "reading changes nothing");
    let person = installation.run(&["mail", "test", "it@kommune.example"]);
    assert_eq!(person.code, 0, "{person:#?}");
    assert!(works_at(&mut context, "09:33").0, "someone wrote to the database");
    assert!(!works_at(&mut context, "09:34").0);
    installation.set_password("another");
    assert!(works_at(&mut context, "09:35").0, "the password was changed");
    context.config = std::sync::Arc::new((*context.config).clone());
    assert!(works_at(&mut context, "09:36").0, "the configuration was loaded anew");
    assert!(!works_at(&mut context, "09:37").0);
    fs::rename(installation.database(), installation.path("away")).unwrap();
    let gone = runtime.block_on(lookout.look(&context)).unwrap_err().to_string();
    assert!(gone.contains("there is no database"), "{gone}");
}

#[test]
fn a_deliver_that_waits_after_a_failure_keeps_nothing_else_from_being_done() {
    let installation = installation();
    let file = installation.path("kitos-sync.prom");
    installation.configure(&format!("[metrics]\ntextfile = '{}'\n", file.display()));
    assert_eq!(installation.run_at("2026-03-08T09:00:00+01:00", &["run", "--once"]).code, 0);
    fs::remove_dir_all(installation.previews()).unwrap_or_default();
    // Previews cannot be written where a file stands.
    fs::write(installation.previews(), "in the way").unwrap();
    assert_eq!(installation.run_at("2026-03-09T09:00:00+01:00", &["run", "--once"]).code, 1);
    fs::remove_file(&file).unwrap();

    let mut context = context(&installation);
    context.clock = Clock::At("2026-03-09T08:00:30Z".parse().unwrap());
    // As the daemon does.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let runs = runtime.block_on(run_due(&context, Rhythm::Daemon)).unwrap();
    assert!(runs.iter().all(|run| run.job != JobKind::Deliver), "{runs:#?}");
    assert!(file.exists(), "the metrics are written all the same");
}
