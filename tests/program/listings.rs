//! Listings as people, scripts and spreadsheets read them: formats, filters, and
//! what a name from KITOS can do to them (`docs/reliability.md` R20).

use kitos_standin::{OWNER_ROLE, World};
use serde_json::{Value, json};

use crate::support::TestInstallation;

const FIRST: &str = "2026-03-02T04:00:00Z";

fn installed() -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 30));
    assert_eq!(installation.sync_at(FIRST)["outcome"], "committed");
    installation
}

/// A system with a name that wants to be more than text.
fn hostile(name: &str) -> TestInstallation {
    let mut world = World::generate(7, 12);
    world.acquire(name, None);
    let installation = TestInstallation::new(world);
    assert_eq!(installation.run_at(FIRST, &["sync"]).code, 0);
    installation
}

#[test]
fn links_lead_to_where_kitos_has_its_pages() {
    let installation = installed();
    let lead = |pages: &str, at: &str, mail: &str| {
        let begin = format!("{pages}/it-systems/it-system-usages/");
        installation.standin().edit(|world| world.acquire("Uden ejer", None));
        assert_eq!(installation.sync_at(at)["mailsQueued"], 1);
        let shown = installation.run_at(at, &["mail", "show", mail]).stdout;
        assert!(shown.contains(&begin), "no {begin} in {shown}");
        let findings = installation.json_at(at, &["findings"]);
        for finding in findings.as_array().unwrap() {
            assert!(finding["kitosUrl"].as_str().unwrap().starts_with(&begin), "{finding}");
        }
    };
    lead(&format!("{}/ui", installation.standin().url()), "2026-03-03T04:00:00Z", "1");

    let file = installation.path("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let elsewhere = "[kitos]\nui_url = 'https://sider.example/kitos/'";
    std::fs::write(&file, text.replacen("[kitos]", elsewhere, 1)).unwrap();
    lead("https://sider.example/kitos", "2026-03-04T04:00:00Z", "2");
}

#[test]
fn an_owner_is_found_however_their_address_is_written() {
    let mut world = World::generate(7, 12);
    let owner = world.join("Øjvind", "Ås", "Øjvind.Ås@BLÅ-kommune.example");
    world.acquire("Vandmåler", Some(owner));
    let installation = TestInstallation::new(world);
    installation.sync_at(FIRST);
    for address in ["øjvind.ås@blå-kommune.example", " ØJVIND.ås@xn--bl-kommune-25a.example"] {
        let systems = installation.json_at(FIRST, &["systems", "--owner", address]);
        assert_eq!(systems[0]["systemName"], "Vandmåler", "{address}: {systems}");
    }
}

#[test]
fn tables_steer_no_terminal() {
    let installation = hostile("Rød \u{1b}[31malarm\u{1b}[0m \u{202e}vendt\r\nny linje");
    for arguments in
        [&["systems"][..], &["findings"], &["changes"], &["status"], &["system", "alarm"]]
    {
        let run = installation.run_at(FIRST, arguments);
        assert_eq!(run.code, 0, "{run:#?}");
        assert!(
            !run.stdout.contains(['\u{1b}', '\u{202e}', '\r']),
            "{arguments:?}: {:?}",
            run.stdout
        );
        assert_eq!(run.stderr, "", "{arguments:?}");
    }
    assert!(installation.run_at(FIRST, &["systems"]).stdout.contains("Rød"));
}

#[test]
fn csv_opens_in_a_danish_spreadsheet_and_runs_no_formula() {
    let installation = hostile("=HYPERLINK(\"http://ond.example\";\"klik\")");
    let run = installation.run_at(FIRST, &["--format", "csv", "systems"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(
        run.stdout.starts_with("\u{feff}system;state;unit;owners;uuid\r\n"),
        "{:?}",
        run.stdout
    );
    let row = run.stdout.lines().find(|line| line.contains("HYPERLINK")).unwrap();
    assert!(
        row.starts_with("\"'=HYPERLINK(\"\"http://ond.example\"\";\"\"klik\"\")\";phasingIn;"),
        "{row}"
    );
    assert_eq!(run.stdout.lines().count(), 14);
    for arguments in [&["findings"][..], &["changes"], &["mail", "list"]] {
        let run = installation.run_at(FIRST, &[&["--format", "csv"], arguments].concat());
        assert_eq!(
            (run.code, run.stdout.starts_with('\u{feff}')),
            (0, true),
            "{arguments:?}: {run:#?}"
        );
    }
}

#[test]
fn a_system_is_found_by_part_of_its_name() {
    let mut world = World::generate(7, 12);
    let long = world.acquire("Zebra Plus", None);
    let short = world.acquire("Zebra", None);
    let other = world.acquire("Æblezebra", None);
    let installation = TestInstallation::new(world);
    installation.sync_at(FIRST);
    let found =
        |text: &str| installation.json_at(FIRST, &["system", text])["systemUsageUuid"].clone();
    assert_eq!(found("bra plus"), json!(long));
    assert_eq!(found("zebra"), json!(short), "a whole name beats names that hold it");
    assert_eq!(found("ÆBLEZ"), json!(other));
    assert_eq!(found(&long.to_string()), json!(long));

    let run = installation.run_at(FIRST, &["system", "zebr"]);
    assert_eq!(run.code, 2, "{run:#?}");
    for part in
        ["3 systems' names hold \"zebr\"", &long.to_string(), &short.to_string(), "Æblezebra"]
    {
        assert!(run.stderr.contains(part), "{part}: {run:#?}");
    }
    for text in ["no such", "8f0a5f55-2e1b-4c1f-9d3e-000000000000"] {
        let run = installation.run_at(FIRST, &["system", text]);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("`kitos-sync systems` lists all"), "{run:#?}");
    }
}

/// Two pulls after the first: an owner goes on the 3rd and comes back on the 5th.
fn with_a_past() -> (TestInstallation, uuid::Uuid) {
    let installation = installed();
    let world = installation.standin().world();
    let role = world.role(OWNER_ROLE).unwrap();
    let usage = world
        .our_usages()
        .find(|usage| {
            usage.life_cycle.as_deref() == Some("Operational")
                && usage.responsible_unit.is_some()
                && world.holders(usage.uuid, role).len() == 1
        })
        .unwrap()
        .uuid;
    let owner = world.holders(usage, role)[0];
    installation.standin().edit(|world| world.unassign(usage, role, owner));
    installation.sync_at("2026-03-03T04:00:00Z");
    installation.standin().edit(|world| {
        world.assign(usage, role, owner);
        world.acquire("Nyt system", None);
    });
    installation.sync_at("2026-03-05T04:00:00Z");
    (installation, usage)
}

#[test]
fn findings_can_be_narrowed_and_seen_as_of_a_day() {
    let (installation, usage) = with_a_past();
    let now = "2026-03-06T04:00:00Z";
    let findings = |more: &[&str]| -> Vec<Value> {
        let found = installation.json_at(now, &[&["findings"], more].concat());
        found.as_array().unwrap().clone()
    };
    let of_usage = |more: &[&str]| {
        let found = findings(&[more, &["--rule", "owner-missing"]].concat()).into_iter();
        found.filter(|f| f["systemUsageUuid"] == json!(usage)).collect::<Vec<_>>()
    };
    for (day, open) in [("2026-03-02", 0), ("2026-03-03", 1), ("2026-03-04", 1), ("2026-03-05", 0)]
    {
        let found = of_usage(&["--as-of", day]);
        assert_eq!(found.len(), open, "{day}");
        assert!(
            found.iter().all(|f| f["state"] == "open" && f["resolvedAt"].is_null()),
            "{found:#?}"
        );
    }
    // Before the first pull, and ahead: nobody knows.
    for day in ["2026-03-01", "2026-03-07", "9999-12-31", "+262142-12-31"] {
        let run = installation.run_at(now, &["findings", "--as-of", day]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{day}: {run:#?}");
    }
    assert_eq!((of_usage(&[]).len(), of_usage(&["--state", "resolved"]).len()), (0, 1));

    let all = findings(&[]);
    for severity in ["low", "medium", "high"] {
        let some = findings(&["--severity", severity]);
        assert!(
            !some.is_empty()
                && some.len() < all.len()
                && some.iter().all(|f| f["severity"] == severity)
        );
    }
    let unit = all.iter().find_map(|f| f["unit"].as_str()).unwrap();
    let some = findings(&["--unit", &unit.to_uppercase()]);
    assert!(!some.is_empty() && some.iter().all(|f| f["unit"] == unit), "{some:#?}");
    let owner = all.iter().find_map(|f| f["owners"][0]["email"].as_str()).unwrap();
    let some = findings(&["--owner", &owner.to_uppercase()]);
    assert!(!some.is_empty() && some.iter().all(|f| f["owners"].to_string().contains(owner)));

    for (arguments, code) in [
        (&["--fail-on", "high"][..], 3),
        (&["--fail-on", "info"], 3),
        (&["--fail-on", "high", "--severity", "low"], 0),
        (&["--fail-on", "low", "--severity", "low"], 3),
        (&["--fail-on", "info", "--state", "resolved"], 0),
        (&["--fail-on", "high", "--as-of", "2026-03-03"], 3),
        (&["--fail-on", "info", "--as-of", "2026-03-01"], 2),
        (&["--as-of", "2026-03-03", "--state", "all"], 0),
        (&["--as-of", "yesterday"], 2),
        (&["--rule", "owner-mising"], 2),
        (&["--unit", "Teknk", "--fail-on", "info"], 2),
        (&["--owner", "nix", "--fail-on", "info"], 2),
        (&["--owner", "nobody@kommune.example", "--as-of", "2026-03-03"], 2),
    ] {
        let run = installation.run_at(now, &[&["findings"], arguments].concat());
        assert_eq!(run.code, code, "{arguments:?}: {run:#?}");
    }
}

#[test]
fn changes_can_be_narrowed() {
    let (installation, usage) = with_a_past();
    let kinds = |more: &[&str]| -> Vec<String> {
        let found = installation.json_at("2026-03-06T04:00:00Z", &[&["changes"], more].concat());
        let mut kinds: Vec<String> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.sort();
        kinds
    };
    let uuid = usage.to_string();
    for (arguments, expected) in [
        (&[][..], &["acquired", "ownerAssigned", "ownerRemoved"][..]),
        (&["--since", "2026-03-04"], &["acquired", "ownerAssigned"]),
        (&["--since", "2026-03-05"], &["acquired", "ownerAssigned"]),
        (&["--since", "2026-03-06"], &[]),
        (&["--until", "2026-03-03"], &["ownerRemoved"]),
        (&["--until", "2026-03-02"], &[]),
        (&["--since", "2026-03-03", "--until", "2026-03-03"], &["ownerRemoved"]),
        (&["--kind", "acquired"], &["acquired"]),
        (&["--kind", "decommissioned"], &[]),
        (&["--system", &uuid], &["ownerAssigned", "ownerRemoved"]),
        (&["--system", "nyt sys"], &["acquired"]),
        (&["--system", &uuid, "--kind", "ownerAssigned"], &["ownerAssigned"]),
    ] {
        assert_eq!(kinds(arguments), expected, "{arguments:?}");
    }
    let run = installation.run(&["changes", "--kind", "vanished"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("ownerRemoved"), "{run:#?}");
}
