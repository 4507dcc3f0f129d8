//! The token: asked for as seldom as possible, kept in memory only, and asked
//! for once more when it is refused in the middle of a pull (R5).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::error::{Error, Problem};
use super::http::{Http, LOGIN};
use super::json::parse;
use super::reply::shown;
use crate::config;

/// A token this close to its end is not used any more.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Who logs in, and the token while it lasts.
#[derive(Debug)]
pub struct Login {
    url: String,
    email: String,
    password: SecretString,
    tokens: Tokens,
}

/// Keeps a token while the program runs, from one pull to the next: KITOS is asked
/// for one as seldom as possible.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Arc<Mutex<Option<Kept>>>);

/// A token, and its user and KITOS: after the configuration was changed it must not go to
/// another KITOS, nor be used for another user.
#[derive(Debug)]
struct Kept {
    url: String,
    email: String,
    token: Token,
}

#[derive(Debug, Clone)]
pub struct Token {
    pub secret: SecretString,
    /// Counts logins, so that several requests that were refused at once log in
    /// only once.
    pub number: u32,
    expires: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    msg: Option<String>,
    #[serde(default)]
    response: Option<Reply>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    login_successful: Option<bool>,
    #[serde(default)]
    expires: Option<String>,
}

impl Tokens {
    /// Whether KITOS took the last login.
    pub async fn holds_one(&self) -> bool {
        self.0.lock().await.is_some()
    }
}

impl Login {
    pub fn new(settings: &config::Kitos, password: SecretString) -> Self {
        Self {
            url: settings.url.clone(),
            email: settings.email.clone(),
            password,
            tokens: Tokens::default(),
        }
    }

    pub fn keep(&mut self, tokens: &Tokens) {
        self.tokens = tokens.clone();
    }

    /// A token that is good now.
    pub async fn token(&self, http: &Http) -> Result<Token, Error> {
        let mut kept = self.tokens.0.lock().await;
        let ours = kept.as_ref().filter(|kept| self.is_ours(kept));
        match ours.map(|kept| &kept.token) {
            Some(token) if token.expires.is_none_or(|end| end - MARGIN > Utc::now()) => {
                Ok(token.clone())
            }
            last => {
                let number = last.map_or(1, |token| token.number + 1);
                self.log_in_and_keep(http, number, &mut kept).await
            }
        }
    }

    /// A token newer than `refused`.
    pub async fn renewed(&self, http: &Http, refused: &Token) -> Result<Token, Error> {
        let mut kept = self.tokens.0.lock().await;
        match kept.as_ref().filter(|kept| self.is_ours(kept)) {
            Some(Kept { token, .. }) if token.number > refused.number => Ok(token.clone()),
            _ => self.log_in_and_keep(http, refused.number + 1, &mut kept).await,
        }
    }

    fn is_ours(&self, kept: &Kept) -> bool {
        (&kept.url, &kept.email) == (&self.url, &self.email)
    }

    async fn log_in_and_keep(
        &self,
        http: &Http,
        number: u32,
        kept: &mut Option<Kept>,
    ) -> Result<Token, Error> {
        // A refused one is not to be tried again.
        *kept = None;
        let token = self.log_in(http, number).await?;
        let (url, email) = (self.url.clone(), self.email.clone());
        *kept = Some(Kept { url, email, token: token.clone() });
        Ok(token)
    }

    async fn log_in(&self, http: &Http, number: u32) -> Result<Token, Error> {
        let what = format!("the login (POST {}{LOGIN})", http.base());
        let refused = |reply| Error::LoginRefused { url: http.base().to_owned(), reply };
        let body = match http.login(&self.email, &self.password).await {
            Ok(body) => body,
            Err(Problem::Status { status: 401, reply, .. }) => {
                return Err(refused(format!("401 {reply}")));
            }
            Err(problem) => return Err(Error::Request { what, problem }),
        };
        // A reply to a login may hold the token: it is never shown.
        let unreadable = |reason: String| Error::Request {
            what: what.clone(),
            problem: Problem::Shape {
                at: "response.token".to_owned(),
                reason,
                reply: "(not shown, since it may hold a token)".to_owned(),
            },
        };
        let envelope: Envelope = parse(&body).map_err(|_| unreadable("not the envelope".into()))?;
        let Some(reply) = envelope.response else {
            return Err(unreadable("no response in the envelope".into()));
        };
        if reply.login_successful == Some(false) {
            let msg = envelope.msg.unwrap_or_default();
            return Err(refused(shown(msg.as_bytes(), &self.password)));
        }
        let secret = reply.token.ok_or_else(|| unreadable("no token".into()))?.into();
        // If the token seems to expire at once, a clock is wrong, ours or theirs. Believing it
        // would mean a login for each request; a 401 says when it has really expired.
        let soon = Utc::now() + MARGIN;
        let expires = reply
            .expires
            .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
            .map(|at| at.to_utc())
            .filter(|at| *at > soon);
        Ok(Token { secret, number, expires })
    }
}
