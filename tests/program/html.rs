//! A strict reader of the HTML that our templates write.

const ELEMENTS: &str = "\
    html head meta title style body div span table tr td th p a b strong h1 h2 h3 ul li br \
    header main nav ol section figure figcaption thead tbody dl dt dd svg line rect polyline \
    circle text";

const ATTRIBUTES: &str = "\
    bgcolor lang charset name content style class role width height align valign cellpadding \
    cellspacing border href colspan id http-equiv aria-labelledby aria-label tabindex scope \
    viewBox text-anchor points x y x1 x2 y1 y2 cx cy r";

/// Reads `page`, which `name` names in messages: known elements, quoted attributes without
/// handlers, links to `kitos` alone, everything closed; `mark`, which stands in every
/// name from outside, in text alone.
pub fn assert_strict(name: &str, page: &str, mark: &str, kitos: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.trim_start();
    rest = rest.strip_prefix("<!doctype html>").expect("a document type");
    while let Some(at) = rest.find('<') {
        let (text, tail) = rest.split_at(at);
        assert!(!text.contains('>') || open.last().is_some_and(|e| e == "style"), "{name}: {text}");
        if let Some(comment) = tail.strip_prefix("<!--") {
            let (inside, after) = comment.split_once("-->").expect("an end of the comment");
            // Only Outlook's, which our own layout writes.
            assert!(inside.starts_with("[if mso]") && !inside.contains(mark), "{name}: {inside}");
            rest = after;
            continue;
        }
        let end = tail.find('>').expect("an end of the tag");
        let (tag, after) = (&tail[1..end], &tail[end + 1..]);
        rest = after;
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "{name}: closed in the wrong order");
            continue;
        }
        let alone = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (element, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        assert!(is_one_of(ELEMENTS, element), "{name}: <{tag}>");
        let mut attributes = attributes.trim();
        while !attributes.is_empty() {
            let (key, value) = attributes.split_once("=\"").expect("a quoted value");
            let (value, more) = value.split_once('"').expect("its end");
            assert!(is_one_of(ATTRIBUTES, key), "{name}: {key} in <{tag}>");
            assert!(!value.contains('<'), "{name}: <{tag}>");
            let local = value.starts_with(kitos) || value.starts_with("mailto:");
            assert!(key != "href" || local, "{name}: a link to {value}");
            assert!(key != "style" || !value.contains("url("), "{name}: {value}");
            assert!(key == "href" || !value.contains(mark), "{name}: {value}");
            attributes = more.trim_start();
        }
        if !alone && !["meta", "br"].contains(&element) {
            open.push(element.to_owned());
        }
    }
    assert!(open.is_empty() && !rest.contains('>'), "{name}: {open:?} left open");
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}
