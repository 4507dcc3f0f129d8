//! The link of one's own that a mail to a person carries: its address, and how its
//! secret is taken out for everybody else.

/// The secret's length, in hexadecimal figures.
const SECRET: usize = 64;
/// What stands before it.
const BEFORE: &str = "/s/";
/// What a quoted-printable body breaks a line with.
const BREAK: &[u8] = b"=\r\n";

/// The address of the page behind the secret; `public_url` is `web.public_url`.
pub fn address(public_url: &str, secret: &str) -> String {
    format!("{}{BEFORE}{secret}", public_url.trim_end_matches('/'))
}

/// The same for those who are not its reader.
pub fn hidden_address(public_url: &str) -> String {
    address(public_url, "…")
}

/// A text without the secrets in it.
pub fn hidden(text: &str) -> String {
    let mut parts = text.split(BEFORE);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let figures = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (shown, rest) = if figures >= SECRET { ("…", figures) } else { ("", 0) };
        clean.push_str(BEFORE);
        clean.push_str(shown);
        clean.push_str(part.get(rest..).unwrap_or_default());
    }
    clean
}

/// Overwrites the secrets in a finished message. A line break that its encoding put
/// into one is no end of it.
pub fn overwrite(message: &mut [u8]) {
    let mut places = Vec::with_capacity(message.len());
    let mut at = 0;
    while let Some(rest) = message.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(BREAK) {
            at += BREAK.len();
        } else {
            places.push(at);
            at += 1;
        }
    }
    let length = BEFORE.len() + SECRET;
    let is = |place: &usize, wanted: &dyn Fn(u8) -> bool| {
        message.get(*place).is_some_and(|byte| wanted(*byte))
    };
    let mut secrets = Vec::new();
    for window in places.windows(length) {
        let (before, secret) = window.split_at(BEFORE.len());
        let is_before = before.iter().zip(BEFORE.bytes()).all(|(place, b)| is(place, &|a| a == b));
        if is_before && secret.iter().all(|place| is(place, &|byte| byte.is_ascii_hexdigit())) {
            secrets.extend_from_slice(secret);
        }
    }
    for place in secrets {
        if let Some(byte) = message.get_mut(place) {
            *byte = b'0';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_to_nobody_else_and_all_else_stays() {
        let secret = "0123456789abcdef".repeat(4);
        let link = address("https://svar.kommune.dk/", &secret);
        assert_eq!(link, format!("https://svar.kommune.dk/s/{secret}"));
        let (first, last) = secret.split_at(20);
        let zeros = "0".repeat(SECRET);
        for (text, shown, kept) in [
            (format!("se {link}."), "se https://svar.kommune.dk/s/….", format!("/s/{zeros}.")),
            (format!("{link} {link}"), "", format!("/s/{zeros} https://svar.kommune.dk/s/{zeros}")),
            (
                format!("/s/{first}=\r\n{last}<"),
                "",
                format!("/s/{}=\r\n{}<", &zeros[..20], &zeros[20..]),
            ),
            (format!("/=\r\ns/{secret}"), "", format!("/=\r\ns/{zeros}")),
            (
                "/s/kort og /s/0123".to_owned(),
                "/s/kort og /s/0123",
                "/s/kort og /s/0123".to_owned(),
            ),
            (format!("/s/{first}"), "", format!("/s/{first}")),
        ] {
            if !shown.is_empty() {
                assert_eq!(hidden(&text), shown);
            }
            let mut message = text.clone().into_bytes();
            overwrite(&mut message);
            let message = String::from_utf8(message).expect("UTF-8");
            assert!(message.ends_with(&kept), "{text}: {message}");
            assert_eq!(message.len(), text.len());
        }
        let mut empty = [];
        overwrite(&mut empty);
    }
}
