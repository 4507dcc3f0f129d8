use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Only what must be set. More keys of its last section can follow.
const REQUIRED: &str = "\
[kitos]
email = 'api@kommune.dk'
organization = '12345678'
[mail]
from = 'IT <it@kommune.dk>'
it = ['it@kommune.dk']
";

fn good(content: &str) -> Config {
    parse(content.as_bytes(), &Environment::default()).unwrap_or_else(|told| panic!("{told:#?}"))
}

fn problems(content: &str) -> Vec<Problem> {
    parse(content.as_bytes(), &Environment::default()).unwrap_err()
}

/// The one problem that there is, as it is shown.
fn problem(content: &str) -> String {
    let problems = problems(content);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems[0].to_string()
}

#[test]
fn faults_of_syntax_and_of_values_are_told_together() {
    let told: Vec<String> = problems(
        "[kitos]\nemail = api@kommune.dk\nurl = 'https://kitos.dk'\nurl = 'https://kitos.dk'\n\
         page_size = 251\npassword = 'hunter2\n[web\nlisten = 'x'\n",
    )
    .iter()
    .map(ToString::to_string)
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn keys_that_do_not_fit_each_other() {
    for (more, expected) in [
        ("", None),
        ("mode = 'redirect'", Some("line 7: mail.mode = 'redirect': this needs mail.redirect_to.")),
        ("mode = 'redirect'\nredirect_to = 'me@kommune.dk'", None),
        ("mode = 'redirect'\nredirect_to = ''", Some("this needs mail.redirect_to")),
        ("mode = 'send'", Some("line 7: mail.mode = 'send': this needs mail.allowed_domains.")),
        ("mode = 'send'\nallowed_domains = ['KOMMUNE.dk']", None),
        (
            "mode = 'send'\nallowed_domains = ['by.dk']",
            Some("line 6: mail.it = ['it@kommune.dk']: kommune.dk is not in mail.allowed_domains."),
        ),
        (
            "mode = 'send'\nallowed_domains = ['kommune.dk']\nalerts = ['x@drift.kommune.dk']",
            Some("line 9: mail.alerts = ['x@drift.kommune.dk']: drift.kommune.dk is not in"),
        ),
        (
            "alerts = ['drift@kommune.dk', 'Drift@Kommune.dk']",
            Some("Drift@Kommune.dk stands here twice"),
        ),
        ("mode = 'preview'\nallowed_domains = ['by.dk']", None),
        ("smtp.security = 'none'", None),
        ("smtp = { security = 'none', host = '127.0.0.2' }", None),
        (
            "smtp = { security = 'none', host = 'mail.kommune.dk' }",
            Some("mail.smtp.security = 'none': mail would travel in clear text"),
        ),
        ("smtp = { security = 'starttls', host = 'mail.kommune.dk' }", None),
    ] {
        let content = format!("{REQUIRED}{more}\n");
        match expected {
            None => drop(good(&content)),
            Some(expected) => {
                let told = problem(&content);
                assert!(told.contains(expected), "{more}: {told}");
            }
        }
    }
}

#[test]
fn a_wrong_value_is_told_the_way_out() {
    let told: Vec<String> = [
        "[kitos]\nurl = 'kitos.dk'",
        "[kitos]\nurl = 'ftp://kitos.dk'",
        "[kitos]\nurl = 'https://kitos.dk/?x=1'",
        "[kitos]\nemail = 'api'",
        "[kitos]\norganization = 12345678",
        "[kitos]\norganization = '12 34 56 78'",
        "[kitos]\norganization = 'Randers'",
        "[kitos]\npage_size = 0",
        "[kitos]\npage_size = '100'",
        "[kitos]\nconcurrency = 33",
        "[kitos]\nrequest_timeout = '0s'",
        "[kitos]\npull_timeout = '30 minutes'",
        "[kitos]\nca_file = 'ca.pem'",
        "[database]\npath = ''",
        "[database]\npath = '~/kitos-sync.db'",
        "[metrics]\ntextfile = '/var/lib/kitos-sync/kitos-sync.db'",
        "[schedule]\ntime_zone = 'Copenhagen'",
        "[schedule]\ntime_zone = 'Danmark'",
        "[schedule]\nprune = '0 3 30 2 *'",
        "[schedule]\njitter = '13h'",
        "[policy]\nowner_roles = 'Systemejer'",
        "[policy]\nstaff_units = ['Stab', '']",
        "[policy.exclude]\nuuids = ['4dc52c64']",
        "[policy.exclude]\nlifecycles = ['operational']",
        "[policy.rules.owner-level]\nlevels = []",
        "[policy.rules.registration-incomplete]\nrequire = ['purpos']",
        "[policy.rules.gdpr-incomplete]\nenabled = 'yes'",
        "[policy.rules.owner-missing]\ndays = 3",
        "[policy.rules]\nowner-missing = false",
        "[notify.pace]\nhigh = [14, 0]",
        "[notify.pace]\nhigh = [0]",
        "[notify]\nnot_before = '7'",
        "[notify]\nholidays = ['16-10-2026']",
        "[mail]\nfrom = 'it'",
        "[mail]\nit = []",
        "[mail]\nallowed_domains = ['@kommune.dk']",
        "[mail]\nmode = 'Send'",
        "[mail]\nlanguage = 'dk'",
        "[mail]\nfooter = \"one\\ntwo\"",
        "[mail.smtp]\nhost = 'mail.kommune.dk:25'",
        "[mail.smtp]\nport = 65536",
        "[guard]\nmax_removed = '110%'",
        "[web]\nlisten = 'localhost:8470'",
        "[web]\nlisten = '0.0.0.0:8470'",
        "[web]\npublic_url = 'http://systemejere.kommune.dk'",
        "[web]\npublic_url = 'https://kommune.dk/systemejere'",
        "[web]\nuser_header = 'X Remote'",
        "[web]\ntrusted_proxies = ['proxy.kommune.dk']",
        "[web]\noperators = ['root']",
        "[kitos]\nproxy_user = 'svc'",
        "[kitos]\nproxy_password = 'x'",
        "[kitos]\nui_url = 'https://kitos.kommune.dk/ui?a=b'",
        "[mail.smtp]\npassword_file = '/etc/kitos-sync/smtp-password'",
        "[monitor]\nping_url = 'nowhere'",
        "[[web]]\nlisten = '127.0.0.1:8470'",
        "[web]\nadress = 'x'",
        "[weather]\nsunny = true",
        "color = 'red'",
        "'kitos.url' = 'x'",
    ]
    .into_iter()
    .map(|content| {
        // Each alone; what it does not set is missing, and that is not the point.
        let told: Vec<String> = problems(content)
            .iter()
            .filter(|problem| problem.place != Place::Absent)
            .map(ToString::to_string)
            .collect();
        format!("{}\n    {}", content.replace('\n', " "), told.join("\n    "))
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_misspelt_key_is_not_missing_as_well() {
    for (slip, expected) in [
        (
            REQUIRED.replace("email", "emial"),
            "line 2: kitos.emial is not a key. Did you mean kitos.email?",
        ),
        (
            REQUIRED.replace("[kitos]", "[kito]"),
            "line 1: [kito] is not a section. Did you mean [kitos]?",
        ),
    ] {
        assert_eq!(problem(&slip), expected);
    }
    let told = problem(&REQUIRED.replace("it = ['it@kommune.dk']", ""));
    assert_eq!(
        told,
        "mail.it is missing: who gets the digest. Write e.g. it = [\"it@kommune.example\"]."
    );
}

#[test]
fn toml_dates_and_times_need_no_quotes() {
    let file = format!(
        "{REQUIRED}give_up_after = '36h'\n[notify]\nnot_before = 08:30:00\n\
         holidays = [2026-10-16, '2026-12-28']\n"
    );
    let config = good(&file);
    assert_eq!(config.mail.give_up_after, Duration::from_secs(36 * 60 * 60));
    assert_eq!(config.notify.not_before.to_string(), "08:30:00");
    let holidays: Vec<String> = config.notify.holidays.iter().map(ToString::to_string).collect();
    assert_eq!(holidays, ["2026-10-16", "2026-12-28"]);
}

#[test]
fn the_preview_folder_lies_beside_the_database() {
    let file = format!("{REQUIRED}[database]\npath = '/srv/kitos/one.db'\n");
    assert_eq!(good(&file).preview_dir(), Path::new("/srv/kitos/preview"));
}

#[test]
fn an_empty_file_is_told_what_is_required() {
    let told: Vec<String> = problems("").iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
}

proptest! {
    /// Whatever an editor leaves behind: no panic, and a refusal says why.
    #[test]
    fn a_mangled_file_never_panics(
        cuts in prop::collection::vec((0.0..1.0_f64, 0_usize..20, "[\\[\\]\"'=.#\n a-zæ0-9%]{0,3}"), 1..6),
    ) {
        let mut text: Vec<char> =
            crate::config::example().replace("\n# ", "\n").chars().collect();
        for (place, length, instead) in cuts {
            let start = (text.len() as f64 * place) as usize;
            let end = (start + length).min(text.len());
            text.splice(start..end, instead.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(problems) = parse(text.as_bytes(), &Environment::default()) {
            prop_assert!(!problems.is_empty());
        }
    }
}
