//! From a request to its answer: is it meant for us, who asks, what is shown or done.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, RawPathParams, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use tracing::error;

use super::access::{Access, Anyone, Peer, Who, admit};
use super::asked::{Asked, pairs};
use super::origin::{is_our_host, is_same_origin};
use super::refused::Refused;
use super::render;
use super::routes::{HEALTHZ, NO_MENU, ROUTES, Route};
use super::shown::{Done, File, Inside, Shown};
use super::site::Site;
use super::views;
use crate::jobs::Context;
use crate::model::Language;
use crate::query::Moment;

/// Delay before answering an invalid personal link, to slow down guessing.
const GUESS: std::time::Duration = std::time::Duration::from_secs(1);
/// A form may have so many bytes.
const LARGEST_FORM: usize = 16 * 1024;

/// Nothing but our own style sheet, our own forms and our own frames: no script at all.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     frame-src 'self'; frame-ancestors 'none'; base-uri 'none'";
/// A mail in a frame of ours: its own inline styles, and nothing else.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     frame-ancestors 'self'; base-uri 'none'";
/// A document that stands by itself, to read and to print.
const DOCUMENT: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
     frame-ancestors 'none'; base-uri 'none'";

/// All routes, each answered by [`answer`].
pub fn router(site: Arc<Site>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let answer_it = move |State(site): State<Arc<Site>>,
                              Extension(peer): Extension<Peer>,
                              parts: RawPathParams,
                              request: Request| async move {
            answer(&site, Some(route), peer, &parts, request).await
        };
        router = router.route(route.path, any(answer_it));
    }
    let nowhere =
        |State(site): State<Arc<Site>>,
         Extension(peer): Extension<Peer>,
         parts: RawPathParams,
         request: Request| async move { answer(&site, None, peer, &parts, request).await };
    router.fallback(nowhere).with_state(site)
}

async fn answer(
    site: &Site,
    route: Option<&'static Route>,
    peer: Peer,
    parts: &RawPathParams,
    request: Request,
) -> Response {
    let context = site.context();
    let (head, body) = request.into_parts();
    let query = pairs(head.uri.query().unwrap_or_default().as_bytes());
    let chosen = chosen_language(&query);
    let mut asked = Asked {
        path: head.uri.path().to_owned(),
        parts: parts.iter().map(|(name, part)| (name.to_owned(), part.to_owned())).collect(),
        query,
        form: Vec::new(),
        refused: None,
        by_link: route.is_some_and(|route| route.menu == NO_MENU),
        who: Who::Anyone,
        language: chosen
            .or_else(|| kept_language(&head.headers))
            .unwrap_or(context.config.mail.language),
        password_changed: context.password_changed(),
    };
    let answered = match admitted(route, peer, &head.headers, (&context, site.anyone)) {
        Err(refused) => Err(refused),
        Ok((route, who)) => {
            asked.who = who;
            match head.method {
                Method::GET | Method::HEAD => show(site, route, &asked, &context).await,
                Method::POST => {
                    post(site, route, &mut asked, &context, (&head.headers, body)).await
                }
                _ => Err(Refused::Method),
            }
        }
    };
    let mut response = match answered {
        Ok(response) => response,
        Err(refused) => refusal(site, route, refused, &asked, &context).await,
    };
    if let Some(language) = chosen {
        let cookie = format!(
            "language={}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly",
            language.as_str()
        );
        put(&mut response, SET_COOKIE, &cookie);
    }
    response
}

/// The route, and who asks for it.
fn admitted(
    route: Option<&'static Route>,
    peer: Peer,
    headers: &HeaderMap,
    (context, anyone): (&Context, Anyone),
) -> Result<(&'static Route, Who), Refused> {
    let config = &context.config;
    if !is_our_host(headers, config.web.public_url.as_deref()) {
        return Err(Refused::Host);
    }
    // Anyone without access must not learn which addresses exist.
    let access = route.map_or(Access::Look, |route| route.access);
    let who = admit(access, peer, headers, config, anyone)?;
    Ok((route.ok_or(Refused::NotFound)?, who))
}

async fn show(
    site: &Site,
    route: &'static Route,
    asked: &Asked,
    context: &Context,
) -> Result<Response, Refused> {
    let token = route.act.map(|_| site.tokens.of(&asked.who, &asked.path));
    let question = {
        let (asked, config) = (asked.clone(), Arc::clone(&context.config));
        move |moment: &Moment<'_>| match (route.show)(&asked, moment)? {
            Shown::File(file) => Ok(Shown::File(file)),
            Shown::Page(data) => {
                let frame = render::Frame { asked: &asked, config: &config, now: moment.now };
                let html = render::page(route, data, &frame, token.as_deref());
                let html = html.map_err(|error| {
                    error!(%error, page = route.name, "a page cannot be put into words");
                    Refused::Fault
                })?;
                Ok(Shown::File(html_file(html)))
            }
        }
    };
    match site.ask(context, asked.language, question).await? {
        Shown::File(file) => Ok(respond(file)),
        Shown::Page(_) => Err(Refused::Fault),
    }
}

