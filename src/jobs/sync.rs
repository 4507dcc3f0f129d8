//! The sync job: one pull, judged and committed whole, or nothing.

use std::sync::Arc;

use tracing::warn;

use super::commit::commit;
use super::error::Error;
use super::job::{Job, Turn};
use super::monitor;
use super::step::{Before, Step};
use super::sync_report::{SyncOutcome, SyncReport};
use crate::kitos::{self, Known, Pull};
use crate::model::JobKind;
use crate::query::{read_departures, read_leaders};
use crate::store::{Access, KeptPull, current_snapshot, last_snapshot};

/// One pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sync {
    /// Write nothing.
    pub dry_run: bool,
    /// A leaders file that lost many lines is right all the same.
    pub accept_leaders: bool,
}

impl Job for Sync {
    type Report = SyncReport;

    const KIND: JobKind = JobKind::Sync;

    fn trial(&self) -> Option<Access> {
        self.dry_run.then_some(Access::Try)
    }

    async fn work(&self, turn: &Turn<'_>) -> Result<SyncReport, Error> {
        let result = match self.pull(turn).await {
            Ok((pull, before)) => self.commit(turn, pull, before).await,
            Err(error) => Err(error),
        };
        monitor::tell(turn.context, &result).await;
        result
    }
}

impl Sync {
    /// Everything from KITOS, before the database is written to.
    async fn pull(&self, turn: &Turn<'_>) -> Result<(Pull, Option<Before>), Error> {
        let context = turn.context;
        let before = context.store.run(turn.access(), |connection| {
            let Some(last) = last_snapshot(connection)? else { return Ok(None) };
            let snapshot = current_snapshot(connection)?;
            Ok::<_, Error>(snapshot.map(|snapshot| Before { id: last.id, snapshot }))
        });
        let before = before.await?;
        let known = before.as_ref().map(|before| Known::of(&before.snapshot)).unwrap_or_default();
        let settings = &context.config.kitos;
        let credentials =
            kitos::Credentials::read(settings, &context.environment)?.ok_or(Error::NoPassword)?;
        let client =
            kitos::Client::new(settings, credentials, context.pace)?.keeping(&context.tokens);
        let progress = context.progress.0;
        let pull = tokio::select! {
            pull = client.pull(&known, &progress) => pull?,
            () = context.cancel.cancelled() => return Err(Error::Cancelled),
        };
        if let Some(skew) = pull.clock_skew {
            warn!(
                seconds = skew.num_seconds(),
                "this machine's clock and KITOS's differ; check time synchronisation (timedatectl)"
            );
        }
        Ok((pull, before))
    }

    async fn commit(
        &self,
        turn: &Turn<'_>,
        pull: Pull,
        before: Option<Before>,
    ) -> Result<SyncReport, Error> {
        let config = Arc::clone(&turn.context.config);
        let kept = KeptPull {
            snapshot: pull.snapshot,
            host: config.kitos.host(),
            requests: pull.requests,
            bytes: pull.bytes,
            duration_ms: i64::try_from(turn.run.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        let (now, options, unconfirmed) = (turn.now(), *self, pull.unconfirmed);
        turn.transaction(move |tx| {
            let (leaders, departures) = (read_leaders(&config), read_departures(&config));
            let step = Step {
                config: &config,
                pull: &kept,
                before: before.as_ref(),
                taken_at: now,
                now,
                guard: Some(unconfirmed),
                leaders: &leaders,
                departures: &departures,
                accept_leaders: options.accept_leaders,
            };
            let report = commit(tx, &step)?;
            Ok(match options.dry_run {
                true => SyncReport { outcome: SyncOutcome::DryRun, snapshot_id: None, ..report },
                false => report,
            })
        })
        .await
    }
}
