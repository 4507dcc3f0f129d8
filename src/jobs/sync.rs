//! The sync job: one pull, judged and committed whole, or nothing.

use std::sync::Arc;

use tracing::warn;

use super::commit::commit;
use super::error::Error;
use super::job::{Job, Turn};
use super::monitor;
use super::step::{Before, Step, Told};
use super::sync_report::{SyncOutcome, SyncReport};
use crate::kitos::{self, Answers, Known, Pull, Pulled, Traffic};
use crate::model::JobKind;
use crate::query::{DeparturesFile, read_departures, read_leaders};
use crate::store::{Access, KeptPull, current_snapshot, kitos_answers, last_snapshot};
use crate::time::civil::local_date;

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
        let departures = read_departures(&turn.context.config);
        let result = match self.pull(turn, &departures).await {
            Ok(pull) => self.commit(turn, pull, departures).await,
            Err(error) => Err(error),
        };
        monitor::tell(turn.context, &result).await;
        result
    }
}

/// A pull, with what it found.
struct Found {
    pulled: Pulled,
    before: Option<Before>,
}

impl Sync {
    /// Everything from KITOS, before the database is written to.
    async fn pull(&self, turn: &Turn<'_>, departures: &DeparturesFile) -> Result<Found, Error> {
        let context = turn.context;
        let before = context.store.run(turn.access(), |connection| {
            let Some(last) = last_snapshot(connection)? else { return Ok(None) };
            let Some(snapshot) = current_snapshot(connection)? else { return Ok(None) };
            let answers = kitos_answers(connection)?;
            Ok::<_, Error>(Some((Before { id: last.id, snapshot }, answers)))
        });
        let (before, answers) = before.await?.unzip();
        let today = local_date(turn.now(), context.config.schedule.time_zone);
        let answers = answers.flatten().filter(|_| {
            // Whoever counts as gone is another than KITOS says.
            before.as_ref().is_some_and(|Before { snapshot, .. }| {
                departures.gone((snapshot, today), Some(snapshot)).is_empty()
            })
        });
        let pulled = self.read(turn, before.as_ref(), answers.as_ref()).await?;
        let traffic = match &pulled {
            Pulled::AsBefore(traffic) => traffic,
            Pulled::Read(pull) => &pull.traffic,
        };
        if let Some(skew) = traffic.clock_skew {
            warn!(
                seconds = skew.num_seconds(),
                "this machine's clock and KITOS's differ; check time synchronisation (timedatectl)"
            );
        }
        Ok(Found { pulled, before })
    }

    async fn read(
        &self,
        turn: &Turn<'_>,
        before: Option<&Before>,
        answers: Option<&Answers>,
    ) -> Result<Pulled, Error> {
        let context = turn.context;
        let known = before.map(|before| Known::of(&before.snapshot)).unwrap_or_default();
        let settings = &context.config.kitos;
        let credentials =
            kitos::Credentials::read(settings, &context.environment)?.ok_or(Error::NoPassword)?;
        let client =
            kitos::Client::new(settings, credentials, context.pace)?.keeping(&context.tokens);
        let progress = context.progress.0;
        tokio::select! {
            pulled = client.pull_what_moved(answers, &known, &progress) => Ok(pulled?),
            () = context.cancel.cancelled() => Err(Error::Cancelled),
        }
    }

    async fn commit(
        &self,
        turn: &Turn<'_>,
        found: Found,
        departures: DeparturesFile,
    ) -> Result<SyncReport, Error> {
        let config = Arc::clone(&turn.context.config);
        let duration_ms = i64::try_from(turn.run.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (now, options) = (turn.now(), *self);
        turn.transaction(move |tx| {
            let kept = |snapshot, traffic: Traffic| KeptPull {
                snapshot,
                host: config.kitos.host(),
                requests: traffic.requests,
                bytes: traffic.bytes,
                duration_ms,
            };
            let (pull, before, told, unconfirmed) = match (found.pulled, found.before) {
                (Pulled::AsBefore(traffic), Some(before)) => {
                    (kept(before.snapshot, traffic), None, Told::AsBefore(before.id), 0)
                }
                (Pulled::AsBefore(_), None) => return Err(Error::Overtaken),
                (Pulled::Read(read), before) => {
                    let Pull { snapshot, traffic, unconfirmed, answers } = *read;
                    (kept(snapshot, traffic), before, Told::Anew(answers), unconfirmed)
                }
            };
            let leaders = read_leaders(&config);
            let step = Step {
                config: &config,
                pull: &pull,
                told: &told,
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
