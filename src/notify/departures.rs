//! Before an owner leaves: one letter to them and their leader, four weeks before the
//! last day, with every system that is to be handed over.

use chrono::{NaiveDate, TimeDelta};

use super::Situation;
use super::diary::Diary;
use super::directory::Directory;
use super::draft::{Draft, Notification, NotificationKind, Recipient, RecipientId};
use super::ledger::{Mailed, later};
use super::recipients::leader_of_owner;
use super::turn::{Plan, closed};
use super::writing::begun;
use crate::model::DraftKind;

/// The letter goes out this long before the last day …
const NOTICE: TimeDelta = TimeDelta::days(28);
/// … and this long before it, the letter no longer waits for another mail's deadline.
const PRESSING: TimeDelta = TimeDelta::days(10);
/// A last day that is moved is not announced again within this time.
const ONCE_IN: TimeDelta = TimeDelta::days(180);

/// Plans the letters whose day has come.
pub(super) fn hand_over(situation: &Situation<'_>, diary: &mut Diary<'_>, plan: &mut Plan) {
    if closed(situation).is_some() {
        return;
    }
    for (leaver, last_day) in leaving(situation.directory, situation.today()) {
        let told_since = situation.today() - ONCE_IN;
        if !situation.ledger.is_handing_over(leaver.id, told_since) {
            plan.drafts.extend(letter(situation, diary, leaver, last_day));
        }
    }
}

/// Who leaves within four weeks, and can be written to until then.
pub(super) fn leaving(directory: &Directory<'_>, today: NaiveDate) -> Vec<(Recipient, NaiveDate)> {
    let is_soon = |day: NaiveDate| (today..=today + NOTICE).contains(&day);
    let days = directory.last_days().filter(|(_, day)| is_soon(*day));
    days.filter_map(|(id, day)| {
        let leaver = directory.person(directory.user(id)?).ok()?;
        // A substitute has nothing to hand over.
        leaver.on_behalf_of.is_none().then_some((leaver, day))
    })
    .collect()
}

fn letter(
    situation: &Situation<'_>,
    diary: &mut Diary<'_>,
    leaver: Recipient,
    last_day: NaiveDate,
) -> Option<Draft> {
    let today = situation.today();
    let systems = situation.owned(&leaver);
    let leader = leader_of_owner(situation.directory, leaver.person?, *systems.first()?);
    let to: Vec<Recipient> = [Some(leaver), leader].into_iter().flatten().collect();
    let ids: Vec<RecipientId> = to.iter().map(|recipient| recipient.id).collect();
    let is_pressing = last_day - today <= PRESSING;
    let is_free = |id: &RecipientId| match is_pressing {
        true => diary.day_for_notice(*id, today) == today,
        false => diary.free_from(*id).0 <= today,
    };
    if !ids.iter().all(is_free) {
        return None;
    }
    let before_leaving = later(last_day, 1);
    let deadline = diary.deadline_before(before_leaving, &ids, today);
    let deadline = deadline.filter(|deadline| *deadline <= last_day);
    for id in &ids {
        diary.note(*id, Mailed { on: today, deadline, is_reminder: false, yields: true });
    }
    let notification = |(index, recipient): (usize, &RecipientId)| {
        // The leader hears of a change.
        let kind = if index == 0 { NotificationKind::HandOver } else { NotificationKind::Notice };
        Notification { deadline, ..Notification::new(*recipient, kind, today) }
    };
    Some(Draft {
        systems,
        deadline,
        last_day: Some(last_day),
        notifications: ids.iter().enumerate().map(notification).collect(),
        ..begun(situation, DraftKind::HandOver, to, Vec::new())
    })
}
