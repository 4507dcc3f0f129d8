//! Values that name somebody or some machine: URLs, hosts, mail addresses, the
//! organisation. None of them may carry a password.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use lettre::Address;
use lettre::message::Mailbox;
use reqwest::Url;
use reqwest::header::HeaderName;
use uuid::Uuid;

use super::given::{Fault, Given};
use super::kinds::{ListenAddress, OrganizationId};
use crate::text::addresses::fits_a_header;

/// The address of a server that gets our password: https, or http on loopback.
/// Without a slash at the end.
pub(super) fn server_url(given: Given<'_>) -> Result<String, Fault> {
    private_url(given, "the password").map(without_slash)
}

/// The address of our page, whose links are as good as a password: https, or http
/// on loopback. Without a slash at the end.
pub(super) fn public_url(given: Given<'_>) -> Result<String, Fault> {
    let url = private_url(given, "people's links")?;
    if url.path() != "/" {
        return Err(format!(
            "this has a path ({}), and the page answers at the root alone. \
             Give it a name of its own, e.g. \"https://systemejere.kommune.dk\".",
            url.path()
        ));
    }
    Ok(without_slash(url))
}

fn private_url(given: Given<'_>, shown: &str) -> Result<Url, Fault> {
    let url = any_url(given, "https://")?;
    if url.scheme() == "http" && !url.host_str().is_some_and(is_loopback) {
        return Err(format!(
            "plain http would show {shown} to everyone on the way. \
             Write https:// (http is for loopback only)."
        ));
    }
    nothing_behind(url)
}

/// A URL that something is put behind.
fn nothing_behind(url: Url) -> Result<Url, Fault> {
    if url.query().is_some() || url.fragment().is_some() {
        return Err("this has a query (?) or a fragment (#). \
                    Write the server's address alone, e.g. \"https://kitos.dk\"."
            .to_owned());
    }
    Ok(url)
}

/// The beginning of links. Without a slash at the end.
pub(super) fn base_url(given: Given<'_>) -> Result<String, Fault> {
    any_url(given, "https:// or http://").and_then(nothing_behind).map(without_slash)
}

/// A URL with http or https. Without a slash at the end.
pub(super) fn web_url(given: Given<'_>) -> Result<String, Fault> {
    any_url(given, "https:// or http://").map(without_slash)
}

