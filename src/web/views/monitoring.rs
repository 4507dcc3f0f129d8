//! For monitors: kinds, counts and times, never a name or an address.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::jobs::render_metrics;
use crate::query::{self, Moment};
use crate::web::refused::Refused;
use crate::web::shown::{File, Shown};

const FAILING: &str = "failing";

/// What `/healthz` says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Healthz {
    status: &'static str,
    last_pull_at: Option<DateTime<Utc>>,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    kind: &'static str,
    since: Option<DateTime<Utc>>,
}

/// 200 where all is well, else 503 with the reasons.
pub fn healthz(moment: &Moment<'_>) -> Result<Shown, Refused> {
    let health = query::health(moment)?;
    let mut reasons: Vec<Reason> = health
        .incidents
        .iter()
        .map(|one| Reason { kind: one.kind.as_str(), since: Some(one.opened_at) })
        .collect();
    let told = |kind| reasons.iter().any(|reason| reason.kind == kind);
    if health.is_stale && !told("stale-data") {
        reasons.push(Reason { kind: "stale-data", since: health.last_pull_at.or(health.made_at) });
    }
    if health.dead_digest.is_some() {
        reasons.push(Reason { kind: "dead-digest", since: None });
    }
    let is_well = reasons.is_empty();
    let answer = Healthz {
        status: if is_well { "ok" } else { FAILING },
        last_pull_at: health.last_pull_at,
        reasons,
    };
    file(&answer, if is_well { 200 } else { 503 })
}

fn file(answer: &Healthz, status: u16) -> Result<Shown, Refused> {
    Ok(Shown::File(File {
        content_type: "application/json",
        body: serde_json::to_vec(answer).map_err(|_| Refused::Fault)?,
        status: Some(status),
        ..File::default()
    }))
}

/// What it says where the database cannot be asked: a monitor reads no page.
pub fn unwell(kind: &'static str) -> Result<Shown, Refused> {
    let reasons = vec![Reason { kind, since: None }];
    file(&Healthz { status: FAILING, last_pull_at: None, reasons }, 503)
}

/// The numbers as Prometheus reads them.
pub fn metrics(moment: &Moment<'_>) -> Result<Shown, Refused> {
    let text = render_metrics(&query::metrics(moment)?) + "# EOF\n";
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(Shown::File(File { content_type, body: text.into_bytes(), ..File::default() }))
}
