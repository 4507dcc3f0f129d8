//! What can be wrong with the mail server, in words for an operator, and how
//! lettre's errors are told apart.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use crate::config::{SecretError, Smtp};
use crate::text::clean;
use crate::text::quoted::NOT_SHOWN;

/// The server, not a mail, is wrong: no mail can be sent until it is fixed.
/// `server` is `host:port`.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No connection: DNS, refused, no answer.
    #[error(
        "cannot connect to the mail server {server}: {why}. Check mail.smtp.host and mail.smtp.port, \
         and that no firewall stands between"
    )]
    Connect { server: String, why: String },
    /// It answers, and turns us away at the greeting, at EHLO or while it is
    /// overloaded.
    #[error(
        "the mail server {server} turned us away: {reply}. Ask its administrator whether it is \
         working and whether this machine may send mail through it"
    )]
    TurnedAway { server: String, reply: String },
    #[error(
        "the mail server {server} does not offer STARTTLS, and mail is never sent in clear text. \
         Have STARTTLS turned on there, or set mail.smtp.security to \"tls\" where the server \
         speaks TLS from the first byte (port 465)"
    )]
    NoStartTls { server: String },
    #[error(
        "no secure connection to the mail server {server}: {why}. Its certificate must be valid \
         for the name in mail.smtp.host, and this machine must trust who issued it; the \
         certificate of an authority of your own belongs in mail.smtp.ca_file"
    )]
    Tls { server: String, why: String },
    #[error(
        "mail.smtp.ca_file {} cannot be used: {why}. It must hold the authority's certificate \
         (PEM), and the service must be able to read it", path.display()
    )]
    CaFile { path: PathBuf, why: String },
    #[error(
        "cannot log in to the mail server {server}: mail.smtp.username is set, but there is no \
         password. Give it as {ways}"
    )]
    NoPassword { server: String, ways: String },
    /// There should be a password, and it cannot be had.
    #[error("cannot log in to the mail server: {0}")]
    Secret(#[from] SecretError),
    #[error(
        "cannot log in to the mail server {server}: it offers neither AUTH PLAIN nor AUTH LOGIN. \
         Remove mail.smtp.username if it takes mail from this machine without a login, or use \
         its submission port"
    )]
    NoLoginOffered { server: String },
    #[error(
        "the mail server {server} refused the login: {reply}. Check mail.smtp.username and its \
         password, then run `kitos-sync check`"
    )]
    Login { server: String, reply: String },
    #[error(
        "the mail server {server} does not take mail from {from}: {reply}. Set mail.from to an \
         address that this server lets us use, or set mail.smtp.username if it wants a login"
    )]
    Sender { server: String, from: String, reply: String },
    /// It refuses every mail, to any reader.
    #[error(
        "the mail server {server} refuses every mail, the last with: {reply}. Ask its \
         administrator whether this machine may send mail through it to these readers, or set \
         mail.smtp.username if it wants a login"
    )]
    RefusesAll { server: String, reply: String },
    /// Connected, and then it was not ready for mail: it hung up, or gave no answer.
    #[error(
        "the mail server {server} broke off before it was ready for mail: {why}. It is tried \
         again; if it stays so, ask the server's administrator what its log says"
    )]
    NotReady { server: String, why: String },
    /// Ready for mail, and then the conversation went wrong.
    #[error(
        "the conversation with the mail server {server} broke off: {why}. It is tried again; if \
         it stays so, ask the server's administrator what its log says"
    )]
    Broken { server: String, why: String, how: Broken },
}

/// What says that the server breaks off conversations, and not for the sake of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It did with mails to several readers, one after the other.
    InARow,
    /// It has for some time, with a mail beside which there is no other to tell by.
    ForSomeTime,
}

impl ServerError {
    /// Whether trying again soon could lock the account (invariant 9 of
    /// `docs/architecture.md`).
    pub fn is_login(&self) -> bool {
        matches!(self, Self::Login { .. })
    }

