//! The page as the real daemon serves it: over sockets, through a proxy, and in a
//! browser.

mod axe;
mod browser;
mod demo;
mod figures;
mod fresh;
mod hostile;
mod limits;
mod outbox;
mod phone;
mod proxy;
mod site;
mod views;
mod who;
