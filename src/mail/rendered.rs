//! A mail in words, before it becomes MIME.

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line of at most [`clean::LONGEST_SUBJECT`](crate::text::clean::LONGEST_SUBJECT) characters.
    pub subject: String,
    /// Lines end with LF; wrapped for reading.
    pub text: String,
    pub html: String,
    pub attachment: Option<Attachment>,
}

/// A spreadsheet that comes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// In ASCII.
    pub name: String,
    pub content: Vec<u8>,
}
