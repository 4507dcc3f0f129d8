//! What can go wrong on the way, on demand: each [`Fault`] waits for requests
//! that it fits, does its [`Effect`] so many times, and is used up. For tests
//! alone (feature `faults`): the shipped program is built without this file.
//!
//! A test that plans a fault means to see it: a stand-in that ends, or is healed,
//! while a fault has not happened as often as planned panics.

use std::fmt;
use std::io;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{
    AGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER,
};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{TimeDelta, Utc};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use uuid::Uuid;

use crate::server::{Shared, Standin, healthy};
use crate::world::World;

/// A fault that waits for its request.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The beginning of the path.
    path: String,
    /// What the query must hold.
    query: String,
    /// How many requests that fit go well first.
    skip: u32,
    /// How many times it happens; `None` for ever.
    times: Option<u32>,
    /// How many times it did.
    happened: u32,
    effect: Effect,
}

/// What happens to a request.
#[derive(Clone)]
pub enum Effect {
    /// Another status, with a body and perhaps `Retry-After`.
    Status { status: u16, body: String, retry_after: Option<String> },
    /// 200 with this instead of the answer.
    Body(String),
    /// 200 with the page of a proxy.
    Html,
    /// The length of the whole answer, and half of it.
    Cut,
    /// The connection is dropped in the middle of a chunked answer.
    Drop,
    /// The answer byte by byte, with this pause before each.
    Slow(Duration),
    /// No answer, ever.
    Hang,
    /// 302 to this address.
    Redirect(String),
    /// Some kilobytes that unpack to 96 MiB.
    GzipBomb,
    /// A body without an end.
    Endless,
    /// JSON nested 10,000 deep, in a field that nobody reads.
    Deep,
    /// The answer's JSON, changed.
    Rewrite(Arc<dyn Fn(&mut Value) + Send + Sync>),
    /// `page` is ignored: the first page again and again.
    PageIgnored,
    /// `pageSize` is ignored: the page is as long as KITOS allows.
    PageSizeIgnored,
    /// 500 whenever this row is in the answer.
    Poison(Uuid),
    /// Every token is revoked before the request is looked at.
    TokensRevoked,
    /// Something happens in the municipality right after the answer was made.
    Meanwhile(Arc<dyn Fn(&mut World) + Send + Sync>),
    /// KITOS's clock is off by this.
    ClockOff(TimeDelta),
    /// A cache says that it kept the answer for so many seconds.
    Aged(u32),
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Status { status, .. } => return write!(f, "Status {status}"),
            Self::Body(body) => return write!(f, "Body {body:?}"),
            Self::Slow(pause) => return write!(f, "Slow {pause:?}"),
            Self::Redirect(target) => return write!(f, "Redirect {target}"),
            Self::Poison(uuid) => return write!(f, "Poison {uuid}"),
            Self::ClockOff(delta) => return write!(f, "ClockOff {delta}"),
            Self::Aged(seconds) => return write!(f, "Aged {seconds} s"),
            Self::Html => "Html",
            Self::Cut => "Cut",
            Self::Drop => "Drop",
            Self::Hang => "Hang",
            Self::GzipBomb => "GzipBomb",
            Self::Endless => "Endless",
            Self::Deep => "Deep",
            Self::Rewrite(_) => "Rewrite",
            Self::PageIgnored => "PageIgnored",
            Self::PageSizeIgnored => "PageSizeIgnored",
            Self::TokensRevoked => "TokensRevoked",
            Self::Meanwhile(_) => "Meanwhile",
        };
        f.write_str(name)
    }
}

impl Effect {
    /// A status with an empty body.
    pub fn status(status: u16) -> Self {
        Self::Status { status, body: String::new(), retry_after: None }
    }

    /// A status that asks for a pause: seconds or an HTTP date.
    pub fn retry_after(status: u16, retry_after: &str) -> Self {
        Self::Status { status, body: String::new(), retry_after: Some(retry_after.to_owned()) }
    }

    pub fn rewrite(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::Rewrite(Arc::new(change))
    }

    pub fn meanwhile(edit: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(edit))
    }
}

impl Fault {
    /// Happens once, to the first request whose path begins so.
    pub fn new(path: &str, effect: Effect) -> Self {
        let (path, query) = (path.to_owned(), String::new());
        Self { path, query, skip: 0, times: Some(1), happened: 0, effect }
    }

    /// Only requests whose query holds this, e.g. `page=1&`.
    pub fn when(self, query: &str) -> Self {
        Self { query: query.to_owned(), ..self }
    }

    /// So many requests that fit go well first.
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    pub fn always(self) -> Self {
        Self { times: None, ..self }
    }

    /// Whether it has not happened as often as planned: so many times, or at
    /// least once if it happens always.
    fn is_pending(&self) -> bool {
        self.happened < self.times.unwrap_or(1)
    }

    /// Whether it happens to this request; counts it if so.
    fn strikes(&mut self, uri: &Uri) -> bool {
        let fits = uri.path().starts_with(&self.path)
            && uri.query().unwrap_or_default().contains(&self.query);
        if !fits || self.times.is_some_and(|times| self.happened >= times) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.happened += 1;
        true
    }
}

/// How tests plan faults.
impl Standin {
    /// Adds a fault. Of several that fit a request, the first one happens.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Takes all faults away.
    ///
    /// # Panics
    /// Some have not happened as often as planned.
    #[track_caller]
    pub fn heal(&self) {
        let faults = mem::take(&mut self.shared.lock().faults);
        let pending: Vec<&Fault> = faults.iter().filter(|fault| fault.is_pending()).collect();
        assert!(pending.is_empty(), "planned, and did not happen: {pending:#?}");
    }

