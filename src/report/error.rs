//! Why a report cannot be made.

/// Each is a fault of the program; the message is for an operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot put the report into words: {0}. This is a fault of the program: report it")]
    Template(#[from] minijinja::Error),
    #[error("cannot make the report's workbook: {0}. This is a fault of the program: report it")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("cannot write the report's data: {0}. This is a fault of the program: report it")]
    Data(#[from] serde_json::Error),
}
