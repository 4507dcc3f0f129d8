//! The findings as CSV and as a workbook. Text is written as text: nothing that comes
//! from KITOS is ever a formula or a link (`docs/reliability.md`, R20).

use chrono::NaiveDate;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::findings::rows;
use crate::query::{Finding, Moment};
use crate::text::words::{Words, words};
use crate::text::{clean, spreadsheet};
use crate::time::civil;
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
    let texts = |finding| cells(finding, moment, words).map(Cell::text).into();
    let cells = rows.iter().map(texts);
    let body = spreadsheet::csv(headings(words), cells).map_err(|_| Refused::Fault)?;
    Ok(file("text/csv; charset=utf-8", body, &name(asked, moment, "csv")))
}

pub fn findings_xlsx(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let words = words(moment.language);
    let rows = rows(asked, moment)?;
    let cells: Vec<_> = rows.iter().map(|row| cells(row, moment, words)).collect();
    let body = workbook(words, &cells).map_err(|error| {
        tracing::error!(%error, "the workbook cannot be made");
        Refused::Fault
    })?;
    Ok(file(spreadsheet::XLSX, body, &name(asked, moment, "xlsx")))
}

fn file(content_type: &'static str, body: Vec<u8>, name: &str) -> Shown {
    Shown::File(File { content_type, body, save_as: Some(name.to_owned()), ..File::default() })
}

/// By the day that the rows are of: the one that was asked for, else today.
fn name(asked: &Asked, moment: &Moment<'_>, ending: &str) -> String {
    let on = asked.get("on").and_then(civil::day).unwrap_or_else(|| moment.today());
    format!("kitos-{on}.{ending}")
}

/// What stands in a cell.
enum Cell {
    Text(String),
    Day(NaiveDate),
    Blank,
}

impl Cell {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Day(day) => day.to_string(),
            Self::Blank => String::new(),
        }
    }
}

fn headings(words: &Words) -> Vec<String> {
    let heading = |(key, _): (&str, f64)| words.text(&format!("workbook.column.{key}")).to_owned();
    COLUMNS.map(heading).into()
}

/// One row, in the order of [`COLUMNS`].
fn cells(finding: &Finding, moment: &Moment<'_>, words: &Words) -> [Cell; COLUMNS.len()] {
    let text = |text: &str| Cell::Text(clean::text(text, LONGEST));
    let day = |day: Option<NaiveDate>| day.map_or(Cell::Blank, Cell::Day);
    let owners: Vec<&str> = finding.owners.iter().map(|owner| owner.name.as_str()).collect();
    [
        text(&finding.system_name),
        text(&finding.subject),
        text(&finding.detail.replace('\n', " ")),
        text(words.text(&format!("severity.{}", finding.severity.as_str()))),
        text(finding.unit.as_deref().unwrap_or_default()),
        text(&owners.join(", ")),
        Cell::Day(moment.day(finding.opened_at)),
        text(words.text(&format!("page.finding-state.{}", finding.state.as_str()))),
        day(finding.resolved_at.map(|at| moment.day(at))),
        day(finding.waived_until),
        text(&finding.kitos_url),
    ]
}

fn workbook(words: &Words, rows: &[[Cell; COLUMNS.len()]]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(words.text("workbook.findings"))?;
    let widths = COLUMNS.map(|(_, width)| width);
    spreadsheet::head(sheet, headings(words).into_iter().zip(widths))?;
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => sheet.write_string(row, column, text)?,
                Cell::Day(on) => {
                    let on = spreadsheet::day(*on)?;
                    sheet.write_datetime_with_format(row, column, on, &date)?
                }
                Cell::Blank => sheet,
            };
        }
    }
    spreadsheet::filter(sheet, rows.len(), COLUMNS.len())?;
    workbook.save_to_buffer()
}
