//! Whether mail may go to an address: the one place that knows, for notices and
//! for the rule that reports owners who cannot be reached.

use std::collections::BTreeSet;

use crate::model::Unreachable;

/// The trimmed address, if mail may be sent to it. `allowed` are domains in lower
/// case; empty allows all.
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
    if allowed.is_empty() || allowed.contains(&parsed.domain().to_lowercase()) {
        Ok(address)
    } else {
        Err(Unreachable::ForeignDomain)
    }
}

/// How addresses are compared: KITOS's users and the leaders file are typed by
/// different people.
pub fn folded(address: &str) -> String {
    address.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_mail_may_go() {
        let allowed = BTreeSet::from(["kommune.dk".to_owned()]);
        for (email, verdict) in [
            (Some("anna@kommune.dk"), Ok("anna@kommune.dk")),
            (Some(" anna@Kommune.DK "), Ok("anna@Kommune.DK")),
            (Some("anna@sub.kommune.dk"), Err(Unreachable::ForeignDomain)),
            (Some("anna@firma.dk"), Err(Unreachable::ForeignDomain)),
            (Some("anna"), Err(Unreachable::Malformed)),
            (Some("anna@kommune.dk, b@kommune.dk"), Err(Unreachable::Malformed)),
            (Some("a@kommune.dk\r\nBcc: x@y.dk"), Err(Unreachable::Malformed)),
            (Some("  "), Err(Unreachable::NoAddress)),
            (None, Err(Unreachable::NoAddress)),
        ] {
            assert_eq!(reachability(email, &allowed), verdict, "{email:?}");
        }
        assert_eq!(reachability(Some("a@firma.dk"), &BTreeSet::new()), Ok("a@firma.dk"));
    }
}
