//! The sync job: one pull, judged and committed whole, or nothing.

use std::sync::Arc;

use futures_util::future::{self, BoxFuture, FutureExt};
use tokio::sync::oneshot;
use tracing::warn;

use super::commit::commit;
use super::error::Error;
use super::grounds::Ahead;
use super::job::{Job, Turn};
use super::monitor;
use super::step::{Before, Replies, Step};
use super::sync_report::{SyncOutcome, SyncReport};
use crate::kitos::{self, Answers, Known, Pull, Pulled, Traffic};
use crate::model::JobKind;
use crate::query::{DeparturesFile, read_departures, read_leaders};
use crate::store::{
    self, Access, KeptPull, current_snapshot, kitos_answers, last_snapshot, record_clock_skew,
};
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
        // A trial says nothing of the data that people see.
        if !self.dry_run {
            monitor::tell(turn.context, &result).await;
        }
        result
    }
}

/// A pull, with what it found.
struct Found {
    pulled: Pulled,
    before: Option<Before>,
    ahead: Option<Box<Ahead>>,
}

impl Found {
    fn traffic(&self) -> &Traffic {
        match &self.pulled {
            Pulled::AsBefore(traffic) => traffic,
            Pulled::Read(pull) => &pull.traffic,
        }
    }
}

impl Sync {
    /// Everything from KITOS, before the database is written to.
    async fn pull(&self, turn: &Turn<'_>, departures: &DeparturesFile) -> Result<Found, Error> {
        let LastPull { answers, register, ahead } = self.last_pull(turn);
        // If reading failed, the sender was dropped; awaiting `register` returns the error.
        let answers = answers.await.ok().flatten();
        let mut found = self.read(turn, answers.as_ref(), register, Some(ahead)).await?;
        let today = local_date(turn.now(), turn.context.config.schedule.time_zone);
        if let (Pulled::AsBefore(_), Some(before)) = (&found.pulled, &found.before)
            && !departures.gone((&before.snapshot, today), Some(&before.snapshot)).is_empty()
        {
            // The departures list changes who counts as a member, so the replies must be parsed
            // even though they are unchanged.
            let register = future::ready(Ok(found.before)).boxed();
            found = self.read(turn, None, register, None).await?;
        }
        if let Some(skew) = found.traffic().clock_skew {
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
        mut ahead: Option<oneshot::Receiver<Box<Ahead>>>,
    ) -> Result<Found, Error> {
        let context = turn.context;
        let settings = &context.config.kitos;
        let credentials = kitos::Credentials::read(settings, &context.environment)?
            .ok_or_else(|| Error::no_password(settings))?;
        let client =
            kitos::Client::new(settings, credentials, context.pace)?.keeping(&context.tokens);
        let progress = context.progress.0;
        // The register is read from the database while KITOS answers. Both branches below need it.
        let mut before = None;
        let known = async {
            // Something changed, so the result that was computed ahead is of no use.
            drop(ahead.take());
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
        let ahead = match ahead {
            Some(ahead) => ahead.await.ok(),
            None => None,
        };
        Ok(Found { pulled, before, ahead })
    }

    /// What the last pull left, all of one moment.
    fn last_pull(&self, turn: &Turn<'_>) -> LastPull {
        let (tell_answers, answers) = oneshot::channel();
        let (tell_register, register) = oneshot::channel();
        let (tell_ahead, ahead) = oneshot::channel();
        let (config, now) = (Arc::clone(&turn.context.config), turn.now());
        let accept_leaders = self.accept_leaders;
        // A closed channel means that nobody needs the value any more; ignore the send error.
        let reading = turn.context.store.run(turn.access(), move |connection| {
            let moment = connection.transaction().map_err(store::Error::from)?;
            drop(tell_answers.send(kitos_answers(&moment)?));
            let last = last_snapshot(&moment)?;
            let Some((last, register)) = last.zip(current_snapshot(&moment)?) else {
                drop(tell_register.send(None));
                return Ok(());
            };
            let register = Arc::new(register);
            let before = Before { id: last.id, snapshot: Arc::clone(&register) };
            drop(tell_register.send(Some(before)));
            if !tell_ahead.is_closed() {
                let leaders = (&read_leaders(&config), accept_leaders);
                let ahead = Ahead::of(&moment, (&config, now), (&register, &last), leaders)?;
                drop(register);
                drop(tell_ahead.send(Box::new(ahead)));
            }
            Ok(())
        });
        let register = async {
            match register.await {
                Ok(register) => Ok(register),
                // It ended before that.
                Err(_) => reading.await.map(|()| None),
            }
        };
        LastPull { answers, register: register.boxed(), ahead }
    }

    async fn commit(
        &self,
        turn: &Turn<'_>,
        found: Found,
        departures: DeparturesFile,
    ) -> Result<SyncReport, Error> {
        let duration_ms = i64::try_from(turn.run.elapsed().as_millis()).unwrap_or(i64::MAX);
        let options = *self;
        let clock_skew = found.traffic().clock_skew.map(|skew| skew.num_seconds());
        turn.transaction(move |tx, moment| {
            record_clock_skew(tx, clock_skew)?;
            let kept = |snapshot, traffic: Traffic| KeptPull {
                snapshot,
                host: moment.config.kitos.host(),
                requests: traffic.requests,
                bytes: traffic.bytes,
                duration_ms,
            };
            let (pull, before, replies, unconfirmed) = match (found.pulled, found.before) {
                (Pulled::AsBefore(traffic), Some(before)) => {
                    let snapshot = Arc::unwrap_or_clone(before.snapshot);
                    let replies = Replies::AsBefore { of: before.id, ahead: found.ahead };
                    (kept(snapshot, traffic), None, replies, 0)
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

/// What the last pull left, each as soon as it is read: the quickest first.
struct LastPull {
    /// What KITOS replied to it.
    answers: oneshot::Receiver<Option<Answers>>,
    register: Register,
    /// The result of this pull if KITOS replies as before.
    ahead: oneshot::Receiver<Box<Ahead>>,
}
