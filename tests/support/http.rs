//! HTTP as bytes on a socket, for tests that say exactly what is sent.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name; blank if there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }
}

/// One request on a connection of its own. `Host` is the port's own unless given.
pub fn ask(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    talk(stream, &request(port, method, path, headers, body))
}

pub fn get(port: u16, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(port, "GET", path, headers, "")
}

/// `None` where nobody listens yet.
pub fn try_get(port: u16, path: &str) -> Option<Answer> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    Some(talk(stream, &request(port, "GET", path, &[], "")))
}

/// The same over a Unix socket.
pub fn get_by_socket(socket: &Path, path: &str) -> Answer {
    let stream = UnixStream::connect(socket).expect("a connection");
    talk(stream, &request(0, "GET", path, &[("Host", "localhost")], ""))
}

pub fn request(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.push_str(&format!("Host: 127.0.0.1:{port}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        ));
    }
    request + "\r\n" + body
}

/// Sends all that the other side takes, and reads until it hangs up.
fn talk(mut stream: impl Read + Write, request: &str) -> Answer {
    // One that has heard enough answers and hangs up in the middle.
    let _ = stream.write_all(request.as_bytes());
    read(stream)
}

/// Reads an answer to its end.
pub fn read(mut stream: impl Read) -> Answer {
    let mut bytes = Vec::new();
    // A reset after the answer takes nothing of it away.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return Answer { status: 0, headers: Vec::new(), body: bytes };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

/// A connection on which the first half of a request has been sent.
pub fn half_a_request(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    let _ = write!(stream, "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slow: ");
    stream
}
