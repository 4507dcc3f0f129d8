//! Who is told what now: one pure function of the open findings, of what was told, of
//! people and of the moment. Each open finding stands in a draft, is handed to IT, or
//! is held with its reason; none is forgotten, and the same run made twice tells
//! nothing twice.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::departures::hand_over;
use super::diary::{APART, Diary};
use super::draft::{Draft, Recipient, RecipientId};
use super::escalation::{escalate, keep_promised_days};
use super::held::{Held, Why};
use super::items::{Item, Parties, Party, Situation, parties};
use super::ledger::later;
use super::round;
use super::turn::{Plan, Turn, closed};
use super::writing::write;
use crate::model::{Capacity, DraftKind, MailKind, Severity};

/// Plans what is told now.
pub fn plan(situation: &Situation<'_>) -> Plan {
    let mut plan = Plan::default();
    let today = situation.today();
    let parties = parties(situation, &mut plan.held);
    let mut diary = Diary::new(situation.ledger, situation.calendar, today);
    keep_promised_days(situation, &parties, &mut diary);
    escalate(situation, &parties, &mut diary, &mut plan);
    hand_over(situation, &mut diary, &mut plan);
    round::ask(situation, &mut diary, &mut plan);
    let handed_on: BTreeSet<i64> =
        plan.passed_on.iter().filter_map(|noted| noted.finding).collect();

    let together = together(situation, &parties, &diary);
    let mut turns = Vec::new();
    for party in parties.values() {
        let open = party.items.iter().filter(|item| !handed_on.contains(&item.finding.id));
        let open: Vec<&Item<'_>> = open.collect();
        if is_turn(situation, &diary, party, &open, &mut plan.held) {
            turns.push(of_party(situation, party, open));
        }
    }
    let turns = turns.into_iter().filter(|turn| {
        let Some(day) = waits_for(turn, &together) else { return true };
        let next = diary.run_from(situation.now, day);
        let waiting = turn.items.iter();
        plan.held.extend(waiting.flat_map(|item| hold(item, &turn.members, Why::Together, next)));
        false
    });
    let turns = turns.collect();
    send(situation, turns, &mut diary, &mut plan);
    let told: BTreeSet<(i64, &str)> = plan.drafts.iter().flat_map(told).collect();
    plan.held.retain(|held| {
        let reader = held.reader.as_deref();
        held.kind != MailKind::Reminder
            || !reader.is_some_and(|r| told.contains(&(held.finding, r)))
    });
    plan
}

/// When each finding is next told of or looked at: now if it is in a draft, else on the
/// earliest date on which it stops being held.
pub fn next_mail_at(plan: &Plan) -> BTreeMap<i64, DateTime<Utc>> {
    let mut next: BTreeMap<i64, DateTime<Utc>> = BTreeMap::new();
    let mut note = |finding, at: DateTime<Utc>| {
        let earliest = next.entry(finding).or_insert(at);
        *earliest = at.min(*earliest);
    };
    for draft in &plan.drafts {
        draft.items.iter().for_each(|item| note(item.finding.id, draft.not_before));
    }
    for held in &plan.held {
        if let Some(at) = held.next {
            note(held.finding, at);
        }
    }
    next
}

/// The day of a reminder to `recipient` that has been due since before today and waits for
/// other mail, or whose day was named and has come; `None` if there is none. The systems in `but` do not count, since a notice tells
/// of them.
pub(super) fn owed(
    situation: &Situation<'_>,
    parties: &Parties<'_>,
    diary: &Diary<'_>,
    recipient: RecipientId,
    but: &BTreeSet<Uuid>,
) -> Option<NaiveDate> {
    let today = situation.today();
    let is_late = |item: &Item<'_>| {
        !item.is_promised(today)
            && !but.contains(&item.finding.usage)
            && item.due.is_some_and(|d| d < today || (d == today && !item.told_on().is_empty()))
    };
    let late = parties
        .values()
        .filter(|party| party.ids().contains(&recipient) && party.items.iter().any(is_late));
    let free = late.map(|party| diary.free_for(&party.ids()).0);
    situation.calendar.run_day(free.min()?)
}

