//! The findings as CSV and as a workbook. Text is written as text: nothing that comes
//! from KITOS is ever a formula or a link (`docs/reliability.md`, R20).

use rust_xlsxwriter::{Workbook, XlsxError};

use super::findings::rows;
use crate::query::{Finding, Moment};
use crate::text::words::{Words, words};
use crate::text::{clean, spreadsheet};
use crate::web::asked::Asked;
use crate::web::refused::Refused;
use crate::web::shown::{File, Shown};

/// What a reader wants of a cell.
const LONGEST: usize = 1_000;

/// The columns: the key of each heading, and its width.
const COLUMNS: [(&str, f64); 11] = [
    ("system", 32.0),
    ("rule", 32.0),
    ("detail", 60.0),
    ("severity", 12.0),
    ("unit", 24.0),
    ("owners", 32.0),
    ("opened", 12.0),
    ("state", 12.0),
    ("resolved", 12.0),
    ("waived", 14.0),
    ("link", 60.0),
];

pub fn findings_csv(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let words = words(moment.language);
    let rows = rows(asked, moment)?;
    let cells = rows.iter().map(|finding| cells(finding, moment, words));
    let body = spreadsheet::csv(headings(words), cells).map_err(|_| Refused::Fault)?;
    Ok(file("text/csv; charset=utf-8", body, moment, "csv"))
}

pub fn findings_xlsx(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let words = words(moment.language);
    let rows = rows(asked, moment)?.iter().map(|row| cells(row, moment, words)).collect();
    let body = workbook(words, rows).map_err(|error| {
        tracing::error!(%error, "the workbook cannot be made");
        Refused::Fault
    })?;
    Ok(file(spreadsheet::XLSX, body, moment, "xlsx"))
}

fn file(content_type: &'static str, body: Vec<u8>, moment: &Moment<'_>, ending: &str) -> Shown {
    let save_as = Some(format!("kitos-{}.{ending}", moment.today()));
    Shown::File(File { content_type, body, save_as, ..File::default() })
}

fn headings(words: &Words) -> Vec<String> {
    let heading = |(key, _): (&str, f64)| words.text(&format!("workbook.column.{key}")).to_owned();
    COLUMNS.map(heading).into()
}

/// One row, in the order of [`COLUMNS`].
fn cells(finding: &Finding, moment: &Moment<'_>, words: &Words) -> Vec<String> {
    let day = |at| moment.day(at).to_string();
    let owners: Vec<&str> = finding.owners.iter().map(|owner| owner.name.as_str()).collect();
    let cells = [
        finding.system_name.clone(),
        finding.subject.clone(),
        finding.detail.replace('\n', " "),
        words.text(&format!("severity.{}", finding.severity.as_str())).to_owned(),
        finding.unit.clone().unwrap_or_default(),
        owners.join(", "),
        day(finding.opened_at),
        words.text(&format!("page.finding-state.{}", finding.state.as_str())).to_owned(),
        finding.resolved_at.map(day).unwrap_or_default(),
        finding.waived_until.map(|until| until.to_string()).unwrap_or_default(),
        finding.kitos_url.clone(),
    ];
    cells.map(|cell| clean::text(&cell, LONGEST)).into()
}

fn workbook(words: &Words, rows: Vec<Vec<String>>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(words.text("workbook.findings"))?;
    let widths = COLUMNS.map(|(_, width)| width);
    spreadsheet::head(sheet, headings(words).into_iter().zip(widths))?;
    for (row, cells) in (1..).zip(&rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell)?;
        }
    }
    spreadsheet::filter(sheet, rows.len(), COLUMNS.len())?;
    workbook.save_to_buffer()
}