    /// Takes all faults away, also those that are still to happen: for tests that
    /// plan more than one run can meet.
    pub fn forget_faults(&self) {
        self.shared.lock().faults.clear();
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.heal();
        }
    }
}

/// What is to happen to a request, if anything.
pub(crate) fn strike(shared: &Shared, uri: &Uri) -> Option<Effect> {
    let mut inner = shared.lock();
    let fault = inner.faults.iter_mut().find_map(|fault| fault.strikes(uri).then_some(fault));
    fault.map(|fault| fault.effect.clone())
}

/// The answer that this effect lets through, or what comes instead.
pub(crate) async fn answer(
    effect: &Effect,
    shared: &Shared,
    mut request: axum::extract::Request,
    next: Next,
) -> Response {
    if matches!(effect, Effect::TokensRevoked) {
        shared.lock().tokens.clear();
    }
    if let Some(instead) = effect.instead().await {
        return instead;
    }
    if let Some(misread) = effect.misread(request.uri()) {
        *request.uri_mut() = misread;
    }
    let response = healthy(shared, request, next).await;
    if let Effect::Meanwhile(edit) = effect {
        edit(&mut shared.lock().world);
    }
    effect.spoil(response).await
}

impl Effect {
    /// The answer that needs no look at the municipality.
    async fn instead(&self) -> Option<Response> {
        Some(match self {
            Self::Status { status, body, retry_after } => {
                let status = StatusCode::from_u16(*status).unwrap_or_default();
                let mut response = (status, body.clone()).into_response();
                let wait = retry_after.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
                if let Some(wait) = wait {
                    response.headers_mut().insert(RETRY_AFTER, wait);
                }
                response
            }
            Self::Body(body) => json_text(body.clone()),
            Self::Html => (
                [(CONTENT_TYPE, "text/html")],
                "<html><body><h1>Service Unavailable</h1></body></html>",
            )
                .into_response(),
            Self::Hang => std::future::pending().await,
            Self::Redirect(target) => {
                (StatusCode::FOUND, [(LOCATION, target.clone())]).into_response()
            }
            Self::GzipBomb => ([(CONTENT_ENCODING, "gzip")], gzip_bomb()).into_response(),
            Self::Endless => {
                let spaces = || Ok::<_, io::Error>(vec![b' '; 64 * 1024]);
                Body::from_stream(stream::repeat_with(spaces)).into_response()
            }
            Self::Deep => {
                let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
                let uuid = Uuid::nil();
                json_text(format!(r#"[{{"uuid":"{uuid}","someday":{open}{close}}}]"#))
            }
            _ => return None,
        })
    }

    /// The request as KITOS misunderstands it.
    fn misread(&self, uri: &Uri) -> Option<Uri> {
        let ignored = match self {
            Self::PageIgnored => "page=",
            Self::PageSizeIgnored => "pageSize=",
            _ => return None,
        };
        let query = uri.query()?;
        let kept: Vec<&str> = query.split('&').filter(|part| !part.starts_with(ignored)).collect();
        format!("{}?{}", uri.path(), kept.join("&")).parse().ok()
    }

    /// What becomes of the answer on its way.
    async fn spoil(&self, response: Response) -> Response {
        match self {
            Self::Cut => {
                let body = bytes(response).await;
                ([(CONTENT_LENGTH, body.len().to_string())], half(&body)).into_response()
            }
            Self::Drop => half(&bytes(response).await).into_response(),
            Self::Slow(pause) => {
                let (pause, body) = (*pause, bytes(response).await);
                let stream = stream::unfold(body.into_iter(), move |mut rest| async move {
                    tokio::time::sleep(pause).await;
                    rest.next().map(|byte| (Ok::<_, io::Error>(vec![byte]), rest))
                });
                Body::from_stream(stream).into_response()
            }
            Self::Rewrite(change) => {
                let mut json = serde_json::from_slice(&bytes(response).await).unwrap_or_default();
                change(&mut json);
                json_text(json.to_string())
            }
            Self::Poison(uuid) => {
                let body = bytes(response).await;
                let text = String::from_utf8_lossy(&body);
                if text.contains(&uuid.to_string()) {
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                }
                json_text(text.into_owned())
            }
            Self::ClockOff(delta) => {
                let mut response = response;
                let theirs = (Utc::now() + *delta).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                if let Ok(value) = HeaderValue::from_str(&theirs) {
                    response.headers_mut().insert(DATE, value);
                }
                response
            }
            Self::Aged(seconds) => {
                let mut response = response;
                response.headers_mut().insert(AGE, HeaderValue::from(*seconds));
                response
            }
            _ => response,
        }
    }
}

fn json_text(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

async fn bytes(response: Response) -> Vec<u8> {
    to_bytes(response.into_body(), usize::MAX).await.map(Vec::from).unwrap_or_default()
}

/// The first half; then the connection breaks.
fn half(body: &[u8]) -> Body {
    let half = body[..body.len() / 2].to_vec();
    let broken = async {
        // Lets the server send what it has first.
        tokio::task::yield_now().await;
        Err(io::Error::other("broken on demand"))
    };
    Body::from_stream(stream::iter([Ok(half)]).chain(stream::once(broken)))
}

/// 96 MiB of spaces, packed.
fn gzip_bomb() -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![b' '; 1024 * 1024];
    for _ in 0..96 {
        // Writing to memory does not fail.
        let _ = packer.write_all(&block);
    }
    packer.finish().unwrap_or_default()
}
