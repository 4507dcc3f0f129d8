//! The configuration: one TOML file, its defaults, its errors.
//!
//! [`load`] reads the file, lays the environment over it and reports every
//! problem at once; `table.rs` declares every key. Secrets are not part of a
//! [`Config`]: a [`Secret`] says where one comes from, and [`Secret::read`] fetches it
//! when it is needed, so that commands which only read the database need no access to it.

mod addresses;
mod check;
mod derived;
mod environment;
mod example;
mod given;
mod kinds;
mod load;
mod place;
mod problem;
mod program;
mod read;
mod rules;
mod secret;
mod section;
mod table;
mod unknown;
mod values;

pub use environment::Environment;
pub use example::example;
pub use kinds::{ListenAddress, OrganizationId, SmtpSecurity};
pub use load::{DEFAULT_PATH, load};
pub use problem::{ConfigError, Place, Problem, Problems};
pub use program::{program, program_in};
pub use secret::{Secret, SecretError};
pub use table::{
    Config, Database, Exclude, Guard, Kitos, Mail, Metrics, Monitor, Notify, Policy, Retention,
    Schedule, Smtp, Web,
};
