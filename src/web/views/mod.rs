//! What the pages show, put together from answers of `query`.

mod answers;
mod chart;
mod export;
mod findings;
mod guard;
mod monitoring;
mod outbox;
mod overview;
mod people;
mod reply;
mod report;
mod review;
mod runs;
mod systems;

pub use answers::answers;
pub use export::{findings_csv, findings_xlsx};
pub use findings::findings;
pub use guard::guard;
pub use monitoring::{healthz, metrics, unwell};
pub use outbox::{mail, mail_body, outbox};
pub use overview::overview;
pub use people::{people, person};
pub use reply::reply;
pub use report::{report, report_html, report_xlsx};
pub use review::review;
pub use runs::runs;
pub use systems::{system, systems};
