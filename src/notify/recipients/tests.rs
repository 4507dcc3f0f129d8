use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate};

use super::*;
use crate::model::{Fault, FaultArg, Rule, Severity, Snapshot};
use crate::notify::directory::{Away, Sources};
use crate::notify::identity::Identities;
use crate::policy::leaders::Leaders;
use crate::policy::rules::{
    decommission_incomplete, duplicate_usage, owner_departed, owner_level, owner_missing,
    owner_unreachable, registration_incomplete,
};
use crate::register::history::LastOwner;
use crate::testing::{day, id, leaders, randers, with};

/// "Aula" belongs to "Skoler", which chef leads; boss leads "Randers" above it.
const LEADERS: &str = "chef@randers.dk;Chef;leder;Skoler;boss@randers.dk\n\
    boss@randers.dk;Boss;direktør;Randers;\n";

struct Town {
    /// The users of the pull before, who may have left since.
    before: Snapshot,
    snapshot: Snapshot,
    leaders: Option<String>,
    refused: BTreeSet<String>,
    away: BTreeMap<String, Away>,
    departures: BTreeMap<String, NaiveDate>,
    last_owners: BTreeMap<Uuid, LastOwner>,
}

fn snapshot() -> Snapshot {
    randers()
        .unit("Randers", None)
        .unit("Skoler", Some("Randers"))
        .user("bo")
        .user("eva")
        .user("chef")
        .user("boss")
        .usage("Aula")
        .edit("Aula", |usage| usage.responsible_unit = Some(id("Skoler")))
}

impl Town {
    fn new(snapshot: Snapshot) -> Self {
        Self {
            before: snapshot.clone(),
            snapshot,
            leaders: Some(LEADERS.to_owned()),
            refused: BTreeSet::new(),
            away: BTreeMap::new(),
            departures: BTreeMap::new(),
            last_owners: BTreeMap::new(),
        }
    }

    fn leaders(mut self, lines: &str) -> Self {
        self.leaders = Some(lines.to_owned());
        self
    }

    fn no_leaders(mut self) -> Self {
        self.leaders = None;
        self
    }

    fn edit(mut self, change: impl FnOnce(Snapshot) -> Snapshot) -> Self {
        self.snapshot = change(self.snapshot);
        self
    }

    fn left(mut self, name: &str) -> Self {
        self.snapshot = self.snapshot.left(name);
        self
    }

    fn refused(mut self, name: &str) -> Self {
        self.refused.insert(format!("{name}@randers.dk"));
        self
    }

    fn away(mut self, name: &str, to: Option<&str>) -> Self {
        let to = to.map(|to| format!("{to}@randers.dk"));
        self.away.insert(format!("{name}@randers.dk"), Away { until: day("2026-05-01"), to });
        self
    }

    /// The route of a finding of `rule` on "Aula", and who comes after.
    fn routes(&self, rule: Rule) -> (Route, Route) {
        let leaders = self.leaders.as_ref().map(|text| leaders(text, &self.snapshot));
        let mut identities = Identities::default();
        identities.take_in(self.before.people.values());
        identities.take_in(self.snapshot.people.values());
        for leader in leaders.iter().flat_map(Leaders::iter) {
            identities.take_in_address(&leader.email);
        }
        let policy = with([&owner_missing::RULE, &owner_departed::RULE, &owner_level::RULE]);
        let domains = BTreeSet::from(["randers.dk".to_owned()]);
        let directory = Directory::new(Sources {
            snapshot: &self.snapshot,
            policy: &policy,
            leaders: leaders.as_ref(),
            identities: &identities,
            allowed_domains: &domains,
            refused: &self.refused,
            last_owners: &self.last_owners,
            away: &self.away,
            departures: &self.departures,
            today: day("2026-03-02"),
        });
        let finding = finding(rule);
        let route = route(&directory, &finding);
        let next = next_up(&directory, &finding, &route);
        (route, next)
    }
}

fn finding(rule: Rule) -> Finding {
    let fault = match rule.as_str() {
        "owner-missing" => Fault::new("no-owner").with("departed", FaultArg::Person(id("gone"))),
        "owner-level" => Fault::new("owner-level").with("person", FaultArg::Person(id("bo"))),
        _ => Fault::new("missing"),
    };
    Finding {
        id: 1,
        rule,
        severity: Severity::High,
        usage: id("Aula"),
        faults: vec![fault],
        opened_at: DateTime::UNIX_EPOCH,
        resolved_at: None,
        ending: None,
        since_baseline: false,
        by_policy_change: false,
    }
}

