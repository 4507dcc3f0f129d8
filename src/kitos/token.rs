//! The token: asked for as seldom as possible, kept in memory only, and asked
//! for once more when it is refused in the middle of a pull (R5).

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::error::{Error, Problem};
use super::http::{Http, LOGIN, shown};
use super::json::parse;

/// A token this close to its end is not used any more.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Who logs in, and the token while it lasts.
#[derive(Debug)]
pub struct Login {
    email: String,
    password: SecretString,
    current: Mutex<Option<Token>>,
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

impl Login {
    pub fn new(email: &str, password: SecretString) -> Self {
        Self { email: email.to_owned(), password, current: Mutex::new(None) }
    }

    /// A token that is good now.
    pub async fn token(&self, http: &Http) -> Result<Token, Error> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref()
            && token.expires.is_none_or(|end| end - MARGIN > Utc::now())
        {
            return Ok(token.clone());
        }
        let number = current.as_ref().map_or(1, |token| token.number + 1);
        let token = self.log_in(http, number).await?;
        Ok(current.insert(token).clone())
    }

    /// A token newer than `refused`.
    pub async fn renewed(&self, http: &Http, refused: &Token) -> Result<Token, Error> {
        let mut current = self.current.lock().await;
        match current.as_ref() {
            Some(token) if token.number > refused.number => Ok(token.clone()),
            _ => {
                let token = self.log_in(http, refused.number + 1).await?;
                Ok(current.insert(token).clone())
            }
        }
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
        // One that seems to end at once tells of a clock that is wrong, ours or
        // theirs: it would be a login for each request. A 401 tells its end.
        let soon = Utc::now() + MARGIN;
        let expires = reply
            .expires
            .and_then(|text| DateTime::parse_from_rfc3339(&text).ok())
            .map(|at| at.to_utc())
            .filter(|at| *at > soon);
        Ok(Token { secret, number, expires })
    }
}
