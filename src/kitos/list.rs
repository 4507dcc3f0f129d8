//! A whole list out of its pages. KITOS pages by offset, without a total: a
//! list ends with a page shorter than asked, and a deletion between two pages
//! shifts the rest.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, StreamExt};
use serde::de::DeserializeOwned;
use tracing::debug;
use uuid::Uuid;

use super::again::Again;
use super::answers::Record;
use super::error::{Error, Problem};
use super::http::{Http, Reply, Tries};
use super::json::parse;
use super::token::{Login, Token};
use super::translate::Row;

/// A list has an end (R3).
const MOST_PAGES: usize = 2_000;
const MOST_ROWS: usize = 100_000;
/// A page that is asked for in parts has had its patience already.
const TRIES_OF_A_PART: u32 = 2;
/// After so many time-outs of a gateway a page is asked for in smaller ones.
const GATEWAY_TIMEOUTS: u32 = 2;

/// A whole list.
#[derive(Debug)]
pub struct List<T> {
    pub rows: Vec<T>,
    pub uuids: BTreeSet<Uuid>,
}

/// What reading lists needs.
#[derive(Debug)]
pub struct Lists<'a> {
    pub http: &'a Http,
    pub login: &'a Login,
    /// The token that this pull began with: it is renewed once.
    pub token: Token,
    pub concurrency: usize,
    /// Requests and bytes before this pull.
    pub since: (u64, u64),
    /// What is asked, and told.
    pub record: Record,
    /// Answers that were asked for ahead.
    pub again: Option<&'a Again<'a>>,
}

impl Lists<'_> {
    /// One GET, unless its answer lies ready.
    pub async fn get(&self, path: &str, tries: Tries) -> Result<Vec<u8>, Error> {
        let number = self.record.asked(path, tries);
        let ready = match self.again {
            Some(again) => again.take(path).await,
            None => None,
        };
        let answered = match ready {
            Some(answered) => answered,
            None => self.ask(path, tries, None).await,
        };
        self.record.told(number, &answered);
        answered.map(|reply| reply.body)
    }

    /// One GET, with one new login when the token is refused (R5). `known`: the digest of
    /// a reply that was found good before.
    pub async fn ask(&self, path: &str, tries: Tries, known: Option<u64>) -> Result<Reply, Error> {
        let token = self.login.token(self.http).await?;
        let refused = |problem: &Problem| matches!(problem, Problem::Status { status: 401, .. });
        let failed = |problem| Error::Request { what: self.what(path), problem };
        let get = async |token: &Token| self.http.get((path, known), &token.secret, tries).await;
        match get(&token).await {
            Err(problem) if refused(&problem) => {
                if token.number > self.token.number {
                    return Err(Error::TokenRefused { what: self.what(path) });
                }
                let token = self.login.renewed(self.http, &token).await?;
                get(&token).await.map_err(|problem| {
                    if refused(&problem) {
                        Error::TokenRefused { what: self.what(path) }
                    } else {
                        failed(problem)
                    }
                })
            }
            result => result.map_err(failed),
        }
    }

    /// GETs one JSON value.
    pub async fn value<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let body = self.get(path, self.http.tries()).await?;
        parse(&body).map_err(|problem| Error::Request { what: self.what(path), problem })
    }

    /// All rows of the list at `path` (which holds a `?`), in pages of `size`.
    ///
    /// `hint`: how many rows it had last time. Then just its pages are asked
    /// for, all at once: no round is spent on learning where it ends. Without it
    /// some pages are asked for ahead, so that an empty page in the middle is not
    /// taken for the end: later pulls have [`Known`](super::Known) for that.
    pub async fn all<T: Row>(
        &self,
        path: &str,
        size: u32,
        hint: Option<usize>,
        each_page: impl Fn(usize),
    ) -> Result<List<T::Kept>, Error> {
        let each_page = &each_page;
        let ask = |page| async move {
            let rows = self.page::<T>(path, page, size, self.http.tries().all).await?;
            each_page(rows.len());
            Ok::<_, Error>(rows)
        };
        let ahead = if hint.is_some() { 1 } else { (self.concurrency / 2).max(2) };
        let mut asked = hint.map_or(ahead, |rows| rows / size as usize + 1).min(MOST_PAGES);
        let mut under_way: FuturesOrdered<_> = (0..asked).map(ask).collect();
        let mut list = Gathered::new(self.what(path), size as usize);
        while let Some(page) = under_way.next().await {
            list.add(page?)?;
            // When only the longest list is left, it may use the connections that no other needs.
            let is_alone = hint.is_none() && self.http.is_idle();
            let most = if is_alone { ahead.max(self.concurrency) } else { ahead };
            while list.end.is_none() && asked < list.pages + most {
                under_way.push_back(ask(asked));
                asked += 1;
            }
        }
        for page in list.end.map_or(asked, |end| end + 1)..asked {
            self.record.beyond(&path_of(path, page, size));
        }
        Ok(List { rows: list.rows, uuids: list.seen })
    }

    /// All rows of a list that held `known` last time. Where one of these is
    /// absent, the list is read once more: absent twice is gone, but a row that
    /// is there again was lost between two pages. (Usages and people are asked
    /// for one by one instead.)
    pub async fn confirmed<T: Row>(
        &self,
        path: &str,
        size: u32,
        known: &BTreeSet<Uuid>,
        each_page: impl Fn(usize),
    ) -> Result<Vec<T::Kept>, Error> {
        let hint = (!known.is_empty()).then_some(known.len());
        let list = self.all::<T>(path, size, hint, &each_page).await?;
        let absent: BTreeSet<Uuid> = known.difference(&list.uuids).copied().collect();
        if absent.is_empty() {
            return Ok(list.rows);
        }
        let again = self.all::<T>(path, size, hint, &each_page).await?.uuids;
        match absent.intersection(&again).next() {
            None => Ok(list.rows),
            Some(uuid) => Err(Error::Changed {
                what: format!("{}: {uuid} was missing, and is still there", self.what(path)),
            }),
        }
    }

    /// A request, as messages name it.
    pub fn what(&self, path: &str) -> String {
        format!("GET {}{path}", self.http.base())
    }

    /// One page. When it keeps failing in a way that may be its size, its range
    /// is asked for in smaller pages, whose offsets stay aligned.
    fn page<'a, T: Row + 'a>(
        &'a self,
        path: &'a str,
        page: usize,
        size: u32,
        tries: u32,
    ) -> BoxFuture<'a, Result<Page<T::Kept>, Error>> {
        Box::pin(async move {
            let whole = path_of(path, page, size);
            let smaller = smaller(size);
            let gateway_timeouts = if smaller.is_some() { GATEWAY_TIMEOUTS } else { tries };
            let body = match self.get(&whole, Tries { all: tries, gateway_timeouts }).await {
                Ok(body) => body,
                Err(Error::Request { what, problem }) if problem.may_be_size() => {
                    let Some(smaller) = smaller else {
                        let problem = Problem::Row { row: page, problem: Box::new(problem) };
                        return Err(Error::Request { what, problem });
                    };
                    debug!(
                        path,
                        page, size, smaller, "a page keeps failing; asking in smaller pages"
                    );
                    return self.parts::<T>(path, page, size, smaller).await;
                }
                Err(error) => return Err(error),
            };
            let rows: Vec<T> = parse(&body)
                .map_err(|problem| Error::Request { what: self.what(&whole), problem })?;
            Ok(rows.into_iter().map(|row| (row.uuid(), row.keep())).collect())
        })
    }

    /// A page out of smaller ones.
    async fn parts<T: Row>(
        &self,
        path: &str,
        page: usize,
        size: u32,
        smaller: u32,
    ) -> Result<Page<T::Kept>, Error> {
        self.record.doubt();
        let parts = (size / smaller) as usize;
        let mut rows = Vec::new();
        let mut ended = false;
        for part in page * parts..(page + 1) * parts {
            let some = self.page::<T>(path, part, smaller, TRIES_OF_A_PART).await?;
            if ended && !some.is_empty() {
                let what = self.what(path);
                return Err(Error::Changed {
                    what: format!("{what}: it went on after a page that was not full"),
                });
            }
            ended |= some.len() < smaller as usize;
            rows.extend(some);
        }
        Ok(rows)
    }
}

