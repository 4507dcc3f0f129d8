//! Notices with everything that the templates can be given.

use chrono::NaiveDate;
use uuid::Uuid;

use super::letter;
use crate::config;
use crate::mail::Error;
use crate::mail::letter::Sample;
use crate::model::{
    Check, Missing, Notice, NoticeItem, NoticeReason, PageLink, PersonalData, Reader, StateOfUse,
    SuggestionLine, Tab,
};

/// Systems of one unit with who manages them.
const SYSTEMS: [(&str, &str, PersonalData); 9] = [
    ("Borgerindberetning", "Ida Kruse", PersonalData::Ordinary),
    ("Ejendomsatlas", "Ida Kruse", PersonalData::None),
    ("Flådestyring", "Hanne Toft", PersonalData::None),
    ("Gravetilladelser", "Jonas Birk", PersonalData::None),
    ("Lysstyring", "", PersonalData::None),
    ("Parkeringsportal", "Jonas Birk", PersonalData::Ordinary),
    ("Trafiktælling", "Hanne Toft", PersonalData::None),
    ("Vejdatabase", "Jonas Birk", PersonalData::None),
    ("Vintervagt", "Hanne Toft", PersonalData::None),
];

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let sample =
        |name, notice: &Notice| Ok(Sample { name, letter: letter(notice, mail.language)? });
    let one = |reason| notice(Reader::Owner, vec![item(reason, "Skole Flow")]);
    let to_it = |reason| notice(Reader::It, vec![item(reason, "Skole Flow")]);
    let assigned = item(NoticeReason::Assigned, "Læsepas");
    let assigned = NoticeItem { missing: Vec::new(), other: Vec::new(), ..assigned };
    vec![
        sample("left", &notice(Reader::Owner, left(SYSTEMS.len()))),
        sample("left-one", &notice(Reader::Owner, left(1))),
        sample(
            "assigned",
            &notice(Reader::Owner, vec![assigned, item(NoticeReason::Assigned, "Valgfag")]),
        ),
        sample("assigned-beside", &notice(Reader::Owner, vec![beside()])),
        sample("assigned-faulty", &notice(Reader::Owner, vec![faulty()])),
        sample("acquired", &one(NoticeReason::Acquired)),
        sample("acquired-behalf", &notice(Reader::Owner, vec![behalf()])),
        sample("phasing-out", &one(NoticeReason::PhasingOut)),
        sample("decommissioned", &one(NoticeReason::Decommissioned)),
        sample("ended", &notice(Reader::Owner, vec![ended()])),
        sample("put-off", &notice(Reader::Owner, vec![put_off()])),
        sample("unrelated", &notice(Reader::Owner, vec![unrelated()])),
        sample("removed", &one(NoticeReason::Removed)),
        sample("neighbour", &one(NoticeReason::Neighbour)),
        sample("neighbour-ended", &notice(Reader::Owner, vec![neighbour_ended()])),
        sample("revived", &one(NoticeReason::Revived)),
        sample("handed-over", &one(NoticeReason::HandedOver)),
        sample(
            "several",
            &notice(
                Reader::Owner,
                NoticeReason::ALL.iter().map(|r| item(*r, "Skole Flow")).collect(),
            ),
        ),
        sample("it-acquired", &to_it(NoticeReason::Acquired)),
        sample("it-left", &notice(Reader::It, [left(3), handed_on()].concat())),
        sample("it-decommissioned", &to_it(NoticeReason::Decommissioned)),
        sample("it-ended", &notice(Reader::It, vec![ended()])),
        sample("it-untold", &notice(Reader::It, vec![untold()])),
        sample(
            "it-several",
            &notice(Reader::It, NoticeReason::ALL.iter().map(|r| item(*r, "Skole Flow")).collect()),
        ),
    ]
    .into_iter()
    .collect()
}

fn notice(reader: Reader, items: Vec<NoticeItem>) -> Notice {
    Notice {
        organization: "Birkelund Kommune".to_owned(),
        date: day(2026, 2, 24),
        reader,
        name: (reader == Reader::Owner).then(|| "Peter Holmgaard".to_owned()),
        address: (reader == Reader::Owner).then(|| "peter.holmgaard@birkelund.example".to_owned()),
        items,
        deadline: Some(day(2026, 3, 13)),
        next: Some(day(2026, 3, 16)),
    }
}

/// Somebody owns it already.
fn beside() -> NoticeItem {
    let beside = vec!["Anne Bang".to_owned()];
    let item = item(NoticeReason::Assigned, "Læsepas");
    NoticeItem { beside, other: Vec::new(), missing: Vec::new(), ..item }
}

/// All that a welcome names is filled in, and something else is open.
fn faulty() -> NoticeItem {
    NoticeItem { faulty: true, missing: Vec::new(), ..item(NoticeReason::Assigned, "Læsepas") }
}

/// The calendar shut the other system down.
fn neighbour_ended() -> NoticeItem {
    let item = item(NoticeReason::Neighbour, "Skole Flow");
    NoticeItem { state: StateOfUse::Decommissioned, end: Some(day(2026, 2, 23)), ..item }
}

