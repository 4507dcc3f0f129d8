//! What is wrong with the configuration, in words for the person who fixes it. A password must
//! never appear here, whatever the file holds.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "there is no configuration file {}. `kitos-sync init` asks for what it needs and writes \
         it; or name another file with --config.",
        path.display()
    )]
    Missing { path: PathBuf },
    #[error(
        "cannot read the configuration file {}: {source}. Run this as a user who may, \
         or let them: the file holds no secrets.",
        path.display()
    )]
    Unreadable { path: PathBuf, source: io::Error },
    /// A pipe would be waited for, and a device may never end.
    #[error(
        "the configuration file {} is not a regular file. Name one with --config.",
        path.display()
    )]
    NotAFile { path: PathBuf },
    #[error(transparent)]
    Invalid(#[from] Problems),
}

/// Everything that is wrong with one file and the variables over it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems {
    pub path: PathBuf,
    /// In the order of the file; never empty.
    pub problems: Vec<Problem>,
}

/// One fault, or one warning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub place: Place,
    /// The key that it is about, e.g. `kitos.url`; empty for faults of syntax.
    pub key: String,
    /// Whole sentences: what is wrong, and the way out.
    pub message: String,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of the file, from 1.
    Line(usize),
    /// An environment variable.
    Variable(String),
    /// Nowhere: it is missing, or a default.
    Absent,
}

impl Place {
    /// What a message calls the setting: the variable where it came from one.
    pub(super) fn subject<'a>(&'a self, key: &'a str) -> &'a str {
        match self {
            Self::Variable(name) => name,
            Self::Line(_) | Self::Absent => key,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Place::Line(line) = self.place {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{} has {count} problem{plural}:", self.path.display())?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}
