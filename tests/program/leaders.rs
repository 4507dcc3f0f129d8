//! The leaders file from the outside: as Danish spreadsheets save it, tried before it
//! is used, and followed to the right person, who is suggested as owner, too.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use kitos_standin::{Departure, Effect, Fault, World};
use serde_json::Value;
use uuid::Uuid;

use crate::support::smtp::{self, HOST, Security, Server, root_pem};
use crate::support::{Run, TestInstallation};

const MONDAY: &str = "2026-03-02T05:00:00Z";
const TUESDAY: &str = "2026-03-03T05:00:00Z";
const NEXT_MONDAY: &str = "2026-03-09T05:00:00Z";
const HEADER: &str = "email;name;level;unit;manager_email\n";

/// A town of its own: "Social" and "Teknik", each with a "Sekretariat" that a system
/// without owner belongs to.
struct Town {
    installation: TestInstallation,
    offices: [Uuid; 2],
    systems: [Uuid; 2],
}

impl Town {
    fn new() -> Self {
        let mut world = World::generate(5, 0);
        let root = world.our_units().find(|unit| unit.parent.is_none()).expect("a root").uuid;
        let [social, teknik] = ["Social", "Teknik"].map(|name| world.add_unit(name, root));
        let offices = [social, teknik].map(|above| world.add_unit("Sekretariat", above));
        let systems = [("Hjælpemidler", offices[0]), ("Vejrstation", offices[1])];
        let systems = systems.map(|(name, unit)| {
            let usage = world.acquire(name, None);
            world.change(usage, |usage| usage.responsible_unit = Some(unit));
            usage
        });
        let installation = TestInstallation::new(world);
        let town = Self { installation, offices, systems };
        town.installation
            .configure(&format!("[policy]\nleaders_file = '{}'", town.file().display()));
        town
    }

    fn file(&self) -> PathBuf {
        self.installation.path("ledere.csv")
    }

    fn write(&self, bytes: impl AsRef<[u8]>) {
        fs::write(self.file(), bytes).unwrap();
    }

    fn sync(&self, at: &str) {
        let run = self.installation.run_at(at, &["sync"]);
        assert_eq!(run.code, 0, "{run:#?}");
    }

    /// Whom mail about the missing owner of each system goes to, and who was passed
    /// over.
    fn asked(&self, at: &str) -> [String; 2] {
        let found = self.installation.json_at(at, &["findings", "--rule", "owner-missing"]);
        let found = found.as_array().unwrap();
        self.systems.map(|system| {
            let of = |f: &&Value| f["systemUsageUuid"] == system.to_string();
            let recipient =
                &found.iter().find(of).unwrap_or_else(|| panic!("{found:#?}"))["recipient"];
            let names = |people: &Value, more: &str| -> Vec<String> {
                let one = |person: &Value| {
                    let more = person[more].as_str().map(|why| format!(" {why}"));
                    format!("{}{}", person["name"].as_str().unwrap(), more.unwrap_or_default())
                };
                people.as_array().unwrap().iter().map(one).collect()
            };
            let passed = names(&recipient["passedOver"], "why");
            let people = names(&recipient["people"], "none");
            [passed, vec!["→".to_owned()], people].concat().join(" ")
        })
    }

    fn trial(&self, bytes: impl AsRef<[u8]>) -> Run {
        let path = self.installation.path("ny.csv");
        fs::write(&path, bytes).unwrap();
        self.installation.run_at(TUESDAY, &["check", "--leaders", path.to_str().unwrap()])
    }
}

const TOWN: &str = "anna@kommune.example;Anna;leder;Sekretariat;s@kommune.example\n\
                    tina@kommune.example;Tina;leder;Sekretariat;t@kommune.example\n\
                    s@kommune.example;Sanne;sektionschef;Social;b@kommune.example\n\
                    t@kommune.example;Torben;sektionschef;Teknik;b@kommune.example\n";

