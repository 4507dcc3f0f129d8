use crate::config;
use secrecy::SecretString;
#[derive(Debug, Clone, Default)]
pub struct Options;
#[derive(Debug)]
pub struct Session;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub enum ServerError {}
#[derive(Debug)]
pub enum Verdict {
    Accepted { reply: String },
    Later { reply: String },
    Never { reply: String },
    ServerDown { reply: String },
}
impl Session {
    pub fn open(
        _s: &config::Smtp,
        _p: Option<SecretString>,
        _o: &Options,
    ) -> Result<Session, ServerError> {
        todo!()
    }
    pub fn send(&mut self, _f: &str, _t: &[String], _m: &[u8]) -> Verdict {
        todo!()
    }
    pub fn quit(self) {}
}
