//! The dialogue: opening it, securing it, logging in, one mail after the other.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};

use super::blame::{Asked, Blame, blame};
use super::error::Failure;
use super::line::Line;
use super::refusal::{Refusal, nobody};
use super::{Options, ServerError, Verdict};
use crate::config::{Smtp, SmtpSecurity};
use crate::text::addresses::wire;
use crate::text::clean;
use crate::text::quoted::quotes;

/// The server is closing the connection (RFC 5321, 4.2.2).
const CLOSING: u16 = 421;
/// It wants a login first (RFC 4954, 6).
const LOGIN_WANTED: u16 = 530;

/// What is said of a mail before its text.
struct Envelope<'a> {
    sender: Address,
    parameters: Vec<MailParameter>,
    /// As they were given, and as they go over the wire.
    recipients: Vec<(&'a String, Address)>,
    /// Those that the server is not asked about.
    refused: Vec<Refusal>,
    utf8: bool,
}

/// A connection that is secure, logged in and ready for mail.
pub struct Session {
    line: Line,
    server: String,
    options: Options,
    /// Whether a mail was tried on it.
    used: bool,
    /// Whether it can no longer be used.
    lost: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects, secures the line as `mail.smtp.security` says, and logs in if
    /// there is a user name. Blocks.
    ///
    /// # Errors
    /// When any of it fails. Nothing was sent in clear text then, and a wrong
    /// password was tried once.
    pub fn open(
        settings: &Smtp,
        password: Option<SecretString>,
        options: &Options,
    ) -> Result<Self, ServerError> {
        let server = format!("{}:{}", settings.host, settings.port());
        let opening = |failure: Failure| ServerError::opening(server.clone(), &failure);
        let tls = match settings.security {
            SmtpSecurity::None => None,
            SmtpSecurity::StartTls | SmtpSecurity::Tls => {
                let mut tls = TlsParameters::builder(settings.host.clone());
                let own = settings.ca_file.as_deref().map(ca_file).transpose()?;
                for root in options.roots.iter().cloned().chain(own) {
                    tls = tls.add_root_certificate(root);
                }
                Some(tls.build().map_err(|error| opening(error.into()))?)
            }
        };
        let at_once = tls.as_ref().filter(|_| settings.security == SmtpSecurity::Tls);
        let address = (settings.host.as_str(), settings.port());
        let mut line = Line::open(address, options.connect, at_once).map_err(opening)?;
        if settings.security == SmtpSecurity::StartTls
            && let Some(tls) = tls
        {
            if !line.can_starttls() {
                hang_up(&mut line, options);
                return Err(ServerError::NoStartTls { server });
            }
            let name = ClientId::default();
            line.within(options.connect * 2, async |c| c.starttls(tls, &name).await)
                .map_err(opening)?;
        }
        let mut session = Self { line, server, options: options.clone(), used: false, lost: false };
        if let Some(user) = &settings.username {
            let password = password.ok_or_else(|| ServerError::no_password(settings))?;
            session.log_in(user, &password)?;
        }
        Ok(session)
    }

