//! Keys that are right alone but not together.

use std::collections::BTreeSet;

use super::addresses::{domain_of, is_loopback};
use super::kinds::{ListenAddress, SmtpSecurity};
use super::read::Reader;
use super::table::{Config, Mail, Web};
use crate::model::MailMode;
use crate::text::addresses::folded;

/// Notes what does not fit. A key that was refused already is left alone.
pub(super) fn check(config: &Config, reader: &mut Reader<'_>) {
    mode(&config.mail, reader);
    clear_text(&config.mail, reader);
    twice(&config.mail, reader);
    proxy(config, reader);
    login(&config.mail, reader);
    page(&config.web, reader);
}

fn mode(mail: &Mail, reader: &mut Reader<'_>) {
    if mail.mode == MailMode::Redirect && mail.redirect_to.is_none() {
        reader.refuse(
            &["mail.mode", "mail.redirect_to"],
            "this needs mail.redirect_to. Set it to one mail address.",
        );
    }
    if mail.mode != MailMode::Send {
        return;
    }
    if mail.allowed_domains.is_empty() {
        reader.refuse(
            &["mail.mode", "mail.allowed_domains"],
            "this needs mail.allowed_domains. \
             Set it to the domains that mail may go to, e.g. [\"kommune.dk\"].",
        );
        return;
    }
    // Our own people would hear nothing either.
    for (key, addresses) in own_readers(mail) {
        let domains = addresses.iter().map(|address| domain_of(address));
        let outside = domains.into_iter().find(|domain| !mail.allowed_domains.contains(domain));
        if let Some(domain) = outside {
            let fault =
                format!("{domain} is not in mail.allowed_domains. Add it, or nothing arrives.");
            reader.refuse(&[key, "mail.allowed_domains"], &fault);
        }
    }
}

/// The keys that name our own people, with whom they name.
fn own_readers(mail: &Mail) -> [(&'static str, &[String]); 2] {
    [("mail.it", &mail.it), ("mail.alerts", mail.alerts.as_deref().unwrap_or_default())]
}

/// One mailbox in two spellings would get each digest twice.
fn twice(mail: &Mail, reader: &mut Reader<'_>) {
    for (key, addresses) in own_readers(mail) {
        let mut seen = BTreeSet::new();
        let again = addresses.iter().find(|address| !seen.insert(folded(address)));
        if let Some(again) = again {
            reader.refuse(&[key], &format!("{again} stands here twice. Leave one of them out."));
        }
    }
}

fn clear_text(mail: &Mail, reader: &mut Reader<'_>) {
    if mail.smtp.security == SmtpSecurity::None && !is_loopback(&mail.smtp.host) {
        reader.refuse(
            &["mail.smtp.security", "mail.smtp.host"],
            "mail would travel in clear text, which is for a mail.smtp.host on loopback only. \
             Write \"starttls\" or \"tls\".",
        );
    }
}

fn proxy(config: &Config, reader: &mut Reader<'_>) {
    if config.kitos.proxy_user.is_some() && config.kitos.proxy.is_none() {
        reader.refuse(
            &["kitos.proxy_user", "kitos.proxy"],
            "there is no proxy to log in to. Set kitos.proxy, or remove this.",
        );
    }
}

/// A password alone logs nobody in, and mail would be sent without a login.
fn login(mail: &Mail, reader: &mut Reader<'_>) {
    if mail.smtp.password_file.is_some() && mail.smtp.username.is_none() {
        reader.refuse(
            &["mail.smtp.password_file", "mail.smtp.username"],
            "there is no user to log in as. Set mail.smtp.username, or remove this.",
        );
    }
}

/// A page without a login shows names: to people on this machine only.
fn page(web: &Web, reader: &mut Reader<'_>) {
    let open = match &web.listen {
        Some(ListenAddress::Tcp(address)) => !address.ip().is_loopback(),
        Some(ListenAddress::Socket(_)) | None => false,
    };
    if open && web.user_header.is_none() {
        reader.refuse(
            &["web.listen", "web.user_header"],
            "everyone on the network could read the page, since web.user_header is not set. \
             Write an address of this machine itself, e.g. \"127.0.0.1:8470\", or set \
             web.user_header to the header in which your proxy names who is logged in.",
        );
    }
}
