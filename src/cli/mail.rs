//! `mail`: the outbox, previews, and a test mail.

use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use mail_parser::MessageParser;
use serde::Serialize;

use super::args::{Mail, PreviewKind};
use super::output::{Output, Table, UsageError, plain};
use super::{Exit, read};
use crate::jobs::{self, Context};
use crate::model::{Letter, MailKind, MailMode, MailState, OutboxMail};
use crate::store::{
    self, MailFilter, cancel_mail, immediate, list_mails, mail_body, mail_by_id, retry_mail,
};

/// `contract.md`, "Mail".
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct MailJson {
    id: i64,
    key: String,
    kind: MailKind,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
    state: MailState,
    created_at: DateTime<Utc>,
    not_before: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    attempts: u32,
    last_error: Option<String>,
    message_id: String,
    /// Only in `mail show`.
    text: Option<String>,
}

impl From<OutboxMail> for MailJson {
    fn from(mail: OutboxMail) -> Self {
        Self {
            id: mail.id,
            key: mail.key,
            kind: mail.kind,
            to: mail.to,
            cc: mail.cc,
            subject: mail.subject,
            state: mail.state,
            created_at: mail.created_at,
            not_before: mail.not_before,
            sent_at: mail.sent_at,
            attempts: mail.attempts,
            last_error: mail.last_error,
            message_id: mail.message_id,
            text: None,
        }
    }
}

pub async fn run(context: Context, command: Mail, output: &Output) -> anyhow::Result<Exit> {
    match command {
        Mail::List { all } => list(context, all, output).await,
        Mail::Show { mail } => show(context, mail, output).await,
        Mail::Preview { kind, to } => preview(context, kind, to.as_deref(), output).await,
        Mail::Retry { mail } => decide(context, mail, Decision::Retry, output).await,
        Mail::Cancel { mail } => decide(context, mail, Decision::Cancel, output).await,
        Mail::Test { address } => test(context, &address, output).await,
    }
}

async fn list(context: Context, all: bool, output: &Output) -> anyhow::Result<Exit> {
    let since = (!all).then(|| context.now() - TimeDelta::days(30));
    let mails =
        read(&context, move |connection| Ok(list_mails(connection, &MailFilter { since })?))
            .await?;
    let mails: Vec<MailJson> = mails.into_iter().map(MailJson::from).collect();
    let table = Table {
        headings: vec!["id", "made", "kind", "state", "to", "subject", "tries", "last error"],
        rows: mails
            .iter()
            .map(|mail| {
                vec![
                    mail.id.to_string(),
                    mail.created_at.format("%Y-%m-%d %H:%M").to_string(),
                    mail.kind.as_str().to_owned(),
                    mail.state.as_str().to_owned(),
                    mail.to.join(", "),
                    mail.subject.clone(),
                    mail.attempts.to_string(),
                    mail.last_error.clone().unwrap_or_default(),
                ]
            })
            .collect(),
    };
    output.list(&mails, &table, "The outbox is empty.")?;
    Ok(Exit::Done)
}

async fn show(context: Context, id: i64, output: &Output) -> anyhow::Result<Exit> {
    let found = read(&context, move |connection| {
        Ok((mail_by_id(connection, id)?, mail_body(connection, id)?))
    })
    .await?;
    let (Some(mail), body) = found else {
        return Err(UsageError(format!(
            "there is no mail {id}. `kitos-sync mail list` lists them"
        ))
        .into());
    };
    let mut mail = MailJson::from(mail);
    mail.text = body.and_then(|mime| text_of(&mime));
    let text = format!(
        "mail {} ({}), {}\nTo: {}\nSubject: {}\nMessage-ID: {}\n{}\n{}",
        mail.id,
        mail.kind.as_str(),
        mail.state.as_str(),
        mail.to.join(", "),
        plain(&mail.subject),
        mail.message_id,
        mail.last_error
            .as_deref()
            .map_or(String::new(), |error| format!("Last error: {}\n", plain(error))),
        mail.text.as_deref().unwrap_or("(its body is no longer kept)")
    );
    output.one(&mail, &text)?;
    Ok(Exit::Done)
}

