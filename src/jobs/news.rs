//! Notices that wait in the outbox, stored with the news they tell. A pull that finds none of a
//! notice's news true any more withdraws it. A notice that still waits is combined with later
//! news in one mail, so that nobody has two waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::compose::{Composer, Post};
use super::error::Error;
use crate::mail;
use crate::model::{MailMode, MailWhy, NoticeFact, NoticeItem, OutboxMail};
use crate::notify::notices::{PlannedNotice, PullEvent, holds, notices};
use crate::policy::Policy;
use crate::query::{Inputs, Moment, Register};
use crate::register::changes::Dated;
use crate::store::{
    cancel_mail, enqueue, identities_with, name_systems, record_identities, record_notifications,
    set_news, waiting_news,
};
use crate::text::addresses::folded;

/// Puts a notice into the outbox; `false` when it was there already.
fn queue(
    tx: &Connection,
    composer: &Composer<'_>,
    planned: &PlannedNotice,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let letter = mail::of_notice(&planned.notice, composer.language())?;
    let post = Post::to(&planned.to, planned.key.clone(), letter, planned.not_before);
    let mail = composer.finish(&Post { person: planned.person, ..post })?;
    let Some(id) = enqueue(tx, &mail, now)? else { return Ok(false) };
    record_notifications(tx, Some(id), &planned.notifications, mail.mode, now)?;
    set_news(tx, id, &planned.notice.items)?;
    let about = planned.notice.items.iter().map(|item| item.about).collect();
    name_systems(tx, id, &about)?;
    Ok(true)
}

/// Withdraws the waiting notices that `after` shows to be overtaken. Returns what
/// they would have told, and whom (folded address).
pub(super) fn withdraw(
    tx: &Connection,
    mode: MailMode,
    after: Dated<'_>,
    policy: &Policy,
) -> Result<BTreeSet<(String, NoticeFact)>, Error> {
    let mut untold = BTreeSet::new();
    for (mail, news) in waiting_news(tx, mode)? {
        if news.iter().any(|item| is_so(item, &mail, after, policy)) {
            continue;
        }
        cancel_mail(tx, mail.id, MailWhy::Undone)?;
        let told = |address: &String| {
            let address = folded(address);
            news.iter().map(move |item| (address.clone(), item.fact())).collect::<Vec<_>>()
        };
        untold.extend(mail.to.iter().flat_map(told));
    }
    Ok(untold)
}

fn is_so(item: &NoticeItem, mail: &OutboxMail, after: Dated<'_>, policy: &Policy) -> bool {
    holds(&item.fact(), mail.person, after.snapshot, policy, after.today)
}

/// News that waited for people who now get more, withdrawn to be told together.
#[derive(Debug, Default)]
struct TakenBack {
    /// By folded address.
    waiting: BTreeMap<String, Vec<NoticeItem>>,
    /// Those that are no longer true.
    untold: BTreeSet<(String, NoticeFact)>,
}

/// Withdraws the notices that wait for `readers` (folded), to be told in one mail with
/// what is new; but not what the mail server has been offered.
fn take_back(
    tx: &Connection,
    mode: MailMode,
    (after, policy): (Dated<'_>, &Policy),
    readers: &BTreeSet<String>,
) -> Result<TakenBack, Error> {
    let mut taken = TakenBack::default();
    for (mail, news) in waiting_news(tx, mode)? {
        let [to] = mail.to.as_slice() else { continue };
        let to = folded(to);
        if mail.attempts > 0 || !readers.contains(&to) {
            continue;
        }
        cancel_mail(tx, mail.id, MailWhy::ToldWithLaterNews)?;
        let (so, not): (Vec<_>, Vec<_>) =
            news.into_iter().partition(|item| is_so(item, &mail, after, policy));
        taken.untold.extend(not.iter().map(|item| (to.clone(), item.fact())));
        taken.waiting.entry(to).or_default().extend(so);
    }
    Ok(taken)
}

/// Queues the notices of a pull. Returns how many. `policy`: with the leaders and, if they are
/// unknown today, the reason.
pub(super) fn tell(
    moment: &Moment<'_>,
    composer: &Composer<'_>,
    event: &PullEvent<'_>,
    (policy, no_leaders): (&Policy, Option<&str>),
) -> Result<usize, Error> {
    let Moment { connection: tx, config, .. } = *moment;
    let after = event.after;
    let snapshot = Arc::new(after.snapshot.clone());
    let plan = |event: &PullEvent<'_>| -> Result<Vec<PlannedNotice>, Error> {
        let register = Register {
            snapshot: Arc::clone(&snapshot),
            policy: policy.clone(),
            no_leaders: no_leaders.map(str::to_owned),
            identities: identities_with(tx, snapshot.people.values())?,
            taken_at: event.now,
        };
        let inputs = Inputs::of(moment, config.mail.mode, register)?;
        record_identities(tx, inputs.identities())?;
        let directory = inputs.directory();
        let situation = inputs.situation(&directory);
        let event = PullEvent { suggestions: inputs.suggestions()?, ..*event };
        Ok(notices(&event, &situation, &config.mail.it, &config.kitos.ui_url()))
    };
    let mut planned = plan(event)?;
    let readers = planned.iter().map(|mail| folded(&mail.to)).collect();
    let taken = take_back(tx, config.mail.mode, (after, policy), &readers)?;
    if !taken.waiting.is_empty() {
        let withdrawn = event.withdrawn.union(&taken.untold).cloned().collect();
        let event = PullEvent { withdrawn: &withdrawn, waiting: &taken.waiting, ..*event };
        planned = plan(&event)?;
    }
    let mut queued = 0;
    for mail in planned {
        queued += usize::from(queue(tx, composer, &mail, event.now)?);
    }
    Ok(queued)
}
