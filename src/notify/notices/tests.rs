use std::collections::BTreeMap;

use super::*;
use crate::model::{Check, LifeCycle, Missing, Severity, Snapshot, SuggestionLine, Tab};
use crate::notify::digest::tests::finding;
use crate::notify::tests::office::Office;
use crate::policy::Policy;
use crate::policy::rules::registration_incomplete;
use crate::register::changes::{OwnerRoles, changes};
use crate::register::diff::diff;
use crate::testing::{at, day, id, leaders, policy, randers};

/// Aula of Skoler, owned by bo, managed by eva; Nexus, owned by ida, exchanges
/// data with it. chef leads Skoler.
fn register() -> Snapshot {
    ["bo", "eva", "ida", "chef"]
        .into_iter()
        .fold(randers(), Snapshot::user)
        .unit("Skoler", None)
        .usage("Aula")
        .edit("Aula", |usage| usage.responsible_unit = Some(id("Skoler")))
        .assign("Aula", "ejer", "bo")
        .assign("Aula", "forvalter", "eva")
        .usage("Nexus")
        .edit("Nexus", |usage| usage.relations = [id("Aula")].into())
        .assign("Nexus", "ejer", "ida")
}

fn told(before: &Snapshot, after: &Snapshot) -> Vec<PlannedNotice> {
    told_while(before, after, Vec::new())
}

/// The same while these findings are open.
fn told_while(before: &Snapshot, after: &Snapshot, open: Vec<Finding>) -> Vec<PlannedNotice> {
    let (before, after) = (before.on("2026-03-01"), after.on("2026-03-02"));
    let rule = &registration_incomplete::RULE;
    let mut policy = policy();
    policy.rules.insert(rule.id, rule.default_setting());
    policy.leaders = Some(leaders("chef@randers.dk;Chef;leder;Skoler;\n", after.snapshot));
    let delta = diff(before.snapshot, after.snapshot);
    let changes = changes(before, after, &delta, OwnerRoles::unchanged(&policy.owner_roles));
    let suggestion = SuggestionLine {
        name: "ida".to_owned(),
        email: "ida@randers.dk".to_owned(),
        reason: "ejer Nexus".to_owned(),
    };
    let event = PullEvent {
        snapshot_id: 7,
        before,
        after,
        changes: &changes,
        earlier: &[],
        withdrawn: &BTreeSet::new(),
        waiting: &BTreeMap::new(),
        suggestions: &[(id("Aula"), vec![suggestion])].into(),
        now: at("2026-03-02T05:00:00+01:00"),
    };
    let it = ["it@randers.dk".to_owned(), "IT@randers.dk".to_owned()];
    let mut office = Office::new();
    office.snapshot = after.snapshot.clone();
    (office.policy, office.open) = (policy, open);
    office.with(event.now, |situation| notices(&event, situation, &it, "https://kitos.dk"))
}

/// Who is told what of which system.
fn summary(mails: &[PlannedNotice]) -> BTreeMap<&str, Vec<(NoticeReason, &str)>> {
    mails
        .iter()
        .map(|mail| {
            let to = mail.to.split('@').next().unwrap_or_default();
            let items = mail.notice.items.iter();
            let told = items
                .map(|item| (item.reason, if item.system == "Aula" { "Aula" } else { "Nexus" }))
                .collect();
            (to, told)
        })
        .collect()
}

fn items<'a>(mails: &'a [PlannedNotice], to: &str) -> &'a [NoticeItem] {
    let mail = mails.iter().find(|mail| mail.to.starts_with(to)).expect("a mail");
    &mail.notice.items
}

use NoticeReason::{
    Acquired, Assigned, Decommissioned, HandedOver, Left, Neighbour, PhasingOut, Removed, Revived,
};

