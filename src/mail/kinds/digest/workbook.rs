//! The digest's attachment: every open finding, and the administrations, as sheets to
//! be sorted and passed on. Text is written as text cells: nothing that comes from
//! KITOS is ever a formula or a link (docs/reliability.md, R20).

use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use super::names::Names;
use super::todo::{self, Place};
use crate::model::FindingLine;
use crate::notify::digest::data::{Administration, Digest};
use crate::text::clean;
use crate::text::spreadsheet::{day, filter, head};
use crate::text::words::Words;

/// What Excel keeps in a cell is more; what a reader wants is less.
const LONGEST: usize = 1_000;

/// A column: the key of its heading, and its width.
type Column = (&'static str, f64);

const FINDINGS: [Column; 12] = [
    ("system", 32.0),
    ("rule", 32.0),
    ("detail", 60.0),
    ("severity", 12.0),
    ("administration", 24.0),
    ("unit", 24.0),
    ("opened", 12.0),
    ("days", 8.0),
    ("reminders", 12.0),
    ("escalated", 14.0),
    ("suggestions", 40.0),
    ("link", 60.0),
];

const ADMINISTRATIONS: [Column; 6] = [
    ("administration", 32.0),
    ("systems", 12.0),
    ("without", 18.0),
    ("open", 14.0),
    ("change", 14.0),
    ("overdue", 18.0),
];

/// The workbook's bytes: always the same for the same digest.
pub(super) fn workbook(digest: &Digest, words: &Words) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = DocProperties::new().set_creation_datetime(&day(digest.date)?);
    workbook.set_properties(&made);
    let date = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = add(&mut workbook, words, "findings", &FINDINGS)?;
    for (row, line) in (1..).zip(&digest.lines) {
        write_finding(sheet, row, line, words, &date)?;
    }
    filter(sheet, digest.lines.len(), FINDINGS.len())?;
    let sheet = add(&mut workbook, words, "administrations", &ADMINISTRATIONS)?;
    for (row, line) in (1..).zip(&digest.administrations) {
        write_administration(sheet, row, line, words)?;
    }
    filter(sheet, digest.administrations.len(), ADMINISTRATIONS.len())?;
    if !digest.tasks.is_empty() {
        let sheet = add(&mut workbook, words, "tasks", &[("task", 120.0)])?;
        for (row, task) in (1..).zip(&digest.tasks) {
            let line = todo::line(task, words, &mut Names::new(words), Place::Mail);
            sheet.write_string(row, 0, clean::text(&line, LONGEST))?;
        }
    }
    workbook.save_to_buffer()
}

/// A sheet with its headings, which stay in sight.
fn add<'a>(
    workbook: &'a mut Workbook,
    words: &Words,
    name: &str,
    columns: &[Column],
) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(words.text(&format!("workbook.{name}")))?;
    let heading = |key: &str| words.text(&format!("workbook.column.{key}")).to_owned();
    head(sheet, columns.iter().map(|(key, width)| (heading(key), *width)))?;
    Ok(sheet)
}

fn write_finding(
    sheet: &mut Worksheet,
    row: u32,
    line: &FindingLine,
    words: &Words,
    date: &Format,
) -> Result<(), XlsxError> {
    let rule = words.text(&format!("rule.{}.name", line.rule.as_str())).to_owned();
    let severity = words.text(&format!("severity.{}", line.severity.as_str())).to_owned();
    let suggestions: Vec<String> =
        line.suggestions.iter().map(|s| format!("{} ({})", s.name, s.reason)).collect();
    let texts = [
        (0, line.system.as_str()),
        (1, &rule),
        (2, &line.details.join(" ")),
        (3, &severity),
        (4, line.administration.as_deref().unwrap_or_default()),
        (5, line.unit.as_deref().unwrap_or_default()),
        (10, &suggestions.join("; ")),
        (11, &line.url),
    ];
    for (column, text) in texts {
        sheet.write_string(row, column, clean::text(text, LONGEST))?;
    }
    sheet.write_datetime_with_format(row, 6, day(line.opened)?, date)?;
    sheet.write_number(row, 7, line.age_days as f64)?;
    sheet.write_number(row, 8, line.reminders)?;
    if let Some(escalated) = line.escalated {
        sheet.write_datetime_with_format(row, 9, day(escalated)?, date)?;
    }
    Ok(())
}

fn write_administration(
    sheet: &mut Worksheet,
    row: u32,
    line: &Administration,
    words: &Words,
) -> Result<(), XlsxError> {
    let name = line.name.as_deref().unwrap_or(words.text("mail.digest.table.no-unit"));
    sheet.write_string(row, 0, clean::text(name, LONGEST))?;
    let figures = [
        f64::from(line.systems),
        f64::from(line.without_owner),
        f64::from(line.open),
        line.change as f64,
        f64::from(line.overdue),
    ];
    for (column, figure) in (1..).zip(figures) {
        sheet.write_number(row, column, figure)?;
    }
    Ok(())
}
