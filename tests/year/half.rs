//! Half a year in a municipality of 150 systems and some 36 owners, in which things go
//! wrong and are put right as they do: what people get to read (`docs/policy.md`, "The
//! right amount"). The program, KITOS, the mail server and the files are real; only the
//! days are told to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use fastrand::Rng;
use kitos_standin::{Departure, Effect, Fault as KitosFault, World};
use kitos_sync::time::civil;
use mail_parser::MessageParser;
use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use crate::support::TestInstallation;
use crate::support::smtp::{Fault, HOST, Security, Server};

const SEED: u64 = 13;
const SYSTEMS: usize = 150;
const WEEKS: u64 = 26;
/// Before the weeks without reminders.
const START: NaiveDate = match NaiveDate::from_ymd_opt(2026, 1, 5) {
    Some(monday) => monday,
    None => NaiveDate::MIN,
};
const IT: &str = "it@kommune.example";
const TOP: &str = "kommunaldirektor@kommune.example";

/// A line of the leaders file.
#[derive(Debug, Clone)]
struct Leader {
    unit: Uuid,
    email: String,
    name: String,
}

struct Town {
    installation: TestInstallation,
    server: Server,
    rng: Rng,
    leaders: Vec<Leader>,
    /// Who replaces whom in the leaders file, and from when on.
    replaced: Vec<(NaiveDate, String)>,
    /// When the leaders file was last changed: whom a promise names may be another since.
    changed: NaiveDate,
}

impl Town {
    fn new() -> Self {
        let start = morning(START);
        let world = World::generate_at(SEED, SYSTEMS, start);
        let people: Vec<_> = world.our_users().collect();
        let leaders = world.our_units().enumerate().map(|(place, unit)| {
            let person = people[place % people.len()];
            match place {
                0 => Leader { unit: unit.uuid, email: TOP.to_owned(), name: "Lone Top".to_owned() },
                _ => Leader {
                    unit: unit.uuid,
                    email: person.email.clone().unwrap_or_default(),
                    name: person.name(),
                },
            }
        });
        let leaders: Vec<Leader> = leaders.collect();
        let server = Server::start(Security::Clear);
        let installation = TestInstallation::new(world);
        let file = installation.path("leaders.csv");
        // Reading KITOS takes most of the time, and every other day shows as much.
        installation.configure(&format!(
            "mode = 'send'\n\
             [mail.smtp]\nhost = '{HOST}'\nport = {}\nsecurity = 'none'\nper_minute = 1000\n\
             [schedule]\nsync = '0 5 * * Mon,Wed,Fri'\n\
             [policy]\nleaders_file = '{}'\nstaff_units = ['Økonomi og Digitalisering']\n\
             [policy.rules.manager-missing]\nenabled = true\n\
             [policy.rules.contact-missing]\nenabled = true\n",
            server.port,
            file.display()
        ));
        let rng = crate::support::explore::rng(SEED);
        let town =
            Self { installation, server, rng, leaders, replaced: Vec::new(), changed: START };
        town.write_leaders();
        town
    }

    fn world<T>(&self, edit: impl FnOnce(&mut World) -> T) -> T {
        self.installation.standin().edit(edit)
    }

    /// Each leads a unit, and the leader of the unit above is theirs.
    fn write_leaders(&self) {
        let world = self.installation.standin().world();
        let mut file = "email;name;level;unit;manager_email\n".to_owned();
        for Leader { unit, email, name } in &self.leaders {
            let parent = world.unit(*unit).and_then(|unit| unit.parent);
            let above = self.leaders.iter().find(|leader| Some(leader.unit) == parent);
            let above = above.map(|leader| leader.email.as_str()).unwrap_or_default();
            let level = if email == TOP { "direktør" } else { "leder" };
            file.push_str(&format!("{email};{name};{level};{unit};{above}\n"));
        }
        fs::write(self.installation.path("leaders.csv"), file).expect("a file");
    }

