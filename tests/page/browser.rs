//! The page in a real browser: it works without script, asks nobody else for anything,
//! and the keyboard is enough.

use serde_json::Value;

use crate::page::site::{OPERATOR, Site};
use crate::support::browser::Browser;

fn browser() -> Browser {
    Browser::start().with_header("X-User", OPERATOR)
}

/// Halves of mail addresses that stand on two lines.
const BROKEN: &str = "
    const lines = node => {
        const range = document.createRange();
        range.selectNode(node);
        return new Set([...range.getClientRects()].map(one => one.top)).size;
    };
    const halves = [...document.querySelectorAll('.address')].flatMap(one => [...one.childNodes]);
    return halves.filter(one => lines(one) > 1).map(one => one.textContent);";

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn every_view_is_quiet_and_asks_nobody_else() {
    let site = Site::start();
    site.installation.ok(&["mail", "test", "christina.holm-mortensen@kommune.example"]);
    let browser = Browser::start_watched().with_header("X-User", OPERATOR);
    let base = format!("http://127.0.0.1:{}/", site.port);
    for path in site.views() {
        browser.go(&format!("{base}{}", path.trim_start_matches('/')));
        assert_eq!(browser.console(), [""; 0], "{path}");
        let requests = browser.requests();
        assert!(requests.iter().any(|url| url.ends_with(&path)), "{path}: {requests:?}");
        // The browser's own first page may still be at it.
        let ours = |url: &&String| !url.starts_with("data:") && !url.starts_with("chrome:");
        for url in requests.iter().filter(ours) {
            assert!(url.starts_with(&base), "{path} asks {url}");
        }
        assert_eq!(browser.script("return document.scripts.length"), 0, "{path}");
        for width in [1280, 390, 320] {
            browser.set_width(width);
            let wide = browser.script("return document.documentElement.scrollWidth");
            assert!(wide.as_u64() <= Some(u64::from(width)), "{path} at {width}: {wide}");
            assert_eq!(browser.script(BROKEN), Value::Array(Vec::new()), "{path} at {width}");
        }
        browser.set_width(1280);
    }
}

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn filters_and_decisions_work_by_hand() {
    let site = Site::start();
    let browser = browser();
    browser.go(&format!("http://127.0.0.1:{}/findings", site.port));
    browser.click("option[value=high]");
    browser.follow("form button");
    let url = browser.script("return location.search").to_string();
    assert!(url.contains("severity=high"), "an address to share: {url}");
    let rows = browser.script("return document.querySelectorAll('tbody tr').length");
    assert!(rows.as_u64() > Some(0), "{rows}");
    let others = "return document.querySelectorAll('tbody .tag:not(.high)').length";
    assert_eq!(browser.script(others), 0);
    browser.follow("thead a");
    let sorted = browser.script("return document.querySelector('th[aria-sort]').ariaSort");
    assert_eq!(sorted, "ascending");

    browser.follow("tbody a");
    browser.follow("a[href$='/waive']");
    let what = browser.text();
    assert!(what.contains("bliver undtaget"), "it says what it will do: {what}");
    browser.fill("#reason", "Aftalt med ledelsen");
    browser.follow("button.main");
    let done = browser.text();
    assert!(done.contains("Manglen er undtaget."), "{done}");
    assert!(done.contains("Aftalt med ledelsen"), "{done}");
    assert_eq!(site.count("SELECT count(*) FROM waiver"), 1);
    browser.follow("a[hreflang=en]");
    assert!(browser.text().contains("Time line"), "{}", browser.text());
}

/// Everything that can be used is reached with the Tab key, in the order in which it
/// stands.
pub fn tab_through(browser: &Browser) {
    // Numbered in the order in which they stand; a menu that is shut is one stop, and so
    // are buttons of which one is chosen.
    let count = browser.script(
        "let n = 0; for (const one of document.querySelectorAll(
            'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\"0\"]')) {
            const first = one.type == 'radio' ? document.querySelector(`[name=${one.name}]`) : one;
            if (one == first && one.checkVisibility()) one.dataset.stop = n++; }
         return n",
    );
    let mut reached: Vec<String> = Vec::new();
    // A date has several stops.
    for _ in 0..count.as_u64().expect("a number") + 8 {
        browser.tab();
        let here = browser.script("return document.activeElement.dataset.stop || ''");
        let here = here.as_str().expect("text").to_owned();
        if !here.is_empty() && !reached.contains(&here) {
            reached.push(here);
        }
    }
    assert_eq!(count, reached.len(), "{reached:?}");
    let in_order: Vec<u64> = reached.iter().map(|stop| stop.parse().unwrap()).collect();
    assert!(in_order.is_sorted(), "{in_order:?}");
}

#[test]
#[cfg_attr(without_chromium, ignore = "needs Chromium: apt-get install chromium chromium-driver")]
fn the_keyboard_reaches_everything() {
    let site = Site::small();
    let browser = browser();
    for path in ["/", "/findings", "/people"] {
        browser.go(&format!("http://127.0.0.1:{}{path}", site.port));
        tab_through(&browser);
    }
    browser.go(&format!("http://127.0.0.1:{}/", site.port));
    browser.tab();
    let first = browser.script("return document.activeElement.getAttribute('href')");
    assert_eq!(first, "#main", "the way past the menu comes first");
}
