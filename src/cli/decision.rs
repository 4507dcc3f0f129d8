//! Who decides, on the command line.

/// What every decision of a person takes.
#[derive(Debug, clap::Args)]
pub struct Decision {
    /// Who decided it. By default the user who runs the command (SUDO_USER, else USER).
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Decision {
    /// Empty if no name is given.
    pub fn by(self) -> String {
        let variable = |name| std::env::var(name).ok().filter(|name| !name.trim().is_empty());
        self.by.or_else(|| variable("SUDO_USER")).or_else(|| variable("USER")).unwrap_or_default()
    }
}
