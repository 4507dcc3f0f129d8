//! Settings that are right one by one, and with which nobody hears anything, or a link leads
//! nowhere.

use chrono::{DateTime, Utc};

use super::line::{Line, fault, note};
use crate::config::{Config, SmtpSecurity};
use crate::jobs::Context;
use crate::query::next_reminder;

pub fn check(context: &Context) -> Vec<Line> {
    told(&context.config, context.now())
}

fn told(config: &Config, now: DateTime<Utc>) -> Vec<Line> {
    [page(config), login(config), days(config, now), pace(config), port(config)]
        .into_iter()
        .flatten()
        .collect()
}

fn page(config: &Config) -> Option<Line> {
    let is_dead = config.web.public_url.is_some() && config.web.listen.is_none();
    is_dead.then(|| {
        fault(
            "web",
            "web.public_url is set and web.listen is not: mails carry links to a page that is not served. Set web.listen, or take web.public_url out",
        )
    })
}

fn login(config: &Config) -> Option<Line> {
    let web = &config.web;
    let key = match (&web.user_header, &web.operators) {
        (Some(_), _) => "web.user_header",
        (None, Some(_)) => "web.operators",
        (None, None) => return None,
    };
    web.public_url.is_none().then(|| {
        note(
            "web",
            format!("{key} is set and web.public_url is not: through a proxy the page answers 421, and mails carry no links. Set web.public_url to the proxy's address"),
        )
    })
}

fn days(config: &Config, now: DateTime<Utc>) -> Option<Line> {
    next_reminder(config, now).is_none().then(|| {
        fault(
            "reminders",
            "nobody is ever reminded: each time of schedule.remind is on a day off (notify.business_days_only, notify.holidays) or in a quiet week (notify.quiet_weeks). Change one of them",
        )
    })
}

fn pace(config: &Config) -> Option<Line> {
    let pace = &config.notify.pace;
    let is_silent = [&pace.high, &pace.medium, &pace.low, &pace.info].iter().all(|p| p.is_empty());
    is_silent
        .then(|| note("reminders", "nobody is ever reminded: every list of notify.pace is empty"))
}

fn port(config: &Config) -> Option<Line> {
    let smtp = &config.mail.smtp;
    let is_odd = smtp.security == SmtpSecurity::StartTls && smtp.port() == 465;
    is_odd.then(|| {
        note(
            "mail port",
            "on port 465 servers speak TLS from the first byte, and mail.smtp.security is \"starttls\": write \"tls\", or port 587",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, load};
    use crate::testing::at;

    #[test]
    fn what_leaves_everybody_without_a_word_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        let weeks: Vec<String> = (1..=53).map(|week| week.to_string()).collect();
        let quiet = format!("[notify]\nquiet_weeks = [{}]", weeks.join(", "));
        for (more, expected) in [
            ("", &[][..]),
            ("[web]\npublic_url = 'https://s.kommune.dk'", &["web.listen is not"]),
            (
                "[web]\npublic_url = 'https://s.kommune.dk'\nlisten = '127.0.0.1:8470'\nuser_header = 'X-Remote-User'",
                &[],
            ),
            (
                "[web]\nlisten = '127.0.0.1:8470'\nuser_header = 'X-Remote-User'",
                &["web.public_url is not"],
            ),
            ("[schedule]\nremind = '0 8 * * Sat,Sun'", &["schedule.remind"]),
            ("[schedule]\nremind = '0 8 * * Sat,Sun'\n[notify]\nbusiness_days_only = false", &[]),
            (&quiet, &["notify.quiet_weeks"]),
            ("[notify.pace]\nhigh = []\nmedium = []\nlow = []", &["notify.pace"]),
            ("[mail.smtp]\nport = 465", &["write \"tls\""]),
        ] {
            let text = format!(
                "[kitos]\nemail = 'api@kommune.dk'\norganization = '29189668'\n\
                 [mail]\nfrom = 'it@kommune.dk'\nit = ['it@kommune.dk']\n{more}\n"
            );
            std::fs::write(&file, text).expect("a file");
            let config = load(&file, &Environment::default()).expect("a configuration");
            let lines = told(&config, at("2026-03-02T08:00:00Z"));
            let found: Vec<&String> = lines.iter().map(|line| &line.detail).collect();
            assert_eq!(found.len(), expected.len(), "{more}: {found:?}");
            for (detail, part) in found.iter().zip(expected) {
                assert!(detail.contains(part), "{more}: {detail}");
            }
        }
    }
}
