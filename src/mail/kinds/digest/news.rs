//! What happened since the last digest, by cause: a leaver with nine systems is one
//! line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::names::{Names, short};
use crate::model::Ending;
use crate::notify::digest::data::{Cause, Digest, Named, Solved, Story};
use crate::text::words::{Arg, Words};

/// How many causes are told one by one.
const MOST_STORIES: usize = 5;

/// How many solved ones are named.
const MOST_SOLVED: usize = 6;

/// Systems that come or go, or are excepted, are named where they are no more than these: some
/// of many would read as if they were all.
const MOST_SYSTEMS: usize = 4;

/// What happened since last time.
#[derive(Debug, Clone, Serialize)]
pub struct News {
    pub heading: String,
    /// Where nothing happened, or nothing is known.
    pub nothing: Option<String>,
    pub new: Option<String>,
    pub stories: Vec<String>,
    pub solved: Option<String>,
    pub solved_names: Option<String>,
    pub fallen: Option<String>,
    pub lapsed: Option<String>,
    pub excepted: Option<String>,
    pub systems: Option<String>,
}

/// Nothing in the first digest, which has no last time.
pub(super) fn news(digest: &Digest, words: &Words, names: &mut Names<'_>) -> Option<News> {
    let since = digest.since?;
    let say = |key: &str, args: &[(&str, Arg)]| words.say(&format!("mail.digest.news.{key}"), args);
    let found: u32 = digest.stories.iter().map(|story| story.findings).sum();
    let new = (found > 0)
        .then(|| say("new", &[("n", found.into()), ("causes", digest.stories.len().into())]));
    let mut stories: Vec<String> =
        digest.stories.iter().take(MOST_STORIES).map(|s| story(s, words, names)).collect();
    let more = digest.stories.len().saturating_sub(stories.len());
    if more > 0 {
        stories.push(say("more", &[("n", more.into())]));
    }
    // In the order in which it is read: what stands above is not named again.
    let (solved, solved_names) = solved(&digest.solved, words, names);
    let excepted = excepted(digest, words, names);
    let mut moved = Vec::new();
    for (key, of) in [
        ("acquired", &digest.acquired),
        ("revived", &digest.revived),
        ("put-off", &digest.put_off),
        ("leaving", &digest.leaving),
    ] {
        if !of.is_empty() {
            let named = match of.len() > MOST_SYSTEMS {
                true => Vec::new(),
                false => names.new_only(of, MOST_SYSTEMS),
            };
            let args = [("n", of.len().into()), ("names", named.into())];
            moved.push(say(&format!("systems.{key}"), &args));
        }
    }
    let systems = (!moved.is_empty()).then(|| say("systems.all", &[("moved", moved.into())]));
    let is_quiet = found == 0
        && solved.is_none()
        && digest.fallen.is_empty()
        && digest.lapsed == 0
        && excepted.is_none()
        && systems.is_none();
    Some(News {
        heading: say("heading", &[("since", since.into())]),
        nothing: is_quiet.then(|| match digest.nothing_read {
            true => say("nothing-read", &[("at", digest.health.pulled_at.into())]),
            false => say("nothing", &[]),
        }),
        new,
        stories,
        solved,
        solved_names,
        fallen: fallen(&digest.fallen, words),
        lapsed: (digest.lapsed > 0).then(|| say("lapsed", &[("n", digest.lapsed.into())])),
        excepted,
        systems,
    })
}

