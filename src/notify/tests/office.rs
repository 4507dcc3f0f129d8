//! A municipality that is walked through day by day: each run of `remind` is planned,
//! and what it tells goes into the ledger.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Europe::Copenhagen;

use crate::model::{Fault, FaultArg, Finding, Rule, Severity, Snapshot};
use crate::notify::directory::{Away, Directory, Sources};
use crate::notify::draft::{Draft, Notification, PromisedTo, Recipient};
use crate::notify::identity::Identities;
use crate::notify::ledger::{Fate, Ledger};
use crate::notify::pace::tests::pace;
use crate::notify::{Calendar, Pace, Plan, Round, Situation, plan};
use crate::policy::Policy;
use crate::policy::answers::OpenAnswer;
use crate::policy::leaders::Leaders;
use crate::testing::{at, id, leaders, policy, randers};
use crate::time::calendar::WorkingDays;
use crate::time::schedule::CronLine;

/// chef leads "Skoler"; boss leads "Randers" above it.
pub const LEADERS: &str = "chef@randers.dk;chef;leder;Skoler;boss@randers.dk\n\
    boss@randers.dk;boss;direktør;Randers;\n";

#[derive(Debug, Clone)]
pub struct Office {
    pub snapshot: Snapshot,
    pub policy: Policy,
    pub leaders_unknown: bool,
    pub refused: BTreeSet<String>,
    pub away: BTreeMap<String, Away>,
    pub departures: BTreeMap<String, NaiveDate>,
    pub open: Vec<Finding>,
    pub waivers: BTreeMap<i64, DateTime<Utc>>,
    pub answered: BTreeMap<i64, OpenAnswer>,
    pub identities: Identities,
    pub ledger: Ledger,
    pub pace: Pace,
    pub calendar: Calendar,
    pub round: Option<Round>,
    pub last_good_pull: Option<DateTime<Utc>>,
}

/// Eight in the morning of that day.
pub fn morning(day: &str) -> DateTime<Utc> {
    at(&format!("{day}T07:00:00Z"))
}

impl Office {
    /// "Aula" of "Skoler", owned by bo, managed by eva.
    pub fn new() -> Self {
        let snapshot = randers()
            .unit("Randers", None)
            .unit("Skoler", Some("Randers"))
            .user("bo")
            .user("eva")
            .user("ida")
            .user("chef")
            .user("boss")
            .usage("Aula")
            .edit("Aula", |usage| usage.responsible_unit = Some(id("Skoler")))
            .assign("Aula", "ejer", "bo")
            .assign("Aula", "forvalter", "eva");
        let mut policy = policy();
        policy.manager_roles = [id("forvalter")].into();
        policy.leaders = Some(leaders(LEADERS, &snapshot));
        Self {
            snapshot,
            policy,
            leaders_unknown: false,
            refused: BTreeSet::new(),
            away: BTreeMap::new(),
            departures: BTreeMap::new(),
            open: Vec::new(),
            waivers: BTreeMap::new(),
            answered: BTreeMap::new(),
            identities: Identities::default(),
            ledger: Ledger::default(),
            pace: pace(),
            calendar: Calendar {
                working_days: WorkingDays {
                    holidays: BTreeSet::new(),
                    zone: Copenhagen,
                    not_before: NaiveTime::from_hms_opt(7, 0, 0).expect("a time"),
                    business_days_only: true,
                },
                quiet_weeks: [28, 29, 30].into(),
                remind: CronLine::parse("0 8 * * Mon-Fri").expect("a line"),
                digest: CronLine::parse("0 7 * * Mon").expect("a line"),
            },
            round: None,
            last_good_pull: None,
        }
    }

    pub fn edit(mut self, change: impl FnOnce(Snapshot) -> Snapshot) -> Self {
        self.snapshot = change(self.snapshot);
        self
    }

    /// Somebody is no user any more.
    pub fn left(self, name: &str) -> Self {
        self.edit(|snapshot| snapshot.left(name))
    }

    /// Another system of bo's, in "Skoler".
    pub fn also_owns(self, usage: &str) -> Self {
        self.edit(|snapshot| {
            snapshot
                .usage(usage)
                .edit(usage, |usage| usage.responsible_unit = Some(id("Skoler")))
                .assign(usage, "ejer", "bo")
        })
    }

    pub fn finding(self, number: i64, rule: Rule, severity: Severity, opened: &str) -> Self {
        self.finding_on(number, "Aula", rule, (severity, opened))
    }

