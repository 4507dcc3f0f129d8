//! `docs/regler.md`, the rules as the information-security coordinator reads them,
//! is made of the table of rules and its Danish words. This holds the file to them;
//! `UPDATE_DOCS=1 cargo test --test house handbook` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kitos_sync::model::Language;
use kitos_sync::policy::rules::{RULES, RuleDef, Source};
use kitos_sync::text::words::{Words, words};

const INTRODUCTION: &str = include_str!("regler.md");

#[test]
fn the_handbook_is_what_the_table_of_rules_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/regler.md");
    let expected = handbook();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/regler.md is not what the table of rules says. \
         Write it anew with `UPDATE_DOCS=1 cargo test --test house handbook`"
    );
}

#[test]
fn every_rule_has_its_words_in_whole_sentences() {
    for (language, other) in [
        (Language::Da, [" the ", " owner", " usage"]),
        (Language::En, [" det ", " systemejer", " ikke "]),
    ] {
        for rule in RULES {
            for part in ["condition", "settings", "why", "remedy", "ends"] {
                let Some(text) = find(words(language), rule, part) else {
                    assert_eq!(part, "settings", "{}", rule.id.as_str());
                    continue;
                };
                assert!(text.ends_with('.') && !text.contains("  "), "{text}");
                assert!(text.starts_with(['`']) || text.starts_with(char::is_uppercase), "{text}");
                // KITOS's own words stand in Danish.
                let own = text.replace("»Ikke i drift«", "");
                assert!(!other.iter().any(|word| own.contains(word)), "{text}");
            }
            let name = find(words(language), rule, "name").unwrap();
            assert!(name.chars().count() <= 60, "{name} is long for a table");
        }
    }
}

fn find<'a>(words: &'a Words, rule: &RuleDef, part: &str) -> Option<&'a str> {
    words.find(&format!("rule.{}.{part}", rule.id.as_str()))
}

fn handbook() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str(
        "\n## Oversigt\n\n| regel | nøgle | alvor | ventetid |\n| --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let name = say(rule, "name");
        let severity = if rule.enabled { severity(rule) } else { "slået fra" };
        let _ = writeln!(
            text,
            "| [{name}](#{}) | `{}` | {severity} | {} |",
            anchor(name),
            rule.id.as_str(),
            days(rule.grace)
        );
    }
    for rule in RULES {
        section(&mut text, rule);
    }
    text
}

fn section(text: &mut String, rule: &RuleDef) {
    let id = rule.id.as_str();
    let enabled = if rule.enabled { "slået til" } else { "slået fra" };
    let settings = find(danish(), rule, "settings").map(|text| format!(" {text}"));
    let _ = write!(
        text,
        "\n## {}\n\n`{id}` · alvor {} · ventetid {} · {enabled}\n\n\
         **Hvornår:** {}\n\n\
         **Hvorfor:** {}\n\n\
         **Hvad skal der gøres:** {}\n\n\
         **Løst, når:** {}\n\n\
         **Fane i KITOS:** {}\n\n\
         **Indstillinger:**{}\n\n```toml\n[policy.rules.{id}]\n",
        say(rule, "name"),
        severity(rule),
        days(rule.grace),
        say(rule, "condition"),
        say(rule, "why"),
        say(rule, "remedy"),
        say(rule, "ends"),
        rule.tab.name(),
        settings.unwrap_or_default(),
    );
    let _ = writeln!(text, "enabled = {}", rule.enabled);
    let _ = writeln!(text, "severity = \"{}\"", rule.severity.as_str());
    let _ = writeln!(text, "grace = {}", rule.grace);
    for (key, value) in rule.default_setting().thresholds.json() {
        // A list of texts is the same in TOML.
        let _ = writeln!(text, "{key} = {}", value.to_string().replace(",", ", "));
    }
    let sources: Vec<String> = rule.sources.iter().map(source).collect();
    let _ = write!(text, "```\n\n*Kilde: {}.*\n", sources.join("; "));
}

fn danish() -> &'static Words {
    words(Language::Da)
}

fn say(rule: &RuleDef, part: &str) -> &'static str {
    find(danish(), rule, part).unwrap_or_else(|| panic!("{} has no {part}", rule.id.as_str()))
}

fn severity(rule: &RuleDef) -> &'static str {
    danish().find(&format!("severity.{}", rule.severity.as_str())).unwrap()
}

fn source(source: &Source) -> String {
    let numbers = |numbers: &[u32]| {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        kitos_sync::text::danish::list(&numbers)
    };
    match source {
        Source::Iso27001 { now, before } => format!("ISO 27001:2022, {now} (2013: {before})"),
        Source::Gdpr(articles) => {
            format!("databeskyttelsesforordningen artikel {}", numbers(articles))
        }
        Source::Guideline(points) => format!("kommunens retningslinje punkt {}", numbers(points)),
    }
}

fn days(days: u32) -> String {
    match days {
        1 => "1 dag".to_owned(),
        days => format!("{days} dage"),
    }
}

/// A heading's address in a rendered page.
fn anchor(title: &str) -> String {
    let plain = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    title.to_lowercase().chars().filter(plain).collect::<String>().replace(' ', "-")
}
