//! The part of the process environment that is ours, taken once at the start.
//! It may hold passwords, so it never shows its values.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// How the names of our variables begin.
pub(super) const PREFIX: &str = "KITOS_SYNC_";

/// Variables of ours that override no key.
pub(super) const NO_OVERRIDES: [&str; 6] = [
    "KITOS_SYNC_CONFIG",
    "KITOS_SYNC_KITOS_PASSWORD",
    "KITOS_SYNC_PROXY_PASSWORD",
    "KITOS_SYNC_SMTP_PASSWORD",
    "KITOS_SYNC_LOG",
    "KITOS_SYNC_LOG_FORMAT",
];

/// Environment variables that [`load`](super::load) and
/// [`Secret::read`](super::Secret::read) look at.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// That of this process: `KITOS_SYNC_…` and `CREDENTIALS_DIRECTORY`.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with(PREFIX) || name == "CREDENTIALS_DIRECTORY")
            .collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    /// Names of the variables that can only be meant as overrides of keys.
    pub(super) fn overrides(&self) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(|name| name.starts_with(PREFIX) && !NO_OVERRIDES.contains(name))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The variable that overrides a key: `mail.smtp.host` is
/// `KITOS_SYNC_MAIL__SMTP__HOST`.
pub(super) fn variable(key: &str) -> String {
    PREFIX.to_owned() + &key.replace('.', "__").replace('-', "_").to_ascii_uppercase()
}
