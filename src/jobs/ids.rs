//! The one place where a job draws something by chance.

use uuid::Uuid;

/// A fresh random uuid.
pub(super) fn fresh_uuid() -> Uuid {
    Uuid::new_v4()
}
