//! A mail server for tests: real sockets, real TLS with a certificate authority
//! of its own, and faults on demand. It keeps every command with whether it
//! came encrypted, and every message that it took charge of.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use lettre::transport::smtp::client::Certificate;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Where the servers listen, and whom their certificates name.
pub const HOST: &str = "127.0.0.1";

/// How a server wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// In clear text only: STARTTLS is not offered.
    Clear,
}

/// What is to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Greets with this and hangs up.
    Greeting(&'static str),
    HangInGreeting,
    /// Goes on greeting for ever: these bytes, again and again, with this pause.
    EndlessGreeting(&'static str, Duration),
    /// Answers the next MAIL so slowly that each byte alone is in time.
    Drip(Duration),
    /// Shows a certificate for another name.
    WrongName,
    /// Sends this in clear text right behind its consent to STARTTLS, as
    /// somebody on the line could.
    Smuggle(&'static str),
    /// Answers AUTH so.
    Auth(&'static str),
    /// Answers MAIL so.
    Mail(&'static str),
    /// Answers RCPT so, for this address or for any.
    Rcpt(Option<&'static str>, &'static str),
    /// Hangs up when it is asked about this address.
    DropAtRcpt(&'static str),
    /// Answers the whole message so.
    Message(&'static str),
    /// Takes the message and then says nothing.
    HangInData,
    /// Takes the message and hangs up before it says so.
    DropBeforeReply,
    /// Says 250 to the message and hangs up.
    DropAfterReply,
    /// Takes a message as it should: for between two faults.
    Fine,
    /// Hangs up at QUIT without a word.
    DropAtQuit,
}

/// A message that the server took charge of, or received without saying so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub from: String,
    pub to: Vec<String>,
    /// As sent, dots unstuffed, with the last CRLF.
    pub content: String,
    /// Whether the server answered 250.
    pub acknowledged: bool,
}

/// A line from the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub encrypted: bool,
    pub text: String,
}

#[derive(Debug, Default)]
struct State {
    connections: usize,
    lines: Vec<Line>,
    messages: Vec<Message>,
    /// Each with how often it is still to happen.
    faults: Vec<(Fault, usize)>,
    extensions: Vec<&'static str>,
    /// What a message sets off before it is answered.
    on_message: Trigger,
}

#[derive(Default)]
struct Trigger(Option<Box<dyn Fn() + Send>>);

impl std::fmt::Debug for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trigger")
    }
}

/// The server. Its threads end with their connections.
#[derive(Debug)]
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start(security: Security) -> Self {
        Self::start_on(0, security)
    }

    /// Listens on a certain port (0: any that is free).
    pub fn start_on(port: u16, security: Security) -> Self {
        let listener = TcpListener::bind((HOST, port)).expect("a port to listen on");
        let port = listener.local_addr().expect("its address").port();
        let state = Arc::new(Mutex::new(State {
            extensions: vec!["8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN"],
            ..State::default()
        }));
        let server = Self { port, state: Arc::clone(&state) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A client that hangs up ends its thread; that is no fault.
                thread::spawn(move || Dialogue::run(stream, security, state).ok());
            }
        });
        server
    }

    /// Lets something go wrong the next `times`.
    pub fn fault(&self, fault: Fault, times: usize) {
        self.state().faults.push((fault, times));
    }

    /// Lets something go wrong until [`heal`](Self::heal).
    pub fn always(&self, fault: Fault) {
        self.fault(fault, usize::MAX);
    }

    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// What it answers to EHLO, STARTTLS apart.
    pub fn offer(&self, extensions: &[&'static str]) {
        self.state().extensions = extensions.to_vec();
    }

    /// Does something at each message, before it is answered.
    pub fn on_message(&self, act: impl Fn() + Send + 'static) {
        self.state().on_message = Trigger(Some(Box::new(act)));
    }

    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Every command, in order.
    pub fn lines(&self) -> Vec<Line> {
        self.state().lines.clone()
    }

    /// The messages that it took charge of.
    pub fn messages(&self) -> Vec<Message> {
        self.state().messages.iter().filter(|message| message.acknowledged).cloned().collect()
    }

    /// Those, and the ones that it received without saying so.
    pub fn received(&self) -> Vec<Message> {
        self.state().messages.clone()
    }

    /// Message-IDs of [`messages`](Self::messages).
    pub fn ids(&self) -> Vec<String> {
        self.messages().into_iter().map(|message| message.id).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test thread panicked")
    }
}

/// A port on which nobody listens.
pub fn closed_port() -> u16 {
    let listener = TcpListener::bind((HOST, 0)).expect("a port to listen on");
    listener.local_addr().expect("its address").port()
}

