use super::*;
use crate::model::LifeCycle;
use crate::register::changes::{OwnerRoles, changes};
use crate::register::diff::diff;
use crate::testing::{day, id, policy, randers};

/// bo owns Aula and Nexus and manages SBSYS; eva is somebody else.
fn register() -> Snapshot {
    ["Aula", "Nexus", "SBSYS"]
        .into_iter()
        .fold(randers().user("bo").user("eva"), Snapshot::usage)
        .assign("Aula", "ejer", "bo")
        .assign("Nexus", "chef", "bo")
        .assign("SBSYS", "forvalter", "bo")
}

/// As KITOS removes people: with all their roles.
fn without_bo() -> Snapshot {
    register()
        .unassign("Aula", "ejer", "bo")
        .unassign("Nexus", "chef", "bo")
        .unassign("SBSYS", "forvalter", "bo")
        .left("bo")
}

fn changes_to(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let delta = diff(before, after);
    let owners = policy().owner_roles;
    changes(before.on("2026-03-01"), after.on("2026-03-02"), &delta, OwnerRoles::unchanged(&owners))
}

fn bo() -> Leaver {
    let changes = changes_to(&register(), &without_bo());
    let mut leavers = changes.iter().filter_map(|change| Leaver::of(day("2026-03-02"), change));
    leavers.next().expect("bo left")
}

/// What is open, as "system" for an owner and "system/role" for a role.
fn open(leavers: &[Leaver], snapshot: &Snapshot) -> Vec<String> {
    let name = |uuid: Uuid| snapshot.usage_name(&snapshot.usages[&uuid]).to_owned();
    let cases = open_cases(leavers, snapshot, &policy(), day("2026-03-09"));
    let mut found = Vec::new();
    for (uuid, vacancy) in cases.iter().flat_map(|case| &case.open) {
        found.extend(vacancy.owner.then(|| name(*uuid)));
        found.extend(
            vacancy
                .roles
                .iter()
                .map(|role| format!("{}/{}", name(*uuid), snapshot.role_types[role].name)),
        );
    }
    found.sort();
    found
}

#[test]
fn a_leaver_has_what_the_change_tells() {
    let bo = bo();
    assert_eq!((bo.person, bo.left), (id("bo"), day("2026-03-02")));
    assert_eq!(bo.owned, [id("Aula"), id("Nexus")].into());
    assert_eq!(bo.roles, [(id("SBSYS"), id("forvalter"))].into());
    let idle = changes_to(&register(), &register().left("eva"));
    assert_eq!(idle.len(), 1);
    assert_eq!(Leaver::of(day("2026-03-02"), &idle[0]), None, "nothing to hand on");
}

#[test]
fn each_pull_ticks_off_what_kitos_shows_as_solved() {
    let all: &[&str] = &["Aula", "Nexus", "SBSYS/Systemforvalter"];
    let without_aula: &[&str] = &["Nexus", "SBSYS/Systemforvalter"];
    let shut = |s: Snapshot, usage| s.edit(usage, |u| u.life_cycle = Some(LifeCycle::NotInUse));
    let gone = || without_bo().user("ida").assign("Aula", "ejer", "ida").left("ida");
    let unavailable = || {
        let mut snapshot = without_bo();
        snapshot.role_types.get_mut(&id("forvalter")).expect("the role").available = false;
        snapshot
    };
    for (why, snapshot, left) in [
        ("nothing was done", without_bo(), all),
        ("a new owner", without_bo().assign("Aula", "ejer", "eva"), without_aula),
        ("an owner by another role", without_bo().assign("Aula", "chef", "eva"), without_aula),
        ("a manager is no owner", without_bo().assign("Aula", "forvalter", "eva"), all),
        ("an owner who left", gone(), all),
        ("gone from KITOS", without_bo().removed("Aula"), without_aula),
        ("shut down", shut(without_bo(), "Aula"), without_aula),
        (
            "its end date is yesterday",
            without_bo().edit("Aula", |u| u.valid_to = Some(day("2026-03-08"))),
            without_aula,
        ),
        (
            "its end date is today",
            without_bo().edit("Aula", |u| u.valid_to = Some(day("2026-03-09"))),
            all,
        ),
        ("a new manager", without_bo().assign("SBSYS", "forvalter", "eva"), &["Aula", "Nexus"]),
        ("the managed system is shut", shut(without_bo(), "SBSYS"), &["Aula", "Nexus"]),
        ("a role that KITOS no longer offers", unavailable(), &["Aula", "Nexus"]),
        ("assignments still name who left", register().left("bo"), all),
        ("back again", register(), &[]),
        (
            "all solved",
            ["Aula", "Nexus", "SBSYS"].into_iter().fold(without_bo(), Snapshot::removed),
            &[],
        ),
    ] {
        assert_eq!(open(&[bo()], &snapshot), left, "{why}");
    }
}

