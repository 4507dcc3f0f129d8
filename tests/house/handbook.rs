//! `docs/regler.md`, the rules as the information-security coordinator reads them,
//! is made of the catalogue and the configuration's defaults. This holds the file
//! to them; `UPDATE_DOCS=1 cargo test --test rules_handbook` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kitos_sync::config::{Environment, load};
use kitos_sync::model::{Missing, Rule, Severity};
use kitos_sync::policy::catalogue::{Entry, entry};
use kitos_sync::policy::rules::{RULES, Setting};
use kitos_sync::text::links::Tab;
use kitos_sync::text::wording::label;

const INTRODUCTION: &str = "\
# Reglerne

Denne side er til den, der følger op på kommunens systemejere, typisk
informationssikkerhedskoordinatoren. Den er dannet af programmets egen
beskrivelse af reglerne og kan derfor ikke blive forældet: ret den ikke i hånden.

## Sådan arbejder reglerne

Hver nat læser kitos-sync kommunens systemer i KITOS og bedømmer dem efter
reglerne herunder. Ser en regel noget forkert ved et system, åbner den en **sag**.
Der er højst én sag pr. regel og system; flere fejl af samme slags er linjer i
samme sag. Sagen lukkes af sig selv, når KITOS viser, at fejlen er rettet: ingen
skal melde noget tilbage. Kommer fejlen igen, er det en ny sag.

- **Alvor** er høj, middel, lav eller til orientering. Den bestemmer rækkefølgen i
  den ugentlige oversigt til IT og i påmindelserne til ejerne.
- **Frist** er det antal dage, ejeren får, før den første påmindelse sendes. Det,
  der åbnes og løses inden fristen, bliver der ikke skrevet om.
- **Fra begyndelsen.** Den første læsning åbner sager om alt det, der var galt i
  forvejen. De er mærket, så ingen tror, at det er sket i dag.
- **Ændrede regler.** Når en indstilling eller lederfilen ændres, er de sager, der
  åbnes af den grund, mærket: det er reglen, der er ny, ikke fejlen.
- **Ude af drift** er et system, når livscyklus er \"Ikke i drift\", eller
  slutdatoen for anvendelse er passeret. Slutdatoen er selv den sidste dag i brug.
  De fleste regler gælder kun systemer, der ikke er ude af drift.
- **Slettet og registreret igen.** Bliver et system slettet i KITOS og registreret
  igen for det samme fælles system samme dag, fortsætter historik og sager på den
  nye registrering.
- **I tvivl tier reglen.** En regel, der mangler en lederfil, stabe eller en rolle i
  KITOS, siger ingenting. Er lederfilen væk eller blevet meget kortere, står de
  regler, der bruger den, stille, og driften får besked.

## Undtagelser

En enkelt sag undtages med en begrundelse og en slutdato:

```
kitos-sync waive SAG --until 2026-12-31 --reason \"Udfases til nytår\"
```

Når datoen er passeret, er sagen åben igen. Systemer, som reglerne slet ikke skal
gælde for, skrives i indstillingerne:

```toml
[policy.exclude]
names = [\"Test*\"]
```

## Indstillinger

Indstillingerne står i `/etc/kitos-sync/config.toml`. Under hver regel herunder står
dens afsnit med standardværdierne; kun de linjer, der skal være anderledes, behøver
at stå i filen. En regel slås fra med `enabled = false`. `kitos-sync check` siger,
om filen er i orden.
";

#[test]
fn the_handbook_is_what_the_catalogue_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/regler.md");
    let expected = handbook();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/regler.md is not what the catalogue says. \
         Write it anew with `UPDATE_DOCS=1 cargo test --test rules_handbook`"
    );
}

#[test]
fn every_text_is_whole_sentences_in_danish() {
    for rule in RULES.iter().map(|rule| rule.id) {
        let Entry { title, condition, why, remedy, resolved_by, source, .. } = entry(rule);
        for text in [condition, why, remedy, resolved_by] {
            assert!(text.ends_with('.'), "{rule:?}: {text}");
            assert!(text.starts_with(char::is_uppercase), "{rule:?}: {text}");
        }
        for text in [title, condition, why, remedy, resolved_by, source] {
            assert!(!text.contains("  ") && !text.contains(" ,"), "{rule:?}: {text}");
            for english in [" the ", " owner", " usage", " and ", "system owner", "leaders"] {
                assert!(!text.contains(english), "{rule:?}: {text}");
            }
        }
        assert!(title.chars().count() <= 40, "{rule:?}: {title} is long for a table");
    }
}