/// The authority that issued every server's certificate.
pub fn root() -> Certificate {
    Certificate::from_der(AUTHORITY.certificate.to_vec()).expect("a certificate")
}

/// The same, as an administrator gets it.
pub fn root_pem() -> &'static str {
    &AUTHORITY.pem
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("a certificate");
    let (pem, certificate) = (certificate.pem(), certificate.der().clone());
    Authority { issuer: Issuer::new(params, key), certificate, pem }
});

fn tls(name: &str) -> Arc<ServerConfig> {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .and_then(|params| params.signed_by(&key, &AUTHORITY.issuer))
        .expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)
        });
    Arc::new(config.expect("a TLS configuration"))
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
    /// While one becomes the other.
    None,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
            Self::None => Ok(0),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
            Self::None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
            Self::None => Ok(()),
        }
    }
}

struct Dialogue {
    stream: BufReader<Stream>,
    encrypted: bool,
    security: Security,
    state: Arc<Mutex<State>>,
}

impl Dialogue {
    fn run(stream: TcpStream, security: Security, state: Arc<Mutex<State>>) -> io::Result<()> {
        state.lock().expect("no test thread panicked").connections += 1;
        let mut dialogue = Self {
            stream: BufReader::new(Stream::Clear(stream)),
            encrypted: false,
            security,
            state,
        };
        if security == Security::Tls {
            dialogue.encrypt()?;
        }
        dialogue.greet()
    }

    fn greet(&mut self) -> io::Result<()> {
        if self.happens(|fault| (*fault == Fault::HangInGreeting).then_some(())).is_some() {
            return self.hang();
        }
        let endless = self.happens(|fault| match fault {
            Fault::EndlessGreeting(bytes, pause) => Some((*bytes, *pause)),
            _ => None,
        });
        if let Some((bytes, pause)) = endless {
            return self.go_on(bytes, pause);
        }
        let greeting = self.happens(|fault| match fault {
            Fault::Greeting(reply) => Some(*reply),
            _ => None,
        });
        if let Some(reply) = greeting {
            return self.reply(reply);
        }
        self.reply("220 mail.example ESMTP")?;
        self.commands()
    }

