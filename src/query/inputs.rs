//! Everything that the planner looks at, read from database, configuration and
//! leaders file at one moment.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::departures::{self, DeparturesFile};
use super::error::Error;
use super::keeper::{LastOwners, Names};
use super::leaders::{self, weigh};
use super::moment::Moment;
use super::policy::resolve;
use super::review::open_round;
use super::suggestions::in_words;
use crate::config::Config;
use crate::mail::Facts;
use crate::model::{AnswerState, Finding, MailMode, Severity, Snapshot, SuggestionLine};
use crate::notify::directory::{Away, Directory, Sources};
use crate::notify::identity::Identities;
use crate::notify::ledger::Ledger;
use crate::notify::lines::Lines;
use crate::notify::{Calendar, Pace, Round, Situation, round_earliest_due};
use crate::policy::Policy;
use crate::policy::answers::{OpenAnswer, open_answers};
use crate::policy::leaders::Leaders;
use crate::policy::rules::owner_missing::nobody_owns;
use crate::policy::suggestions::Suggestions;
use crate::register::changes::Dated;
use crate::register::history::History;
use crate::store::{
    self, AnswerFilter, bindings, last_snapshot, list_answers, open_findings, refused_addresses,
    waivers_in_force,
};
use crate::time::calendar::WorkingDays;

/// Everything that a plan is made from, owned.
#[derive(Debug)]
pub struct Inputs<'a> {
    moment: Moment<'a>,
    snapshot: Arc<Snapshot>,
    policy: Policy,
    no_leaders: Option<String>,
    allowed_domains: BTreeSet<String>,
    refused: BTreeSet<String>,
    last_owners: Arc<LastOwners>,
    away: BTreeMap<String, Away>,
    departures: BTreeMap<String, NaiveDate>,
    identities: Identities,
    open: Vec<Finding>,
    waivers: BTreeMap<i64, DateTime<Utc>>,
    answered: BTreeMap<i64, OpenAnswer>,
    round: Option<Round>,
    /// Computed only when asked for: most plans do not need them.
    suggestions: OnceCell<BTreeMap<Uuid, Vec<SuggestionLine>>>,
    ledger: Ledger,
    pace: Pace,
    calendar: Calendar,
    last_good_pull: DateTime<Utc>,
    /// Likewise.
    names: OnceCell<Arc<Names>>,
    /// Where people's links lead.
    ui_url: String,
}

/// The register that a plan is about.
#[derive(Debug)]
pub struct Register {
    pub snapshot: Arc<Snapshot>,
    /// With the leaders, where they are known.
    pub policy: Policy,
    /// Why the leaders are unknown, if their file cannot be used.
    pub no_leaders: Option<String>,
    /// Its users are taken in.
    pub identities: Identities,
    pub taken_at: DateTime<Utc>,
}

impl<'a> Inputs<'a> {
    pub fn load(moment: &Moment<'a>) -> Result<Self, Error> {
        Self::load_for(moment, moment.config.mail.mode)
    }

    /// As if `mail.mode` were `mode`.
    pub fn load_for(moment: &Moment<'a>, mode: MailMode) -> Result<Self, Error> {
        let Moment { connection, config, .. } = *moment;
        let snapshot = moment.snapshot()?;
        let last = last_snapshot(connection)?.ok_or(Error::NoSnapshot)?;
        let mut policy = resolve(config, &bindings(connection)?, &snapshot).policy;
        let trusted = weigh(connection, &leaders::read(config), (&policy, &snapshot), false)?;
        policy.leaders = trusted.leaders;
        let no_leaders = trusted.frozen;
        let identities = Identities::clone(&*moment.identities()?);
        let taken_at = last.taken_at;
        let register = Register { snapshot, policy, no_leaders, identities, taken_at };
        Self::of(moment, mode, register)
    }

