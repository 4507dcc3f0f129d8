//! Where the service is to be seen from outside: the page, the metrics, the dead-man's switch.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::line::{Line, fault, ok};
use crate::config::ListenAddress;
use crate::jobs::Context;

const PAGE: &str = "page";
const PATIENCE: Duration = Duration::from_secs(2);

pub async fn check(context: &Context) -> Vec<Line> {
    let config = &context.config;
    let mut lines = Vec::new();
    match &config.web.listen {
        Some(ListenAddress::Tcp(address)) => {
            let address = *address;
            let looked = tokio::task::spawn_blocking(move || page(address)).await;
            lines.extend(looked.ok());
        }
        Some(ListenAddress::Socket(path)) => lines.push(socket(path)),
        None => {}
    }
    lines.extend(config.metrics.textfile.as_deref().map(metrics));
    lines.extend(config.monitor.ping_url.as_ref().map(|_| {
        ok("ping", "monitor.ping_url is not called here: that would count as a good pull")
    }));
    lines
}

/// Whether the page is served, or could be.
fn page(address: SocketAddr) -> Line {
    match TcpListener::bind(address) {
        Ok(_) => ok(PAGE, format!("{address} is free for it; nothing serves it now")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => match is_ours(address) {
            true => ok(PAGE, format!("{address} answers")),
            false => fault(
                PAGE,
                format!("web.listen: another program has {address}. End it, or write another port"),
            ),
        },
        Err(error) => fault(
            PAGE,
            format!(
                "web.listen: {address} cannot be had: {error}. Write an address of this machine"
            ),
        ),
    }
}

/// Whether there is a place for the page's socket.
fn socket(path: &Path) -> Line {
    let folder = path.parent().unwrap_or(path).display();
    let shown = path.display();
    match path.parent().is_some_and(Path::is_dir) {
        false => fault(
            PAGE,
            format!(
                "web.listen: there is no folder {folder} for the socket. Make it, and let the service write there"
            ),
        ),
        true if UnixStream::connect(path).is_ok() => ok(PAGE, format!("{shown} answers")),
        true => ok(PAGE, format!("{folder} is there for its socket; nothing serves it now")),
    }
}

/// Whether it is our service that answers there.
fn is_ours(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(1 << 16).read_to_end(&mut answer)?;
        Ok::<_, io::Error>(answer)
    };
    ask().is_ok_and(|answer| String::from_utf8_lossy(&answer).contains("\"lastPullAt\""))
}

fn metrics(file: &Path) -> Line {
    let folder = file.parent().unwrap_or(file);
    match folder.is_dir() {
        true => {
            ok("metrics", format!("{}; the service must be allowed to write there", file.display()))
        }
        false => fault(
            "metrics",
            format!(
                "metrics.textfile: there is no folder {}. Make it, and let the service write there",
                folder.display()
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Verdict;

    #[test]
    fn a_port_of_another_program_and_a_folder_that_is_not_there_are_faults() {
        let other = TcpListener::bind("127.0.0.1:0").expect("a port");
        let taken = other.local_addr().expect("an address");
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = other.accept() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello");
            }
        });
        let foreign = "192.0.2.1:8470".parse().expect("an address");
        let folder = tempfile::tempdir().expect("a folder");
        for (line, verdict) in [
            (page(taken), Verdict::Fault),
            (page(foreign), Verdict::Fault),
            (page("127.0.0.1:0".parse().expect("an address")), Verdict::Ok),
            (socket(&folder.path().join("page.sock")), Verdict::Ok),
            (socket(&folder.path().join("none/page.sock")), Verdict::Fault),
            (metrics(&folder.path().join("k.prom")), Verdict::Ok),
            (metrics(&folder.path().join("none/k.prom")), Verdict::Fault),
        ] {
            assert_eq!(line.verdict, verdict, "{line:?}");
        }
    }
}
