//! The sync job: one pull, judged and committed whole, or nothing.

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::oneshot;
use tracing::warn;

use super::commit::commit;
use super::error::Error;
use super::job::{Job, Turn};
use super::monitor;
use super::step::{Before, Replies, Step};
use super::sync_report::{SyncOutcome, SyncReport};
use crate::kitos::{self, Answers, Known, Pull, Pulled, Traffic};
use crate::model::JobKind;
use crate::query::{DeparturesFile, read_departures, read_leaders};
use crate::store::{self, Access, KeptPull, current_snapshot, kitos_answers, last_snapshot};
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
        let (answers, register) = last_pull(turn);
        // Where there are none the register says why.
        let answers = answers.await.ok().flatten();
        let mut found = self.read(turn, answers.as_ref(), register).await?;
        let today = local_date(turn.now(), turn.context.config.schedule.time_zone);
        if let (Pulled::AsBefore(_), Some(before)) = (&found.pulled, &found.before)
            && !departures.gone((&before.snapshot, today), Some(&before.snapshot)).is_empty()
        {
            // Who counts as gone is another than KITOS says: what it says must be read.
            let register = future::ready(Ok(found.before)).boxed();
            found = self.read(turn, None, register).await?;
        }
        let traffic = match &found.pulled {
            Pulled::AsBefore(traffic) => traffic,
            Pulled::Read(pull) => &pull.traffic,
        };
        if let Some(skew) = traffic.clock_skew {
            warn!(
                seconds = skew.num_seconds(),
                "this machine's clock and KITOS's differ; check time synchronisation (timedatectl)"
            );
        }
        Ok(found)
    }

    async fn read(
        &self,
        turn: &Turn<'_>,
        answers: Option<&Answers>,
        mut register: Register,
    ) -> Result<Found, Error> {
        let context = turn.context;
        let settings = &context.config.kitos;
        let credentials =
            kitos::Credentials::read(settings, &context.environment)?.ok_or(Error::NoPassword)?;
        let client =
            kitos::Client::new(settings, credentials, context.pace)?.keeping(&context.tokens);
        let progress = context.progress.0;
        // It is read while KITOS answers. Whatever that says, the register is asked for.
        let mut before = None;
        let known = async {
            before = (&mut register).await?;
            let known = before.as_ref().map(|before: &Before| Known::of(&before.snapshot));
            Ok::<_, Error>(known.unwrap_or_default())
        };
        let pulled = tokio::select! {
            pulled = client.pull_what_moved(answers, known, &progress) => pulled?,
            () = context.cancel.cancelled() => return Err(Error::Cancelled),
        };
        if matches!(pulled, Pulled::AsBefore(_)) {
            before = register.await?;
        }
        Ok(Found { pulled, before })
    }

    async fn commit(
        &self,
        turn: &Turn<'_>,
        found: Found,
        departures: DeparturesFile,
    ) -> Result<SyncReport, Error> {
        let duration_ms = i64::try_from(turn.run.elapsed().as_millis()).unwrap_or(i64::MAX);
        let options = *self;
        turn.transaction(move |tx, moment| {
            let kept = |snapshot, traffic: Traffic| KeptPull {
                snapshot,
                host: moment.config.kitos.host(),
                requests: traffic.requests,
                bytes: traffic.bytes,
                duration_ms,
            };
            let (pull, before, replies, unconfirmed) = match (found.pulled, found.before) {
                (Pulled::AsBefore(traffic), Some(before)) => {
                    (kept(before.snapshot, traffic), None, Replies::AsBefore(before.id), 0)
                }
                (Pulled::AsBefore(_), None) => return Err(Error::Overtaken),
                (Pulled::Read(read), before) => {
                    let Pull { snapshot, traffic, unconfirmed, answers } = *read;
                    (kept(snapshot, traffic), before, Replies::Anew(answers), unconfirmed)
                }
            };
            let leaders = read_leaders(moment.config);
            let step = Step {
                moment: *moment,
                pull: &pull,
                replies: &replies,
                before: before.as_ref(),
                taken_at: moment.now,
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

/// The register as the last pull left it.
type Register = BoxFuture<'static, Result<Option<Before>, Error>>;

/// What the last pull left, both of one moment: what KITOS replied to it, and the register,
/// which takes longer.
fn last_pull(turn: &Turn<'_>) -> (oneshot::Receiver<Option<Answers>>, Register) {
    let (tell, answers) = oneshot::channel();
    let register = turn.context.store.run(turn.access(), |connection| {
        let moment = connection.transaction().map_err(store::Error::from)?;
        // Who no longer waits for them needs none.
        drop(tell.send(kitos_answers(&moment)?));
        let Some(last) = last_snapshot(&moment)? else { return Ok(None) };
        let snapshot = current_snapshot(&moment)?;
        Ok(snapshot.map(|snapshot| Before { id: last.id, snapshot }))
    });
    (answers, register)
}
