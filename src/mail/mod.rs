use crate::config;
use crate::model;
use chrono::*;
use uuid::Uuid;
#[derive(Debug)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}
#[derive(Debug)]
pub struct Envelope {
    pub to: Vec<String>,
    pub message_id: String,
    pub date: DateTime<Utc>,
    pub kind: model::MailKind,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub enum Error {}
pub fn render(_l: &model::Letter, _c: &config::Mail) -> Result<Rendered, Error> {
    todo!()
}
pub fn finish(_r: &Rendered, _e: &Envelope, _c: &config::Mail) -> Result<Vec<u8>, Error> {
    todo!()
}
pub fn message_id(_i: Uuid, _k: &str, _d: &str) -> String {
    todo!()
}
