//! How long the reading commands take on a database of five years: a pull a day
//! of 600 usages, with as many edits as a municipality makes. Each is timed as the
//! operator meets it, as a process from start to end; the aim is under 100 ms.
//!
//! `cargo bench --bench queries`; with `-- --keep FOLDER --usages 2000` the database is
//! only made, with a configuration beside it, and ends today (`benches/page`).

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use fastrand::Rng;
use kitos_sync::config::{self, Environment};
use kitos_sync::model::{
    Contract, DataSensitivity, ItSystem, LifeCycle, MailKind, MailMode, NewMail, Organization,
    OrganizationUnit, Person, RoleAssignment, RoleType, Snapshot, SystemUsage,
};
use kitos_sync::policy::Bindings;
use kitos_sync::policy::assess::assess;
use kitos_sync::query::resolve;
use kitos_sync::register::changes::Dated;
use kitos_sync::register::diff::{diff, from_nothing};
use kitos_sync::register::history::History;
use kitos_sync::store::{self, Access, NewSnapshot, Store};
use uuid::Uuid;

const DAYS: u64 = 5 * 365;
const RUNS: usize = 7;

/// What the command line says.
struct Given {
    usages: usize,
    keep: Option<PathBuf>,
}

impl Given {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut given = Self { usages: 600, keep: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--usages" => given.usages = arguments.next().ok_or("how many?")?.parse()?,
                "--keep" => given.keep = Some(arguments.next().ok_or("where?")?.into()),
                // Cargo's own.
                _ => {}
            }
        }
        Ok(given)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let given = Given::read()?;
    let temporary = tempfile::tempdir()?;
    let folder = given.keep.as_deref().unwrap_or(temporary.path());
    let database = folder.join("kitos-sync.db");
    let file = folder.join("config.toml");
    let leaders = folder.join("leaders.csv");
    std::fs::write(
        &file,
        format!(
            // Nobody listens there: nothing is read beside what is made here.
            "[kitos]\nurl = 'http://127.0.0.1:9'\n\
             email = 'api@kommune.dk'\norganization = '12345678'\n\
             [database]\npath = {database:?}\n\
             [policy]\nleaders_file = {leaders:?}\n\
             [mail]\nfrom = 'IT <it@kommune.dk>'\nit = ['it@kommune.dk']\n"
        ),
    )?;
    let config = config::load(&file, &Environment::default())?;

    let clock = Instant::now();
    let start = match given.keep {
        None => NaiveDate::from_ymd_opt(2021, 1, 4).ok_or("a date")?,
        Some(_) => Utc::now().date_naive() - Days::new(DAYS - 1),
    };
    let last = start + Days::new(DAYS - 1);
    let mut connection = Store::new(&database).open(Access::Create)?;
    let tx = store::immediate(&mut connection)?;
    let mut world = World::new(given.usages, last);
    std::fs::write(&leaders, world.leaders())?;
    let policy = resolve(&config, &Bindings::default(), &world.snapshot).policy;
    let mut history = History::default();
    let mut before: Option<(Snapshot, NaiveDate)> = None;
    for number in 0..DAYS {
        let today = start + Days::new(number);
        if before.is_some() {
            world.day(today);
        }
        let after = Dated { snapshot: &world.snapshot, today };
        let dated = before.as_ref().map(|(snapshot, today)| Dated { snapshot, today: *today });
        let open = store::open_findings(&tx)?;
        let assessment = assess(dated, after, history.clone(), &open, &policy);
        let taken_at = five(today);
        let id = store::insert_snapshot(
            &tx,
            &NewSnapshot {
                taken_at,
                committed_at: taken_at,
                local_date: today,
                duration_ms: 4000,
                requests: 40,
                bytes: 4_000_000,
                figures: assessment.figures,
            },
        )?;
        let delta = match &before {
            None => from_nothing(&world.snapshot),
            Some((snapshot, _)) => diff(snapshot, &world.snapshot),
        };
        store::write_delta(&tx, id, &delta)?;
        store::insert_changes(&tx, id, &assessment.changes)?;
        store::apply_transitions(&tx, id, taken_at, &assessment.findings, before.is_none())?;
        world.mails(&tx, today)?;
        match &before {
            None => history.begin(&world.snapshot, today),
            Some((snapshot, _)) => {
                history.advance(snapshot, &world.snapshot, &policy.owner_roles, today);
            }
        }
        before = Some((world.snapshot.clone(), today));
    }
    // As a pull of the program leaves it.
    store::keep_register(&tx, &world.snapshot, &policy.owner_roles)?;
    let program = config::program_in(Path::new(env!("CARGO_BIN_EXE_kitos-sync")));
    tx.execute("UPDATE register_now SET program = ?1", [program.map(u64::cast_signed)])?;
    tx.commit()?;
    let count = |table: &str| {
        connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
    };
    println!(
        "{DAYS} pulls, {} versions of {} usages, {} role assignments, {} changes, {} findings, {} mails; {:.1} MB; made in {:.1} s\n",
        count("version WHERE kind = 'usage'")?,
        given.usages,
        count("role_assignment")?,
        count("change")?,
        count("finding")?,
        count("outbox")?,
        std::fs::metadata(&database)?.len() as f64 / 1e6,
        clock.elapsed().as_secs_f64(),
    );

    if given.keep.is_some() {
        return Ok(());
    }
    let at = five(last).to_rfc3339();
    let middle = (start + Days::new(DAYS / 2)).to_string();
    let since = (last - Days::new(30)).to_string();
    let usage = world.snapshot.usages.keys().next().ok_or("a usage")?.to_string();
    let [html, workbook] =
        ["html", "xlsx"].map(|end| folder.join(format!("report.{end}")).display().to_string());
    for command in [
        vec!["--version"],
        vec!["findings"],
        vec!["findings", "--as-of", &middle],
        vec!["findings", "--state", "resolved", "--rule", "owner-missing"],
        vec!["changes", "--since", &since],
        vec!["changes", "--system", &usage],
        vec!["changes", "--kind", "ownerRemoved", "--since", &since],
        vec!["systems"],
        vec!["system", &usage],
        vec!["people"],
        vec!["people", "--departed"],
        vec!["units"],
        vec!["status"],
        vec!["mail", "list"],
        vec!["report", "--output", &html],
        vec!["report", "--output", &workbook],
    ] {
        time(&file, &at, &command)?;
    }
    Ok(())
}

