//! Names in the configuration mean what they meant at their first match, through
//! renames in KITOS; and the pull before is judged by the configuration of its time.

use kitos_standin::{OWNER_ROLE, World};
use serde_json::Value;
use uuid::Uuid;

use crate::support::TestInstallation;

const MONDAY: &str = "2026-03-02T05:00:00Z";
const TUESDAY: &str = "2026-03-03T05:00:00Z";
const WEDNESDAY: &str = "2026-03-04T05:00:00Z";

fn sync(installation: &TestInstallation, at: &str) {
    let run = installation.run_at(at, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

fn found(installation: &TestInstallation, at: &str, rule: &str) -> usize {
    installation.json_at(at, &["findings", "--rule", rule]).as_array().unwrap().len()
}

fn notices(installation: &TestInstallation, at: &str) -> Vec<Value> {
    let mails = installation.mails(at).into_iter();
    mails.filter(|mail| mail["kind"] == "notice").collect()
}

/// Nine systems, each with an owner of its own.
fn nine(world: &mut World) -> Vec<(Uuid, Uuid)> {
    let system = |n| {
        let owner = world.join("Ejer", &format!("{n}"), &format!("e{n}@kommune.example"));
        (world.acquire(&format!("System {n}"), Some(owner)), owner)
    };
    (1..=9).map(system).collect()
}

#[test]
fn a_staff_unit_and_an_excluded_system_follow_their_names_through_a_rename() {
    let mut world = World::generate(5, 0);
    let root = world.our_units().find(|unit| unit.parent.is_none()).unwrap().uuid;
    let [staff, social, teknik] =
        ["Stab", "Social", "Teknik"].map(|name| world.add_unit(name, root));
    let systems = nine(&mut world);
    for (system, _) in &systems {
        world.change(*system, |usage| {
            usage.responsible_unit = Some(staff);
            usage.using_units = vec![social, teknik];
        });
    }
    let test = world.acquire("Prøvesystem", None);
    let installation = TestInstallation::new(world);
    installation.configure(
        "[policy]\nstaff_units = ['stab']\n[policy.exclude]\nnames = ['prøvesystem']\n\
         [policy.rules]\ncross-unit-owner.enabled = true\n",
    );
    sync(&installation, MONDAY);
    let seen = |at| {
        (found(&installation, at, "cross-unit-owner"), found(&installation, at, "owner-missing"))
    };
    assert_eq!(seen(MONDAY), (0, 0));
    installation.standin().edit(|world| {
        world.rename_unit(staff, "Direktionssekretariatet");
        let system = world.usage(test).unwrap().system;
        world.rename_system(system, "Øvesystem");
    });
    sync(&installation, TUESDAY);
    assert_eq!(seen(TUESDAY), (0, 0));
    let check = installation.run_at(TUESDAY, &["check"]).stdout;
    assert!(!check.contains("policy.staff_units") && !check.contains("fits no system"), "{check}");
}

#[test]
fn an_owner_role_that_kitos_renames_is_a_note_and_nobodys_news() {
    let mut world = World::generate(5, 0);
    nine(&mut world);
    let installation = TestInstallation::new(world);
    sync(&installation, MONDAY);
    installation.standin().edit(|world| {
        let role = world.role(OWNER_ROLE).unwrap();
        world.rename_role_type(role, "Ansvarlig ejer");
    });
    sync(&installation, TUESDAY);
    assert_eq!(found(&installation, TUESDAY, "owner-missing"), 0);
    assert_eq!(notices(&installation, TUESDAY), [] as [Value; 0]);
    let check = installation.json_at(TUESDAY, &["check"]);
    let lines = check.as_array().unwrap();
    let of = |what: &str| lines.iter().find(|line| line["what"] == what).unwrap_or(&Value::Null);
    assert_eq!(of("owner roles")["verdict"], "ok", "{check:#}");
    assert_eq!(of("role renamed")["verdict"], "note", "{check:#}");
}

#[test]
fn owners_who_move_to_another_role_type_together_with_the_policy_are_not_welcomed() {
    let mut world = World::generate(5, 0);
    let systems = nine(&mut world);
    let installation = TestInstallation::new(world);
    sync(&installation, MONDAY);
    installation.standin().edit(|world| {
        let old = world.role(OWNER_ROLE).unwrap();
        let new = world.add_role_type("Forretningsejer");
        for (system, owner) in &systems {
            world.unassign(*system, old, *owner);
            world.assign(*system, new, *owner);
        }
    });
    installation.configure("[policy]\nowner_roles = ['Forretningsejer']\n");
    sync(&installation, TUESDAY);
    assert_eq!(notices(&installation, TUESDAY), [] as [Value; 0]);
    assert_eq!(found(&installation, TUESDAY, "owner-missing"), 0);
    // From then on the new ones count, and a new owner is one.
    installation.standin().edit(|world| {
        let new = world.role("Forretningsejer").unwrap();
        let ny = world.join("Ny", "Ejer", "ny@kommune.example");
        world.assign(systems[0].0, new, ny);
    });
    sync(&installation, WEDNESDAY);
    let told = notices(&installation, WEDNESDAY);
    assert!(told.iter().any(|mail| mail["to"][0] == "ny@kommune.example"), "{told:#?}");
}

#[test]
fn owners_whose_role_type_is_replaced_by_one_of_the_same_name_are_not_welcomed() {
    let mut world = World::generate(5, 0);
    let systems = nine(&mut world);
    let installation = TestInstallation::new(world);
    sync(&installation, MONDAY);
    let new = installation.standin().edit(|world| {
        let old = world.role(OWNER_ROLE).unwrap();
        world.delete_role_type(old);
        let new = world.add_role_type(OWNER_ROLE);
        for (system, owner) in &systems {
            world.assign(*system, new, *owner);
        }
        new
    });
    // The name alone would lead back to the one that is gone: a person decides.
    let run = installation.run_at(TUESDAY, &["sync"]);
    assert_ne!(run.code, 0, "{run:#?}");
    installation.configure(&format!("[policy]\nowner_roles = ['{new}']\n"));
    sync(&installation, TUESDAY);
    assert_eq!(notices(&installation, TUESDAY), [] as [Value; 0]);
    assert_eq!(found(&installation, TUESDAY, "owner-missing"), 0);
}
