//! The outbox, one mail, and its body for a frame.

use serde::Serialize;

use crate::model::{MailState, preview_name};
use crate::query::{self, Mail, Moment, Reach};
use crate::text::mail_reasons::own;
use crate::text::words::words;
use crate::web::asked::Asked;
use crate::web::paging::Paging;
use crate::web::refused::Refused;
use crate::web::shown::{File, Inside, Shown};

#[derive(Serialize)]
pub struct Outbox {
    /// How many mails are in each state.
    states: Vec<(&'static str, usize)>,
    state: Option<&'static str>,
    all: bool,
    total: usize,
    mails: Vec<Row>,
    paging: Paging,
}

/// A mail, with why it is in its state.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    mail: Mail,
    why: Option<Why>,
}

/// In our own words, and what the mail server said, which is not in the reader's language.
#[derive(Serialize)]
struct Why {
    own: Option<String>,
    reply: Option<String>,
}

impl Why {
    fn of(mail: &Mail, moment: &Moment<'_>) -> Option<Self> {
        let reason = mail.reason.as_ref()?;
        let own = own(&reason.why, words(moment.language));
        Some(Self { own, reply: reason.reply.clone() })
    }
}

pub fn outbox(asked: &Asked, moment: &Moment<'_>) -> Result<Outbox, Refused> {
    let state = match asked.get("state") {
        None => None,
        Some(name) => {
            let state = MailState::parse(name);
            Some(state.ok_or(Refused::Malformed)?)
        }
    };
    let all = asked.get("all").is_some();
    let mails = query::mails(moment, if all { Reach::All } else { Reach::Recent })?;
    let count = |state: MailState| mails.iter().filter(|mail| mail.state == state).count();
    let states = MailState::ALL.iter().map(|state| (state.as_str(), count(*state)));
    let states = states.filter(|(_, count)| *count > 0).collect();
    let total = mails.len();
    let wanted: Vec<Mail> =
        mails.into_iter().filter(|mail| state.is_none_or(|state| mail.state == state)).collect();
    let (mails, paging) = Paging::cut(asked, wanted);
    let row = |mail: Mail| Row { why: Why::of(&mail, moment), mail };
    let mails = mails.into_iter().map(row).collect();
    Ok(Outbox { states, state: state.map(MailState::as_str), all, total, mails, paging })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OneMail {
    mail: Mail,
    why: Option<Why>,
    /// Its body is still kept.
    has_body: bool,
    /// Where it was written to, instead of being sent.
    file: Option<String>,
    can_retry: bool,
    can_cancel: bool,
}

pub fn mail(asked: &Asked, moment: &Moment<'_>) -> Result<OneMail, Refused> {
    let mail = query::mail(moment, asked.id()?)?;
    let file = (mail.state == MailState::Previewed && mail.text.is_some()).then(|| {
        let name = preview_name(mail.id, mail.kind, mail.created_at);
        let path = moment.config.preview_dir().join(format!("{name}.html"));
        path.display().to_string()
    });
    let is_of_this_mode = mail.mode == moment.config.mail.mode;
    Ok(OneMail {
        why: Why::of(&mail, moment),
        has_body: mail.text.is_some(),
        file,
        can_retry: mail.state.can_be_retried() && mail.text.is_some() && is_of_this_mode,
        can_cancel: mail.state.can_be_cancelled(),
        mail: Mail { text: None, ..mail },
    })
}

/// The mail as its reader sees it.
pub fn mail_body(asked: &Asked, moment: &Moment<'_>) -> Result<Shown, Refused> {
    let html = query::mail_html(moment, asked.id()?)?.ok_or(Refused::NotFound)?;
    Ok(Shown::File(File {
        content_type: "text/html; charset=utf-8",
        body: html.into_bytes(),
        inside: Inside::Mail,
        ..File::default()
    }))
}
