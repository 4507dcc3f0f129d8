//! Each key with its default and what it may be: the table of `contract.md`,
//! "Configuration", as code. A key is asked for here or it does not exist.

use super::addresses::{
    address, domain, domain_of, host, is_loopback, mailbox, organization, server_url,
    socket_address, web_url,
};
use super::given::{Fault, Given};
use super::read::Reader;
use super::rules::rules;
use super::secret::check_file;
use super::values::{
    boolean, cron_line, date, duration, integer, life_cycle, list, one_of, path, percentage, some,
    text, textfile, time, time_zone, uuid,
};
use super::{
    Config, Database, Exclude, Guard, Kitos, Language, Mail, Metrics, Monitor, Notify, Policy,
    Retention, Schedule, Secret, SecretError, Smtp, SmtpSecurity, Web,
};
use crate::model::MailMode;

/// Reads every key. `None` if any of them has a problem that stands in the way.
///
/// Here and below every key is read before the first `?`: all problems are to
/// be told at once, and what is not asked for counts as unknown.
pub(super) fn config(reader: &mut Reader<'_>) -> Option<Config> {
    let kitos = kitos(reader);
    let database = database(reader);
    let schedule = schedule(reader);
    let policy = policy(reader);
    let notify = notify(reader);
    let mail = mail(reader, database.as_ref());
    let guard = guard(reader);
    let web = reader.optional("web.listen", socket_address);
    let metrics = reader.optional("metrics.textfile", textfile);
    let monitor = reader.optional("monitor.ping_url", web_url);
    let retention = retention(reader);
    Some(Config {
        kitos: kitos?,
        database: database?,
        schedule: schedule?,
        policy: policy?,
        notify: notify?,
        mail: mail?,
        guard: guard?,
        web: Web { listen: web? },
        metrics: Metrics { textfile: metrics? },
        monitor: Monitor { ping_url: monitor? },
        retention: retention?,
    })
}

fn kitos(reader: &mut Reader<'_>) -> Option<Kitos> {
    let url = reader.default("kitos.url", "https://kitos.dk", server_url);
    let email = reader.required("kitos.email", "the mail address of the API user", address);
    let password = secret(reader, Secret::kitos);
    let organization = reader.required(
        "kitos.organization",
        "the municipality's CVR number or its UUID in KITOS",
        organization,
    );
    let page_size = reader.default("kitos.page_size", "100", integer(1, 250));
    let concurrency = reader.default("kitos.concurrency", "4", integer(1, 32));
    let request_timeout = reader.default("kitos.request_timeout", "120s", duration("1s", "1h"));
    let pull_timeout = reader.default("kitos.pull_timeout", "30m", duration("1s", "1d"));
    let ca_file = reader.optional("kitos.ca_file", path);
    let proxy = reader.optional("kitos.proxy", web_url);
    let proxy_user = reader.optional("kitos.proxy_user", text);
    let proxy_password = secret(reader, Secret::proxy);
    if let (Some(None), Some(Some(_))) = (&proxy, &proxy_user) {
        reader.refuse("kitos.proxy_user", "this needs kitos.proxy. Set that, or remove it.");
    }
    Some(Kitos {
        url: url?,
        email: email?,
        password: password?,
        organization: organization?,
        page_size: page_size?,
        concurrency: concurrency?,
        request_timeout: request_timeout?,
        pull_timeout: pull_timeout?,
        ca_file: ca_file?,
        proxy: proxy?,
        proxy_user: proxy_user?,
        proxy_password: proxy_password?,
    })
}

fn database(reader: &mut Reader<'_>) -> Option<Database> {
    let path = reader.default("database.path", "/var/lib/kitos-sync/kitos-sync.db", path);
    Some(Database { path: path? })
}

fn schedule(reader: &mut Reader<'_>) -> Option<Schedule> {
    let time_zone = reader.default("schedule.time_zone", "Europe/Copenhagen", time_zone);
    let sync = reader.default("schedule.sync", "0 5 * * *", cron_line);
    let remind = reader.default("schedule.remind", "0 8 * * Mon-Fri", cron_line);
    let digest = reader.default("schedule.digest", "0 7 * * Mon", cron_line);
    let prune = reader.default("schedule.prune", "30 3 * * Sun", cron_line);
    let jitter = reader.default("schedule.jitter", "10m", duration("0s", "12h"));
    Some(Schedule {
        time_zone: time_zone?,
        sync: sync?,
        remind: remind?,
        digest: digest?,
        prune: prune?,
        jitter: jitter?,
    })
}

