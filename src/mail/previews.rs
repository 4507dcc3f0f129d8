//! The page that lists a trial's mails by day and recipient.

use chrono::NaiveDate;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use serde_json::json;

use super::{Error, templates};
use crate::config;
use crate::model::MailKind;
use crate::text::clean;

/// The mails of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewDay {
    pub date: NaiveDate,
    pub mails: Vec<PreviewLine>,
}

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewLine {
    pub to: String,
    pub subject: String,
    pub kind: MailKind,
    /// Its name beside the page.
    pub file: String,
}

/// The page, as HTML.
///
/// # Errors
/// Only when the template is faulty.
pub fn preview_index(days: &[PreviewDay], config: &config::Mail) -> Result<String, Error> {
    let what = "list of previews";
    let template = |source| Error::Template { what, source: Box::new(source) };
    let mut data = json!({ "days": days, "language": config.language.as_str() });
    clean::tree(&mut data);
    let (environment, _) = templates::environment(config.language, None, &[]).map_err(template)?;
    let page = environment
        .get_template("layout/previews.html.j2")
        .and_then(|page| page.render(Value::from(Serde(&data))))
        .map_err(template)?;
    Ok(super::tidy::html(&page))
}
