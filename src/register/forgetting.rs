//! Where a text names someone who is to be forgotten. Municipalities write
//! `an@…` and `jan@…`, `Anna Berg` and `Anna Bergmann`: what merely holds a name
//! or an address is another's, and stays. A mail that waits would lose its reader
//! otherwise.

/// `text` with `with` for each whole `address`; `None` where it is not in it.
pub fn without_address(text: &str, address: &str, with: &str) -> Option<String> {
    replaced(text, address, with, |before, after| {
        // A slash may stand in an address; in our keys of mails it stands before one.
        let in_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-=?^_`{|}~.".contains(c);
        let in_domain = |c: char| c.is_alphanumeric() || c == '-';
        let mut after = after.chars();
        let goes_on = match after.next() {
            // The full stop of a sentence ends it.
            Some('.') => after.next().is_some_and(in_domain),
            Some(next) => in_domain(next),
            None => false,
        };
        !last(before).is_some_and(in_local) && !goes_on
    })
}

/// `text` with `with` for each whole `name`, a Danish genitive included; `None`
/// where it is not in it.
pub fn without_name(text: &str, name: &str, with: &str) -> Option<String> {
    replaced(text, name, with, |before, after| {
        let in_name = |c: char| c.is_alphanumeric() || c == '-';
        let after = after.strip_prefix('s').unwrap_or(after);
        !last(before).is_some_and(in_name) && !after.chars().next().is_some_and(in_name)
    })
}

/// The last character of what stands before, where it may belong to the word that
/// follows: the letter of an escape in JSON (`\n`) does not.
fn last(before: &str) -> Option<char> {
    let mut backwards = before.chars().rev();
    let last = backwards.next()?;
    let escaped = "bfnrt".contains(last) && backwards.next() == Some('\\');
    (!escaped).then_some(last)
}

/// Whether texts are searched for that name: a single word may mean something else, and
/// KITOS has users without a name.
pub fn is_telling(name: &str) -> bool {
    name.trim().contains(' ')
}

/// A text in which many people are looked for.
#[derive(Debug)]
pub struct Searched {
    text: String,
    in_small_letters: String,
}

impl Searched {
    pub fn new(text: String) -> Self {
        Self { in_small_letters: text.to_lowercase(), text }
    }

    /// Whether it names someone by the whole name or the whole address.
    pub fn names(&self, name: &str, address: Option<&str>) -> bool {
        is_telling(name) && without_name(&self.text, name, "").is_some()
            || address.is_some_and(|address| {
                let address = address.to_lowercase();
                !address.is_empty()
                    && without_address(&self.in_small_letters, &address, "").is_some()
            })
    }
}

fn replaced(
    text: &str,
    old: &str,
    new: &str,
    is_whole: impl Fn(&str, &str) -> bool,
) -> Option<String> {
    let (mut result, mut taken) = (String::new(), 0);
    for (at, found) in text.match_indices(old) {
        let end = at + found.len();
        if is_whole(&text[..at], &text[end..]) {
            result.push_str(&text[taken..at]);
            result.push_str(new);
            taken = end;
        }
    }
    // Most texts hold nothing of most people.
    if taken == 0 {
        return None;
    }
    result.push_str(&text[taken..]);
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_within_another_is_another() {
        for (text, expected) in [
            ("an@by.dk", Some("X")),
            (r#"["an@by.dk"]"#, Some(r#"["X"]"#)),
            ("<an@by.dk>, jan@by.dk", Some("<X>, jan@by.dk")),
            ("refused by an@by.dk.", Some("refused by X.")),
            (r"to:\nan@by.dk", Some(r"to:\nX")),
            ("send/reminder/820b/an@by.dk", Some("send/reminder/820b/X")),
            ("an@by.dk an@by.dk", Some("X X")),
            (r#"["jan@by.dk"]"#, None),
            ("j.an@by.dk", None),
            ("j-an@by.dk", None),
            ("åan@by.dk", None),
            ("an@by.dk.example", None),
            ("an@by.dkx", None),
            ("an@by.dk-x.example", None),
            ("", None),
        ] {
            assert_eq!(without_address(text, "an@by.dk", "X").as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn someone_is_named_by_the_whole_name_or_address() {
        for (text, name, address, expected) in [
            ("Systemejeren er Anna Berg.", "Anna Berg", None, true),
            ("Systemejeren er Anna Bergmann.", "Anna Berg", None, false),
            ("til Anna.Berg@BY.dk", "Anna Berg", Some("anna.berg@by.dk"), true),
            ("til jan@by.dk", "Jan Holm", Some("an@by.dk"), false),
            ("Support svarer", "Support", None, false),
            ("noget", "", Some(""), false),
            ("noget", " ", None, false),
        ] {
            let searched = Searched::new(text.to_owned());
            assert_eq!(searched.names(name, address), expected, "{text}: {name}");
        }
    }

    #[test]
    fn a_name_within_another_is_another() {
        for (text, expected) in [
            ("Anna Berg", Some("X")),
            ("Anna Berg forlader os: Anna Bergs systemer", Some("X forlader os: Xs systemer")),
            ("»Anna Berg«, Anna Bergmann", Some("»X«, Anna Bergmann")),
            (r#"{"text":"a\nAnna Berg"}"#, Some(r#"{"text":"a\nX"}"#)),
            ("Anna Bergmann", None),
            ("Anna Bergsøe", None),
            ("Anna Berg-Holm", None),
            ("Susanna Anna Bergø", None),
            ("Hanna Berg", None),
            ("Marie-Anna Berg", None),
        ] {
            assert_eq!(without_name(text, "Anna Berg", "X").as_deref(), expected, "{text}");
        }
    }
}