fn policy(reader: &mut Reader<'_>) -> Option<Policy> {
    let owner_roles = reader.default("policy.owner_roles", "Systemejer", some(text));
    let manager_roles =
        reader.default("policy.manager_roles", "Systemforvalter, Systemansvarlig", list(text));
    let contact_roles =
        reader.default("policy.contact_roles", "Kontaktperson, Daglig kontaktperson", list(text));
    let staff_units = reader.default("policy.staff_units", "[]", list(text));
    let uuids = reader.default("policy.exclude.uuids", "[]", list(uuid));
    let names = reader.default("policy.exclude.names", "[]", list(text));
    let lifecycles = reader.default("policy.exclude.lifecycles", "[]", list(life_cycle));
    let leaders_file = reader.optional("policy.leaders_file", path);
    let rules = rules(reader);
    Some(Policy {
        owner_roles: owner_roles?,
        manager_roles: manager_roles?,
        contact_roles: contact_roles?,
        staff_units: staff_units?,
        exclude: Exclude { uuids: uuids?, names: names?, lifecycles: lifecycles? },
        leaders_file: leaders_file?,
        rules: rules?,
    })
}

fn notify(reader: &mut Reader<'_>) -> Option<Notify> {
    let remind_every = reader.default("notify.remind_every", "0, 14, 14, 7", reminder_days);
    let escalate_after = reader.default("notify.escalate_after", "3", integer(1, 100));
    let business_days_only = reader.default("notify.business_days_only", "true", boolean);
    let not_before = reader.default("notify.not_before", "07:00", time);
    let holidays = reader.default("notify.holidays", "[]", list(date));
    let quiet_weeks = reader.default("notify.quiet_weeks", "28, 29, 30", list(integer(1, 53)));
    let max_mails = reader.default("notify.max_mails_per_run", "50", integer(1, 10_000));
    Some(Notify {
        remind_every: remind_every?,
        escalate_after: escalate_after?,
        business_days_only: business_days_only?,
        not_before: not_before?,
        holidays: holidays?,
        quiet_weeks: quiet_weeks?,
        max_mails_per_run: max_mails?,
    })
}

fn reminder_days(given: Given<'_>) -> Result<Vec<u32>, Fault> {
    let days = some(integer(0, 365))(given)?;
    if days.last() == Some(&0) {
        return Err("the last number repeats, so it must be at least 1.".to_owned());
    }
    Ok(days)
}

fn mail(reader: &mut Reader<'_>, database: Option<&Database>) -> Option<Mail> {
    let mode = reader.default("mail.mode", "preview", one_of(&MailMode::ALL, MailMode::as_str));
    let preview_dir = reader.optional("mail.preview_dir", path);
    let redirect_to = reader.optional("mail.redirect_to", address);
    let from = reader.required(
        "mail.from",
        "the sender that readers see, e.g. \"IT og Digitalisering <it@kommune.dk>\"",
        mailbox,
    );
    let reply_to = reader.optional("mail.reply_to", mailbox);
    let it = reader.required(
        "mail.it",
        "the addresses that get the digest, e.g. [\"it@kommune.dk\"]",
        some(address),
    );
    let alerts = reader.optional("mail.alerts", some(address));
    let allowed_domains = reader.default("mail.allowed_domains", "[]", list(domain));
    let language = reader.default("mail.language", "da", one_of(&Language::ALL, Language::as_str));
    let templates = reader.optional("mail.templates", path);
    let footer = reader.optional("mail.footer", text);
    let smtp = smtp(reader);
    let give_up_after = reader.default("mail.give_up_after", "4d", duration("1m", "30d"));

    if mode == Some(MailMode::Redirect) && redirect_to == Some(None) {
        reader.refuse("mail.mode", "this needs mail.redirect_to. Set it to one mail address.");
    }
    if mode == Some(MailMode::Send) {
        let domains = allowed_domains.as_deref();
        if domains.is_some_and(<[_]>::is_empty) {
            reader.refuse(
                "mail.mode",
                "this needs mail.allowed_domains. \
                 Set it to the domains that mail may go to, e.g. [\"kommune.dk\"].",
            );
        }
        reachable(reader, "mail.it", it.as_deref(), domains);
        reachable(reader, "mail.alerts", alerts.as_ref().and_then(Option::as_deref), domains);
    }

    let preview_dir = match preview_dir? {
        Some(directory) => directory,
        None => database?.path.with_file_name("preview"),
    };
    let it = it?;
    Some(Mail {
        mode: mode?,
        preview_dir,
        redirect_to: redirect_to?,
        from: from?,
        reply_to: reply_to?,
        alerts: alerts?.unwrap_or_else(|| it.clone()),
        it,
        allowed_domains: allowed_domains?,
        language: language?,
        templates: templates?,
        footer: footer?,
        smtp: smtp?,
        give_up_after: give_up_after?,
    })
}

