//! Tables for a spreadsheet, with no cell that it would run (`docs/reliability.md`, R20):
//! as CSV, and what the sheets of all workbooks have in common.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet, XlsxError};

/// The media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A table as CSV: semicolons and a byte order mark, so that Danish Excel opens it.
///
/// # Errors
/// Only when a row has another number of cells than there are headings.
pub fn csv<H: AsRef<[u8]>>(
    headings: impl IntoIterator<Item = H>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(headings)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| defused(cell)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The sheet's first row: headings with the widths of their columns, which stay in sight.
///
/// # Errors
/// When there are more columns than Excel has.
pub fn head(
    sheet: &mut Worksheet,
    columns: impl IntoIterator<Item = (String, f64)>,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (at, (heading, width)) in (0..).zip(columns) {
        sheet.write_string_with_format(0, at, heading, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(())
}

/// Lets a reader choose among so many rows below the first.
///
/// # Errors
/// When there are more of either than Excel has.
pub fn filter(sheet: &mut Worksheet, rows: usize, columns: usize) -> Result<(), XlsxError> {
    let last_row = u32::try_from(rows).unwrap_or(u32::MAX);
    let last_column = u16::try_from(columns.saturating_sub(1)).unwrap_or_default();
    sheet.autofilter(0, 0, last_row, last_column)?;
    Ok(())
}

/// The day as a cell has it: Excel knows none before 1900.
///
/// # Errors
/// Never, for a day that chrono has.
pub fn day(day: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(day.year()).unwrap_or_default().clamp(1900, 9999);
    let part = |part: u32| u8::try_from(part).unwrap_or(1);
    ExcelDateTime::from_ymd(year, part(day.month()), part(day.day()))
}

/// A cell that a spreadsheet would run as a formula begins with an apostrophe.
fn defused(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused() {
        for cell in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(defused(cell), format!("'{cell}"));
        }
        for cell in ["", "1+1", "Økonomi", " =1"] {
            assert_eq!(defused(cell), cell);
        }
    }
}
