//! One recipient of a mail that the server did not take.

use super::Verdict;
use super::blame::{Asked, Blame, blame};
use crate::text::clean;

/// A recipient that was refused, with the reply's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As the mail has it.
    pub to: String,
    pub(super) code: u16,
    /// On one line, cut, without control characters.
    pub reply: String,
}

impl Refusal {
    /// A refusal of our own, before the server was asked.
    pub(super) fn ours(to: &str, why: &str) -> Self {
        Self { to: to.to_owned(), code: 553, reply: format!("553 the address is {why}") }
    }

    /// What a permanent refusal is about; `None` for a temporary one.
    pub fn about(&self) -> Option<Blame> {
        (self.code >= 500).then(|| blame(Asked::Recipient, self.code, &self.reply))
    }

    pub fn words(&self) -> String {
        format!("{}: {}", clean::reply(&self.to), self.reply)
    }
}

/// The verdict when no recipient was accepted: worth another try if one of
/// them is, and about the readers only if all refusals are.
pub(super) fn nobody(refused: &[Refusal]) -> Verdict {
    let reply = match refused {
        [only] => only.reply.clone(),
        all => all.iter().map(Refusal::words).collect::<Vec<_>>().join("; "),
    };
    let about: Option<Vec<Blame>> = refused.iter().map(Refusal::about).collect();
    match about {
        None => Verdict::Later { reply },
        Some(about) => {
            Verdict::Never { reply, about: about.into_iter().max().unwrap_or(Blame::Reader) }
        }
    }
}