/// Refuses addresses of our own that `mail.allowed_domains` would keep silent.
fn reachable(
    reader: &mut Reader<'_>,
    key: &str,
    addresses: Option<&[String]>,
    domains: Option<&[String]>,
) {
    let (Some(addresses), Some(domains @ [_, ..])) = (addresses, domains) else { return };
    let outside = addresses.iter().find(|address| !domains.contains(&domain_of(address)));
    if let Some(address) = outside {
        let domain = domain_of(address);
        let fault = format!("{domain} is not in mail.allowed_domains. Add it, or nothing arrives.");
        reader.refuse(key, &fault);
    }
}

fn smtp(reader: &mut Reader<'_>) -> Option<Smtp> {
    let host = reader.default("mail.smtp.host", "localhost", host);
    let port = reader.optional("mail.smtp.port", integer(1, u16::MAX));
    let security = reader.default(
        "mail.smtp.security",
        "starttls",
        one_of(&SmtpSecurity::ALL, SmtpSecurity::as_str),
    );
    let username = reader.optional("mail.smtp.username", text);
    let password = secret(reader, Secret::smtp);
    let per_minute = reader.default("mail.smtp.per_minute", "30", integer(1, 6000));

    if security == Some(SmtpSecurity::None) && host.as_deref().is_some_and(|h| !is_loopback(h)) {
        reader.refuse(
            "mail.smtp.security",
            "mail would travel in clear text, which is for a mail.smtp.host on loopback only. \
             Write \"starttls\" or \"tls\".",
        );
    }
    let security = security?;
    Some(Smtp {
        host: host?,
        port: port?.unwrap_or(security.default_port()),
        security,
        username: username?,
        password: password?,
        per_minute: per_minute?,
    })
}

fn guard(reader: &mut Reader<'_>) -> Option<Guard> {
    let max_removed = reader.default("guard.max_removed", "10%", percentage);
    let max_changed = reader.default("guard.max_changed", "25%", percentage);
    let max_people = reader.default("guard.max_people", "20%", percentage);
    Some(Guard { max_removed: max_removed?, max_changed: max_changed?, max_people: max_people? })
}

fn retention(reader: &mut Reader<'_>) -> Option<Retention> {
    let history = reader.default("retention.history", "5y", duration("1d", "100y"));
    let people = reader.default("retention.people", "1y", duration("1d", "100y"));
    let mail_bodies = reader.default("retention.mail_bodies", "90d", duration("1d", "100y"));
    let backups = reader.default("retention.backups", "7", integer(1, 1000));
    Some(Retention {
        history: history?,
        people: people?,
        mail_bodies: mail_bodies?,
        backups: backups?,
    })
}

/// Where a password comes from. A file that others can read is told now, with
/// everything else; one that is missing only when the password is needed,
/// since commands that just read the database run as other users too.
fn secret(reader: &mut Reader<'_>, of: fn(Option<std::path::PathBuf>) -> Secret) -> Option<Secret> {
    let secret = of(reader.optional(of(None).key, path)?);
    if let Some(Err(error @ (SecretError::Exposed { .. } | SecretError::NotAFile { .. }))) =
        secret.file.as_deref().map(check_file)
    {
        reader.refuse(secret.key, &error.to_string());
    }
    Some(secret)
}
