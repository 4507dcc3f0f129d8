//! Notices on their way through the outbox: what they tell is kept with them, and
//! one of which nothing is so any more is withdrawn by the pull that sees it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::Error;
use super::compose::Composer;
use crate::core::addresses::folded;
use crate::core::changes::Dated;
use crate::core::notices::{PlannedMail, holds};
use crate::core::policy::Policy;
use crate::model::{Letter, MailMode, NoticeFact};
use crate::store::{cancel_mail, enqueue, set_news, waiting_news};

/// Puts a notice into the outbox; `false` when it was there already.
pub(super) fn queue(
    tx: &Transaction<'_>,
    composer: &Composer<'_>,
    planned: &PlannedMail,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let Some(id) = enqueue(tx, &composer.finish(planned)?, now)? else { return Ok(false) };
    if let Letter::Notice(notice) = &planned.letter {
        let news: Vec<NoticeFact> = notice.items.iter().map(|item| item.fact()).collect();
        set_news(tx, id, &news)?;
    }
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