#[test]
fn each_change_is_told_to_those_whom_the_policy_names() {
    let life = |state: LifeCycle| {
        move |usage: &mut crate::model::SystemUsage| usage.life_cycle = Some(state)
    };
    let ended = || register().edit("Aula", life(LifeCycle::NotInUse));
    let shut = |reason| -> BTreeMap<_, _> {
        [
            ("bo", vec![(reason, "Aula")]),
            ("it", vec![(reason, "Aula")]),
            ("ida", vec![(Neighbour, "Nexus")]),
        ]
        .into()
    };
    let none = || randers().user("bo");
    for (what, before, after, expected) in [
        (
            "acquired with an owner",
            none(),
            none().usage("Aula").assign("Aula", "ejer", "bo"),
            [("bo", vec![(Acquired, "Aula")])].into(),
        ),
        (
            "acquired without one",
            none(),
            none().usage("Aula"),
            [("it", vec![(Acquired, "Aula")])].into(),
        ),
        (
            "phasing out",
            register(),
            register().edit("Aula", life(LifeCycle::PhasingOut)),
            shut(PhasingOut),
        ),
        ("decommissioned", register(), ended(), shut(Decommissioned)),
        ("removed", register(), register().removed("Aula"), shut(Removed)),
        (
            "removed when it was shut down already",
            ended(),
            ended().removed("Aula"),
            BTreeMap::new(),
        ),
        (
            "revived",
            ended(),
            register(),
            [("bo", vec![(Revived, "Aula")]), ("it", vec![(Revived, "Aula")])].into(),
        ),
        (
            "handed over",
            register(),
            register().unassign("Aula", "ejer", "bo").assign("Aula", "ejer", "eva"),
            [("bo", vec![(HandedOver, "Aula")]), ("eva", vec![(Assigned, "Aula")])].into(),
        ),
        (
            "the first owner",
            register().unassign("Aula", "ejer", "bo"),
            register(),
            [("bo", vec![(Assigned, "Aula")])].into(),
        ),
        (
            "the owner left",
            register(),
            register().unassign("Aula", "ejer", "bo").left("bo"),
            [("chef", vec![(Left, "Aula")]), ("it", vec![(Left, "Aula")])].into(),
        ),
        (
            "the owner left, and someone took over in the same pull",
            register(),
            register().unassign("Aula", "ejer", "bo").left("bo").assign("Aula", "ejer", "ida"),
            [("ida", vec![(Assigned, "Aula")]), ("it", vec![(Left, "Aula")])].into(),
        ),
        ("someone without a role left", register().user("per"), register(), BTreeMap::new()),
        (
            "an owner outside the allowed domains",
            none(),
            {
                let mut after = none().usage("Aula").assign("Aula", "ejer", "bo");
                after.people.get_mut(&id("bo")).unwrap().email = Some("bo@firma.dk".to_owned());
                after
            },
            [("it", vec![(Acquired, "Aula")])].into(),
        ),
    ] {
        assert_eq!(summary(&told(&before, &after)), expected, "{what}");
    }
}

#[test]
fn one_mail_holds_all_that_concerns_its_reader() {
    let after = register()
        .edit("Aula", |usage| usage.life_cycle = Some(LifeCycle::PhasingOut))
        .unassign("Nexus", "ejer", "ida")
        .assign("Nexus", "ejer", "bo");
    let mails = told(&register(), &after);
    let bo = [(Assigned, "Nexus"), (PhasingOut, "Aula")];
    assert_eq!(summary(&mails)["bo"], bo);
    // Owners hear in their working hours, IT at once; IT's address stands there twice.
    let not_before = |to: &str| {
        mails.iter().filter(|m| m.to.starts_with(to)).map(|m| m.not_before).collect::<Vec<_>>()
    };
    assert_eq!(not_before("bo"), [at("2026-03-02T07:00:00+01:00")]);
    assert_eq!(not_before("it"), [at("2026-03-02T05:00:00+01:00")]);
    assert!(not_before("IT").is_empty());
}

#[test]
fn the_checklist_is_made_from_the_data() {
    let after = register().edit("Aula", |usage| {
        usage.life_cycle = Some(LifeCycle::NotInUse);
        usage.using_units = [id("Skoler")].into();
    });
    let mails = told(&register(), &after);
    let left = |checks: &[Check]| checks == items(&mails, "bo")[0].checks;
    let nexus = Check::Relation("Nexus".to_owned());
    assert!(left(&[nexus, Check::Units(vec!["Skoler".to_owned()]), Check::EndDate, Check::Data]));
    assert_eq!(items(&mails, "ida")[0].other, ["Aula"]);
}

/// The calendar alone shuts a system, and a new end date takes that back.
#[test]
fn an_end_date_that_passes_is_told_as_just_that() {
    let ending = |life_cycle, end| {
        register().edit("Aula", |usage| {
            (usage.life_cycle, usage.valid_to) = (Some(life_cycle), Some(day(end)));
        })
    };
    for life_cycle in [LifeCycle::Operational, LifeCycle::PhasingOut] {
        let ended = ending(life_cycle, "2026-03-01");
        let mails = told(&ended, &ended);
        for reader in ["bo", "it"] {
            let [item] = items(&mails, reader) else { panic!("{mails:#?}") };
            assert_eq!((item.reason, item.end), (Decommissioned, Some(day("2026-03-01"))));
            assert_eq!(item.checks.first(), Some(&Check::LifeCycle));
        }
        let [neighbour] = items(&mails, "ida") else { panic!("{mails:#?}") };
        assert_eq!((neighbour.reason, neighbour.end), (Neighbour, Some(day("2026-03-01"))));
    }
    let shut = register().edit("Aula", |usage| usage.life_cycle = Some(LifeCycle::NotInUse));
    let mails = told(&register(), &shut);
    assert_eq!(items(&mails, "bo")[0].end, None);

    let over = |life_cycle| ending(life_cycle, "2026-02-27");
    let phasing_out = ending(LifeCycle::PhasingOut, "2026-06-30");
    let (later, no_more) = (Some(day("2026-06-30")), None);
    for (why, before, after, end, put_off) in [
        ("put off", over(LifeCycle::PhasingOut), phasing_out.clone(), later, true),
        (
            "put off, in use all along",
            over(LifeCycle::Operational),
            ending(LifeCycle::Operational, "2026-06-30"),
            later,
            true,
        ),
        (
            "the date taken away",
            over(LifeCycle::Operational),
            register().edit("Aula", |usage| usage.life_cycle = Some(LifeCycle::Operational)),
            no_more,
            true,
        ),
        ("phased out again", ending(LifeCycle::NotInUse, "2026-06-30"), phasing_out, later, false),
        ("in use again", shut, ending(LifeCycle::Operational, "2026-06-30"), no_more, false),
    ] {
        let mails = told(&before, &after);
        let item = &items(&mails, "bo")[0];
        assert_eq!((item.reason, item.end, item.put_off), (Revived, end, put_off), "{why}");
    }
}

