//! The jobs: each looks at the whole state and does what is missing, so that a
//! crash, a skipped run or two runs give the same result. What is the same for all five
//! (whose turn it is, the clock, what is noted and told) stands in `runner.rs` once; the
//! daemon, `run --once` and the commands by hand all come there.

mod answers;
mod backups;
mod commit;
mod complaint;
mod compose;
mod context;
mod deliver;
mod digest;
mod error;
mod grounds;
mod hold;
mod ids;
mod incidents;
mod job;
mod judging;
mod leaders;
mod lookout;
mod metrics;
mod monitor;
mod news;
mod preview;
mod prune;
mod recheck;
mod remind;
mod round;
mod runner;
mod schedule;
mod step;
mod sync;
mod sync_report;
mod taken_in;

pub use backups::{BackupReport, backup};
pub(crate) use commit::commit;
pub use complaint::Complaint;
pub(crate) use compose::Composer;
pub use context::{Clock, Context, Progress};
pub use deliver::{Deliver, DeliverReport, send_test};
pub use digest::{Digest, DigestReport, current_digest};
pub use error::Error;
pub(crate) use incidents::close_incident;
pub use incidents::{configuration_accepted, configuration_refused, login_accepted};
pub use job::{Job, Report, Turn};
pub use lookout::{Lookout, Seen};
pub use metrics::render as render_metrics;
pub use preview::{Preview, preview};
pub use prune::{Prune, PruneReport};
pub use remind::{Remind, RemindReport};
pub use round::run_due;
pub use runner::run;
pub use schedule::{Rhythm, timetable};
pub(crate) use step::{Replies, Step};
pub use sync::Sync;
pub use sync_report::{SyncOutcome, SyncReport};
