//! Names that have broken other programs are text in every view.

use chrono::Utc;
use kitos_standin::World;

use crate::page::site::{LOGIN, Site};

/// What no view may show as anything but text.
const NAMES: [&str; 8] = [
    "<script>alert('Qx7')</script>",
    "\"><img src=x onerror=alert(1)>Qx7",
    "'><svg/onload=alert(1)>Qx7",
    "</td></table></main></body>Qx7",
    "{{ 7 * 7 }}{% for x in y %}Qx7{# #}",
    "Qx7 \u{202e}fdp.exe\u{2066}\u{200f}",
    "Qx7\u{0}\u{1b}[31m\r\nSet-Cookie: a=b",
    "javascript:alert(1)//Qx7",
];

/// The elements of our own templates, and their attributes.
const ELEMENTS: &str = "html head meta title link body a header div img nav ul wbr li p span main \
    h1 h2 h3 section table thead tbody tfoot tr th td form label input select option button dl \
    dt dd ol br strong iframe footer time textarea svg line text path circle figure figcaption \
    details summary caption fieldset legend b polyline rect wbr";
const ATTRIBUTES: &str = "lang charset name content rel href type class alt src width height \
    hreflang aria-label aria-current id tabindex role scope data-label method action value \
    maxlength for selected required min title sandbox datetime aria-sort viewBox x y x1 x2 y1 y2 \
    cx cy r d text-anchor colspan rows checked autocomplete \
    max download points formaction";

#[test]
fn hostile_names_are_text_in_every_view() {
    let mut world = World::generate_at(7, 40, Utc::now());
    let mut names = NAMES.iter().cycle();
    let mut next = || (*names.next().expect("endless")).to_owned();
    let long = format!("Qx7{}", "å".repeat(10_000));
    for usage in &mut world.usages {
        usage.local_name = Some(next());
    }
    if let Some(usage) = world.usages.first_mut() {
        usage.local_name = Some(long);
    }
    for user in &mut world.users {
        user.last_name = Some(next());
    }
    for unit in &mut world.units {
        unit.name = next();
    }
    let site = Site::of(world, LOGIN);
    for path in site.views() {
        let page = site.page(&path);
        judge(&path, &page);
        for steering in ['\u{202e}', '\u{2066}', '\u{0}', '\u{1b}'] {
            assert!(!page.contains(steering), "{path}: {steering:?}");
        }
    }
    let shown = ["/systems", "/people", "/findings"].map(|path| site.page(path)).concat();
    assert!(shown.contains("&lt;script&gt;alert(&#39;Qx7&#39;)&lt;/script&gt;"));
    assert!(shown.contains("{{ 7 * 7 }}"), "and no template");
    for line in site.get("/findings.csv").text().lines() {
        for cell in line.split(';') {
            assert!(!cell.trim_matches('"').starts_with(['=', '@']), "{cell}");
        }
    }
}

/// Every tag is one of ours, with our attributes.
fn judge(path: &str, page: &str) {
    let elements: Vec<&str> = ELEMENTS.split_whitespace().collect();
    let attributes: Vec<&str> = ATTRIBUTES.split_whitespace().collect();
    let mut rest = page;
    let mut tags = 0;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if rest.starts_with("!doctype") {
            continue;
        }
        let tag = end_of(rest).unwrap_or_else(|| panic!("{path}: an open tag: {rest:.80}"));
        let (inside, after) = rest.split_at(tag);
        rest = after;
        tags += 1;
        let inside = inside.trim_start_matches('/').trim_end_matches('/');
        let name = inside.split_whitespace().next().unwrap_or_default();
        assert!(elements.contains(&name), "{path}: <{inside}>");
        for attribute in names_in(&inside[name.len()..]) {
            assert!(attributes.contains(&attribute.as_str()), "{path}: {attribute} in <{inside}>");
        }
    }
    assert!(tags > 10, "{path}");
}

/// Where the tag ends: a bracket in quotes is none.
fn end_of(tag: &str) -> Option<usize> {
    let mut quoted = false;
    tag.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

/// The names of attributes, whose values stand in double quotes.
fn names_in(attributes: &str) -> Vec<String> {
    let outside: Vec<&str> = attributes.split('"').step_by(2).collect();
    let words = outside.join(" ");
    words.split([' ', '=', '\n']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
