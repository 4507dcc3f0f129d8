//! The evidence for an audit period as a document: a page to print, and a workbook to
//! sort and check. Both show the same tables; the page begins with what a director
//! reads. Nothing here asks the database or the clock.

mod cell;
mod chart;
mod error;
mod front;
mod html;
mod seal;
mod summary;
mod tables;
mod workbook;

pub use error::Error;
pub use html::html;
pub use seal::Report;
pub use summary::{Summary, summary};
pub use workbook::workbook;
