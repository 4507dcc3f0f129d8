use super::*;
use crate::model::LifeCycle;
use crate::policy::rules::{owner_level, owner_outside_unit};
use crate::register::history::LastOwner;
use crate::testing::{TODAY, day, id, leaders, policy, randers, with};

const LEADERS: &str = "lise@randers.dk;Lise;leder;Skole;dora@randers.dk\n\
                       dora@randers.dk;Dora;direktør;Børn og Unge;\n";

/// Lise leads the school, Dora what lies above it. Nobody owns "løn".
fn register() -> Snapshot {
    randers()
        .unit("Randers", None)
        .unit("Børn og Unge", Some("Randers"))
        .unit("Skole", Some("Børn og Unge"))
        .user("lise")
        .user("dora")
        .user("bo")
        .user("åse")
        .user("zita")
        .usage("løn")
        .edit("løn", |usage| usage.responsible_unit = Some(id("Skole")))
}

fn with_leaders(lines: &str) -> Policy {
    let leaders = Some(leaders(lines, &register()));
    Policy { leaders, manager_roles: [id("forvalter")].into(), ..policy() }
}

/// Another system, with its unit and owner.
fn owned(snapshot: Snapshot, usage: &str, unit: &str, owner: &str) -> Snapshot {
    snapshot
        .usage(usage)
        .edit(usage, |usage| usage.responsible_unit = Some(id(unit)))
        .assign(usage, "ejer", owner)
}

fn contract(mut snapshot: Snapshot, name: &str, supplier: &str, usages: &[&str]) -> Snapshot {
    let contract = Contract {
        uuid: id(name),
        name: name.to_owned(),
        active: true,
        supplier: (!supplier.is_empty()).then(|| id(supplier)),
        usages: usages.iter().map(|usage| id(usage)).collect(),
    };
    snapshot.contracts.insert(contract.uuid, contract);
    snapshot
}

fn owned_last(usage: &str, person: &str) -> (Uuid, LastOwner) {
    (id(usage), LastOwner { person: id(person), gone: day("2026-02-01") })
}

/// Who is suggested for "løn", and why in short.
fn told(snapshot: &Snapshot, history: &History, policy: &Policy) -> Vec<String> {
    let suggestions =
        Suggestions::new(snapshot.on(TODAY), history, policy).of(&snapshot.usages[&id("løn")]);
    let short = |reason: &SuggestionReason| match reason {
        SuggestionReason::LeaderOfUnit { unit } => format!("leads {unit}"),
        SuggestionReason::HoldsRole { role } => role.clone(),
        SuggestionReason::OwnsInUnit { unit, systems } => format!("{systems} in {unit}"),
        SuggestionReason::OwnsOfSupplier { systems } => format!("{systems} of the supplier"),
        SuggestionReason::OwnsUnderContract { contract, systems } => {
            format!("{systems} under {contract}")
        }
        SuggestionReason::Successor { systems, .. } => format!("{systems} taken over"),
    };
    suggestions.iter().map(|s| format!("{}: {}", s.name, short(&s.reason))).collect()
}

#[test]
fn each_reason_suggests_someone() {
    let nothing = History::default();
    let successor = History {
        last_owner: [owned_last("løn", "gone"), owned_last("x", "gone"), owned_last("y", "other")]
            .into(),
        ..History::default()
    };
    let leaders = with_leaders(LEADERS);
    let no_leaders = Policy { leaders: None, ..leaders.clone() };
    let x_of_bo = |unit| owned(register(), "x", unit, "bo");
    for (snapshot, history, policy, expected, why) in [
        (register(), &nothing, &no_leaders, vec![], "no reason, no suggestion"),
        (register(), &nothing, &leaders, vec!["lise: leads Skole"], "the unit's own leader"),
        (
            register().edit("løn", |usage| usage.responsible_unit = Some(id("Børn og Unge"))),
            &nothing,
            &leaders,
            vec!["dora: leads Børn og Unge"],
            "a unit further up",
        ),
        (
            register().edit("løn", |usage| usage.responsible_unit = None),
            &nothing,
            &leaders,
            vec![],
            "no unit, no leader",
        ),
        (
            register().assign("løn", "forvalter", "bo"),
            &nothing,
            &no_leaders,
            vec!["bo: Systemforvalter"],
            "a role on the same system",
        ),
        (x_of_bo("Skole"), &nothing, &no_leaders, vec!["bo: 1 in Skole"], "the same unit"),
        (x_of_bo("Børn og Unge"), &nothing, &no_leaders, vec![], "another unit"),
        (
            contract(contract(x_of_bo("Randers"), "a", "KMD", &["løn"]), "b", "KMD", &["x"]),
            &nothing,
            &no_leaders,
            vec!["bo: 1 of the supplier"],
            "the same supplier",
        ),
        (
            contract(x_of_bo("Randers"), "a", "", &["løn", "x"]),
            &nothing,
            &no_leaders,
            vec!["bo: 1 under a"],
            "the same contract",
        ),
        (
            owned(x_of_bo("Randers"), "y", "Randers", "zita"),
            &successor,
            &no_leaders,
            vec!["bo: 1 taken over"],
            "who took over from the last owner",
        ),
    ] {
        assert_eq!(told(&snapshot, history, policy), expected, "{why}");
    }
}

