//! Page, digest, report and command line say the same of one data set, number by number.

use serde_json::Value;

use crate::page::site::Site;
use crate::support::workbook;

struct Figures {
    open: usize,
    systems: i64,
    owned: i64,
    waived: i64,
}

impl Figures {
    /// As the command line has them, by two commands that must agree.
    fn of(site: &Site) -> Self {
        let findings = json(site, &["findings"]);
        let findings = findings.as_array().expect("a list").clone();
        let last = &json(site, &["status"])["lastSnapshot"];
        let report = json(site, &["report"]);
        let standing = &report["data"]["standing"];
        for severity in ["high", "medium", "low"] {
            let count = findings.iter().filter(|row| row["severity"] == severity).count();
            assert_eq!(
                standing["open"][severity].as_u64().unwrap_or(0),
                count as u64,
                "{severity}"
            );
        }
        assert_eq!(standing["systems"], last["inScope"]);
        assert_eq!(standing["withOwner"], last["withOwner"]);
        Self {
            open: findings.len(),
            systems: number(&standing["systems"]),
            owned: number(&standing["withOwner"]),
            waived: number(&standing["waived"]),
        }
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().expect("a number")
}

fn json(site: &Site, arguments: &[&str]) -> Value {
    let stdout = site.installation.ok(&[&["--format", "json"], arguments].concat());
    serde_json::from_str(&stdout).expect("JSON")
}

/// The text of a piece of HTML, in words with one blank between them.
fn text(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    words(&text.replace("&amp;", "&").replace("&#x27;", "'"))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn page_digest_report_and_command_line_agree_number_by_number() {
    let site = Site::start();
    agree(&site, &Figures::of(&site));
    let waive = format!("/findings/{}/waive", site.a_finding());
    assert_eq!(site.post(&waive, &[("until", "2099-01-01"), ("reason", "aftalt")]).status, 303);
    let after = Figures::of(&site);
    assert_eq!(after.waived, 1);
    agree(&site, &after);
}

fn agree(site: &Site, figures: &Figures) {
    let Figures { open, systems, owned, waived } = *figures;
    let overview = site.page("/");
    let shown = text(&overview);
    assert!(shown.contains(&format!("{owned} af {systems}")), "{shown}");
    assert!(shown.contains(&format!("Alle {open} åbne mangler")), "{shown}");
    assert_eq!(shown.contains("én undtagelse"), waived == 1, "{shown}");
    let digest = words(&site.installation.ok(&["digest"]));
    assert!(digest.contains(&format!("{owned} af {systems}")), "{digest}");
    table(site, &overview, &digest, figures);

    let findings = site.page("/findings");
    assert!(findings.contains(&format!("<strong>{open} mangler</strong>")), "{findings}");
    let csv = site.get("/findings.csv");
    assert!(csv.text().starts_with('\u{feff}'));
    assert!(csv.header("content-disposition").contains(".csv"));
    assert_eq!(csv.text().lines().count(), open + 1);
    let xlsx = workbook::read(&site.get("/findings.xlsx").body);
    let sheet = xlsx.values().next().expect("a sheet");
    assert_eq!(sheet.len(), open + 1);
    // Days are days, and not text.
    assert!(sheet.iter().skip(1).all(|row| row[6].parse::<f64>().is_ok()), "{sheet:?}");
    let of_day = site.get("/findings.xlsx?on=2099-01-20");
    assert!(of_day.status != 200 || of_day.header("content-disposition").contains("2099-01-20"));
    report(site, figures);
}

/// Each administration's row is the digest's, and its own page has the same; the last
/// row is their sum.
fn table(site: &Site, overview: &str, digest: &str, figures: &Figures) {
    let mut sums = [0; 3];
    let rows: Vec<&str> = overview.split("<a href=\"/administration?").skip(1).collect();
    assert!(rows.len() > 2, "{overview}");
    for row in rows {
        let (address, row) = row.split_once("\">").expect("a link");
        let (name, cells) = row.split_once("</a>").expect("its end");
        let cells = text(cells.split("</tr>").next().expect("a row"));
        let told = format!("{} {cells}", text(name));
        assert!(digest.contains(&told), "{told}: {digest}");
        let numbers: Vec<i64> = cells.split(' ').map(|cell| cell.parse().unwrap_or(0)).collect();
        sums.iter_mut().zip(&numbers).for_each(|(sum, number)| *sum += number);

        let own = site.page(&format!("/administration?{address}"));
        let (_, own) = own.split_once("<dl class=\"numbers\">").expect("its figures");
        let shown = text(own.split("</dl>").next().expect("their end"));
        let shown: Vec<i64> = shown.split(' ').filter_map(|word| word.parse().ok()).collect();
        assert_eq!(shown, numbers[..3], "{told}");
    }
    let open = i64::try_from(figures.open).expect("few");
    assert_eq!(sums, [figures.systems, figures.systems - figures.owned, open]);
}

fn report(site: &Site, figures: &Figures) {
    let Figures { open, systems, owned, .. } = *figures;
    let page = text(&site.page("/report"));
    assert!(page.contains(&format!("{owned} af {systems}")), "{page}");
    assert!(page.contains(&format!("af dem med høj alvor {open}")), "{page}");
    // One hash of one data set, wherever it is made.
    let hash = json(site, &["report"])["sha256"].as_str().expect("a hash").to_owned();
    assert!(page.contains(&hash), "{page}");
    assert!(site.page("/report.html").contains(&hash));
    let answer = site.get("/report.xlsx");
    assert!(answer.header("content-disposition").ends_with(".xlsx\""), "{answer:?}");
    let sheets = workbook::read(&answer.body);
    assert!(sheets.values().flatten().flatten().any(|cell| *cell == hash));
    let open_in_workbook = sheets["Alle mangler"].iter().flatten().filter(|cell| *cell == "åben");
    assert_eq!(open_in_workbook.count(), open);
}
