//! Uuids that nobody has had before: of the installation, and of test mails.

use uuid::Uuid;

/// A fresh random uuid.
pub(super) fn fresh_uuid() -> Uuid {
    Uuid::new_v4()
}
