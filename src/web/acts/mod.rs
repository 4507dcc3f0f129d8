//! What operators decide on the page. Each act first shows what it will do, and then calls the
//! same function of `decisions` as the command line.

mod answers;
mod away;
mod confirm;
mod guard;
mod outbox;
mod refusal;
mod reply;
mod review;
mod waive;

pub use answers::{accept, ask_accept, ask_decline, decline};
pub use away::{ask_away, ask_back, away, back};
pub use guard::{ask_discard, ask_release, discard, release};
pub use outbox::{ask_cancel, ask_retry, cancel, retry};
pub use reply::reply;
pub use review::{ask_close, ask_start, close, start};
pub use waive::{ask_unwaive, ask_waive, unwaive, waive};
