//! Why a mail is where it is, in the language of whoever looks.

use std::time::Duration;

use kitos_sync::model::MailState;
use kitos_sync::store::Lock;

use crate::page::site::Site;
use crate::support::eventually;

#[test]
fn reasons_are_in_the_readers_language_and_a_servers_words_are_marked() {
    let site = Site::start();
    let written = "SELECT count(*) FROM outbox WHERE state = 'previewed'";
    eventually("the mail is written", || site.count(written) > 0);
    let mail = site.count("SELECT max(id) FROM outbox");
    let one = format!("/outbox/{mail}");
    let because = |state: &str, reason: &str| {
        let sql = "UPDATE outbox SET state = ?2, reason = ?3 WHERE id = ?1";
        site.installation.open().execute(sql, (mail, state, reason)).expect("a mail");
    };

    because("cancelled", r#"{"why":"reader-left"}"#);
    for page in ["/outbox", &one] {
        let page = site.page(page);
        assert!(page.contains("Modtageren er ikke længere i organisationen"), "{page}");
    }
    let english = site.page(&format!("{one}?language=en"));
    assert!(english.contains("Its reader has left the organisation"), "{english}");

    because("dead", r#"{"why":"given-up","reply":"450 try later"}"#);
    for page in ["/outbox", &one] {
        let page = site.page(page);
        let said = r#"senest: <span lang="en">450 try later</span>"#;
        assert!(page.contains(said), "{page}");
    }
}

#[test]
fn a_button_is_there_exactly_where_it_does_something() {
    let site = Site::start();
    let written = "SELECT count(*) FROM outbox WHERE state = 'previewed'";
    eventually("the mail is written", || site.count(written) > 0);
    let mail = site.count("SELECT max(id) FROM outbox");
    // No delivery comes between what is shown and what is done.
    let _turn = Lock::job(&site.installation.database(), "test", Duration::from_secs(30));
    let here = site.installation.open();
    for mode in ["preview", "send"] {
        for state in MailState::ALL.iter().map(|state| state.as_str()) {
            for act in ["retry", "cancel"] {
                let set = "UPDATE outbox SET state = ?2, mode = ?3 WHERE id = ?1";
                here.execute(set, (mail, state, mode)).expect("a mail");
                let path = format!("/outbox/{mail}/{act}");
                let is_shown = site.page(&format!("/outbox/{mail}")).contains(&path);
                let does = site.post(&path, &[]).status == 303;
                assert_eq!(is_shown, does, "{act} of a mail that is {state}, in {mode}");
            }
        }
    }
}