    /// What there is to tell of `register` as it stands in the database.
    pub fn of(moment: &Moment<'a>, mode: MailMode, register: Register) -> Result<Self, Error> {
        let Moment { connection, config, now, .. } = *moment;
        let Register { snapshot, mut policy, no_leaders, mut identities, taken_at } = register;
        let away = store::away(connection, moment.today())?;
        let departures = match departures::read(config) {
            DeparturesFile::Read { list, .. } => list.last_days().clone(),
            DeparturesFile::None | DeparturesFile::Broken(_) => BTreeMap::new(),
        };
        let leaders = policy.leaders.iter().flat_map(Leaders::iter).map(|leader| &leader.email);
        let absent = away.iter().flat_map(|(address, away)| [address].into_iter().chain(&away.to));
        for address in leaders.chain(absent).chain(departures.keys()) {
            identities.take_in_address(address);
        }
        let open = open_findings(connection)?;
        policy.leaders = policy.leaders.map(|leaders| {
            let moved = identities.moved(&leaders, &snapshot);
            leaders.follow(moved)
        });
        Ok(Self {
            last_owners: moment.last_owners(&policy.owner_roles)?,
            no_leaders,
            ui_url: config.kitos.ui_url(),
            allowed_domains: config.mail.allowed_domains.iter().cloned().collect(),
            refused: refused_addresses(connection)?,
            away,
            departures,
            waivers: waivers(connection, now)?,
            answered: answered(connection, &open)?,
            open,
            round: open_round(connection, (&snapshot, &policy), (now, moment.today()))?,
            suggestions: OnceCell::new(),
            ledger: store::ledger(connection, mode, now, &identities)?,
            identities,
            pace: pace(config),
            calendar: calendar(config),
            last_good_pull: taken_at,
            names: OnceCell::new(),
            policy,
            snapshot,
            moment: *moment,
        })
    }

    /// Who is who.
    pub fn directory(&self) -> Directory<'_> {
        self.directory_with(&self.away)
    }

    /// Whom mail would go to if nobody were away.
    pub fn directory_if_all_were_here(&self) -> Directory<'_> {
        static NOBODY: BTreeMap<String, Away> = BTreeMap::new();
        self.directory_with(&NOBODY)
    }

    fn directory_with<'b>(&'b self, away: &'b BTreeMap<String, Away>) -> Directory<'b> {
        Directory::new(Sources {
            snapshot: &self.snapshot,
            policy: &self.policy,
            leaders: self.policy.leaders.as_ref(),
            identities: &self.identities,
            allowed_domains: &self.allowed_domains,
            refused: &self.refused,
            last_owners: &self.last_owners,
            away,
            departures: &self.departures,
            today: self.moment.today(),
        })
    }

    pub fn situation<'b>(&'b self, directory: &'b Directory<'b>) -> Situation<'b> {
        Situation {
            directory,
            leaders_unknown: self.no_leaders.is_some(),
            open: &self.open,
            waivers: &self.waivers,
            answered: &self.answered,
            ledger: &self.ledger,
            pace: &self.pace,
            calendar: &self.calendar,
            round: self.round.as_ref(),
            last_good_pull: self.last_good_pull,
            now: self.moment.now,
        }
    }

    pub fn lines(&self) -> Result<Lines<'_>, Error> {
        let (names, config) = (self.names()?, self.moment.config);
        Ok(Lines {
            snapshot: &self.snapshot,
            former_names: &names.usages,
            names: &names.people,
            ui_url: &self.ui_url,
            language: config.mail.language,
            zone: config.schedule.time_zone,
            ledger: &self.ledger,
        })
    }

    fn names(&self) -> Result<&Names, Error> {
        get_or_try(&self.names, || self.moment.names()).map(|names| &**names)
    }

    /// What letters are made from.
    pub fn facts(&self) -> Result<Facts<'_>, Error> {
        let names = self.names()?;
        Ok(Facts {
            snapshot: &self.snapshot,
            former_names: &names.usages,
            names: &names.people,
            suggestions: self.suggestions()?,
            policy: &self.policy,
            config: self.moment.config,
        })
    }

    /// What of the past suggestions are made from.
    pub fn history(&self) -> Result<History, Error> {
        Ok(History {
            last_owner: LastOwners::clone(&self.last_owners),
            refused: self.refused.clone(),
            departed: BTreeSet::clone(&*self.moment.departed()?),
            ..History::default()
        })
    }

    /// Who could own the systems without owner of which something is open.
    pub fn suggestions(&self) -> Result<&BTreeMap<Uuid, Vec<SuggestionLine>>, Error> {
        get_or_try(&self.suggestions, || {
            let vacant = self.open.iter().filter(|finding| nobody_owns(&finding.faults));
            let vacant: BTreeSet<Uuid> = vacant.map(|finding| finding.usage).collect();
            let (history, names) = (self.history()?, &self.names()?.people);
            let language = self.moment.config.mail.language;
            let at = Dated { snapshot: &self.snapshot, today: self.moment.today() };
            let advice = Suggestions::new(at, &history, &self.policy);
            Ok(in_words(&advice, &self.snapshot, names, language, &vacant))
        })
    }

    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Why the leaders are unknown, if their file cannot be used.
    pub fn no_leaders(&self) -> Option<&str> {
        self.no_leaders.as_deref()
    }

    /// With the leaders, where they are known.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    pub fn open(&self) -> &[Finding] {
        &self.open
    }
}

