//! What the policy's configuration says that nothing bears out.

use super::{Line, note, ok};
use crate::jobs::Context;
use crate::query;
use crate::store::{self, Access};

/// Before the first pull no more is known than the leaders file.
pub async fn check(context: &Context) -> Vec<Line> {
    let config = context.config.clone();
    let seen = context.store.run(Access::Existing, |connection| {
        let snapshot = store::current_snapshot(connection)?;
        Ok::<_, store::Error>((snapshot, store::recorded_roles(connection)?))
    });
    let leaders = query::read_leaders(&config);
    let (hints, silence) = match seen.await {
        Ok((Some(snapshot), recorded)) => {
            let hints = query::policy_hints(&config, &recorded, &snapshot, &leaders);
            (hints, Some("everything that it names was found"))
        }
        // A database that cannot be read has a line of its own.
        Ok((None, _)) | Err(_) => (query::file_hints(&leaders), None),
    };
    if hints.is_empty() {
        return silence.map(|told| ok("policy", told)).into_iter().collect();
    }
    let line = |hint: &query::Hint| {
        let line = if hint.is_information() { ok } else { note };
        line("policy", hint.to_string())
    };
    hints.iter().map(line).collect()
}
