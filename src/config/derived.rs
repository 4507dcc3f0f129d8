//! What follows from several keys: what an unset key falls back to, and where
//! passwords come from.

use std::path::PathBuf;

use ring::digest::{SHA256, digest};

use super::secret::Secret;
use super::table::{Config, Kitos, Mail, Smtp};
use crate::text::addresses::folded;
use crate::text::hex::hex;

impl Config {
    /// Where mails are written in mode `preview`.
    pub fn preview_dir(&self) -> PathBuf {
        let beside = || self.database.path.with_file_name("preview");
        self.mail.preview_dir.clone().unwrap_or_else(beside)
    }

    /// Who may decide on the page.
    pub fn web_operators(&self) -> &[String] {
        self.web.operators.as_ref().unwrap_or(&self.mail.it)
    }
}

impl Kitos {
    /// The machine in `url`.
    pub fn host(&self) -> String {
        // The reader took it for a URL with a host.
        let url = reqwest::Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| self.url.clone())
    }

    /// What people's links begin with, without a slash at the end.
    pub fn ui_url(&self) -> String {
        self.ui_url.clone().unwrap_or_else(|| format!("{}/ui", self.url))
    }

    /// A digest of what a login depends on but for the password itself: where it is made, by
    /// whom, and where the password comes from.
    pub fn login(&self) -> String {
        let login = format!("{:?}", (&self.url, &self.email, &self.password_file));
        hex(digest(&SHA256, login.as_bytes()).as_ref())
    }

    /// The password of the API user.
    pub fn password(&self) -> Secret {
        Secret::kitos(self.password_file.clone())
    }

    /// The password of the proxy's user.
    pub fn proxy_password(&self) -> Secret {
        Secret::proxy()
    }
}

impl Mail {
    /// Who is told when something is wrong with the program itself.
    pub fn alerts(&self) -> &[String] {
        self.alerts.as_ref().unwrap_or(&self.it)
    }

    /// Whether the address is one of IT's.
    pub fn is_it(&self, address: &str) -> bool {
        self.it.iter().any(|it| folded(it) == folded(address))
    }
}

impl Smtp {
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.security.default_port())
    }

    /// The password of the mail server's user.
    pub fn password(&self) -> Secret {
        Secret::smtp(self.password_file.clone())
    }
}
