//! What people decide: exceptions, the held pull, single mails. Each is a short transaction
//! that works while the daemon runs, and is recorded with the name of the person who decided.
//! Command line and page call the same functions.

mod answers;
mod away;
mod error;
mod guard;
mod name;
mod outbox;
mod review;
mod transaction;
mod waive;

pub use answers::{Accepted, Reply, Said, accept_answer, answer, decline_answer};
pub use away::{away, return_early};
pub use error::{AnswerRefusal, AwayRefusal, Error, MailRefusal, ReviewRefusal};
pub use guard::{discard, release};
pub use outbox::{Cancelled, cancel_mail, retry_mail};
pub use review::{end_review, start_review};
pub use waive::{Waived, unwaive, waive};
