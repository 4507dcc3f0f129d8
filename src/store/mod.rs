//! The SQLite file: the only place with SQL. Functions over `&Connection`,
//! called through [`Store::run`]; no pool, no ORM, no repository objects.
//!
//! Nothing here decides: the callers have decided what is written. A database that a newer
//! version made, or that is another program's, is never touched.

mod answered;
mod answers;
mod away;
mod backup;
mod backup_files;
mod bindings;
mod changes;
mod connect;
mod findings;
mod history_now;
mod in_force;
mod incidents;
mod installation;
mod integrity;
mod kept;
mod kitos_host;
mod leaders_file;
mod ledger;
mod lineage;
mod links;
mod lock;
mod login;
mod mails;
mod mark;
mod mounts;
mod names;
mod outbox;
mod outlook;
mod own_mails;
mod ownerships;
mod people;
mod private;
mod prune;
mod quarantine;
mod register;
mod register_now;
mod resent;
mod reviews;
mod runs;
mod snapshots;
mod timelines;
mod values;
mod versions;
mod waivers;

pub use answered::{forget_kitos_answers, keep_kitos_answers, kitos_answers};
pub use answers::{AnswerFilter, close_answer, insert_answer, list_answers, looked_through};
pub use away::{NotedAway, all_away, away, end_away, prune_away, set_away};
pub use backup::{automatic_backup, backup, daily_backup, left_behind};
pub use bindings::{bindings, owner_roles_then, record_names, record_owner_roles, record_roles};
pub use changes::{ChangeFilter, ChangeRow, changes_since, insert_changes, list_changes};
pub use connect::{Access, SCHEMA_VERSION, Store, immediate};
pub use findings::{
    FindingFilter, apply_transitions, ended_between, finding_by_id, open_by_rule, open_findings,
    open_severities, select_findings,
};
pub use history_now::{former_names, former_usages, last_owners, load_history};
pub use incidents::{all_incidents, close_incident, incidents, open_incident};
pub use installation::{Installation, installation, made_installation};
pub use integrity::check_integrity;
pub use kitos_host::{clock_skew, kitos_host, record_clock_skew, record_kitos_host};
pub use leaders_file::{leaders_coverage, record_leaders_coverage};
pub use ledger::{
    Reason, identities, identities_with, ledger, ledger_until, reasons, record_identities,
    record_notifications,
};
pub use lineage::{lineage, record_lineage, settled_uuids};
pub use links::{Link, link, link_hash, prune_links};
pub use lock::{Lock, LockError};
pub use login::{login_refused_at, record_refused_login, refused_login};
pub use mails::{
    TellingMail, count_dead_since, count_gone_since, deadlines_of, has_taken_others, last_mail_at,
    list_mails, mail_body, mail_by_id, mails_about, mails_to, mails_to_people, name_systems,
    named_by_mail, outbox_counts, reached_since, refused_addresses, sent_since,
};
pub use mark::{RegisterMark, register_mark};
pub use names::{last_system_name, person_names};
pub use outbox::{
    Outcome, ServerWait, cancel_mail, cancel_other_modes, end_server_wait, enqueue, failed_tries,
    fix_times, give_up_waiting, hurry_server_wait, mark_sending, next_mail_at, postpone,
    record_verdict, retry_mail, server_wait, set_news, wait_for_server, waiting_mails,
    waiting_news, waiting_reminders,
};
pub use outlook::{findings_opened_in, last_mail_id, mails_queued_after};
pub use own_mails::{DeadMail, dead_digest, refused_readers};
pub use ownerships::{Ownership, OwnershipsOf, ownerships};
pub use people::{Membership, departed_addresses, memberships};
pub use private::give_to_the_service;
pub use prune::{
    Departed, PrunedHistory, clear_body, compact, departed_before, forget, mails_with_body,
    prune_history, pruned_before,
};
pub use quarantine::{
    EarlierQuarantine, KeptPull, QuarantinedPull, decide_quarantine, earlier_quarantines,
    hold_pull, quarantined_pull, quarantined_pull_id,
};
pub use register::{current_snapshot, snapshot_at};
pub use register_now::keep_register;
pub use resent::{replace_body, set_apart};
pub use reviews::{close_review, insert_review, last_review, reviewed_systems, reviews_in};
pub use runs::{RunFilter, count_failed_runs, insert_run, last_run, list_runs, past};
pub use snapshots::{
    NewSnapshot, SnapshotRow, insert_snapshot, last_snapshot, monitoring_since,
    snapshots_committed, snapshots_since,
};
pub use timelines::usage_versions;
pub use versions::write_delta;
pub use waivers::{
    end_waiver, insert_waiver, list_waivers, waiver_of, waivers_ending, waivers_expired_since,
    waivers_in_force,
};

