//! One thing that was tested, and what came of it.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// Works, and is worth knowing.
    Note,
    Fault,
}

impl Verdict {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Fault => "FAULT",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub what: &'static str,
    pub verdict: Verdict,
    pub detail: String,
}

pub(super) fn ok(what: &'static str, detail: impl Into<String>) -> Line {
    Line { what, verdict: Verdict::Ok, detail: detail.into() }
}

pub(super) fn note(what: &'static str, detail: impl Into<String>) -> Line {
    Line { what, verdict: Verdict::Note, detail: detail.into() }
}

pub(super) fn fault(what: &'static str, detail: impl Into<String>) -> Line {
    Line { what, verdict: Verdict::Fault, detail: detail.into() }
}