fn five(day: NaiveDate) -> DateTime<Utc> {
    (day.and_time(NaiveTime::MIN) + chrono::TimeDelta::hours(4)).and_utc()
}

/// Prints the least and the middle of some runs, and how much was written.
fn time(config: &Path, at: &str, command: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..RUNS {
        let clock = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_kitos-sync"))
            .arg("--config")
            .arg(config)
            .args(["--format", "json", "--at", at])
            .args(command)
            .stderr(Stdio::inherit())
            .output()?;
        times.push(clock.elapsed());
        if !output.status.success() {
            return Err(format!("{command:?} failed").into());
        }
        bytes = output.stdout.len();
    }
    times.sort();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{:>7.1} ms  (middle {:>6.1})  {:>8} bytes  {}",
        millis(times[0]),
        millis(times[RUNS / 2]),
        bytes,
        command.join(" ").chars().take(60).collect::<String>()
    );
    Ok(())
}

/// A register that is edited day by day, always in the same way.
struct World {
    snapshot: Snapshot,
    rng: Rng,
    /// The last day.
    last: NaiveDate,
    /// How many people ever were here.
    joined: usize,
    usages: Vec<Uuid>,
    people: Vec<Uuid>,
    roles: Vec<Uuid>,
    units: Vec<Uuid>,
}

impl World {
    fn new(usages: usize, last: NaiveDate) -> Self {
        let organization = Organization { uuid: id(0, 0), name: "Kommunen".into(), cvr: None };
        let mut snapshot = Snapshot::empty(organization);
        let names = ["Systemejer", "Systemforvalter", "Kontaktperson", "Superbruger"];
        for (n, name) in names.into_iter().enumerate() {
            let uuid = id(1, n);
            snapshot.role_types.insert(uuid, RoleType { uuid, name: name.into(), available: true });
        }
        for n in 0..120 {
            let uuid = id(2, n);
            let parent = (n > 0).then(|| id(2, (n - 1) / 5));
            snapshot.units.insert(
                uuid,
                OrganizationUnit { uuid, name: format!("Enhed {n}"), parent, external: None },
            );
        }
        let mut this = Self {
            rng: Rng::with_seed(7),
            last,
            joined: 0,
            usages: Vec::new(),
            people: Vec::new(),
            roles: snapshot.role_types.keys().copied().collect(),
            units: snapshot.units.keys().copied().collect(),
            snapshot,
        };
        (0..usages * 4 / 3).for_each(|_| this.join());
        (0..usages).for_each(|_| this.acquire());
        for n in 0..400 {
            let uuid = id(5, n);
            let usages = (0..2).map(|_| this.usage()).collect();
            let supplier = Some(id(6, n % 60));
            let contract =
                Contract { uuid, name: format!("Kontrakt {n}"), active: true, supplier, usages };
            this.snapshot.contracts.insert(uuid, contract);
        }
        this
    }

    fn leaders(&self) -> String {
        let mut text = "email;name;level;unit;manager_email\n".to_owned();
        for (n, unit) in (1..).zip(&self.units) {
            let name = &self.snapshot.units[unit].name;
            text.push_str(&format!("p{n}@kommune.dk;Person {n};leder;{name};\n"));
        }
        text
    }

