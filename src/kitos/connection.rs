//! The HTTP client as the settings want it: who we are, which proxy and which CA.

use std::time::Duration;

use reqwest::{Certificate, Proxy};
use secrecy::{ExposeSecret, SecretString};

use super::error::Error;
use crate::config::{self, Environment, SecretError};

/// What logs us in: at KITOS, and at a proxy that asks who we are.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub password: SecretString,
    /// Of `kitos.proxy_user`.
    pub proxy_password: Option<SecretString>,
}

impl Credentials {
    /// Reads them where the settings say; `None` without a password for KITOS.
    ///
    /// # Errors
    /// A source that is there and cannot be used.
    pub fn read(
        settings: &config::Kitos,
        environment: &Environment,
    ) -> Result<Option<Self>, SecretError> {
        let proxy_password = match settings.proxy_user {
            Some(_) => settings.proxy_password().read(environment)?,
            None => None,
        };
        let password = settings.password().read(environment)?;
        Ok(password.map(|password| Self { password, proxy_password }))
    }
}

impl From<&str> for Credentials {
    fn from(password: &str) -> Self {
        Self { password: password.into(), proxy_password: None }
    }
}

/// # Errors
/// [`Error::Settings`] when the CA file or the proxy cannot be used.
pub fn http_client(
    settings: &config::Kitos,
    proxy_password: Option<&SecretString>,
) -> Result<reqwest::Client, Error> {
    let error = |reason: String| Error::Settings { url: settings.url.clone(), reason };
    // Building a client panics without a provider; one that is there is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent(&settings.email))
        .redirect(reqwest::redirect::Policy::none())
        // Below the whole request's limit, so that a connection that hangs is
        // told as such.
        .connect_timeout(Duration::from_secs(10).min(settings.request_timeout / 2))
        .timeout(settings.request_timeout)
        .no_proxy();
    if let Some(proxy) = proxy(settings, proxy_password)? {
        builder = builder.proxy(proxy);
    }
    builder = builder.tls_certs_merge(own_certificates(settings)?);
    // A KITOS on this machine itself: the machine's certificates need not be read.
    if settings.url.starts_with("http://") {
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|e| error(reasons(&e)))
}

/// What `kitos.ca_file` holds: authorities that are trusted beside the machine's own, as
/// that of a firewall that reads along.
///
/// # Errors
/// [`Error::Settings`] when the file cannot be used.
pub fn own_certificates(settings: &config::Kitos) -> Result<Vec<Certificate>, Error> {
    let Some(path) = &settings.ca_file else { return Ok(Vec::new()) };
    let error = |reason: String| {
        let reason = format!("kitos.ca_file {}{reason}", path.display());
        Error::Settings { url: settings.url.clone(), reason }
    };
    let pem = std::fs::read(path).map_err(|e| error(format!(": {e}")))?;
    let certificates = Certificate::from_pem_bundle(&pem);
    let certificates = certificates.map_err(|e| error(format!(": {}", reasons(&e))))?;
    // A bundle of nothing is no error to the parser.
    if certificates.is_empty() {
        return Err(error(" holds no certificate in PEM form".to_owned()));
    }
    Ok(certificates)
}

/// The way out of the municipality's network, where it needs one.
///
/// # Errors
/// [`Error::Settings`] when it cannot be used.
pub fn proxy(
    settings: &config::Kitos,
    password: Option<&SecretString>,
) -> Result<Option<Proxy>, Error> {
    let error = |reason: String| Error::Settings { url: settings.url.clone(), reason };
    let Some(address) = &settings.proxy else { return Ok(None) };
    let mut proxy = Proxy::all(address).map_err(|e| error(reasons(&e)))?;
    if let Some(user) = &settings.proxy_user {
        let password = password.ok_or_else(|| {
            let ways = settings.proxy_password().ways();
            error(format!("kitos.proxy_user has no password. Give it as {ways}"))
        })?;
        proxy = proxy.basic_auth(user, password.expose_secret());
    }
    Ok(Some(proxy))
}

/// The program, its version and whom KITOS's operators can write to.
fn user_agent(email: &str) -> String {
    let program = concat!("kitos-sync/", env!("CARGO_PKG_VERSION"));
    // A header holds visible ASCII; an address with `ø` is told by the login.
    if email.bytes().all(|byte| byte.is_ascii_graphic()) {
        format!("{program} ({email})")
    } else {
        program.to_owned()
    }
}

/// An error with its causes, without the URL.
pub fn reasons(error: &reqwest::Error) -> String {
    let mut reasons = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        reasons.push(error.to_string());
        cause = error.source();
    }
    reasons.dedup();
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}
