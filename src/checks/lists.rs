//! The lists that the configuration names: the leaders, the departures.

use super::line::{Line, fault, note, ok};
use crate::jobs::Context;
use crate::policy::sheet::BadCell;
use crate::query::{self, Departing, ListFile, read_departures, read_leaders};

/// Bad cells that are named.
const NAMED: usize = 5;

const LEADERS: &str = "leaders file";
const DEPARTURES: &str = "departures";

pub async fn check(context: &Context) -> Vec<Line> {
    vec![leaders(context), departures(context).await]
}

fn leaders(context: &Context) -> Line {
    match read_leaders(&context.config) {
        ListFile::None => ok(
            LEADERS,
            "none is configured; the rules owner-level and owner-outside-unit judge nothing",
        ),
        ListFile::Broken(why) => {
            fault(LEADERS, format!("{why}. The rules that need it stand still until it is fixed"))
        }
        ListFile::Read { list, bad } => read(LEADERS, &format!("{} leaders", list.len()), &bad),
    }
}

async fn departures(context: &Context) -> Line {
    let (list, bad) = match read_departures(&context.config) {
        ListFile::None => return ok(DEPARTURES, "no list of those who leave is configured"),
        ListFile::Broken(why) => {
            let meanwhile = "Until it is fixed, who counts as gone stays so, and nobody new does";
            return fault(DEPARTURES, format!("{why}. {meanwhile}"));
        }
        ListFile::Read { list, bad } => (list, bad),
    };
    // A database that cannot be read has a line of its own.
    let total = list.len();
    let known = context.ask(move |moment| query::departing(moment, &list)).await.ok().flatten();
    let words = match known {
        None => format!("{total} people"),
        Some(Departing { users, with_roles, overdue }) => {
            let gone = match overdue {
                0 => String::new(),
                overdue => {
                    format!("; of {overdue} the last day has passed, and they count as gone")
                }
            };
            format!("{total} people; {users} are users of KITOS, {with_roles} with roles{gone}")
        }
    };
    read(DEPARTURES, &words, &bad)
}

/// A list that could be read, but for these cells.
fn read(what: &'static str, words: &str, bad: &[BadCell]) -> Line {
    if bad.is_empty() {
        return ok(what, words);
    }
    let named = bad.iter().take(NAMED).map(|bad| format!("line {}: {}", bad.line, bad.why));
    let named: Vec<String> = named.collect();
    let count = bad.len();
    note(what, format!("{words}, and {count} cells that cannot be read: {}", named.join("; ")))
}