/// Who it goes to, in one line; `+`: on somebody's behalf.
fn told(route: &Route) -> String {
    match &route.to {
        Destination::It(because) => format!("IT: {because:?}"),
        Destination::People { recipients, .. } => {
            let name = |recipient: &Recipient| match &recipient.on_behalf_of {
                Some(other) => format!("{} for {other}", recipient.name),
                None => recipient.name.clone(),
            };
            recipients.iter().map(name).collect::<Vec<_>>().join(" and ")
        }
    }
}

fn passed(route: &Route) -> String {
    let why = |why: PassedWhy| match why {
        PassedWhy::Left => "left".to_owned(),
        PassedWhy::Unreachable { because } => format!("{because:?}"),
        PassedWhy::Away { .. } => "away".to_owned(),
        PassedWhy::Subject => "subject".to_owned(),
    };
    let one = |passed: &PassedOver| format!("{} {}", passed.name, why(passed.why));
    route.passed_over.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(town: &Town, rule: Rule, expected: [&str; 3], why: &str) {
    let (route, next) = town.routes(rule);
    assert_eq!([told(&route), passed(&route), told(&next)], expected, "{why}");
}

#[test]
fn a_system_without_owner_is_for_the_leader_of_its_unit_or_the_next_one_up() {
    let rule = owner_missing::RULE.id;
    let town = || Town::new(snapshot());
    let nobody = "IT: NobodyReachable";
    for (town, expected, why) in [
        (town(), ["chef", "", "boss"], "the leader"),
        (town().left("chef"), ["boss", "Chef left", nobody], "left KITOS, still in the file"),
        (
            Town { before: randers(), ..town() }
                .edit(|s| s.assign("Aula", "ejer", "chef"))
                .left("chef"),
            ["boss", "Chef left", nobody],
            "gone since before monitoring, and known by name alone",
        ),
        (town().refused("chef"), ["boss", "Chef Refused", nobody], "refused by the server"),
        (town().away("chef", None), ["boss", "Chef away", nobody], "away without substitute"),
        (town().away("chef", Some("eva")), ["eva for chef", "", "boss"], "away with substitute"),
        (town().away("chef", Some("boss")), ["boss for chef", "", nobody], "asked once only"),
        (
            town().away("chef", Some("eva")).away("eva", Some("bo")),
            ["boss", "Chef away", nobody],
            "the substitute is away too",
        ),
        (
            town().left("chef").refused("boss"),
            [nobody, "Chef left, Boss Refused", nobody],
            "IT at the end",
        ),
        (town().no_leaders(), ["IT: NobodyKnown", "", "IT: NobodyKnown"], "nobody is guessed"),
        (
            town().leaders("x@firma.dk;X;leder;Skoler;\nboss@randers.dk;Boss;direktør;Randers;\n"),
            ["boss", "X ForeignDomain", nobody],
            "outside the allowed domains; the unit above has a leader",
        ),
        (
            town().leaders("ny@randers.dk;Ny;leder;Skoler;\n"),
            ["Ny", "", "IT: NobodyReachable"],
            "a leader who is no user",
        ),
        (
            town()
                .leaders(
                    "chef@randers.dk;Chef;leder;Skoler;boss@randers.dk\n\
                 bo@randers.dk;Bo;leder;Skoler;boss@randers.dk\n\
                 boss@randers.dk;Boss;direktør;Randers;\n",
                )
                .left("bo"),
            ["chef", "Bo left", "boss"],
            "the line of somebody who left counts for nothing",
        ),
        (
            town().leaders(
                "chef@randers.dk;Chef;medarbejder;Skoler;\n\
                 boss@randers.dk;Boss;direktør;Randers;\n",
            ),
            ["boss", "", nobody],
            "whoever only works in the unit does not lead it",
        ),
        (
            town().leaders(
                "chef@randers.dk;Chef;medarbejder;Skoler;eva@randers.dk\n\
                 eva@randers.dk;Eva;leder;;\nboss@randers.dk;Boss;direktør;Randers;\n",
            ),
            ["eva", "", nobody],
            "… but names who does",
        ),
    ] {
        check(&town, rule, expected, why);
    }
}

#[test]
fn what_owners_must_do_is_for_them_all_and_then_for_their_leader() {
    let rule = registration_incomplete::RULE.id;
    let owned = |owners: &[&str]| {
        owners.iter().fold(snapshot(), |town, owner| town.assign("Aula", "ejer", owner))
    };
    let town = |owners: &[&str]| Town::new(owned(owners));
    let file = "bo@randers.dk;Bo;leder;Skoler;eva@randers.dk\n\
                eva@randers.dk;Eva;chef;Randers;\n\
                chef@randers.dk;Chef;leder;Skoler;boss@randers.dk\n";
    let it = "IT: NobodyReachable";
    for (town, expected, why) in [
        (town(&["bo"]), ["bo", "", "chef"], "not in the file: the leader of the unit"),
        (town(&["bo"]).leaders(file), ["bo", "", "eva"], "in the file: their own leader"),
        (town(&["bo", "eva"]), ["bo and eva", "", "chef"], "two owners"),
        (town(&["chef"]), ["chef", "", "boss"], "the leader of the unit is the owner"),
        (town(&["boss"]), ["boss", "", it], "nobody is above the director"),
        (town(&["bo"]).left("bo"), ["chef", "bo left", "boss"], "the owner left"),
        (town(&["bo", "eva"]).left("bo"), ["eva", "bo left", "chef"], "one of two left"),
        (town(&["bo"]).refused("bo"), ["chef", "bo Refused", "boss"], "the owner is refused"),
        (town(&["bo"]).away("bo", Some("eva")), ["eva for bo", "", "chef"], "on leave"),
        (town(&["bo"]).no_leaders(), ["bo", "", it], "no leader is known"),
        (town(&[]), ["chef", "", "boss"], "without owner, the leader of the unit"),
    ] {
        check(&town, rule, expected, why);
    }
}

#[test]
fn nobody_is_asked_to_act_on_themselves() {
    let owned = || Town::new(snapshot().assign("Aula", "ejer", "bo"));
    let rule = owner_level::RULE.id;
    let own_leader = "bo@randers.dk;Bo;leder;Skoler;bo@randers.dk\n";
    let it = "IT: NobodyReachable";
    for (town, expected, why) in [
        (owned(), ["chef", "", "boss"], "not in the file: the leader of the unit"),
        (owned().leaders(own_leader), ["IT: NobodyKnown", "", "IT: NobodyKnown"], "their own"),
        (owned().away("chef", Some("bo")), ["boss", "Chef away", it], "as a substitute"),
    ] {
        check(&town, rule, expected, why);
    }
}

#[test]
fn a_leader_is_found_through_a_new_uuid_and_a_new_address() {
    let mut town = Town::new(snapshot());
    let chef = town.snapshot.people.get_mut(&id("chef")).unwrap();
    chef.email = Some("chef.ny@randers.dk".to_owned());
    let (route, _) = town.routes(owner_missing::RULE.id);
    assert_eq!(route.recipients()[0].address, "chef.ny@randers.dk", "the file has the old one");

    let mut town = Town::new(snapshot());
    let mut chef = town.snapshot.people.remove(&id("chef")).unwrap();
    chef.uuid = id("another");
    town.snapshot.people.insert(chef.uuid, chef);
    let (route, _) = town.routes(owner_missing::RULE.id);
    assert_eq!(route.recipients()[0].person, Some(id("another")));
}

#[test]
fn from_the_day_after_their_last_one_somebody_counts_as_gone() {
    let mut town = Town::new(snapshot());
    town.departures.insert("chef@randers.dk".to_owned(), day("2026-03-02"));
    check(&town, owner_missing::RULE.id, ["chef", "", "boss"], "still there today");
    town.departures.insert("chef@randers.dk".to_owned(), day("2026-03-01"));
    check(
        &town,
        owner_missing::RULE.id,
        ["boss", "Chef left", "IT: NobodyReachable"],
        "gone since yesterday",
    );
}

#[test]
fn what_is_decommissioned_is_for_its_last_owner() {
    let mut town = Town::new(snapshot());
    let gone = day("2026-02-01");
    town.last_owners.insert(id("Aula"), LastOwner { person: id("eva"), gone });
    check(&town, decommission_incomplete::RULE.id, ["eva", "", "chef"], "the last owner");
    let left = town.left("eva");
    check(&left, decommission_incomplete::RULE.id, ["chef", "", "boss"], "who is not in KITOS now");
}

#[test]
fn its_own_rules_are_its() {
    let town = Town::new(snapshot());
    for rule in [owner_unreachable::RULE.id, duplicate_usage::RULE.id] {
        assert_eq!(told(&town.routes(rule).0), "IT: ItsRule");
    }
}
