//! Everybody can read and use the page (WCAG 2.1 AA): what axe-core finds in a real
//! browser, in light and dark, on a wide screen and on a phone.

use std::path::Path;

use crate::page::site::{OPERATOR, Site};
use crate::support::browser::Browser;

/// What axe-core is to look at.
#[derive(Debug, Clone, Copy)]
enum Look {
    Everything,
    /// All that differs between light and dark.
    Colours,
}

/// With axe-core in every page.
pub fn with_axe(browser: Browser) -> Browser {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core");
    browser.with_script(&std::fs::read_to_string(axe.join("axe.min.js")).expect("axe-core"))
}

/// What axe-core finds on the page that the browser shows.
fn violations(browser: &Browser, look: Look) -> Vec<String> {
    let rules = match look {
        Look::Everything => "",
        Look::Colours => {
            "runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },"
        }
    };
    // Most of its time would go into telling of what is well, and where it stands.
    let found = browser.script_with_callback(&format!(
        "const done = arguments[arguments.length - 1];
         axe.run({{ {rules} iframes: false, resultTypes: ['violations'], selectors: false }})
             .then(found => done(found.violations.map(one =>
                 one.id + ': ' + one.nodes.map(node => node.html).join(' | '))))",
    ));
    serde_json::from_value(found).expect("texts")
}

/// How a reader sees it: the colour scheme and the width.
pub type Shown = (&'static str, u32);

/// Judges one page as it is shown to each reader. It is opened once: what differs between
/// them is all in the style sheet, since no view has a script.
pub fn assert_usable(browser: &Browser, url: &str, shown: &[Shown]) {
    browser.go(url);
    for (scheme, width) in shown {
        browser.set_scheme(scheme);
        browser.set_width(*width);
        let look = if *scheme == "light" { Look::Everything } else { Look::Colours };
        assert_eq!(violations(browser, look), [""; 0], "{url}, {scheme}, {width}");
        let wide = browser.script("return document.documentElement.scrollWidth");
        assert!(wide.as_u64() <= Some(u64::from(*width)), "{url} at {width}: {wide}");
    }
}

#[test]
#[cfg_attr(
    any(without_chromium, without_axe),
    ignore = "needs Chromium, and axe-core: npm install --prefix target/axe axe-core"
)]
fn axe_finds_no_violation_in_light_or_dark_wide_or_narrow() {
    let site = Site::small();
    let browser = with_axe(Browser::start().with_header("X-User", OPERATOR));
    let mut views = site.views();
    views.push("/nothing".to_owned());
    for path in views {
        let url = format!("http://127.0.0.1:{}{path}", site.port);
        let shown = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)];
        assert_usable(&browser, &url, &shown);
    }
}
