//! Who asks, and what they may. The municipality's proxy says who is logged in; its
//! header is believed from its own addresses only.

use std::net::IpAddr;

use axum::http::HeaderMap;

use super::refused::Refused;
use crate::config::Config;
use crate::text::addresses::folded;

/// Who is at the other end of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Address(IpAddr),
    /// A Unix socket, which only those can open whom its permissions let.
    Socket,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// No login is set up: anyone on this machine.
    Anyone,
    /// Named by the proxy.
    Reader(String),
    /// Named by the proxy, and one of `web.operators`.
    Operator(String),
}

impl Who {
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anyone => None,
            Self::Reader(name) | Self::Operator(name) => Some(name),
        }
    }

    pub fn is_operator(&self) -> bool {
        matches!(self, Self::Operator(_))
    }
}

/// What those may who are on this machine, where no login is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anyone {
    Looks,
    /// For the demo: everybody is this operator.
    Decides(&'static str),
}

/// Who may have an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone who reaches the server: there is nothing personal in it, or the address itself is
    /// the key.
    Open,
    /// Anyone who is logged in.
    Look,
    /// Operators.
    Decide,
}

/// Who asks for something of that `access`.
///
/// # Errors
/// When they may not have it.
pub fn admit(
    access: Access,
    peer: Peer,
    headers: &HeaderMap,
    config: &Config,
    anyone: Anyone,
) -> Result<Who, Refused> {
    let who = || who(peer, headers, config, anyone);
    let who = match access {
        Access::Open => return Ok(who().unwrap_or(Who::Anyone)),
        Access::Look | Access::Decide => who()?,
    };
    match who {
        Who::Operator(_) => Ok(who),
        Who::Anyone | Who::Reader(_) if access == Access::Look => Ok(who),
        Who::Anyone | Who::Reader(_) => Err(Refused::NoOperator),
    }
}

fn who(peer: Peer, headers: &HeaderMap, config: &Config, anyone: Anyone) -> Result<Who, Refused> {
    let Some(header) = &config.web.user_header else {
        return Ok(match anyone {
            Anyone::Looks => Who::Anyone,
            Anyone::Decides(name) => Who::Operator(name.to_owned()),
        });
    };
    if !is_trusted(peer, &config.web.trusted_proxies) {
        return Err(Refused::NoProxy);
    }
    // Two of them, and one may be the visitor's own.
    let mut named = headers.get_all(header.as_str()).iter();
    let (Some(name), None) = (named.next(), named.next()) else { return Err(Refused::NoLogin) };
    let name = name.to_str().map_err(|_| Refused::NoLogin)?.trim();
    if name.is_empty() {
        return Err(Refused::NoLogin);
    }
    let is_operator = config.web_operators().iter().any(|one| folded(one) == folded(name));
    let name = name.to_owned();
    Ok(if is_operator { Who::Operator(name) } else { Who::Reader(name) })
}

fn is_trusted(peer: Peer, proxies: &[IpAddr]) -> bool {
    match peer {
        Peer::Socket => true,
        Peer::Address(address) => proxies.contains(&address.to_canonical()),
    }
}
