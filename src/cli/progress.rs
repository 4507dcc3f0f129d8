//! One line of progress on a terminal while a pull runs.

use std::sync::LazyLock;

use indicatif::{ProgressBar, ProgressStyle};

use crate::kitos::Progress;

static BAR: LazyLock<ProgressBar> = LazyLock::new(|| {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} reading KITOS: {msg}") {
        bar.set_style(style);
    }
    bar
});

/// Shows how far the pull has come.
pub fn draw(progress: Progress) {
    BAR.set_message(progress.to_string());
    BAR.tick();
}

/// Takes the line away again.
pub fn clear() {
    BAR.finish_and_clear();
}
