//! One automatic backup a day, made by whichever round is the day's first. A
//! backup that cannot be made is an incident, and keeps no job from running.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::model::{AlertFact, IncidentKind};
use crate::store::{self, Access, daily_backup, incidents, last_snapshot};
use crate::time::civil::local_date;

use super::context::Context;
use super::error::Error;
use super::incidents::note;

/// A copy that an operator asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupReport {
    pub file: PathBuf,
    pub bytes: u64,
}

/// A consistent, verified copy while everything runs.
///
/// # Errors
/// When `file` is there already, or the copy cannot be made or is not sound.
pub async fn backup(context: &Context, file: &Path) -> Result<BackupReport, Error> {
    let file = file.to_owned();
    context
        .store
        .run(Access::Existing, move |connection| {
            store::backup(connection, &file)?;
            let bytes = std::fs::metadata(&file)
                .map_err(|source| store::Error::Backup { path: file.clone(), source })?
                .len();
            Ok(BackupReport { file, bytes })
        })
        .await
}

/// Makes today's backup unless it is there, and deletes those whose time is over.
pub(super) async fn back_up(context: &Context) -> Result<(), Error> {
    let day = local_date(context.now(), context.config.schedule.time_zone);
    let keep = context.config.retention.backups;
    let path = context.store.path().to_owned();
    let (made, open) = context
        .store
        .run(Access::Existing, move |connection| {
            let all = incidents(connection)?;
            let open = all.into_iter().find(|open| open.kind == IncidentKind::Backup);
            if last_snapshot(connection)?.is_none() {
                return Ok((Ok(()), open));
            }
            Ok::<_, store::Error>((daily_backup(connection, &path, day, keep), open))
        })
        .await?;
    match made {
        Err(error) => {
            let facts = vec![AlertFact::Error(error.to_string())];
            // Tried each round: only what is new is written, such as another reason.
            if open.is_some_and(|open| open.facts == facts) {
                return Ok(());
            }
            note(context, IncidentKind::Backup, Some(facts)).await
        }
        Ok(()) if open.is_some() => note(context, IncidentKind::Backup, None).await,
        Ok(()) => Ok(()),
    }
}