    fn once_in(&mut self, times: u32) -> bool {
        self.rng.u32(0..times) == 0
    }

    /// A working day in the municipality.
    fn day(&mut self, today: NaiveDate) {
        if let Some(at) = self.replaced.iter().position(|(on, _)| *on <= today) {
            let (_, gone) = self.replaced.remove(at);
            let world = self.installation.standin().world();
            let people: Vec<_> = world.our_users().collect();
            let new = people[self.rng.usize(0..people.len())];
            for leader in self.leaders.iter_mut().filter(|leader| leader.email == gone) {
                leader.email = new.email.clone().unwrap_or_default();
                leader.name = new.name();
            }
            self.write_leaders();
            self.changed = today;
        }
        let (seed, leave) = (self.rng.u64(..), self.once_in(14));
        let gone = self.world(|world| {
            let mut rng = Rng::with_seed(seed);
            happens(&mut rng, world, today);
            leave.then(|| leaves(&mut rng, world)).flatten()
        });
        if let Some(gone) = gone.filter(|gone| self.leaders.iter().any(|l| l.email == *gone)) {
            self.replaced.push((today + Days::new(14), gone));
            // Somebody else leads from today on, of whom nobody was told.
            self.changed = today;
        }
    }

    /// What the program does then: everything that is due.
    fn run(&self, at: DateTime<Utc>, weather: Weather) {
        // The first pull is the baseline, of which nobody is told on the same morning.
        let command: &[&str] = if at > morning(START) { &["run", "--once"] } else { &["sync"] };
        let run = self.installation.run_at(&at.to_rfc3339(), command);
        let may_fail = matches!(weather, Weather::Foul);
        assert!(run.code == 0 || (run.code == 1 && may_fail), "{at}: {run:#?}");
    }

    /// On that day what was promised for it has been done, where it is still open and
    /// asked of the same people. Returns how many promises were kept.
    fn promises(&self, today: NaiveDate) -> usize {
        let connection = self.installation.open();
        let due = rows(
            &connection,
            &format!(
                "SELECT DISTINCT told.finding, mail.recipients, told.day FROM notification AS told
                 JOIN outbox AS mail ON mail.id = told.mail
                 JOIN finding ON finding.id = told.finding
                 WHERE told.promised_on = '{today}' AND mail.state = 'sent'
                   AND finding.resolved_at IS NULL"
            ),
        );
        let kept = rows(
            &connection,
            &format!(
                "SELECT DISTINCT finding FROM notification LEFT JOIN outbox ON outbox.id = mail
                 WHERE day = '{today}' AND notification.kind IN ('escalation', 'copy', 'passed-on')
                   AND coalesce(state, 'sent') = 'sent'"
            ),
        );
        let broken: Vec<_> =
            due.iter().filter(|row| !kept.contains(&vec![row[0].clone()])).collect();
        if broken.is_empty() {
            return due.len();
        }
        let at = morning(today).to_rfc3339();
        let found = self.installation.json_at(&at, &["findings"]);
        for row in &broken {
            let id: i64 = row[0].parse().expect("an id");
            let is_it = |finding: &&Value| finding["id"] == id;
            let finding = found.as_array().expect("a list").iter().find(is_it);
            let people = finding.and_then(|finding| finding["recipient"]["people"].as_array());
            let people = people.map(|people| {
                let emails = people.iter().filter_map(|person| person["email"].as_str());
                emails.map(str::to_owned).collect::<BTreeSet<_>>()
            });
            let asked: BTreeSet<String> = serde_json::from_str(&row[1]).expect("a list");
            let made: NaiveDate = row[2].parse().expect("a day");
            if people == Some(asked) && self.changed < made {
                let plan = self.installation.run_at(&at, &["remind"]);
                panic!("{today}: promised on {made}: {finding:#?} {}", plan.stdout);
            }
        }
        due.len() - broken.len()
    }
}

