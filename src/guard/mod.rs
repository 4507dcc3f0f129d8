//! Is this pull sane? A pull that would remove or orphan more than the limits
//! allow, or tell many people of what one mistake in KITOS did, is held for a person
//! to decide (`docs/reliability.md` R8): an API user who lost membership looks like a
//! municipality that switched everything off.
#![deny(clippy::disallowed_methods)]

mod blanked;
mod causes;
mod inspect;
mod lists;
mod owners;
mod step;
mod usages;

pub use causes::causes;
pub use inspect::inspect;
pub use step::{FEW, FEW_CHANGED, Limits, Side, exceeds};

#[cfg(test)]
mod tests;
