//! What a letter to people consists of: sentences in sections, systems with what is
//! said of each, and a table. The templates lay it out; they add no words.

use std::borrow::Cow;

use serde::Serialize;

use super::tidy::WIDTH;
use crate::text::clean;
use crate::text::words::{Arg, Args, Words};

/// A letter in words.
#[derive(Debug, Default, Serialize)]
pub(super) struct Body {
    pub subject: String,
    /// What a mailbox shows beside the subject.
    pub preheader: String,
    /// Before the sections.
    pub lead: Option<String>,
    pub sections: Vec<Section>,
}

/// One story.
#[derive(Debug, Default, Serialize)]
pub(super) struct Section {
    /// None in a letter that has one story only.
    pub heading: Option<String>,
    /// What it is about, and why the reader gets it …
    pub what: Option<String>,
    /// … what is asked, and by when.
    pub ask: Option<String>,
    /// The short way, and how long it takes.
    pub short: Option<String>,
    /// What holds for all of the systems alike.
    pub shared: Option<String>,
    pub systems: Vec<Part>,
    /// They stand beside others that are numbered.
    pub unnumbered: bool,
    pub table: Option<Table>,
    /// What leads in the points.
    pub intro: Option<String>,
    pub points: Vec<String>,
    pub after: Vec<String>,
}

/// What is said of one system.
#[derive(Debug, Default, Serialize)]
pub(super) struct Part {
    pub name: String,
    pub lines: Vec<String>,
    pub points: Vec<String>,
    pub links: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Link {
    /// The tab in KITOS.
    pub tab: String,
    pub label: String,
    pub url: String,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Table {
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
    /// The same as lines of text.
    pub columns: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub cells: Vec<String>,
    /// Where the first cell leads.
    pub url: Option<String>,
}

impl Table {
    pub fn new(headings: Vec<String>, rows: Vec<Row>) -> Self {
        let columns = in_columns(&headings, &rows);
        Self { headings, rows, columns }
    }

    /// All columns but the first are figures.
    pub fn of_figures(headings: Vec<String>, rows: Vec<Row>) -> Self {
        let columns = in_figures(&headings, &rows);
        Self { headings, rows, columns }
    }
}

/// Figures stand to the right, under headings of two lines.
fn in_figures(headings: &[String], rows: &[Row]) -> Vec<String> {
    let halves: Vec<(&str, &str)> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| match heading.split_once(' ') {
            _ if column == 0 => ("", ""),
            Some(halves) => halves,
            None => ("", heading.as_str()),
        })
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        let half = halves.get(column).map_or(0, |(a, b)| a.chars().count().max(b.chars().count()));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default().max(half)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let figures: usize = widths.iter().skip(1).map(|width| width + 2).sum();
    let first = widths.first().copied().unwrap_or_default().min(WIDTH.saturating_sub(figures));
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let name = clean::text(cells.next().unwrap_or_default(), first);
        let mut line = format!("{name}{}", " ".repeat(first - name.chars().count()));
        for (cell, width) in cells.zip(widths.iter().skip(1)) {
            let blanks = (width + 2).saturating_sub(cell.chars().count());
            line.push_str(&" ".repeat(blanks));
            line.push_str(cell);
        }
        line.trim_end().to_owned()
    };
    let above = line(&mut halves.iter().map(|(above, _)| *above));
    let below = line(&mut halves.iter().map(|(_, below)| *below));
    let rows = rows.iter().map(|row| line(&mut row.cells.iter().map(String::as_str)));
    [above, below].into_iter().chain(rows).collect()
}

/// Columns two blanks apart, indented. Where they do not fit the widest is made
/// narrower, and its cells are cut.
fn in_columns(headings: &[String], rows: &[Row]) -> Vec<String> {
    const INDENT: usize = 3;
    let columns = headings.len();
    let room = WIDTH.saturating_sub(INDENT + 2 * columns.saturating_sub(1));
    // The last heading may stand over columns that have none.
    let last = headings.iter().rposition(|heading| !heading.is_empty());
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        let heading = headings.get(column).filter(|_| Some(column) != last);
        cells.chain(heading).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let mut widths: Vec<usize> = (0..columns).map(width).collect();
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        *widest -= 1;
    }
    // The cell at `open` is as long as it likes.
    let line = |cells: &[String], open: Option<usize>| {
        let cells = cells.iter().enumerate().zip(&widths).map(|((column, cell), width)| {
            if Some(column) == open {
                return cell.clone();
            }
            let cell = clean::text(cell, *width);
            let blanks = width.saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(blanks))
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}{}", " ".repeat(INDENT), line.trim_end())
    };
    let rows = rows.iter().map(|row| line(&row.cells, None));
    std::iter::once(line(headings, last)).chain(rows).collect()
}

/// Words by keys under one prefix.
#[derive(Debug, Clone)]
pub(super) struct Under<'a> {
    pub words: &'a Words,
    pub prefix: Cow<'a, str>,
}

