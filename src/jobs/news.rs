//! Notices on their way through the outbox: what they tell is kept with them, and
//! one of which nothing is so any more is withdrawn by the pull that sees it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};

use super::compose::{Composer, Post};
use super::error::Error;
use crate::config::Config;
use crate::mail::{self, Letter};
use crate::model::{MailMode, NoticeFact, SystemUsage};
use crate::notify::notices::{Occasion, PlannedNotice, holds, notices};
use crate::policy::Policy;
use crate::query::{Inputs, resolve};
use crate::register::changes::{Dated, OwnerRoles, changes};
use crate::register::diff::diff;
use crate::store::{
    bindings, cancel_mail, current_snapshot, enqueue, record_notifications, set_news, waiting_news,
};
use crate::text::addresses::folded;
use crate::time::civil::local_date;

/// Puts a notice into the outbox; `false` when it was there already.
pub(super) fn queue(
    tx: &Transaction<'_>,
    composer: &Composer<'_>,
    planned: &PlannedNotice,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let letter = mail::of_notice(&planned.notice, composer.language())?;
    let post = Post::to(&planned.to, planned.key.clone(), letter, planned.not_before);
    let mail = composer.finish(&Post { person: planned.person, ..post })?;
    let Some(id) = enqueue(tx, &mail, now)? else { return Ok(false) };
    record_notifications(tx, Some(id), &planned.notifications, mail.mode, now)?;
    let news: Vec<NoticeFact> = planned.notice.items.iter().map(|item| item.fact()).collect();
    set_news(tx, id, &news)?;
    Ok(true)
}

/// Withdraws the waiting notices that `after` shows to be overtaken. Returns what
/// they would have told, and whom (folded address).
pub(super) fn withdraw(
    tx: &Transaction<'_>,
    mode: MailMode,
    after: Dated<'_>,
    policy: &Policy,
) -> Result<BTreeSet<(String, NoticeFact)>, Error> {
    let mut untold = BTreeSet::new();
    for (mail, news) in waiting_news(tx, mode)? {
        let so = |fact| holds(fact, mail.person, after.snapshot, policy, after.today);
        if news.iter().any(so) {
            continue;
        }
        cancel_mail(tx, mail.id, "what it tells was undone before it went out")?;
        let told = |address: &String| {
            let address = folded(address);
            news.iter().map(move |fact| (address.clone(), *fact)).collect::<Vec<_>>()
        };
        untold.extend(mail.to.iter().flat_map(told));
    }
    Ok(untold)
}

/// For `mail preview notice`: what the owner of a system would read who had become it
/// since yesterday. `None` where no owner can be written to.
///
/// # Errors
/// When the database fails.
pub fn preview_notice(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Option<(Vec<String>, Letter)>, Error> {
    let Some(snapshot) = current_snapshot(connection)? else { return Ok(None) };
    let policy = resolve(config, &bindings(connection)?, &snapshot).policy;
    let inputs = Inputs::load(connection, config, now)?;
    let directory = inputs.directory();
    let situation = inputs.situation(&directory);
    let today = local_date(now, config.schedule.time_zone);
    let after = Dated { snapshot: &snapshot, today };
    let mut yesterday = snapshot.clone();
    for usage in snapshot.usages.values() {
        let without = |of: &mut SystemUsage| {
            of.roles.retain(|held| !policy.owner_roles.contains(&held.role));
        };
        yesterday.usages.entry(usage.uuid).and_modify(without);
        let before = Dated { snapshot: &yesterday, today };
        let delta = diff(before.snapshot, after.snapshot);
        let occasion = Occasion {
            snapshot_id: 0,
            before,
            after,
            changes: &changes(before, after, &delta, OwnerRoles::unchanged(&policy.owner_roles)),
            earlier: &[],
            withdrawn: &BTreeSet::new(),
            suggestions: &BTreeMap::new(),
            now,
        };
        let told = notices(&occasion, &situation, &[], &config.kitos.ui_url());
        if let Some(mail) = told.into_iter().find(|mail| mail.person.is_some()) {
            let letter = mail::of_notice(&mail.notice, config.mail.language)?;
            return Ok(Some((vec![mail.to], letter)));
        }
        yesterday.usages.insert(usage.uuid, usage.clone());
    }
    Ok(None)
}