async fn preview(
    context: Context,
    kind: PreviewKind,
    to: Option<&Path>,
    output: &Output,
) -> anyhow::Result<Exit> {
    let (now, config) = (context.now(), context.config.clone());
    let found = read(&context, move |connection| {
        let (kind, letter) = match kind {
            PreviewKind::Digest => {
                let digest = jobs::preview_digest(connection, &config, now)?;
                (MailKind::Digest, Some((config.mail.it.clone(), Letter::Digest(Box::new(digest)))))
            }
            PreviewKind::Reminder => {
                let kind = MailKind::Reminder;
                (kind, jobs::preview_told(connection, &config, now, kind)?)
            }
            PreviewKind::Escalation => {
                let kind = MailKind::Escalation;
                (kind, jobs::preview_told(connection, &config, now, kind)?)
            }
            PreviewKind::Notice => {
                (MailKind::Notice, jobs::preview_notice(connection, &config, now)?)
            }
        };
        letter
            .map(|(to, letter)| jobs::compose(connection, &config, now, kind, &to, letter))
            .transpose()
    })
    .await?;
    let Some((mail, text)) = found else {
        let none = serde_json::Value::Null;
        let words = match kind {
            PreviewKind::Notice => "No owner can be written to: nothing to preview.",
            _ => "No such mail is due in the next twelve weeks: nothing to preview.",
        };
        output.one(&none, words)?;
        return Ok(Exit::Done);
    };
    if let Some(path) = to {
        let is_html = path.extension().is_some_and(|ending| ending == "html");
        let bytes =
            if is_html { html_of(&mail.mime).unwrap_or_default().into_bytes() } else { mail.mime };
        std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    let shown =
        serde_json::json!({ "subject": mail.subject, "to": mail.to, "text": text, "file": to });
    let words = match to {
        Some(path) => format!("{} written", path.display()),
        None => format!("To: {}\nSubject: {}\n\n{text}", mail.to.join(", "), plain(&mail.subject)),
    };
    output.one(&shown, &words)?;
    Ok(Exit::Done)
}

/// What a person decides about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Retry,
    Cancel,
}

/// A plain transaction: it works while the daemon runs.
async fn decide(
    context: Context,
    id: i64,
    decision: Decision,
    output: &Output,
) -> anyhow::Result<Exit> {
    let (now, mode) = (context.now(), context.config.mail.mode);
    let work = move |connection: &mut rusqlite::Connection| {
        let tx = immediate(connection)?;
        let Some(mail) = mail_by_id(&tx, id)? else { return Ok((None, None, false)) };
        let was = Some(mail.state);
        let done = match decision {
            Decision::Retry => mail.mode == mode && retry_mail(&tx, id, now)?,
            Decision::Cancel => cancel_mail(&tx, id, "cancelled by hand")?,
        };
        let mail = mail_by_id(&tx, id)?;
        tx.commit().map_err(store::Error::from)?;
        Ok::<_, store::Error>((mail, was, done))
    };
    let (mail, was, done) = context.store.run(store::Access::Existing, work).await?;
    let Some(mail) = mail else {
        let text = format!("there is no mail {id}. `kitos-sync mail list --all` lists them");
        return Err(UsageError(text).into());
    };
    let state = mail.state.as_str();
    let text = match (decision, done) {
        (Decision::Retry, true) => format!(
            "mail {id} is due now: `kitos-sync deliver`, or the service within a minute, sends it"
        ),
        (Decision::Cancel, true) if was == Some(MailState::Sending) => format!(
            "mail {id} is being handed to the mail server, or was when the program died: it may \
             arrive all the same. It is cancelled and will not be tried again"
        ),
        (Decision::Cancel, true) => format!("mail {id} is cancelled and will not go out"),
        (Decision::Retry, false) if mail.mode != mode => format!(
            "mail {id} was written for mail.mode {} and mail.mode is {}: it never goes out",
            mail.mode.as_str(),
            mode.as_str()
        ),
        (Decision::Retry, false) => format!(
            "mail {id} is {state}: only a mail that waits or is dead, and whose body is still \
             kept, can be tried again"
        ),
        (Decision::Cancel, false) => format!("mail {id} is {state}: there is nothing to cancel"),
    };
    if !done {
        return Err(UsageError(text).into());
    }
    output.one(&MailJson::from(mail), &text)?;
    Ok(Exit::Done)
}

async fn test(context: Context, address: &str, output: &Output) -> anyhow::Result<Exit> {
    let mail = jobs::send_test(&context, address).await?;
    let smtp = &context.config.mail.smtp;
    let text = match mail.state {
        MailState::Sent if context.config.mail.mode == MailMode::Redirect => format!(
            "{}:{} took the test mail; mail.mode is redirect, so it goes to mail.redirect_to",
            smtp.host,
            smtp.port()
        ),
        MailState::Sent => {
            format!("{}:{} took the test mail for {address}", smtp.host, smtp.port())
        }
        MailState::Previewed => format!(
            "mail.mode is preview: nothing was sent. The test mail lies in {}. Set mail.mode to \"redirect\" or \"send\" to send; `kitos-sync check` tries the mail server without sending",
            context.config.preview_dir().display()
        ),
        _ => format!(
            "the test mail was not taken: {}",
            mail.last_error.as_deref().unwrap_or("no reason given")
        ),
    };
    let taken = matches!(mail.state, MailState::Sent | MailState::Previewed);
    output.one(&MailJson::from(mail), &text)?;
    Ok(if taken { Exit::Done } else { Exit::Failed })
}

/// The text part of a finished mail.
fn text_of(mime: &[u8]) -> Option<String> {
    // On a terminal a carriage return is a control character like any other.
    Some(MessageParser::default().parse(mime)?.body_text(0)?.replace("\r\n", "\n"))
}

/// The HTML part of a finished mail.
fn html_of(mime: &[u8]) -> Option<String> {
    Some(MessageParser::default().parse(mime)?.body_html(0)?.into_owned())
}