/// Whether KITOS and the mail server are there.
#[derive(Debug, Clone, Copy)]
enum Weather {
    Fair,
    Foul,
}

fn morning(day: NaiveDate) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(8, 5, 0).expect("a time");
    civil::instant(day.and_time(time), chrono_tz::Europe::Copenhagen)
}

fn rows(connection: &Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(sql).expect("a query");
    let columns = statement.column_count();
    let text = |value: rusqlite::types::Value| match value {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at).map(text)).collect();
    let rows = statement.query_map([], read).expect("rows");
    rows.collect::<Result<_, _>>().expect("their values")
}

fn owner_role(world: &World) -> Uuid {
    world.role("Systemejer").expect("a role type")
}

fn owners(world: &World) -> Vec<Uuid> {
    let role = owner_role(world);
    let held = world.our_usages().flat_map(|usage| usage.roles.iter());
    let owners: BTreeSet<Uuid> =
        held.filter(|held| held.role == role).map(|held| held.user).collect();
    owners.into_iter().collect()
}

/// An owner leaves, as KITOS has it. Their address.
fn leaves(rng: &mut Rng, world: &mut World) -> Option<String> {
    let owner = *rng.choice(&owners(world))?;
    let email = world.user(owner)?.email.clone();
    world.leave(owner, Departure::LosesRoles);
    email
}

/// What happens of an ordinary day.
fn happens(rng: &mut Rng, world: &mut World, today: NaiveDate) {
    let usages: Vec<Uuid> = world.our_usages().map(|usage| usage.uuid).collect();
    let people: Vec<Uuid> = world.our_users().map(|user| user.uuid).collect();
    let role = owner_role(world);
    let owners = owners(world);
    let (usage, person) = (usages[rng.usize(0..usages.len())], people[rng.usize(0..people.len())]);
    let owner = owners[rng.usize(0..owners.len())];
    match rng.u32(0..30) {
        0 => drop(world.acquire(&format!("Nyindkøb {today}"), Some(owner))),
        1 => drop(world.acquire(&format!("Tilkøb {today}"), None)),
        2 => world.set_life_cycle(usage, None),
        3 => world.change(usage, |usage| usage.gdpr.sensitivity.clear()),
        4 => world.change(usage, |usage| usage.responsible_unit = None),
        5 => world.set_valid_to(usage, Some(today - Days::new(1))),
        6 => world.set_life_cycle(usage, Some("PhasingOut")),
        7 => world.set_life_cycle(usage, Some("NotInUse")),
        8 => {
            world.remove_owners(usage);
            world.assign_owner(usage, owner);
        }
        9 => world.assign(usage, role, person),
        10 => world.remove_owners(usage),
        11 => drop(world.join(
            "Ny",
            &format!("Ansat {today}"),
            &format!("ny.{today}@kommune.example"),
        )),
        12 => world.remove_usage(usage),
        // Somebody acts: on a system without an owner, and on what is not filled in.
        13..=16 => {
            let vacant = usages.iter().find(|usage| world.holders(**usage, role).is_empty());
            if let Some(vacant) = vacant {
                world.assign_owner(*vacant, owner);
            }
        }
        17..=23 => {
            let unit = world.our_units().nth(1).map(|unit| unit.uuid);
            let is_open = |usage: &&Uuid| {
                let row = world.usage(**usage).expect("it");
                row.life_cycle.is_none() || row.gdpr.sensitivity.is_empty()
            };
            if let Some(usage) = usages.iter().find(is_open).copied() {
                world.change(usage, |usage| {
                    usage.life_cycle = Some("Operational".to_owned());
                    usage.responsible_unit = usage.responsible_unit.or(unit);
                    usage.gdpr.sensitivity = vec!["None".to_owned()];
                });
            }
        }
        _ => {}
    }
}

