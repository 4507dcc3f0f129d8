//! One connection, one verdict per mail: the SMTP session against a real
//! server, over real TLS.

use std::time::{Duration, Instant};

use kitos_sync::config::{Smtp, SmtpSecurity};
use kitos_sync::smtp::{Options, ServerError, Session, Verdict};
use secrecy::SecretString;

use crate::support::smtp::{self, Fault, HOST, Security, Server, closed_port, root_pem};

const FROM: &str = "it@kommune.dk";
const PASSWORD: &str = "correct horse";
/// `\0user\0correct horse` and `correct horse` in base64.
const PLAIN: &str = "AHVzZXIAY29ycmVjdCBob3JzZQ==";
const LOGIN: &str = "Y29ycmVjdCBob3JzZQ==";

fn settings(port: u16, security: SmtpSecurity) -> Smtp {
    Smtp { host: HOST.to_owned(), port: Some(port), security, ..Smtp::default() }
}

fn with_login(port: u16, security: SmtpSecurity) -> Smtp {
    Smtp { username: Some("user".to_owned()), ..settings(port, security) }
}

fn password() -> Option<SecretString> {
    Some(SecretString::from(PASSWORD))
}

fn options() -> Options {
    Options { roots: vec![smtp::root()], ..Options::default() }
}

/// A session without TLS, for tests that are not about it.
fn clear(server: &Server) -> Session {
    Session::open(&settings(server.port, SmtpSecurity::None), None, &options()).unwrap()
}

fn mail(id: u32) -> Vec<u8> {
    format!("Message-ID: <{id}@kommune.dk>\r\n\r\nHello\r\n").into_bytes()
}

fn to(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

/// Sends a small mail to one reader.
fn send(session: &mut Session, id: u32) -> Verdict {
    session.send(FROM, &to(&["bo@kommune.dk"]), &mail(id))
}

fn texts(server: &Server) -> Vec<String> {
    server.lines().into_iter().map(|line| line.text).collect()
}

#[test]
fn with_starttls_only_the_handshake_is_in_clear_text() {
    let server = Server::start(Security::StartTls);
    let settings = with_login(server.port, SmtpSecurity::StartTls);
    let mut session = Session::open(&settings, password(), &options()).unwrap();
    assert!(matches!(send(&mut session, 1), Verdict::Accepted { .. }));
    session.quit();

    let lines = server.lines();
    let clear: Vec<&str> = lines.iter().filter(|l| !l.encrypted).map(|l| l.text.as_str()).collect();
    assert!(clear[0].starts_with("EHLO "), "{clear:?}");
    assert_eq!(clear[1..], ["STARTTLS"]);
    let secret: Vec<&str> = lines[2..].iter().map(|l| l.text.as_str()).collect();
    assert!(secret[0].starts_with("EHLO "), "{secret:?}");
    let expected = [
        &format!("AUTH PLAIN {PLAIN}"),
        "MAIL FROM:<it@kommune.dk>",
        "RCPT TO:<bo@kommune.dk>",
        "DATA",
        "QUIT",
    ];
    assert_eq!(secret[1..], expected);
    assert_eq!(server.ids(), ["<1@kommune.dk>"]);
}

#[test]
fn with_tls_nothing_at_all_is_in_clear_text() {
    let server = Server::start(Security::Tls);
    let settings = with_login(server.port, SmtpSecurity::Tls);
    let mut session = Session::open(&settings, password(), &options()).unwrap();
    assert!(matches!(send(&mut session, 1), Verdict::Accepted { .. }));
    session.quit();
    assert!(server.lines().iter().all(|line| line.encrypted));
    assert_eq!(server.ids(), ["<1@kommune.dk>"]);
}

#[test]
fn a_server_that_knows_only_login_gets_login() {
    let server = Server::start(Security::StartTls);
    server.offer(&["AUTH LOGIN"]);
    let settings = with_login(server.port, SmtpSecurity::StartTls);
    Session::open(&settings, password(), &options()).unwrap().quit();
    let lines = texts(&server);
    assert_eq!(lines[3..], ["AUTH LOGIN", "dXNlcg==", LOGIN, "QUIT"]);
}

#[test]
fn without_starttls_no_password_and_no_mail_leave_the_machine() {
    let server = Server::start(Security::Clear);
    let settings = with_login(server.port, SmtpSecurity::StartTls);
    let error = Session::open(&settings, password(), &options()).unwrap_err();
    assert!(matches!(error, ServerError::NoStartTls { .. }), "{error:?}");
    let lines = texts(&server);
    assert!(lines[0].starts_with("EHLO "), "{lines:?}");
    assert_eq!(lines[1..], ["QUIT"]);
}

#[test]
fn a_certificate_that_is_not_right_gets_neither_password_nor_mail() {
    let untrusting = Options::default();
    for (security, wanted) in
        [(Security::StartTls, SmtpSecurity::StartTls), (Security::Tls, SmtpSecurity::Tls)]
    {
        for (wrong_name, options) in [(true, &options()), (false, &untrusting)] {
            let server = Server::start(security);
            if wrong_name {
                server.always(Fault::WrongName);
            }
            let settings = with_login(server.port, wanted);
            let error = Session::open(&settings, password(), options).unwrap_err();
            assert!(matches!(error, ServerError::Tls { .. }), "{security:?}: {error:?}");
            assert!(server.lines().iter().all(|line| !line.encrypted), "{security:?}");
            assert!(!texts(&server).concat().contains(PLAIN));
        }
    }
}

#[test]
fn replies_that_were_there_before_the_line_was_secure_spoil_the_session() {
    // Somebody on the line answers our next EHLO ahead of the server, so that
    // every reply is one command late: the mail must not count as accepted.
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Smuggle("250-mail.example\r\n250 AUTH PLAIN"), 2);
    let settings = settings(server.port, SmtpSecurity::StartTls);
    let login = Smtp { username: Some("user".to_owned()), ..settings.clone() };
    Session::open(&login, password(), &options()).expect_err("a login that nobody granted");
    let mut session = Session::open(&settings, None, &options()).unwrap();
    let verdict = send(&mut session, 1);
    let Verdict::ServerDown { reply, .. } = verdict else { panic!("{verdict:?}") };
    assert!(reply.contains("where 354 belongs"), "before a word of the mail goes out: {reply}");
    assert_eq!(server.received(), []);
}