pub fn path_of(path: &str, page: usize, size: u32) -> String {
    format!("{path}&page={page}&pageSize={size}")
}

/// The rows of one page with their uuids.
type Page<T> = Vec<(Uuid, T)>;

/// The pages of one list as they come in, held against each other.
struct Gathered<T> {
    what: String,
    size: usize,
    pages: usize,
    /// The page that was not full.
    end: Option<usize>,
    rows: Vec<T>,
    seen: BTreeSet<Uuid>,
}

impl<T> Gathered<T> {
    fn new(what: String, size: usize) -> Self {
        Self { what, size, pages: 0, end: None, rows: Vec::new(), seen: BTreeSet::new() }
    }

    /// Takes the next page.
    fn add(&mut self, page: Page<T>) -> Result<(), Error> {
        let number = self.pages;
        self.pages += 1;
        if page.len() > self.size {
            let (rows, size) = (page.len(), self.size);
            return self.fail(format!("page {number} has {rows} rows, and {size} were asked for"));
        }
        if self.end.is_some() && !page.is_empty() {
            return self
                .moved(format!("it went on with page {number} after one that was not full"));
        }
        if page.len() < self.size {
            self.end.get_or_insert(number);
        }
        if !page.is_empty() && page.iter().all(|(uuid, _)| self.seen.contains(uuid)) {
            return self.fail(format!("page {number} repeats rows of the pages before it"));
        }
        for (uuid, row) in page {
            if !self.seen.insert(uuid) {
                return self.moved(format!("it has {uuid} twice"));
            }
            self.rows.push(row);
        }
        if self.end.is_none() && (self.pages >= MOST_PAGES || self.rows.len() >= MOST_ROWS) {
            return self.fail(format!("it has no end after {} rows", self.rows.len()));
        }
        Ok(())
    }

    /// An error that reading the list again cannot fix.
    fn fail(&self, reason: String) -> Result<(), Error> {
        let problem = Problem::Inconsistent { reason };
        Err(Error::Request { what: self.what.clone(), problem })
    }

    /// What a list does that is edited while it is read.
    fn moved(&self, how: String) -> Result<(), Error> {
        Err(Error::Changed { what: format!("{}: {how}", self.what) })
    }
}

/// The next smaller page size that divides `size`; `None` below one row.
fn smaller(size: u32) -> Option<u32> {
    (1..=size / 2).rev().find(|smaller| size.is_multiple_of(*smaller))
}

#[cfg(test)]
mod tests {
    use super::smaller;

    #[test]
    fn sizes_shrink_to_one_and_divide() {
        for (size, next) in [
            (100, Some(50)),
            (50, Some(25)),
            (25, Some(5)),
            (5, Some(1)),
            (1, None),
            (7, Some(1)),
            (250, Some(125)),
        ] {
            assert_eq!(smaller(size), next, "{size}");
        }
    }
}
