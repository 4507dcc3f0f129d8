//! The fault matrix, one test a row, over real sockets, files and processes.
//! `docs/reliability.md` says for each row which test shows it; `tests/house/matrix.rs`
//! holds that table against what is there.

// Long: it begins before the others here.
mod a_year;
mod clocks;
mod configuration;
mod crash;
mod disk;
mod guard;
mod house;
mod killed;
mod people;
mod pull;
