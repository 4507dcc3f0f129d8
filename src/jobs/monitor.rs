//! A dead-man's switch of the municipality's own: told of each pull, so that it
//! can call when it hears nothing. Never breaks or delays a job for long.

use std::time::Duration;

use reqwest::{Client, Proxy};
use tracing::warn;

use super::sync::{SyncOutcome, SyncReport};
use super::{Context, Error};

const PATIENCE: Duration = Duration::from_secs(10);

/// Asks `monitor.ping_url` after a pull; with `/fail` after one that failed or
/// that the guard holds, since the data are not new in either case.
pub(super) async fn tell(context: &Context, pull: &Result<SyncReport, Error>) {
    let Some(url) = &context.config.monitor.ping_url else { return };
    let url = match pull {
        Ok(report) if report.outcome == SyncOutcome::DryRun => return,
        // The pull was not tried, or was broken off by us.
        Err(Error::Cancelled | Error::Lock(_)) => return,
        Ok(report) if report.outcome != SyncOutcome::Quarantined => url.clone(),
        _ => format!("{}/fail", url.trim_end_matches('/')),
    };
    if let Err(error) = ask(context, &url).await {
        // Its address holds a key with such services: it stays out of the log.
        warn!(error = %error.without_url(), "monitor.ping_url does not answer");
    }
}

async fn ask(context: &Context, url: &str) -> reqwest::Result<()> {
    let mut client = Client::builder().timeout(PATIENCE).no_proxy();
    if let Some(proxy) = &context.config.kitos.proxy {
        client = client.proxy(Proxy::all(proxy)?);
    }
    client.build()?.get(url).send().await?.error_for_status()?;
    Ok(())
}
