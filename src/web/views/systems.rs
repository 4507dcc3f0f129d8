//! The systems, and the whole life of one.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::model::{ChangeKind, StateOfUse};
use crate::query::{self, Answer, Moment, System, SystemLife, SystemQuery};
use crate::text::names::holds;
use crate::text::words::words;
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::paging::Paging;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct Systems {
    name: Option<String>,
    state: Option<String>,
    states: &'static [StateOfUse],
    /// Only those without an owner.
    ownerless: bool,
    total: usize,
    rows: Vec<System>,
    paging: Paging,
}

pub fn systems(asked: &Asked, moment: &Moment<'_>) -> Result<Systems, Refused> {
    let state = match asked.get("state") {
        None => None,
        Some(name) => Some(StateOfUse::parse(name).ok_or(Refused::Malformed)?),
    };
    let name = asked.get("name");
    let ownerless = asked.get("ownerless").is_some();
    let wanted = |system: &System| {
        let named = name.is_none_or(|name| holds(&system.system_name, name));
        named && (!ownerless || (system.in_scope && system.owners.is_empty()))
    };
    let all = query::systems(moment, &SystemQuery { state, ..SystemQuery::default() })?;
    let rows: Vec<System> = all.into_iter().filter(wanted).collect();
    let total = rows.len();
    let (rows, paging) = Paging::cut(asked, rows);
    Ok(Systems {
        name: asked.get("name").map(str::to_owned),
        state: asked.get("state").map(str::to_owned),
        states: StateOfUse::ALL,
        ownerless,
        total,
        rows,
        paging,
    })
}

#[derive(Serialize)]
pub struct OneSystem {
    life: SystemLife,
    surroundings: query::Surroundings,
    /// What happened, the latest first.
    line: Vec<Entry>,
}

/// One thing on the time line.
#[derive(Serialize)]
struct Entry {
    #[serde(skip)]
    at: DateTime<Utc>,
    on: NaiveDate,
    /// `owner`, `state`, `finding`, `change`, `answer` or `mail`.
    kind: &'static str,
    text: String,
    url: Option<String>,
}

pub fn system(asked: &Asked, moment: &Moment<'_>) -> Result<OneSystem, Refused> {
    let uuid: uuid::Uuid = asked.part("uuid").parse().map_err(|_| Refused::NotFound)?;
    let life = query::system(moment, &uuid.to_string())?;
    let answers = query::answers_about(moment, life.system_usage_uuid)?;
    let line = line(&life, &answers, moment);
    Ok(OneSystem { surroundings: life.surroundings.clone(), line, life })
}

/// Changes say what happened to owners and states; findings and mails go between.
fn line(life: &SystemLife, answers: &[Answer], moment: &Moment<'_>) -> Vec<Entry> {
    use ChangeKind::*;
    let words = words(moment.language);
    let zone = moment.config.schedule.time_zone;
    let mut line: Vec<Entry> = Vec::new();
    let mut add = |at: DateTime<Utc>, kind, text: String, url| {
        line.push(Entry { at, on: moment.day(at), kind, text, url });
    };
    for change in &life.changes {
        let kind = match change.kind {
            OwnerAssigned | OwnerRemoved => "owner",
            InUse | Pilot | PhasingIn | PhasingOut | Decommissioned | Revived | Acquired
            | Removed | ReRegistered => "state",
            _ => "change",
        };
        add(change.detected_at, kind, change.text.clone(), None);
    }
    for span in life.ownerships.iter().filter(|span| span.since_baseline && span.owner) {
        let text = words.say("page.system.owner-then", &[("who", span.person.as_str().into())]);
        add(civil::start_of(span.from, zone), "owner", text, None);
    }
    for finding in &life.findings {
        let of = |key: &str| words.say(key, &[("what", finding.subject.as_str().into())]);
        add(finding.opened_at, "finding", of("page.system.opened"), None);
        if let Some(at) = finding.resolved_at {
            add(at, "finding", of("page.system.resolved"), None);
        }
    }
    for waiver in &life.waivers {
        let args = [
            ("by", waiver.by.as_str().into()),
            ("until", waiver.until.into()),
            ("reason", waiver.reason.as_str().into()),
        ];
        add(waiver.created_at, "finding", words.say("page.system.waived", &args), None);
        if let Some(end) = &waiver.ended {
            let args = [("by", end.by.as_str().into())];
            add(end.at, "finding", words.say("page.system.unwaived", &args), None);
        }
    }
    for answer in answers {
        let said = format!("report.answer.{}", answer.kind.as_str());
        let said = words.say(&said, &[("value", answer.value.clone().into())]);
        let args = [
            ("person", answer.person_name.as_str().into()),
            ("answer", said.into()),
            ("comment", answer.comment.clone().into()),
        ];
        add(answer.answered_at, "answer", words.say("page.system.answered", &args), None);
    }
    for mail in &life.mails {
        let args = [("subject", mail.subject.as_str().into()), ("to", mail.to.clone().into())];
        let at = mail.sent_at.unwrap_or(mail.created_at);
        let url = Some(format!("/outbox/{}", mail.id));
        add(at, "mail", words.say("page.system.mailed", &args), url);
    }
    line.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    line
}
