//! The letter to an owner who is about to leave, and to their leader: what is to be
//! handed over, and by when.

use crate::mail::Error;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::Facts;
use crate::mail::letter::Letter;
use crate::model::{MailKind, Tab};
use crate::notify::draft::Draft;
use crate::text::words::{Arg, sentence};

/// `draft.to`: first the person who leaves, then the leader.
pub(in crate::mail) fn hand_over(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    Letter::to_people(MailKind::Letter, &body(draft, facts), draft)
}

fn body(draft: &Draft, facts: &Facts<'_>) -> Body {
    let words = facts.words();
    let under = Under { words, prefix: "mail.handover".into() };
    let systems = &draft.systems;
    let args: Vec<(&str, Arg)> = vec![
        ("n", systems.len().into()),
        ("system", systems.first().map(|usage| facts.system(*usage)).into()),
        ("leaver", draft.to.first().map(|recipient| recipient.name.clone()).into()),
        ("several", (draft.to.len() > 1).into()),
        ("last", draft.last_day.into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, 2 * systems.len()).into()),
    ];
    let part = |usage: &uuid::Uuid| Part {
        name: facts.system(*usage),
        lines: facts
            .personal_data(*usage)
            .map(sentence)
            .into_iter()
            .chain(facts.suggestions(*usage, &draft.to))
            .collect(),
        points: Vec::new(),
        links: vec![facts.link(*usage, Tab::Roles)],
    };
    let main = Section {
        what: Some(under.say("what", &args)),
        ask: Some(under.say("ask", &args)),
        short: Some(under.say("short", &args)),
        systems: systems.iter().map(part).collect(),
        after: under.list("after", &args),
        ..Section::default()
    };
    Body {
        subject: under.fitted("subject", &args, "system"),
        preheader: under.say("preheader", &args),
        lead: None,
        sections: vec![main],
    }
}