#[test]
fn each_fault_of_the_server_has_its_name_and_says_where_and_what_to_do() {
    type Expected = fn(&ServerError) -> bool;
    let cases: [(&str, Option<Fault>, Expected); 8] = [
        (
            "a busy server",
            Some(Fault::Greeting("421 4.3.2 busy")),
            |error| matches!(error, ServerError::TurnedAway { reply, .. } if reply == "421 4.3.2 busy"),
        ),
        (
            "a server that wants none of us",
            Some(Fault::Greeting("554 no")),
            |error| matches!(error, ServerError::TurnedAway { reply, .. } if reply == "554 no"),
        ),
        (
            "a server that says nothing",
            Some(Fault::HangInGreeting),
            |error| matches!(error, ServerError::NotReady { why, .. } if why == "no reply in time"),
        ),
        ("no SMTP server", Some(Fault::Greeting("HTTP/1.1 400 Bad Request")), |error| {
            matches!(error, ServerError::NotReady { .. })
        }),
        (
            "a wrong password",
            Some(Fault::Auth("535 5.7.8 wrong")),
            |error| matches!(error, ServerError::Login { reply, .. } if reply == "535 5.7.8 wrong"),
        ),
        (
            "a broken password store",
            Some(Fault::Auth("454 4.7.0 later")),
            |error| matches!(error, ServerError::TurnedAway { reply, .. } if reply == "454 4.7.0 later"),
        ),
        ("a server without logins", None, |error| {
            matches!(error, ServerError::NoLoginOffered { .. })
        }),
        ("nobody there", None, |error| matches!(error, ServerError::Connect { .. })),
    ];
    for (what, fault, expected) in cases {
        let server = Server::start(Security::StartTls);
        let mut settings = with_login(server.port, SmtpSecurity::StartTls);
        let mut options = options();
        match &fault {
            Some(Fault::HangInGreeting) => options.connect = Duration::from_millis(300),
            None if what == "nobody there" => settings.port = Some(closed_port()),
            None => server.offer(&["8BITMIME"]),
            Some(_) => {}
        }
        if let Some(fault) = fault {
            server.always(fault);
        }
        let error = Session::open(&settings, password(), &options).unwrap_err();
        assert!(expected(&error), "{what}: {error:?}");
        let words = error.to_string();
        assert!(words.contains(&format!("{HOST}:{}", settings.port())), "{words}");
        assert!(!format!("{words}{error:?}").contains(PASSWORD), "{words}");
    }
}

