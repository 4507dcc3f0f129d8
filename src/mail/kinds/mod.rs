//! Every kind of mail: a folder with what it says as data (`mod.rs`) and samples. The words
//! stand in `text/`; the templates hold structure only. A letter that is a
//! [`Body`](super::body::Body) needs none of its own. A new kind is its folder and a row of
//! [`KINDS`].

pub(super) mod alert;
pub(super) mod digest;
pub(super) mod escalation;
pub(super) mod letter;
pub(super) mod notice;
pub(super) mod reminder;
pub(super) mod review;
pub(super) mod test;

use super::letter::{Kind, Letter};
use super::{Error, Facts};
use crate::model::{DraftKind, MailKind};
use crate::notify::draft::Draft;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        text: include_str!("alert/text.j2"),
        html: include_str!("alert/html.j2"),
        ..Kind::new(MailKind::Alert, "alert", alert::samples)
    },
    Kind {
        text: include_str!("digest/text.j2"),
        html: include_str!("digest/html.j2"),
        list: true,
        ..Kind::new(MailKind::Digest, "digest", digest::samples)
    },
    Kind::new(MailKind::Escalation, "escalation", escalation::samples),
    Kind::new(MailKind::Letter, "letter", letter::samples),
    Kind::new(MailKind::Notice, "notice", notice::samples),
    Kind { list: true, ..Kind::new(MailKind::Reminder, "reminder", reminder::samples) },
    Kind::new(MailKind::Review, "review", review::samples),
    Kind {
        subject: include_str!("test/subject.j2"),
        text: include_str!("test/text.j2"),
        html: include_str!("test/html.j2"),
        ..Kind::new(MailKind::Test, "test", test::samples)
    },
];

/// A draft as the letter of its kind.
pub(super) fn of_draft(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    match draft.kind {
        DraftKind::FirstLetter => letter::letter(draft, facts),
        DraftKind::HandOver => letter::hand_over(draft, facts),
        DraftKind::Reminder => reminder::letter(draft, facts),
        DraftKind::Escalation => escalation::letter(draft, facts),
        DraftKind::Review => review::letter(draft, facts),
        DraftKind::ReviewCall => review::call(draft, facts),
    }
}