    fn log_in(&mut self, user: &str, password: &SecretString) -> Result<(), ServerError> {
        let server = self.server.clone();
        if self.line.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            hang_up(&mut self.line, &self.options);
            return Err(ServerError::NoLoginOffered { server });
        }
        let credentials = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
        let limit = self.options.command;
        let answer = self
            .line
            .raw(limit, async |c| c.auth(DEFAULT_MECHANISMS, &credentials).await)
            .map_err(|failure| ServerError::opening(server.clone(), &failure))?;
        let is_quoted = quotes_login(&answer, user, password);
        // Any other code than 235 is not an answer to AUTH: see `expect`.
        let failure = match answer.map_err(Failure::from).and_then(|reply| expect(&reply, 235)) {
            Ok(()) => return Ok(()),
            Err(failure) if is_quoted => failure.not_shown(),
            Err(failure) => failure,
        };
        Err(match failure {
            Failure::Reply { code: 500.., reply } => ServerError::Login { server, reply },
            failure => ServerError::opening(server, &failure),
        })
    }

    /// The session if it can take another mail. Asked before each mail, since a
    /// server may hang up after any of them.
    pub fn reuse(mut self) -> Option<Self> {
        // What was left of the last mail goes away with RSET.
        let ready = !self.lost && (!self.used || self.command("RSET\r\n").is_ok());
        ready.then_some(self)
    }

    /// Hands one mail over. `mime` goes out as it is, but for line ends, which
    /// become CRLF.
    pub fn send(&mut self, from: &str, to: &[String], mime: &[u8]) -> Verdict {
        self.used = true;
        match self.dialogue(from, to, mime) {
            Ok(verdict) => verdict,
            Err(Failure::Reply { code: CLOSING, reply }) => self.down(reply, None),
            Err(Failure::Reply { code: LOGIN_WANTED, reply }) => {
                Verdict::Refused(self.sender_refused(from, reply))
            }
            Err(Failure::Reply { code: code @ 500.., reply }) => {
                let about = blame(Asked::Message, code, &reply);
                Verdict::Never { reply, about }
            }
            Err(Failure::Reply { reply, .. }) => Verdict::Later { reply },
            Err(Failure::Tls(why) | Failure::Connect(why) | Failure::Lost(why)) => {
                self.down(why, None)
            }
        }
    }

    fn dialogue(&mut self, from: &str, to: &[String], mime: &[u8]) -> Result<Verdict, Failure> {
        let Envelope { sender, parameters, recipients, mut refused, utf8 } =
            match self.envelope(from, to, mime) {
                Ok(envelope) => envelope,
                Err(verdict) => return Ok(verdict),
            };
        match self.command(Mail::new(Some(sender), parameters)) {
            Ok(_) => {}
            // The sender is the same in every mail: were this a verdict on the
            // mail, a wrong mail.from would kill the whole outbox.
            Err(Failure::Reply { code: 500.., reply }) if !utf8 => {
                return Ok(Verdict::Refused(self.sender_refused(from, reply)));
            }
            Err(error) => return Err(error),
        }
        let mut accepted = 0;
        for (to, recipient) in recipients {
            match self.command(Rcpt::new(recipient, Vec::new())) {
                Ok(_) => accepted += 1,
                Err(error @ Failure::Reply { code: LOGIN_WANTED, .. }) => return Err(error),
                Err(Failure::Reply { code, reply }) if code != CLOSING => {
                    refused.push(Refusal { to: to.clone(), code, reply });
                }
                Err(
                    Failure::Reply { reply: why, .. }
                    | Failure::Tls(why)
                    | Failure::Connect(why)
                    | Failure::Lost(why),
                ) => return Ok(self.down(why, Some(to.clone()))),
            }
        }
        if accepted == 0 {
            return Ok(nobody(&refused));
        }
        let reply = self.hand_over(mime)?;
        Ok(Verdict::Accepted { reply, refused })
    }

    /// What the mail needs of the server; a verdict where the server cannot take it.
    fn envelope<'a>(
        &self,
        from: &str,
        to: &'a [String],
        mime: &[u8],
    ) -> Result<Envelope<'a>, Verdict> {
        let Ok(sender) = wire(from).parse::<Address>() else {
            // Every mail has this sender.
            return Err(Verdict::Refused(
                self.sender_refused(from, "not a mail address".to_owned()),
            ));
        };
        let mut parameters = Vec::new();
        if !mime.is_ascii() {
            if !self.offers(Extension::EightBitMime) {
                let reply = "the mail is not plain ASCII, and the server lacks 8BITMIME".to_owned();
                return Err(Verdict::Never { reply, about: Blame::Message });
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let utf8_offered = self.offers(Extension::SmtpUtfEight);
        let (mut recipients, mut refused) = (Vec::new(), Vec::new());
        for address in to {
            match wire(address).parse::<Address>() {
                Err(_) => refused.push(Refusal::ours(address, "not a mail address")),
                Ok(recipient) if !is_ascii(&recipient) && !utf8_offered => {
                    let why = "not plain ASCII before the @, and the server lacks SMTPUTF8";
                    refused.push(Refusal::ours(address, why));
                }
                Ok(recipient) => recipients.push((address, recipient)),
            }
        }
        let utf8 = !is_ascii(&sender) || recipients.iter().any(|(_, to)| !is_ascii(to));
        if utf8 && !utf8_offered {
            // Every mail has this sender.
            let why = "it is not plain ASCII, and the server lacks SMTPUTF8".to_owned();
            return Err(Verdict::Refused(self.sender_refused(from, why)));
        }
        if recipients.is_empty() {
            return Err(nobody(&refused));
        }
        if utf8 {
            parameters.push(MailParameter::SmtpUtfEight);
        }
        Ok(Envelope { sender, parameters, recipients, refused, utf8 })
    }

    /// DATA, and the mail itself. Returns what the server said to it.
    fn hand_over(&mut self, mime: &[u8]) -> Result<String, Failure> {
        let go_ahead = self.command(Data)?;
        expect(&go_ahead, 354)?;
        let (limit, body) = (self.options.data, body(mime));
        let reply = self.line.within(limit, async |c| c.message(&body).await)?;
        expect(&reply, 250)?;
        Ok(words(&reply))
    }

    fn command(&mut self, command: impl fmt::Display) -> Result<Response, Failure> {
        self.line.within(self.options.command, async |c| c.command(command).await)
    }

    fn offers(&self, extension: Extension) -> bool {
        self.line.server_info().supports_feature(extension)
    }

    fn down(&mut self, reply: String, at: Option<String>) -> Verdict {
        // No goodbye: in the middle of a message it would be part of it.
        self.lost = true;
        Verdict::ServerDown { reply, at }
    }

    fn sender_refused(&self, from: &str, reply: String) -> ServerError {
        ServerError::Sender { server: self.server.clone(), from: from.to_owned(), reply }
    }

    /// Says goodbye. That the server has hung up already is no error.
    pub fn quit(mut self) {
        if !self.lost {
            let _ = self.line.within(self.options.command, async |c| c.quit().await);
        }
    }
}