impl Under<'_> {
    pub fn say(&self, key: &str, args: &Args<'_>) -> String {
        self.words.say(&self.key(key), args)
    }

    /// Nothing where there are no such words.
    pub fn maybe(&self, key: &str, args: &Args<'_>) -> Option<String> {
        self.words.find(&self.key(key))?;
        Some(self.say(key, args))
    }

    pub fn list(&self, key: &str, args: &Args<'_>) -> Vec<String> {
        let count = self.words.list(&self.key(key)).len();
        (0..count).map(|index| self.say(&format!("{key}.{index}"), args)).collect()
    }

    /// A subject that fits, because it is said in fewer words (`<key>-short`), or because
    /// the value of `name` in it is cut and not its end.
    pub fn fitted(&self, key: &str, args: &Args<'_>, name: &str) -> String {
        let full = self.say(key, args);
        let is_long = full.chars().count() >= clean::LONGEST_SUBJECT;
        let short = format!("{key}-short");
        match is_long && self.words.find(&self.key(&short)).is_some() {
            true => fitted(self.words, &self.key(&short), args, name),
            false => fitted(self.words, &self.key(key), args, name),
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.prefix)
    }
}

/// The subject at `key`, with the value of `name` cut until all of it fits.
pub(super) fn fitted(words: &Words, key: &str, args: &Args<'_>, name: &str) -> String {
    let full = words.say(key, args);
    let excess = full.chars().count().saturating_sub(clean::LONGEST_SUBJECT);
    let value = args.iter().find_map(|(given, value)| match value {
        Arg::Text(text) if *given == name => Some(text),
        _ => None,
    });
    let Some(value) = value.filter(|_| excess > 0) else { return full };
    let room = value.chars().count().saturating_sub(excess).max(8);
    let cut = Arg::from(clean::text(value, room));
    let args: Vec<_> = args
        .iter()
        .map(|(given, value)| (*given, if *given == name { cut.clone() } else { value.clone() }))
        .collect();
    words.say(key, &args)
}

/// "A eller B"
pub(super) fn either(words: &Words, mut names: Vec<String>) -> String {
    match (names.pop(), names.is_empty()) {
        (Some(last), false) => {
            words.say("mail.part.or", &[("a", names.join(", ").into()), ("b", last.into())])
        }
        (Some(last), true) => last,
        (None, _) => String::new(),
    }
}

/// How long something takes that takes so many minutes.
pub(super) fn duration(words: &Words, minutes: usize) -> &str {
    words.text(match minutes {
        ..=5 => "mail.time.five",
        6..=10 => "mail.time.ten",
        11..=15 => "mail.time.quarter",
        16..=30 => "mail.time.half",
        _ => "mail.time.hour",
    })
}

/// What people call a system.
pub(super) fn name(words: &Words, system: &str) -> String {
    let name = clean::text(system, clean::LONGEST_NAME);
    if name.is_empty() { words.text("mail.no-name").to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;
    use crate::text::words::words;

    #[test]
    fn columns_are_as_wide_as_they_need_and_the_line_fits() {
        let row = |cells: [&str; 2]| Row { cells: cells.map(str::to_owned).into(), url: None };
        let headings = vec!["System".to_owned(), "Forvalter".to_owned()];
        let table = Table::new(headings, vec![row(["Løn", "Ida"]), row(["Vagtplan", ""])]);
        assert_eq!(table.columns, ["   System    Forvalter", "   Løn       Ida", "   Vagtplan"]);

        let long = "æ".repeat(100);
        let table = Table::new(vec![long.clone(), "B".to_owned()], vec![row([&long, &long])]);
        assert!(
            table.columns.iter().all(|line| line.chars().count() <= WIDTH),
            "{:?}",
            table.columns
        );
    }

    #[test]
    fn figures_stand_to_the_right_under_two_lines() {
        let row = |cells: [&str; 3]| Row { cells: cells.map(str::to_owned).into(), url: None };
        let headings = ["Forvaltning", "Systemer", "Uden systemejer"].map(str::to_owned).into();
        let rows = vec![row(["Teknik og Miljø", "22", "10"]), row(["I alt", "1.119", "23"])];
        assert_eq!(
            Table::of_figures(headings, rows).columns,
            [
                "                                 Uden",
                "                 Systemer  systemejer",
                "Teknik og Miljø        22          10",
                "I alt               1.119          23",
            ]
        );
    }

    #[test]
    fn a_subject_is_said_in_fewer_words_before_it_is_cut() {
        let by = chrono::NaiveDate::from_ymd_opt(2026, 1, 16);
        let said = |system: &str| {
            let under = Under { words: words(Language::Da), prefix: "mail.reminder.choose".into() };
            let args = [("n", 1_i64.into()), ("system", system.into()), ("by", by.into())];
            under.fitted("subject", &args, "system")
        };
        assert_eq!(said("Møde Desk"), "Vælg systemejer til Møde Desk senest fredag 16. januar");
        assert_eq!(
            said("Visitations Kompas"),
            "Vælg systemejer til Visitations Kompas senest 16. januar"
        );
    }

    #[test]
    fn a_subject_is_cut_within_its_name() {
        let words = words(Language::Da);
        let key = "mail.notice.phasingOut.subject";
        let system = "Et system med et meget langt og omstændeligt navn";
        let said = fitted(words, key, &[("n", 1_i64.into()), ("system", system.into())], "system");
        assert!(said.chars().count() <= clean::LONGEST_SUBJECT, "{said}");
        assert!(said.ends_with("… lukkes: det skal du gøre"), "{said}");
    }
}