fn told(draft: &Draft) -> impl Iterator<Item = (i64, &str)> {
    let of = |recipient| draft.items.iter().map(move |item| (item.finding.id, recipient));
    draft.to.iter().flat_map(move |recipient| of(recipient.name.as_str()))
}

/// For each recipient the mail to several that is due and waits for a day on which all of
/// them may hear from us: how severe it is, and that day.
type Together = BTreeMap<RecipientId, (Severity, NaiveDate)>;

fn together(situation: &Situation<'_>, parties: &Parties<'_>, diary: &Diary<'_>) -> Together {
    let today = situation.today();
    let mut all = Together::new();
    for party in parties.values().filter(|party| party.members.len() > 1) {
        let due = party.items.iter().filter(|item| item.is_due(today));
        let worst = due.map(|item| item.finding.severity).max();
        let free = diary.free_for(&party.ids()).0;
        let Some(worst) = worst.filter(|_| free > today) else { continue };
        for id in party.ids() {
            let waiting = all.entry(id).or_insert((worst, free));
            *waiting = (waiting.0.max(worst), waiting.1.min(free));
        }
    }
    all
}

/// The day for which a reminder to one alone waits: without it, the mail to them and others
/// would never find a day on which nobody has had another. A first letter says all, and what
/// is more severe goes at once.
fn waits_for(turn: &Turn<'_>, together: &Together) -> Option<NaiveDate> {
    let [member] = turn.members.as_slice() else { return None };
    let (severity, day) = together.get(&member.id)?;
    let worst = turn.asking().map(|item| item.finding.severity).max()?;
    (turn.kind == DraftKind::Reminder && worst <= *severity).then_some(*day)
}

/// Whether it is the party's turn today. What is not told now is held.
fn is_turn(
    situation: &Situation<'_>,
    diary: &Diary<'_>,
    party: &Party<'_>,
    items: &[&Item<'_>],
    held: &mut Vec<Held>,
) -> bool {
    let (today, now) = (situation.today(), situation.now);
    let asks = |item: &&&Item<'_>| !item.is_promised(today);
    let first_due = items.iter().filter(asks).filter_map(|item| item.due).min();
    let (free, busy) = diary.free_for(&party.ids());
    let turn = first_due.map(|due| due.max(free));
    let is_turn = turn.is_some_and(|day| day <= today);
    for item in items {
        let next_due = item.due.filter(|_| !item.is_promised(today));
        let why = if item.eligible > today && item.finding.by_policy_change {
            Why::PolicyChange
        } else if item.eligible > today {
            Why::Grace
        } else if is_turn {
            continue;
        } else if item.is_promised(today) {
            Why::Promised
        } else if item.due.is_none() {
            Why::Information
        } else if next_due.is_some_and(|due| due <= today) {
            busy.map_or(Why::NotDue, Why::from)
        } else {
            Why::NotDue
        };
        // It comes with the party's next mail if it is eligible by then, else with one
        // of its own.
        let with_others = turn.filter(|day| *day > today && item.eligible <= *day);
        let alone = next_due.map(|due| due.max(free).max(later(today, 1)));
        let promised = item.promise(today).filter(|_| item.is_promised(today)).map(|p| p.on);
        let day = promised.or(with_others).or(alone);
        let next = day.and_then(|day| diary.run_from(now, day));
        held.extend(hold(item, &party.members, why, next));
    }
    let Some(why) = closed(situation).filter(|_| is_turn) else { return is_turn };
    for item in items.iter().filter(|item| item.eligible <= today) {
        held.extend(hold(item, &party.members, why, diary.run_from(now, today)));
    }
    false
}

fn hold(
    item: &Item<'_>,
    members: &[Recipient],
    why: Why,
    next: Option<DateTime<Utc>>,
) -> Vec<Held> {
    let held = |member: &Recipient| Held {
        finding: item.finding.id,
        kind: MailKind::Reminder,
        reader: Some(member.name.clone()),
        why,
        because: None,
        next,
    };
    members.iter().map(held).collect()
}

/// The mail of a party whose turn it is: one to all its members, and a first letter to an owner
/// whom we never wrote to.
fn of_party<'p>(
    situation: &Situation<'_>,
    party: &'p Party<'p>,
    items: Vec<&'p Item<'p>>,
) -> Turn<'p> {
    let members = party.members.clone();
    let is_asked = items.iter().any(|item| !item.for_information);
    if let ([member], true) = (members.as_slice(), is_asked)
        && situation.is_new(member)
    {
        let items = everything(situation, party);
        return Turn { kind: DraftKind::FirstLetter, items, members, in_grace: None };
    }
    let today = situation.today();
    let (items, others): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.eligible <= today);
    let asking = others.iter().filter(|item| !item.for_information && !item.is_promised(today));
    let in_grace = asking.filter_map(|item| item.due).min();
    Turn { kind: DraftKind::Reminder, members, items, in_grace }
}

