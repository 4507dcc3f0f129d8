//! Why a mail waits, was withdrawn or did not arrive, in words.

use super::words::{Arg, Words};
use crate::model::{MailReason, MailWhy};

/// In our own words; `None` where the mail server's say it all.
pub fn own(why: &MailWhy, words: &Words) -> Option<String> {
    let arg: Option<(&str, Arg)> = match why {
        MailWhy::Reply => return None,
        MailWhy::PerMinute { allowed } => Some(("n", (*allowed).into())),
        MailWhy::Cancelled { by } => Some(("by", by.as_str().into())),
        MailWhy::OtherMode { mode } => Some(("mode", mode.as_str().into())),
        MailWhy::MayHaveArrived { because } => {
            Some(("why", own(because, words).unwrap_or_default().into()))
        }
        _ => None,
    };
    let name: &'static str = why.into();
    Some(words.say(&format!("mail-reason.{name}"), arg.as_slice()))
}

/// All of it, on one line.
pub fn in_words(reason: &MailReason, words: &Words) -> String {
    let parts = [own(&reason.why, words), reason.reply.clone()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantNames as _;

    use super::*;
    use crate::model::{Language, MailMode};
    use crate::text::words::words;

    #[test]
    fn each_reason_has_words_and_no_others_are_kept() {
        for language in [Language::Da, Language::En] {
            let keys = words(language).keys().filter_map(|key| key.strip_prefix("mail-reason."));
            let reasons = MailWhy::VARIANTS.iter().copied().filter(|name| *name != "reply");
            assert_eq!(keys.collect::<BTreeSet<_>>(), reasons.collect(), "{language:?}");
        }
    }

    #[test]
    fn a_reason_survives_the_database_and_is_told_with_the_servers_words() {
        let left = Box::new(MailWhy::ReaderLeft);
        for (reason, expected) in [
            (MailWhy::Reply.with("550 no".to_owned()), "550 no"),
            (
                MailWhy::GivenUp.with("450 later".to_owned()),
                "given up after mail.give_up_after; last: 450 later",
            ),
            (
                MailWhy::PerMinute { allowed: 30 }.into(),
                "mail.smtp.per_minute allows 30 mails a minute",
            ),
            (MailWhy::OtherMode { mode: MailMode::Send }.into(), "mail.mode is send now"),
            (
                MailWhy::MayHaveArrived { because: left }.into(),
                "its reader has left the organisation; the program had died while sending it, so it may have arrived",
            ),
        ] {
            let kept = serde_json::to_string(&reason).expect("JSON");
            let read: MailReason = serde_json::from_str(&kept).expect("a reason");
            assert_eq!(read, reason, "{kept}");
            assert_eq!(in_words(&read, words(Language::En)), expected);
        }
    }
}
