//! The connection to KITOS, step by step: the first step that fails is what has to be fixed.

use std::fmt::Display;

use uuid::Uuid;

use super::line::{Line, fault, note, ok};
use super::roles::roles;
use crate::config;
use crate::jobs::{self, Context};
use crate::kitos::{Client, Credentials, Error, Pace, Probe, Problem, own_certificates};
use crate::model::Organization;
use crate::store::bindings;

const REACHED: &str = "kitos";
const PROXY: &str = "proxy";
const TLS: &str = "kitos tls";
const LOGIN: &str = "kitos login";
const ORGANISATION: &str = "organisation";
const MEMBERSHIP: &str = "membership";
const LISTS: &str = "kitos lists";

pub async fn check(context: &Context) -> Vec<Line> {
    let settings = &context.config.kitos;
    let credentials = match Credentials::read(settings, &context.environment) {
        Ok(Some(credentials)) => credentials,
        Ok(None) => return without_password(settings, &jobs::Error::no_password(settings)),
        Err(error) => return without_password(settings, &error),
    };
    let mut lines = vec![ok("kitos password", "found, and nobody else can read it")];
    // A database that cannot be read has a line of its own.
    let recorded = context.ask(|moment| {
        let ours = moment.snapshot().ok().map(|snapshot| snapshot.organization.uuid);
        Ok((bindings(moment.connection)?.roles, ours))
    });
    let (recorded, ours) = recorded.await.unwrap_or_default();
    // A person waits: what fails twice is told.
    let pace = Pace { tries: 2, ..context.pace };
    let probe = match Client::new(settings, credentials, pace) {
        Ok(client) => client.probe(&recorded.values().copied().collect()).await,
        Err(error) => Err(error),
    };
    match probe {
        Err(error) => lines.extend(until(&settings.url, &error)),
        Ok(probe) => {
            // Without a database there is no pause to end.
            if context.store.path().exists()
                && let Err(error) = jobs::login_accepted(context).await
            {
                lines.push(fault("database", error.to_string()));
            }
            lines.extend(connected(&settings.url));
            lines.push(ok(LOGIN, format!("{} is an API user", settings.email)));
            lines.push(organisation(&probe.organization, ours));
            lines.push(ok(MEMBERSHIP, "the API user may read the organisation"));
            lines.push(lists(&probe.refused));
            lines.push(clock(&probe));
            lines.extend(roles(&context.config.policy, &recorded, &probe));
        }
    }
    lines
}

/// What can be said of the way to KITOS before anybody logs in.
fn without_password(settings: &config::Kitos, why: &dyn Display) -> Vec<Line> {
    let mut lines = vec![fault("kitos password", why.to_string())];
    lines.extend(own_certificates(settings).err().map(|error| fault(TLS, error.to_string())));
    lines
}

/// Whether KITOS's organisation is the one that the database is of.
fn organisation(found: &Organization, ours: Option<Uuid>) -> Line {
    match ours {
        Some(known) if known != found.uuid => {
            fault(ORGANISATION, Error::WrongOrganization { known, found: found.uuid }.to_string())
        }
        _ => {
            let cvr = found.cvr.as_deref().unwrap_or("none");
            ok(ORGANISATION, format!("{} (CVR {cvr})", found.name))
        }
    }
}

/// Whether a pull would get all lists.
fn lists(refused: &[Error]) -> Line {
    let Some(first) = refused.first() else {
        return ok(LISTS, "the API user may read each of the lists");
    };
    let more = match refused.len() - 1 {
        0 => String::new(),
        1 => " (and of one list more)".to_owned(),
        more => format!(" (and of {more} lists more)"),
    };
    fault(LISTS, format!("{first}{more}"))
}

fn connected(url: &str) -> [Line; 2] {
    let tls = if url.starts_with("https:") {
        ok(TLS, "the certificate is trusted")
    } else {
        note(TLS, "plain http, to this machine itself")
    };
    [ok(REACHED, format!("{url} answers")), tls]
}

/// The steps that went well, and the one that did not.
fn until(url: &str, error: &Error) -> Vec<Line> {
    let [reached, tls] = connected(url);
    let login = || ok(LOGIN, "accepted");
    let words = error.to_string();
    match error {
        Error::LoginRefused { .. } => vec![reached, tls, fault(LOGIN, words)],
        Error::OrganizationNotFound { .. }
        | Error::OrganizationDisabled { .. }
        | Error::WrongOrganization { .. } => {
            vec![reached, tls, login(), fault(ORGANISATION, words)]
        }
        Error::NotMember { name, .. } => {
            vec![reached, tls, login(), ok(ORGANISATION, name.as_str()), fault(MEMBERSHIP, words)]
        }
        Error::Request { problem: Problem::ProxyLogin { .. }, .. } => vec![fault(PROXY, words)],
        Error::Request { problem: Problem::Tls { .. }, .. } => vec![reached, fault(TLS, words)],
        _ => vec![fault(REACHED, words)],
    }
}

fn clock(probe: &Probe) -> Line {
    match probe.clock_skew {
        None => ok("clock", "agrees with KITOS's"),
        Some(skew) => note("clock", clocks_differ(skew.num_seconds())),
    }
}

/// What is to do where KITOS's clock is so many seconds ahead of ours.
pub fn clocks_differ(ahead: i64) -> String {
    let how = if ahead < 0 { "behind" } else { "ahead of" };
    format!(
        "KITOS's clock is {} s {how} this machine's; check time synchronisation (timedatectl)",
        ahead.abs()
    )
}
