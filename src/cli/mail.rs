//! `mail`: the outbox, previews, and a test mail.

use std::path::Path;

use serde_json::json;

use super::args;
use super::exit::Exit;
use super::listings::show;
use super::output::{Output, UsageError, plain, save};
use super::table::{Listing, column, or_blank};
use crate::decisions::{self, Cancelled};
use crate::jobs::{self, Context, Preview};
use crate::model::{Language, MailKind, MailMode, MailState};
use crate::query::{self, Mail, Moment, Reach, html_of};

const MAILS: Listing<Mail> = Listing {
    none: "The outbox is empty.",
    columns: &[
        column("id", |mail, _| mail.id.to_string()),
        column("made", |mail, here| here.minute(mail.created_at)),
        column("kind", |mail, _| mail.kind.as_str().to_owned()),
        column("state", |mail, _| mail.state.as_str().to_owned()),
        column("to", |mail, _| mail.to.join(", ")),
        column("subject", |mail, _| mail.subject.clone()),
        column("tries", |mail, _| mail.attempts.to_string()),
        column("last error", |mail, _| or_blank(mail.last_error.as_ref())),
    ],
};

pub async fn run(context: Context, command: args::Mail, output: &Output) -> anyhow::Result<Exit> {
    match command {
        args::Mail::List { all } => {
            let reach = if all { Reach::All } else { Reach::Recent };
            let mails = move |moment: &Moment<'_>| query::mails(moment, reach);
            return show(&context, output, &MAILS, mails).await;
        }
        args::Mail::Show { mail } => {
            let mail = context.ask(move |moment| query::mail(moment, mail)).await?;
            output.one(&mail, &words(&mail))?;
        }
        args::Mail::Preview { kind, to } => preview(&context, kind, to.as_deref(), output).await?,
        args::Mail::Retry { mail, decision } => {
            let mail = decisions::retry_mail(&context, mail, decision.by()?).await?;
            let text = format!(
                "mail {} is due now: `kitos-sync deliver`, or the service within a minute, sends it",
                mail.id
            );
            output.one(&Mail::told(mail, Language::En), &text)?;
        }
        args::Mail::Cancel { mail, decision } => {
            let Cancelled { mail, may_arrive } =
                decisions::cancel_mail(&context, mail, decision.by()?).await?;
            let id = mail.id;
            let text = if may_arrive {
                format!(
                    "mail {id} is being handed to the mail server, or was when the program died: it \
                     may arrive all the same. It is cancelled and will not be tried again"
                )
            } else {
                format!("mail {id} is cancelled and will not go out")
            };
            output.one(&Mail::told(mail, Language::En), &text)?;
        }
        args::Mail::Test { address } => return test(context, &address, output).await,
    }
    Ok(Exit::Done)
}

fn words(mail: &Mail) -> String {
    let last_error =
        mail.last_error.as_deref().map(|error| format!("Last error: {}\n", plain(error)));
    format!(
        "mail {} ({}), {}\nTo: {}\nSubject: {}\nMessage-ID: {}\n{}\n{}",
        mail.id,
        mail.kind.as_str(),
        mail.state.as_str(),
        mail.to.join(", "),
        plain(&mail.subject),
        mail.message_id,
        last_error.unwrap_or_default(),
        mail.text.as_deref().unwrap_or("(its body is no longer kept)")
    )
}

async fn preview(
    context: &Context,
    kind: MailKind,
    to: Option<&Path>,
    output: &Output,
) -> anyhow::Result<()> {
    let ending = to.map(|path| path.extension().and_then(|ending| ending.to_str()));
    if ending.is_some_and(|ending| !matches!(ending, Some("eml" | "html"))) {
        let told = "--to writes .eml or .html, by the ending. Name such a file";
        return Err(UsageError(told.to_owned()).into());
    }
    let Some(Preview { mail, text }) = jobs::preview(context, kind).await? else {
        let words = match kind {
            MailKind::Notice => "No owner can be written to: nothing to preview.",
            _ => "No such mail is due in the next twelve weeks: nothing to preview.",
        };
        return output.one(&json!(null), words);
    };
    if let Some(path) = to {
        if path.extension().is_some_and(|ending| ending == "html") {
            save(path, html_of(&mail.mime).unwrap_or_default().as_bytes())?;
        } else {
            save(path, &mail.mime)?;
        }
    }
    let shown = json!({ "subject": mail.subject, "to": mail.to, "text": text, "file": to });
    let words = match to {
        Some(path) => format!("{} written", path.display()),
        None => format!("To: {}\nSubject: {}\n\n{text}", mail.to.join(", "), plain(&mail.subject)),
    };
    output.one(&shown, &words)
}

async fn test(context: Context, address: &str, output: &Output) -> anyhow::Result<Exit> {
    let mail = Mail::told(jobs::send_test(&context, address).await?, Language::En);
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
    output.one(&mail, &text)?;
    Ok(if taken { Exit::Done } else { Exit::Failed })
}
