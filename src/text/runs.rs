//! What a run of a job came to, in words.

use crate::model::{Did, Language};
use crate::text::words::{Arg, Args, Words, words};

/// For the log and the command line, which are in English.
pub fn in_english(did: &Did) -> String {
    line(words(Language::En), did)
}

/// One line, without a full stop; of a failure the error as it came.
pub fn line(words: &Words, did: &Did) -> String {
    let say = |key: &str, args: &Args<'_>| words.say(&format!("run.{key}"), args);
    match did {
        Did::Read { systems, people, changes, opened, resolved } => {
            let counts = counts([
                ("systems", systems),
                ("people", people),
                ("changes", changes),
                ("opened", opened),
                ("resolved", resolved),
            ]);
            say("read", &counts)
        }
        Did::HeldBack => say("held-back", &[]),
        Did::Reminded { reminders, escalations, reviews, held, withdrawn, queued } => {
            let counts = counts([
                ("reminders", reminders),
                ("escalations", escalations),
                ("reviews", reviews),
                ("held", held),
                ("withdrawn", withdrawn),
            ]);
            say(if *queued { "reminded" } else { "would-remind" }, &counts)
        }
        Did::DigestQueued { mail } => say("digest-queued", &[("mail", (*mail).into())]),
        Did::DigestKnown { date } => say("digest-known", &[("date", (*date).into())]),
        Did::DigestShown => say("digest-shown", &[]),
        Did::Delivered { sent, previewed, later, dead, cancelled } => {
            let parts = [
                ("sent", sent),
                ("previewed", previewed),
                ("later", later),
                ("dead", dead),
                ("cancelled", cancelled),
            ];
            say("delivered", &[("parts", some(words, parts).into())])
        }
        Did::Pruned { versions, changes, findings, others, people, bodies, log_not_emptied } => {
            let parts = [
                ("versions", versions),
                ("changes", changes),
                ("findings", findings),
                ("others", others),
                ("bodies", bodies),
                ("people", people),
            ];
            let log = ("log", (*log_not_emptied).into());
            say("pruned", &[("parts", some(words, parts).into()), log])
        }
        Did::Failed { why } => why.clone(),
    }
}

fn counts<'a, const N: usize>(counts: [(&'a str, &usize); N]) -> [(&'a str, Arg); N] {
    counts.map(|(name, count)| (name, (*count).into()))
}

/// Those of which there are some, in words.
fn some<const N: usize>(words: &Words, counts: [(&str, &usize); N]) -> Vec<String> {
    let some = counts.into_iter().filter(|(_, count)| **count > 0);
    some.map(|(name, n)| words.say(&format!("run.part.{name}"), &[("n", (*n).into())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_is_a_line_in_both_languages() {
        let reminded = |reviews, withdrawn, queued| Did::Reminded {
            reminders: 1,
            escalations: 2,
            reviews,
            held: 30,
            withdrawn,
            queued,
        };
        let pruned = |log_not_emptied| Did::Pruned {
            versions: 40,
            changes: 1,
            findings: 0,
            others: 3,
            people: 1,
            bodies: 12,
            log_not_emptied,
        };
        for (did, danish, english) in [
            (
                Did::Read { systems: 120, people: 300, changes: 1, opened: 2, resolved: 0 },
                "120 systemer og 300 personer læst; 1 ændring; 2 nye mangler, 0 løst",
                "120 systems and 300 people read; 1 change; 2 findings opened, 0 resolved",
            ),
            (
                reminded(0, 0, true),
                "1 påmindelse og 2 henvendelser til ledere er skrevet; 30 mangler venter",
                "1 reminder and 2 escalations queued; 30 holds",
            ),
            (
                reminded(4, 1, false),
                "1 påmindelse og 2 henvendelser til ledere ville blive skrevet; 30 mangler venter; 4 mails i gennemgangen; 1 mail, der ventede, passer ikke længere og er trukket tilbage",
                "1 reminder and 2 escalations would be queued (add --send); 30 holds; 4 mails of the review; 1 that waited no longer holds, see `mail list`",
            ),
            (
                Did::DigestQueued { mail: 7 },
                "ugens oversigt er skrevet som mail 7",
                "queued as mail 7",
            ),
            (
                Did::Delivered { sent: 3, previewed: 0, later: 1, dead: 0, cancelled: 0 },
                "3 sendt og 1 forsøges igen",
                "3 sent and 1 to be tried again",
            ),
            (
                Did::Delivered { sent: 0, previewed: 0, later: 0, dead: 0, cancelled: 0 },
                "intet ventede",
                "nothing was waiting",
            ),
            (
                pruned(false),
                "slettet: 40 versioner, 1 ændring, 3 andre rækker, teksten i 12 mails og navnet på 1 person",
                "deleted: 40 versions, 1 change, 3 other rows, 12 mail bodies and the name of 1 person",
            ),
            (
                Did::Failed { why: "502 bad gateway".to_owned() },
                "502 bad gateway",
                "502 bad gateway",
            ),
        ] {
            assert_eq!(line(words(Language::Da), &did), danish);
            assert_eq!(line(words(Language::En), &did), english);
        }
        let log = line(words(Language::Da), &pruned(true));
        assert!(log.ends_with("indtil næste oprydning"), "{log}");
    }
}
