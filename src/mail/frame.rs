//! What stands around the words of every mail: banner, greeting, signature, footer.

use serde_json::{Value, json};

use super::letter::{Letter, People};
use crate::config;
use crate::model::MailMode;
use crate::text::clean;
use crate::text::words::{Words, words};

/// Everything that a template of `letter` may use, with deceptive characters removed.
pub(super) fn around(letter: &Letter, to: &[String], config: &config::Mail) -> Value {
    let words = words(config.language);
    let banner = (config.mode == MailMode::Redirect)
        .then(|| words.say("mail.banner", &[("to", to.to_vec().into())]));
    let people = letter.people.as_ref();
    let mut data = json!({
        "letter": with_short_way(letter, words),
        "language": config.language.as_str(),
        "banner": banner,
        "greeting": people.and_then(|people| greeting(words, people)),
        "signature": people.map(|_| signature(words, config)).unwrap_or_default(),
        "footer": footer(words, people, config),
        "subject": null,
    });
    clean::letter(&mut data);
    data
}

/// With a page of one's own the short way is there, and not a reply.
fn with_short_way(letter: &Letter, words: &Words) -> Value {
    let mut data = letter.data.clone();
    if let Some(url) = &letter.page
        && let Some(short) = data.pointer_mut("/sections/0/short")
    {
        *short = json!(words.say("mail.page.short", &[("url", url.clone().into())]));
    }
    data
}

/// The same with the subject, which the HTML's title repeats.
pub(super) fn with_subject(mut data: Value, subject: &str) -> Value {
    data["subject"] = json!(subject);
    data
}

/// No greeting without a name.
fn greeting(words: &Words, people: &People) -> Option<String> {
    let names: Vec<String> =
        people.names.iter().filter(|name| !name.trim().is_empty()).cloned().collect();
    (!names.is_empty()).then(|| words.say("mail.greeting", &[("name", names.into())]))
}

/// Who answers the reader.
fn signature(words: &Words, config: &config::Mail) -> Vec<String> {
    let contact = &config.contact;
    let sender = contact.name.clone().or_else(|| config.from.name.clone());
    let phone = words.say(
        "mail.phone",
        &[("phone", contact.phone.clone().into()), ("hours", contact.hours.clone().into())],
    );
    let sender = sender.unwrap_or_else(|| config.from.email.to_string());
    let lines = [words.text("mail.regards").to_owned(), sender, phone];
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

fn footer(words: &Words, people: Option<&People>, config: &config::Mail) -> Vec<String> {
    let automatic = match people {
        Some(people) => format!(
            "{} {}",
            words.say("mail.automatic", &[("on", people.date.into())]),
            words.text("mail.requirement")
        ),
        None => words.text("mail.operations").to_owned(),
    };
    std::iter::once(automatic).chain(config.footer.clone()).collect()
}
