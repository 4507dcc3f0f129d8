//! The example file, made of the table of keys.

use super::read::{Entry, with_nothing_set};
use super::table::Config;

/// `config/kitos-sync.example.toml`: every key with its meaning and default.
pub fn example() -> String {
    let mut text = String::new();
    for entry in with_nothing_set(Config::read).1 {
        match entry {
            Entry::Section { path, about } if path.is_empty() => {
                text.push_str(&comment(&about(&path)))
            }
            Entry::Section { path, about } => {
                text.push_str(&format!("\n{}[{path}]\n", comment(&about(&path))));
            }
            Entry::Key(key) => {
                // A key without words of its own stands with the one above it.
                if !key.about.is_empty() {
                    text.push_str(&format!("\n{}", comment(&key.about)));
                }
                let name = key.path.rsplit('.').next().unwrap_or_default();
                let off = if key.required { "" } else { "# " };
                text.push_str(&format!("{off}{name} = {}\n", key.value));
            }
        }
    }
    text
}

/// Lines with `# ` before each. A description that was written as a doc comment has
/// the blank already.
fn comment(about: &str) -> String {
    let line = |line: &str| format!("# {}", line.strip_prefix(' ').unwrap_or(line));
    about.lines().map(|text| format!("{}\n", line(text).trim_end())).collect()
}
