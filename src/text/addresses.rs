//! Whether mail may go to an address: the one place that knows, for notices and
//! for the rule that reports owners who cannot be reached.

use std::borrow::Cow;
use std::collections::BTreeSet;

use lettre::message::{Mailbox, Mailboxes};

use crate::model::Unreachable;

/// The trimmed address, if mail may be sent to it. `allowed` are domains; empty allows
/// all.
///
/// # Errors
/// Why not.
pub fn reachability<'a>(
    email: Option<&'a str>,
    allowed: &BTreeSet<String>,
) -> Result<&'a str, Unreachable> {
    let address = email.map(str::trim).filter(|email| !email.is_empty());
    let address = address.ok_or(Unreachable::NoAddress)?;
    let parsed: lettre::Address = address.parse().map_err(|_| Unreachable::Malformed)?;
    if !fits_a_header(&parsed) {
        return Err(Unreachable::Malformed);
    }
    let domain = folded_domain(parsed.domain());
    if allowed.is_empty() || allowed.iter().any(|allowed| folded_domain(allowed) == domain) {
        Ok(address)
    } else {
        Err(Unreachable::ForeignDomain)
    }
}

/// Whether a mail can be addressed so. A quoted local part with a space in it is
/// an address to lettre, but not one that its own headers can be read back with;
/// and one mail that cannot be finished would keep a whole job from its work.
pub fn fits_a_header(address: &lettre::Address) -> bool {
    // As nearly all addresses are: nothing in it has a meaning of its own.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let is_word = |word: &str| !word.is_empty() && word.chars().all(is_plain);
    if address.user().split('.').all(is_word) && address.domain().split('.').all(is_word) {
        return true;
    }
    let mailbox = Mailbox::new(None, address.clone()).to_string();
    mailbox.parse::<Mailboxes>().is_ok_and(|read| read.iter().map(|m| &m.email).eq([address]))
}

/// Whether it is the address of one mailbox.
pub fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok_and(|address| fits_a_header(&address))
}

/// How addresses are compared: KITOS's users and the leaders file are typed by
/// different people.
pub fn folded(address: &str) -> String {
    wire(address.trim()).to_lowercase()
}

/// The address as mail servers know it: letters such as "ø" in the domain written with
/// `xn--`, as DNS has it.
pub fn wire(address: &str) -> Cow<'_, str> {
    match address.rsplit_once('@') {
        Some((name, domain)) if !domain.is_ascii() => match idna::domain_to_ascii(domain) {
            Ok(domain) => Cow::Owned(format!("{name}@{domain}")),
            Err(_) => Cow::Borrowed(address),
        },
        _ => Cow::Borrowed(address),
    }
}

/// What stands behind the @, in the form in which domains compare.
pub fn domain_of(address: &str) -> String {
    folded_domain(address.trim().rsplit_once('@').map_or("", |(_, domain)| domain))
}

/// A domain in the form in which domains compare.
pub fn folded_domain(domain: &str) -> String {
    if domain.is_ascii() {
        return domain.to_ascii_lowercase();
    }
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase())
}

/// Text that is fit for a log: of every mail address in it only the first letter
/// and the domain are left (`docs/reliability.md` R21).
pub fn masked(text: &str) -> String {
    let in_local_part = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut pieces = text.split('@').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            shown.push_str(piece);
            break;
        }
        let local = piece.trim_end_matches(in_local_part).len();
        let (before, local) = piece.split_at(local);
        shown.push_str(before);
        shown.extend(local.chars().next());
        if local.chars().nth(1).is_some() {
            shown.push('…');
        }
        shown.push('@');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_shows_a_letter_and_the_domain() {
        for (text, shown) in [
            ("550 <bo.hansen@randers.dk> unknown", "550 <b…@randers.dk> unknown"),
            ("a@b.dk, æbleø@randers.dk; c", "a@b.dk, æ…@randers.dk; c"),
            ("two anna@x.dk@y.dk", "two a…@x…@y.dk"),
            ("@ alone, and nothing", "@ alone, and nothing"),
            ("", ""),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn where_mail_may_go() {
        let allowed = BTreeSet::from(["kommune.dk".to_owned(), "Rødby.dk".to_owned()]);
        for (email, verdict) in [
            (Some("anna@kommune.dk"), Ok("anna@kommune.dk")),
            (Some(" anna@Kommune.DK "), Ok("anna@Kommune.DK")),
            (Some("anna@sub.kommune.dk"), Err(Unreachable::ForeignDomain)),
            (Some("anna@firma.dk"), Err(Unreachable::ForeignDomain)),
            (Some("anna"), Err(Unreachable::Malformed)),
            (Some("anna@kommune.dk, b@kommune.dk"), Err(Unreachable::Malformed)),
            (Some("a@kommune.dk\r\nBcc: x@y.dk"), Err(Unreachable::Malformed)),
            (Some("\"anna berg\"@kommune.dk"), Err(Unreachable::Malformed)),
            (Some("\"a,b\"@kommune.dk"), Err(Unreachable::Malformed)),
            (Some("o'neil+a%b@kommune.dk"), Ok("o'neil+a%b@kommune.dk")),
            (Some("søren@kommune.dk"), Ok("søren@kommune.dk")),
            (Some("a@rødby.dk"), Ok("a@rødby.dk")),
            (Some("a@XN--RDBY-GRA.dk"), Ok("a@XN--RDBY-GRA.dk")),
            (Some("  "), Err(Unreachable::NoAddress)),
            (None, Err(Unreachable::NoAddress)),
        ] {
            assert_eq!(reachability(email, &allowed), verdict, "{email:?}");
        }
        assert_eq!(reachability(Some("a@firma.dk"), &BTreeSet::new()), Ok("a@firma.dk"));
    }
}
