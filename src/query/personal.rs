//! What the personal link shows: one person's systems and what is open for them, and
//! nothing of anybody else's.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::answers::{Answer, answers_from};
use super::away::{absence_of, known_name};
use super::error::Error;
use super::inputs::Inputs;
use super::moment::Moment;
use super::view::View;
use crate::model::{Person, SuggestionLine, SystemUsage, Tab};
use crate::notify::recipients::{Route, route};
use crate::policy::rules::owner_level::may_lead;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::store::{self, Link, OwnershipsOf, named_by_mail, open_findings, ownerships};
use crate::text::addresses::folded;
use crate::text::danish;
use crate::text::faults::{Telling, sentences};
use crate::text::names::holds;
use crate::text::words::{sentence, words};

/// One person's own page.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Personal {
    pub name: String,
    pub email: String,
    pub expires_at: DateTime<Utc>,
    /// The last day of an absence, if they are away.
    pub away_until: Option<NaiveDate>,
    pub systems: Vec<PersonalSystem>,
}

/// A system of theirs, or one about which they are asked.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonalSystem {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    /// Whether KITOS has them as owner.
    pub is_owner: bool,
    pub owners: Vec<String>,
    /// Who else has a role, with the role.
    pub others: Vec<String>,
    /// What is missing or wrong, a sentence each.
    pub faults: Vec<String>,
    /// One of these says that nobody owns it.
    pub tells_no_owner: bool,
    /// Why the reader could own it, where nobody does and they can be chosen.
    pub suggests_you: Option<String>,
    /// Who else could, of those who can be chosen.
    pub suggestions: Vec<SuggestionLine>,
    pub kitos_url: String,
    /// What they answered last.
    pub answered: Option<Answer>,
}

/// Somebody who may be chosen as owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PossibleOwner {
    pub uuid: Uuid,
    pub name: String,
    /// In the leaders file: may own by the policy.
    pub is_leader: bool,
}

/// The page behind a link's secret.
///
/// # Errors
/// [`Error::NoLink`] where there is none, or it is no longer good.
pub fn personal(moment: &Moment<'_>, token: &str) -> Result<Personal, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let link = store::link(connection, token, config.mail.mode, now)?.ok_or(Error::NoLink)?;
    let view = View::load(moment)?;
    let email = present_address(&view, &link).ok_or(Error::NoLink)?;
    // Someone who is neither a user nor a leader any more has no page.
    let name = known_name(moment, &email)?.ok_or(Error::NoLink)?;
    let mut given = answers_from(moment, &email)?;
    // Under their address of then, unless somebody else has it now and may have answered.
    if email != link.email && !is_users(&view, &link.email) {
        given.extend(answers_from(moment, &link.email)?);
        given.sort_by_key(|answer| answer.id);
    }
    let given = given.into_iter().filter_map(|answer| Some((answer.system_usage_uuid?, answer)));
    let mut given: BTreeMap<Uuid, Answer> = given.collect();
    let inputs = Inputs::load(moment)?;
    let mut systems: Vec<PersonalSystem> = theirs(&inputs, &view, (&email, &link))?
        .into_iter()
        .filter_map(|usage| view.snapshot.usages.get(&usage))
        .map(|usage| system(usage, &view, &email, given.remove(&usage.uuid)))
        .collect();
    let mut faults = faults(moment, &view, &email)?;
    for system in &mut systems {
        let Told { faults, tells_no_owner } =
            faults.remove(&system.system_usage_uuid).unwrap_or_default();
        (system.faults, system.tells_no_owner) = (faults, tells_no_owner);
        let suggested = inputs.suggestions()?.get(&system.system_usage_uuid).into_iter().flatten();
        let (own, others): (Vec<_>, Vec<_>) = suggested
            .filter(|one| is_user(&view, one))
            .cloned()
            .partition(|one| folded(&one.email) == email);
        system.suggests_you = own.into_iter().next().map(|one| one.reason);
        system.suggestions = others;
    }
    systems.sort_by(|a, b| {
        let urgent = a.faults.is_empty().cmp(&b.faults.is_empty());
        urgent.then_with(|| danish::compare(&a.system_name, &b.system_name))
    });
    let away_until = absence_of(moment, &email)?.map(|absence| absence.until);
    Ok(Personal { name, email, expires_at: link.expires_at, away_until, systems })
}

/// The address of the person whose page the link opens: a user who has another one now than
/// when the mail went out is still that person. `None` where they have left and somebody else
/// has their address.
fn present_address(view: &View<'_>, link: &Link) -> Option<String> {
    let is_theirs = |user: &&Person| link.person == Some(user.uuid);
    let own = view.snapshot.members().find(is_theirs).and_then(|user| user.email.as_deref());
    let is_anothers = || link.person.is_some() && is_users(view, &link.email);
    own.map(folded).or_else(|| (!is_anothers()).then(|| link.email.clone()))
}

/// Whether a user has this address.
fn is_users(view: &View<'_>, address: &str) -> bool {
    let mut addresses = view.snapshot.members().filter_map(|user| user.email.as_deref());
    addresses.any(|email| folded(email) == address)
}