    fn commands(&mut self) -> io::Result<()> {
        let (mut from, mut to) = (String::new(), Vec::new());
        while let Some(line) = self.line()? {
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.ehlo()?,
                "STARTTLS" => {
                    let smuggled = self.happens(|fault| match fault {
                        Fault::Smuggle(text) => Some(*text),
                        _ => None,
                    });
                    match smuggled {
                        Some(text) => self.reply(&format!("220 go ahead\r\n{text}"))?,
                        None => self.reply("220 go ahead")?,
                    }
                    self.encrypt()?;
                }
                "AUTH" => self.auth(&line)?,
                "MAIL" => {
                    let drip = self.happens(|fault| match fault {
                        Fault::Drip(pause) => Some(*pause),
                        _ => None,
                    });
                    if let Some(pause) = drip {
                        return self.go_on("x", pause);
                    }
                    let refusal = self.happens(|fault| match fault {
                        Fault::Mail(reply) => Some(*reply),
                        _ => None,
                    });
                    if let Some(reply) = refusal {
                        self.reply(reply)?;
                        if reply.starts_with("421") {
                            return Ok(());
                        }
                    } else if !from.is_empty() {
                        self.reply("503 one mail at a time")?;
                    } else {
                        from = address(&line);
                        self.reply("250 sender fine")?;
                    }
                }
                "RCPT" => {
                    let address = address(&line);
                    let drops = |fault: &Fault| match fault {
                        Fault::DropAtRcpt(who) => (*who == address).then_some(()),
                        _ => None,
                    };
                    if self.happens(drops).is_some() {
                        return Ok(());
                    }
                    let refusal = self.happens(|fault| match fault {
                        Fault::Rcpt(None, reply) => Some(*reply),
                        Fault::Rcpt(Some(who), reply) if *who == address => Some(*reply),
                        _ => None,
                    });
                    match refusal {
                        Some(reply) if reply.starts_with("421") => return self.reply(reply),
                        Some(reply) => self.reply(reply)?,
                        None => {
                            to.push(address);
                            self.reply("250 recipient fine")?;
                        }
                    }
                }
                "DATA" if to.is_empty() => self.reply("503 no recipients")?,
                "DATA" => {
                    self.reply("354 go ahead")?;
                    let content = self.content()?;
                    let message = Message {
                        id: header(&content, "Message-ID"),
                        from: std::mem::take(&mut from),
                        to: std::mem::take(&mut to),
                        content,
                        acknowledged: false,
                    };
                    if !self.take(message)? {
                        return Ok(());
                    }
                }
                "RSET" => {
                    (from, to) = (String::new(), Vec::new());
                    self.reply("250 forgotten")?;
                }
                "NOOP" => self.reply("250 fine")?,
                "QUIT" => {
                    let rude = self.happens(|fault| (*fault == Fault::DropAtQuit).then_some(()));
                    return if rude.is_some() { Ok(()) } else { self.reply("221 goodbye") };
                }
                _ => self.reply("500 what?")?,
            }
        }
        Ok(())
    }

    fn ehlo(&mut self) -> io::Result<()> {
        let mut extensions = self.state().extensions.clone();
        if self.security == Security::StartTls && !self.encrypted {
            extensions.push("STARTTLS");
        }
        for extension in extensions {
            self.reply(&format!("250-{extension}"))?;
        }
        self.reply("250 HELP")
    }

    fn auth(&mut self, line: &str) -> io::Result<()> {
        if line.starts_with("AUTH LOGIN") {
            // "Username:" and "Password:" in base64.
            for question in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                self.reply(question)?;
                self.line()?;
            }
        }
        let refusal = self.happens(|fault| match fault {
            Fault::Auth(reply) => Some(*reply),
            _ => None,
        });
        self.reply(refusal.unwrap_or("235 welcome"))
    }

    /// Answers a message. `false`: the connection is over.
    fn take(&mut self, mut message: Message) -> io::Result<bool> {
        if let Some(act) = &self.state().on_message.0 {
            act();
        }
        let fault = self.happens(|fault| match fault {
            Fault::Message(_)
            | Fault::HangInData
            | Fault::DropBeforeReply
            | Fault::DropAfterReply
            | Fault::Fine => Some(fault.clone()),
            _ => None,
        });
        message.acknowledged = matches!(fault, None | Some(Fault::Fine | Fault::DropAfterReply));
        if !matches!(fault, Some(Fault::Message(_))) {
            self.state().messages.push(message);
        }
        match fault {
            Some(Fault::HangInData) => self.hang().map(|()| false),
            Some(Fault::DropBeforeReply) => Ok(false),
            Some(Fault::DropAfterReply) => self.reply("250 taken").map(|()| false),
            Some(Fault::Message(reply)) => self.reply(reply).map(|()| true),
            _ => self.reply("250 taken").map(|()| true),
        }
    }

    fn content(&mut self) -> io::Result<String> {
        let mut content = String::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            // A client that dies may do so in the middle of a line.
            if !line.ends_with('\n') {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            assert!(line.ends_with("\r\n"), "a bare line break in DATA: {line:?}");
            if line == ".\r\n" {
                return Ok(content);
            }
            content.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
    }

    /// Says the same until the client hangs up.
    fn go_on(&mut self, bytes: &str, pause: Duration) -> io::Result<()> {
        loop {
            self.stream.get_mut().write_all(bytes.as_bytes())?;
            self.stream.get_mut().flush()?;
            thread::sleep(pause);
        }
    }

    /// Says nothing until the client hangs up.
    fn hang(&mut self) -> io::Result<()> {
        io::copy(&mut self.stream, &mut io::sink()).map(|_| ())
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let text = line.trim_end().to_owned();
        let encrypted = self.encrypted;
        self.state().lines.push(Line { encrypted, text: text.clone() });
        Ok(Some(text))
    }

    fn reply(&mut self, text: &str) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{text}\r\n").as_bytes())?;
        stream.flush()
    }

    fn encrypt(&mut self) -> io::Result<()> {
        let wrong = self.happens(|fault| (*fault == Fault::WrongName).then_some(()));
        let config = tls(if wrong.is_some() { "other.example" } else { HOST });
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        if let Stream::Clear(socket) = std::mem::replace(self.stream.get_mut(), Stream::None) {
            let stream = StreamOwned::new(connection, socket);
            self.stream = BufReader::new(Stream::Tls(Box::new(stream)));
            self.encrypted = true;
        }
        Ok(())
    }

    /// The first fault that fits, if one is to happen now.
    fn happens<T>(&self, fits: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        for (fault, times) in &mut state.faults {
            if *times > 0
                && let Some(found) = fits(fault)
            {
                *times -= usize::from(*times != usize::MAX);
                return Some(found);
            }
        }
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test thread panicked")
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(String::new(), |(address, _)| address.to_owned())
}

/// A header's value, if it fits on one line.
fn header(content: &str, name: &str) -> String {
    let prefix = format!("{name}: ");
    content.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
}
