//! A Postfix of the test's own: configuration, queue and mailbox in a temporary
//! folder, on a free port of the loopback address. It shares nothing with a
//! Postfix that the machine may run, and never touches it.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mail_parser::MessageParser;
use tempfile::TempDir;

use crate::support::process::signal;
use crate::support::{eventually, files};

/// Where Debian has them; not in everybody's `PATH`.
const POSTFIX: &str = "/usr/sbin/postfix";
const MASTER: &str = "/usr/lib/postfix/sbin/master";

/// Debian's `nobody`: Postfix delivers to no mailbox of root's.
const NOBODY: u32 = 65534;

/// The services that take a mail and put it into a mailbox.
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// A mail in the mailbox.
#[derive(Debug)]
pub struct Arrived {
    pub message_id: String,
    /// The address it was handed over for.
    pub to: String,
    /// As it lies there, with the lines that Postfix puts before it.
    pub content: String,
}

/// Takes mail for `kommune.example` and keeps it, whoever the reader is; but
/// refuses the address `gone` for good.
#[derive(Debug)]
pub struct Postfix {
    folder: TempDir,
    pub port: u16,
    master: Option<Child>,
}

impl Postfix {
    /// A running one.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut this = Self { folder: TempDir::new().unwrap(), port, master: None };
        this.configure();
        this.start_again();
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self) {
        // Postfix's own users must come through, as they do in /var/spool.
        fs::set_permissions(self.folder.path(), Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "queue", "mail"] {
            fs::create_dir(self.path(name)).unwrap();
        }
        chown(self.path("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        let main = format!(
            "compatibility_level = 3.6\n\
             queue_directory = {folder}/queue\n\
             data_directory = {folder}/data\n\
             maillog_file = {folder}/log\n\
             maillog_file_prefixes = {folder}\n\
             inet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\n\
             myhostname = mail.kommune.example\n\
             mydestination =\n\
             alias_maps =\n\
             virtual_mailbox_domains = kommune.example\n\
             virtual_mailbox_base = {folder}/mail\n\
             virtual_mailbox_maps = regexp:{folder}/etc/mailboxes\n\
             virtual_uid_maps = static:{NOBODY}\n\
             virtual_gid_maps = static:{NOBODY}\n\
             smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/etc/access, \
             reject_unauth_destination\n\
             smtpd_error_sleep_time = 0\n\
             smtpd_tls_security_level = none\n\
             local_header_rewrite_clients =\n",
            folder = self.folder.path().display()
        );
        fs::write(self.path("etc/main.cf"), main).unwrap();
        // Each connection gets a new process, which reads `access` again.
        let door = format!("127.0.0.1:{} inet n - n - - smtpd -o max_use=1\n", self.port);
        fs::write(self.path("etc/master.cf"), door + SERVICES).unwrap();
        fs::write(self.path("etc/mailboxes"), "!/^gone@/ all/\n").unwrap();
        self.defer(&[]);
        // Makes the folders of the queue.
        let made = Command::new(POSTFIX).arg("-c").arg(self.path("etc")).arg("check").output();
        let made = made.unwrap();
        assert!(made.status.success(), "{made:?}\n{}", self.log());
    }

    /// From now on it refuses these addresses for the time being, and no others.
    pub fn defer(&self, addresses: &[&str]) {
        let lines =
            addresses.iter().map(|address| format!("{address} 451 4.7.1 come back later\n"));
        fs::write(self.path("etc/access"), lines.collect::<String>()).unwrap();
    }

    /// Starts it where it has stopped; it answers when this returns.
    pub fn start_again(&mut self) {
        assert!(self.master.is_none(), "it runs");
        let mut command = Command::new(MASTER);
        // In the foreground. What ends it is a signal to its process group, which
        // therefore must not be ours.
        command.arg("-c").arg(self.path("etc")).arg("-d").process_group(0);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.master = Some(quiet.spawn().unwrap());
        eventually("Postfix greets", || greets(self.port));
    }

    /// Stops it, with whatever it has in its queue.
    pub fn stop(&mut self) {
        let mut master = self.master.take().expect("it runs");
        signal(master.id(), "TERM");
        master.wait().unwrap();
    }

    /// What lies in the mailbox once Postfix has nothing more to deliver.
    pub fn arrived(&self) -> Vec<Arrived> {
        eventually("Postfix delivers what it has taken", || {
            ["incoming", "active", "deferred"]
                .iter()
                .all(|queue| is_without_files(&self.path("queue").join(queue)))
        });
        let mails = files(&self.path("mail/all/new"));
        mails.iter().map(|path| arrived(&fs::read_to_string(path).unwrap())).collect()
    }

    /// What it has written about itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("Postfix says:\n{}", self.log());
        }
        if self.master.is_some() {
            self.stop();
        }
    }
}

fn greets(port: u16) -> bool {
    let mut line = String::new();
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .and_then(|stream| BufReader::new(stream).read_line(&mut line))
        .is_ok()
        && line.starts_with("220 ")
}

fn is_without_files(folder: &Path) -> bool {
    files(folder).iter().all(|path| path.is_dir() && is_without_files(path))
}

fn arrived(content: &str) -> Arrived {
    let mail = MessageParser::default().parse(content.as_bytes()).expect("a mail");
    let to = content.lines().find_map(|line| line.strip_prefix("Delivered-To: "));
    Arrived {
        message_id: format!("<{}>", mail.message_id().expect("a Message-ID")),
        to: to.expect("Postfix says for whom").to_owned(),
        content: content.to_owned(),
    }
}
