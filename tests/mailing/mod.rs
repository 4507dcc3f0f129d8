//! Mails, from the letter to the reader's mailbox: what they say, when they are
//! sent, and what mail servers do to them.

mod delivery;
mod mail;
mod mail_server;
mod message;
mod modes;
mod mta;
mod news;
mod notify;
mod own_mails;
mod review;
mod samples;
mod smtp;
mod turns;
