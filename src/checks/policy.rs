//! What the policy's configuration says that nothing bears out.

use super::line::{Line, fault, note, ok};
use crate::jobs::Context;
use crate::query::{self, Diagnostics, Hint, file_hints, read_leaders};

/// Whether lines of their own say how the names of roles do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roles {
    Told,
    ToTell,
}

/// What other lines say already is left out: the lists have lines of their own.
pub async fn check(context: &Context, roles: Roles) -> Vec<Line> {
    // A database that cannot be read has a line of its own.
    let known = context.ask(query::diagnostics).await.unwrap_or_else(|_| Diagnostics {
        hints: file_hints(&read_leaders(&context.config)),
        looked_up: false,
    });
    if known.hints.is_empty() && known.looked_up {
        return vec![ok("policy", "everything that it names was found")];
    }
    let line = |hint: &Hint| {
        let line = match hint {
            Hint::Excluded { .. } => ok,
            Hint::ExcludesAll => fault,
            _ => note,
        };
        line("policy", hint.to_string())
    };
    let is_told = |hint: &&Hint| match hint {
        Hint::LeadersBroken { .. } | Hint::BadLeadersCell { .. } => true,
        Hint::UnknownRole { .. } | Hint::RoleGone { .. } => roles == Roles::Told,
        _ => false,
    };
    known.hints.iter().filter(|hint| !is_told(hint)).map(line).collect()
}
