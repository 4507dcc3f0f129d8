//! The running stand-in: its socket, its tokens, its memory of what was asked.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

#[cfg(feature = "faults")]
use crate::faults;
use crate::world::World;
use crate::{EMAIL, PASSWORD, routes, wire};

/// How long a token is good.
const TOKEN_LIFE: TimeDelta = TimeDelta::hours(24);

/// A KITOS on a port of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Standin {
    address: SocketAddr,
    pub(crate) shared: Arc<Shared>,
    _stop: DropGuard,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// With the query.
    pub path: String,
    /// Whether it carried a token, good or not.
    pub had_token: bool,
    pub user_agent: String,
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<Inner>,
    stop: CancellationToken,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) world: World,
    #[cfg(feature = "faults")]
    pub(crate) faults: Vec<faults::Fault>,
    latency: Duration,
    /// When each token ends.
    pub(crate) tokens: HashMap<String, DateTime<Utc>>,
    logins: u32,
    requests: Vec<Request>,
    under_way: usize,
    most_under_way: usize,
}

impl Standin {
    /// Starts on a free port of loopback; needs a tokio runtime, and lives no
    /// longer than that.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(world: World) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let inner = Inner {
            world,
            #[cfg(feature = "faults")]
            faults: Vec::new(),
            latency: Duration::ZERO,
            tokens: HashMap::new(),
            logins: 0,
            requests: Vec::new(),
            under_way: 0,
            most_under_way: 0,
        };
        let shared = Arc::new(Shared { state: Mutex::new(inner), stop: stop.clone() });
        let app = routes::router()
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), front))
            .with_state(Arc::clone(&shared));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            // It ends only by `stop`; its clients see a broken connection.
            let _ = axum::serve(listener, app).with_graceful_shutdown(stopped).await;
        });
        Ok(Self { address, shared, _stop: stop.drop_guard() })
    }

    /// What `kitos.url` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets something happen in the municipality.
    pub fn edit<T>(&self, edit: impl FnOnce(&mut World) -> T) -> T {
        edit(&mut self.shared.lock().world)
    }

    /// A copy of the municipality as it is now.
    pub fn world(&self) -> World {
        self.shared.lock().world.clone()
    }

    /// How long each answer takes at least.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Every token ends now, as when KITOS restarts.
    pub fn revoke_tokens(&self) {
        self.shared.lock().tokens.clear();
    }

    /// Every request since the start or since [`Standin::forget_requests`].
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// The requests whose path begins so.
    pub fn requests_to(&self, path: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.path.starts_with(path));
        requests
    }

    pub fn forget_requests(&self) {
        let mut inner = self.shared.lock();
        inner.requests.clear();
        inner.most_under_way = inner.under_way;
    }

    /// Login attempts, refused ones too.
    pub fn logins(&self) -> u32 {
        self.shared.lock().logins
    }

    /// The most requests that were under way at once.
    pub fn most_under_way(&self) -> usize {
        self.shared.lock().most_under_way
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // An edit that panicked in a test does not matter to the others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.lock().world)
    }

    /// A token and its end, as KITOS writes them.
    pub(crate) fn log_in(&self, email: &str, password: &str) -> Option<(String, String)> {
        let mut inner = self.lock();
        inner.logins += 1;
        if (email, password) != (EMAIL, PASSWORD) {
            return None;
        }
        let (token, expires) = (format!("token-{}", Uuid::new_v4()), Utc::now() + TOKEN_LIFE);
        inner.tokens.insert(token.clone(), expires);
        Some((token, wire::instant(expires)))
    }

    fn is_good(&self, headers: &HeaderMap) -> bool {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let inner = self.lock();
        token.and_then(|token| inner.tokens.get(token)).is_some_and(|end| Utc::now() < *end)
    }
}

/// Counts a request as under way for as long as it is answered, also when the
/// client goes away first.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn begin(shared: Arc<Shared>) -> Self {
        let mut inner = shared.lock();
        inner.under_way += 1;
        inner.most_under_way = inner.most_under_way.max(inner.under_way);
        drop(inner);
        Self(shared)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().under_way -= 1;
    }
}

/// Before and after every end point: the log, latency, faults and tokens.
async fn front(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    let stop = shared.stop.clone();
    tokio::select! {
        response = answer(shared, request, next) => response,
        () = stop.cancelled() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn answer(shared: Arc<Shared>, request: axum::extract::Request, next: Next) -> Response {
    let _under_way = UnderWay::begin(Arc::clone(&shared));
    let latency = note(&shared, &request);
    #[cfg(feature = "faults")]
    if let Some(effect) = faults::strike(&shared, request.uri()) {
        tokio::time::sleep(latency).await;
        return faults::answer(&effect, &shared, request, next).await;
    }
    tokio::time::sleep(latency).await;
    healthy(&shared, request, next).await
}

/// The answer of a KITOS that is well: only who carries a good token gets one.
pub(crate) async fn healthy(
    shared: &Shared,
    request: axum::extract::Request,
    next: Next,
) -> Response {
    if request.uri().path() != routes::LOGIN && !shared.is_good(request.headers()) {
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    next.run(request).await
}

/// Logs a request and says how long its answer takes at least.
fn note(shared: &Shared, request: &axum::extract::Request) -> Duration {
    let text = |name| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let mut inner = shared.lock();
    inner.requests.push(Request {
        method: request.method().clone(),
        path: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        had_token: request.headers().contains_key(AUTHORIZATION),
        user_agent: text("user-agent"),
    });
    inner.latency
}