/// The systems that they own, that their mail named, or about which they are asked.
fn theirs(
    inputs: &Inputs<'_>,
    view: &View<'_>,
    (email, link): (&str, &Link),
) -> Result<BTreeSet<Uuid>, Error> {
    let owned = view.snapshot.usages.values().filter(|usage| {
        view.policy.in_scope(&view.snapshot, usage, view.today) && view.is_owned_by(usage, email)
    });
    let mut usages: BTreeSet<Uuid> = owned.map(|usage| usage.uuid).collect();
    let handed_on = handed_on(view, link)?;
    let named = named_by_mail(view.moment.connection, link.mail)?.into_iter();
    usages.extend(named.filter(|usage| !handed_on.contains(usage)));
    // Somebody who is away can still answer, and so can a substitute.
    let (now, if_here) = (inputs.directory(), inputs.directory_if_all_were_here());
    for finding in inputs.open() {
        let routes = [&now, &if_here].map(|directory| route(directory, finding));
        let mut readers = routes.iter().flat_map(Route::recipients);
        if readers.any(|reader| folded(&reader.address) == email) {
            usages.insert(finding.usage);
        }
    }
    Ok(usages)
}

/// The systems that they have handed on since their mail: somebody else answers for those,
/// unless it is they who are asked today.
fn handed_on(view: &View<'_>, link: &Link) -> Result<BTreeSet<Uuid>, Error> {
    let Some(person) = link.person else { return Ok(BTreeSet::new()) };
    let all = ownerships(view.moment.connection, OwnershipsOf::Person(person))?;
    let owned = all.iter().filter(|one| view.policy.owner_roles.contains(&one.role));
    Ok(owned.filter(|one| one.to > Some(link.sent_at())).map(|one| one.usage).collect())
}

/// A leader who is no user in KITOS can be suggested, but not chosen.
fn is_user(view: &View<'_>, suggested: &SuggestionLine) -> bool {
    let email = Some(folded(&suggested.email));
    let mut members = view.snapshot.members();
    members.any(|person| person.email.as_deref().map(folded) == email)
}

fn system(
    usage: &SystemUsage,
    view: &View<'_>,
    email: &str,
    answered: Option<Answer>,
) -> PersonalSystem {
    let owner_roles = &view.policy.owner_roles;
    let others = usage.roles.iter().filter(|held| !owner_roles.contains(&held.role));
    let others = others.filter_map(|held| {
        let person = view.snapshot.people.get(&held.person).filter(|person| person.member)?;
        Some(format!("{} ({})", person.name, view.name(held.role)?))
    });
    PersonalSystem {
        system_usage_uuid: usage.uuid,
        system_name: view.snapshot.usage_name(usage).to_owned(),
        unit: view.unit_name(usage),
        is_owner: view.is_owned_by(usage, email),
        owners: view.owners(usage).into_iter().map(|owner| owner.name).collect(),
        others: others.collect(),
        faults: Vec::new(),
        tells_no_owner: false,
        suggests_you: None,
        suggestions: Vec::new(),
        kitos_url: view.kitos_url(usage.uuid, Tab::Front),
        answered,
    }
}

/// What is wrong at one system.
#[derive(Debug, Default)]
struct Told {
    faults: Vec<String>,
    tells_no_owner: bool,
}

/// What is wrong at each system and not waived, as its reader is told.
fn faults(
    moment: &Moment<'_>,
    view: &View<'_>,
    email: &str,
) -> Result<BTreeMap<Uuid, Told>, Error> {
    let is_reader = |person: &&Person| {
        person.member && person.email.as_deref().map(folded) == Some(folded(email))
    };
    let reader = view.snapshot.people.values().find(is_reader).map(|person| person.uuid);
    let telling = Telling { reader, today: Some(view.today), ..Telling::default() };
    let words = words(moment.language);
    let mut faults: BTreeMap<Uuid, Told> = BTreeMap::new();
    for finding in open_findings(moment.connection)? {
        if !view.waivers.contains_key(&finding.id) {
            let told = sentences(&finding.faults, &telling, words, &|uuid| view.name(uuid));
            let said = told.into_iter().map(|told| sentence(&told.what));
            let of_usage = faults.entry(finding.usage).or_default();
            of_usage.faults.extend(said);
            of_usage.tells_no_owner |= nobody_owns(&finding.faults);
        }
    }
    Ok(faults)
}

/// The users whose name holds `text`, those who may own first; no more than `most`.
pub fn possible_owners(
    moment: &Moment<'_>,
    text: &str,
    most: usize,
) -> Result<Vec<PossibleOwner>, Error> {
    let inputs = Inputs::load(moment)?;
    let facts = inputs.facts()?;
    let people = facts
        .snapshot
        .people
        .values()
        .filter(|person| person.member && !person.api_access && holds(&person.name, text));
    let leaders = facts.policy.leaders.as_ref();
    let mut found: Vec<PossibleOwner> = people
        .map(|person| PossibleOwner {
            uuid: person.uuid,
            name: person.name.clone(),
            is_leader: leaders
                .and_then(|leaders| leaders.of_person(person))
                .is_some_and(|line| may_lead(facts.policy, line)),
        })
        .collect();
    found.sort_by(|a, b| {
        b.is_leader.cmp(&a.is_leader).then_with(|| danish::compare(&a.name, &b.name))
    });
    found.truncate(most);
    Ok(found)
}
