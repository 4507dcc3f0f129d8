//! What is known of an incident, in words.

use chrono_tz::Tz;

use crate::model::AlertFact;
use crate::text::held;
use crate::text::words::Words;

/// The lines of a fact. What became of a held pull is told by the alert alone, in a
/// sentence of its own.
pub fn fact(words: &Words, fact: &AlertFact, zone: Tz) -> Vec<String> {
    let line = match fact {
        AlertFact::Outlook(outlook) => return held::outlook(words, outlook),
        AlertFact::Ended { .. } => return Vec::new(),
        AlertFact::Held(reason) => held::sentence(words, reason),
        AlertFact::Error(error) => {
            words.say("mail.alert.error", &[("error", error.as_str().into())])
        }
        AlertFact::Refused { address, reply } => {
            let args = [("address", address.as_str().into()), ("reply", reply.as_str().into())];
            words.say("mail.alert.refused", &args)
        }
        AlertFact::LastGoodPull(at) => {
            words.say("mail.alert.last-good-pull", &[("at", at.with_timezone(&zone).into())])
        }
        AlertFact::NoGoodPullSince(at) => {
            words.say("mail.alert.no-good-pull", &[("at", at.with_timezone(&zone).into())])
        }
    };
    vec![line]
}
