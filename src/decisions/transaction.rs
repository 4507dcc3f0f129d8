//! How each decision is made: in one short transaction, while the daemon runs.

use std::sync::Arc;

use rusqlite::Transaction;

use super::error::Error;
use crate::jobs::Context;
use crate::model::Language;
use crate::query::{Keeper, Moment};
use crate::store::{self, Access, immediate};

/// Runs `decision` and commits its result; if it fails, the database is unchanged.
pub(super) async fn decide<T: Send + 'static>(
    context: &Context,
    decision: impl FnOnce(&Transaction<'_>, &Moment<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let tx = immediate(connection)?;
            // Not the shared one: what it kept would be wrong if the transaction fails.
            let keeper = &Keeper::default();
            let (connection, config, language) = (&*tx, &*config, Language::En);
            let moment = Moment { connection, config, now, language, keeper };
            let decided = decision(&tx, &moment)?;
            tx.commit().map_err(store::Error::from)?;
            Ok(decided)
        })
        .await
}
