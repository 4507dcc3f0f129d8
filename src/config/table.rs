//! Every key of the configuration, once: its name, type, default, what it may be
//! and what it means. What is read, what counts as a slip, which variables
//! override, the defaults and `config/kitos-sync.example.toml` come from here.
//!
//! A new key is a declaration here (see [`section`] for the kinds) and then
//! `UPDATE_DOCS=1 cargo test --test behaviour the_example` for the example file. What keys must
//! have to do with each other stands in `check.rs`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use lettre::message::Mailbox;
use uuid::Uuid;

use super::addresses::{
    address, base_url, domain, header_name, host, ip_address, listen_address, mailbox,
    organization, public_url, server_url, web_url,
};
use super::kinds::{ListenAddress, OrganizationId, SmtpSecurity};
use super::rules::rules;
use super::secret::private_file;
use super::section::section;
use super::values::{
    boolean, cron_line, date, duration, integer, life_cycle, list, one_of, pace, path, percentage,
    some, text, textfile, time, time_zone, uuid,
};
use crate::model::{Language, LifeCycle, MailMode, Rule, Severity};
use crate::policy::rules::Setting;
use crate::time::schedule::CronLine;

section! {
    /// The configuration of kitos-sync.
    ///
    /// Copy this file to /etc/kitos-sync/config.toml and fill in the four keys that
    /// are not commented out. Every other key is shown with its default: remove the
    /// "# " in front of a key only to change it. `kitos-sync check` then says whether
    /// everything works.
    ///
    /// Passwords never stand in this file. Each comes from the first of these that
    /// is there: a systemd credential, a file that only the service can read (the
    /// "password_file" keys), an environment variable.
    ///
    /// An environment variable overrides a key: KITOS_SYNC_KITOS__PAGE_SIZE for
    /// kitos.page_size, KITOS_SYNC_MAIL__SMTP__HOST for mail.smtp.host.
    ///
    /// Durations are a number and a unit: s, m, h, d, w, or y (365 days).
    /// Where nothing is set by default, "" and [] mean the same: not set. Elsewhere "" is an
    /// error, and [] an empty list: no quiet weeks, no proxy that is believed.
    "" => Config {
        kitos: Kitos = by(Kitos::read);
        database: Database = by(Database::read);
        schedule: Schedule = by(Schedule::read);
        policy: Policy = by(Policy::read);
        notify: Notify = by(Notify::read);
        mail: Mail = by(Mail::read);
        guard: Guard = by(Guard::read);
        web: Web = by(Web::read);
        metrics: Metrics = by(Metrics::read);
        monitor: Monitor = by(Monitor::read);
        retention: Retention = by(Retention::read);
    }
}

section! {
    "kitos" => Kitos {
        /// The address of KITOS. Plain http is refused, except to this machine itself. KITOS's
        /// test environment and its real one each need a database of their own.
        url: String = default("https://kitos.dk", server_url);

        /// The mail address of the API user. The KITOS secretariat (info@kitos.dk) makes it,
        /// when your local administrator is sender or copy of the mail: a shared mailbox with
        /// the ordinary role "Bruger" in the organisation, nothing more.
        email: String = required("kitos-api@kommune.example", address);

        /// A file that holds the API user's password and nothing else, e.g.
        /// "/etc/kitos-sync/kitos-password". Nobody but its owner may read it (chmod 600).
        /// Instead of it: the systemd credential "kitos-password", or the environment
        /// variable KITOS_SYNC_KITOS_PASSWORD.
        password_file: Option<PathBuf> = off(private_file);

        /// The municipality: its CVR number (eight digits), or its UUID in KITOS.
        organization: OrganizationId = required("12345678", organization);

        /// Rows that are asked for at once, 1 to 250. Large pages are slow in KITOS.
        page_size: u32 = default(100, integer(1, 250));

        /// Requests under way at once, at most; 1 to 32.
        concurrency: usize = default(4, integer(1, 32));

        /// How long one request may take, and a whole pull.
        request_timeout: Duration = default("120s", duration("1s", "1h"));
        pull_timeout: Duration = default("30m", duration("1s", "1d"));

        /// Certificates (PEM) of a private authority, where the network inspects TLS,
        /// e.g. "/etc/ssl/certs/kommune-ca.pem".
        ca_file: Option<PathBuf> = off(path);

        /// An outgoing proxy, e.g. "http://proxy.kommune.example:3128".
        proxy: Option<String> = off(web_url);

        /// The proxy's user, where it wants a login. The password is the systemd credential
        /// "proxy-password", or the environment variable KITOS_SYNC_PROXY_PASSWORD.
        proxy_user: Option<String> = off(text);

        /// Where people's links to KITOS lead, if not to "/ui" below the address above.
        ui_url: Option<String> = off(base_url);
    }
}

