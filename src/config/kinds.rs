//! Types of values that only the configuration has.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use uuid::Uuid;

use crate::model::spelled;

/// Which organisation is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationId {
    /// Eight digits.
    Cvr(String),
    Uuid(Uuid),
}

spelled! {
    "lowercase",
    pub enum SmtpSecurity {
        /// STARTTLS, required; port 587 by default.
        StartTls,
        /// TLS from the first byte; port 465 by default.
        Tls,
        /// In clear text, to loopback only; port 25 by default.
        None,
    }
}

impl SmtpSecurity {
    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// Where the page is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    Tcp(SocketAddr),
    /// A Unix socket.
    Socket(PathBuf),
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}
