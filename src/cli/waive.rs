//! `waive` and `unwaive`: a person's exceptions from the policy.

use serde::Serialize;

use super::args::{Unwaive, Waive};
use super::exit::Exit;
use super::output::{Output, plain};
use crate::decisions::{self, Waived};
use crate::jobs::Context;
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
    let request =
        Request { until: command.until, reason: command.reason, by: command.decision.by()? };
    let Waived { waiver, replaced } = decisions::waive(&context, command.finding, request).await?;
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
    let waiver = decisions::unwaive(&context, command.finding, command.decision.by()?).await?;
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
