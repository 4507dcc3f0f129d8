//! Where in the file something stands.

use toml::Spanned;

use super::problem::Place;

/// Where a part of the file begins.
pub(super) fn line_of<T>(text: &str, part: &Spanned<T>) -> Place {
    line_at(text, part.span().start)
}

/// The line of a byte offset.
pub(super) fn line_at(text: &str, offset: usize) -> Place {
    Place::Line(text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1)
}
