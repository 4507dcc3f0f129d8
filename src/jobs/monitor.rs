//! A dead-man's switch of the municipality's own: told of each pull, so that it
//! can call when it hears nothing. Never breaks or delays a job for long.

use std::time::Duration;

use reqwest::{Client, Url};
use tracing::warn;

use super::context::Context;
use super::error::Error;
use super::sync_report::{SyncOutcome, SyncReport};
use crate::kitos;

const PATIENCE: Duration = Duration::from_secs(10);

/// Asks `monitor.ping_url` after a pull; with `/fail` after one that failed or
/// that the guard holds, since the data are not new in either case.
pub(super) async fn tell(context: &Context, pull: &Result<SyncReport, Error>) {
    let Some(url) = &context.config.monitor.ping_url else { return };
    let url = match pull {
        // The pull was not tried, or was broken off by us.
        Err(Error::Cancelled | Error::Lock(_)) => return,
        Ok(report) if report.outcome != SyncOutcome::Quarantined => url.clone(),
        _ => failed(url),
    };
    if let Err(error) = ask(context, &url).await {
        // Its address holds a key with such services: it stays out of the log.
        warn!(error, "monitor.ping_url does not answer");
    }
}

/// With `/fail` at the end of the path; what stands behind a `?` stays.
fn failed(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return url.to_owned() };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("fail");
    }
    url.into()
}

async fn ask(context: &Context, url: &str) -> Result<(), String> {
    let shown = |error: reqwest::Error| error.without_url().to_string();
    let settings = &context.config.kitos;
    let certificates = kitos::own_certificates(settings).map_err(|error| error.to_string())?;
    let mut client = Client::builder().timeout(PATIENCE).no_proxy().tls_certs_merge(certificates);
    let password = match settings.proxy_user {
        Some(_) => settings.proxy_password().read(&context.environment),
        None => Ok(None),
    };
    let password = password.map_err(|error| error.to_string())?;
    if let Some(proxy) =
        kitos::proxy(settings, password.as_ref()).map_err(|error| error.to_string())?
    {
        client = client.proxy(proxy);
    }
    let answer = client.build().map_err(shown)?.get(url).send().await;
    answer.and_then(reqwest::Response::error_for_status).map_err(shown)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::failed;

    #[test]
    fn a_failed_pull_is_told_at_a_path_of_its_own() {
        for (url, expected) in [
            ("https://ping.example/key", "https://ping.example/key/fail"),
            ("https://ping.example/key/", "https://ping.example/key/fail"),
            ("https://ping.example", "https://ping.example/fail"),
            (
                "https://ping.example/key?status=up&msg=OK",
                "https://ping.example/key/fail?status=up&msg=OK",
            ),
        ] {
            assert_eq!(failed(url), expected);
        }
    }
}
