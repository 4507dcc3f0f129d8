//! Everything that can be wrong, each with its verdict and the way out: what the
//! state says, and what KITOS and the mail server answer. Sends no mail, and changes
//! nothing but that a pause after a refused login ends when KITOS takes the login.

mod kitos;
mod leaders;
mod line;
mod lists;
mod local;
mod mail;
mod outlets;
mod policy;
mod roles;
mod unheard;

use std::collections::BTreeSet;

pub use kitos::{check as way_to_kitos, clocks_differ};
pub use leaders::check as leaders_file;
pub use line::{Line, Verdict};
pub use local::began_anew;

use crate::jobs::Context;

/// All of it.
pub async fn all(context: &Context) -> Vec<Line> {
    let mut lines = vec![local::configuration(context)];
    lines.extend(kitos::check(context).await);
    let roles = match lines.iter().any(|line| line.what == roles::OWNER_ROLES) {
        true => policy::Roles::Told,
        false => policy::Roles::ToTell,
    };
    lines.extend(mail::check(context).await);
    lines.extend(local::database(context).await);
    lines.extend(local::lately(context).await);
    lines.extend(policy::check(context, roles).await);
    lines.extend(lists::check(context).await);
    lines.push(local::templates(context));
    lines.extend(unheard::check(context));
    lines.extend(outlets::check(context).await);
    lines.extend(local::schedule(context).await);
    lines.extend(mail::next_week(context).await);
    lines.extend(mail::pace(context).await);
    // What several steps meet, such as a database that cannot be written to, is told once.
    let mut told = BTreeSet::new();
    lines.retain(|line| told.insert((line.what, line.detail.clone())));
    lines
}
