//! From a draft to a letter: names instead of uuids.

use super::draft::{Draft, DraftItem, DraftKind, PromisedTo, Recipient};
use super::lines::Lines;
use super::notices::PlannedMail;
use crate::model::{
    Capacity, Escalation, EscalationLine, FindingLine, Letter, MailKind, Reminder, ReminderLine,
};
use crate::text::danish;

/// The draft as a mail that is to be put into words.
pub fn planned_mail(draft: &Draft, lines: &Lines<'_>) -> PlannedMail {
    let addresses = |people: &[Recipient]| people.iter().map(|r| r.address.clone()).collect();
    let (kind, letter) = match draft.kind {
        DraftKind::Escalation => {
            (MailKind::Escalation, Letter::Escalation(escalation(draft, lines)))
        }
        _ => (MailKind::Reminder, Letter::Reminder(reminder(draft, lines))),
    };
    PlannedMail {
        key: draft.key.clone(),
        kind,
        person: draft.to.first().and_then(|recipient| recipient.person),
        to: addresses(&draft.to),
        cc: addresses(&draft.cc),
        letter,
        not_before: draft.not_before,
        notifications: draft.notifications.clone(),
    }
}

fn reminder(draft: &Draft, lines: &Lines<'_>) -> Reminder {
    let promise = draft.promises.first();
    Reminder {
        organization: lines.snapshot.organization.name.clone(),
        date: draft.date,
        name: names(&draft.to),
        before: draft.deadline,
        last_chance: promise.is_some(),
        leader: promise.and_then(|promise| match &promise.to {
            PromisedTo::Leader(leader) => Some(leader.name.clone()),
            PromisedTo::It => None,
        }),
        lines: draft.items.iter().map(|item| reminder_line(draft, item, lines)).collect(),
    }
}

fn reminder_line(draft: &Draft, item: &DraftItem, lines: &Lines<'_>) -> ReminderLine {
    let line = lines.finding(&item.finding, draft.date);
    let finding = match item.capacity {
        // It is not for them to choose.
        Capacity::Manager => FindingLine { suggestions: Vec::new(), ..line },
        _ => line,
    };
    ReminderLine { finding, capacity: item.capacity, number: item.number }
}

fn escalation(draft: &Draft, lines: &Lines<'_>) -> Escalation {
    let mut items: Vec<EscalationLine> = draft
        .items
        .iter()
        .map(|item| EscalationLine {
            finding: lines.finding(&item.finding, draft.date),
            asked: names(&item.asked),
            reminded: item.told_on.clone(),
        })
        .collect();
    items.sort_by(|a, b| danish::compare(&a.asked, &b.asked));
    Escalation {
        organization: lines.snapshot.organization.name.clone(),
        date: draft.date,
        name: Some(names(&draft.to)),
        lines: items,
    }
}

fn names(people: &[Recipient]) -> String {
    people.iter().map(|recipient| recipient.name.as_str()).collect::<Vec<_>>().join(", ")
}
