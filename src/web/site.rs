//! What all answers share: the newest configuration, the readers' turns, and the
//! secret of the forms.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::access::Anyone;
use super::origin::Tokens;
use super::refused::Refused;
use crate::jobs::Context;
use crate::model::Language;
use crate::query::{self, Moment};

/// Questions to the database at a time.
const READERS: usize = 4;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub struct Site {
    contexts: watch::Receiver<Context>,
    readers: Arc<Semaphore>,
    pub tokens: Tokens,
    pub anyone: Anyone,
}

impl Site {
    /// `None` where the machine gives no random numbers.
    pub fn new(contexts: watch::Receiver<Context>, anyone: Anyone) -> Option<Self> {
        let readers = Arc::new(Semaphore::new(READERS));
        Some(Self { contexts, readers, tokens: Tokens::new()?, anyone })
    }

    pub fn context(&self) -> Context {
        self.contexts.borrow().clone()
    }

    /// Asks the database, on a connection that can only read. The turn ends with the
    /// work, not with the visitor's patience.
    pub async fn ask<T: Send + 'static>(
        &self,
        context: &Context,
        language: Language,
        question: impl FnOnce(&Moment<'_>) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = timeout(PATIENCE, Arc::clone(&self.readers).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Refused::Overloaded) };
        let asked = context.ask_in(language, move |moment| {
            let answer = question(moment);
            drop(turn);
            Ok::<_, query::Error>(answer)
        });
        asked.await?
    }
}
