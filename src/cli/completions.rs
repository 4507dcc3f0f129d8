//! `completions SHELL`: for the package, and for who installs by hand.

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::{Args, Completions};
use super::exit::Exit;

const NAME: &str = "kitos-sync";

pub fn run(command: &Completions) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(command.shell, &mut offered(), NAME, &mut text);
    let mut text = String::from_utf8(text)?;
    if command.shell == Shell::Bash {
        // It takes the hyphen of our name for a subcommand in the one place and not in the
        // other, and would offer nothing behind any command.
        text = text.replace("kitos__subcmd__sync", "kitos__sync");
    }
    super::output::print(&text)?;
    Ok(Exit::Done)
}

/// The program without its hidden options, which the generators would offer.
fn offered() -> Command {
    let program = Args::command();
    let options = program.get_arguments().filter(|option| !option.is_hide_set()).cloned();
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args(options.collect::<Vec<_>>())
        .subcommands(program.get_subcommands().cloned().collect::<Vec<_>>())
}
