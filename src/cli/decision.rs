//! Who decides, on the command line.

use super::output::UsageError;

/// What every decision of a person takes.
#[derive(Debug, clap::Args)]
pub struct Decision {
    /// Who decided it. By default the user who runs the command (SUDO_USER, else USER).
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Decision {
    /// # Errors
    /// Nobody is known to decide: what is recorded names someone.
    pub fn by(self) -> Result<String, UsageError> {
        let variable = |name| std::env::var(name).ok().filter(|name| !name.trim().is_empty());
        self.by
            .or_else(|| variable("SUDO_USER"))
            .or_else(|| variable("USER"))
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| {
                let told = "nothing is decided by nobody: say with --by who decided it";
                UsageError(told.to_owned())
            })
    }
}
