//! The page behind nginx, by the example in `deploy/nginx`: with a login by password in
//! the place of OpenID Connect, since there is nobody here to ask.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};

use chrono::Utc;
use kitos_standin::World;

use crate::page::site::{OPERATOR, SAME_ORIGIN, Site, token};
use crate::support::eventually;
use crate::support::http::{self, Answer};
use crate::support::smtp::closed_port;

/// `anne@kommune.example:geheim` and `bo@kommune.example:geheim`, as browsers send them.
const ANNE: &str = "Basic YW5uZUBrb21tdW5lLmV4YW1wbGU6Z2VoZWlt";
const BO: &str = "Basic Ym9Aa29tbXVuZS5leGFtcGxlOmdlaGVpbQ==";

struct Proxy {
    nginx: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Proxy {
    fn start(port: u16, page: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let users = ["anne", "bo"].map(|name| format!("{name}@kommune.example:{{PLAIN}}geheim\n"));
        fs::write(path("users"), users.concat()).expect("a file");
        let login = format!(
            "auth_basic 'kitos-sync'; auth_basic_user_file {};\n set $kitos_user $remote_user;\n",
            path("users")
        );
        let site = example(&login)
            .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"))
            .replace("127.0.0.1:8470", &format!("127.0.0.1:{page}"));
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};\n", path(kind)))
            .concat();
        let main = format!(
            "daemon off; user root; worker_processes 1; pid {}; error_log {} info; events {{}}\n\
             http {{ access_log off;\n{temporary}{site} }}\n",
            path("pid"),
            path("log"),
        );
        fs::write(path("nginx.conf"), main).expect("a file");
        let log = path("log");
        let mut command = Command::new("nginx");
        command.args(["-e", &log, "-c", &path("nginx.conf")]);
        let nginx = command.spawn().expect("nginx");
        eventually("nginx listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { nginx, port, _folder: folder }
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        http::get(self.port, path, &[&[("Connection", "close")], headers].concat())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its worker goes with it.
        let _ = Command::new("kill").args(["-TERM", &self.nginx.id().to_string()]).status();
        let _ = self.nginx.wait();
    }
}

/// The example without TLS, and with this login.
fn example(login: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/nginx/kitos-sync.conf");
    let text = fs::read_to_string(file).expect("the example");
    let mut lines = String::new();
    let (mut in_login, mut logins) = (false, 0);
    for line in text.lines() {
        match line.trim() {
            "# login: begin" => {
                in_login = true;
                logins += 1;
                if logins == 1 {
                    lines.push_str(login);
                }
            }
            "# login: end" => in_login = false,
            line if in_login || line.starts_with("ssl_") || line.starts_with('#') => {}
            line => lines.push_str(&format!("{line}\n")),
        }
    }
    assert_eq!(logins, 2, "the example's places for a login");
    lines
}

#[test]
#[cfg_attr(
    without_nginx,
    ignore = "needs nginx, and root to start it: apt-get install nginx-light"
)]
fn behind_nginx_people_log_in_and_operators_decide() {
    let port = closed_port();
    let web = format!(
        "user_header = 'X-Remote-User'\noperators = ['{OPERATOR}']\n\
         public_url = 'http://127.0.0.1:{port}'\n"
    );
    let site = Site::of(World::generate_at(7, 60, Utc::now()), &web);
    let proxy = Proxy::start(port, site.port);

    assert_eq!(proxy.get("/", &[]).status, 401, "nobody is logged in");
    let forged = [("X-Remote-User", OPERATOR)];
    assert_eq!(proxy.get("/", &forged).status, 401, "and a header is no login");
    assert_eq!(proxy.get("/style.css", &[]).status, 200);
    assert_eq!(proxy.get("/metrics", &[]).status, 404, "not for everybody");

    let path = format!("/findings/{}/waive", site.a_finding());
    let reader = [("Authorization", BO), ("X-Remote-User", OPERATOR)];
    assert_eq!(proxy.get("/findings", &reader).status, 200);
    assert_eq!(proxy.get(&path, &reader).status, 403, "whatever header he sends");

    let operator = ("Authorization", ANNE);
    let form = proxy.get(&path, &[operator]);
    assert_eq!(form.status, 200, "{form:?}");
    let body = format!("token={}&until=2099-01-01&reason=aftalt", token(&form.text()));
    let headers = [operator, SAME_ORIGIN, ("Connection", "close")];
    let done = http::ask(port, "POST", &path, &headers, &body);
    assert_eq!(done.status, 303, "{done:?}");
    assert!(proxy.get(done.header("location"), &[operator]).text().contains(OPERATOR));
    let by: String =
        site.installation.open().query_row("SELECT by FROM waiver", [], |row| row.get(0)).unwrap();
    assert_eq!(by, OPERATOR);
}
