//! Parse, dispatch, exit code: all else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kitos_sync::cli::main()
}
