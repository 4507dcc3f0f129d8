//! The municipality's own templates (`mail.templates`): what is wrong with them.

use std::collections::BTreeSet;
use std::path::Path;

use super::kinds::KINDS;
use super::{say, templates};
use crate::config;

/// What is wrong with the templates in `mail.templates`, a line each; nothing
/// without such a folder. Each is tried with a sample of every mail.
pub fn check_templates(config: &config::Mail) -> Vec<String> {
    let Some(folder) = &config.templates else { return Vec::new() };
    if !folder.is_dir() {
        return vec![format!("{} is no folder", folder.display())];
    }
    let known: BTreeSet<String> = templates::names().collect();
    let mut faults: Vec<String> = files(folder)
        .into_iter()
        .filter(|name| !known.contains(name))
        .map(|name| {
            let like = known.iter().max_by_key(|known| alike(known, &name));
            format!("{name} replaces nothing; the nearest is {}", like.map_or("", String::as_str))
        })
        .collect();
    match templates::environment(config.language, Some(folder), &[]) {
        Ok((_, unusable)) => {
            faults.extend(unusable.into_iter().map(|file| format!("{}: {}", file.name, file.why)));
        }
        Err(error) => faults.push(error.to_string()),
    }
    let to = ["reader@kommune.example".to_owned()];
    for kind in KINDS {
        match (kind.samples)(config) {
            Ok(samples) => faults.extend(samples.into_iter().filter_map(|sample| {
                let said = say(&sample.letter, &to, config, Some(folder));
                said.err().map(|error| error.of_own_template())
            })),
            Err(error) => faults.push(error.of_own_template()),
        }
    }
    faults.dedup();
    faults
}

/// The files in the folder and in its folders, by their names as templates.
fn files(folder: &Path) -> Vec<String> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let mut files: Vec<String> = entries(folder)
        .into_iter()
        .flat_map(|path| if path.is_dir() { entries(&path) } else { vec![path] })
        .filter_map(|path| Some(path.strip_prefix(folder).ok()?.to_str()?.to_owned()))
        .filter(|name| !name.split('/').any(|part| part.starts_with('.')))
        .collect();
    files.sort();
    files
}

/// How alike two names are, for a hint.
fn alike(a: &str, b: &str) -> u64 {
    // From 0 to 1 in small steps; a fraction has no order.
    (strsim::jaro_winkler(a, b) * 1e6) as u64
}
