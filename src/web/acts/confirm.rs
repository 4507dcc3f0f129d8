//! The form that asks once more.

use serde::Serialize;

use crate::web::refused::Refused;
use crate::web::shown::{Shown, shown};

/// What the template `confirm` shows.
#[derive(Debug, Default, Serialize)]
pub struct Confirm {
    /// What it will do, a sentence each.
    pub text: Vec<String>,
    /// What goes along unseen.
    pub hidden: Vec<(&'static str, String)>,
    pub inputs: Vec<Input>,
    /// Where "no" leads.
    pub back: String,
}

/// Something to fill in; its label stands at `page.field.<name>`.
#[derive(Debug, Serialize)]
pub struct Input {
    pub name: &'static str,
    /// Of HTML: `text`, `date`, `email`; `textarea` for more than a line.
    pub kind: &'static str,
    pub value: String,
    pub required: bool,
    /// Of a date.
    pub min: Option<String>,
    /// Values to choose from, with what they are called.
    pub choices: Vec<(String, String)>,
}

impl Input {
    /// A line of text that must be filled in.
    pub fn required(name: &'static str) -> Self {
        let value = String::new();
        Self { name, kind: "text", value, required: true, min: None, choices: Vec::new() }
    }
}

impl Confirm {
    pub fn shown(self) -> Result<Shown, Refused> {
        shown(self)
    }
}
