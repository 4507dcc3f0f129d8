//! What was sent to people: letters, reminders, notices, escalations.

use chrono::NaiveDate;
use serde::Serialize;

use super::scope::Scope;
use crate::model::{MailKind, OutboxMail};
use crate::query::error::Error;
use crate::store::{TellingMail, mails_to_people};

/// One mail that went out, or in a trial was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceMail {
    pub id: i64,
    pub date: NaiveDate,
    pub kind: MailKind,
    pub to: String,
    pub subject: String,
    /// Of an escalation: to those who were asked before, not to the leader.
    pub is_copy: bool,
    /// The findings that it names.
    pub findings: Vec<i64>,
}

/// The oldest first. Of a unit: those that name a finding of it.
pub(super) fn mails(scope: &Scope<'_>) -> Result<Vec<EvidenceMail>, Error> {
    let moment = scope.moment();
    let sent =
        mails_to_people(moment.connection, moment.config.mail.mode, scope.start..=scope.end())?;
    let mut lines = Vec::new();
    for TellingMail { mail, is_copy, findings: named } in sent {
        if !scope.is_whole() && !named.iter().any(|(_, usage)| scope.covers(*usage)) {
            continue;
        }
        let Some(sent_at) = mail.sent_at else { continue };
        lines.push(EvidenceMail {
            id: mail.id,
            date: scope.day(sent_at),
            kind: mail.kind,
            to: to(scope, &mail),
            subject: mail.subject,
            is_copy,
            findings: named.into_iter().map(|(finding, _)| finding).collect(),
        });
    }
    Ok(lines)
}

/// The reader's name, or the address if the name is unknown.
fn to(scope: &Scope<'_>, mail: &OutboxMail) -> String {
    let person = mail.person.and_then(|person| scope.view.names.people.get(&person));
    person.cloned().unwrap_or_else(|| mail.to.join(", "))
}
