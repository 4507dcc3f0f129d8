//! The example file, made of the table of keys.

use super::read::{Entry, with_nothing_set};
use super::table::Config;

/// `config/kitos-sync.example.toml`: every key with its meaning and default.
pub fn example() -> String {
    let mut text = String::new();
    for entry in with_nothing_set(Config::read).1 {
        match entry {
            Entry::Section { path, about } if path.is_empty() => text.push_str(&comment(&about)),
            Entry::Section { path, about } => {
                text.push_str(&format!("\n{}[{path}]\n", comment(&about)));
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
    let bare = |line: &'_ str| line.strip_prefix(' ').unwrap_or(line).to_owned();
    let lines = about.lines().flat_map(|line| wrapped(&bare(line)));
    lines.map(|line| format!("{}\n", format!("# {line}").trim_end())).collect()
}

/// The words of a line in lines that the file has room for.
fn wrapped(line: &str) -> Vec<String> {
    const ROOM: usize = 77;
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = lines.last().map_or(0, |last| last.chars().count());
        if last > 0 && last + word.trim_end().chars().count() > ROOM {
            lines.push(String::new());
        }
        lines.last_mut().expect("there is one").push_str(word);
    }
    lines
}