/// Everything open for the reader of a first letter. It says how things stand, so that what
/// is still in its grace stands in it, too; but not what only a change of the policy has opened.
fn everything<'p>(situation: &Situation<'_>, party: &'p Party<'p>) -> Vec<&'p Item<'p>> {
    let today = situation.today();
    let items = party.items.iter();
    items
        .filter(|item| item.eligible <= today || !item.finding.by_policy_change)
        .filter(|item| item.capacity != Capacity::Manager || item.eligible <= today)
        .collect()
}

/// Writes the most severe and oldest first, no more than a run may send. The rest waits for the
/// working day on which its turn comes.
fn send(
    situation: &Situation<'_>,
    mut turns: Vec<Turn<'_>>,
    diary: &mut Diary<'_>,
    plan: &mut Plan,
) {
    let Situation { now, pace, ledger, .. } = *situation;
    let today = situation.today();
    turns.sort_by_cached_key(|turn| {
        let worst = turn.asking().map(|item| item.finding.severity).max();
        let oldest = turn.items.iter().map(|item| item.finding.opened_at).min();
        let names: Vec<String> = turn.members.iter().map(|member| member.name.clone()).collect();
        // Several who are free on one day are seldom so again: for a mail to them that has
        // waited, what is more severe waits for once.
        let is_single = turn.members.len() == 1;
        let is_late = |item: &&Item<'_>| item.due.is_some_and(|due| later(due, APART) <= today);
        let is_overdue = !is_single && turn.items.iter().any(is_late);
        (!is_overdue, Reverse(worst), is_single, oldest, names)
    });
    let most = pace.max_mails_per_run.max(1);
    let asked = plan.drafts.iter().filter(|draft| draft.kind == DraftKind::Review).count();
    let mut left = most.saturating_sub(ledger.reminded_on(today) + asked);
    let mut behind = 0;
    for turn in turns {
        let (free, busy) = diary.free_for(&turn.ids());
        let (why, next) = if let Some(busy) = busy {
            (Why::from(busy), diary.run_from(now, free))
        } else if left == 0 {
            behind += 1;
            (Why::Brake, nth_run(situation, diary, 1 + (behind - 1) / most))
        } else {
            match write(situation, &turn, diary) {
                Ok(draft) => {
                    plan.drafts.push(draft);
                    left -= 1;
                    continue;
                }
                Err(day) => (Why::Promised, diary.run_from(now, day)),
            }
        };
        for item in turn.items {
            plan.held.extend(hold(item, &turn.members, why, next));
        }
    }
}

/// The run on the `nth` day after today on which people hear from us.
fn nth_run(situation: &Situation<'_>, diary: &Diary<'_>, nth: usize) -> Option<DateTime<Utc>> {
    let next = |day: NaiveDate| diary.run_from(situation.now, later(day, 1));
    let first = next(situation.today());
    (1..nth).fold(first, |at, _| next(situation.calendar.day(at?)))
}
