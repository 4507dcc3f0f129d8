//! What is wrong with a system, and what to do about it, in words: `fault.<kind>` and
//! `todo.<kind>`, filled with what the faults name.

use std::collections::BTreeMap;

use super::changes::NameOf;
use super::words::{Arg, Words};
use crate::model::{Fault, FaultArg};

/// All faults of one kind, told together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultText {
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What one does about it: whole sentences.
    pub todo: String,
}

/// The faults of a finding, each kind told once: "Der mangler oplysninger: A og B".
/// `managers`: who can be asked to do it.
pub fn told(
    faults: &[Fault],
    managers: &[String],
    words: &Words,
    name: NameOf<'_>,
) -> Vec<FaultText> {
    let mut kinds: Vec<(&str, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        match kinds.iter_mut().find(|(kind, _)| *kind == fault.kind()) {
            Some((_, of_kind)) => of_kind.push(fault),
            None => kinds.push((fault.kind(), vec![fault])),
        }
    }
    let told = kinds.into_iter().map(|(kind, faults)| {
        let mut args = args(&faults, words, name);
        args.push(("managers", managers.to_vec().into()));
        FaultText {
            what: words.say(&format!("fault.{kind}"), &args),
            todo: words.say(&format!("todo.{kind}"), &args),
        }
    });
    told.collect()
}

/// What one fault is.
pub fn line(fault: &Fault, words: &Words, name: NameOf<'_>) -> String {
    words.say(&format!("fault.{}", fault.kind()), &args(&[fault], words, name))
}

/// The values of faults of one kind: what several of them name differently is a list.
fn args<'a>(faults: &[&'a Fault], words: &Words, name: NameOf<'_>) -> Vec<(&'a str, Arg)> {
    let mut values: BTreeMap<&str, Vec<&FaultArg>> = BTreeMap::new();
    for (name, value) in faults.iter().flat_map(|fault| fault.args()) {
        let values = values.entry(name).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let arg = |values: Vec<&FaultArg>| match values.as_slice() {
        [one] => arg(one, words, name),
        several => {
            let text = |value: &&FaultArg| arg(value, words, name).to_text(words.language());
            several.iter().map(text).collect::<Vec<_>>().into()
        }
    };
    values.into_iter().map(|(name, values)| (name, arg(values))).collect()
}

fn arg(value: &FaultArg, words: &Words, name: NameOf<'_>) -> Arg {
    match value {
        FaultArg::Person(uuid) | FaultArg::System(uuid) | FaultArg::Unit(uuid) => {
            name(*uuid).unwrap_or_else(|| words.text("change.unknown").to_owned()).into()
        }
        FaultArg::Date(day) => (*day).into(),
        FaultArg::Count(count) => (*count).into(),
        FaultArg::Text(text) => text.as_str().into(),
        FaultArg::Field(field) => {
            let say = |what: &str| words.text(&format!("field.{field}.{what}")).to_owned();
            let args = [("field", say("name").into()), ("tab", say("tab").into())];
            words.say("field.on-tab", &args).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FaultArg::{Date, Field, Person, Text, Unit};
    use crate::model::Language;
    use crate::testing::{day, id};
    use crate::text::words::words;

    fn name(uuid: uuid::Uuid) -> Option<String> {
        let known = ["Åse Øster", "Bo Berg", "Ida Lind", "Løn", "Børn og Unge", "IT"];
        known.into_iter().find(|known| id(known) == uuid).map(str::to_owned)
    }

    fn whats(language: Language, faults: &[Fault]) -> Vec<String> {
        told(faults, &[], words(language), &name).into_iter().map(|told| told.what).collect()
    }

    #[test]
    fn several_faults_of_a_kind_are_one_sentence() {
        let owner = |who| Fault::new("one-of-several-owners").with("person", Person(id(who)));
        let missing =
            |field: &'static str| Fault::new("missing").with("field", Field(field.into()));
        let used = |unit| {
            let fault = Fault::new("used-by").with("unit", Unit(id(unit)));
            fault.with("responsible", Unit(id("Løn")))
        };
        for (faults, danish, english) in [
            (
                vec![owner("Åse Øster"), owner("Bo Berg")],
                "Åse Øster og Bo Berg står begge som systemejer, men der må kun være én",
                "Åse Øster and Bo Berg are both named as owner, but there may be only one",
            ),
            (
                vec![missing("life-cycle"), missing("responsible-unit")],
                "Der mangler oplysninger: »Livscyklus« (fanen Systemforside) og »Ansvarlig organisationsenhed« (fanen Organisation)",
                "Information is missing: »Livscyklus« (tab Systemforside) and »Ansvarlig organisationsenhed« (tab Organisation)",
            ),
            (
                vec![used("IT"), used("Børn og Unge")],
                "Systemet bruges i IT og Børn og Unge, men Løn står som ansvarlig",
                "The system is used in IT and Børn og Unge, but Løn is responsible",
            ),
        ] {
            assert_eq!(whats(Language::Da, &faults), [danish]);
            assert_eq!(whats(Language::En, &faults), [english]);
        }
        let two_kinds = [owner("Bo Berg"), missing("life-cycle")];
        assert_eq!(told(&two_kinds, &[], words(Language::Da), &name).len(), 2);
    }

    #[test]
    fn a_fault_says_what_it_knows() {
        let on = day("2026-03-02");
        let no_owner = || Fault::new("no-owner").with("since", Date(on));
        let bo = || Person(id("Bo Berg"));
        for (fault, expected) in [
            (
                Fault::new("no-owner"),
                "Systemet har ingen systemejer og havde heller ingen ved første gennemgang",
            ),
            (no_owner(), "Systemet har ikke haft en systemejer siden den 2. marts 2026"),
            (
                no_owner().with("person", bo()),
                "Systemet har ikke haft en systemejer siden den 2. marts 2026. Den seneste, Bo Berg, er stadig bruger i KITOS",
            ),
            (
                no_owner().with("departed", bo()),
                "Systemet har ikke haft en systemejer siden den 2. marts 2026. Den seneste, Bo Berg, er ikke længere bruger i KITOS",
            ),
            (
                Fault::new("owner-level")
                    .with("person", bo())
                    .with("level", Text("konsulent".into())),
                "Bo Berg står som systemejer, men er konsulent og ikke leder på det niveau, retningslinjen kræver",
            ),
            (
                Fault::new("departed-owner").with("departed", Person(id("nobody knows"))),
                "(kendes ikke længere) står som systemejer, men er ikke længere bruger i KITOS",
            ),
        ] {
            assert_eq!(line(&fault, words(Language::Da), &name), expected);
        }
    }
}
