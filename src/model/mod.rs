//! Plain data and its names, shared by every layer.
//!
//! Nothing here reads a clock, a file, a socket or a database; nothing here
//! decides. The words are the field's own (`SystemUsage`, `RoleAssignment`,
//! `Finding`, `Outbox` …) and mean the same in code, tables, configuration and
//! documentation.
#![deny(clippy::disallowed_methods)]

mod answer;
mod change;
mod change_json;
mod fault;
mod few;
mod field;
mod finding;
mod guard;
mod incident;
mod job;
mod letter;
mod mail;
mod mail_reason;
mod outbox;
mod registration;
mod review;
mod snapshot;
mod spelled;
mod suggestion;
mod tab;
mod waiver;

pub use answer::{Answer, AnswerEnd, AnswerKind, AnswerOutcome, AnswerState, GivenAnswer};
pub(crate) use change::transition;
pub use change::{
    Change, ChangeKind, HeldRole, PersonField, RoleTypeFacts, Standing, Transition, UnitFacts,
    UsageFacts,
};
pub use fault::{Fault, FaultArg, Missing, Unreachable};
pub use few::Few;
pub use field::{Field, FieldChange, FieldStory, FieldValue, Interest};
pub use finding::{Ending, Finding, FindingState, Rule, Severity};
pub use guard::{Explained, HeldEnd, HeldList, HoldCause, HoldOutlook, HoldReason};
pub use incident::{AlertFact, Incident, IncidentKind};
pub use job::{Did, JobKind, JobOutcome, JobRun};
pub use letter::{
    Alert, Capacity, Check, FindingLine, Notice, NoticeFact, NoticeItem, NoticeReason, PageLink,
    Reader, SuggestionLine, TrendPoint,
};
pub use mail::{DraftKind, Language, MailKind, MailMode, MailState};
pub use mail_reason::{MailReason, MailWhy};
pub use outbox::{NewMail, OutboxMail, preview_name};
pub use registration::{
    Contract, DataProcessing, DataSensitivity, Gdpr, MainContract, PersonalData, RiskAssessment,
};
pub use review::{Review, ReviewEnd, ReviewedSystem};
pub use snapshot::{
    ItSystem, LifeCycle, Organization, OrganizationUnit, Person, RoleAssignment, RoleType,
    Snapshot, StateOfUse, SystemUsage,
};
pub(crate) use spelled::spelled;
pub use suggestion::SuggestionReason;
pub use tab::Tab;
pub use waiver::{Waiver, WaiverEnd, WaiverEnding};
