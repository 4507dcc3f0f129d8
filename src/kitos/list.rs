//! A whole list out of its pages. KITOS pages by offset, without a total: a
//! list ends with a page shorter than asked, and a deletion between two pages
//! shifts the rest.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use tracing::warn;

use super::error::{Error, Problem};
use super::http::{Http, parse};
use super::token::{Login, Token};
use super::wire::Row;

const MOST_PAGES: usize = 2_000;
const MOST_ROWS: usize = 100_000;
/// A page that is asked for in parts has had its patience already.
const TRIES_OF_A_PART: u32 = 2;

/// What reading lists needs.
#[derive(Debug)]
pub struct Lists<'a> {
    pub http: &'a Http,
    pub login: &'a Login,
    /// The token that this pull began with: it is renewed once.
    pub token: Token,
    pub page_size: u32,
    pub concurrency: usize,
}

impl Lists<'_> {
    /// One GET, with one new login when the token is refused (R5).
    pub async fn get(&self, path: &str, tries: u32) -> Result<Vec<u8>, Error> {
        let token = self.login.token(self.http).await?;
        let refused = |problem: &Problem| matches!(problem, Problem::Status { status: 401, .. });
        let failed = |problem| Error::Request { what: format!("GET {path}"), problem };
        match self.http.get(path, &token.secret, tries).await {
            Err(problem) if refused(&problem) => {
                if token.number > self.token.number {
                    return Err(Error::TokenRefused { what: format!("GET {path}") });
                }
                let token = self.login.renewed(self.http, &token).await?;
                self.http.get(path, &token.secret, tries).await.map_err(|problem| {
                    if refused(&problem) {
                        Error::TokenRefused { what: format!("GET {path}") }
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
        parse(&body).map_err(|problem| Error::Request { what: format!("GET {path}"), problem })
    }

    /// All rows of the list at `path` (which holds a `?`). `hint`: how many rows
    /// it had last time, so that all its pages are asked for at once.
    pub async fn all<T: Row + DeserializeOwned>(
        &self,
        path: &str,
        hint: Option<usize>,
        each_page: impl Fn(usize),
    ) -> Result<Vec<T>, Error> {
        let size = self.page_size as usize;
        let failed = |reason: String| Error::Request {
            what: format!("GET {path}"),
            problem: Problem::Inconsistent { reason },
        };
        let mut rows: Vec<T> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next = 0;
        let mut ahead = hint.map_or(self.concurrency, |rows| rows / size + 1);
        loop {
            let pages = (next..next + ahead).map(|page| {
                let each_page = &each_page;
                async move {
                    let rows =
                        self.page::<T>(path, page, self.page_size, self.http.tries()).await?;
                    each_page(rows.len());
                    Ok::<_, Error>(rows)
                }
            });
            let mut ended = false;
            for (offset, page) in try_join_all(pages).await?.into_iter().enumerate() {
                let number = next + offset;
                if page.len() > size {
                    return Err(failed(format!(
                        "page {number} has {} rows, and {size} were asked for",
                        page.len()
                    )));
                }
                if ended && !page.is_empty() {
                    return Err(Error::Changed {
                        what: format!(
                            "{path} went on with page {number} after a page that was not full"
                        ),
                    });
                }
                ended |= page.len() < size;
                let first_is_known = page.first().is_some_and(|row| seen.contains(&row.uuid()));
                let all_known = page.iter().all(|row| seen.contains(&row.uuid()));
                if first_is_known && all_known {
                    return Err(failed(format!(
                        "page {number} repeats rows of the pages before it"
                    )));
                }
                for row in page {
                    if !seen.insert(row.uuid()) {
                        return Err(Error::Changed {
                            what: format!("{path} has {} twice", row.uuid()),
                        });
                    }
                    rows.push(row);
                }
            }
            if ended {
                return Ok(rows);
            }
            next += ahead;
            ahead = self.concurrency;
            if next > MOST_PAGES || rows.len() > MOST_ROWS {
                return Err(failed(format!("it has no end after {} rows", rows.len())));
            }
        }
    }

    /// One page. When it keeps failing in a way that may be its size, its range
    /// is asked for in smaller pages, whose offsets stay aligned.
    fn page<'a, T: Row + DeserializeOwned + 'a>(
        &'a self,
        path: &'a str,
        page: usize,
        size: u32,
        tries: u32,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<T>, Error>> + Send + 'a>> {
        Box::pin(async move {
            let whole = format!("{path}&page={page}&pageSize={size}");
            let body = match self.get(&whole, tries).await {
                Ok(body) => body,
                Err(Error::Request { what, problem }) if problem.may_be_size() => {
                    let Some(smaller) = smaller(size) else {
                        let reason = format!(
                            "row {page} of the list (counted from 0) cannot be read ({problem}). Tell KITOS's operators"
                        );
                        return Err(Error::Request {
                            what,
                            problem: Problem::Inconsistent { reason },
                        });
                    };
                    warn!(
                        path,
                        page, size, smaller, "a page keeps failing; asking in smaller pages"
                    );
                    let parts = (size / smaller) as usize;
                    let mut rows: Vec<T> = Vec::new();
                    let mut ended = false;
                    for part in page * parts..(page + 1) * parts {
                        let some: Vec<T> = self.page(path, part, smaller, TRIES_OF_A_PART).await?;
                        if ended && !some.is_empty() {
                            return Err(Error::Changed {
                                what: format!("{path} went on after a page that was not full"),
                            });
                        }
                        ended |= some.len() < smaller as usize;
                        rows.extend(some);
                    }
                    return Ok(rows);
                }
                Err(error) => return Err(error),
            };
            parse(&body).map_err(|problem| Error::Request { what: format!("GET {whole}"), problem })
        })
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
