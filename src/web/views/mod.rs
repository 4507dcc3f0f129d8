//! What the pages show, put together from answers of `query`.

mod guard;
mod monitoring;
mod outbox;
mod reply;
mod runs;

pub use guard::guard;
pub use monitoring::{healthz, metrics};
pub use outbox::{mail, mail_body, outbox};
pub use reply::reply;
pub use runs::runs;