#[test]
fn nobody_is_suggested_who_left_or_cannot_be_told() {
    let leaders = with_leaders(LEADERS);
    let own_domain =
        Policy { allowed_domains: ["randers.dk".to_owned()].into(), ..leaders.clone() };
    let set_email = |mut snapshot: Snapshot, name: &str, email: Option<&str>| {
        snapshot.people.get_mut(&id(name)).expect("a person").email = email.map(str::to_owned);
        snapshot
    };
    let managed = || register().assign("løn", "forvalter", "bo").left("lise").left("dora");
    let gone = ["lise@randers.dk", "dora@randers.dk"].map(str::to_owned);
    let gone = History { departed: gone.into(), ..History::default() };
    let refused = History { refused: ["bo@randers.dk".to_owned()].into(), ..gone.clone() };
    for (snapshot, history, policy, expected, why) in [
        (managed(), &gone, &leaders, vec!["bo: Systemforvalter"], "the leader left"),
        (managed().left("bo"), &gone, &leaders, vec![], "whoever has the role left, too"),
        (set_email(managed(), "bo", None), &gone, &leaders, vec![], "no address"),
        (set_email(managed(), "bo", Some("bo@")), &gone, &leaders, vec![], "no real address"),
        (
            set_email(managed(), "bo", Some("bo@gmail.com")),
            &gone,
            &own_domain,
            vec![],
            "a foreign address",
        ),
        (managed(), &refused, &leaders, vec![], "the mail server refuses the address"),
        (
            register().left("lise"),
            &History::default(),
            &leaders,
            vec!["Lise: leads Skole"],
            "a leader who never was a user of KITOS can become one",
        ),
        (
            // Still named by an assignment; KITOS has taken the address away.
            register().assign("løn", "chef", "lise").left("lise"),
            &History::default(),
            &leaders,
            vec![],
            "a leader who is known to have left, by name",
        ),
        (
            register().assign("løn", "chef", "lise").left("lise"),
            &History::default(),
            &with_leaders(&LEADERS.replace(";Lise;", ";LISE\u{ad};")),
            vec![],
            "however the name is typed",
        ),
        (
            register().assign("løn", "ejer", "zita").assign("løn", "forvalter", "bo"),
            &History::default(),
            &leaders,
            vec![],
            "there is an owner",
        ),
        (
            owned(register(), "x", "Skole", "bo")
                .edit("x", |usage| usage.life_cycle = Some(LifeCycle::NotInUse)),
            &History::default(),
            &Policy { leaders: None, ..leaders.clone() },
            vec![],
            "to have owned what is shut down is no reason",
        ),
        (
            owned(register(), "x", "Skole", "bo")
                .edit("x", |usage| usage.valid_to = Some(day("2026-11-09"))),
            &History::default(),
            &Policy { leaders: None, ..leaders.clone() },
            vec![],
            "nor is what is past its end date",
        ),
    ] {
        assert_eq!(told(&snapshot, history, policy), expected, "{why}");
    }
}

#[test]
fn two_at_most_each_once_and_in_the_same_order() {
    let mut snapshot = register()
        .assign("løn", "forvalter", "lise")
        .assign("løn", "forvalter", "åse")
        .assign("løn", "forvalter", "zita");
    for (usage, owner) in [("x", "bo"), ("y", "bo"), ("z", "dora")] {
        snapshot = owned(snapshot, usage, "Skole", owner);
    }
    // Lise has two reasons and the first one counts; z comes before å.
    assert_eq!(
        told(&snapshot, &History::default(), &with_leaders(LEADERS)),
        ["lise: leads Skole", "bo: 2 in Skole"]
    );
    // Without a leader the best of each kind comes first, then the second best.
    let no_leaders = Policy { leaders: None, ..with_leaders(LEADERS) };
    assert_eq!(
        told(&snapshot, &History::default(), &no_leaders),
        ["lise: Systemforvalter", "bo: 2 in Skole"]
    );
}

#[test]
fn a_manager_comes_before_other_roles_and_equals_by_name() {
    let policy = Policy {
        manager_roles: [id("forvalter")].into(),
        owner_roles: [id("ejer")].into(),
        ..policy()
    };
    let snapshot = register().assign("løn", "chef", "bo").assign("løn", "forvalter", "åse").assign(
        "løn",
        "forvalter",
        "zita",
    );
    assert_eq!(
        told(&snapshot, &History::default(), &policy),
        ["zita: Systemforvalter", "åse: Systemforvalter"]
    );
}

#[test]
fn nobody_is_suggested_whom_the_other_rules_would_find_fault_with() {
    let by_rules = |lines: &str| {
        let rules = with([&owner_level::RULE, &owner_outside_unit::RULE]).rules;
        let leaders = Some(leaders(lines, &register().unit("Teknik", Some("Randers"))));
        Policy { leaders, rules, ..policy() }
    };
    let bo_manages = register().unit("Teknik", Some("Randers")).assign("løn", "forvalter", "bo");
    for (line, may, why) in [
        ("bo@randers.dk;Bo;leder;Skole;\n", true, "a leader of the unit"),
        ("bo@randers.dk;Bo;leder;Børn og Unge;\n", true, "of one above"),
        ("bo@randers.dk;Bo;leder;;\n", true, "of no known unit"),
        ("bo@randers.dk;Bo;konsulent;Skole;\n", false, "at a level that may not"),
        ("bo@randers.dk;Bo;;Skole;\n", false, "at no known level"),
        ("bo@randers.dk;Bo;leder;Teknik;\n", false, "of another part of the organisation"),
        ("x@randers.dk;X;leder;Teknik;\n", false, "not in the file"),
    ] {
        let told = told(&bo_manages, &History::default(), &by_rules(line));
        assert_eq!(told.iter().any(|told| told.starts_with("bo: ")), may, "{why}: {told:?}");
    }
}