    /// Whether it may be over in a minute: the server restarts, or has too many connections.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Tls { .. }
            | Self::NotReady { .. }
            | Self::Broken { how: Broken::InARow, .. } => true,
            Self::TurnedAway { reply, .. } => reply.starts_with('4'),
            _ => false,
        }
    }

    /// The server's user has no password anywhere.
    pub fn no_password(settings: &Smtp) -> Self {
        Self::NoPassword {
            server: format!("{}:{}", settings.host, settings.port()),
            ways: settings.password().ways_from_none(),
        }
    }

    /// A conversation that broke off, as a verdict told it.
    pub fn broken(settings: &Smtp, why: &str, how: Broken) -> Self {
        let server = format!("{}:{}", settings.host, settings.port());
        Self::Broken { server, why: why.to_owned(), how }
    }

    /// Every mail of a pass was refused, the last with this reply.
    pub fn refuses_all(settings: &Smtp, reply: &str) -> Self {
        let server = format!("{}:{}", settings.host, settings.port());
        Self::RefusesAll { server, reply: reply.to_owned() }
    }

    /// What went wrong between the first packet and the answer to EHLO.
    pub(super) fn opening(server: String, error: &Failure) -> Self {
        match error {
            Failure::Reply { reply, .. } => Self::TurnedAway { server, reply: reply.clone() },
            Failure::Tls(why) => Self::Tls { server, why: why.clone() },
            Failure::Connect(why) => Self::Connect { server, why: why.clone() },
            Failure::Lost(why) => Self::NotReady { server, why: why.clone() },
        }
    }
}

/// lettre's error by what follows from it.
#[derive(Debug)]
pub(super) enum Failure {
    /// A negative reply.
    Reply {
        code: u16,
        reply: String,
    },
    Tls(String),
    Connect(String),
    /// No reply that makes sense: time-out, end of stream, gibberish.
    Lost(String),
}

impl Failure {
    /// The same without what was answered.
    pub(super) fn not_shown(self) -> Self {
        match self {
            Self::Reply { code, .. } => Self::Reply { code, reply: format!("{code} {NOT_SHOWN}") },
            Self::Tls(_) => Self::Tls(NOT_SHOWN.to_owned()),
            Self::Connect(_) => Self::Connect(NOT_SHOWN.to_owned()),
            Self::Lost(_) => Self::Lost(NOT_SHOWN.to_owned()),
        }
    }
}

/// What went wrong with reading or writing, however deep lettre wraps it.
fn io_cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a io::Error> {
    let source = error.source()?;
    source.downcast_ref().or_else(|| io_cause(source))
}

impl From<lettre::transport::smtp::Error> for Failure {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        if let Some(code) = error.status() {
            let code = u16::from(code);
            return Self::Reply { code, reply: clean::reply(&format!("{code} {words}")) };
        }
        let cause = io_cause(&error);
        // An error of rustls comes as one of reading or writing.
        let tls = cause.and_then(io::Error::get_ref).filter(|inner| inner.is::<rustls::Error>());
        if let Some(tls) = tls {
            return Self::Tls(clean::reply(&tls.to_string()));
        }
        // Kind `Connection` has no question of its own.
        let connecting = error.to_string().starts_with("Connection error");
        match cause.map(io::Error::kind) {
            // Linux calls a socket's time-out WouldBlock.
            Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) if connecting => {
                Self::Connect("no answer in time".to_owned())
            }
            _ if connecting => Self::Connect(clean::reply(&words)),
            Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                Self::Lost("no reply in time".to_owned())
            }
            Some(_) => Self::Lost(clean::reply(&words)),
            None if error.is_tls() => Self::Tls(clean::reply(&words)),
            None if error.is_response() && words == "incomplete response" => {
                Self::Lost("the server closed the connection".to_owned())
            }
            None => Self::Lost(clean::reply(&words)),
        }
    }
}
