//! "Did you mean …?" for keys, for values of a known set, and for names.

/// The candidate that `word` is most likely a slip of.
///
/// A few letters amiss are a slip of the last part of the word; the right last
/// part in the wrong place counts too (`mail.host` for `mail.smtp.host`,
/// `Copenhagen` for `Europe/Copenhagen`), if only one candidate has it.
pub fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let slips = (last_part(&word).chars().count() / 3).max(1);
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
    candidates
        .clone()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= slips)
        .min()
        .map(|(_, candidate)| candidate)
        .or_else(|| {
            let mut namesakes =
                candidates.filter(|other| last_part(&other.to_lowercase()) == last_part(&word));
            namesakes.next().filter(|_| namesakes.next().is_none())
        })
}

/// The one of `names` that is most like `name`, if one is like it at all.
///
/// Names that people gave are longer than a slip: half of one may be missing.
pub fn nearest_name<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    names
        .map(|known| (strsim::jaro_winkler(&name, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// ` Did you mean …?` after a message, or nothing.
pub fn did_you_mean<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> String {
    nearest(word, candidates).map_or_else(String::new, |name| format!(" Did you mean \"{name}\"?"))
}

fn last_part(word: &str) -> &str {
    word.rsplit(['.', '/']).next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_what_was_meant() {
        let keys =
            ["kitos.url", "kitos.page_size", "mail.smtp.host", "mail.it", "a.days", "b.days"];
        let keys = keys.into_iter();
        for (word, expected) in [
            ("kitos.pagesize", Some("kitos.page_size")),
            ("kitos.PAGE_SIZE", Some("kitos.page_size")),
            ("kitos.ulr", Some("kitos.url")),
            ("kitos.abc", None),
            ("mail.smtp_host", Some("mail.smtp.host")),
            ("mail.host", Some("mail.smtp.host")),
            ("host", Some("mail.smtp.host")),
            ("mail.to", None),
            ("c.days", Some("a.days")),
            ("retention.days", None),
        ] {
            assert_eq!(nearest(word, keys.clone()), expected, "{word}");
        }
    }
}
