//! The fault matrix of `reliability.md`, one test a row, over real sockets, files
//! and processes. `docs/reliability.md` says for each row which test shows it;
//! `matrix` holds that table against what is there.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/office.rs"]
mod office;
#[path = "../support/smtp.rs"]
mod smtp;
#[path = "../support/tls.rs"]
mod tls;

mod clocks;
mod configuration;
mod crash;
mod disk;
mod guard;
mod house;
mod killed;
mod matrix;
mod people;
mod pull;
mod year;
