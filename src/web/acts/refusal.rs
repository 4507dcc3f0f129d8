//! Why a decision was not carried out, for whoever decided.

use crate::decisions::Error;
use crate::web::refused::Refused;

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Query(error) => error.into(),
            Error::Store(_) | Error::Job(_) => {
                tracing::error!(%error, "a decision of the page was not carried out");
                Self::Fault
            }
            refused => Self::Decision(refused.to_string()),
        }
    }
}
