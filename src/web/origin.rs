//! Whether a request is meant for us, and a form comes from our own page: against
//! rebinding and cross-site requests (`docs/reliability.md`, R23).

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use ring::hmac;
use ring::rand::SystemRandom;

use super::access::Who;
use crate::text::hex::hex;

/// Whether `Host` is ours: the page's public name, or this machine by address. A
/// name that somebody else's DNS points at us is not.
pub fn is_our_host(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let Some(name) = host_of(host) else { return false };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let public = public_url.and_then(|url| url.parse::<Uri>().ok());
    bare.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || public.and_then(|url| url.host().map(|host| host.eq_ignore_ascii_case(name)))
            == Some(true)
}

/// The name in `name:port`.
fn host_of(authority: &str) -> Option<&str> {
    let after = authority.rfind(']').map_or(0, |end| end + 1);
    match authority.get(after..)?.split_once(':') {
        Some((rest, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            authority.get(..after + rest.len())
        }
        Some(_) => None,
        None => Some(authority),
    }
}

/// Whether a POST comes from a page of ours. A browser says so itself; one that says
/// nothing of where it comes from is not believed. Our `Referrer-Policy` makes browsers
/// write `Origin: null`, so that this alone says nothing.
pub fn is_same_origin(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = said("sec-fetch-site").map(|site| site == "same-origin");
    let origin = said(ORIGIN.as_str()).filter(|origin| *origin != "null").map(|origin| {
        let host = said(HOST.as_str()).unwrap_or_default();
        let after = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        after.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
            || public_url.is_some_and(|url| url.eq_ignore_ascii_case(origin))
    });
    match (site, origin) {
        (None, None) => false,
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

/// Makes tokens for forms, of this run of the program.
#[derive(Debug)]
pub struct Tokens(hmac::Key);

impl Tokens {
    /// `None` where the machine gives no chance.
    pub fn new() -> Option<Self> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok().map(Self)
    }

    /// The token of a form at `path` for who asks.
    pub fn of(&self, who: &Who, path: &str) -> String {
        let tag = hmac::sign(&self.0, &said(who, path));
        hex(tag.as_ref())
    }

    /// Whether `token` is that, compared in constant time.
    pub fn is_right(&self, token: &str, who: &Who, path: &str) -> bool {
        let digit = |pair: &[u8]| {
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
        };
        let bytes: Option<Vec<u8>> = token.as_bytes().chunks(2).map(digit).collect();
        bytes.is_some_and(|tag| hmac::verify(&self.0, &said(who, path), &tag).is_ok())
    }
}

fn said(who: &Who, path: &str) -> Vec<u8> {
    // No name holds a line break: it came in a header.
    format!("{}\n{path}", who.name().unwrap_or_default()).into_bytes()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut headers = HeaderMap::new();
        pairs.iter().map(pair).for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn a_host_is_ours_by_address_or_by_the_public_name() {
        let public = Some("https://systemejere.kommune.dk");
        for (host, expected) in [
            ("127.0.0.1:8470", true),
            ("[::1]:8470", true),
            ("10.0.0.7", true),
            ("localhost:8470", true),
            ("systemejere.kommune.dk", true),
            ("SYSTEMEJERE.kommune.dk:443", true),
            ("evil.example", false),
            ("evil.example:8470", false),
            ("127.0.0.1.evil.example", false),
            ("systemejere.kommune.dk.evil.example", false),
            ("systemejere.kommune.dk:80@evil.example", false),
            ("localhost:evil", false),
            ("", false),
        ] {
            assert_eq!(is_our_host(&headers(&[("host", host)]), public), expected, "{host}");
        }
        assert!(!is_our_host(&headers(&[]), public));
        assert!(!is_our_host(&headers(&[("host", "localhost"), ("host", "evil.example")]), public));
        assert!(!is_our_host(&headers(&[("host", "systemejere.kommune.dk")]), None));
    }

    #[test]
    fn a_form_comes_from_our_own_page() {
        let host = ("host", "p.dk");
        for (more, expected) in [
            (vec![], false),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("origin", "https://p.dk")], true),
            (vec![("origin", "https://p.dk.evil.example")], false),
            (vec![("origin", "null")], false),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "null")], false),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://p.dk")], false),
        ] {
            let given = headers(&[vec![host], more.clone()].concat());
            assert_eq!(is_same_origin(&given, None), expected, "{more:?}");
        }
    }

    #[test]
    fn a_token_is_good_for_one_person_and_one_form() {
        let tokens = Tokens::new().expect("chance");
        let anne = Who::Operator("anne@kommune.dk".to_owned());
        let bo = Who::Operator("bo@kommune.dk".to_owned());
        let token = tokens.of(&anne, "/waive/1");
        assert!(tokens.is_right(&token, &anne, "/waive/1"));
        assert!(!tokens.is_right(&token, &bo, "/waive/1"));
        assert!(!tokens.is_right(&token, &anne, "/waive/2"));
        assert!(!Tokens::new().expect("chance").is_right(&token, &anne, "/waive/1"));
        for odd in ["", "x", "é", "00"] {
            assert!(!tokens.is_right(odd, &anne, "/waive/1"), "{odd}");
        }
    }
}
