//! What a mail says, ready for its templates, and what a kind of mail is.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;

use super::{Attachment, Error};
use crate::config;
use crate::model::MailKind;
use crate::notify::draft::Draft;

/// A mail before it is put into its frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub kind: MailKind,
    /// What the templates see as `letter`: sentences and lists of them.
    pub data: Value,
    /// Whom it greets. `None` for mail to an office, such as digest and alert.
    pub people: Option<People>,
    pub attachment: Option<Attachment>,
    /// The address of its reader's own page.
    pub page: Option<String>,
    /// Our own addresses that its sentences name: HTML makes links of them.
    pub urls: Vec<String>,
}

/// The people whom a mail greets; it ends with who answers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// Full names.
    pub names: Vec<String>,
    /// The day of what KITOS said.
    pub date: NaiveDate,
}

impl Letter {
    /// Mail to an office, without an attachment.
    pub fn to_office(kind: MailKind, data: &impl Serialize) -> Result<Self, Error> {
        let what = kind.as_str();
        let data = serde_json::to_value(data).map_err(|source| Error::Data { what, source })?;
        Ok(Self { kind, data, people: None, attachment: None, page: None, urls: Vec::new() })
    }

    /// Mail to the people of a draft.
    pub fn to_people(kind: MailKind, data: &impl Serialize, draft: &Draft) -> Result<Self, Error> {
        let names = draft.to.iter().map(|recipient| recipient.name.clone()).collect();
        let people = People { names, date: draft.date };
        Ok(Self { people: Some(people), ..Self::to_office(kind, data)? })
    }
}

/// A kind of mail: a row of the table in `kinds`.
#[derive(Debug)]
pub struct Kind {
    pub kind: MailKind,
    /// The name of its folder.
    pub folder: &'static str,
    /// Its templates; a municipality replaces each by the name of this folder and its own
    /// (`reminder/text.j2`).
    pub subject: &'static str,
    pub text: &'static str,
    pub html: &'static str,
    /// It comes regularly to many, who may want a rule for it (RFC 2919).
    pub list: bool,
    /// Letters with everything that its templates can be given; the first is the
    /// usual one.
    pub samples: fn(&config::Mail) -> Result<Vec<Sample>, Error>,
}

impl Kind {
    /// A kind whose letters are a [`Body`](super::body::Body), laid out as all of these are.
    pub const fn new(
        kind: MailKind,
        folder: &'static str,
        samples: fn(&config::Mail) -> Result<Vec<Sample>, Error>,
    ) -> Self {
        Self {
            kind,
            folder,
            subject: include_str!("layout/subject.j2"),
            text: include_str!("layout/body.text.j2"),
            html: include_str!("layout/body.html.j2"),
            list: false,
            samples,
        }
    }
}

/// A letter to look at, and to try templates with.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What it is an example of.
    pub name: &'static str,
    pub letter: Letter,
}