    fn usage(&mut self) -> Uuid {
        self.usages[self.rng.usize(..self.usages.len())]
    }

    fn person(&mut self) -> Uuid {
        self.people[self.rng.usize(..self.people.len())]
    }

    fn join(&mut self) {
        self.joined += 1;
        let uuid = id(3, self.joined);
        let person = Person {
            uuid,
            kitos_uuid: uuid,
            name: format!("Person {}", self.joined),
            email: Some(format!("p{}@kommune.dk", self.joined)),
            member: true,
            api_access: false,
        };
        self.snapshot.people.insert(uuid, person);
        self.people.push(uuid);
    }

    fn acquire(&mut self) {
        let n = self.snapshot.systems.len();
        let system = ItSystem { uuid: id(4, n), name: format!("System {n}"), deactivated: false };
        let mut usage = SystemUsage::new(id(7, n), system.uuid);
        usage.life_cycle = Some(LifeCycle::Operational);
        usage.responsible_unit = Some(self.units[self.rng.usize(..self.units.len())]);
        usage.using_units =
            (0..3).map(|_| self.units[self.rng.usize(..self.units.len())]).collect();
        usage.gdpr.sensitivity = [DataSensitivity::PersonData].into();
        for role in self.roles.clone() {
            if self.rng.u8(..10) < 8 {
                usage.roles.insert(RoleAssignment { role, person: self.person() });
            }
        }
        self.snapshot.systems.insert(system.uuid, system);
        self.usages.push(usage.uuid);
        self.snapshot.usages.insert(usage.uuid, usage);
    }

    /// On a working day twelve systems are edited, of which four in a role; now and
    /// then someone comes or goes. At weekends nothing happens.
    fn day(&mut self, today: NaiveDate) {
        use chrono::Datelike;
        if today.weekday().number_from_monday() > 5 {
            return;
        }
        for n in 0..12 {
            let (uuid, person) = (self.usage(), self.person());
            let role = self.roles[self.rng.usize(..self.roles.len())];
            let choice = self.rng.u8(..4);
            let Some(usage) = self.snapshot.usages.get_mut(&uuid) else { continue };
            usage.last_modified = Some(today);
            match (n, choice) {
                (0..4, _) => {
                    usage.roles.retain(|assignment| assignment.role != role);
                    if choice > 0 {
                        usage.roles.insert(RoleAssignment { role, person });
                    }
                }
                (_, 0) => usage.local_name = Some(format!("Lokalt navn {today}")),
                (_, 1) => usage.gdpr.risk_assessed = Some(today),
                (_, 2) => usage.has_purpose = !usage.has_purpose,
                _ => {}
            }
        }
        if today.ordinal().is_multiple_of(10) {
            let uuid = self.usage();
            if let Some(usage) = self.snapshot.usages.get_mut(&uuid) {
                usage.life_cycle = Some(match usage.life_cycle {
                    Some(LifeCycle::Operational) => LifeCycle::PhasingOut,
                    _ => LifeCycle::Operational,
                });
            }
        }
        if today.ordinal().is_multiple_of(3) {
            let gone = self.rng.usize(..self.people.len());
            let gone = self.people.swap_remove(gone);
            self.snapshot.people.remove(&gone);
            for usage in self.snapshot.usages.values_mut() {
                usage.roles.retain(|assignment| assignment.person != gone);
            }
            self.join();
        }
        if today.ordinal().is_multiple_of(20) {
            let gone = self.rng.usize(..self.usages.len());
            let gone = self.usages.swap_remove(gone);
            self.snapshot.usages.remove(&gone);
            self.acquire();
        }
    }

    /// Eight mails on a working day; bodies are kept for 90 days.
    fn mails(
        &mut self,
        connection: &rusqlite::Connection,
        today: NaiveDate,
    ) -> Result<(), store::Error> {
        let recent = today > self.last - Days::new(90);
        for n in 0..8 {
            let person = self.person();
            let mail = NewMail {
                link: None,
                key: format!("notice/{today}/{n}"),
                kind: MailKind::Notice,
                mode: MailMode::Preview,
                person: Some(person),
                to: vec!["p@kommune.dk".into()],
                cc: Vec::new(),
                subject: "3 systemer mangler dig".into(),
                message_id: format!("<{today}/{n}@test>"),
                mime: vec![b'x'; if recent { 20_000 } else { 0 }],
                not_before: five(today),
            };
            if let Some(id) = store::enqueue(connection, &mail, five(today))? {
                store::record_verdict(connection, id, &store::Outcome::Previewed, five(today))?;
            }
        }
        Ok(())
    }
}

fn id(kind: u128, n: usize) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind}/{n}").as_bytes())
}