#[test]
fn nobody_is_asked_to_remove_a_relation_that_went_with_its_system() {
    let unrelated = register().edit("Nexus", |usage| usage.relations = Default::default());
    for (after, tab) in
        [(register().removed("Aula"), Tab::Relations), (unrelated.removed("Aula"), Tab::Front)]
    {
        let mails = told(&register(), &after);
        assert_eq!(items(&mails, "ida")[0].links[0].tab, tab.name());
    }
}

#[test]
fn of_a_leavers_system_that_another_owns_still_that_is_said() {
    let before = register().assign("Aula", "ejer", "ida");
    let mails = told(&before, &before.clone().unassign("Aula", "ejer", "bo").left("bo"));
    let [item] = items(&mails, "it") else { panic!("{mails:#?}") };
    assert_eq!((item.ownerless, &*item.beside), (false, &["ida".to_owned()][..]));
}

#[test]
fn a_leaver_is_one_story_with_a_suggestion_where_an_owner_is_missing() {
    let before = register().assign("Nexus", "forvalter", "bo");
    let after = before.clone().unassign("Aula", "ejer", "bo").unassign("Nexus", "forvalter", "bo");
    let mails = told(&before, &after.left("bo"));
    let it = items(&mails, "it");
    let shown: Vec<_> =
        it.iter().map(|i| (i.system.as_str(), i.ownerless, i.suggestions.len())).collect();
    assert_eq!(shown, [("Aula", true, 1), ("Nexus", false, 0)]);
    assert_eq!(it[0].other, ["bo"]);
    assert_eq!(it[1].roles, ["Systemforvalter"]);
    assert!(it[0].links[0].url.ends_with("/roles"));
    assert_eq!(items(&mails, "chef").len(), 1);
}

#[test]
fn a_new_owner_hears_whom_they_follow_and_what_is_missing() {
    let after = register().unassign("Aula", "ejer", "bo").assign("Aula", "ejer", "eva");
    let mails = told(&register(), &after);
    assert_eq!(items(&mails, "eva")[0].other, ["bo"]);
    assert_eq!(items(&mails, "eva")[0].missing, [Missing::DataSensitivity]);
    assert_eq!(items(&mails, "bo")[0].other, ["eva"]);

    // What an older KITOS has no field for is asked of nobody.
    let (mut before, mut after) = (register(), after);
    before.unknown.insert(Missing::DataSensitivity);
    after.unknown.insert(Missing::DataSensitivity);
    assert_eq!(items(&told(&before, &after), "eva")[0].missing, []);
}

#[test]
fn a_welcome_knows_whether_something_else_is_to_be_put_right() {
    use crate::policy::rules::{gdpr_incomplete, registration_incomplete};
    let before = register().unassign("Aula", "ejer", "bo");
    let open = |rule, severity| {
        let fault = crate::model::Fault::new("no-risk-assessment");
        vec![Finding { severity, ..finding(1, rule, "Aula", fault) }]
    };
    let gdpr = gdpr_incomplete::RULE.id;
    for (why, open, faulty) in [
        ("nothing is open", Vec::new(), false),
        ("something else is", open(gdpr, Severity::Low), true),
        ("nothing that a mail asks for", open(gdpr, Severity::Info), false),
        ("what the mail names", open(registration_incomplete::RULE.id, Severity::Low), false),
    ] {
        let mails = told_while(&before, &register(), open);
        assert_eq!(items(&mails, "bo")[0].faulty, faulty, "{why}");
    }
}

#[test]
fn what_the_policy_leaves_out_is_told_to_nobody() {
    let mut after = register().edit("Aula", |usage| usage.life_cycle = Some(LifeCycle::NotInUse));
    after.usages.get_mut(&id("Aula")).unwrap().local_name = Some("Test".to_owned());
    let (before, after) = (register(), after);
    let (before, after) = (before.on("2026-03-01"), after.on("2026-03-02"));
    let policy = Policy { excluded_names: vec!["test".to_owned()], ..policy() };
    let delta = diff(before.snapshot, after.snapshot);
    let changes = changes(before, after, &delta, OwnerRoles::unchanged(&policy.owner_roles));
    let event = PullEvent {
        snapshot_id: 7,
        before,
        after,
        changes: &changes,
        earlier: &[],
        withdrawn: &BTreeSet::new(),
        waiting: &BTreeMap::new(),
        suggestions: &BTreeMap::new(),
        now: at("2026-03-02T05:00:00+01:00"),
    };
    assert!(items::news(&event, &policy, "https://kitos.dk").is_empty());
}