#[test]
fn units_of_one_name_are_the_managers_own_or_asked_about() {
    let town = Town::new();
    town.write(format!("{HEADER}{TOWN}"));
    town.sync(MONDAY);
    assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Tina"]);

    // Without the manager's help nobody is guessed: the leader above is asked.
    town.write(format!("{HEADER}{TOWN}").replace(";t@kommune.example\n", ";\n"));
    assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Torben"]);
    let question = format!("{} (under Teknik)", town.offices[1]);
    let check = town.installation.run_at(MONDAY, &["check"]).stdout;
    let asked = check.lines().find(|line| line.contains("Tina leads")).unwrap_or_default();
    assert!(asked.contains(&question), "{check}");
    let digest = town.installation.run_at(MONDAY, &["mail", "preview", "digest"]).stdout;
    assert!(digest.contains("Skriv enhedens UUID i filen med ledere for Tina"), "{digest}");

    // The uuid settles it.
    let line = format!("tina@kommune.example;Tina;leder;{};\n", town.offices[1]);
    town.write(format!("{HEADER}{TOWN}{line}"));
    assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Tina"]);
}

#[test]
fn a_leader_of_two_units_is_asked_for_both() {
    let town = Town::new();
    let [one, two] = town.offices;
    town.write(format!(
        "{HEADER}anna@kommune.example;Anna;leder;{one};b@kommune.example\n\
         anna@kommune.example;Anna;leder;{two};b@kommune.example\n\
         b@kommune.example;Boss;direktør;Social;\n"
    ));
    town.sync(MONDAY);
    assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Anna"]);
}

/// What an unchanged pull comes to is found out while KITOS answers. It counts only if
/// everything is still so in the end.
#[test]
fn what_the_file_says_in_the_end_counts() {
    let town = Town::new();
    town.installation.standin().edit(|world| {
        let owner = world.join("Lise", "Ejer", "lise@kommune.example");
        town.systems.iter().for_each(|system| world.assign_owner(*system, owner));
    });
    let of_level =
        |level: &str| format!("{HEADER}{TOWN}lise@kommune.example;Lise;{level};Social;\n");
    town.write(of_level("leder"));
    town.sync(MONDAY);
    let wrong = |at: &str| {
        let found = town.installation.json_at(at, &["findings", "--rule", "owner-level"]);
        found.as_array().unwrap().len()
    };
    assert_eq!(wrong(MONDAY), 0);

    let (file, moved) = (town.file(), of_level("medarbejder"));
    let meanwhile = Effect::meanwhile(move |_| {
        std::thread::sleep(Duration::from_millis(500));
        fs::write(&file, &moved).expect("a file");
    });
    town.installation.standin().fault(Fault::new("/api/v2/it-system-usages", meanwhile));
    let report = town.installation.sync_at(TUESDAY);
    assert_eq!(report["outcome"], "unchanged", "{report:#}");
    assert_eq!((&report["findingsOpened"], wrong(TUESDAY)), (&Value::from(2), 2), "{report:#}");
}

#[test]
fn it_is_read_as_danish_spreadsheets_save_it() {
    let town = Town::new();
    let plain = format!("sep=;\r\n\r\nE-mail;Navn;Niveau;Enhed;Leders e-mail\r\n{TOWN}")
        .replace("Social;", "so\u{a0}cial;")
        .replace("Sanne", "Sa\u{30a}nne");
    // A unit's name with marks that nobody sees.
    town.installation.standin().edit(|world| {
        let social = world.our_units().find(|unit| unit.name == "Social").unwrap().uuid;
        world.rename_unit(social, "So  cial");
    });
    town.write(&plain);
    town.sync(MONDAY);
    let tabs = plain.replace("sep=;", "sep=\t").replace(';', "\t");
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let commas = plain.replace("sep=;\r\n", "").replace(';', ",");
    for (bytes, why) in [
        (plain.as_bytes().to_vec(), "sep=, a blank line, Danish headers"),
        (utf16(&format!("\u{feff}{tabs}")), "Unicode text with tabs"),
        (commas.into_bytes(), "commas"),
    ] {
        town.write(bytes);
        assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Tina"], "{why}");
    }
}

#[test]
fn a_cell_that_cannot_be_read_costs_the_cell_and_is_named_with_the_files_own_line() {
    let town = Town::new();
    let lines = format!("{HEADER}{TOWN}").replace(
        "s@kommune.example;Sanne;sektionschef;Social;b@kommune.example",
        "s@kommune.example;Sanne;sektionschef;Social;-",
    );
    town.write(lines.replace('\n', "\r\n"));
    town.sync(MONDAY);
    assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Tina"], "Sanne still leads Social");
    let check = town.installation.run_at(MONDAY, &["check"]).stdout;
    assert!(check.contains("line 4: manager_email \"-\" is no mail address"), "{check}");
}