/// What is in `cell`, or comes into it now.
fn get_or_try<T>(cell: &OnceCell<T>, get: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    if let Some(there) = cell.get() {
        return Ok(there);
    }
    let made = get()?;
    Ok(cell.get_or_init(|| made))
}

/// The answers with which IT has yet to do something, by finding of those that are open.
pub fn answered(
    connection: &Connection,
    open: &[Finding],
) -> Result<BTreeMap<i64, OpenAnswer>, Error> {
    let filter = AnswerFilter { state: Some(AnswerState::Open), ..AnswerFilter::default() };
    Ok(open_answers(&list_answers(connection, filter)?, open))
}

/// Until when findings are waived: the one place where mails ask.
pub fn waivers(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<BTreeMap<i64, DateTime<Utc>>, Error> {
    let in_force = waivers_in_force(connection, now)?;
    Ok(in_force.into_iter().map(|(finding, waiver)| (finding, waiver.ends_at)).collect())
}

fn pace(config: &Config) -> Pace {
    let grace = config.policy.rules.iter().map(|(rule, settings)| (*rule, settings.grace));
    let pace = &config.notify.pace;
    Pace {
        grace: grace.collect(),
        days: [
            (Severity::High, pace.high.clone()),
            (Severity::Medium, pace.medium.clone()),
            (Severity::Low, pace.low.clone()),
            (Severity::Info, pace.info.clone()),
        ]
        .into(),
        escalate_after: config.notify.escalate_after,
        escalate_from: config.notify.escalate_from,
        max_mails_per_run: usize::try_from(config.notify.max_mails_per_run).unwrap_or(usize::MAX),
    }
}

fn calendar(config: &Config) -> Calendar {
    Calendar {
        working_days: working_days(config),
        quiet_weeks: config.notify.quiet_weeks.iter().copied().collect(),
        remind: config.schedule.remind.clone(),
        digest: config.schedule.digest.clone(),
    }
}

/// When reminders go out next; `None` if not within years.
pub fn next_reminder(config: &Config, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let calendar = calendar(config);
    calendar.next_run(now, calendar.day(now))
}

/// The first day that can be the last one of a round that starts now.
pub fn earliest_due(config: &Config, now: DateTime<Utc>) -> Option<NaiveDate> {
    round_earliest_due(&calendar(config), now)
}

/// When owners may be written to, by the configuration.
pub fn working_days(config: &Config) -> WorkingDays {
    WorkingDays {
        holidays: config.notify.holidays.iter().copied().collect(),
        zone: config.schedule.time_zone,
        not_before: config.notify.not_before,
        business_days_only: config.notify.business_days_only,
    }
}
