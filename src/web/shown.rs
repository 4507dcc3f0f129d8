//! What a route gives back.

use serde::Serialize;
use serde_json::Value;

use super::refused::Refused;

/// What is shown.
#[derive(Debug)]
pub enum Shown {
    /// What the route's template shows as `it`.
    Page(Value),
    File(File),
}

/// What is in a file, and so what it may do in a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Inside {
    /// A page or a file of ours, with our own style sheet.
    #[default]
    Ours,
    /// What others wrote as HTML, for a frame of ours: no script, no links, no requests.
    Mail,
    /// A document of ours that stands by itself, with its own style.
    Document,
}

/// Anything but a page of the common layout.
#[derive(Debug, Default)]
pub struct File {
    pub content_type: &'static str,
    pub body: Vec<u8>,
    /// What a browser saves it as; otherwise it is shown.
    pub save_as: Option<String>,
    pub inside: Inside,
    /// Another status than 200.
    pub status: Option<u16>,
}

/// What is shown after a form was sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// The browser goes there.
    To(String),
    /// The same page, with what was typed: only part of an answer was sent.
    Again,
}

impl Done {
    /// To `path`, which says what was done in the words at `page.done.<what>`.
    pub fn at(path: &str, what: &str) -> Self {
        Self::To(format!("{path}?done={what}"))
    }
}

/// An answer of the read model as a page.
pub fn shown(answer: impl Serialize) -> Result<Shown, Refused> {
    serde_json::to_value(answer).map(Shown::Page).map_err(|_| Refused::Fault)
}

/// A text of ours.
pub fn text(content_type: &'static str, body: &str) -> Result<Shown, Refused> {
    Ok(Shown::File(File { content_type, body: body.as_bytes().to_vec(), ..File::default() }))
}