#[test]
fn a_case_counts_the_solved_and_leaves_out_what_the_policy_does() {
    let snapshot = without_bo().assign("Aula", "ejer", "eva").removed("Nexus");
    let case = |policy: &Policy| open_cases(&[bo()], &snapshot, policy, day("2026-03-09"));
    let [found] = &case(&policy())[..] else { panic!("one case") };
    assert_eq!((found.systems, found.open.len()), (3, 1));
    let excluded = Policy { excluded_uuids: [id("SBSYS")].into(), ..policy() };
    assert_eq!(case(&excluded), []);
}

#[test]
fn who_left_twice_is_one_case_and_the_oldest_case_comes_first() {
    let later = Leaver { left: day("2026-03-05"), owned: [id("SBSYS")].into(), ..bo() };
    let eva = Leaver { person: id("eva"), left: day("2026-03-04"), ..bo() };
    let snapshot = without_bo().left("eva");
    let leavers = [bo(), eva, later];
    let cases = open_cases(&leavers, &snapshot, &policy(), day("2026-03-09"));
    let found: Vec<_> = cases.iter().map(|case| (case.person, case.left, case.systems)).collect();
    assert_eq!(found, [(id("eva"), day("2026-03-04"), 3), (id("bo"), day("2026-03-05"), 3)]);
    assert!(cases[1].open[&id("SBSYS")].owner);
}

#[test]
fn ownerships_that_ended_a_pull_before_the_leaving_are_part_of_it() {
    let before = register();
    let stripped = register().unassign("Aula", "ejer", "bo").unassign("Nexus", "chef", "bo");
    let earlier = changes_to(&before, &stripped);
    let owned_after = |after: Snapshot, earlier: &[Change]| {
        let mut changes = changes_to(&stripped, &after);
        join(&mut changes, earlier, &after, &policy().owner_roles);
        let mut leavers = changes.iter().filter_map(|c| Leaver::of(day("2026-03-02"), c));
        leavers.next().map(|leaver| leaver.owned).unwrap_or_default()
    };
    let after = without_bo();
    assert_eq!(owned_after(after.clone(), &earlier), [id("Aula"), id("Nexus")].into());
    assert_eq!(owned_after(after.clone(), &[]), [].into(), "long before is another story");
    let handed_on = without_bo().assign("Aula", "ejer", "eva");
    assert_eq!(owned_after(handed_on, &earlier), [id("Nexus")].into());
    let someone_elses = changes_to(&before.clone().assign("SBSYS", "ejer", "eva"), &before);
    assert_eq!(owned_after(after, &someone_elses), [].into());
}

#[test]
fn a_role_that_nobody_took_is_let_go_and_a_missing_owner_never_is() {
    let on = |today: &str| {
        let cases = open_cases(&[bo()], &without_bo(), &policy(), day(today));
        cases.iter().flat_map(|case| case.open.keys().copied()).collect::<BTreeSet<_>>()
    };
    let all = BTreeSet::from([id("Aula"), id("Nexus"), id("SBSYS")]);
    assert_eq!(on("2026-03-30"), all, "the 28th day");
    assert_eq!(on("2026-03-31"), [id("Aula"), id("Nexus")].into());
    assert_eq!(on("2027-03-02"), [id("Aula"), id("Nexus")].into());
}
