//! All that is tested of the program from outside, in one program: what takes long runs
//! beside what waits.

#[path = "../support/mod.rs"]
mod support;

// Tests begin in the order of their names, and its longest takes a minute: it is first.
#[path = "../year/mod.rs"]
mod a_year;
#[path = "../faults/mod.rs"]
mod faults;
#[path = "../mailing/mod.rs"]
mod mailing;
#[path = "../page/mod.rs"]
mod page;
#[path = "../program/mod.rs"]
mod program;
#[path = "../properties/mod.rs"]
mod properties;
#[path = "../pull/mod.rs"]
mod pull;
