//! Of whom a permanent refusal speaks: of the reader, of the message, or of us. A
//! relay that has taken this machine off its list answers each recipient with 554;
//! taken for a verdict on the readers, that would kill the whole outbox and report
//! every owner as unreachable.

/// What a permanent refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// The address: nobody there, or a mailbox that takes nothing.
    Reader,
    /// This very message, e.g. its size.
    Message,
    /// Who sends, and how: relaying, policy, reputation, quota. An administrator can
    /// change that.
    Us,
}

/// What was asked when the refusal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Recipient,
    /// DATA, or the message itself.
    Message,
}

/// By the enhanced status code (RFC 3463) where the reply has one, else by what was
/// asked. In doubt it is about us: then the mail is tried again, and nobody is
/// reported.
pub(super) fn blame(asked: Asked, code: u16, reply: &str) -> Blame {
    if asked == Asked::Recipient && reply.to_lowercase().contains("relay") {
        return Blame::Us;
    }
    match (enhanced(reply), asked) {
        // The sender's address is bad.
        (Some((1, 7 | 8)), _) => Blame::Us,
        // A message too long for this mailbox, for this server; its content.
        (Some((2, 3) | (3, 4) | (6, _)), _) => Blame::Message,
        (Some((1 | 2, _)), _) => Blame::Reader,
        // Exchange Online says so of an address that it does not know.
        (Some((4, 1)), Asked::Recipient) => Blame::Reader,
        (Some(_), _) => Blame::Us,
        (None, Asked::Recipient) if (550..=553).contains(&code) => Blame::Reader,
        (None, Asked::Message) if code == 552 => Blame::Message,
        (None, _) => Blame::Us,
    }
}

/// Whether a refusal of the message says that it is too large, for the mailbox or for
/// the server.
pub fn is_too_large(reply: &str) -> bool {
    match enhanced(reply) {
        Some(code) => matches!(code, (2, 3) | (3, 4)),
        None => reply.starts_with("552"),
    }
}

/// Subject and detail of `5.subject.detail` behind the reply's code.
fn enhanced(reply: &str) -> Option<(u16, u16)> {
    let mut numbers = reply.split_whitespace().nth(1)?.strip_prefix("5.")?.splitn(2, '.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_about_the_reader_the_message_or_us() {
        use Asked::{Message, Recipient};
        for (asked, reply, about) in [
            (Recipient, "550 5.1.1 <bo@kommune.dk>: no such user", Blame::Reader),
            (Recipient, "550 no such user", Blame::Reader),
            (Recipient, "553 mailbox name not allowed", Blame::Reader),
            (Recipient, "552 5.2.2 mailbox full", Blame::Reader),
            (Recipient, "550 5.4.1 Recipient address rejected: Access denied", Blame::Reader),
            (Message, "550 5.1.1 no such user", Blame::Reader),
            (Message, "552 5.3.4 message too big", Blame::Message),
            (Message, "552 too big", Blame::Message),
            (Message, "554 5.6.0 corrupt", Blame::Message),
            (Recipient, "552 5.2.3 longer than this mailbox allows", Blame::Message),
            (Recipient, "554 5.7.1 <bo@kommune.dk>: Relay access denied", Blame::Us),
            (Recipient, "550 5.7.54 Unable to relay recipient", Blame::Us),
            (Recipient, "550 relaying is not permitted", Blame::Us),
            (Recipient, "550 5.7.1 client host blocked", Blame::Us),
            (Recipient, "554 no", Blame::Us),
            (Recipient, "550 5.1.8 sender's domain does not exist", Blame::Us),
            (Message, "554 5.7.1 rejected as spam", Blame::Us),
            (Message, "550 5.4.5 daily quota exceeded", Blame::Us),
            (Message, "550 rejected", Blame::Us),
            (Message, "554 5.5.1 no valid recipients", Blame::Us),
            (Recipient, "550 5.1", Blame::Reader),
            (Recipient, "550", Blame::Reader),
        ] {
            let code = reply[..3].parse().expect("a code");
            assert_eq!(blame(asked, code, reply), about, "{reply}");
        }
    }
}
