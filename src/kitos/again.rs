//! Repeats the requests of the last pull, all at once. If every answer is the same as last
//! time, the register is unchanged and the pull is over. At the first that differs, a full pull
//! begins. It uses the answers that have arrived or are under way, as far as they were kept,
//! and asks for the rest once more.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, oneshot};

use super::answers::{Answer, said};
use super::error::Error;
use super::http::{Reply, locked};

/// At most so many bytes of replies are kept. They are needed only if one turns out to differ.
const MOST_KEPT: usize = 4 * 1024 * 1024;

type Answered = Result<Reply, Error>;

#[derive(Debug)]
pub struct Again<'a> {
    last: &'a [Answer],
    /// Where each answer will be found, once.
    waiting: Mutex<HashMap<&'a str, oneshot::Receiver<Answered>>>,
    to_tell: Mutex<Vec<oneshot::Sender<Answered>>>,
    moved: AtomicBool,
    hint: Notify,
}

impl<'a> Again<'a> {
    pub fn of(last: &'a [Answer]) -> Self {
        let (to_tell, waiting): (Vec<_>, Vec<_>) = last
            .iter()
            .map(|answer| {
                let (sender, receiver) = oneshot::channel();
                (sender, (answer.path.as_str(), receiver))
            })
            .unzip();
        Self {
            last,
            waiting: Mutex::new(waiting.into_iter().collect()),
            to_tell: Mutex::new(to_tell),
            moved: AtomicBool::new(false),
            hint: Notify::new(),
        }
    }

    /// Asks all of it by `ask`. `same` hears how many answers were the ones of last time,
    /// as long as all are. Returns whether all were.
    pub async fn ask<F: Future<Output = Answered>>(
        &self,
        ask: impl Fn(&'a Answer) -> F,
        same: impl Fn(usize),
    ) -> bool {
        let (seen, ask, same) = (&AtomicUsize::new(0), &ask, &same);
        let kept = &AtomicUsize::new(0);
        let to_tell = std::mem::take(&mut *locked(&self.to_tell));
        let each = |(answer, sender): (&'a Answer, oneshot::Sender<Answered>)| async move {
            let answered = ask(answer).await;
            if said(&answered) != Some(answer.digest) {
                self.moved.store(true, Ordering::Relaxed);
                self.hint.notify_one();
            } else if !self.moved.load(Ordering::Relaxed) {
                same(seen.fetch_add(1, Ordering::Relaxed) + 1);
                let size = answered.as_ref().map_or(0, |reply| reply.body.len());
                if kept.fetch_add(size, Ordering::Relaxed) + size > MOST_KEPT {
                    return;
                }
            }
            // The waiting caller may be gone because another of its requests failed.
            let _ = sender.send(answered);
        };
        let mut under_way: FuturesUnordered<_> = self.last.iter().zip(to_tell).map(each).collect();
        while under_way.next().await.is_some() {}
        !self.moved.load(Ordering::Relaxed)
    }

    /// Returns when something has turned out not to be as it was.
    pub async fn moved(&self) {
        self.hint.notified().await;
    }

    /// The answer to `path`, if it was asked for here and nobody has taken it.
    pub async fn take(&self, path: &str) -> Option<Answered> {
        let waiting = locked(&self.waiting).remove(path)?;
        waiting.await.ok()
    }
}
