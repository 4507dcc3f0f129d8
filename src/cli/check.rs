//! `check`: everything that can be wrong, each with its verdict and the way out.

use std::io::IsTerminal;

use serde::Serialize;

use super::Exit;
use super::output::{Output, plain};
use super::remind::{AHEAD, RunAhead, ahead};
use crate::core::roles::{RecordedRoles, match_roles, nearest_role};
use crate::jobs::{self, Context};
use crate::kitos::{Client, Probe};
use crate::mail::check_templates;
use crate::model::{MailMode, Snapshot};
use crate::smtp::Session;
use crate::store::{self, Access};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    /// Works, and is worth knowing.
    Note,
    Fault,
}

/// One thing that was tested.
#[derive(Debug, Clone, Serialize)]
struct Line {
    what: &'static str,
    verdict: Verdict,
    detail: String,
}

fn line(what: &'static str, verdict: Verdict, detail: impl Into<String>) -> Line {
    Line { what, verdict, detail: detail.into() }
}

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let mut lines = vec![line("configuration", Verdict::Ok, "read, and every value is valid")];
    lines.extend(kitos(&context).await);
    lines.push(mail_server(&context).await);
    lines.push(database(&context).await);
    lines.extend(templates(&context));
    lines.extend(next_week(&context).await);
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text: Vec<String> = lines.iter().map(|line| words(line, colour)).collect();
    output.one(&lines, &text.join("\n"))?;
    let faulty = lines.iter().any(|line| line.verdict == Verdict::Fault);
    Ok(if faulty { Exit::Found } else { Exit::Done })
}

fn words(line: &Line, colour: bool) -> String {
    let (name, code) = match line.verdict {
        Verdict::Ok => ("ok", 32),
        Verdict::Note => ("note", 33),
        Verdict::Fault => ("FAULT", 31),
    };
    let verdict = format!("{name:<5}");
    let verdict = if colour { format!("\u{1b}[{code}m{verdict}\u{1b}[0m") } else { verdict };
    format!("{verdict}  {:<14} {}", line.what, plain(&line.detail))
}

async fn kitos(context: &Context) -> Vec<Line> {
    let settings = &context.config.kitos;
    let password = match settings.password.read(&context.environment) {
        Ok(Some(password)) => password,
        Ok(None) => {
            return vec![line("password", Verdict::Fault, jobs::Error::NoPassword.to_string())];
        }
        Err(error) => return vec![line("password", Verdict::Fault, error.to_string())],
    };
    let mut lines = vec![line("password", Verdict::Ok, "found")];
    let probe = match Client::new(settings, password, context.pace) {
        Ok(client) => client.probe().await,
        Err(error) => Err(error),
    };
    match probe {
        Err(error) => lines.push(line("kitos", Verdict::Fault, error.to_string())),
        Ok(probe) => {
            // Without a database there is no pause to end.
            if context.store.path().exists()
                && let Err(error) = jobs::login_accepted(context).await
            {
                lines.push(line("database", Verdict::Fault, error.to_string()));
            }
            let cvr = probe.organization.cvr.as_deref().unwrap_or("none");
            lines.push(line(
                "kitos",
                Verdict::Ok,
                format!("logged in; {} (CVR {cvr}), member", probe.organization.name),
            ));
            lines.push(match probe.clock_skew {
                None => line("clock", Verdict::Ok, "agrees with KITOS's"),
                Some(skew) => line(
                    "clock",
                    Verdict::Note,
                    format!(
                        "KITOS's clock is {} s ahead of this machine's; check time synchronisation (timedatectl)",
                        skew.num_seconds()
                    ),
                ),
            });
            lines.push(owner_roles(context, &probe));
        }
    }
    lines
}

