//! The personal link as its reader meets it: in a real browser on a phone, without a
//! login, from the first look to the receipt.

use kitos_sync::store::link_hash;

use crate::page::axe::{assert_usable, with_axe};
use crate::page::browser::tab_through;
use crate::page::site::Site;
use crate::support::browser::Browser;

const PHONE: u32 = 390;

/// The page of somebody who owns several systems, and a system of somebody else's.
struct Phone {
    site: Site,
    browser: Browser,
    url: String,
    path: String,
    others: String,
}

impl Phone {
    fn new() -> Self {
        Self::in_browser(Browser::start())
    }

    fn in_browser(browser: Browser) -> Self {
        let site = Site::start();
        let owners = site.owners();
        let (email, own) = owners.iter().find(|(_, own)| own.len() > 1).expect("several systems");
        let not_theirs = |uuid: &&String| !own.contains(uuid);
        let others = owners.values().flatten().find(not_theirs).expect("another's").clone();
        let path = site.personal(email);
        let url = format!("http://127.0.0.1:{}{path}", site.port);
        browser.set_width(PHONE);
        browser.go(&url);
        Self { site, browser, url, path, others }
    }

    fn has_systems(&self, count: i64) {
        let ticks = "return document.querySelectorAll('input[name=system]').length";
        assert!(self.browser.script(ticks).as_i64() >= Some(count), "{}", self.browser.text());
    }
}

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn a_new_owner_is_found_by_name_and_answered_with_a_receipt() {
    let Phone { site, browser, url, .. } = &Phone::in_browser(Browser::start_watched());
    let sql = "SELECT p.name FROM person AS p JOIN membership AS m ON m.person = p.uuid
               WHERE m.to_snapshot IS NULL AND p.api_access = 0 ORDER BY p.name LIMIT 1";
    let user = site.installation.open().query_row(sql, [], |row| row.get(0));
    let user: String = user.expect("a user");
    browser.click("#s2");
    browser.fill("#name", &user);
    browser.follow("button[name=search]");
    assert!(browser.text().contains(&user), "{}", browser.text());
    let ticked = "return document.querySelector('#s2').checked";
    assert_eq!(browser.script(ticked), true, "what was ticked stays so");
    assert_eq!(site.count("SELECT count(*) FROM answer"), 0, "a search is no answer");
    browser.click("input[value^='newOwner:']");
    browser.fill("#comment", "Hun har budgettet");
    browser.follow("button.main");
    let receipt = browser.text();
    assert!(receipt.contains("Tak. Dit svar er noteret"), "{receipt}");
    assert!(receipt.contains(&format!("at {user} skal være systemejer")), "{receipt}");
    let recorded = "SELECT count(*) FROM answer WHERE kind = 'newOwner' AND noted_by IS NULL
                    AND comment = 'Hun har budgettet' AND usage IS NOT NULL";
    assert_eq!(site.count(recorded), 1);
    assert!(site.page("/answers").contains("Hun har budgettet"), "and IT sees it");

    let base = url.split("/s/").next().expect("the page");
    for asked in browser.requests() {
        let is_its_own = asked.starts_with("data:") || asked.starts_with("chrome:");
        assert!(is_its_own || asked.starts_with(base), "it asks {asked}");
    }
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn every_answer_can_be_given_and_what_is_missing_is_said() {
    let phone = Phone::new();
    let Phone { site, browser, url, .. } = &phone;
    phone.has_systems(2);
    for (answer, fill, said) in [
        ("confirmed", None, "Du bekræftede systemet"),
        ("lookedThrough", None, "Du gennemgik oplysningerne"),
        ("notUsed", None, "at systemet ikke bruges mere"),
        ("rightAsItIs", Some(("#comment", "aftalt")), "at det er rigtigt, som det er"),
    ] {
        browser.go(url);
        browser.click("#s1");
        browser.click(&format!("input[value={answer}]"));
        if let Some((field, text)) = fill {
            browser.fill(field, text);
        }
        browser.follow("button.main");
        assert!(browser.text().contains(said), "{answer}: {}", browser.text());
    }
    assert_eq!(site.count("SELECT count(*) FROM answer"), 4);
    for (clicks, said) in [
        (&["button.main"][..], "Vælg et svar"),
        (&["input[value=notUsed]", "button.main"], "Vælg mindst ét system"),
        (&["#s1", "input[value=rightAsItIs]", "button.main"], "En revisor læser det"),
        (&["input[value=away]", "button.main"], "til og med hvilken dag"),
    ] {
        browser.go(url);
        let (last, clicks) = clicks.split_last().expect("a button");
        clicks.iter().for_each(|one| browser.click(one));
        browser.follow(last);
        let refused = browser.text();
        assert!(refused.contains(said) && refused.contains("Intet er ændret"), "{refused}");
    }
    assert_eq!(site.count("SELECT count(*) FROM answer"), 4);
}

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn whoever_is_away_says_until_when_and_it_sees_it() {
    let Phone { site, browser, url, .. } = &Phone::new();
    let fill = |day: chrono::NaiveDate| {
        browser.go(url);
        browser.click("input[value=away]");
        // How a date is typed depends on the browser's language.
        browser.script(&format!("document.querySelector('#until').value = '{day}'"));
        browser.fill("#comment", "barsel");
        browser.follow("button.main");
    };
    let today = chrono::Utc::now().date_naive();
    let until = today + chrono::Days::new(20);
    fill(until);
    let receipt = browser.text();
    assert!(receipt.contains("Tak. Dit svar er noteret"), "{receipt}");
    let year = chrono::Datelike::year(&until);
    let stands = receipt.lines().find(|line| line.contains("Du er meldt fraværende til og med"));
    assert!(stands.is_some_and(|line| line.contains(&year.to_string())), "{receipt}");
    let noted = format!("SELECT count(*) FROM away WHERE until = '{until}' AND substitute IS NULL");
    assert_eq!(site.count(&noted), 1);
    let recorded = "SELECT count(*) FROM answer WHERE kind = 'away' AND usage IS NULL
                    AND noted_by IS NULL AND comment = 'barsel'";
    assert_eq!(site.count(recorded), 1);
    assert!(site.page("/answers?all=1").contains("barsel"), "and IT sees it");

    // Longer after all; the last word counts.
    let longer = until + chrono::Days::new(30);
    fill(longer);
    assert_eq!(site.count(&format!("SELECT count(*) FROM away WHERE until = '{longer}'")), 1);
    assert_eq!(site.count("SELECT count(*) FROM away WHERE ended_at IS NULL"), 1);
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn it_answers_for_nobody_else_and_says_what_to_do_when_it_is_over() {
    let Phone { site, browser, path, others, .. } = &Phone::new();
    let menus = "return document.querySelectorAll('nav').length";
    assert_eq!(browser.script(menus), 0, "nobody else's pages are offered");
    browser.script(&format!("document.querySelector('#s1').value = '{others}'"));
    browser.click("#s1");
    browser.click("input[value=notUsed]");
    browser.follow("button.main");
    let refused = browser.text();
    assert!(refused.contains("hører ikke til hos dig"), "{refused}");
    assert_eq!(site.count("SELECT count(*) FROM answer"), 0);

    let token = path.trim_start_matches("/s/");
    let end = "UPDATE link SET expires_at = 1 WHERE hash = ?1";
    assert_eq!(site.installation.open().execute(end, [link_hash(token)]).expect("a row"), 1);
    browser.go(&format!("http://127.0.0.1:{}{path}", site.port));
    let over = browser.text();
    assert!(over.contains("Linket gælder ikke længere"), "{over}");
    assert!(over.contains("Brug linket i den seneste mail"), "what to do: {over}");
}

#[test]
#[cfg_attr(
    any(without_chromium, without_axe),
    ignore = "needs Chromium, and axe-core: npm install --prefix target/axe axe-core"
)]
fn everybody_can_use_it() {
    let Phone { site, browser, url, .. } = &Phone::in_browser(with_axe(Browser::start()));
    let gone = format!("http://127.0.0.1:{}/s/{}", site.port, "0".repeat(64));
    for url in [url.clone(), format!("{url}?name=a"), gone] {
        let shown = [("light", PHONE), ("dark", PHONE), ("light", 320), ("dark", 1280)];
        assert_usable(browser, &url, &shown);
    }
    browser.go(url);
    tab_through(browser);
}
