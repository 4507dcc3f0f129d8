//! Why a decision was not carried out, for whoever decided.

use crate::decisions::{AnswerRefusal, AwayRefusal, Error, MailRefusal};
use crate::policy::waivers;
use crate::text::words::Arg;
use crate::web::refused::{Refused, Why};

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Query(error) => error.into(),
            Error::Store(_) | Error::Job(_) => {
                tracing::error!(%error, "a decision of the page was not carried out");
                Self::Fault
            }
            Error::Waiver(waivers::Refusal::Unknown(_)) | Error::Mail(MailRefusal::Unknown(_)) => {
                Self::NotFound
            }
            refused => Self::Decision(why(&refused)),
        }
    }
}

/// The words at `page.why.<key>`.
fn why(error: &Error) -> Why {
    let (key, args): (_, Vec<(&'static str, Arg)>) = match error {
        Error::Waiver(refusal) => match refusal {
            waivers::Refusal::Resolved { on, .. } => ("resolved", vec![("on", (*on).into())]),
            waivers::Refusal::Over { until, .. } => ("past", vec![("until", (*until).into())]),
            waivers::Refusal::NoReason(_) => ("no-reason", Vec::new()),
            waivers::Refusal::NotWaived(_) => ("not-waived", Vec::new()),
            waivers::Refusal::NoName(_) | waivers::Refusal::Unknown(_) => other(error),
        },
        Error::Mail(refusal) => match refusal {
            MailRefusal::OtherMode { .. } => ("other-mode", Vec::new()),
            MailRefusal::NotToRetry { .. } => ("not-to-retry", Vec::new()),
            MailRefusal::NotToCancel { .. } => ("not-to-cancel", Vec::new()),
            MailRefusal::Unknown(_) => other(error),
        },
        Error::Away(refusal) => match refusal {
            AwayRefusal::Past(until) => ("past", vec![("until", (*until).into())]),
            AwayRefusal::Unknown(address) => {
                ("unknown-address", vec![("address", address.as_str().into())])
            }
            AwayRefusal::OwnSubstitute(_) => ("own-substitute", Vec::new()),
            AwayRefusal::SubstituteAway(address, until) => (
                "substitute-away",
                vec![("address", address.as_str().into()), ("until", (*until).into())],
            ),
            AwayRefusal::NotAway(_) => ("not-away", Vec::new()),
        },
        Error::Answer(AnswerRefusal::OwnerGone(_)) => ("reply-owner-gone", Vec::new()),
        Error::NothingHeld => ("nothing-held", Vec::new()),
        Error::OtherHeld { .. } => ("other-held", Vec::new()),
        _ => other(error),
    };
    Why { key, args }
}

/// In the command line's words.
fn other(error: &Error) -> (&'static str, Vec<(&'static str, Arg)>) {
    ("other", vec![("why", error.to_string().into())])
}