async fn post(
    site: &Site,
    route: &'static Route,
    asked: &mut Asked,
    context: &Context,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, Refused> {
    let act = route.act.ok_or(Refused::Method)?;
    if !is_same_origin(headers, context.config.web.public_url.as_deref()) {
        return Err(Refused::Stale);
    }
    let body = to_bytes(body, LARGEST_FORM).await.map_err(|_| Refused::TooLarge)?;
    asked.form = pairs(&body);
    let token = asked.field("token").unwrap_or_default();
    if !site.tokens.is_right(token, &asked.who, &asked.path) {
        return Err(Refused::Stale);
    }
    let Done::To(location) = act(asked, context).await? else {
        return show(site, route, asked, context).await;
    };
    let mut response = respond(File { content_type: "text/plain", ..File::default() });
    *response.status_mut() = StatusCode::SEE_OTHER;
    put(&mut response, LOCATION, &location);
    Ok(response)
}

/// Why not: above their own form, with what was typed, where a reader with only a link
/// sent it; else as a page.
async fn refusal(
    site: &Site,
    route: Option<&'static Route>,
    mut refused: Refused,
    asked: &Asked,
    context: &Context,
) -> Response {
    let again = match route.filter(|_| asked.by_link && refused.is_about_a_form()) {
        Some(route) => {
            let again = Asked { refused: Some(refused.clone()), ..asked.clone() };
            match show(site, route, &again, context).await {
                Ok(response) => Some(response),
                Err(why) => {
                    refused = why;
                    None
                }
            }
        }
        None => None,
    };
    let ill = match refused {
        Refused::Fault => Some("database"),
        Refused::Overloaded => Some("overloaded"),
        _ => None,
    };
    if let Some(kind) = ill
        && asked.path == HEALTHZ
        && let Ok(Shown::File(file)) = views::unwell(kind)
    {
        return respond(file);
    }
    if refused == Refused::NoLink {
        // Slows down guessing, without taking a turn from other readers meanwhile.
        tokio::time::sleep(GUESS).await;
    }
    let mut response = again.unwrap_or_else(|| {
        let frame = render::Frame { asked, config: &context.config, now: context.now() };
        let html = render::refusal(&refused, &frame).unwrap_or_else(|error| {
            error!(%error, "a refusal cannot be put into words");
            refused.key().to_owned()
        });
        respond(html_file(html))
    });
    *response.status_mut() = refused.status();
    if refused == Refused::Overloaded {
        put(&mut response, RETRY_AFTER, "5");
    }
    response
}

fn html_file(html: String) -> File {
    let content_type = "text/html; charset=utf-8";
    File { content_type, body: html.into_bytes(), ..File::default() }
}

/// Builds the response with the security headers every response needs.
fn respond(file: File) -> Response {
    let is_ours = matches!(file.content_type, "text/css; charset=utf-8" | "image/svg+xml");
    let mut response = Response::new(Body::from(file.body));
    if let Some(status) = file.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        *response.status_mut() = status;
    }
    put(&mut response, CONTENT_TYPE, file.content_type);
    put(&mut response, CACHE_CONTROL, if is_ours { "max-age=600" } else { "no-store" });
    let (policy, framed) = match file.inside {
        Inside::Ours => (POLICY, "DENY"),
        Inside::Mail => (SANDBOX, "SAMEORIGIN"),
        Inside::Document => (DOCUMENT, "DENY"),
    };
    put(&mut response, CONTENT_SECURITY_POLICY, policy);
    put(&mut response, X_FRAME_OPTIONS, framed);
    put(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(&mut response, REFERRER_POLICY, "no-referrer");
    let isolation = HeaderName::from_static("cross-origin-opener-policy");
    put(&mut response, isolation, "same-origin");
    let resources = HeaderName::from_static("cross-origin-resource-policy");
    put(&mut response, resources, "same-origin");
    if let Some(name) = file.save_as {
        put(&mut response, CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    }
    response
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    // Ours, and visible ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// `?language=en`: from now on.
fn chosen_language(query: &[(String, String)]) -> Option<Language> {
    let (_, code) = query.iter().find(|(name, _)| name == "language")?;
    Language::parse(code)
}

fn kept_language(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    let code = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("language="))?;
    Language::parse(code)
}
