//! From a file and the environment to a [`Config`], or to everything that is
//! wrong with them.

use std::fs;
use std::io;
use std::path::Path;

use toml::de::DeTable;

use super::check::check;
use super::environment::Environment;
use super::place::line_at;
use super::problem::{ConfigError, Place, Problem, Problems};
use super::read::Reader;
use super::table::Config;

/// Where the configuration is unless someone says otherwise.
pub const DEFAULT_PATH: &str = "/etc/kitos-sync/config.toml";

/// Reads the file at `path` and lays the environment over it:
/// `KITOS_SYNC_<SECTION>__<KEY>` overrides a key, e.g.
/// `KITOS_SYNC_MAIL__SMTP__HOST`; a list is a TOML array or has commas.
///
/// # Errors
/// A file that is missing or cannot be read; else all problems at once.
pub fn load(path: &Path, environment: &Environment) -> Result<Config, ConfigError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned() },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(ConfigError::NotAFile { path: path.to_owned() });
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    parse(&bytes, environment)
        .map_err(|problems| Problems { path: path.to_owned(), problems }.into())
}

fn parse(bytes: &[u8], environment: &Environment) -> Result<Config, Vec<Problem>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let readable = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        vec![Problem {
            place: line_at(&readable, readable.len()),
            key: String::new(),
            message: "a character is not UTF-8. Save the file as UTF-8.".to_owned(),
        }]
    })?;
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut syntax: Vec<Problem> = errors.iter().map(|error| syntax_problem(text, error)).collect();
    syntax.sort();
    // One slip makes several errors on its line; the first says it.
    syntax.dedup_by(|next, first| next.place == first.place);

    let mut reader = Reader::new(text, table.get_ref(), environment);
    let config = Config::read(&mut reader);
    check(&config, &mut reader);
    let mut problems = reader.finish();
    if !syntax.is_empty() {
        // What the parser made of a broken line means nothing, and a key that seems to be
        // missing may be on it.
        problems.retain(|problem| {
            problem.place != Place::Absent && syntax.iter().all(|bad| bad.place != problem.place)
        });
        problems.append(&mut syntax);
        problems.sort();
    }
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

/// The parser's own words, with the column; never the line itself, which may
/// hold a password.
fn syntax_problem(text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or_default();
    let before = text.get(..span.start).unwrap_or_default();
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let message = match (error.message(), text.get(span.clone())) {
        ("duplicate key", Some(name)) => {
            format!("{} is there twice. Keep one of them.", name.escape_debug())
        }
        (message, _) => format!("column {column}: {message}."),
    };
    Problem { place: line_at(text, span.start), key: String::new(), message }
}

#[cfg(test)]
mod tests;
