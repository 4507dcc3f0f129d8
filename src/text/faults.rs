//! What is wrong with a system, and what to do about it, in words: `fault.<kind>` and
//! `todo.<kind>`, filled with what the faults name.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::changes::NameOf;
use super::words::{Arg, Words};
use crate::model::{Fault, FaultArg, Field};

/// For whom it is told, and when: what the faults themselves do not know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Telling<'a> {
    /// Who can be asked to do it.
    pub managers: &'a [String],
    /// The staff units (stabe), by name.
    pub staff: &'a [String],
    /// The one reader, who is "you".
    pub reader: Option<Uuid>,
    /// The day on which it is told.
    pub today: Option<NaiveDate>,
    /// The day of the first pull, where it was so then.
    pub baseline: Option<NaiveDate>,
    /// Who leads the responsible unit, where one can be asked.
    pub leader: Option<&'a str>,
}

/// All faults of one kind, or those that are parts of one, told together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultText {
    kind: String,
    /// What the faults name is not said, or there is nothing.
    is_bare: bool,
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What one does about it: whole sentences.
    pub todo: String,
}

impl FaultText {
    /// Whether it says that there is a fault of this kind, and nothing more.
    pub fn says_only(&self, kind: &str) -> bool {
        self.is_bare && self.kind == kind
    }
}

/// What the words get from elsewhere than from the faults.
const NOT_OF_FAULTS: [&str; 4] = ["managers", "staff", "you", "leader"];

/// The faults of a finding, each kind told once: "Der mangler oplysninger: A og B". Kinds that
/// have words at `part.<kind>` say the same of different things, and are told in one list.
pub fn sentences(
    faults: &[Fault],
    telling: &Telling<'_>,
    words: &Words,
    name: NameOf<'_>,
) -> Vec<FaultText> {
    let kinds = kinds(faults, telling, words, name).into_iter();
    let part = |kind: &str| format!("part.{kind}");
    let (parts, mut others): (Vec<_>, Vec<_>) =
        kinds.partition(|(kind, _)| words.find(&part(kind)).is_some());
    match parts.first() {
        Some((_, args)) if parts.len() > 1 => {
            let list: Vec<String> =
                parts.iter().map(|(kind, args)| words.say(&part(kind), args)).collect();
            let args = args.iter().cloned().chain([("parts", list.into())]).collect();
            others.insert(0, ("of-parts", args));
        }
        _ => others.splice(0..0, parts).for_each(drop),
    }
    let is_bare = |args: &[(&str, Arg)]| {
        args.iter().all(|(name, value)| NOT_OF_FAULTS.contains(name) || *value == Arg::Nothing)
    };
    let told = others.into_iter().map(|(kind, args)| FaultText {
        kind: kind.to_owned(),
        is_bare: is_bare(&args),
        what: words.say(&format!("fault.{kind}"), &args),
        todo: words.say(&format!("todo.{kind}"), &args),
    });
    told.collect()
}

/// The same without what to do about it, addressed to nobody in particular.
pub fn whats(faults: &[Fault], words: &Words, name: NameOf<'_>) -> Vec<String> {
    let kinds = kinds(faults, &Telling::default(), words, name).into_iter();
    kinds.map(|(kind, args)| words.say(&format!("fault.{kind}"), &args)).collect()
}

/// Each kind with what fills its words.
fn kinds<'a>(
    faults: &'a [Fault],
    telling: &Telling<'_>,
    words: &Words,
    name: NameOf<'_>,
) -> Vec<(&'a str, Vec<(&'a str, Arg)>)> {
    let you = |uuid| match telling.reader == Some(uuid) {
        true => Some(words.text("mail.part.you").to_owned()),
        false => name(uuid),
    };
    let mut kinds: Vec<(&str, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        match kinds.iter_mut().find(|(kind, _)| *kind == fault.kind()) {
            Some((_, of_kind)) => of_kind.push(fault),
            None => kinds.push((fault.kind(), vec![fault])),
        }
    }
    let told = kinds.into_iter().map(|(kind, faults)| {
        let mut args = args(&faults, words, &you);
        // What has been so since today has not been so for any time.
        args.retain(|(name, value)| {
            *name != "since" || telling.today.is_none_or(|today| *value != Arg::Date(today))
        });
        let is_about = telling.reader.is_some_and(|reader| {
            faults.iter().any(|fault| fault.person("person") == Some(reader))
        });
        let before = telling.baseline.filter(|day| telling.today.is_some_and(|now| *day < now));
        args.extend([
            ("managers", telling.managers.to_vec().into()),
            ("staff", telling.staff.to_vec().into()),
            ("you", is_about.into()),
            ("baseline", before.into()),
            ("leader", telling.leader.into()),
        ]);
        (kind, args)
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
            let tab = Field::parse(field).map(|field| field.tab().name()).unwrap_or_default();
            on_tab(field, tab, words).into()
        }
    }
}