/// What each person got: the days, with the kinds of mail.
fn readers(connection: &Connection) -> BTreeMap<String, Vec<(String, String)>> {
    let sent = rows(
        connection,
        "SELECT reader.value, date(sent_at / 1000, 'unixepoch'), kind
         FROM outbox, json_each(json_array(json(recipients), json(copies))) AS list,
              json_each(list.value) AS reader
         WHERE state = 'sent' AND kind NOT IN ('digest', 'alert', 'test') ORDER BY sent_at",
    );
    let mut readers: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in sent {
        let [reader, day, kind] = <[String; 3]>::try_from(row).expect("three columns");
        if reader != IT {
            readers.entry(reader.to_lowercase()).or_default().push((day, kind));
        }
    }
    readers
}

fn amounts(connection: &Connection) {
    let readers = readers(connection);
    for (reader, mails) in &readers {
        let days: BTreeSet<&String> = mails.iter().map(|(day, _)| day).collect();
        assert_eq!(days.len(), mails.len(), "two mails a day to {reader}: {mails:?}");
    }
    let is_asking = |kind: &str| kind != "notice";
    let asked = readers.iter().filter(|(_, mails)| mails.iter().any(|(_, kind)| is_asking(kind)));
    let mut counts: Vec<(usize, usize, &String)> = asked
        .map(|(reader, mails)| {
            (mails.len(), mails.iter().filter(|(_, kind)| is_asking(kind)).count(), reader)
        })
        .collect();
    counts.sort_unstable();
    let mut asking: Vec<usize> = counts.iter().map(|(_, asking, _)| *asking).collect();
    asking.sort_unstable();
    let (median, most) = (asking[asking.len() / 2], asking[asking.len() - 1]);
    let all: Vec<usize> = counts.iter().map(|(all, ..)| *all).collect();
    println!(
        "{} people with open items: in {WEEKS} weeks {} mails that ask, median {median}, most \
         {most}; with what is news {}, median {}, most {}",
        counts.len(),
        asking.iter().sum::<usize>(),
        all.iter().sum::<usize>(),
        all[all.len() / 2],
        all[all.len() - 1]
    );
    assert!(counts.len() > 25, "hardly anybody was asked");
    assert!(median as u64 <= WEEKS / 4, "median {median}: more than a mail in four weeks");
    assert!(most as u64 <= WEEKS / 2, "most {most}: more than a mail in two weeks: {counts:?}");
}

/// Nothing that asks for anything comes before the deadline of the mail before it, or
/// consists of what is only for information.
fn deadlines(connection: &Connection) {
    let early = rows(
        connection,
        "SELECT later.recipient, later.kind, later.day, earlier.kind, earlier.day, earlier.deadline
         FROM notification AS later JOIN outbox AS mail ON mail.id = later.mail
         -- What presses less in a mail has a later deadline of its own.
         JOIN (SELECT recipient, mail, kind, day, min(deadline) AS deadline FROM notification
               GROUP BY recipient, mail) AS earlier ON earlier.recipient = later.recipient
         JOIN outbox AS before ON before.id = earlier.mail
         WHERE mail.state = 'sent' AND before.state = 'sent'
           AND later.kind NOT IN ('notice', 'welcome', 'passed-on') AND earlier.kind <> 'passed-on'
           AND earlier.day < later.day AND earlier.deadline >= later.day
           -- A day that a mail named before it is kept.
           AND NOT (earlier.kind IN ('notice', 'welcome', 'hand-over', 'review') AND EXISTS (
               SELECT 1 FROM notification AS due JOIN notification AS naming
                   ON naming.recipient = due.recipient AND naming.finding = due.finding
               WHERE due.mail = later.mail AND due.recipient = later.recipient AND due.due
                 AND naming.day < earlier.day))",
    );
    assert_eq!(early, Vec::<Vec<String>>::new(), "before the last one's deadline");
    let alone = rows(
        connection,
        "SELECT outbox.id FROM outbox JOIN notification ON mail = outbox.id
         JOIN finding ON finding.id = finding
         WHERE state = 'sent' AND outbox.kind IN ('letter', 'reminder', 'escalation')
         GROUP BY outbox.id HAVING max(severity <> 'info') = 0",
    );
    assert_eq!(alone, Vec::<Vec<String>>::new(), "information alone");
}

