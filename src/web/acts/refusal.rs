//! Why a decision was not carried out, for the person who decided.

use crate::decisions::{AnswerRefusal, AwayRefusal, Error, MailRefusal, ReviewRefusal};
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
            Error::Waiver(waivers::Refusal::Unknown(_))
            | Error::Mail(MailRefusal::Unknown(_))
            | Error::Answer(AnswerRefusal::Unknown(_)) => Self::NotFound,
            refused => Self::Decision(why(&refused)),
        }
    }
}

/// What the forms do not let anybody ask for, and what is no refusal.
const OTHER: (&str, Vec<(&str, Arg)>) = ("other", Vec::new());

/// The words at `page.why.<key>`.
fn why(error: &Error) -> Why {
    let (key, args): (_, Vec<(&'static str, Arg)>) = match error {
        Error::Waiver(refusal) => match refusal {
            waivers::Refusal::Resolved { on, .. } => ("resolved", vec![("on", (*on).into())]),
            waivers::Refusal::Over { until, .. } => ("past", vec![("until", (*until).into())]),
            waivers::Refusal::NoReason(_) => ("no-reason", Vec::new()),
            waivers::Refusal::NotWaived(_) => ("not-waived", Vec::new()),
            waivers::Refusal::NoName(_) | waivers::Refusal::Unknown(_) => OTHER,
        },
        Error::Mail(refusal) => match refusal {
            MailRefusal::OtherMode { .. } => ("other-mode", Vec::new()),
            MailRefusal::NotToRetry { .. } => ("not-to-retry", Vec::new()),
            MailRefusal::TimeIsOver { deadline, .. } => {
                ("mail-time-over", vec![("deadline", (*deadline).into())])
            }
            MailRefusal::NotToCancel { .. } => ("not-to-cancel", Vec::new()),
            MailRefusal::Unknown(_) => OTHER,
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
        Error::Answer(AnswerRefusal::Over { until, .. }) => {
            ("past", vec![("until", (*until).into())])
        }
        Error::Answer(refusal) => (of_answer(refusal), Vec::new()),
        Error::Review(refusal) => match refusal {
            ReviewRefusal::TooSoon { due, earliest } => {
                ("review-too-soon", vec![("due", (*due).into()), ("earliest", (*earliest).into())])
            }
            ReviewRefusal::NoRun => OTHER,
            ReviewRefusal::Open => ("review-open", Vec::new()),
            ReviewRefusal::NoneOpen => ("review-none", Vec::new()),
        },
        Error::NothingHeld => ("nothing-held", Vec::new()),
        Error::OtherHeld { .. } => ("other-held", Vec::new()),
        Error::Store(_) | Error::Query(_) | Error::Job(_) => OTHER,
    };
    Why { key, args }
}

fn of_answer(refusal: &AnswerRefusal) -> &'static str {
    match refusal {
        AnswerRefusal::NotOpen(_) | AnswerRefusal::Unknown(_) => "answer-closed",
        AnswerRefusal::NoEnd(_) | AnswerRefusal::Over { .. } => "answer-no-end",
        AnswerRefusal::NoReason(_) => "answer-no-reason",
        AnswerRefusal::UnknownPerson(_) => "reply-unknown",
        AnswerRefusal::NoSystem => "reply-no-system",
        AnswerRefusal::NotOwner(..) => "reply-not-owner",
        AnswerRefusal::OwnerGone(_) => "reply-owner-gone",
        AnswerRefusal::NotSaidWhy(_) => "reply-no-reason",
    }
}
