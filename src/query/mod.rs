//! The read model: each file answers one question as plain data, with the names
//! that `docs/contract.md` gives them in JSON. Command line, page, report and
//! metrics only show what stands here, and jobs begin from it.
//!
//! Nothing here writes, and nothing loads what its answer does not show.

mod administration;
mod answers;
mod away;
mod candidate;
mod changes;
mod departures;
mod diagnostics;
mod error;
mod evidence;
mod find;
mod finding;
mod findings;
mod guard;
mod health;
mod hint;
mod inputs;
mod keeper;
mod leaders;
mod leaders_hints;
mod list_file;
mod metrics;
mod moment;
mod outbox;
mod outlook;
mod people;
mod person;
mod personal;
mod policy;
mod review;
mod runs;
mod status;
mod suggestions;
mod surroundings;
mod system;
mod systems;
mod timetable;
mod trend;
mod units;
mod view;

pub use administration::{Administration, AdministrationRow, administration, administrations};
pub use answers::{Answer, AnswerStates, answer, answers, answers_about, answers_from};
pub use away::{Absence, PastAbsence, absence_of, absences, all_absences, is_known, known_name};
pub use candidate::Candidate;
pub use changes::{Change, ChangeQuery, changes};
pub use departures::{Departing, DeparturesFile, departing, read as read_departures};
pub use diagnostics::{Diagnostics, diagnostics};
pub use error::Error;
pub use evidence::{
    Evidence, EvidenceAnswer, EvidenceEnding, EvidenceFinding, EvidenceMail, EvidenceOwnership,
    EvidenceQuery, EvidenceRule, EvidenceWaiver, Gap, GapWhy, Period, SharePoint, Standing,
    Vacancies, Vacancy, evidence, unit_of,
};
pub use find::{find, find_now};
pub use finding::{Finding, PassedOver, Suggestion, finding};
pub use findings::{
    Detail, Direction, FindingColumn, FindingLabel, FindingOrder, FindingQuery, FindingStates,
    Findings, FoundFindings, findings, found_findings, labels, waived,
};
pub use guard::{EarlierQuarantine, Quarantine, earlier_quarantines, is_quarantined, quarantine};
pub use health::{Health, STALE, health};
pub use hint::Hint;
pub use inputs::{Inputs, Register, answered, earliest_due, next_reminder, waivers, working_days};
pub use keeper::{Keeper, Names};
pub use leaders::{LeadersFile, Trusted, read as read_leaders, weigh};
pub use leaders_hints::{Fit, LeadersTrial, file_hints, read_trial, try_leaders};
pub use list_file::ListFile;
pub use metrics::{Metrics, metrics};
pub use moment::Moment;
pub use outbox::{Mail, Reach, html_of, mail, mail_html, mails};
pub use outlook::{RunAhead, ahead_in_words, counted, crowded_in_words, forecast, next_week};
pub use people::{Person, PersonRole, Presence, people, person_of};
pub use person::{PersonLife, PersonSpan, person};
pub use personal::{Personal, PersonalSystem, PossibleOwner, personal, possible_owners};
pub use policy::{OwnerRoleError, Resolved, resolve};
pub use review::{Review, ReviewLine, asked_now, review, round_about};
pub use runs::{Incident, Run, incidents, runs};
pub use status::{JobStatus, LastSnapshot, Status, status};
pub use surroundings::{Agreement, KitosTab, Named, RoleHeld, Surroundings};
pub use system::{RoleSpan, StateSpan, SystemLife, SystemMail, system};
pub use systems::{System, SystemQuery, systems};
pub use timetable::{Delay, Timetable, sync_delay, timetable};
pub use trend::{Week, WeekShare, trend};
pub use units::{Unit, units};
pub use view::{Owner, View};
