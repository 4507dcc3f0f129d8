//! Mail handed to the mail server: one connection, one [`Verdict`] per mail.
//!
//! Never falls back to clear text, never sends the password before the line is
//! secure (loopback without TLS apart), and never decides what becomes of a
//! mail: it says what the server said (RFC 5321), the deliver job draws the
//! conclusion.

mod blame;
mod error;
mod line;
mod refusal;
mod session;

use std::time::Duration;

use lettre::transport::smtp::client::Certificate;

pub use blame::{Blame, is_too_large};
pub use error::{Broken, ServerError};
pub use refusal::Refusal;
pub use session::Session;

/// Time limits, and which certificates count besides the machine's own.
#[derive(Debug, Clone)]
pub struct Options {
    /// Reaching the server, its greeting and its answer to EHLO, each. Servers
    /// let strangers wait some seconds for the greeting on purpose.
    pub connect: Duration,
    /// The answer to one command.
    pub command: Duration,
    /// The answer to a whole message. RFC 5321 (4.5.3.2.6) asks for patience:
    /// who hangs up while the server still files the mail makes a second copy.
    pub data: Duration,
    /// One pass over the outbox: after that, no other mail is begun. A server that takes
    /// a minute for each reply would else keep every other job from its work, and the
    /// watchdog without a sign of life.
    pub pass: Duration,
    /// Certificate authorities to trust besides those of the machine.
    pub roots: Vec<Certificate>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            command: Duration::from_secs(60),
            data: Duration::from_secs(180),
            pass: Duration::from_secs(600),
            roots: Vec::new(),
        }
    }
}

/// What the server said to one mail. A `reply` is fit for people: code and
/// text on one line, cut, without control characters.
#[derive(Debug)]
pub enum Verdict {
    /// The server has taken charge of it.
    Accepted {
        reply: String,
        /// Recipients that the server refused while it took the mail for the
        /// others. Asking again would send the rest a second copy: they are tried
        /// alone.
        refused: Vec<Refusal>,
    },
    /// 4xx: not now.
    Later { reply: String },
    /// 5xx. What it is about decides whether the mail is dead.
    Never { reply: String, about: Blame },
    /// The connection is gone or the server is closing down (421). Whether it
    /// has taken the mail is unknown.
    ServerDown {
        reply: String,
        /// The recipient about whom the server was asked, if it was about one.
        at: Option<String>,
    },
    /// The server refuses us, with any mail.
    Refused(ServerError),
}