/// The owner cannot be told of it.
fn untold() -> NoticeItem {
    NoticeItem { untold: true, ..item(NoticeReason::PhasingOut, "Skole Flow") }
}

fn behalf() -> NoticeItem {
    let on_behalf_of = Some("Anne Bang".to_owned());
    NoticeItem { on_behalf_of, ..item(NoticeReason::Acquired, "Skole Flow") }
}

/// Someone left who owned the first `count` systems.
fn left(count: usize) -> Vec<NoticeItem> {
    let system = |(name, manager, data): &(&str, &str, PersonalData)| NoticeItem {
        other: vec!["Karen Lund Sørensen".to_owned()],
        unit: Some("Veje og Trafik".to_owned()),
        managers: Some(*manager)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .into_iter()
            .collect(),
        data: *data,
        checks: Vec::new(),
        missing: Vec::new(),
        ..item(NoticeReason::Left, name)
    };
    SYSTEMS.iter().take(count).map(system).collect()
}

/// … and a fourth, which somebody else owns now, and a fifth, of which a second owner is left.
fn handed_on() -> Vec<NoticeItem> {
    let on =
        |item| NoticeItem { ownerless: false, roles: Vec::new(), suggestions: Vec::new(), ..item };
    let mut owned: Vec<NoticeItem> = left(5).into_iter().skip(3).map(on).collect();
    if let Some(second) = owned.last_mut() {
        second.beside = vec!["Anne Bang".to_owned()];
    }
    owned
}

/// The calendar shut it down; the life cycle does not say so.
fn ended() -> NoticeItem {
    let mut item = item(NoticeReason::Decommissioned, "Skole Flow");
    item.checks.retain(|check| *check != Check::EndDate);
    item.checks.insert(0, Check::LifeCycle);
    NoticeItem { end: Some(day(2026, 2, 23)), ..item }
}

/// Its shutting down was put off.
fn put_off() -> NoticeItem {
    let item = item(NoticeReason::Revived, "Skole Flow");
    NoticeItem { end: Some(day(2026, 6, 30)), put_off: true, ..item }
}

/// Its relation went with the system.
fn unrelated() -> NoticeItem {
    let item = item(NoticeReason::Neighbour, "Skole Flow");
    let links = self::item(NoticeReason::Revived, "Skole Flow").links;
    NoticeItem { links, state: StateOfUse::InUse, ..item }
}

/// One item with all that others of its reason can have.
pub(super) fn item(reason: NoticeReason, system: &str) -> NoticeItem {
    use NoticeReason as R;
    let mut checks = vec![
        Check::Contract("Drift af Skole Flow".to_owned()),
        Check::DataProcessing("Skole Flow hos Bergmann".to_owned()),
        Check::Data,
    ];
    let on_its_page = [
        Check::Relation("Sags Mobil".to_owned()),
        Check::Units(["Skole", "Dagtilbud", "PPR"].map(str::to_owned).into()),
        Check::EndDate,
    ];
    match reason {
        R::PhasingOut | R::Decommissioned => drop(checks.splice(2..2, on_its_page)),
        R::Removed => {}
        _ => checks.clear(),
    }
    let link = |tab: Tab| PageLink {
        tab: tab.name().to_owned(),
        url: format!("https://kitos.dk/ui/it-systems/it-system-usages/48bf2a/{}", tab.path()),
    };
    NoticeItem {
        on_behalf_of: None,
        reason,
        about: Uuid::nil(),
        system: system.to_owned(),
        links: match reason {
            R::Removed => Vec::new(),
            R::Left => vec![link(Tab::Roles)],
            R::Acquired | R::Assigned => vec![link(Tab::Front), link(Tab::Gdpr)],
            R::Neighbour => vec![link(Tab::Relations)],
            _ => vec![link(Tab::Front)],
        },
        unit: Some("Børn og Unge".to_owned()),
        managers: vec!["Sara Frost".to_owned()],
        data: PersonalData::Sensitive,
        state: match reason {
            R::PhasingOut | R::Neighbour => StateOfUse::PhasingOut,
            R::Decommissioned => StateOfUse::Decommissioned,
            _ => StateOfUse::InUse,
        },
        missing: match reason {
            R::Acquired | R::Assigned => vec![Missing::LifeCycle, Missing::DataSensitivity],
            _ => Vec::new(),
        },
        other: match reason {
            R::Assigned | R::Left | R::HandedOver => vec!["Marianne Holst".to_owned()],
            R::Neighbour => vec!["Sags Mobil".to_owned()],
            _ => Vec::new(),
        },
        beside: Vec::new(),
        end: None,
        put_off: false,
        faulty: false,
        untold: false,
        roles: vec!["Systemejer".to_owned()],
        ownerless: reason == R::Left,
        checks,
        suggestions: match reason {
            R::Left => vec![SuggestionLine {
                name: "Peter Lyng".to_owned(),
                email: "peter.lyng@birkelund.example".to_owned(),
                reason: "leder af Lønteamet".to_owned(),
            }],
            _ => Vec::new(),
        },
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}