    pub fn finding_on(
        mut self,
        number: i64,
        usage: &str,
        rule: Rule,
        (severity, opened): (Severity, &str),
    ) -> Self {
        let fault = match rule.as_str() {
            "owner-missing" => Fault::new("no-owner"),
            "owner-level" => Fault::new("owner-level").with("person", FaultArg::Person(id("bo"))),
            _ => Fault::new("missing"),
        };
        self.open.push(Finding {
            id: number,
            rule,
            severity,
            usage: id(usage),
            faults: vec![fault],
            opened_at: morning(opened),
            resolved_at: None,
            ending: None,
            since_baseline: false,
            by_policy_change: false,
        });
        self
    }

    /// Takes in who is who, as a pull does.
    pub fn pull(&mut self) {
        self.identities.take_in(self.snapshot.people.values());
        let leaders = self.policy.leaders.iter().flat_map(Leaders::iter).map(|line| &line.email);
        let absent = self.away.iter().flat_map(|(of, away)| [of].into_iter().chain(&away.to));
        let known: Vec<&String> = leaders.chain(absent).chain(self.departures.keys()).collect();
        for address in known {
            self.identities.take_in_address(address);
        }
    }

    pub fn with<T>(&mut self, now: DateTime<Utc>, work: impl FnOnce(&Situation<'_>) -> T) -> T {
        self.pull();
        let domains = BTreeSet::from(["randers.dk".to_owned()]);
        let last_owners = BTreeMap::new();
        let directory = Directory::new(Sources {
            snapshot: &self.snapshot,
            policy: &self.policy,
            leaders: self.policy.leaders.as_ref(),
            identities: &self.identities,
            allowed_domains: &domains,
            refused: &self.refused,
            last_owners: &last_owners,
            away: &self.away,
            departures: &self.departures,
            today: self.calendar.day(now),
        });
        work(&Situation {
            directory: &directory,
            leaders_unknown: self.leaders_unknown,
            open: &self.open,
            waivers: &self.waivers,
            answered: &self.answered,
            ledger: &self.ledger,
            pace: &self.pace,
            calendar: &self.calendar,
            round: self.round.as_ref(),
            last_good_pull: self.last_good_pull.unwrap_or(now),
            now,
        })
    }

    pub fn plan(&mut self, now: DateTime<Utc>) -> Plan {
        self.with(now, plan)
    }

    /// Notes what a plan tells.
    pub fn note(&mut self, plan: &Plan, now: DateTime<Utc>) {
        let told = plan.drafts.iter().flat_map(|draft| &draft.notifications);
        for notification in told.chain(&plan.passed_on) {
            self.ledger.note(notification.clone(), now, Fate::Delivered);
        }
    }

    /// The scheduled runs of so many days, each told of in some lines.
    pub fn walk(&mut self, from: &str, days: i64) -> Vec<String> {
        let start = morning(from);
        let mut story = Vec::new();
        for offset in 0..days {
            let now = start + TimeDelta::days(offset);
            let plan = self.plan(now);
            story.extend(plan.drafts.iter().map(told));
            let noted = plan.passed_on.iter().map(|noted| self.noted(noted));
            story.extend(noted.collect::<Vec<_>>());
            self.note(&plan, now);
        }
        story
    }

    fn noted(&self, noted: &Notification) -> String {
        format!("{} IT: {}", noted.on, noted.finding.unwrap_or_default())
    }
}

/// A draft in one line: day, kind, readers, findings (in brackets where they asked for
/// it themselves), deadline, promises.
fn told(draft: &Draft) -> String {
    let names = |people: &[Recipient]| {
        let name = |person: &Recipient| match &person.on_behalf_of {
            Some(other) => format!("{} for {other}", person.name),
            None => person.name.clone(),
        };
        people.iter().map(name).collect::<Vec<_>>().join("+")
    };
    let mut text = format!("{} {} to {}", draft.date, draft.kind.as_str(), names(&draft.to));
    if !draft.cc.is_empty() {
        text.push_str(&format!(" cc {}", names(&draft.cc)));
    }
    let item = |item: &crate::notify::draft::DraftItem| match item.due {
        true => format!("[{}]", item.finding.id),
        false => item.finding.id.to_string(),
    };
    let items: Vec<String> = draft.items.iter().map(item).collect();
    text.push_str(&format!(": {}", items.join(" ")));
    if let Some(deadline) = draft.deadline {
        text.push_str(&format!(" until {deadline}"));
    }
    for promise in &draft.promises {
        let to = match &promise.to {
            PromisedTo::Leader(leader) => leader.name.as_str(),
            PromisedTo::It => "IT",
        };
        text.push_str(&format!(", else {to} on {}", promise.on));
    }
    text
}
