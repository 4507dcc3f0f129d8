//! The digest's sentences without a mail around them: for the page, which has room for
//! all of them.

use serde::Serialize;

use super::names::Names;
use super::news::{self, News};
use super::todo::Place;
use super::{movement, operations, passed, round, share, table, todo};
use crate::config;
use crate::notify::digest::data::{Digest, Task};
use crate::text::danish::percent;
use crate::text::words::words;

/// What the page says with the digest's words.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestWords {
    pub percent: Option<u32>,
    pub share: String,
    pub movement: Option<String>,
    /// What IT must do, all of it.
    pub tasks: Vec<TaskInWords>,
    /// `None` before the second digest: there is no "since last time".
    pub news: Option<News>,
    pub kinds: String,
    pub passed: Vec<String>,
    /// How far the review is that is under way.
    pub round: Option<String>,
    pub operations: Vec<String>,
}

/// One thing that IT must do.
#[derive(Debug, Clone, Serialize)]
pub struct TaskInWords {
    pub what: String,
    /// Which view of the page it is done on (its words are `page.<view>`), if on any.
    pub view: Option<&'static str>,
}

/// The digest in words.
pub fn in_words(digest: &Digest, config: &config::Mail) -> DigestWords {
    let words = words(config.language);
    let mut names = Names::new(words);
    let news = news::news(digest, words, &mut names);
    let each = |story| news::story(story, words, &mut Names::new(words));
    DigestWords {
        percent: percent(digest.share.part, digest.share.whole),
        share: share(digest, words),
        movement: movement(digest, words),
        tasks: digest
            .tasks
            .iter()
            .map(|task| TaskInWords {
                what: todo::line(task, words, &mut Names::new(words), Place::Page),
                view: view(task),
            })
            .collect(),
        // Here all of them, by name: a page is not a mail.
        news: news.map(|news| {
            let (solved, solved_names) =
                news::solved(&digest.solved, words, &mut Names::new(words));
            let stories = digest.stories.iter().map(each).collect();
            News { stories, solved, solved_names, ..news }
        }),
        kinds: table::kinds(digest, words),
        passed: passed(digest, words, &mut Names::new(words), usize::MAX),
        round: round(digest, words, Place::Page),
        operations: operations(digest, words, config),
    }
}

fn view(task: &Task) -> Option<&'static str> {
    match task {
        Task::Held { .. } => Some("guard"),
        Task::Incident => Some("runs"),
        Task::Answered { .. } => Some("answers"),
        Task::Away { .. } => Some("people"),
        Task::Waiver { .. } => Some("findings"),
        _ => None,
    }
}
