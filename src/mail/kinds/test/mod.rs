//! `mail test`: shows that mail arrives.

use serde::Serialize;

use crate::config;
use crate::mail::Error;
use crate::mail::letter::{Letter, Sample};
use crate::model::{Language, MailKind};
use crate::text::words::words;

#[derive(Serialize)]
struct Test {
    preheader: String,
    works: String,
}

pub(in crate::mail) fn letter(organization: &str, language: Language) -> Result<Letter, Error> {
    let words = words(language);
    let data = Test {
        preheader: words.text("mail.nothing-to-do").to_owned(),
        works: words.say("mail.test.works", &[("organization", organization.into())]),
    };
    Letter::to_office(MailKind::Test, &data)
}

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let of = |name, organization| Ok(Sample { name, letter: letter(organization, mail.language)? });
    [of("test", "Birkelund Kommune"), of("test-of-no-name", "")].into_iter().collect()
}