fn owner_roles(context: &Context, probe: &Probe) -> Line {
    let mut snapshot = Snapshot::empty(probe.organization.clone());
    snapshot.role_types = probe.role_types.iter().map(|role| (role.uuid, role.clone())).collect();
    let names = &context.config.policy.owner_roles;
    let matched = match_roles(names, &RecordedRoles::new(), &snapshot);
    let hints: Vec<String> = matched
        .unmatched
        .iter()
        .map(|name| match nearest_role(name, &snapshot) {
            Some(near) => format!("KITOS has no role type \"{name}\"; the nearest is \"{near}\""),
            None => format!("KITOS has no role type \"{name}\""),
        })
        .collect();
    match (matched.roles.is_empty(), hints.is_empty()) {
        (true, _) => line(
            "owner roles",
            Verdict::Fault,
            format!("{}. Mend policy.owner_roles", hints.join("; ")),
        ),
        (false, true) => line("owner roles", Verdict::Ok, names.join(", ")),
        (false, false) => line("owner roles", Verdict::Note, hints.join("; ")),
    }
}

/// Connects, secures and logs in; sends nothing.
async fn mail_server(context: &Context) -> Line {
    let mail = &context.config.mail;
    let password = match mail.smtp.username {
        Some(_) => match mail.smtp.password.read(&context.environment) {
            Ok(password) => password,
            Err(error) => return line("mail server", Verdict::Fault, error.to_string()),
        },
        None => None,
    };
    let (settings, options) = (mail.smtp.clone(), context.smtp.clone());
    let tried = tokio::task::spawn_blocking(move || {
        Session::open(&settings, password, &options).map(Session::quit)
    })
    .await;
    let address = format!("{}:{}", mail.smtp.host, mail.smtp.port);
    match (tried, mail.mode) {
        (Ok(Ok(())), MailMode::Preview) => line(
            "mail server",
            Verdict::Ok,
            format!("{address} answers; mail.mode is preview, so nothing is sent"),
        ),
        (Ok(Ok(())), _) => line("mail server", Verdict::Ok, format!("{address} answers")),
        (Ok(Err(error)), MailMode::Preview) => line(
            "mail server",
            Verdict::Note,
            format!("{error} (mail.mode is preview, so nothing is sent yet)"),
        ),
        (Ok(Err(error)), _) => line("mail server", Verdict::Fault, error.to_string()),
        (Err(error), _) => line("mail server", Verdict::Fault, error.to_string()),
    }
}

/// The municipality's own templates, if it has any. A broken one stops no mail.
fn templates(context: &Context) -> Option<Line> {
    let folder = context.config.mail.templates.as_ref()?;
    let faults = check_templates(&context.config.mail);
    Some(match faults.is_empty() {
        true => line("templates", Verdict::Ok, format!("{} holds no fault", folder.display())),
        false => line(
            "templates",
            Verdict::Fault,
            format!("{}; meanwhile the built-in ones are used", faults.join("; ")),
        ),
    })
}

/// What goes out in the days to come, said before `mail.mode` becomes `send`.
async fn next_week(context: &Context) -> Option<Line> {
    let (now, config) = (context.now(), context.config.clone());
    let zone = config.schedule.time_zone;
    let outlook = context
        .store
        .run(Access::Existing, move |connection| {
            jobs::outlook(connection, &config, now, MailMode::Send, AHEAD)
        })
        .await
        .ok()?;
    let runs: Vec<RunAhead> = outlook.iter().map(RunAhead::from).collect();
    let text = match context.config.mail.mode {
        MailMode::Send => ahead(&runs, zone),
        mode => format!(
            "mail.mode is {}. If it were send: {}",
            mode.as_str(),
            ahead(&runs, zone).replacen("In the next", "in the next", 1)
        ),
    };
    Some(line("next week", Verdict::Ok, text))
}

async fn database(context: &Context) -> Line {
    let path = context.store.path().to_owned();
    let shown = path.display().to_string();
    let checked = context
        .store
        .run(Access::Existing, move |connection| store::check_integrity(connection, &path))
        .await;
    match checked {
        Ok(()) => {
            line("database", Verdict::Ok, format!("{shown}, schema {}", store::SCHEMA_VERSION))
        }
        Err(store::Error::Missing(_)) => line(
            "database",
            Verdict::Note,
            format!("{shown} is made by the first `kitos-sync sync`"),
        ),
        Err(error) => line("database", Verdict::Fault, error.to_string()),
    }
}
