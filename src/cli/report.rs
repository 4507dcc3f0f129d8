//! `report`: ownership evidence for an audit period, as a page, a workbook or JSON.

use std::path::PathBuf;

use chrono::NaiveDate;
use serde::Serialize;

use super::exit::Exit;
use super::output::{Output, UsageError, save};
use super::values::day;
use crate::jobs::Context;
use crate::query::{self, EvidenceQuery};
use crate::report::{self, Report, html, workbook};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first day; a year before the last one without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<NaiveDate>,
    /// The last day; today without it.
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<NaiveDate>,
    /// Only the systems of this unit and of those below it: its name or uuid.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Where to: .html to read and print, .xlsx to sort and check.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    file: PathBuf,
    from: NaiveDate,
    to: NaiveDate,
    sha256: String,
}

pub async fn run(context: Context, args: Args, output: &Output) -> anyhow::Result<Exit> {
    let Args { from, to, unit, output: file } = args;
    let ending = file.as_ref().and_then(|file| file.extension()).map(|e| e.to_ascii_lowercase());
    let write: fn(&Report) -> Result<Vec<u8>, report::Error> = match (&file, &ending) {
        (None, _) if output.is_json() => |_| Ok(Vec::new()),
        (None, _) => return Err(UsageError(NO_FILE.to_owned()).into()),
        (_, Some(ending)) if ending == "html" => |report| Ok(html(report)?.into_bytes()),
        (_, Some(ending)) if ending == "xlsx" => workbook,
        (Some(file), _) => {
            return Err(UsageError(format!("{}: {ENDINGS}", file.display())).into());
        }
    };
    let language = context.config.mail.language;
    let query = EvidenceQuery { from, to, unit };
    let data = context.ask_in(language, move |moment| query::evidence(moment, &query)).await?;
    let made_at = context.now().with_timezone(&context.config.schedule.time_zone);
    let report = Report::of(data, made_at, language)?;
    let Some(file) = file else {
        output.one(&report, "")?;
        return Ok(Exit::Done);
    };
    save(&file, &write(&report)?)?;
    let period = report.data.period;
    let cut = period.asked_from.map_or_else(String::new, |asked| {
        format!(" (asked for from {asked}; nothing is known of the time before {})", period.from)
    });
    let text = format!(
        "{}: {} to {}{cut}, SHA-256 of the data {}",
        file.display(),
        period.from,
        period.to,
        report.sha256
    );
    let written = Written { file, from: period.from, to: period.to, sha256: report.sha256 };
    output.one(&written, &text)?;
    Ok(Exit::Done)
}

const NO_FILE: &str = "say where the report is to go: --output FILE.html or FILE.xlsx, or \
     --format json for its data on stdout";
const ENDINGS: &str = "a report is .html (to read and print, or to save as PDF from a browser) or \
     .xlsx. Give --output such a name";
