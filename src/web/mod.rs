//! The page, `/healthz` and `/metrics`: a server inside the daemon, off by default.
//! It shows what `query` answers, and what people decide on it goes through
//! `decisions`, like the command line. A page that only shows costs a query, a
//! template and a row of the table in `routes`.
//!
//! It can never hold up a pull or a mail: its readers use connections of their own,
//! and few of them at a time (`docs/reliability.md`, R23).

mod access;
mod acts;
mod answer;
mod asked;
mod origin;
mod paging;
mod refused;
mod render;
mod routes;
mod server;
mod shown;
mod site;
mod units;
mod views;

pub use access::Anyone;
pub use server::serve;
