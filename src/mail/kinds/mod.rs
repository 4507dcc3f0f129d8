//! Every kind of mail: a folder with what it says as data (`mod.rs`), samples, and
//! its templates `subject.j2`, `text.j2` and `html.j2`, which hold structure only.
//! The words stand in `text/`. A new kind is its folder and a row of [`KINDS`].

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

/// A row: the folder's name, and what differs from kind to kind.
macro_rules! kind {
    ($folder:ident, $kind:expr, list: $list:expr) => {
        Kind {
            kind: $kind,
            folder: stringify!($folder),
            subject: include_str!(concat!(stringify!($folder), "/subject.j2")),
            text: include_str!(concat!(stringify!($folder), "/text.j2")),
            html: include_str!(concat!(stringify!($folder), "/html.j2")),
            list: $list,
            samples: $folder::samples,
        }
    };
}

pub(super) const KINDS: &[Kind] = &[
    kind!(alert, MailKind::Alert, list: false),
    kind!(digest, MailKind::Digest, list: true),
    kind!(escalation, MailKind::Escalation, list: false),
    kind!(letter, MailKind::Letter, list: false),
    kind!(notice, MailKind::Notice, list: false),
    kind!(reminder, MailKind::Reminder, list: true),
    kind!(review, MailKind::Review, list: false),
    kind!(test, MailKind::Test, list: false),
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
