//! When each job is due, of an installation that is made if it is new.

use super::context::Context;
use super::error::Error;
use super::ids::fresh_uuid;
use crate::query::{self, Delay, Timetable};
use crate::store::{Access, installation};

/// Who asks what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// The daemon: the sync has the installation's own delay, and a `deliver` that
    /// failed rests, since the daemon comes again by itself.
    Daemon,
    /// `run --once`: at its hour, at once.
    Once,
}

/// When each job is due.
///
/// # Errors
/// When the database fails.
pub async fn timetable(context: &Context, rhythm: Rhythm) -> Result<Timetable, Error> {
    let now = context.now();
    let made = context.store.run(Access::Create, move |connection| {
        installation(connection, fresh_uuid(), now).map(drop)
    });
    made.await?;
    let password_changed = context.password_changed();
    let delay = match rhythm {
        Rhythm::Daemon => Delay::OfInstallation,
        Rhythm::Once => Delay::None,
    };
    Ok(context.ask(move |moment| query::timetable(moment, password_changed, delay)).await?)
}
