//! The mail server: connects, secures, logs in, and sends nothing.

use super::line::{Line, Verdict, fault, note, ok};
use crate::config::SmtpSecurity;
use crate::jobs::Context;
use crate::model::MailMode;
use crate::query;
use crate::smtp::{ServerError, Session};

const REACHED: &str = "mail server";
const TLS: &str = "mail tls";
const LOGIN: &str = "mail login";

pub async fn check(context: &Context) -> Vec<Line> {
    let mail = &context.config.mail;
    let password = match mail.smtp.username {
        Some(_) => match mail.smtp.password().read(&context.environment) {
            Ok(password) => password,
            Err(error) => return vec![softened(mail.mode, fault(LOGIN, error.to_string()))],
        },
        None => None,
    };
    let (settings, options) = (mail.smtp.clone(), context.smtp.clone());
    let tried = tokio::task::spawn_blocking(move || {
        Session::open(&settings, password, &options).map(Session::quit)
    })
    .await;
    let reached = ok(REACHED, format!("{}:{} answers", mail.smtp.host, mail.smtp.port()));
    let tls = match mail.smtp.security {
        SmtpSecurity::None => note(TLS, "clear text, to this machine itself"),
        _ => ok(TLS, "the certificate is trusted"),
    };
    let login = match &mail.smtp.username {
        Some(user) => ok(LOGIN, format!("as {user}")),
        None => ok(LOGIN, "none is configured"),
    };
    let mut lines = match tried {
        Ok(Ok(())) => vec![reached, tls, login],
        Ok(Err(error)) => until(reached, tls, &error),
        Err(error) => vec![fault(REACHED, error.to_string())],
    };
    if let Some(last) = lines.pop() {
        lines.push(softened(mail.mode, last));
    }
    lines.push(match mail.mode {
        MailMode::Preview => note(
            "mail mode",
            format!(
                "preview: nothing is sent; mails are files in {}",
                context.config.preview_dir().display()
            ),
        ),
        MailMode::Redirect => note(
            "mail mode",
            format!("redirect: everything goes to {}", mail.redirect_to.as_deref().unwrap_or("?")),
        ),
        MailMode::Send => {
            ok("mail mode", format!("send, to {} only", mail.allowed_domains.join(", ")))
        }
    });
    lines
}

/// The steps that went well, and the one that did not.
fn until(reached: Line, tls: Line, error: &ServerError) -> Vec<Line> {
    let words = error.to_string();
    match error {
        ServerError::Tls { .. } | ServerError::NoStartTls { .. } => {
            vec![reached, fault(TLS, words)]
        }
        ServerError::NoPassword { .. }
        | ServerError::Secret(_)
        | ServerError::NoLoginOffered { .. }
        | ServerError::Login { .. } => vec![reached, tls, fault(LOGIN, words)],
        _ => vec![fault(REACHED, words)],
    }
}

/// While nothing is sent, a wrong mail server is no fault, only a note.
fn softened(mode: MailMode, line: Line) -> Line {
    if mode == MailMode::Preview && line.verdict == Verdict::Fault {
        return note(
            line.what,
            format!("{} (mail.mode is preview, so nothing is sent yet)", line.detail),
        );
    }
    line
}

/// Whether the configuration would send anyone more than people read.
pub async fn pace(context: &Context) -> Option<Line> {
    /// Four reminders by the fastest pace, and the weeks after.
    const DAYS: u32 = 56;
    let asked = context.ask(|moment| query::forecast(moment, DAYS)).await;
    Some(note("pace", query::crowded_in_words(asked.ok()?.crowded)?))
}

/// What goes out in the days to come, said before `mail.mode` becomes `send`.
pub async fn next_week(context: &Context) -> Option<Line> {
    let asked = context.ask(|moment| query::next_week(moment, MailMode::Send)).await;
    let ahead = query::ahead_in_words(&asked.ok()?, context.config.schedule.time_zone);
    let text = match context.config.mail.mode {
        MailMode::Send => ahead,
        mode => format!(
            "mail.mode is {}. If it were send: {}",
            mode.as_str(),
            ahead.replacen("In the next", "in the next", 1)
        ),
    };
    Some(ok("next week", text))
}
