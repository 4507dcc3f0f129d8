//! A changed rule is not a changed world: what the program says when only the
//! configuration moved.

use kitos_standin::World;

use crate::support::TestInstallation;

fn opened(installation: &TestInstallation, at: &str, rule: &str) -> usize {
    let found = installation.json_at(at, &["findings", "--rule", rule]);
    found.as_array().expect("a list").len()
}

#[test]
fn what_goes_because_a_rule_was_switched_off_is_not_told_as_solved() {
    let mut world = World::generate(3, 60);
    let owner = world.our_users().next().expect("a user").uuid;
    let bare = world.acquire("Rettet System", None);
    world.set_life_cycle(bare, Some("Operational"));
    let installation = TestInstallation::new(world);
    installation.sync_at("2026-03-02T05:00:00+01:00");
    installation.json_at("2026-03-02T07:00:00+01:00", &["digest", "--send"]);
    let lapsing = opened(&installation, "2026-03-02T08:00:00+01:00", "gdpr-incomplete");
    assert!(lapsing > 1);

    // One thing is put right, and a rule goes.
    installation.standin().edit(|world| world.assign_owner(bare, owner));
    installation.configure("[policy.rules.gdpr-incomplete]\nenabled = false\n");
    let report = installation.sync_at("2026-03-03T05:00:00+01:00");
    assert_eq!(report["findingsResolved"], lapsing + 1, "{report:#}");
    let digest = installation.run_at("2026-03-09T07:00:00+01:00", &["digest"]).stdout;
    assert!(digest.contains("Løst: én mangel\n- Rettet System ("), "{digest}");
    let lapsed = format!("{lapsing} mangler er bortfaldet, fordi reglerne er ændret.\n");
    assert!(digest.contains(&lapsed), "{digest}");

    // Told once.
    installation.json_at("2026-03-09T07:00:00+01:00", &["digest", "--send"]);
    let next = installation.run_at("2026-03-16T07:00:00+01:00", &["digest"]).stdout;
    assert!(!next.contains("Løst:") && !next.contains("bortfaldet"), "{next}");
}

#[test]
fn a_misspelt_owner_role_beside_a_good_one_does_not_take_every_owner_away() {
    let installation = TestInstallation::new(World::generate(3, 60));
    installation.sync_at("2026-03-02T05:00:00+01:00");
    let missing = |at: &str| opened(&installation, at, "owner-missing");
    let before = missing("2026-03-02T06:00:00+01:00");

    installation.configure("[policy]\nowner_roles = ['Systemejr', 'Dataejer']\n");
    for more in [&["--dry-run"][..], &[]] {
        let run = installation.run_at("2026-03-03T05:00:00+01:00", &[&["sync"], more].concat());
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("names \"Systemejr\""), "{run:#?}");
        assert!(run.stderr.contains("the nearest is \"Systemejer\""), "{run:#?}");
    }
    assert_eq!(missing("2026-03-03T06:00:00+01:00"), before);

    // A name that means nothing, and takes nobody's owner away, is but a hint.
    installation.configure("[policy]\nowner_roles = ['Systemejer', 'Dataejr']\n");
    assert_eq!(installation.sync_at("2026-03-04T05:00:00+01:00")["outcome"], "unchanged");
    // Written without it, the roles are what someone wants.
    installation.configure("[policy]\nowner_roles = ['Dataejer']\n");
    assert_eq!(installation.sync_at("2026-03-05T05:00:00+01:00")["outcome"], "unchanged");
    assert!(missing("2026-03-05T06:00:00+01:00") > before + 10);
}

#[test]
fn a_waiver_outlives_the_time_in_which_its_rule_was_switched_off() {
    let installation = TestInstallation::new(World::generate(3, 60));
    installation.sync_at("2026-03-02T05:00:00+01:00");
    let gdpr = |at: &str, state: &str| -> Vec<serde_json::Value> {
        let asked = ["findings", "--rule", "gdpr-incomplete", "--state", state];
        installation.json_at(at, &asked).as_array().expect("a list").clone()
    };
    let found = gdpr("2026-03-02T06:00:00+01:00", "open");
    for (index, until) in ["2026-03-04", "2026-06-30", "2026-06-30"].into_iter().enumerate() {
        let id = found[index]["id"].to_string();
        let waive = ["waive", &id, "--until", until, "--reason", "udfases", "--by", "Anna Lund"];
        assert_eq!(installation.run_at("2026-03-02T06:00:00+01:00", &waive).code, 0);
    }
    // One of them was taken back.
    let id = found[2]["id"].to_string();
    let unwaive = ["unwaive", &id, "--by", "Bo Holm"];
    assert_eq!(installation.run_at("2026-03-02T07:00:00+01:00", &unwaive).code, 0);

    installation.configure("[policy.rules.gdpr-incomplete]\nenabled = false\n");
    installation.sync_at("2026-03-03T05:00:00+01:00");
    assert_eq!(gdpr("2026-03-03T06:00:00+01:00", "waived"), [] as [serde_json::Value; 0]);
    installation.configure("");
    installation.sync_at("2026-03-05T05:00:00+01:00");
    let now = "2026-03-05T06:00:00+01:00";
    let waived = gdpr(now, "waived");
    assert_eq!(waived.len(), 1, "{waived:#?}");
    assert_eq!(waived[0]["systemUsageUuid"], found[1]["systemUsageUuid"]);
    assert_eq!(
        (&waived[0]["waivedUntil"], &waived[0]["waivedReason"], &waived[0]["waivedBy"]),
        (&"2026-06-30".into(), &"udfases".into(), &"Anna Lund".into())
    );
    assert_eq!(gdpr(now, "open").len(), found.len() - 1);
}
