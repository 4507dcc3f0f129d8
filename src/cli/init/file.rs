//! The files: the example with the answers filled in, so that every other key
//! stands there with its default and its explanation.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::ask::Answers;
use super::halfway::Halfway;
use crate::config;

/// Files that are there for the test, and go again unless they are kept.
#[derive(Debug)]
pub struct Draft {
    draft: PathBuf,
    target: PathBuf,
    /// A new password's draft, and where it goes: what lies there stays until it is kept.
    password: Option<(PathBuf, PathBuf)>,
    /// The configuration as it is kept.
    text: String,
    halfway: Halfway,
}

impl Draft {
    pub fn write(
        path: &Path,
        password_file: &Path,
        answers: &Answers,
        halfway: &Halfway,
    ) -> anyhow::Result<Self> {
        let mut this = Self {
            draft: with_ending(path, ".draft"),
            target: path.to_owned(),
            password: None,
            text: filled_in(answers, password_file),
            halfway: halfway.clone(),
        };
        let mut used = password_file.to_owned();
        if let Some(password) = answers.password() {
            used = with_ending(password_file, ".draft");
            // A draft that a killed init left behind.
            let _ = fs::remove_file(&used);
            let write = || create(&used, &format!("{password}\n"), 0o600);
            halfway.begin(used.clone(), write)?;
            this.password = Some((used.clone(), password_file.to_owned()));
        }
        let _ = fs::remove_file(&this.draft);
        let write = || create(&this.draft, &filled_in(answers, &used), 0o644);
        halfway.begin(this.draft.clone(), write)?;
        Ok(this)
    }

    pub fn path(&self) -> &Path {
        &self.draft
    }

    /// Puts the files in their places; fails if a configuration has come there meanwhile.
    pub fn keep(&mut self) -> anyhow::Result<()> {
        self.halfway.keep(|| {
            fs::remove_file(&self.draft)
                .with_context(|| format!("cannot write {}", self.draft.display()))?;
            create(&self.draft, &self.text, 0o644)?;
            fs::hard_link(&self.draft, &self.target)
                .with_context(|| format!("cannot write {}", self.target.display()))?;
            let Some((draft, target)) = &self.password else { return Ok(()) };
            fs::rename(draft, target).with_context(|| format!("cannot write {}", target.display()))
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.draft);
        if let Some((draft, _)) = &self.password {
            let _ = fs::remove_file(draft);
        }
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn create(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())?;
        // A power cut soon after would leave it empty.
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// The example, with each answer in the place of its key's first line.
fn filled_in(answers: &Answers, password_file: &Path) -> String {
    let password_file = password_file.display().to_string();
    let database = answers.database.as_ref().map(|path| path.display().to_string());
    let filled = [
        ("kitos", "url", answers.url.as_deref().map(quoted)),
        ("kitos", "email", answers.email.as_deref().map(quoted)),
        ("kitos", "password_file", Some(quoted(&password_file))),
        ("kitos", "organization", answers.organization.as_deref().map(quoted)),
        ("database", "path", database.as_deref().map(quoted)),
        ("mail", "from", answers.from.as_deref().map(quoted)),
        ("mail", "it", answers.it.as_deref().map(list)),
        ("mail.smtp", "host", answers.smtp_host.as_deref().map(quoted)),
    ];
    let mut text = String::from("# Written by `kitos-sync init`.\n#\n");
    let mut section = "";
    for line in config::example().lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        }
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let answer = filled.iter().find_map(|(of, key, value)| {
            let is_it = *of == section
                && bare.strip_prefix(key).is_some_and(|rest| rest.starts_with(" = "));
            value.as_ref().filter(|_| is_it).map(|value| format!("{key} = {value}"))
        });
        text.push_str(answer.as_deref().unwrap_or(line));
        text.push('\n');
    }
    text
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.trim().chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn list(addresses: &str) -> String {
    let addresses: Vec<String> =
        addresses.split([',', ';']).filter(|a| !a.trim().is_empty()).map(quoted).collect();
    format!("[{}]", addresses.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_line_in_the_example() {
        let some = |text: &str| Some(text.to_owned());
        let mut answers = Answers::default();
        answers.url = some("https://kitos.example");
        answers.email = some("api@kommune.dk");
        answers.organization = some("29189668");
        answers.database = Some("/srv/k.db".into());
        answers.from = some("IT \"Drift\" <it@kommune.dk>");
        answers.it = some("a@kommune.dk, b@kommune.dk");
        answers.smtp_host = some("smtp.kommune.dk");
        let text = filled_in(&answers, Path::new("/etc/kitos-sync/kitos-password"));
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).collect();
        assert_eq!(
            lines,
            [
                "url = \"https://kitos.example\"",
                "email = \"api@kommune.dk\"",
                "password_file = \"/etc/kitos-sync/kitos-password\"",
                "organization = \"29189668\"",
                "path = \"/srv/k.db\"",
                "from = \"IT \\\"Drift\\\" <it@kommune.dk>\"",
                "it = [\"a@kommune.dk\", \"b@kommune.dk\"]",
                "host = \"smtp.kommune.dk\"",
            ]
        );
    }
}
