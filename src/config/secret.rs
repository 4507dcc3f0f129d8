//! Where passwords come from. They never stand in the TOML, are read only when
//! they are needed, and live in a type that prints as `[REDACTED]`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::environment::Environment;
use super::given::{Fault, Given};
use super::values::path;

/// Where a secret comes from; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Name of the systemd credential, e.g. `kitos-password`.
    pub credential: &'static str,
    /// What the `…_file` key names.
    pub file: Option<PathBuf>,
    /// Name of the environment variable.
    pub variable: &'static str,
    /// The `…_file` key, if there is one, for messages.
    pub key: Option<&'static str>,
}

/// Why a secret that should be there cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "cannot read the password from {place}: {source}. \
         It must be there, and whoever runs this must be able to read it: \
         run a command by hand with sudo."
    )]
    Unreadable { place: String, source: io::Error },
    #[error("{place} is not a regular file. Name a file that holds the password and nothing else.")]
    NotAFile { place: String },
    #[error(
        "others can read or change the password in {} (its mode is {mode:04o}). \
         Run: chmod 600 {0}", path.display()
    )]
    Exposed { path: PathBuf, mode: u32 },
    #[error("the password in {place} is empty. Write it there, or remove that source.")]
    Empty { place: String },
    #[error(
        "{place} holds more than one line of text. \
         Is it the right one? It must hold the password and nothing else."
    )]
    NotAPassword { place: String },
}

/// Longer than any password; stops a wrong file from being read whole.
const MAX_BYTES: u64 = 4096;

impl Secret {
    /// The password of the API user.
    pub fn kitos(file: Option<PathBuf>) -> Self {
        Self {
            credential: "kitos-password",
            file,
            variable: "KITOS_SYNC_KITOS_PASSWORD",
            key: Some("kitos.password_file"),
        }
    }

    /// The password of the mail server's user.
    pub fn smtp(file: Option<PathBuf>) -> Self {
        Self {
            credential: "smtp-password",
            file,
            variable: "KITOS_SYNC_SMTP_PASSWORD",
            key: Some("mail.smtp.password_file"),
        }
    }

    /// The password of the outgoing proxy's user.
    pub fn proxy() -> Self {
        Self {
            credential: "proxy-password",
            file: None,
            variable: "KITOS_SYNC_PROXY_PASSWORD",
            key: None,
        }
    }

    /// The first that is there: systemd credential, file, environment
    /// variable. A trailing line break does not belong to it.
    ///
    /// # Errors
    /// A source that is there but unreadable, empty, no password, or (the
    /// file) open to others. A later source never stands in for a bad one.
    pub fn read(&self, environment: &Environment) -> Result<Option<SecretString>, SecretError> {
        if let Some(directory) = environment.get("CREDENTIALS_DIRECTORY") {
            let path = Path::new(directory).join(self.credential);
            let place = format!("the systemd credential {}", path.display());
            // systemd guards its credentials itself; their mode is its affair.
            match File::open(&path) {
                Ok(file) => return read_from(file, place).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(SecretError::Unreadable { place, source }),
            }
        }
        if let Some(path) = &self.file {
            let key = self.key.unwrap_or_default();
            let place = format!("{} (the file that {key} names)", path.display());
            check_file(path)?;
            return match File::open(path) {
                Ok(file) => read_from(file, place).map(Some),
                Err(source) => Err(SecretError::Unreadable { place, source }),
            };
        }
        let place = format!("the environment variable {}", self.variable);
        environment.get(self.variable).map(|value| from_text(value, place)).transpose()
    }

    /// The file that [`read`](Self::read) takes it from; `None` where that is the environment.
    pub fn file_read(&self, environment: &Environment) -> Option<PathBuf> {
        let credential = environment
            .get("CREDENTIALS_DIRECTORY")
            .map(|directory| Path::new(directory).join(self.credential));
        credential.filter(|path| path.exists()).or_else(|| self.file.clone())
    }

    /// The right ways to hand it over, for messages.
    pub fn ways(&self) -> String {
        let Self { credential, variable, .. } = self;
        let file = self.key.map(|key| format!(", a file that {key} names (chmod 600),"));
        let file = file.unwrap_or_default();
        format!("the systemd credential {credential}{file} or the environment variable {variable}")
    }

    /// The same where there is none: most likely the service has it, as a credential that no
    /// command by hand can see.
    pub fn ways_from_none(&self) -> String {
        let ways = self.ways();
        match self.key {
            None => ways,
            Some(key) => format!(
                "{ways}. Only the service has its credential: for commands by hand let {key} name \
                 the same file, and run them with sudo"
            ),
        }
    }
}

/// The path of a file with a password. A file that others can read is told with
/// everything else; one that is missing only when the password is needed, since
/// commands that just read the database run as other users too.
pub(super) fn private_file(given: Given<'_>) -> Result<PathBuf, Fault> {
    let path = path(given)?;
    match check_file(&path) {
        Err(error @ (SecretError::Exposed { .. } | SecretError::NotAFile { .. })) => {
            Err(error.to_string())
        }
        _ => Ok(path),
    }
}

/// Refuses a file that others can read or change, and anything that is not a regular file.
fn check_file(path: &Path) -> Result<(), SecretError> {
    // By path, before it is opened: opening a pipe would wait for its writer.
    let place = || path.display().to_string();
    let metadata =
        fs::metadata(path).map_err(|source| SecretError::Unreadable { place: place(), source })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if !metadata.is_file() {
        return Err(SecretError::NotAFile { place: place() });
    }
    if mode & 0o077 != 0 {
        return Err(SecretError::Exposed { path: path.to_owned(), mode });
    }
    Ok(())
}

fn read_from(file: File, place: String) -> Result<SecretString, SecretError> {
    let mut text = Vec::new();
    match file.take(MAX_BYTES + 1).read_to_end(&mut text) {
        Ok(_) if text.len() as u64 > MAX_BYTES => Err(SecretError::NotAPassword { place }),
        Ok(_) => from_text(OsStr::from_bytes(&text), place),
        Err(source) => Err(SecretError::Unreadable { place, source }),
    }
}

fn from_text(text: &OsStr, place: String) -> Result<SecretString, SecretError> {
    // Nor does the mark that Windows editors begin a file with: it cannot be seen, and
    // KITOS would only say that the password is wrong.
    let text = text.to_str().map(|text| text.trim_start_matches('\u{feff}'));
    match text.map(|text| text.trim_end_matches(['\r', '\n'])) {
        Some("") => Err(SecretError::Empty { place }),
        Some(password) if !password.contains(char::is_control) => Ok(SecretString::from(password)),
        _ => Err(SecretError::NotAPassword { place }),
    }
}

#[cfg(test)]
mod tests;