fn without_slash(url: Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// `begins`: with what it is to begin.
fn any_url(given: Given<'_>, begins: &str) -> Result<Url, Fault> {
    let url = Url::parse(&given.text()?).map_err(|error| {
        format!("this is not a URL ({error}). Write it whole, with {begins} in front.")
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{} is not http or https. Write {begins}….", url.scheme()));
    }
    Ok(url)
}

/// Whether text looks like a URL with a user name or password in it, also when
/// it is no right URL: then it must not be shown.
pub(super) fn holds_password(text: &str) -> bool {
    !text.trim().contains(char::is_whitespace)
        && text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'))
}

/// Whether a host is this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The name or IP address of a machine, without scheme and port.
pub(super) fn host(given: Given<'_>) -> Result<String, Fault> {
    let text = given.text()?;
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() || Address::new("x", &text).is_ok() {
        return Ok(bare.to_owned());
    }
    Err("this is not the name of a host. Write it without scheme and port, \
         e.g. \"mail.kommune.dk\"; the port has its own key."
        .to_owned())
}

/// An IP address with a port, or the whole path of a Unix socket.
pub(super) fn listen_address(given: Given<'_>) -> Result<ListenAddress, Fault> {
    let text = given.text()?;
    if text.starts_with('/') {
        return Ok(ListenAddress::Socket(PathBuf::from(text.into_owned())));
    }
    text.parse().map(ListenAddress::Tcp).map_err(|_| {
        "this is neither an IP address with a port nor the path of a Unix socket. \
         Write e.g. \"127.0.0.1:8470\"."
            .into()
    })
}

pub(super) fn ip_address(given: Given<'_>) -> Result<IpAddr, Fault> {
    given
        .text()?
        .parse()
        .map_err(|_| "this is not an IP address. Write e.g. \"127.0.0.1\" or \"::1\".".into())
}

/// The name of an HTTP header, as it was written.
pub(super) fn header_name(given: Given<'_>) -> Result<String, Fault> {
    let text = given.text()?;
    HeaderName::from_str(&text).map(|_| text.into_owned()).map_err(|_| {
        "this is not the name of an HTTP header. Write e.g. \"X-Remote-User\".".to_owned()
    })
}

/// A CVR number or the UUID of the organisation in KITOS.
pub(super) fn organization(given: Given<'_>) -> Result<OrganizationId, Fault> {
    let text = given.text()?;
    if let Ok(uuid) = Uuid::parse_str(&text) {
        return Ok(OrganizationId::Uuid(uuid));
    }
    let is_cvr = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_cvr(&text) {
        return Ok(OrganizationId::Cvr(text.into_owned()));
    }
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect();
    let digits = digits.to_ascii_uppercase();
    let digits = digits.trim_start_matches("CVR").trim_start_matches(':').trim_start_matches("DK");
    let meant = if is_cvr(digits) { format!(" Did you mean \"{digits}\"?") } else { String::new() };
    Err(format!("this is neither a CVR number (eight digits, nothing else) nor a UUID.{meant}"))
}

/// A bare mail address.
pub(super) fn address(given: Given<'_>) -> Result<String, Fault> {
    let text = given.text()?;
    match Address::from_str(&text) {
        Ok(address) if fits_a_header(&address) => Ok(text.into_owned()),
        _ => Err("this is not a bare mail address. Write e.g. \"it@kommune.dk\".".to_owned()),
    }
}

/// `Name <address>`, or a bare address. Names need no quotes, even with commas.
pub(super) fn mailbox(given: Given<'_>) -> Result<Mailbox, Fault> {
    let text = given.text()?;
    let (name, address) = match text.rsplit_once('<') {
        Some((name, rest)) => (name.trim().trim_matches('"'), rest.strip_suffix('>')),
        None => ("", Some(&*text)),
    };
    let address = address.and_then(|address| Address::from_str(address.trim()).ok());
    address
        .filter(|address| fits_a_header(address) && !is_of_several(name))
        .map(|address| Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address))
        .ok_or_else(|| {
            "this is not a name with a mail address. \
             Write e.g. \"IT og Digitalisering <it@kommune.dk>\"."
                .to_owned()
        })
}

/// Whether a name is another mailbox and a comma: only one can be the sender.
fn is_of_several(name: &str) -> bool {
    let before = name.split([',', ';']).next().unwrap_or_default();
    before.len() < name.len() && before.contains('@')
}

/// The part of a mail address after the `@`, in lower case.
pub(super) fn domain(given: Given<'_>) -> Result<String, Fault> {
    let text = given.text()?.to_lowercase();
    if let Some((_, domain)) = text.rsplit_once('@') {
        return Err(format!("write the part after the @ alone: \"{domain}\"."));
    }
    if Address::new("x", &text).is_err() {
        return Err("this is not a domain. Write e.g. \"kommune.dk\".".to_owned());
    }
    Ok(text)
}

/// The domain of an address that [`address`] has read.
pub(super) fn domain_of(address: &str) -> String {
    address.rsplit('@').next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `None` stands for a refusal.
    fn check<T>(
        read: impl Fn(Given<'_>) -> Result<T, Fault>,
        show: impl Fn(T) -> String,
        cases: &[(&str, Option<&str>)],
    ) {
        for (text, expected) in cases {
            let found = read(Given::Text(text)).ok().map(&show);
            assert_eq!(found.as_deref(), *expected, "{text:?}");
        }
    }

    #[test]
    fn urls() {
        check(
            server_url,
            |url| url,
            &[
                ("https://kitos.dk", Some("https://kitos.dk")),
                ("https://kitos.dk/", Some("https://kitos.dk")),
                ("https://kitos.dk/staging/", Some("https://kitos.dk/staging")),
                ("HTTPS://KITOS.DK", Some("https://kitos.dk")),
                ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
                ("http://127.8.9.1", Some("http://127.8.9.1")),
                ("http://[::1]:80", Some("http://[::1]")),
                ("http://localhost:5000", Some("http://localhost:5000")),
                ("http://kitos.dk", None),
                ("http://localhost.kitos.dk", None),
                ("http://128.0.0.1", None),
                ("http://127.0.0.1.kitos.dk", None),
                ("kitos.dk", None),
                ("ftp://kitos.dk", None),
                ("https://", None),
                ("https://kitos.dk?x=1", None),
                ("https://kitos.dk/#top", None),
                ("", None),
            ],
        );
        for (text, expected) in [
            ("https://user:secret@kitos.dk", true),
            ("http://user@proxy.kommune.dk:3128", true),
            ("http://user:sec/ret@proxy:port", true),
            ("http://proxy.kommune.dk:3128", false),
            ("Hjælp: https://hjaelp.kommune.dk eller it@kommune.dk", false),
            ("it@kommune.dk", false),
        ] {
            assert_eq!(holds_password(text), expected, "{text}");
        }
    }

    #[test]
    fn organizations() {
        check(
            organization,
            |id| format!("{id:?}"),
            &[
                ("29189668", Some("Cvr(\"29189668\")")),
                (
                    "4DC52C64-3706-40F4-BF58-45035BB376DA",
                    Some("Uuid(4dc52c64-3706-40f4-bf58-45035bb376da)"),
                ),
                ("DK29189668", None),
                ("29 18 96 68", None),
                ("2918966", None),
                ("２９１８９６６８", None),
                ("Randers Kommune", None),
            ],
        );
        for written in ["DK29189668", "29 18 96 68", "DK-29189668", "CVR: 29189668"] {
            let fault = organization(Given::Text(written)).unwrap_err();
            assert!(fault.ends_with("Did you mean \"29189668\"?"), "{fault}");
        }
    }

    #[test]
    fn mail_addresses() {
        check(
            address,
            |address| address,
            &[
                ("it@randers.dk", Some("it@randers.dk")),
                (" it@randers.dk ", Some("it@randers.dk")),
                ("it@", None),
                ("it", None),
                ("IT <it@randers.dk>", None),
                ("it@randers.dk, drift@randers.dk", None),
                ("it@randers.dk\r\nBcc: x@y.dk", None),
                ("\"it drift\"@randers.dk", None),
            ],
        );
        check(
            mailbox,
            |mailbox| format!("{:?} {}", mailbox.name, mailbox.email),
            &[
                ("it@randers.dk", Some("None it@randers.dk")),
                ("<it@randers.dk>", Some("None it@randers.dk")),
                ("IT og Digi <it@randers.dk>", Some("Some(\"IT og Digi\") it@randers.dk")),
                ("Bjørn, IT <it@randers.dk>", Some("Some(\"Bjørn, IT\") it@randers.dk")),
                ("\"Bjørn, IT\" <it@randers.dk>", Some("Some(\"Bjørn, IT\") it@randers.dk")),
                ("it@randers.dk, Drift <drift@randers.dk>", None),
                ("IT <it@randers.dk>, Drift <drift@randers.dk>", None),
                ("IT <it@randers.dk", None),
                ("IT <it>", None),
                ("IT\n <it@randers.dk>", None),
                ("", None),
            ],
        );
        check(
            domain,
            |domain| domain,
            &[
                ("Randers.dk", Some("randers.dk")),
                ("it.randers.dk", Some("it.randers.dk")),
                ("@randers.dk", None),
                ("it@randers.dk", None),
                ("*.dk", None),
                ("", None),
            ],
        );
    }

    #[test]
    fn hosts() {
        check(
            host,
            |host| host,
            &[
                ("localhost", Some("localhost")),
                ("mail.randers.dk", Some("mail.randers.dk")),
                ("10.0.0.5", Some("10.0.0.5")),
                ("::1", Some("::1")),
                ("[::1]", Some("::1")),
                ("mail.randers.dk:25", None),
                ("smtp://mail.randers.dk", None),
                ("", None),
            ],
        );
    }
}