#[test]
fn a_file_is_tried_before_it_is_used() {
    let town = Town::new();
    town.installation.standin().edit(|world| {
        let ida = world.join("Ida", "Ejer", "ida@kommune.example");
        let system = world.acquire("Byggesag", Some(ida));
        let social = world.our_units().find(|unit| unit.name == "Social").unwrap().uuid;
        world.change(system, |usage| usage.responsible_unit = Some(social));
    });
    town.write(format!("{HEADER}{TOWN}"));
    let before = town.trial(format!("{HEADER}{TOWN}"));
    assert!(
        before.code == 0 && before.stdout.contains("after the first `kitos-sync sync`"),
        "{before:#?}"
    );
    town.sync(MONDAY);

    let good = town.trial(format!("{HEADER}{TOWN}ida@kommune.example;Ida;leder;Social;\n"));
    assert_eq!(good.code, 0, "{good:#?}");
    assert!(good.stdout.contains("5 people"), "{good:#?}");
    assert!(good.stdout.contains("1 of the 1 owners are in it\n"), "{good:#?}");
    assert!(good.stdout.contains("3 of the 3 units that are responsible"), "{good:#?}");

    let part =
        town.trial(format!("{HEADER}anna@kommune.example;Anna;leder;Sekretariat;chef\nx;y\n"));
    assert_eq!(part.code, 3, "a fifth shorter than the one in use: {part:#?}");
    for words in [
        "line 2: manager_email \"chef\" is no mail address",
        "line 3: email \"x\" is no mail address",
        "Write the uuid of the one that is meant",
        "0 of the 1 owners are in it; not: Ida Ejer",
        "0 of the 3 units",
        "not: Sekretariat, Sekretariat, Social",
        "--accept-leaders",
    ] {
        assert!(part.stdout.contains(words), "{words}: {part:#?}");
    }
    let slips = town.trial(format!(
        "{HEADER}{TOWN}ida@kommune.example;Ida;leder;Socail;chef.findes.ikke@kommune.example\n"
    ));
    for words in [
        "KITOS has no such unit; the nearest is \"Social\"",
        "chef.findes.ikke@kommune.example is nobody's",
    ] {
        assert!(slips.stdout.contains(words), "{words}: {slips:#?}");
    }
    let wrong = town.trial("navn;adresse\nx;y\n");
    assert!(
        wrong.code == 3 && wrong.stdout.contains("email;name;level;unit;manager_email"),
        "{wrong:#?}"
    );
    assert!(town.trial("").code == 3);
}

#[test]
fn the_example_file_can_be_read() {
    let town = Town::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/config/leaders.example.csv");
    let run = town.installation.run_at(MONDAY, &["check", "--leaders", example]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stdout.contains("4 people") && !run.stdout.contains("line "), "{run:#?}");
}

/// All addresses get another domain in one night; the leaders file follows a week later.
#[test]
fn addresses_that_change_all_at_once_freeze_the_rules_that_need_the_file() {
    let town = Town::new();
    let domains = "allowed_domains = ['kommune.example', 'by.example']";
    let config = fs::read_to_string(town.installation.path("config.toml")).unwrap();
    let config = config.replace("allowed_domains = ['kommune.example']", domains);
    fs::write(town.installation.path("config.toml"), config).unwrap();
    let owners = town.installation.standin().edit(|world| {
        [1, 2, 3, 4, 5, 6].map(|n| {
            let owner = world.join("Ejer", &n.to_string(), &format!("e{n}@kommune.example"));
            world.acquire(&format!("System {n}"), Some(owner));
            owner
        })
    });
    let file = |domain: &str| -> String {
        let line = |n| format!("e{n}@{domain};Ejer {n};leder;Social;\n");
        format!("{HEADER}{}", (1..=6).map(line).collect::<String>())
    };
    town.write(file("kommune.example"));
    town.sync(MONDAY);
    town.installation.standin().edit(|world| {
        for (owner, n) in owners.iter().zip(1..) {
            world.rename_person(*owner, "Ejer", &format!("{n}"), &format!("e{n}@by.example"));
        }
    });
    let run = town.installation.run_at(TUESDAY, &["sync"]);
    if run.code == 4 {
        town.installation.run_at(TUESDAY, &["guard", "release"]);
    }
    let levels = |at| {
        let found = town.installation.json_at(at, &["findings", "--rule", "owner-level"]);
        found.as_array().unwrap().len()
    };
    assert_eq!(levels(TUESDAY), 0);
    let status = town.installation.json_at(TUESDAY, &["status"]);
    let incident = &status["incidents"][0];
    assert_eq!(incident["kind"], "leaders-file", "{status:#}");
    assert!(incident["detail"].as_str().unwrap().contains("knows 0 of the 6 owners"), "{incident}");

    town.write(file("by.example"));
    town.sync(NEXT_MONDAY);
    assert_eq!(levels(NEXT_MONDAY), 0);
    let status = town.installation.json_at(NEXT_MONDAY, &["status"]);
    assert_eq!(status["incidents"], serde_json::json!([]), "{status:#}");
}