section! {
    "database" => Database {
        /// The one file that everything is kept in. Its folder must be the service's own.
        path: PathBuf = default("/var/lib/kitos-sync/kitos-sync.db", path);
    }
}

section! {
    /// When the jobs run, as crontab lines: minute, hour, day, month, weekday (Sunday is 0, 7 or Sun).
    "schedule" => Schedule {
        /// The zone in which all times and dates of this file are meant.
        time_zone: Tz = default("Europe/Copenhagen", time_zone);

        /// When KITOS is read.
        sync: CronLine = default("0 5 * * *", cron_line);

        /// When owners are reminded.
        remind: CronLine = default("0 8 * * Mon-Fri", cron_line);

        /// When IT gets the digest.
        digest: CronLine = default("0 7 * * Mon", cron_line);

        /// When what is older than [retention] says is deleted.
        prune: CronLine = default("30 3 * * Sun", cron_line);

        /// The sync starts up to this much later, so that not all municipalities ask KITOS
        /// in the same second. One installation has the same delay every day.
        jitter: Duration = default("10m", duration("0s", "12h"));
    }
}

section! {
    "policy" => Policy {
        /// The role types of KITOS that count as owner: names, or UUIDs.
        owner_roles: Vec<String> = default(["Systemejer"], some(text));

        /// The same for those who manage a system, and for its daily contact.
        manager_roles: Vec<String> = default(["Systemforvalter", "Systemansvarlig"], list(text));
        contact_roles: Vec<String> = default(["Kontaktperson", "Daglig kontaktperson"], list(text));

        /// Units that are staff units (stabe), by name or UUID. Systems that several
        /// administrations use should be owned in one of them.
        staff_units: Vec<String> = default([], list(text));

        /// Who may own a system, and who is whose leader: a CSV file with the columns
        /// email;name;level;unit;manager_email, e.g. "/etc/kitos-sync/leaders.csv". Try one
        /// with `kitos-sync check --leaders FILE` before you use it.
        leaders_file: Option<PathBuf> = off(path);

        /// Who leaves, and when, where the municipality knows that before KITOS does: a CSV
        /// file with the columns email;last_day, e.g. "/etc/kitos-sync/departures.csv".
        departures_file: Option<PathBuf> = off(path);

        /// What the municipality calls its own guideline for system ownership, for mails that
        /// refer to it, e.g. "Retningslinje for systemejerskab".
        guideline_name: Option<String> = off(text);

        exclude: Exclude = by(Exclude::read);
        rules: BTreeMap<Rule, Setting> = by(rules);
    }
}

section! {
    /// Systems that the policy does not look at.
    "policy.exclude" => Exclude {
        /// By the UUID of the system usage, by name ("*" stands for anything, e.g. "Test*"),
        /// or by life cycle in KITOS (Undecided, NotInUse, Pilot, PhasingIn, Operational, PhasingOut).
        uuids: Vec<Uuid> = default([], list(uuid));
        names: Vec<String> = default([], list(text));
        lifecycles: Vec<LifeCycle> = default([], list(life_cycle));
    }
}

