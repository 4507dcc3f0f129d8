//! What KITOS answered in a pull, kept so that the same answers can be recognised: each request
//! with a digest of its reply. Identical replies, read by the same program into the same
//! register, give the same result, so none of them need be read again.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use super::error::{Error, Problem};
use super::http::{Reply, Tries, locked};
use crate::config::{self, OrganizationId};

/// The requests of a pull in the order of asking, each with what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// By what they were read: see [`reader`].
    reader: u64,
    answers: Vec<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub path: String,
    pub tries: Tries,
    /// `None`: KITOS knew nothing of it (404).
    pub digest: Option<u64>,
}

impl Answers {
    /// The requests, if the same `reader` recorded them: another may read the replies otherwise.
    pub fn of(&self, reader: Option<u64>) -> Option<&[Answer]> {
        (reader == Some(self.reader)).then_some(&self.answers)
    }
}

/// The digest of a reply, or `Some(None)` for a 404; `None` if there was no reply.
pub fn said(answered: &Result<Reply, Error>) -> Option<Option<u64>> {
    match answered {
        Ok(reply) => Some(Some(reply.digest)),
        Err(Error::Request { problem: Problem::Status { status: 404, .. }, .. }) => Some(None),
        Err(_) => None,
    }
}

/// Identifies the reader: this executable with these settings. `None` if that cannot be
/// determined.
pub fn reader(settings: &config::Kitos) -> Option<u64> {
    let organization = match &settings.organization {
        OrganizationId::Cvr(cvr) => cvr.clone(),
        OrganizationId::Uuid(uuid) => uuid.to_string(),
    };
    let mut hasher = DefaultHasher::new();
    config::program()?.hash(&mut hasher);
    (&settings.url, organization, settings.page_size).hash(&mut hasher);
    Some(hasher.finish())
}

/// Takes down what a pull asks and is told.
#[derive(Debug, Default)]
pub struct Record(Mutex<Option<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    requests: Vec<Request>,
    paths: HashSet<String>,
}

#[derive(Debug)]
struct Request {
    path: String,
    tries: Tries,
    /// The result of [`said`]; `None` until the reply arrives.
    said: Option<Option<u64>>,
    /// See [`Record::beyond`].
    beyond: bool,
}

impl Record {
    pub fn new() -> Self {
        Self(Mutex::new(Some(Noted::default())))
    }

    /// Notes a request. Returns its number.
    pub fn asked(&self, path: &str, tries: Tries) -> usize {
        let mut place = self.noted();
        let Some(noted) = &mut *place else { return 0 };
        if !noted.paths.insert(path.to_owned()) {
            // Asked twice: the first answer left a doubt.
            *place = None;
            return 0;
        }
        noted.requests.push(Request { path: path.to_owned(), tries, said: None, beyond: false });
        noted.requests.len() - 1
    }

    /// Notes what came back to it.
    pub fn told(&self, number: usize, answered: &Result<Reply, Error>) {
        if let Some(noted) = &mut *self.noted()
            && let Some(request) = noted.requests.get_mut(number)
        {
            request.said = said(answered);
        }
    }

    /// A page asked for ahead lay beyond the end of its list: that the last one is the same
    /// says as much.
    pub fn beyond(&self, path: &str) {
        if let Some(noted) = &mut *self.noted() {
            let pages = noted.requests.iter_mut().filter(|request| request.path == path);
            pages.for_each(|request| request.beyond = true);
        }
    }

    /// The result does not follow from the replies alone: the pull also asked about entries of
    /// the stored register that it had doubts about.
    pub fn doubt(&self) {
        *self.noted() = None;
    }

    /// All answers; `None` if there was a doubt, or a request without an answer.
    pub fn answers(&self, reader: Option<u64>) -> Option<Answers> {
        let requests = self.noted().take()?.requests.into_iter();
        let answers = requests
            .filter(|request| !request.beyond)
            .map(|Request { path, tries, said, .. }| Some(Answer { path, tries, digest: said? }));
        Some(Answers { reader: reader?, answers: answers.collect::<Option<_>>()? })
    }

    fn noted(&self) -> MutexGuard<'_, Option<Noted>> {
        locked(&self.0)
    }
}
