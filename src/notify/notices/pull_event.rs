//! What one pull saw, as notices are made of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::{Change, NoticeFact, NoticeItem, SuggestionLine};
use crate::register::changes::Dated;

/// What the notices are made of.
#[derive(Debug, Clone, Copy)]
pub struct PullEvent<'a> {
    /// The snapshot that saw the changes.
    pub snapshot_id: i64,
    pub before: Dated<'a>,
    pub after: Dated<'a>,
    pub changes: &'a [Change],
    /// Those of the day before.
    pub earlier: &'a [Change],
    /// Folded address and fact of each notice that was withdrawn before it was sent.
    pub withdrawn: &'a BTreeSet<(String, NoticeFact)>,
    /// What waited for its reader (folded address), and is told with this.
    pub waiting: &'a BTreeMap<String, Vec<NoticeItem>>,
    /// Who could own a usage, in words.
    pub suggestions: &'a BTreeMap<Uuid, Vec<SuggestionLine>>,
    pub now: DateTime<Utc>,
}

/// One thing to tell, and whom.
#[derive(Debug, Clone)]
pub(super) struct NoticeDraft {
    pub item: NoticeItem,
    /// People who are told, if they can be reached.
    pub people: BTreeSet<Uuid>,
    /// The unit whose leader is told.
    pub leader_of: Option<Uuid>,
    pub it: ToIt,
}

/// Whether IT is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToIt {
    Always,
    /// Where nobody else can be reached.
    Else,
    Never,
}
