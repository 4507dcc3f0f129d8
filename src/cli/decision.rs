//! Who decides, on the command line.

use std::os::unix::fs::MetadataExt;

use super::output::UsageError;

/// What every decision of a person takes.
#[derive(Debug, clap::Args)]
pub struct Decision {
    /// Who decided it. By default the user who runs the command (SUDO_USER, else USER, else
    /// the account).
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Decision {
    /// # Errors
    /// A name that is blank: what is recorded names someone.
    pub fn by(self) -> Result<String, UsageError> {
        let variable = |name| std::env::var(name).ok().filter(|name| !name.trim().is_empty());
        let by = self.by.or_else(|| variable("SUDO_USER")).or_else(|| variable("USER"));
        let by = by.unwrap_or_else(account);
        match by.trim().is_empty() {
            true => {
                Err(UsageError("nothing is decided by nobody: name someone with --by".to_owned()))
            }
            false => Ok(by),
        }
    }
}

/// The account that runs the command, for a shell that sets no USER (a container, cron).
fn account() -> String {
    let Ok(process) = std::fs::metadata("/proc/self") else { return "?".to_owned() };
    let uid = process.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut lines = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let named = lines.find_map(|line| match line[..] {
        [name, _, of, ..] if of == uid => Some(name.to_owned()),
        _ => None,
    });
    named.unwrap_or(format!("uid {uid}"))
}
