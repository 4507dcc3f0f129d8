//! The questions: what is required, and nothing else. A password is never shown.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};

use crate::cli::args::Init;

/// What the configuration is made of.
#[derive(Debug, Default)]
pub struct Answers {
    pub url: Option<String>,
    pub email: Option<String>,
    pub organization: Option<String>,
    pub from: Option<String>,
    pub it: Option<String>,
    pub smtp_host: Option<String>,
    pub database: Option<PathBuf>,
    pub password: Option<SecretString>,
    password_from_stdin: bool,
    /// Ask again for what there is an answer to.
    again: bool,
}

/// The flags that are missing where nobody can be asked.
#[derive(Debug)]
pub struct Missing(pub Vec<&'static str>);

impl From<Init> for Answers {
    fn from(flags: Init) -> Self {
        Self {
            url: flags.url,
            email: flags.email,
            organization: flags.organization,
            from: flags.from,
            it: flags.it,
            smtp_host: flags.smtp_host,
            database: flags.database,
            password: None,
            password_from_stdin: flags.password_stdin,
            again: false,
        }
    }
}

impl Answers {
    /// Asks for what is missing.
    pub fn ask(&mut self, has_password: bool) -> io::Result<()> {
        let again = self.again;
        for (question, answer) in [
            (
                "Mail address of the API user in KITOS (the secretariat, info@kitos.dk, makes one)",
                &mut self.email,
            ),
            ("The municipality's CVR number, or its UUID in KITOS", &mut self.organization),
            ("Sender of mails, e.g. IT og Digitalisering <it@kommune.dk>", &mut self.from),
            ("Who gets the weekly digest (address)", &mut self.it),
        ] {
            if again || answer.is_none() {
                *answer = Some(question_for(question, answer.as_deref())?);
            }
        }
        match (has_password, again) {
            (true, false) => {}
            // A wrong password stands in the file as easily as it is typed.
            (true, true) => {
                let typed =
                    hidden("The API user's password (not shown; Enter: the one on file): ")?;
                self.password = Some(typed).filter(|typed| !typed.expose_secret().is_empty());
            }
            (false, _) => {
                while again || self.password().is_none_or(str::is_empty) {
                    self.password = Some(hidden("The API user's password (not shown): ")?);
                    if !self.password().is_none_or(str::is_empty) {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the password from stdin where a flag says so, and sees that nothing
    /// is missing.
    pub fn complete(&mut self, has_password: bool) -> Result<(), Missing> {
        if self.password_from_stdin && self.password.is_none() {
            self.password =
                line().ok().filter(|line| !line.trim().is_empty()).map(SecretString::from);
        }
        let nothing_came = self.password_from_stdin && self.password.is_none();
        let missing: Vec<&'static str> = [
            ("--email", self.email.is_none()),
            ("--organization", self.organization.is_none()),
            ("--from", self.from.is_none()),
            ("--it", self.it.is_none()),
            (
                "--password-stdin",
                !has_password && self.password.is_none() && !self.password_from_stdin,
            ),
            ("a password on stdin (nothing came for --password-stdin)", nothing_came),
        ]
        .into_iter()
        .filter_map(|(flag, missing)| missing.then_some(flag))
        .collect();
        if missing.is_empty() { Ok(()) } else { Err(Missing(missing)) }
    }

    /// The next time, asks for everything, with these answers to begin with.
    pub fn again(&mut self) {
        self.again = true;
        self.password = None;
    }

    pub fn password(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.expose_secret())
    }
}

pub fn yes(question: &str) -> io::Result<bool> {
    eprint!("{question} [Y/n] ");
    Ok(!line()?.trim().to_lowercase().starts_with('n'))
}

fn question_for(question: &str, before: Option<&str>) -> io::Result<String> {
    loop {
        match before {
            Some(before) => eprint!("{question} [{before}]: "),
            None => eprint!("{question}: "),
        }
        let answer = line()?.trim().to_owned();
        match before {
            Some(before) if answer.is_empty() => return Ok(before.to_owned()),
            _ if !answer.is_empty() => return Ok(answer),
            _ => {}
        }
    }
}

/// A line without its end. The end of the input is an error: nobody is there.
fn line() -> io::Result<String> {
    io::stderr().flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks for a line that the terminal does not show.
fn hidden(question: &str) -> io::Result<SecretString> {
    echo("-echo");
    eprint!("{question}");
    let line = line();
    show_typing();
    eprintln!();
    line.map(SecretString::from)
}

/// What `hidden` switched off, if there is a terminal.
pub fn show_typing() {
    if io::stdin().is_terminal() {
        echo("echo");
    }
}

fn echo(switch: &str) {
    // Where there is no stty the password is shown: better than no way in.
    let _ = Command::new("stty").arg(switch).stdin(Stdio::inherit()).status();
}
