//! What the policy's configuration says that nothing bears out.

use super::line::{Line, note, ok};
use crate::jobs::Context;
use crate::query::{self, Diagnostics, Hint, file_hints, read_leaders};

pub async fn check(context: &Context) -> Vec<Line> {
    // A database that cannot be read has a line of its own.
    let known = context.ask(query::diagnostics).await.unwrap_or_else(|_| Diagnostics {
        hints: file_hints(&read_leaders(&context.config)),
        looked_up: false,
    });
    if known.hints.is_empty() && known.looked_up {
        return vec![ok("policy", "everything that it names was found")];
    }
    let line = |hint: &Hint| {
        let line = if hint.is_information() { ok } else { note };
        line("policy", hint.to_string())
    };
    known.hints.iter().map(line).collect()
}
