//! A pull, from KITOS' replies to the committed snapshot: the client, the guard,
//! the history, and whatever can go wrong on the way.

mod crash;
mod drift;
mod expected;
mod failed_pulls;
mod guard;
mod history;
mod kitos;
mod kitos_faults;
mod kitos_lists;
mod kitos_login;
mod kitos_moving;
mod kitos_network;
mod kitos_organization;
mod standin;
mod sync;
