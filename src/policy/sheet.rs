//! A list as a spreadsheet saves it: UTF-8 with or without a byte order mark,
//! Windows-1252 or UTF-16; semicolons, commas or tabs; a `sep=` line; blank lines
//! before the header; headers in Danish or English. Line numbers are the file's own.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::text::names::tidy;

/// Lines that a quoted cell with line breaks may have; more means that a quotation mark was
/// never closed.
const LONGEST_CELL: usize = 10;

/// One column that is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in the documentation, and in messages.
    pub name: &'static str,
    /// What else its header may be called. Case, blanks, hyphens and underscores do
    /// not matter.
    pub also: &'static [&'static str],
}

/// Whose line it is, as every list says it.
pub const EMAIL: Column = Column { name: "email", also: &["mail", "e-mailadresse", "mailadresse"] };

/// A cell in a message: no longer than one that somebody wrote by hand.
pub fn shown(cell: &str) -> String {
    let start: String = cell.chars().take(60).collect();
    format!("\"{}\"", start.escape_debug())
}

/// One line below the header, with a cell for each column, tidied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counted from 1, as an editor shows it.
    pub line: usize,
    pub cells: Vec<String>,
}

/// A cell that cannot be read, or a line that says nothing without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    pub line: usize,
    pub why: String,
}

/// The header is not that of such a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "its first line is \"{found}\", and the columns {missing} are missing. Write the first line as: {wanted}"
)]
pub struct WrongHeader {
    pub found: String,
    pub missing: String,
    pub wanted: String,
}

/// Reads the lines below the header; blank ones are passed over.
///
/// # Errors
/// [`WrongHeader`] when one of `columns` is not there.
pub fn read(bytes: &[u8], columns: &[Column]) -> Result<Vec<Row>, WrongHeader> {
    let text = decode(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = text.split('\n').zip(1..).filter(|(line, _)| !is_blank(line)).peekable();
    let separator = lines.peek().and_then(|(line, _)| separator(line));
    if separator.is_some() {
        lines.next();
    }
    let header = lines.next().map_or("", |(line, _)| line);
    let positions = |delimiter: char| positions(header, delimiter, columns);
    // The separator is the character by which most of the columns are found.
    let delimiters = separator.into_iter().chain([';', '\t', ',']);
    let found = |delimiter: &char| positions(*delimiter).into_iter().flatten().count();
    // Of equals `max_by_key` takes the last, and the first is wanted.
    let delimiters: Vec<char> = delimiters.collect();
    let delimiter = delimiters.into_iter().rev().max_by_key(found).unwrap_or(';');
    let positions = positions(delimiter);
    if positions.iter().any(Option::is_none) {
        return Err(wrong_header(header, columns, &positions));
    }
    let positions: Vec<usize> = positions.into_iter().flatten().collect();
    let mut rows = Vec::new();
    while let Some((first, line)) = lines.next() {
        let mut whole = first.to_owned();
        if is_open(first) {
            let rest: Vec<&str> = lines.clone().take(LONGEST_CELL).map(|(text, _)| text).collect();
            for _ in 0..lines_of_cell(first, &rest) {
                whole.extend(lines.next().into_iter().flat_map(|(text, _)| ["\n", text]));
            }
        }
        let cells = split(&whole, delimiter);
        let cell = |at: &usize| cells.get(*at).map(|cell| tidy(cell)).unwrap_or_default();
        let cells: Vec<String> = positions.iter().map(cell).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(Row { line, cells });
        }
    }
    Ok(rows)
}

/// Whether a quotation mark is not closed in it.
fn is_open(text: &str) -> bool {
    text.matches('"').count() % 2 == 1
}

/// How many of the lines that follow belong to the quoted cell that `first` leaves open; 0 if
/// it is not closed soon.
fn lines_of_cell(first: &str, rest: &[&str]) -> usize {
    let mut open = is_open(first);
    let closes = rest.iter().position(|line| {
        open ^= is_open(line);
        !open
    });
    closes.map_or(0, |last| last + 1)
}

fn split(line: &str, delimiter: char) -> Vec<String> {
    // Nearly every line, and a reader is dear to make.
    if !line.contains('"') {
        return line.split(delimiter).map(str::to_owned).collect();
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b';'))
        .has_headers(false)
        .flexible(true)
        // A quotation mark that is never closed is an ordinary character.
        .quoting(!is_open(line))
        .from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok);
    record.map(|record| record.iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// Where each column stands.
fn positions(header: &str, delimiter: char, columns: &[Column]) -> Vec<Option<usize>> {
    let names: Vec<String> = split(header, delimiter).iter().map(|name| name_key(name)).collect();
    let position = |column: &Column| {
        let mut accepted = [column.name].into_iter().chain(column.also.iter().copied());
        accepted.find_map(|name| names.iter().position(|found| *found == name_key(name)))
    };
    columns.iter().map(position).collect()
}

/// "Leders e-mail", "leders_email" and "LEDERS EMAIL:" are one.
fn name_key(name: &str) -> String {
    tidy(name).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn wrong_header(header: &str, columns: &[Column], found: &[Option<usize>]) -> WrongHeader {
    let missing = columns.iter().zip(found).filter(|(_, found)| found.is_none());
    let missing: Vec<&str> = missing.map(|(column, _)| column.name).collect();
    let wanted: Vec<&str> = columns.iter().map(|column| column.name).collect();
    WrongHeader {
        found: header.chars().filter(|c| !c.is_control()).take(80).collect(),
        missing: missing.join(", "),
        wanted: wanted.join(";"),
    }
}

/// Nothing but blanks and what stands between cells.
fn is_blank(line: &str) -> bool {
    tidy(line).chars().all(|c| matches!(c, ';' | ',' | '"' | ' '))
}

/// What Excel's own first line says that stands between the cells.
fn separator(line: &str) -> Option<char> {
    let line = line.trim_matches(|c: char| c == '"' || c == ' ');
    let (word, rest) = line.split_once('=')?;
    let delimiter = rest.chars().next().filter(char::is_ascii)?;
    (word.trim().eq_ignore_ascii_case("sep") && rest.trim_end().chars().count() <= 1)
        .then_some(delimiter)
}

/// By its mark, or UTF-16 by the empty byte of each Latin letter; UTF-8 where it is
/// that, else Windows-1252, which every byte string is.
fn decode(bytes: &[u8]) -> String {
    let by_zeros = match bytes {
        [0, letter, ..] if *letter != 0 => Some(UTF_16BE),
        [letter, 0, ..] if *letter != 0 => Some(UTF_16LE),
        _ => None,
    };
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    match by_mark.or(by_zeros) {
        Some(encoding) => encoding.decode(bytes).0.into_owned(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252.decode(bytes).0.into_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