fn digests(server: &Server, names: &BTreeSet<String>) {
    let mut seen = 0;
    for message in server.received() {
        let mail = MessageParser::default().parse(message.content.as_bytes()).expect("a mail");
        let subject = mail.subject().unwrap_or_default().to_owned();
        if !subject.starts_with("Uge ") {
            continue;
        }
        seen += 1;
        let text = mail.body_text(0).expect("text").into_owned();
        let html = mail.body_html(0).expect("HTML").len();
        assert!(text.lines().count() <= 130, "{subject}: {} lines\n{text}", text.lines().count());
        assert!(html <= 100_000, "{subject}: {html} bytes");
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for name in names {
            let times = said.match_indices(name.as_str()).filter(|(at, _)| {
                let is_end = |letter: Option<char>| letter.is_none_or(|l| !l.is_alphanumeric());
                is_end(said[..*at].chars().next_back())
                    && is_end(said[at + name.len()..].chars().next())
            });
            let times = times.count();
            assert!(times <= 1, "{subject}: {name} stands {times} times\n{text}");
        }
    }
    // The first Monday is the baseline.
    assert_eq!(seen as u64, WEEKS - 1, "a digest a week");
}

/// Names of systems that are part of no other's.
fn names(world: &World) -> BTreeSet<String> {
    let all: Vec<&str> = world.our_usages().map(|usage| world.usage_name(usage.uuid)).collect();
    let is_alone = |name: &&&str| all.iter().filter(|other| other.contains(**name)).count() == 1;
    all.iter().filter(is_alone).map(|name| (*name).to_owned()).collect()
}

#[test]
fn half_a_year_is_told_in_few_mails_and_every_promise_is_kept() {
    let mut town = Town::new();
    let (mut kept, mut all_names) = (0, BTreeSet::new());
    for number in 0..7 * WEEKS {
        let today = START + Days::new(number);
        if matches!(today.weekday(), Weekday::Sat | Weekday::Sun) {
            continue;
        }
        if number > 0 {
            town.day(today);
        }
        // Some days are worse than others.
        let (no_kitos, no_mail) = (number % 37 == 16, number % 41 == 22);
        if no_kitos {
            let down = KitosFault::new("/api", Effect::retry_after(503, "0")).always();
            town.installation.standin().fault(down);
        }
        if no_mail {
            town.server.always(Fault::Greeting("421 busy"));
        }
        let is_foul = no_kitos || no_mail;
        town.run(morning(today), if is_foul { Weather::Foul } else { Weather::Fair });
        town.installation.standin().forget_faults();
        town.server.heal();
        if is_foul {
            town.run(morning(today) + TimeDelta::hours(3), Weather::Fair);
        }
        kept += town.promises(today);
        all_names.extend(names(&town.installation.standin().world()));
    }
    let connection = town.installation.open();
    let took = "SELECT job, count(*), sum(duration_ms) FROM job_run GROUP BY job";
    println!("{:?}", rows(&connection, took));
    amounts(&connection);
    deadlines(&connection);
    digests(&town.server, &all_names);
    println!("{kept} promises kept");

    assert!(kept > 5, "{kept} promises");
    let unsent = "SELECT subject, reason FROM outbox WHERE state IN ('dead', 'sending')";
    assert_eq!(rows(&connection, unsent), Vec::<Vec<String>>::new());
    let sent = rows(&connection, "SELECT count(*) FROM outbox WHERE state = 'sent'");
    assert_eq!(sent[0][0], town.server.ids().len().to_string(), "what is noted was taken");
}
