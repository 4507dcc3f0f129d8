//! Why a mail cannot be made.

/// Why a mail cannot be made. The message is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template names what is not there, or does not parse.
    #[error(
        "cannot put the {what} into words: {source}. This is a fault of the program: report it"
    )]
    Template { what: &'static str, source: Box<minijinja::Error> },
    #[error(
        "cannot put the {what} into words: {source}. This is a fault of the program: report it"
    )]
    Data { what: &'static str, source: serde_json::Error },
    #[error(
        "cannot address a mail to \"{address}\": {source}. Correct it where it comes from: the command, the configuration, or KITOS"
    )]
    Address { address: String, source: lettre::address::AddressError },
    #[error("cannot make the digest's spreadsheet: {0}. This is a fault of the program: report it")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("cannot attach a file to a mail: {0}. This is a fault of the program: report it")]
    MediaType(#[from] lettre::message::header::ContentTypeErr),
    #[error("cannot address a mail in mode redirect: mail.redirect_to is not set. Set it")]
    NoRedirect,
    #[error(
        "cannot finish a mail: {0}. Check mail.from, mail.reply_to and mail.it in the configuration"
    )]
    Mime(#[from] lettre::error::Error),
}

impl Error {
    /// The same where one of the municipality's own templates is at fault.
    pub(super) fn of_own_template(&self) -> String {
        match self {
            Self::Template { what, source } => format!("{what}: {source}"),
            other => other.to_string(),
        }
    }
}
