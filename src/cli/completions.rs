//! `completions SHELL`: for the package, and for who installs by hand.

use clap::CommandFactory;

use super::args::{Args, Completions};
use super::exit::Exit;

pub fn run(command: &Completions) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(command.shell, &mut Args::command(), "kitos-sync", &mut text);
    super::output::print(&String::from_utf8(text)?)?;
    Ok(Exit::Done)
}
