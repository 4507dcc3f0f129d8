//! How each decision is made: in one short transaction, while the daemon runs.

use std::sync::Arc;

use rusqlite::Transaction;

use super::error::Error;
use crate::jobs::Context;
use crate::model::Language;
use crate::query::Moment;
use crate::store::{self, Access, immediate};

/// What `decision` comes to, committed; on its error the database is as it was.
pub(super) async fn decide<T: Send + 'static>(
    context: &Context,
    decision: impl FnOnce(&Transaction<'_>, &Moment<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let tx = immediate(connection)?;
            let moment = Moment { connection: &tx, config: &config, now, language: Language::En };
            let decided = decision(&tx, &moment)?;
            tx.commit().map_err(store::Error::from)?;
            Ok(decided)
        })
        .await
}