fn handbook() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let required = "[kitos]\nemail = 'api@kommune.dk'\norganization = '12345678'\n\
                    [mail]\nfrom = 'IT <it@kommune.dk>'\nit = ['it@kommune.dk']\n";
    fs::write(&file, required).unwrap();
    let config = load(&file, &Environment::default()).unwrap().config;
    let rules: Vec<_> =
        RULES.iter().map(|rule| (entry(rule.id), &config.policy.rules[&rule.id])).collect();

    let mut text = INTRODUCTION.to_owned();
    text.push_str(
        "\n## Oversigt\n\n| regel | nøgle | alvor | frist |\n| --- | --- | --- | --- |\n",
    );
    for (entry, settings) in &rules {
        let key = entry.rule.as_str();
        let severity = match settings.enabled {
            true => severity(settings.severity),
            false => "slået fra",
        };
        let _ = writeln!(
            text,
            "| [{}](#{}) | `{key}` | {severity} | {} |",
            entry.title,
            anchor(entry.title),
            days(settings.grace)
        );
    }
    for (entry, settings) in &rules {
        section(&mut text, entry, settings);
    }
    text
}

fn section(text: &mut String, entry: &Entry, settings: &Setting) {
    let Entry { rule, title, condition, why, remedy, resolved_by, source, tab, .. } = *entry;
    let enabled = if settings.enabled { "slået til" } else { "slået fra" };
    let _ = write!(
        text,
        "\n## {title}\n\n`{}` · alvor {} · frist {} · {enabled}\n\n\
         **Hvornår:** {condition}\n\n\
         **Hvorfor:** {why}\n\n\
         **Hvad skal der gøres:** {remedy}\n\n\
         **Løst, når:** {resolved_by}\n\n\
         **Faneblad i KITOS:** {}\n\n",
        rule.as_str(),
        severity(settings.severity),
        days(settings.grace),
        tab_name(tab),
    );
    let _ = writeln!(text, "**Indstillinger:**{}\n\n```toml", explained(rule));
    let _ = writeln!(text, "[policy.rules.{}]", rule.as_str());
    let _ = writeln!(text, "enabled = {}", settings.enabled);
    let _ = writeln!(text, "severity = \"{}\"", settings.severity.as_str());
    let _ = writeln!(text, "grace = {}", settings.grace);
    for (key, value) in settings.thresholds.json() {
        // A list of texts is the same in TOML.
        let _ = writeln!(text, "{key} = {}", value.to_string().replace(",", ", "));
    }
    let _ = write!(text, "```\n\n*Kilde: {source}.*\n");
}

/// What the rule's own keys mean, and what else it goes by.
fn explained(rule: Rule) -> String {
    let text = match rule.as_str() {
        "owner-missing" | "owner-departed" | "owner-several" => {
            "Hvilke roller der tæller som systemejer, står i `policy.owner_roles`."
        }
        "owner-unreachable" => "De tilladte domæner står i `mail.allowed_domains`.",
        "owner-level" => {
            "`levels` er de niveauer i lederfilen (`policy.leaders_file`), der kan eje systemer."
        }
        "owner-outside-unit" => {
            "Lederfilen angives i `policy.leaders_file`, stabene i `policy.staff_units`."
        }
        "cross-unit-owner" => "Stabene angives i `policy.staff_units`.",
        "registration-incomplete" => {
            let fields: Vec<String> = Missing::REQUIRABLE
                .iter()
                .map(|field| format!("`{}` ({})", field.as_str(), label(*field)))
                .collect();
            return format!(
                " `require` er de felter, der skal være udfyldt; vælg blandt {}. `days` er så \
                 mange dage efter anskaffelsen, alvoren er mindst middel.",
                fields.join(", ")
            );
        }
        "phasing-out-stalled" => "`days` er så mange dage, en udfasning må vare.",
        "gdpr-incomplete" => "`months` er så mange måneder, en risikovurdering må være gammel.",
        "registration-stale" => "`months` er så mange måneder, der må gå uden en rettelse.",
        "manager-missing" => {
            "Slå reglen til med `enabled = true`. Rollerne står i `policy.manager_roles`."
        }
        "contact-missing" => {
            "Slå reglen til med `enabled = true`. Rollerne står i `policy.contact_roles`."
        }
        _ => {
            return String::new();
        }
    };
    format!(" {text}")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "til orientering",
        Severity::Low => "lav",
        Severity::Medium => "middel",
        Severity::High => "høj",
    }
}

fn days(days: u32) -> String {
    match days {
        1 => "1 dag".to_owned(),
        days => format!("{days} dage"),
    }
}

fn tab_name(tab: Tab) -> &'static str {
    match tab {
        Tab::Front => "Systemforside",
        Tab::Roles => "Systemroller",
        Tab::Organization => "Organisation",
        Tab::Gdpr => "GDPR",
        Tab::Contracts => "Kontrakter",
    }
}

/// A heading's address in a rendered page.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}