/// What is excepted since, and what counts again because an exception ended.
fn excepted(digest: &Digest, words: &Words, names: &mut Names<'_>) -> Option<String> {
    let mut line = |key: &str, those: &Named| {
        let named = match those.systems.len() > MOST_SYSTEMS {
            true => Vec::new(),
            false => names.of(&those.systems),
        };
        let args = [("n", those.findings.into()), ("names", named.into())];
        (those.findings > 0).then(|| words.say(&format!("mail.digest.news.{key}"), &args))
    };
    let lines = [line("excepted", &digest.excepted_since), line("again", &digest.counts_again)];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// What went, each kind in words of its own.
fn fallen(fallen: &BTreeMap<Ending, u32>, words: &Words) -> Option<String> {
    let part = |(ending, n): (&Ending, &u32)| {
        words.say(&format!("mail.digest.news.fell.{}", ending.as_str()), &[("n", (*n).into())])
    };
    let parts: Vec<String> = fallen.iter().map(part).collect();
    let args = [("parts", parts.join("; ").into())];
    (!fallen.is_empty()).then(|| words.say("mail.digest.news.fallen", &args))
}

pub(super) fn story(story: &Story, words: &Words, names: &mut Names<'_>) -> String {
    let say = |key: &str, args: &[(&str, Arg)]| words.say(&format!("mail.digest.news.{key}"), args);
    let mut args =
        vec![("n", story.systems.len().into()), ("unit", story.unit.as_deref().map(short).into())];
    match &story.cause {
        Cause::Left { person, on, asked } => {
            let systems = asked.as_ref().map(|asked| asked.systems);
            args.extend([
                ("person", short(person).into()),
                ("on", (*on).into()),
                ("leader", asked.as_ref().map(|asked| short(&asked.name)).into()),
                ("by", asked.as_ref().and_then(|asked| asked.deadline).into()),
                ("some", systems.is_some_and(|systems| systems < story.findings).into()),
                ("asked", systems.into()),
            ]);
            say("leaver", &args)
        }
        Cause::Unreachable { person } => {
            args.push(("person", short(person).into()));
            say("unreachable", &args)
        }
        Cause::Acquired { missing } => {
            let field = |field: &String| words.text(&format!("field.{field}.short")).to_owned();
            args.push(("fields", missing.iter().map(field).collect::<Vec<_>>().into()));
            args.push(("names", names.unless_all_said(&story.systems).into()));
            say("acquired", &args)
        }
        Cause::Units { changed } => {
            args.extend([
                ("units", (*changed).into()),
                ("names", names.of(&story.systems).into()),
                ("findings", story.findings.into()),
            ]);
            say("units", &args)
        }
        Cause::PolicyChange => say("by-policy", &[("n", story.findings.into())]),
        Cause::Rule(rule) => {
            let rule = words.text(&format!("rule.{}.name", rule.as_str())).to_owned();
            say("by-rule", &[("rule", rule.into()), ("names", names.of(&story.systems).into())])
        }
    }
}

/// How much was put right, and where.
pub(super) fn solved(
    solved: &[Solved],
    words: &Words,
    names: &mut Names<'_>,
) -> (Option<String>, Option<String>) {
    let named = solved_names(solved, words, names);
    let line = (!solved.is_empty()).then(|| {
        let of: BTreeSet<&str> = solved.iter().map(|line| line.system.as_str()).collect();
        let args = [
            ("n", solved.len().into()),
            ("named", named.clone().into()),
            ("above", of.len().into()),
        ];
        words.say("mail.digest.news.solved", &args)
    });
    (line, named)
}

/// Each system once, with all that was put right.
fn solved_names(solved: &[Solved], words: &Words, names: &mut Names<'_>) -> Option<String> {
    let mut systems: Vec<&str> = Vec::new();
    for line in solved {
        if !systems.contains(&line.system.as_str()) {
            systems.push(&line.system);
        }
    }
    let mut items = Vec::new();
    for system in &systems {
        if items.len() == MOST_SOLVED {
            break;
        }
        let name = names.new_only(&[(*system).to_owned()], 1);
        let Some(name) = name.into_iter().next() else { continue };
        let of = |line: &&Solved| line.system == **system;
        let whats: Vec<String> = solved.iter().filter(of).map(|line| what(line, words)).collect();
        let args = [("name", name.into()), ("what", whats.into())];
        items.push(words.say("mail.digest.news.solved-item", &args));
    }
    let more = systems.len() - items.len();
    if more > 0 && !items.is_empty() {
        items.push(words.say("mail.digest.others", &[("n", more.into())]));
    }
    (!items.is_empty()).then(|| {
        let all = Arg::from(items);
        words.say("mail.digest.news.solved-all", &[("items", all)])
    })
}

fn what(solved: &Solved, words: &Words) -> String {
    match &solved.owner {
        Some(owner) => {
            words.say("mail.digest.news.solved-owner", &[("owner", short(owner).into())])
        }
        None => words.text(&format!("rule.{}.solved", solved.rule.as_str())).to_owned(),
    }
}
