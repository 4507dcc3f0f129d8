//! `man`: the manual page, made of the same texts as `--help`.

use std::path::Path;

use clap::CommandFactory;

use super::args::{Args, Man};
use super::exit::Exit;
use super::output::{print, save};

pub fn run(command: &Man) -> anyhow::Result<Exit> {
    match &command.dir {
        Some(folder) => pages(folder)?,
        None => print(&String::from_utf8(page(Args::command())?)?)?,
    }
    Ok(Exit::Done)
}

/// One page for the program, and one for each command.
fn pages(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut program = Args::command();
    // So that the pages of commands know the options of the program.
    program.build();
    write(folder, "kitos-sync", page(program.clone())?)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = format!("kitos-sync-{}", command.get_name());
        // A command's name must live as long as the program, says clap.
        let command = command.clone().name(&*Box::leak(name.clone().into_boxed_str()));
        write(folder, &name, page(command)?)?;
    }
    Ok(())
}

fn page(command: clap::Command) -> anyhow::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

fn write(folder: &Path, name: &str, page: Vec<u8>) -> anyhow::Result<()> {
    save(&folder.join(format!("{name}.1")), &page)
}
