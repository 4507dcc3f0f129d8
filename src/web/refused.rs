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
    /// A personal link that does not exist or is no longer good.
    NoLink,
    /// Nothing was read from KITOS yet.
    NotYet,
    /// The address, the query or the form holds what cannot be.
    Malformed,
    TooLarge,
    /// Only GET, HEAD and, for decisions, POST.
    Method,
    /// The `Host` is not one of ours.
    Host,
    /// The proxy named nobody.
    NoLogin,
    /// The request does not come from the proxy.
    NoProxy,
    NoOperator,
    /// A form that another site sent, or one from before a restart.
    Stale,
    /// A question that has no answer, and why.
    Question(Why),
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
            Self::Malformed | Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::NoLogin | Self::NoProxy | Self::NoOperator | Self::Stale => StatusCode::FORBIDDEN,
            Self::Decision(_) => StatusCode::CONFLICT,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the form that was sent can be sent again, put right.
    pub fn is_about_a_form(&self) -> bool {
        matches!(self, Self::Decision(_) | Self::Stale | Self::Malformed | Self::TooLarge)
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
            Self::Question(_) => "question",
            Self::Decision(_) => "decision",
            Self::Overloaded => "overloaded",
            Self::Fault => "fault",
        }
    }
}

fn question(key: &'static str, args: Vec<(&'static str, Arg)>) -> Refused {
    Refused::Question(Why { key, args })
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
            E::Ahead(day) => question("ahead", vec![("day", day.into())]),
            E::BeforeMonitoring { day, since } => {
                question("before", vec![("day", day.into()), ("since", since.into())])
            }
            E::Pruned { day, before } => {
                question("pruned", vec![("day", day.into()), ("before", before.into())])
            }
            E::NoPeriod { .. } => question("no-period", Vec::new()),
            E::NoUnit { text, .. } => question("no-unit", vec![("name", text.into())]),
            E::ManyUnits { text, .. } => question("many-units", vec![("name", text.into())]),
            E::NoAddress(_) | E::NobodyHas { .. } | E::ManySystems { .. } => Self::Malformed,
        }
    }
}