/// "datatyper (»Hvilke typer data indeholder systemet?«, fanen GDPR)": the one word for a field,
/// with KITOS's own label where that is another, by which it is found.
pub fn on_tab(field: &str, tab: &str, words: &Words) -> String {
    let [short, label] = ["short", "name"].map(|of| words.say(&format!("field.{field}.{of}"), &[]));
    let label = (short.to_lowercase() != label.to_lowercase()).then_some(label);
    words.say(
        "field.on-tab",
        &[("short", short.into()), ("label", label.into()), ("tab", tab.into())],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FaultArg::{Count, Date, Field, Person, System, Text, Unit};
    use crate::model::Language;
    use crate::testing::{day, id};
    use crate::text::words::words;

    fn name(uuid: uuid::Uuid) -> Option<String> {
        let known = ["Åse Øster", "Bo Berg", "Ida Lind", "Løn", "Børn og Unge", "IT"];
        known.into_iter().find(|known| id(known) == uuid).map(str::to_owned)
    }

    fn whats(language: Language, faults: &[Fault]) -> Vec<String> {
        let told = sentences(faults, &Telling::default(), words(language), &name);
        told.into_iter().map(|told| told.what).collect()
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
                "Der mangler oplysninger: livscyklus (fanen Systemforside) og ansvarlig enhed (»Ansvarlig organisationsenhed«, fanen Organisation)",
                "Information is missing: life cycle (»Livscyklus«, tab Systemforside) and responsible unit (»Ansvarlig organisationsenhed«, tab Organisation)",
            ),
            (
                vec![used("IT"), used("Børn og Unge")],
                "Systemet bruges i to forvaltninger, men hører under Løn",
                "The system is used in two administrations, but belongs to Løn",
            ),
        ] {
            assert_eq!(whats(Language::Da, &faults), [danish]);
            assert_eq!(whats(Language::En, &faults), [english]);
        }
        let two_kinds = [owner("Bo Berg"), missing("life-cycle")];
        assert_eq!(whats(Language::Da, &two_kinds).len(), 2);
    }

    #[test]
    fn what_is_left_of_a_system_is_one_list() {
        let on = day("2026-03-02");
        let contract = |name: &str| Fault::new("active-contract").with("name", Text(name.into()));
        let system = || Fault::new("relation-left").with("system", System(id("Løn")));
        let units = |count| Fault::new("units-left").with("units", Count(count));
        let no_end = || Fault::new("no-end-date");
        let managers = ["Ida Lind".to_owned()];
        let telling = Telling { managers: &managers, ..Telling::default() };
        let ask = "eller bed systemforvalteren Ida Lind om det.";
        for (faults, expected) in [
            (
                vec![contract("A"), contract("B")],
                vec![format!("Systemet er ude af drift, men kontrakterne A og B nævner det stadig. Opsig eller afslut dem, {ask}")],
            ),
            (
                vec![contract("A"), no_end()],
                vec![
                    format!("Systemet er ude af drift, men kontrakten A nævner det stadig. Opsig eller afslut den, {ask}"),
                    "Systemet er ude af drift, men slutdatoen mangler. Skriv den på fanen Systemforside.".to_owned(),
                ],
            ),
            (
                vec![contract("A"), system(), units(2), no_end()],
                vec![
                    format!("Systemet er ude af drift, men i KITOS hænger det stadig sammen med kontrakten A, systemet Løn og brugere i to enheder. Afslut eller fjern dem, {ask}"),
                    "Systemet er ude af drift, men slutdatoen mangler. Skriv den på fanen Systemforside.".to_owned(),
                ],
            ),
            (
                [contract("A"), units(1)].map(|fault| fault.with("ended", Date(on))).to_vec(),
                vec![format!("Slutdatoen var den 2. marts 2026, men i KITOS hænger systemet stadig sammen med kontrakten A og brugere i en enhed. Afslut eller fjern dem, {ask}")],
            ),
        ] {
            let told = sentences(&faults, &telling, words(Language::Da), &name).into_iter();
            let told: Vec<String> = told.map(|told| format!("{}. {}", told.what, told.todo)).collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn the_reader_is_you_and_today_is_no_time() {
        let today = day("2026-03-02");
        let bo = id("Bo Berg");
        let telling = Telling { reader: Some(bo), today: Some(today), ..Telling::default() };
        let say = |fault: Fault, telling: &Telling<'_>| {
            let told = sentences(&[fault], telling, words(Language::Da), &name);
            told.into_iter().map(|told| told.what).collect::<String>()
        };
        let outside = Fault::new("owner-outside-unit")
            .with("person", Person(bo))
            .with("unit", Unit(id("IT")))
            .with("responsible", Unit(id("Løn")));
        assert_eq!(
            say(outside, &telling),
            "du hører til IT, men Løn står som ansvarlig for systemet"
        );
        let lost = Fault::new("no-owner").with("since", Date(today));
        assert_eq!(say(lost, &telling), "Systemet har ingen systemejer");
        let baseline = |date| Telling { baseline: Some(day(date)), ..telling };
        assert_eq!(
            say(Fault::new("no-owner"), &baseline("2026-01-05")),
            "Systemet har ingen systemejer og havde heller ingen ved første gennemgang den 5. januar"
        );
        assert_eq!(
            say(Fault::new("no-owner"), &baseline("2026-03-02")),
            "Systemet har ingen systemejer"
        );
        let lost = |on: &str| Fault::new("no-owner").with("since", Date(day(on)));
        for (fault, telling, is_bare) in [
            (Fault::new("no-owner"), telling, true),
            (Fault::new("no-owner"), baseline("2026-01-05"), false),
            (lost("2026-03-02"), telling, true),
            (lost("2026-03-01"), telling, false),
            (Fault::new("no-end-date"), telling, false),
        ] {
            let told =
                sentences(std::slice::from_ref(&fault), &telling, words(Language::Da), &name);
            assert_eq!(told[0].says_only("no-owner"), is_bare, "{fault:?}");
        }
    }

    #[test]
    fn one_agrees_with_whoever_can_be_asked() {
        let fault = Fault::new("owner-outside-unit")
            .with("person", Person(id("Bo Berg")))
            .with("unit", Text("IT".into()))
            .with("responsible", Unit(id("Løn")));
        for (leader, language, expected) in [
            (
                Some("Ida Lind"),
                Language::Da,
                "Er Løn forkert, så ret den på fanen Organisation. Er den rigtig, så aftal med Ida Lind, hvem der skal være systemejer.",
            ),
            (None, Language::Da, "Er Løn forkert, så ret den på fanen Organisation."),
            (
                Some("Ida Lind"),
                Language::En,
                "If Løn is wrong, correct it on the tab Organisation. If it is right, agree with Ida Lind who is to be the owner.",
            ),
            (None, Language::En, "If Løn is wrong, correct it on the tab Organisation."),
        ] {
            let telling = Telling { leader, ..Telling::default() };
            let faults = [fault.clone()];
            let told = sentences(&faults, &telling, words(language), &name);
            assert_eq!(told[0].todo, expected);
        }
    }

    #[test]
    fn a_fault_says_what_it_knows() {
        let on = day("2026-03-02");
        let no_owner = || Fault::new("no-owner").with("since", Date(on));
        let bo = || Person(id("Bo Berg"));
        for (fault, expected) in [
            (Fault::new("no-owner"), "Systemet har ingen systemejer"),
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
