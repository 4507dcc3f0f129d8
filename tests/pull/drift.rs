//! The handbook for operators, executed: the steps to upgrade, back up, restore,
//! move and change the password are run as they stand there, and what it must
//! name is there.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kitos_standin::{PASSWORD, World};
use kitos_sync::model::IncidentKind;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Run, TestInstallation};

const HANDBOOK: &str = include_str!("../../docs/drift.md");

/// The commands under the mark `<!-- afprøvet: NAME -->`.
fn steps(name: &str) -> &'static str {
    let mark = format!("<!-- afprøvet: {name} -->\n```sh\n");
    let (_, rest) = HANDBOOK.split_once(&mark).unwrap_or_else(|| panic!("no steps {name}"));
    rest.split_once("```").unwrap().0
}

/// A machine of its own: an installation, and `systemctl` and `apt` that only
/// write down what they were told.
struct Machine {
    installation: TestInstallation,
}

impl Machine {
    fn new() -> Self {
        let installation = TestInstallation::new(World::generate(9, 15));
        let this = Self { installation };
        for folder in ["bin", "root", "srv/backup", "etc/kitos-sync"] {
            fs::create_dir_all(this.path(folder)).unwrap();
        }
        for tool in ["systemctl", "apt"] {
            let note =
                format!("#!/bin/sh\necho {tool} \"$@\" >> {}\n", this.path("told").display());
            this.script(tool, &note);
        }
        let program = env!("CARGO_BIN_EXE_kitos-sync");
        let config = this.path("etc/kitos-sync/config.toml");
        this.script(
            "kitos-sync",
            &format!(
                "#!/bin/sh\nexec {program} --at \"$(cat {})\" --config {} \"$@\"\n",
                this.path("now").display(),
                config.display()
            ),
        );
        this.it_is("2026-03-02T09:00:00+01:00");
        // Everything where the package has it, below the machine's own root.
        let text = fs::read_to_string(this.path("config.toml"))
            .unwrap()
            .replace(
                this.installation.database().to_str().unwrap(),
                this.path("var/lib/kitos-sync/kitos-sync.db").to_str().unwrap(),
            )
            .replace(
                &format!("'{}'", this.path("password").display()),
                &format!("'{}'", this.path("etc/kitos-sync/kitos-password").display()),
            );
        fs::write(&config, text).unwrap();
        let password = this.path("etc/kitos-sync/kitos-password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.installation.path(name)
    }

    fn database(&self) -> PathBuf {
        self.path("var/lib/kitos-sync/kitos-sync.db")
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the handbook's steps as they stand, but for where the root is.
    fn follow(&self, name: &str, stdin: &str) -> Run {
        let root = self.path("");
        let root = root.to_str().unwrap().trim_end_matches('/');
        let mut steps = steps(name).replace("tar -C / ", &format!("tar -C {root} "));
        for folder in ["/var/lib/", "/etc/", "/root/", "/srv/"] {
            steps = steps.replace(&format!(" {folder}"), &format!(" {root}{folder}"));
            steps = steps.replace(&format!("\"{folder}"), &format!("\"{root}{folder}"));
        }
        self.shell(&steps, stdin)
    }

    fn shell(&self, steps: &str, stdin: &str) -> Run {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut child = Command::new("sh")
            .args(["-e", "-u", "-c", steps])
            .env("PATH", path)
            .env("NO_COLOR", "1")
            .current_dir(self.path("root"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    fn follow_well(&self, name: &str, stdin: &str) {
        let run = self.follow(name, stdin);
        assert_eq!(run.code, 0, "{name}: {run:#?}");
    }

    /// The time on this machine and in KITOS from now on.
    fn it_is(&self, at: &str) {
        self.installation.standin().edit(|world| world.now = at.parse().unwrap());
        fs::write(self.path("now"), at).unwrap();
    }

    /// One round of the service, at that time.
    fn round(&self, at: &str) {
        self.it_is(at);
        let run = self.shell("kitos-sync run --once", "");
        assert_eq!(run.code, 0, "{run:#?}");
    }

    fn snapshots(&self) -> i64 {
        Connection::open(self.database())
            .unwrap()
            .query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0))
            .unwrap()
    }

    fn told(&self) -> String {
        fs::read_to_string(self.path("told")).unwrap_or_default()
    }
}

#[test]
fn a_damaged_database_is_restored_by_the_handbooks_steps() {
    let machine = Machine::new();
    for day in ["02", "03", "04"] {
        machine.round(&format!("2026-03-{day}T09:00:00+01:00"));
    }
    let mut bytes = fs::read(machine.database()).unwrap();
    let half = bytes.len() / 2;
    bytes[4096..half].fill(0x5a);
    fs::write(machine.database(), &bytes).unwrap();
    let run = machine.shell("kitos-sync check", "");
    assert_eq!(run.code, 3, "{run:#?}");
    assert!(run.stdout.contains("is damaged"), "{}", run.stdout);
    assert!(run.stdout.contains("kitos-sync.db.backup-daily-2026-03-04 to its place"));

    machine.follow_well("gendan", "");
    assert_eq!(machine.snapshots(), 3);
    assert_eq!(
        fs::read(machine.path("var/lib/kitos-sync/beskadiget/kitos-sync.db")).unwrap(),
        bytes,
        "the damaged file is kept as it was"
    );
    let mode = fs::metadata(machine.database()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(machine.told(), "systemctl stop kitos-sync\nsystemctl start kitos-sync\n");
    machine.round("2026-03-05T09:00:00+01:00");
    assert_eq!(machine.snapshots(), 4);
}

#[test]
fn an_upgrade_and_the_way_back_keep_the_database() {
    let machine = Machine::new();
    machine.round("2026-03-02T09:00:00+01:00");
    machine.follow_well("opgradér", "");
    assert!(machine.told().contains("apt install"), "{}", machine.told());
    // The new version went on, and upgraded the schema.
    machine.round("2026-03-03T09:00:00+01:00");
    Connection::open(machine.database()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let run = machine.shell("kitos-sync status", "");
    assert!(run.code == 1 && run.stderr.contains("newer version"), "{run:#?}");

    machine.follow_well("tilbage", "");
    assert_eq!(machine.snapshots(), 1);
    machine.round("2026-03-04T09:00:00+01:00");
    assert_eq!(machine.snapshots(), 2);
}

#[test]
fn a_backup_and_a_move_take_everything_along() {
    let machine = Machine::new();
    machine.round("2026-03-02T09:00:00+01:00");
    machine.follow_well("sikkerhedskopi", "");
    assert_eq!(fs::read_dir(machine.path("srv/backup")).unwrap().count(), 1);

    machine.follow_well("flyt fra", "");
    for folder in ["etc", "var"] {
        fs::remove_dir_all(machine.path(folder)).unwrap();
    }
    machine.follow_well("flyt til", "");
    assert_eq!(machine.snapshots(), 1);
    let run = machine.shell("kitos-sync --format json check", "");
    let lines: Value = serde_json::from_str(&run.stdout).unwrap();
    for line in lines.as_array().unwrap() {
        assert_ne!(line["verdict"], "fault", "{lines:#}");
    }
}

#[test]
fn a_new_password_is_in_force_and_private() {
    let machine = Machine::new();
    fs::write(machine.path("etc/kitos-sync/kitos-password"), "expired\n").unwrap();
    assert_eq!(machine.shell("kitos-sync check", "").code, 3);
    machine.follow_well("adgangskode", &format!("{PASSWORD}\n"));
    let file = fs::metadata(machine.path("etc/kitos-sync/kitos-password")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_incident_and_every_alert_has_its_place_in_the_handbook() {
    for &kind in IncidentKind::ALL {
        let heading = format!("\n### {}\n", kind.as_str());
        assert!(HANDBOOK.contains(&heading), "no section {heading}");
    }
    let rules = include_str!("../../deploy/prometheus/alerts.yml");
    let alerts: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 4);
    for alert in alerts {
        assert!(HANDBOOK.contains(&format!("`{alert}`")), "no line for {alert}");
    }
}

#[test]
fn every_link_within_the_handbook_leads_somewhere() {
    let anchors: Vec<String> = HANDBOOK
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect();
    for link in HANDBOOK.split("](#").skip(1) {
        let anchor = link.split_once(')').unwrap().0;
        assert!(anchors.iter().any(|known| known == anchor), "#{anchor}: {anchors:#?}");
    }
}