section! {
    "notify" => Notify {
        /// After so many mails without effect the next leader up is asked for help.
        escalate_after: u32 = default(3, integer(1, 100));

        /// From this severity on; what is less severe is never passed on.
        escalate_from: Severity = default("medium", one_of(Severity::ALL, Severity::as_str));

        /// Whether owners get mail on Danish working days only, and not before this time.
        business_days_only: bool = default(true, boolean);
        not_before: NaiveTime = default("07:00", time);

        /// Further days without mail to owners, e.g. ["2026-10-16"].
        holidays: Vec<NaiveDate> = default([], list(date));

        /// ISO weeks without reminders: the summer holiday.
        quiet_weeks: Vec<u32> = default([28, 29, 30], list(integer(1, 53)));

        /// First letters, reminders and review mails that go out in one run, and on one day,
        /// at most. The most severe and oldest come first, the rest on the next working day.
        max_mails_per_run: u32 = default(50, integer(1, 10_000));

        pace: Pace = by(Pace::read);
    }
}

section! {
    /// Days between the mails for which a finding of a severity asks, the first counted
    /// from the end of its grace. The last number repeats; an empty list never asks.
    /// Whatever is open for a person goes into one mail; nobody gets two reminders in a
    /// week, or four in four weeks, whatever stands here.
    "notify.pace" => Pace {
        high: Vec<u32> = default([0, 7, 7, 7, 28], pace);
        medium: Vec<u32> = default([0, 28, 28, 56], pace);
        low: Vec<u32> = default([0, 56, 56, 112], pace);
        info: Vec<u32> = default([], pace);
    }
}

section! {
    "mail" => Mail {
        /// preview:  nothing is sent. Each mail is a file in preview_dir.
        /// redirect: everything goes to redirect_to and shows who would have got it.
        /// send:     mail goes to the people it is for. Needs allowed_domains.
        mode: MailMode = default("preview", one_of(MailMode::ALL, MailMode::as_str));

        /// If it is not set, the folder "preview" beside the database.
        preview_dir: Option<PathBuf> = off(path);
        redirect_to: Option<String> = off(address);

        /// The sender that readers see.
        from: Mailbox = required("IT og Digitalisering <it@kommune.example>", mailbox);

        /// Where answers go, if not to the sender, e.g. "Servicedesk <hjaelp@kommune.example>".
        reply_to: Option<Mailbox> = off(mailbox);

        /// Who gets the digest.
        it: Vec<String> = required(["it@kommune.example"], some(address));

        /// Who is told when something is wrong with kitos-sync itself. If this is not set,
        /// those of "it".
        alerts: Option<Vec<String>> = off(some(address));

        /// Mail goes to these domains only, e.g. ["kommune.example"]. Required in mode send.
        allowed_domains: Vec<String> = default([], list(domain));

        /// da or en.
        language: Language = default("da", one_of(Language::ALL, Language::as_str));

        /// A folder with templates of your own. One that is there replaces the built-in
        /// template of the same name, e.g. "/etc/kitos-sync/templates".
        templates: Option<PathBuf> = off(path);

        /// One line of your own under every mail, e.g. "Spørgsmål? Skriv til servicedesken."
        footer: Option<String> = off(text);

        /// How long a mail that the server does not take is tried. Then IT is told.
        give_up_after: Duration = default("4d", duration("1m", "30d"));

        contact: Contact = by(Contact::read);
        smtp: Smtp = by(Smtp::read);
    }
}

section! {
    /// Who answers the people who get mail; shown in every mail to them.
    "mail.contact" => Contact {
        /// A person or an office. If it is not set, the name in "from".
        name: Option<String> = off(text);

        /// A telephone number, and when it is answered, e.g. "hverdage kl. 9-14".
        phone: Option<String> = off(text);
        hours: Option<String> = off(text);

        /// A page of yours that says what a system owner is.
        url: Option<String> = off(web_url);
    }
}

