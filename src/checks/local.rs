//! What this machine holds: the database and its room, the files that the
//! configuration names, and when the jobs will run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::line::{Line, fault, note, ok};
use crate::jobs::Context;
use crate::mail::check_templates;
use crate::model::Language;
use crate::query::{self, Health};
use crate::store::{self, Access};
use crate::text::mail_reasons::in_words;
use crate::text::words::words;
use crate::time::schedule::CronLine;

const MIB: u64 = 1 << 20;
/// A backup and a migration each need the room of the database once more.
const LEAST_FREE: u64 = 100 * MIB;
const GOOD_FREE: u64 = 1024 * MIB;

/// It was read before anything is checked.
pub fn configuration(context: &Context) -> Line {
    let file = context.config_file.display();
    ok("configuration", format!("{file}: every value is valid"))
}

pub async fn database(context: &Context) -> Vec<Line> {
    let path = context.store.path().to_owned();
    let shown = path.display().to_string();
    let checked = {
        let path = path.clone();
        context
            .store
            .run(Access::Existing, move |connection| {
                store::check_integrity(connection, &path)?;
                store::left_behind(connection, &path)
            })
            .await
    };
    let mut lines = vec![match checked {
        Ok(None) => ok("database", format!("{shown} is sound, schema {}", store::SCHEMA_VERSION)),
        Ok(Some(backup)) => note("database", began_anew(&backup)),
        Err(store::Error::Missing(_)) => {
            note("database", format!("{shown} is made by the first `kitos-sync sync`"))
        }
        Err(error) => fault("database", error.to_string()),
    }];
    lines.extend(permissions(&path));
    lines.extend(free_space(&path));
    lines
}

/// Whether the service has done its work. A service that does not run cannot report that
/// itself; anyone who runs `check` from time to time sees it here.
pub async fn lately(context: &Context) -> Vec<Line> {
    // A database that cannot be read has a line of its own.
    let Ok(health) = context.ask(query::health).await else { return Vec::new() };
    let zone = context.config.schedule.time_zone;
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %H:%M").to_string();
    let ago =
        |at: DateTime<Utc>| format!("{}, {} h ago", local(at), (context.now() - at).num_hours());
    let mut lines = vec![last_pull(&health, ago)];
    if health.incidents.is_empty() {
        lines.push(ok("incidents", "none is open"));
    }
    lines.extend(health.incidents.into_iter().map(|incident| {
        let (kind, since) = (incident.kind.as_str(), local(incident.opened_at));
        let detail = incident.detail.trim_end_matches('.');
        let ends = words(Language::En).text(&format!("incident.{kind}.ends")).to_owned();
        fault("incidents", format!("{kind} since {since}: {detail}. {ends}"))
    }));
    lines.extend(health.dead_digest.map(|dead| {
        fault(
            "digest",
            format!(
                "the latest one did not reach {}: {}. See `kitos-sync mail list`",
                dead.to.join(", "),
                dead.why.map(|why| in_words(&why, words(Language::En))).unwrap_or_default()
            ),
        )
    }));
    lines
}

/// When KITOS was last read well. `ago` tells an instant.
fn last_pull(health: &Health, ago: impl Fn(DateTime<Utc>) -> String) -> Line {
    let told = match (health.last_pull_at, health.made_at) {
        (Some(last), _) => ago(last),
        (None, Some(made)) => format!("none yet; the installation was made {}", ago(made)),
        (None, None) => "none yet".to_owned(),
    };
    if health.is_stale {
        return fault(
            "last pull",
            format!(
                "{told}. Does the service run (systemctl status kitos-sync), and what does it say \
                 (kitos-sync status)?"
            ),
        );
    }
    let line = if health.last_pull_at.is_some() { ok } else { note };
    line("last pull", told)
}

/// A database that is sound, but not the one whose backups lie beside it.
pub fn began_anew(backup: &Path) -> String {
    format!(
        "this database began anew beside backups of an earlier one. To go on with that, stop the service, copy {0} to the database's place, and start again; if it was meant, move {0} and its like away",
        backup.display()
    )
}

/// Whether anyone but the service can read what is known of people.
fn permissions(database: &Path) -> Option<Line> {
    // A folder in its place is a fault of the database, which has a line of its own.
    let folder = database.parent().filter(|_| !database.is_dir())?;
    for (path, what) in [(database, "600"), (folder, "700")] {
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.display();
            // A folder like /var/lib is not ours to close.
            let line = if what == "600" { fault } else { note };
            return Some(line(
                "permissions",
                format!(
                    "others may look into {path} (its mode is {mode:03o}). Run: chmod {what} {path}"
                ),
            ));
        }
    }
    Some(ok("permissions", "nobody else can read the database or its folder"))
}

fn free_space(database: &Path) -> Option<Line> {
    let folder = database.ancestors().skip(1).find(|folder| folder.is_dir())?;
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let size = fs::metadata(database).map_or(0, |file| file.len());
    let words = format!("{} MiB in {}", free / MIB, folder.display());
    Some(if free < LEAST_FREE.max(2 * size) {
        fault("free space", format!("only {words}: backups and upgrades need room. Make some"))
    } else if free < GOOD_FREE {
        note("free space", format!("{words}: enough for now"))
    } else {
        ok("free space", words)
    })
}

pub fn templates(context: &Context) -> Line {
    let Some(folder) = &context.config.mail.templates else {
        return ok("templates", "the built-in ones");
    };
    let shown = folder.display();
    match fs::read_dir(folder) {
        Err(error) => fault(
            "templates",
            format!(
                "mail.templates {shown}: {error}. It must be a folder that the service can read"
            ),
        ),
        Ok(entries) => {
            let own = entries
                .flatten()
                .filter(|entry| entry.path().extension().is_some_and(|e| e == "j2"))
                .count();
            let faults = check_templates(&context.config.mail);
            if faults.is_empty() {
                ok("templates", format!("{own} of your own in {shown}"))
            } else {
                // A broken one stops no mail.
                let told = faults.join("; ");
                fault("templates", format!("{told}; meanwhile the built-in ones are used"))
            }
        }
    }
}

/// The zone, and the next three times of each job.
pub async fn schedule(context: &Context) -> Vec<Line> {
    let schedule = &context.config.schedule;
    let (now, zone) = (context.now(), schedule.time_zone);
    let mut lines = vec![ok(
        "time zone",
        format!("{zone}, where it is {}", now.with_timezone(&zone).format("%A %-d %B %H:%M")),
    )];
    let delay = context.ask(query::sync_delay).await.ok();
    let times = |line: &CronLine| {
        let mut at = now;
        let mut times = Vec::new();
        while times.len() < 3
            && let Some(next) = line.next_after(at, zone)
        {
            at = next;
            times.push(next.with_timezone(&zone).format("%a %-d %b %H:%M").to_string());
        }
        times.join(", ")
    };
    let later = match delay {
        Some(delay) if delay.num_minutes() > 0 => {
            format!("; the service starts {} min later (schedule.jitter)", delay.num_minutes())
        }
        _ => String::new(),
    };
    for (what, line, later) in [
        ("sync", &schedule.sync, later.as_str()),
        ("remind", &schedule.remind, ""),
        ("digest", &schedule.digest, ""),
        ("prune", &schedule.prune, ""),
    ] {
        lines.push(ok(what, format!("{}{later}", times(line))));
    }
    lines
}
