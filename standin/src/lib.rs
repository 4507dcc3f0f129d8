//! A KITOS to try things against: a municipality in memory behind KITOS's API on
//! loopback, with KITOS's traps. The demo, the tests and the benches use this one;
//! what can go wrong on the way is for tests only (feature `faults`). It knows
//! nothing of `kitos-sync`.
//!
//! It listens on 127.0.0.1 only, and nothing but those starts it.

mod edits;
#[cfg(feature = "faults")]
mod faults;
mod names;
mod routes;
mod seed;
mod server;
mod wire;
mod world;

pub use edits::{Departure, Edit, LoggedEdit};
#[cfg(feature = "faults")]
pub use faults::{Effect, Fault};
pub use names::{CVR, MAIL_DOMAIN, MUNICIPALITY};
pub use server::{Request, Standin};
pub use world::{
    Assignment, Contract, Deletion, Gdpr, Membership, OWNER_ROLE, Organization, Presence,
    Registration, RoleType, System, Unit, Usage, User, World,
};

/// The API user that the stand-in knows.
pub const EMAIL: &str = "kitos-api@kommune.example";
/// Its password; worth nothing outside the stand-in.
pub const PASSWORD: &str = "standin-password";
