//! `man`: the manual, made of the same texts as `--help`: a page for the program, and one
//! for each command, also for those below another.

use std::path::Path;

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;

use super::args::{Args, Man};
use super::exit::Exit;
use super::output::{print, save};

/// What concerns every command, in the manual's own language.
const COMMON: &str = r#".SH "EXIT STATUS"
0: done. 1: failed. 2: usage or configuration. 3: \fBcheck\fR or \fB\-\-fail\-on\fR found
something. 4: held by the guard. 5: another instance holds the lock.
.SH ENVIRONMENT
.TP
\fBKITOS_SYNC_CONFIG\fR
The configuration file.
.TP
\fBKITOS_SYNC_\fISECTION\fB__\fIKEY\fR
Overrides that key of the configuration, e.g. KITOS_SYNC_MAIL__MODE.
.TP
\fBKITOS_SYNC_KITOS_PASSWORD\fR, \fBKITOS_SYNC_SMTP_PASSWORD\fR, \fBKITOS_SYNC_PROXY_PASSWORD\fR
Passwords, where neither a systemd credential nor a file holds them.
.TP
\fBKITOS_SYNC_LOG\fR, \fBKITOS_SYNC_LOG_FORMAT\fR
What is logged (e.g. kitos_sync=debug), and how: auto, plain or json.
.TP
\fBNO_COLOR\fR
No colours, also on a terminal.
.SH FILES
.TP
\fI/etc/kitos\-sync/config.toml\fR
The configuration; every key is explained there.
.TP
\fI/etc/kitos\-sync/kitos\-password\fR
The API user's password; nobody else may read it.
.TP
\fI/var/lib/kitos\-sync/kitos\-sync.db\fR
The database, with its daily backups beside it.
"#;

pub fn run(command: &Man) -> anyhow::Result<Exit> {
    let mut program = Args::command().disable_help_subcommand(true);
    // So that the pages of commands know the options of the program.
    program.build();
    match &command.dir {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            pages(&program, folder)?;
        }
        None => print(&String::from_utf8(page(program)?)?)?,
    }
    Ok(Exit::Done)
}

/// The page of a command, and those of the commands below it.
fn pages(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let name = Page::new(command.clone()).get_filename();
    save(&folder.join(name), &page(command.clone())?)?;
    command.get_subcommands().try_for_each(|below| pages(below, folder))
}

fn page(mut command: Command) -> anyhow::Result<Vec<u8>> {
    // By itself it would leave out what an option takes.
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let has_commands = command.has_subcommands();
    let page = Page::new(command.override_usage(usage));
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if has_commands {
        page.render_subcommands_section(&mut text)?;
    }
    text.extend_from_slice(COMMON.as_bytes());
    Ok(text)
}