/// Each of these quotes is longer than what is shown of a reply, or ends a login in another way.
#[test]
fn an_answer_that_quotes_the_login_is_not_shown_however_it_ends() {
    let far = "x".repeat(190);
    let answers = [
        format!("535 5.7.8 no: {PLAIN}"),
        format!("535 5.7.8 {far} correct horse"),
        format!("454 4.7.0 {far} {LOGIN}"),
        format!("250 fine: {PLAIN}"),
        format!("535-5.7.8 no\r\n535 {LOGIN}"),
        "535 5.7.8 no: correct%20horse".to_owned(),
    ];
    for answer in answers {
        let answer: &'static str = answer.leak();
        let server = Server::start(Security::StartTls);
        server.always(Fault::Auth(answer));
        let settings = with_login(server.port, SmtpSecurity::StartTls);
        let error = Session::open(&settings, password(), &options()).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("(not shown, since it may quote the request)"), "{answer}: {shown}");
        for secret in ["horse", "correct", &PLAIN[..8], &LOGIN[..8]] {
            assert!(!shown.contains(secret), "{answer}: {shown}");
        }
    }
}

#[test]
fn a_user_name_without_a_password_is_told_the_ways_to_give_one() {
    let server = Server::start(Security::StartTls);
    let settings = with_login(server.port, SmtpSecurity::StartTls);
    let error = Session::open(&settings, None, &options()).unwrap_err();
    assert!(error.to_string().contains("KITOS_SYNC_SMTP_PASSWORD"), "{error}");
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    let settings = Smtp { host: "mail.invalid".to_owned(), ..settings(25, SmtpSecurity::StartTls) };
    let error = Session::open(&settings, None, &options()).unwrap_err();
    assert!(matches!(error, ServerError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("mail.invalid:25"), "{error}");
}

#[test]
fn a_refused_mail_gets_its_verdict_and_leaves_the_session_usable() {
    type Expected = fn(&Verdict) -> bool;
    fn later(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Later { .. })
    }
    fn never(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Never { .. })
    }
    fn refused(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Refused(ServerError::Sender { .. }))
    }
    let cases: [(Fault, Expected); 7] = [
        (Fault::Mail("452 4.3.1 disk full"), later),
        (Fault::Mail("550 5.7.60 not allowed to send as it@kommune.dk"), refused),
        (Fault::Rcpt(None, "451 4.7.1 greylisted"), later),
        (Fault::Rcpt(None, "550 5.1.1 no such user"), never),
        (Fault::Rcpt(None, "530 5.7.0 log in first"), refused),
        (Fault::Message("451 4.3.0 filter is down"), later),
        (Fault::Message("552 5.3.4 too big"), never),
    ];
    let server = Server::start(Security::Clear);
    let mut session = clear(&server);
    for (id, (fault, expected)) in (0..).zip(cases) {
        server.fault(fault.clone(), 1);
        let verdict = send(&mut session, id);
        assert!(expected(&verdict), "{fault:?}: {verdict:?}");
        session = session.reuse().expect("a usable session");
        let verdict = send(&mut session, 100 + id);
        assert!(matches!(verdict, Verdict::Accepted { .. }), "after {fault:?}: {verdict:?}");
        session = session.reuse().expect("a usable session");
    }
    assert_eq!(server.ids(), (100..107).map(|id| format!("<{id}@kommune.dk>")).collect::<Vec<_>>());
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_reply_arrives_as_one_short_line() {
    let server = Server::start(Security::Clear);
    server.always(Fault::Rcpt(None, "550-no\u{1b}[2J\r\n550 such user"));
    let verdict = send(&mut clear(&server), 1);
    let Verdict::Never { reply, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(reply, "550 no [2J such user");
}

#[test]
fn a_lost_connection_is_told_from_a_refused_mail() {
    for fault in [
        Fault::Mail("421 4.3.2 closing"),
        Fault::Message("421 4.3.2 closing"),
        Fault::DropBeforeReply,
        Fault::HangInData,
    ] {
        let server = Server::start(Security::Clear);
        server.fault(fault.clone(), 1);
        let options = Options { data: Duration::from_millis(300), ..options() };
        let settings = settings(server.port, SmtpSecurity::None);
        let mut session = Session::open(&settings, None, &options).unwrap();
        let verdict = send(&mut session, 1);
        assert!(matches!(verdict, Verdict::ServerDown { .. }), "{fault:?}: {verdict:?}");
        assert!(session.reuse().is_none(), "{fault:?}");
    }
}

/// A time limit for each read alone would let such a server keep us for ever, and a greeting
/// without end would fill the memory.
#[test]
fn a_reply_has_to_be_whole_in_time_and_has_a_longest() {
    let (soon, long) = (Duration::from_millis(300), Duration::from_secs(60));
    let pause = Duration::from_millis(20);
    let block = "x".repeat(64 * 1024).leak();
    for (fault, options) in [
        (Fault::EndlessGreeting("x", pause), Options { connect: soon, ..options() }),
        (Fault::EndlessGreeting(block, Duration::ZERO), Options { connect: long, ..options() }),
        (Fault::Drip(pause), Options { command: soon, ..options() }),
    ] {
        let server = Server::start(Security::Clear);
        server.fault(fault.clone(), 1);
        let begun = Instant::now();
        match Session::open(&settings(server.port, SmtpSecurity::None), None, &options) {
            Err(error) => assert!(matches!(error, ServerError::NotReady { .. }), "{error}"),
            Ok(mut session) => {
                let verdict = send(&mut session, 1);
                assert!(matches!(verdict, Verdict::ServerDown { .. }), "{verdict:?}");
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{fault:?}");
    }
}

#[test]
fn a_server_that_hangs_up_after_its_250_has_taken_the_mail() {
    let server = Server::start(Security::Clear);
    server.fault(Fault::DropAfterReply, 1);
    let mut session = clear(&server);
    let verdict = send(&mut session, 1);
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    assert!(session.reuse().is_none(), "the next mail needs a new connection");

    server.fault(Fault::DropAtQuit, 1);
    clear(&server).quit();
    assert_eq!(server.ids(), ["<1@kommune.dk>"]);
}

#[test]
fn dots_and_line_ends_arrive_as_they_were_meant() {
    let server = Server::start(Security::Clear);
    let mut session = clear(&server);
    let body = "Message-ID: <1@x>\r\n\r\n.\r\n..two\r\n.hidden\nbare\n.\nMAIL FROM:<x@y>\r\n";
    let verdict = session.send(FROM, &to(&["bo@kommune.dk"]), body.as_bytes());
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        messages[0].content,
        "Message-ID: <1@x>\r\n\r\n.\r\n..two\r\n.hidden\r\nbare\r\n.\r\nMAIL FROM:<x@y>\r\n"
    );
}

#[test]
fn danish_names_before_the_at_go_where_smtputf8_is_offered_and_nowhere_else() {
    let address = "bjørn@kommune.dk";
    let server = Server::start(Security::Clear);
    let verdict = clear(&server).send(FROM, &to(&[address]), &mail(1));
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    assert_eq!(texts(&server)[1], "MAIL FROM:<it@kommune.dk> SMTPUTF8");
    assert_eq!(server.messages()[0].to, [address]);

    server.offer(&["8BITMIME"]);
    let mut session = clear(&server);
    let verdict = session.send(FROM, &to(&[address]), &mail(2));
    let Verdict::Never { reply, .. } = verdict else { panic!("{verdict:?}") };
    assert!(reply.contains("SMTPUTF8"), "{reply}");
    assert!(matches!(send(&mut session, 3), Verdict::Accepted { .. }));
    assert_eq!(server.ids(), ["<1@kommune.dk>", "<3@kommune.dk>"]);
}

#[test]
fn danish_domains_go_everywhere_as_dns_has_them() {
    let server = Server::start(Security::Clear);
    server.offer(&["8BITMIME"]);
    let verdict = clear(&server).send("it@søby.dk", &to(&["bo@Søby.dk"]), &mail(1));
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    assert_eq!(texts(&server)[1], "MAIL FROM:<it@xn--sby-0na.dk>");
    assert_eq!(server.messages()[0].to, ["bo@xn--sby-0na.dk"]);
}

#[test]
fn an_authority_of_the_municipalitys_own_is_trusted_where_the_configuration_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let server = Server::start(Security::StartTls);
    let own = Smtp { ca_file: Some(file.clone()), ..settings(server.port, SmtpSecurity::StartTls) };
    let none = Options { roots: Vec::new(), ..options() };
    let open = |settings: &Smtp| Session::open(settings, None, &none);
    let without = open(&Smtp { ca_file: None, ..own.clone() }).unwrap_err().to_string();
    assert!(without.contains("mail.smtp.ca_file"), "{without}");
    std::fs::write(&file, root_pem()).unwrap();
    open(&own).expect("trusted").quit();

    for (content, why) in [("nothing", "no certificate"), ("-----BEGIN CERTIFICATE-----\n", "")] {
        std::fs::write(&file, content).unwrap();
        let error = open(&own).unwrap_err().to_string();
        assert!(error.contains("mail.smtp.ca_file") && error.contains(why), "{error}");
    }
}

#[test]
fn what_is_no_address_never_reaches_the_server() {
    let server = Server::start(Security::Clear);
    let mut session = clear(&server);
    for address in ["", "bo", "bo@kommune.dk>\r\nRCPT TO:<eve@x.dk", "a b@kommune.dk"] {
        let verdict = session.send(FROM, &to(&[address]), &mail(1));
        assert!(matches!(verdict, Verdict::Never { .. }), "{address:?}: {verdict:?}");
    }
    // The sender is that of every mail: it is no mail's fault.
    let verdict = session.send("bo", &to(&["bo@kommune.dk"]), &mail(1));
    assert!(matches!(verdict, Verdict::Refused(ServerError::Sender { .. })), "{verdict:?}");
    assert_eq!(server.lines().len(), 1, "EHLO and nothing more: {:?}", server.lines());
}

#[test]
fn of_several_recipients_those_that_are_accepted_get_the_mail() {
    let (bo, eva) = ("bo@kommune.dk", "eva@kommune.dk");
    let no = |who| Fault::Rcpt(Some(who), "550 no such user");
    let busy = |who| Fault::Rcpt(Some(who), "452 mailbox full");
    let server = Server::start(Security::Clear);
    let mut session = clear(&server);
    let readers = to(&[bo, eva]);

    for fault in [no(eva), busy(eva)] {
        server.fault(fault, 1);
        match session.send(FROM, &readers, &mail(1)) {
            Verdict::Accepted { refused, .. } => {
                assert_eq!(refused.len(), 1);
                assert!(refused[0].words().starts_with("eva@kommune.dk: "), "{refused:?}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.messages().last().unwrap().to, [bo]);
    }

    server.fault(no(bo), 1);
    server.fault(busy(eva), 1);
    let verdict = session.send(FROM, &readers, &mail(2));
    assert!(matches!(verdict, Verdict::Later { .. }), "one of them may yet: {verdict:?}");
    session = session.reuse().unwrap();

    server.fault(no(bo), 1);
    server.fault(no(eva), 1);
    let verdict = session.send(FROM, &readers, &mail(3));
    let Verdict::Never { reply, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(reply, "bo@kommune.dk: 550 no such user; eva@kommune.dk: 550 no such user");
}

#[test]
fn nothing_of_a_session_shows_its_password() {
    let server = Server::start(Security::StartTls);
    let settings = with_login(server.port, SmtpSecurity::StartTls);
    let session = Session::open(&settings, password(), &options()).unwrap();
    let shown = format!("{session:?}");
    assert!(!shown.contains("horse") && !shown.contains(PLAIN), "{shown}");
}
