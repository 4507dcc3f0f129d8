//! The connection to KITOS, step by step: the first step that fails is what has to be fixed.

use super::line::{Line, fault, note, ok};
use super::roles::roles;
use crate::jobs::{self, Context};
use crate::kitos::{Client, Credentials, Error, Pace, Probe, Problem};
use crate::store::bindings;

const REACHED: &str = "kitos";
const PROXY: &str = "proxy";
const TLS: &str = "kitos tls";
const LOGIN: &str = "kitos login";
const ORGANISATION: &str = "organisation";
const MEMBERSHIP: &str = "membership";

pub async fn check(context: &Context) -> Vec<Line> {
    let settings = &context.config.kitos;
    let credentials = match Credentials::read(settings, &context.environment) {
        Ok(Some(credentials)) => credentials,
        Ok(None) => {
            let error = jobs::Error::no_password(settings);
            return vec![fault("kitos password", error.to_string())];
        }
        Err(error) => return vec![fault("kitos password", error.to_string())],
    };
    let mut lines = vec![ok("kitos password", "found, and nobody else can read it")];
    // A database that cannot be read has a line of its own.
    let recorded = context.ask(|moment| Ok(bindings(moment.connection)?)).await;
    let recorded = recorded.unwrap_or_default().roles;
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
            let cvr = probe.organization.cvr.as_deref().unwrap_or("none");
            lines.push(ok(ORGANISATION, format!("{} (CVR {cvr})", probe.organization.name)));
            lines.push(ok(MEMBERSHIP, "the API user may read the organisation"));
            lines.push(clock(&probe));
            lines.extend(roles(&context.config.policy, &recorded, &probe));
        }
    }
    lines
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
