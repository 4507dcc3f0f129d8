//! `waive` and `unwaive`: a person's exceptions from the policy.

use serde::Serialize;

use super::Exit;
use super::args::{Unwaive, Waive};
use super::output::{Output, UsageError, plain};
use crate::jobs::{self, Context, Error, Waived};
use crate::model::Waiver;
use crate::policy::waivers::Request;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct WaivedJson {
    #[serde(flatten)]
    waiver: Waiver,
    /// The waiver that this one took the place of.
    replaced: Option<Waiver>,
}

pub async fn waive(context: Context, command: Waive, output: &Output) -> anyhow::Result<Exit> {
    let request = Request { until: command.until, reason: command.reason, by: by(command.by) };
    let Waived { waiver, replaced } =
        jobs::waive(&context, command.finding, request).await.map_err(usage)?;
    let mut text = format!(
        "Finding {} is waived until the end of {}, by {}: {}\n",
        waiver.finding,
        waiver.until,
        plain(&waiver.by),
        plain(&waiver.reason)
    );
    if let Some(old) = &replaced {
        text.push_str(&format!(
            "It was waived until {} by {} ({}); that waiver is replaced, and stays on record.\n",
            old.until,
            plain(&old.by),
            plain(&old.reason)
        ));
    }
    output.one(&WaivedJson { waiver, replaced }, &text)?;
    Ok(Exit::Done)
}

pub async fn unwaive(context: Context, command: Unwaive, output: &Output) -> anyhow::Result<Exit> {
    let waiver = jobs::unwaive(&context, command.finding, by(command.by)).await.map_err(usage)?;
    let text = format!(
        "Finding {} is open again; it was waived until {} by {} ({}). That stays on record.",
        waiver.finding,
        waiver.until,
        plain(&waiver.by),
        plain(&waiver.reason)
    );
    output.one(&waiver, &text)?;
    Ok(Exit::Done)
}

/// Who decides: as given, else whoever sits at the keyboard. Nobody is refused
/// later, where the reason is too.
fn by(given: Option<String>) -> String {
    let variable = |name| std::env::var(name).ok().filter(|name| !name.trim().is_empty());
    given.or_else(|| variable("SUDO_USER")).or_else(|| variable("USER")).unwrap_or_default()
}

/// What cannot be waived is the caller's to mend.
fn usage(error: Error) -> anyhow::Error {
    match error {
        Error::Waiver(refusal) => UsageError(refusal.to_string()).into(),
        other => other.into(),
    }
}
