//! The digest's attachment: every open finding as a spreadsheet, to be sorted and
//! passed on. Text is written as text cells: nothing that comes from KITOS is
//! ever a formula or a link (`reliability.md` R20).

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::model::{Digest, FindingLine, Language};
use crate::text::clean;
use crate::text::words::words;

/// What Excel keeps in a cell is more; what a reader wants is less.
const LONGEST: usize = 1_000;

/// Headings in Danish and English, and the width of each column.
const COLUMNS: [(&str, &str, f64); 12] = [
    ("System", "System", 32.0),
    ("Hvad", "What", 32.0),
    ("Detaljer", "Details", 48.0),
    ("Alvor", "Severity", 10.0),
    ("Forvaltning", "Administration", 24.0),
    ("Enhed", "Unit", 24.0),
    ("Åben siden", "Open since", 12.0),
    ("Dage", "Days", 8.0),
    ("Påmindelser", "Reminders", 12.0),
    ("Sendt videre", "Escalated", 12.0),
    ("Forslag til systemejer", "Suggested owners", 40.0),
    ("Link til KITOS", "Link to KITOS", 60.0),
];

/// The workbook's bytes: always the same for the same digest.
pub(super) fn open_findings(digest: &Digest, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = DocProperties::new().set_creation_datetime(&excel(digest.date)?);
    workbook.set_properties(&made);
    let sheet = workbook.add_worksheet();
    sheet.set_name(match language {
        Language::Da => "Skal rettes",
        Language::En => "To put right",
    })?;
    let bold = Format::new().set_bold();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for (column, (danish, english, width)) in (0..).zip(COLUMNS) {
        let heading = match language {
            Language::Da => danish,
            Language::En => english,
        };
        sheet.write_string_with_format(0, column, heading, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    for (row, line) in (1..).zip(&digest.open) {
        write_line(sheet, row, line, language, &date)?;
    }
    let last = u32::try_from(digest.open.len()).unwrap_or(u32::MAX);
    sheet.autofilter(0, 0, last, 11)?;
    sheet.set_freeze_panes(1, 1)?;
    workbook.save_to_buffer()
}

fn write_line(
    sheet: &mut Worksheet,
    row: u32,
    line: &FindingLine,
    language: Language,
    date: &Format,
) -> Result<(), XlsxError> {
    let words = words(language);
    let what = format!("rule.{}.name", line.rule.as_str());
    let severity = format!("severity.{}", line.severity.as_str());
    let suggestions: Vec<String> =
        line.suggestions.iter().map(|s| format!("{} ({})", s.name, s.reason)).collect();
    let details = match (&line.last_owner, line.details.is_empty()) {
        (Some(last), true) => last.clone(),
        _ => line.details.join("; "),
    };
    let texts = [
        (0, line.system.as_str()),
        (1, words.text(&what)),
        (2, &details),
        (3, words.text(&severity)),
        (4, line.administration.as_deref().unwrap_or_default()),
        (5, line.unit.as_deref().unwrap_or_default()),
        (10, &suggestions.join("; ")),
        (11, &line.url),
    ];
    for (column, text) in texts {
        sheet.write_string(row, column, clean::text(text, LONGEST))?;
    }
    sheet.write_datetime_with_format(row, 6, excel(line.opened)?, date)?;
    sheet.write_number(row, 7, line.age_days as f64)?;
    sheet.write_number(row, 8, line.reminders)?;
    if let Some(escalated) = line.escalated {
        sheet.write_datetime_with_format(row, 9, excel(escalated)?, date)?;
    }
    Ok(())
}

/// Excel knows no day before 1900.
fn excel(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(day.year()).unwrap_or_default().clamp(1900, 9999);
    let part = |part: u32| u8::try_from(part).unwrap_or(1);
    ExcelDateTime::from_ymd(year, part(day.month()), part(day.day()))
}
