//! The way to KITOS, step by step: where it ends is what is to be mended.

use super::line::{Line, fault, note, ok};
use crate::jobs::{self, Context};
use crate::kitos::{Client, Credentials, Error, Pace, Probe, Problem};
use crate::model::Snapshot;
use crate::policy::roles::{RecordedRoles, match_roles, nearest_role};

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
        Ok(None) => return vec![fault("kitos password", jobs::Error::NoPassword.to_string())],
        Err(error) => return vec![fault("kitos password", error.to_string())],
    };
    let mut lines = vec![ok("kitos password", "found, and nobody else can read it")];
    // A person waits: what fails twice is told.
    let pace = Pace { tries: 2, ..context.pace };
    let probe = match Client::new(settings, credentials, pace) {
        Ok(client) => client.probe().await,
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
            lines.extend(roles(context, &probe));
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
        Some(skew) => note(
            "clock",
            format!(
                "KITOS's clock is {} s {} this machine's; check time synchronisation (timedatectl)",
                skew.num_seconds().abs(),
                if skew.num_seconds() < 0 { "behind" } else { "ahead of" }
            ),
        ),
    }
}

/// Owner roles must be there; the others are a hint.
fn roles(context: &Context, probe: &Probe) -> Vec<Line> {
    let policy = &context.config.policy;
    let mut snapshot = Snapshot::empty(probe.organization.clone());
    snapshot.role_types = probe.role_types.iter().map(|role| (role.uuid, role.clone())).collect();
    [
        ("owner roles", "policy.owner_roles", &policy.owner_roles),
        ("manager roles", "policy.manager_roles", &policy.manager_roles),
        ("contact roles", "policy.contact_roles", &policy.contact_roles),
    ]
    .into_iter()
    .map(|(what, key, names)| {
        let matched = match_roles(names, &RecordedRoles::new(), &snapshot);
        let hints: Vec<String> = matched
            .unmatched
            .iter()
            .map(|name| match nearest_role(name, &snapshot) {
                Some(near) => {
                    format!("KITOS has no role type \"{name}\"; the nearest is \"{near}\"")
                }
                None => format!("KITOS has no role type \"{name}\""),
            })
            .collect();
        if hints.is_empty() {
            let count = matched.roles.len();
            let several = format!(" ({count} role types of KITOS bear these names; all count)");
            let several = if count > names.len() { several.as_str() } else { "" };
            ok(what, format!("{}{several}", names.join(", ")))
        } else if matched.roles.is_empty() && what == "owner roles" {
            fault(what, format!("{}. Mend {key}", hints.join("; ")))
        } else {
            note(what, format!("{}. Mend {key}, unless that is so", hints.join("; ")))
        }
    })
    .collect()
}