/// Says goodbye to a server that cannot be used. That it has hung up already is no error.
fn hang_up(line: &mut Line, options: &Options) {
    let _ = line.raw(options.command, async |c| c.abort().await);
}

/// The authority of `mail.smtp.ca_file`.
fn ca_file(path: &Path) -> Result<Certificate, ServerError> {
    let unusable = |why: String| ServerError::CaFile { path: path.to_owned(), why };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    if !pem.windows(11).any(|window| window == b"-----BEGIN ") {
        return Err(unusable("it holds no certificate in PEM form".to_owned()));
    }
    Certificate::from_pem(&pem).map_err(|error| unusable(clean::reply(&error.to_string())))
}

/// Whether the answer to AUTH quotes what was sent (`docs/reliability.md` R21).
fn quotes_login(
    answer: &Result<Response, lettre::transport::smtp::Error>,
    user: &str,
    password: &SecretString,
) -> bool {
    let whole = match answer {
        Ok(reply) => reply.message().collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    let password = password.expose_secret();
    let plain = BASE64.encode(format!("\0{user}\0{password}"));
    [plain.as_str(), &BASE64.encode(password), password].iter().any(|sent| quotes(&whole, sent))
}

/// Holds the server to the one code that answers a command. Another positive
/// one means that replies and commands are out of step; that is also how
/// replies show that somebody put before the server's own, in clear text,
/// while STARTTLS was under way.
fn expect(reply: &Response, code: u16) -> Result<(), Failure> {
    if reply.has_code(code) {
        return Ok(());
    }
    Err(Failure::Lost(format!("the server answered \"{}\" where {code} belongs", words(reply))))
}

fn words(reply: &Response) -> String {
    let lines: Vec<&str> = reply.message().collect();
    clean::reply(&format!("{} {}", reply.code(), lines.join(" ")))
}

/// The message as `AsyncSmtpConnection::message` wants it: every line break CRLF
/// (a bare LF or CR could end the message for one server and not for the next),
/// the last one left out, since the end mark brings it.
fn body(mime: &[u8]) -> Vec<u8> {
    let mut rest = mime;
    let mut out = Vec::with_capacity(mime.len() + 16);
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\r\n");
        rest = &rest[end..];
        rest = rest.strip_prefix(b"\r\n").unwrap_or(&rest[1..]);
    }
    out.extend_from_slice(rest);
    if out.ends_with(b"\r\n") {
        out.truncate(out.len() - 2);
    }
    out
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_break_becomes_crlf_and_the_last_one_is_left_to_the_end_mark() {
        for (mime, expected) in [
            ("", ""),
            ("a", "a"),
            ("a\r\n", "a"),
            ("a\r\n\r\nb\r\n", "a\r\n\r\nb"),
            ("a\nb\rc\r\r\nd\n", "a\r\nb\r\nc\r\n\r\nd"),
            ("a\r\n\r\n", "a\r\n"),
            (".\n.\n", ".\r\n."),
        ] {
            assert_eq!(body(mime.as_bytes()), expected.as_bytes(), "{mime:?}");
        }
    }
}
