//! The prune job: what `[retention]` says is to go, goes, from every page of the
//! file (R22). It looks at the whole state each time, so that a run that was
//! missed loses nothing but time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mail_parser::MessageParser;
use rusqlite::Connection;
use serde::Serialize;
use tracing::warn;

use super::deliver::{preview_files, preview_index};
use super::error::Error;
use super::job::{Job, Report, Turn};
use crate::config::Config;
use crate::model::{Did, JobKind, OutboxMail};
use crate::register::forgetting::Searched;
use crate::store::{
    self, Departed, clear_body, departed_before, forget, mail_body, mails_with_body, prune_away,
    prune_history, prune_links,
};
use crate::time::civil::local_date;

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PruneReport {
    /// Versions of systems, roles, units and so on.
    pub versions: usize,
    pub changes: usize,
    pub findings: usize,
    /// Mails, runs, incidents, decided quarantines, and absences and links that are over.
    pub others: usize,
    /// People whose name and address were forgotten.
    pub people: usize,
    /// Bodies of mails, and previews of them.
    pub mail_bodies: usize,
    /// The mails whose bodies went.
    #[serde(skip)]
    cleared: Vec<OutboxMail>,
    /// Another program's reading kept the write-ahead log from being emptied.
    pub log_not_emptied: bool,
}

impl Report for PruneReport {
    fn did(&self) -> Did {
        Did::Pruned {
            versions: self.versions,
            changes: self.changes,
            findings: self.findings,
            others: self.others,
            people: self.people,
            bodies: self.mail_bodies,
            log_not_emptied: self.log_not_emptied,
        }
    }
}

/// Applies `[retention]`. When the database fails, nothing was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prune;

impl Job for Prune {
    type Report = PruneReport;

    const KIND: JobKind = JobKind::Prune;

    async fn work(&self, turn: &Turn<'_>) -> Result<PruneReport, Error> {
        let applied = turn.transaction(|tx, moment| apply(tx, moment.config, moment.now));
        let report = applied.await?;
        let config = Arc::clone(&turn.context.config);
        let compact = move |connection: &mut Connection| {
            // Files last: what the database no longer knows may go in any order.
            let previews = config.preview_dir();
            for mail in &report.cleared {
                remove_preview(&previews, mail);
            }
            // Its page of contents names readers, too.
            if previews.is_dir() {
                preview_index(connection, &config)?;
            }
            let log_not_emptied = !store::compact(connection)?;
            Ok(PruneReport { log_not_emptied, ..report })
        };
        turn.context.store.run(turn.access(), compact).await
    }
}

fn apply(tx: &Connection, config: &Config, now: DateTime<Utc>) -> Result<PruneReport, Error> {
    let retention = &config.retention;
    let history = prune_history(tx, ago(now, retention.history))?;
    // A mail may name people: it is never kept longer than they are.
    let bodies = retention.mail_bodies.min(retention.people);
    let mut cleared = mails_with_body(tx, Some(ago(now, bodies)))?;
    for mail in &cleared {
        clear_body(tx, mail.id)?;
    }
    let departed = departed_before(tx, ago(now, retention.people))?;
    if !departed.is_empty() {
        // Younger mails may still name them, as the last owner for example.
        for mail in mails_with_body(tx, None)? {
            let texts = texts_of(&mail_body(tx, mail.id)?.unwrap_or_default());
            let names = |person: &Departed| {
                texts.iter().any(|text| text.names(&person.name, person.email.as_deref()))
            };
            if departed.iter().any(names) {
                clear_body(tx, mail.id)?;
                cleared.push(mail);
            }
        }
    }
    for person in &departed {
        forget(tx, person, config.mail.language)?;
    }
    let history_begins = local_date(ago(now, retention.history), config.schedule.time_zone);
    let absences = prune_away(tx, history_begins)?;
    // A link that opens nothing any more still says whose it was.
    let links = prune_links(tx, now)?;
    Ok(PruneReport {
        versions: history.versions,
        changes: history.changes,
        findings: history.findings,
        others: history.others + absences + links,
        people: departed.len(),
        mail_bodies: cleared.len(),
        cleared,
        log_not_emptied: false,
    })
}

/// The instant `age` before `now`; at worst the beginning of time.
fn ago(now: DateTime<Utc>, age: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(age)
        .ok()
        .and_then(|age| now.checked_sub_signed(age))
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// All texts of a finished mail in which somebody may be named, in its header and below,
/// however they are encoded. A line may have been broken in the middle of a name.
fn texts_of(mime: &[u8]) -> Vec<Searched> {
    let mut texts = vec![String::from_utf8_lossy(mime).into_owned()];
    if let Some(mail) = MessageParser::default().parse(mime) {
        texts.extend(mail.subject().map(str::to_owned));
        let readers = [mail.to(), mail.cc(), mail.reply_to()];
        for address in readers.into_iter().flatten().flat_map(|addresses| addresses.iter()) {
            texts.extend(address.name().map(str::to_owned));
            texts.extend(address.address().map(str::to_owned));
        }
        let text = (0..mail.text_body_count()).filter_map(|i| mail.body_text(i));
        let html = (0..mail.html_body_count()).filter_map(|i| mail.body_html(i));
        texts.extend(text.chain(html).map(Into::into));
    }
    let unbroken = |text: &String| Vec::from_iter(text.split_whitespace()).join(" ");
    texts.iter().map(|text| Searched::new(unbroken(text))).collect()
}

fn remove_preview(folder: &Path, mail: &OutboxMail) {
    for path in preview_files(folder, mail) {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                warn!(path = %path.display(), %error, "a preview whose time is over cannot be deleted; delete it by hand");
            }
            _ => {}
        }
    }
}
