//! Every address of the page, in one table. A page that only shows is a row here, a
//! template of the same name, and a query.

use futures_util::future::BoxFuture;

use super::access::Access;
use super::acts;
use super::asked::Asked;
use super::refused::Refused;
use super::shown::{Done, Shown, shown, text};
use super::views;
use crate::jobs::Context;
use crate::query::{self, Moment};

/// Of a route whose readers have only a link: they are not shown the pages of the menu.
pub const NO_MENU: &str = "blind";

/// What monitors ask for.
pub const HEALTHZ: &str = "/healthz";

/// A row of the table.
#[derive(Debug)]
pub struct Route {
    pub path: &'static str,
    /// Of its words, `page.<name>.…`.
    pub name: &'static str,
    /// Its template's name and text; both empty for what is no page.
    pub template: (&'static str, &'static str),
    /// The item of the menu under which it lies.
    pub menu: &'static str,
    pub access: Access,
    /// What GET shows.
    pub show: Show,
    /// What POST does.
    pub act: Option<Act>,
}

pub type Show = fn(&Asked, &Moment<'_>) -> Result<Shown, Refused>;

/// Carries out what its form said. The form is shown by GET, with what it will do.
pub type Act = for<'a> fn(&'a Asked, &'a Context) -> BoxFuture<'a, Result<Done, Refused>>;

/// A page for those who are logged in: path, name, its place in the menu, and what it
/// shows.
macro_rules! page {
    ($path:literal, $name:literal, $menu:literal, $show:expr) => {
        Route {
            path: $path,
            name: $name,
            template: ($name, include_str!(concat!("templates/", $name, ".html.j2"))),
            menu: $menu,
            access: Access::Look,
            show: $show,
            act: None,
        }
    };
}

/// A decision of operators: path, name, place, the form that asks, and what it does.
macro_rules! act {
    ($path:literal, $name:literal, $menu:literal, $show:expr, $act:expr) => {
        Route {
            path: $path,
            name: $name,
            template: ("confirm", include_str!("templates/confirm.html.j2")),
            menu: $menu,
            access: Access::Decide,
            show: $show,
            act: Some($act),
        }
    };
}

/// Something else than a page.
macro_rules! file {
    ($path:expr, $access:ident, $show:expr) => {
        Route {
            path: $path,
            name: "",
            template: ("", ""),
            menu: "",
            access: Access::$access,
            show: $show,
            act: None,
        }
    };
}

/// The table. Pages whose name is that of their menu stand in the menu, in this order.
pub const ROUTES: &[Route] = &[
    file!("/style.css", Open, |_, _| text("text/css; charset=utf-8", include_str!("style.css"))),
    file!("/icon.svg", Open, |_, _| text("image/svg+xml", include_str!("icon.svg"))),
    file!(HEALTHZ, Open, |_, moment| views::healthz(moment)),
    file!("/metrics", Open, |_, moment| views::metrics(moment)),
    page!("/", "overview", "overview", |_, moment| shown(views::overview(moment)?)),
    page!("/findings", "findings", "findings", |asked, moment| {
        shown(views::findings(asked, moment)?)
    }),
    file!("/findings.csv", Look, views::findings_csv),
    file!("/findings.xlsx", Look, views::findings_xlsx),
    act!("/findings/{id}/waive", "waive", "findings", acts::ask_waive, acts::waive),
    act!("/findings/{id}/unwaive", "unwaive", "findings", acts::ask_unwaive, acts::unwaive),
    page!("/administration", "administration", "overview", |asked, moment| {
        shown(query::administration(moment, asked.get("name"))?)
    }),
    page!("/systems", "systems", "systems", |asked, moment| shown(views::systems(asked, moment)?)),
    page!("/systems/{uuid}", "system", "systems", |asked, moment| {
        shown(views::system(asked, moment)?)
    }),
    page!("/people", "people", "people", |asked, moment| shown(views::people(asked, moment)?)),
    page!("/people/{uuid}", "person", "people", |asked, moment| {
        shown(views::person(asked, moment)?)
    }),
    act!("/people/{uuid}/away", "away", "people", acts::ask_away, acts::away),
    act!("/people/{uuid}/back", "back", "people", acts::ask_back, acts::back),
    page!("/answers", "answers", "answers", |asked, moment| shown(views::answers(asked, moment)?)),
    act!("/answers/{id}/accept", "accept", "answers", acts::ask_accept, acts::accept),
    act!("/answers/{id}/decline", "decline", "answers", acts::ask_decline, acts::decline),
    page!("/review", "review", "review", |asked, moment| shown(views::review(asked, moment)?)),
    act!("/review/start", "review-start", "review", acts::ask_start, acts::start),
    act!("/review/close", "review-close", "review", acts::ask_close, acts::close),
    page!("/report", "report", "report", |asked, moment| shown(views::report(asked, moment)?)),
    file!("/report.html", Look, views::report_html),
    file!("/report.xlsx", Look, views::report_xlsx),
    page!("/outbox", "outbox", "outbox", |asked, moment| shown(views::outbox(asked, moment)?)),
    page!("/outbox/{id}", "mail", "outbox", |asked, moment| shown(views::mail(asked, moment)?)),
    file!("/outbox/{id}/body", Look, views::mail_body),
    act!("/outbox/{id}/retry", "retry", "outbox", acts::ask_retry, acts::retry),
    act!("/outbox/{id}/cancel", "cancel", "outbox", acts::ask_cancel, acts::cancel),
    page!("/guard", "guard", "guard", |_, moment| shown(views::guard(moment)?)),
    act!("/guard/release", "release", "guard", acts::ask_release, acts::release),
    act!("/guard/discard", "discard", "guard", acts::ask_discard, acts::discard),
    Route {
        path: "/s/{token}",
        name: "reply",
        template: ("reply", include_str!("templates/reply.html.j2")),
        menu: NO_MENU,
        access: Access::Open,
        show: |asked, moment| shown(views::reply(asked, moment)?),
        act: Some(acts::reply),
    },
    page!("/runs", "runs", "runs", |asked, moment| shown(views::runs(asked, moment)?)),
];
