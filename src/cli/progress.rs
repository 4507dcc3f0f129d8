//! One line of progress on a terminal while a pull runs. Plain characters and a carriage
//! return: each state overwrites the one before, on any terminal.

use std::io::{IsTerminal, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::jobs::{self, Context};
use crate::kitos::Progress;

/// Whether the line is on the screen.
static DRAWN: AtomicBool = AtomicBool::new(false);

/// Shows how far a pull of this context has come: on a terminal only.
pub fn show(context: &mut Context) {
    if std::io::stderr().is_terminal() {
        context.progress = jobs::Progress(draw);
    }
}

fn draw(progress: Progress) {
    DRAWN.store(true, Ordering::Relaxed);
    write(&format!("reading KITOS: {progress}"));
}

/// Takes the line away again, if there is one.
pub fn clear() {
    if DRAWN.swap(false, Ordering::Relaxed) {
        write("");
    }
}

/// The cursor stays at the beginning, so that a line of the log writes over it.
/// A terminal that has gone is no reason to stop.
fn write(text: &str) {
    let mut terminal = std::io::stderr().lock();
    let _ = write!(terminal, "{text:<50}\r").and_then(|()| terminal.flush());
}