use std::path::PathBuf;

/// Why the database could not do what was asked. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no database yet.
    #[error("there is no database at {}. Run `kitos-sync sync` (or `kitos-sync run`) once to make it, or set database.path to where it lies", .0.display())]
    Missing(PathBuf),
    /// The database went away while the program was running.
    #[error("the database at {} was there and has gone. Put it back, or copy the newest good backup (files beside it named *.backup-*) to its place; to begin with a new and empty one, restart the service", .0.display())]
    Gone(PathBuf),
    /// The directory or file cannot be made, read or written.
    #[error("cannot {doing} {}: {source}. Check that the directory exists and that the user who runs kitos-sync may write there (database.path)", path.display())]
    File { doing: &'static str, path: PathBuf, source: std::io::Error },
    /// Nothing can be written where the database lies.
    #[error("the database at {} lies on a file system that is mounted read-only: {}. Mount it writable again (mount -o remount,rw {}); after a fault of the disk the system does this by itself (dmesg says why). Nothing was written", path.display(), mount.display(), mount.display())]
    ReadOnly { path: PathBuf, mount: PathBuf },
    /// A copy cannot be made, wherever it was to lie.
    #[error("cannot make the backup {}: {source}. Check that its directory exists, has room, and that this user may write there", path.display())]
    Backup { path: PathBuf, source: std::io::Error },
    /// A backup would overwrite something.
    #[error("there is a file at {} already, and a backup overwrites nothing. Give another name, or move that file away", .0.display())]
    Exists(PathBuf),
    /// The file is a database of another program.
    #[error("{} is an SQLite database, but not one of kitos-sync. Set database.path to another file; nothing was changed in this one", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer version.
    #[error("{} has schema {found}, and this version of kitos-sync knows {known}: a newer version has used it. Install that version again, or restore a backup from before the upgrade; nothing was changed", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The file is of an older version, and this command may not migrate it.
    #[error("{} has schema {found}, and this version of kitos-sync needs {needed}. Run `kitos-sync sync` or restart the service: it makes a backup and upgrades the file", path.display())]
    Older { path: PathBuf, found: i64, needed: i64 },
    /// The file is damaged.
    #[error("{} is damaged: {report}. It was not touched. Stop the service, move the file away and its -wal and -shm with it (they belong to it alone), {backup}, and start again (docs/drift.md, \"Gendan\", has the commands)", path.display())]
    Damaged {
        path: PathBuf,
        report: String,
        /// Which copy to put in its place.
        backup: String,
    },
    /// A value in the database is not what this program writes.
    #[error(
        "the database holds {value} as {what}, which this version does not understand. Restore a backup if it was edited by hand"
    )]
    Value { what: &'static str, value: String },
    #[error("the database at {} failed while {doing}: {source}. Nothing was written; check its permissions and the free space of its directory (database.path)", path.display())]
    Sqlite { doing: &'static str, path: PathBuf, source: rusqlite::Error },
    /// As above, where no path is at hand.
    #[error(
        "the database failed: {0}. Nothing of this step was written; check free space and permissions of its directory"
    )]
    Sql(rusqlite::Error),
    /// Someone has held the write lock for longer than we wait.
    #[error(
        "the database is being written by another process, which has not ended within 10 s. Nothing of this step was written; try again in a minute. If it stays so, look for a program that keeps the file at database.path open"
    )]
    Busy(rusqlite::Error),
    /// The file turned out to be damaged in the middle of the work.
    #[error(
        "the database is damaged: {0}. Stop the service, move the file at database.path away and its -wal and -shm with it (they belong to it alone), copy the newest good backup (files beside it named *.backup-*) to its place, and start again"
    )]
    Corrupt(rusqlite::Error),
    /// The thread that worked on the database ended early.
    #[error("the work on the database was broken off: {0}")]
    Broken(String),
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, NotADatabase};
        // Its own words would quote the whole statement, which may be a schema.
        let source = match source {
            rusqlite::Error::SqlInputError { error, msg, .. } => {
                rusqlite::Error::SqliteFailure(error, Some(msg))
            }
            other => other,
        };
        match source.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Corrupt(source),
            Some(DatabaseBusy) => Self::Busy(source),
            _ => Self::Sql(source),
        }
    }
}