section! {
    "mail.smtp" => Smtp {
        /// The mail server. If the port is not set, it is 587 for starttls, 465 for tls and
        /// 25 for none.
        host: String = default("localhost", host);
        port: Option<u16> = off(integer(1, u16::MAX));

        /// starttls: encrypted or not at all. tls: encrypted from the first byte.
        /// none: in clear text, to this machine itself only.
        security: SmtpSecurity = default("starttls", one_of(SmtpSecurity::ALL, SmtpSecurity::as_str));

        /// Certificates (PEM) of a private authority that the mail server's is signed by,
        /// e.g. "/etc/ssl/certs/kommune-ca.pem".
        ca_file: Option<PathBuf> = off(path);

        /// Where the server wants a login: the user, and a file with the password, e.g.
        /// "/etc/kitos-sync/smtp-password" (chmod 600). Instead of the file: the systemd
        /// credential "smtp-password", or the variable KITOS_SYNC_SMTP_PASSWORD.
        username: Option<String> = off(text);
        password_file: Option<PathBuf> = off(private_file);

        /// Mails per minute, at most.
        per_minute: u32 = default(30, integer(1, 6000));
    }
}

section! {
    "guard" => Guard {
        /// A pull that would do more than this at once is held back until a person says
        /// that it is right (`kitos-sync guard show`): the share of systems that it
        /// removes, shuts down, phases out, revives or leaves without an owner; that it
        /// changes or takes a field from; of people or units that it removes, takes the mail
        /// address or parent from, or makes owners. Ten or fewer (of changed systems: 25)
        /// are not held for that, however small the register is; a list that is suddenly
        /// empty always is.
        max_removed: f64 = default("10%", percentage);
        max_changed: f64 = default("25%", percentage);
        max_people: f64 = default("20%", percentage);
    }
}

section! {
    "web" => Web {
        /// Where the page, /healthz and /metrics are served: an address with a port, e.g.
        /// "127.0.0.1:8470", or a Unix socket, e.g. "/run/kitos-sync/page.sock".
        listen: Option<ListenAddress> = off(listen_address);

        /// Where browsers reach the page through the municipality's proxy, e.g.
        /// "https://systemejere.kommune.example". With it mails carry links to the page.
        public_url: Option<String> = off(public_url);

        /// The header in which the proxy names who is logged in, e.g. "X-Remote-User". It is
        /// believed from the proxies' addresses only. Without it the page only shows, and on
        /// this machine only.
        user_header: Option<String> = off(header_name);
        trusted_proxies: Vec<IpAddr> = default(["127.0.0.1", "::1"], list(ip_address));

        /// Who may decide on the page: the mail addresses that the proxy names them by. If
        /// this is not set, those of mail.it. Others who are logged in may look.
        operators: Option<Vec<String>> = off(some(address));
    }
}

section! {
    "metrics" => Metrics {
        /// A file for node_exporter's textfile collector, e.g.
        /// "/var/lib/prometheus/node-exporter/kitos-sync.prom".
        textfile: Option<PathBuf> = off(textfile);
    }
}

section! {
    "monitor" => Monitor {
        /// An address that is asked after each good pull, and with /fail after a bad one,
        /// for a service that calls when nothing comes.
        ping_url: Option<String> = off(web_url);
    }
}

section! {
    "retention" => Retention {
        /// How long the history of systems is kept, the names of people who are gone, and
        /// the text of mails that were sent.
        history: Duration = default("5y", duration("1d", "100y"));
        people: Duration = default("1y", duration("1d", "100y"));
        mail_bodies: Duration = default("90d", duration("1d", "100y"));

        /// Automatic backups that are kept.
        backups: u32 = default(7, integer(1, 1000));
    }
}
