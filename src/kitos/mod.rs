//! KITOS's REST API: login, one complete pull, and its translation into a
//! [`Snapshot`](crate::model::Snapshot).
//!
//! Knows only GET, and the one POST that logs in. Returns one complete state or
//! an error, never a part. The traps that it steers around are those of
//! `docs/kitos-api.md`; the limits are R1–R6 of `docs/reliability.md`.

mod again;
mod answers;
mod assemble;
mod connection;
mod error;
mod http;
mod json;
mod known;
mod list;
mod organization;
mod pull;
mod reading;
mod reply;
mod singles;
mod token;
mod translate;
mod wire;

pub use answers::Answers;
pub use connection::{Credentials, own_certificates, proxy};
pub use error::{Error, Problem};
pub use http::Pace;
pub use known::Known;
pub use pull::{Client, Probe, Pull, Pulled, Traffic};
pub use reading::Progress;
pub use token::Tokens;
