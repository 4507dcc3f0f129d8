//! The read model: each file answers one question as plain data, with the names
//! that `docs/contract.md` gives them in JSON. Command line, page, report and
//! metrics only show what stands here, and jobs begin from it.
//!
//! Nothing here writes, and nothing loads what its answer does not show.

mod changes;
mod diagnostics;
mod error;
mod find;
mod findings;
mod inputs;
mod leaders;
mod moment;
mod people;
mod policy;
mod suggestions;
mod system;
mod systems;
mod units;
mod view;

pub use changes::{Change, ChangeQuery, changes};
pub use diagnostics::{Hint, file_hints, policy_hints};
pub use error::Error;
pub use find::{Candidate, find};
pub use findings::{Detail, Finding, FindingQuery, FindingStates, Findings, Suggestion, findings};
pub use inputs::{Inputs, audience, next_mails, waivers, working_days};
pub use leaders::{LeadersFile, read as read_leaders};
pub use moment::Moment;
pub use people::{Person, PersonRole, Presence, people};
pub use policy::{OwnerRoleError, Resolved, resolve};
pub use suggestions::suggestions;
pub use system::{RoleSpan, StateSpan, SystemLife, SystemMail, system};
pub use systems::{System, SystemQuery, systems};
pub use units::{Unit, units};
pub use view::{Owner, View};
