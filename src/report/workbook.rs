//! The report as a workbook, a sheet for each table. Text is written as text cells:
//! nothing that comes from KITOS is ever a formula or a link (docs/reliability.md, R20).

use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, Table};
use super::error::Error;
use super::front::{figures, sentences, sources};
use super::seal::Report;
use super::tables::tables;
use crate::text::clean;
use crate::text::spreadsheet::{day, filter, head};
use crate::text::words::{Words, words};

/// What Excel keeps in a cell.
const LONGEST: usize = 30_000;

struct Formats {
    text: Format,
    day: Format,
    before: Format,
}

/// The workbook's bytes: the same report always gives the same.
///
/// # Errors
/// Only when the program is at fault.
pub fn workbook(report: &Report) -> Result<Vec<u8>, Error> {
    let words = words(report.language);
    let mut workbook = Workbook::new();
    let made = day(report.made_at.date_naive())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let formats = Formats {
        text: Format::new().set_text_wrap(),
        day: Format::new().set_num_format("yyyy-mm-dd"),
        before: Format::new().set_num_format(format!(
            "\"{}\"yyyy-mm-dd",
            words.say("report.before", &[("day", "".into())])
        )),
    };
    front(workbook.add_worksheet(), report, words, &formats)?;
    for table in tables(&report.data, &report.data.share, words) {
        add(workbook.add_worksheet(), table, words, &formats)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// What the printed report begins and ends with.
fn front(
    sheet: &mut Worksheet,
    report: &Report,
    words: &Words,
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_name(words.text("report.sheet.front"))?;
    sheet.set_column_width(0, 28.0)?;
    sheet.set_column_width(1, 100.0)?;
    let bold = Format::new().set_bold();
    sheet.write_string_with_format(0, 0, words.text("report.title"), &bold)?;
    let figures = figures(&report.data, words).into_iter().map(|f| (f.figure, f.says));
    let sentences = sentences(report, words).into_iter().map(|said| (String::new(), said));
    let lines = figures.chain(sentences).chain(sources(report, words));
    for (row, (name, value)) in (2..).zip(lines) {
        sheet.write_string(row, 0, clean::text(&name, LONGEST))?;
        sheet.write_string_with_format(row, 1, clean::text(&value, LONGEST), &formats.text)?;
    }
    Ok(())
}

fn add(
    sheet: &mut Worksheet,
    table: Table<'_>,
    words: &Words,
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.set_name(words.text(&format!("report.sheet.{}", table.key)))?;
    let columns = table.columns.iter().map(|column| {
        let heading = words.text(&format!("report.column.{}", column.key)).to_owned();
        (heading, f64::from(column.width))
    });
    head(sheet, columns)?;
    filter(sheet, table.rows.len(), table.columns.len())?;
    for (row, cells) in (1..).zip(table.rows) {
        for (at, cell) in (0..).zip(&cells) {
            write(sheet, (row, at), cell, formats)?;
        }
    }
    Ok(())
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Number(number) => sheet.write_number(row, column, *number as f64)?,
        Cell::Day(on) => sheet.write_datetime_with_format(row, column, day(*on)?, &formats.day)?,
        Cell::Before(on) => {
            sheet.write_datetime_with_format(row, column, day(*on)?, &formats.before)?
        }
        Cell::Blank => sheet,
    };
    Ok(())
}