/// Half of the file is lost in an export: those who are left are nobody's next leader.
#[test]
fn nobody_is_chosen_by_a_file_that_is_not_gone_by() {
    let town = Town::new();
    town.write(format!("{HEADER}{TOWN}"));
    town.sync(MONDAY);
    assert_eq!(town.asked(MONDAY), ["→ Anna", "→ Tina"]);
    let directors: String =
        TOWN.lines().filter(|line| line.contains("sektionschef")).flat_map(|l| [l, "\n"]).collect();
    town.write(format!("{HEADER}{directors}"));
    // Something happens of which the leader of the unit would hear.
    let [hjælpemidler, _] = town.systems;
    town.installation.standin().edit(|world| {
        let owner = world.join("Eva", "Ejer", "eva@kommune.example");
        world.assign_owner(hjælpemidler, owner);
    });
    town.sync(TUESDAY);
    town.installation.standin().edit(|world| {
        let eva = world
            .our_users()
            .find(|user| user.email.as_deref() == Some("eva@kommune.example"))
            .unwrap()
            .uuid;
        world.leave(eva, Departure::LosesRoles);
    });
    town.sync("2026-03-04T05:00:00Z");
    let wednesday = "2026-03-04T08:00:00Z";
    assert_eq!(town.asked(wednesday), ["→", "→"], "the unit's leader is not known today");
    let reminders = town.installation.json_at(wednesday, &["remind", "--send"]);
    assert_eq!(reminders["mails"], serde_json::json!([]), "{reminders:#}");
    let mails = town.installation.json_at(wednesday, &["mail", "list"]);
    for mail in mails.as_array().unwrap() {
        let to = mail["to"][0].as_str().unwrap();
        assert!(!["s@kommune.example", "t@kommune.example"].contains(&to), "{mail:#}");
    }
    let run = town.installation.run_at(wednesday, &["sync", "--accept-leaders"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(town.asked(wednesday), ["→ Sanne", "→ Torben"], "a person said that it is right");
}

/// One refusal, then the next leader up; and the bad address is IT's task.
#[test]
fn a_leader_whom_the_mail_server_refuses_is_asked_once_and_then_the_one_above() {
    let town = Town::new();
    let server = Server::start(Security::StartTls);
    server.always(smtp::Fault::Rcpt(Some("anna@kommune.example"), "550 5.1.1 no such user"));
    let authority = town.installation.path("ca.pem");
    fs::write(&authority, root_pem()).unwrap();
    town.installation.configure(&format!(
        "mode = 'send'\n[mail.smtp]\nhost = '{HOST}'\nport = {}\nca_file = '{}'\n\
         [policy]\nleaders_file = '{}'",
        server.port,
        authority.display(),
        town.file().display()
    ));
    town.write(format!("{HEADER}{TOWN}"));
    town.sync(MONDAY);
    let day = |date: &str| {
        town.sync(&format!("{date}T05:00:00Z"));
        for (at, arguments) in [("07:00", &["remind", "--send"][..]), ("07:05", &["deliver"])] {
            let run = town.installation.run_at(&format!("{date}T{at}:00Z"), arguments);
            assert_eq!(run.code, 0, "{run:#?}");
        }
    };
    let readers = || -> Vec<String> {
        let mut readers: Vec<String> =
            server.messages().iter().map(|message| message.to.join(" ")).collect();
        readers.sort();
        readers
    };
    day("2026-03-03");
    assert_eq!(readers(), ["tina@kommune.example"]);
    assert_eq!(town.asked("2026-03-03T08:00:00Z"), ["Anna refused → Sanne", "→ Tina"]);
    day("2026-03-04");
    assert_eq!(readers(), ["s@kommune.example", "tina@kommune.example"]);
    day("2026-03-05");
    let tried = server.lines().iter().filter(|line| line.text.contains("<anna@")).count();
    assert_eq!(tried, 1, "the bad address is tried once");
    let digest = town.installation.run_at("2026-03-05T08:00:00Z", &["mail", "preview", "digest"]);
    let words = digest.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Ret Annas mailadresse i filen med ledere"), "{digest:#?}");
}

/// The leader owned the system, left KITOS, and stands in the file still.
#[test]
fn a_leader_who_left_is_passed_over_and_the_file_is_out_of_date() {
    let town = Town::new();
    let [system, _] = town.systems;
    let anna = town.installation.standin().edit(|world| {
        let anna = world.join("Anna", "", "anna@kommune.example");
        world.assign_owner(system, anna);
        anna
    });
    town.write(format!("{HEADER}{TOWN}"));
    town.sync(MONDAY);
    town.installation.standin().edit(|world| world.leave(anna, Departure::LosesRoles));
    town.sync(TUESDAY);
    assert_eq!(town.asked(TUESDAY), ["Anna left → Sanne", "→ Tina"]);
    let digest = town.installation.run_at(TUESDAY, &["mail", "preview", "digest"]).stdout;
    let words = digest.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Ret filen med ledere: Anna står der stadig"), "{digest}");
}

#[test]
fn a_missing_owner_gets_suggestions_with_reasons() {
    let mut world = World::generate(5, 12);
    let unit = world.our_units().last().expect("a unit").uuid;
    world.rename_unit(unit, "Lønkontoret");
    let bo = world.join("Bo", "Østen", "bo@kommune.example");
    world.join("Lise", "Leder", "lise@kommune.example");
    let usage = world.acquire("Lønsystem", None);
    let manager = world.role("Systemforvalter").expect("the role");
    world.assign(usage, manager, bo);
    world.change(usage, |usage| usage.responsible_unit = Some(unit));
    let installation = TestInstallation::new(world);
    let leaders = installation.path("ledere.csv");
    let configure = || {
        installation.configure(&format!("[policy]\nleaders_file = '{}'", leaders.display()));
    };
    // As a Danish spreadsheet saves it.
    let text = b"email;name;level;unit;manager_email\r\n\
                 lise@kommune.example;Lise Leder;leder;L\xf8nkontoret;\r\n\
                 bo@kommune.example;Bo;leder;L\xf8nkontoret;lise@kommune.example\r\n";
    fs::write(&leaders, text).expect("a file");
    configure();
    let run = installation.run_at(MONDAY, &["sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let of_ours = || {
        let run = installation
            .run_at(MONDAY, &["--format", "json", "findings", "--rule", "owner-missing"]);
        assert_eq!(run.code, 0, "{run:#?}");
        let found: Vec<Value> = serde_json::from_str(&run.stdout).expect("JSON");
        let ours = found.into_iter().find(|f| f["systemName"] == "Lønsystem").expect("ours");
        let suggestions = ours["suggestions"].as_array().expect("a list").clone();
        let short = |s: &Value| format!("{} {}: {}", s["name"], s["email"], s["reason"]);
        (suggestions.iter().map(short).collect::<Vec<_>>(), run.stderr)
    };
    let bo = r#""Bo Østen" "bo@kommune.example": "systemforvalter on the system""#;
    let (told, stderr) = of_ours();
    let lise = r#""Lise Leder" "lise@kommune.example": "leads Lønkontoret""#;
    assert_eq!(told[..2], [lise.to_owned(), bo.to_owned()], "{told:#?}");
    assert_eq!(stderr, "");
    let table = installation.run_at(MONDAY, &["system", "Lønsystem"]).stdout;
    assert!(table.contains("Lise Leder <lise@kommune.example>: leads Lønkontoret"), "{table}");
    let csv = installation.run_at(MONDAY, &["--format", "csv", "findings"]).stdout;
    assert!(csv.contains("Lise Leder: leads Lønkontoret; Bo Østen: systemforvalter"), "{csv}");

    // Without a usable file there is no leader, and a word on why.
    fs::write(&leaders, "navn;mail\n").expect("a file");
    let (told, stderr) = of_ours();
    assert_eq!(told[0], bo);
    assert!(stderr.contains("no leader is suggested"), "{stderr}");
    assert!(stderr.contains("ledere.csv"), "{stderr}");
}
