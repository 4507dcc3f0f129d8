//! Why there is no answer.

use axum::http::StatusCode;

use crate::query;
use crate::text::words::Arg;

/// Words at `page.why.<key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub key: &'static str,
    pub args: Vec<(&'static str, Arg)>,
}

/// Each has words at `page.refused.…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    NotFound,
    /// A personal link that is none, or is no longer good.
    NoLink,
    /// Nothing was read from KITOS yet.
    NotYet,
    /// The address, the query or the form holds what cannot be.
    Malformed,
    TooLarge,
    /// Only GET, HEAD and, for decisions, POST.
    Method,
    /// The `Host` is none of ours.
    Host,
    /// The proxy named nobody.
    NoLogin,
    /// The request does not come from the proxy.
    NoProxy,
    NoOperator,
    /// A form that another site sent, or one from before a restart.
    Stale,
    /// A decision that cannot be carried out.
    Decision(Why),
    Overloaded,
    /// The database cannot be read, or the program is at fault; the log says more.
    Fault,
}

impl Refused {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoLink => StatusCode::NOT_FOUND,
            Self::NotYet | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::NoLogin | Self::NoProxy | Self::NoOperator | Self::Stale => StatusCode::FORBIDDEN,
            Self::Decision(_) => StatusCode::CONFLICT,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The last part of the key of its words.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::NoLink => "no-link",
            Self::NotYet => "not-yet",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Method => "method",
            Self::Host => "host",
            Self::NoLogin => "no-login",
            Self::NoProxy => "no-proxy",
            Self::NoOperator => "no-operator",
            Self::Stale => "stale",
            Self::Decision(_) => "decision",
            Self::Overloaded => "overloaded",
            Self::Fault => "fault",
        }
    }
}

impl From<query::Error> for Refused {
    fn from(error: query::Error) -> Self {
        use query::Error as E;
        match error {
            E::NoSnapshot => Self::NotYet,
            E::NoLink => Self::NoLink,
            E::NoSystem(_)
            | E::NoSystemNamed(_)
            | E::NoMail(_)
            | E::NoFinding(_)
            | E::NoPerson(_)
            | E::NoAdministration(_) => Self::NotFound,
            E::Store(error) => {
                tracing::warn!(%error, "the page cannot read the database");
                Self::Fault
            }
            _ => Self::Malformed,
        }
    }
}
