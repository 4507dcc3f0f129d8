//! The evidence for a period: what a director reads of it, and the whole as a document
//! and as a workbook, by the same data as the command line's.

use chrono::NaiveDate;
use serde::Serialize;

use crate::query::{self, EvidenceQuery, Moment};
use crate::report::{self, Report, Summary};
use crate::text::spreadsheet::XLSX;
use crate::time::civil;
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{File, Inside, Shown};
use crate::web::units::units;

#[derive(Serialize)]
pub struct ReportPage {
    from: NaiveDate,
    to: NaiveDate,
    today: NaiveDate,
    /// The uuid of the one that was chosen.
    unit: Option<String>,
    units: Vec<(String, String)>,
    summary: Summary,
    html: String,
    xlsx: String,
    /// What the files are saved as, without their endings.
    name: String,
}

pub fn report(asked: &Asked, moment: &Moment<'_>) -> Result<ReportPage, Refused> {
    let report = made(asked, moment)?;
    let period = report.data.period;
    let of = |ending: &str| {
        let file = Asked { path: format!("/report.{ending}"), ..asked.clone() };
        // Also a day of which nothing is known: the report says so.
        let from = period.asked_from.unwrap_or(period.from);
        file.with(&[("from", &from.to_string()), ("to", &period.to.to_string())])
    };
    Ok(ReportPage {
        from: period.from,
        to: period.to,
        today: moment.today(),
        unit: asked.get("unit").map(str::to_owned),
        units: units(moment)?,
        summary: report::summary(&report),
        html: of("html"),
        xlsx: of("xlsx"),
        name: name(&report),
    })
}

/// To read and to print; a link says whether it is saved.
pub fn report_html(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let html = report::html(&made(asked, moment)?).map_err(at_fault)?;
    Ok(Shown::File(File {
        content_type: "text/html; charset=utf-8",
        body: html.into_bytes(),
        inside: Inside::Document,
        ..File::default()
    }))
}

pub fn report_xlsx(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let report = made(asked, moment)?;
    Ok(Shown::File(File {
        content_type: XLSX,
        body: report::workbook(&report).map_err(at_fault)?,
        save_as: Some(format!("{}.xlsx", name(&report))),
        ..File::default()
    }))
}

fn made(asked: &Asked, moment: &Moment<'_>) -> Result<Report, Refused> {
    let day = |name| match asked.get(name) {
        None => Ok(None),
        Some(day) => civil::day(day).map(Some).ok_or(Refused::Malformed),
    };
    let unit = asked.get("unit").map(str::to_owned);
    let query = EvidenceQuery { from: day("from")?, to: day("to")?, unit };
    let data = query::evidence(moment, &query)?;
    let made_at = moment.now.with_timezone(&moment.config.schedule.time_zone);
    Report::of(data, made_at, moment.language).map_err(at_fault)
}

fn name(report: &Report) -> String {
    format!("kitos-{}-{}", report.data.period.from, report.data.period.to)
}

fn at_fault(error: report::Error) -> Refused {
    tracing::error!(%error, "the report cannot be made");
    Refused::Fault
}
