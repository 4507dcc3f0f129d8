//! Mails as files, for `mail.mode = "preview"`: each as `.eml` for a mail program
//! and `.html` for a browser, and an index of them all. Nothing of a file's name
//! comes from KITOS.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use mail_parser::MessageParser;
use rusqlite::Connection;

use crate::config::Config;
use crate::jobs::error::Error;
use crate::mail::{self, PreviewDay, PreviewLine};
use crate::model::{MailState, OutboxMail, preview_name};
use crate::store::{give_to_the_service, list_mails};
use crate::text::danish;
use crate::time::civil::local_date;

/// Writes a mail, whole or not at all.
pub(super) fn write(folder: &Path, mail: &OutboxMail, mime: &[u8]) -> Result<(), Error> {
    let path = file(folder, mail, "eml");
    put(folder, &path, mime)?;
    let message = MessageParser::default().parse(mime);
    // A body without HTML would be made into some.
    let html =
        message.as_ref().filter(|message| message.html_part(0).is_some_and(|p| p.is_text_html()));
    if let Some(html) = html.and_then(|message| message.body_html(0)) {
        put(folder, &file(folder, mail, "html"), html.as_bytes())?;
    }
    Ok(())
}

/// Writes the page that lists every preview that is still there, the newest day
/// first, each day's by recipient.
pub(in crate::jobs) fn index(connection: &Connection, config: &Config) -> Result<(), Error> {
    let folder = &config.preview_dir();
    let mut days: BTreeMap<chrono::NaiveDate, Vec<PreviewLine>> = BTreeMap::new();
    for mail in list_mails(connection, None)? {
        let page = ["html", "eml"].map(|ending| file(folder, &mail, ending));
        let Some(page) = page.iter().find(|page| page.exists()) else { continue };
        if mail.state != MailState::Previewed {
            continue;
        }
        let day = local_date(mail.created_at, config.schedule.time_zone);
        days.entry(day).or_default().push(PreviewLine {
            to: mail.to.join(", "),
            subject: mail.subject,
            kind: mail.kind,
            file: page.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        });
    }
    let days: Vec<PreviewDay> = days
        .into_iter()
        .rev()
        .map(|(date, mut mails)| {
            mails.sort_by(|a, b| danish::compare(&a.to, &b.to).then_with(|| a.file.cmp(&b.file)));
            PreviewDay { date, mails }
        })
        .collect();
    let page = mail::preview_index(&days, &config.mail)?;
    put(folder, &folder.join("index.html"), page.as_bytes())
}

/// Where a mail's preview lies, once it was written.
pub(in crate::jobs) fn files(folder: &Path, mail: &OutboxMail) -> [PathBuf; 2] {
    [file(folder, mail, "eml"), file(folder, mail, "html")]
}

fn file(folder: &Path, mail: &OutboxMail, ending: &str) -> PathBuf {
    let name = preview_name(mail.id, mail.kind, mail.created_at);
    folder.join(format!("{name}.{ending}"))
}

fn put(folder: &Path, path: &Path, content: &[u8]) -> Result<(), Error> {
    whole(folder, path, content).map_err(|source| Error::Preview { path: path.to_owned(), source })
}

fn whole(folder: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    // Previews hold names: they are for their owner alone.
    if !folder.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // `deliver` by hand as root: the service must be able to write there too.
        give_to_the_service(folder)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
    file.write_all(content)?;
    file.sync_all()?;
    give_to_the_service(&partial)?;
    fs::rename(&partial, path)
}
