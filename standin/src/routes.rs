//! KITOS's end points, as far as the program may ever ask them, with what each
//! leaves out, lets through or answers by itself.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::server::Shared;
use crate::wire;
use crate::world::{Membership, Presence, World};

/// The query, by name.
type Parameters = HashMap<String, String>;
type Answer = Result<Json<Value>, Refusal>;

/// Why there is no answer.
enum Refusal {
    Bad { parameter: &'static str, reason: &'static str },
    NotFound,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            // An object keyed by parameter.
            Self::Bad { parameter, reason } => {
                (StatusCode::BAD_REQUEST, Json(json!({ parameter: [reason] }))).into_response()
            }
            // A quoted string.
            Self::NotFound => (StatusCode::NOT_FOUND, Json("Not found")).into_response(),
        }
    }
}

/// What KITOS allows and assumes.
const LARGEST_PAGE: usize = 250;

pub(crate) const LOGIN: &str = "/api/authorize/GetToken";

pub(crate) fn router() -> Router<Arc<Shared>> {
    let v2 = Router::new()
        .route("/organizations", get(organizations))
        .route("/organizations/{uuid}", get(organization))
        .route("/organizations/{uuid}/users", get(users))
        .route("/organizations/{uuid}/users/{user}", get(user))
        .route("/organizations/{uuid}/organization-units", get(units))
        .route("/it-system-usages", get(usages))
        .route("/it-system-usages/{uuid}", get(usage))
        .route("/it-systems", get(systems))
        .route("/it-system-usage-role-types", get(role_types))
        .route("/it-system-usage-role-types/{uuid}", get(role_type))
        .route("/it-contracts", get(contracts))
        .route("/it-contracts/{uuid}", get(contract))
        .route("/data-processing-registrations", get(registrations))
        .route("/data-processing-registrations/{uuid}", get(registration))
        .route("/delta-feed/deleted-entities", get(deletions));
    Router::new().route(LOGIN, post(log_in)).nest("/api/v2", v2)
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

async fn log_in(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(given) = serde_json::from_slice::<Credentials>(&body) else {
        return bad("body", "is malformed").into_response();
    };
    match shared.log_in(&given.email, &given.password) {
        Some((token, expires)) => Json(json!({
            "msg": "",
            "response": {
                "token": token,
                "email": given.email,
                "loginSuccessful": true,
                "expires": expires,
            },
        }))
        .into_response(),
        // The same for every reason.
        None => {
            (StatusCode::UNAUTHORIZED, Json(json!({ "msg": "Unauthorized", "response": null })))
                .into_response()
        }
    }
}

async fn organizations(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<Parameters>,
) -> Answer {
    let wanted = uuid_of(&query, "uuid")?;
    let members_only = query.get("onlyWhereUserHasMembership").is_some_and(|text| text == "true");
    shared.read(|world| {
        let ours = match world.membership {
            Membership::Lost => None,
            Membership::Member | Membership::LostUnnoticed => Some(world.organization),
        };
        let rows = world
            .organizations
            .iter()
            .filter(|row| wanted.is_none_or(|uuid| row.uuid == uuid))
            .filter(|row| !members_only || Some(row.uuid) == ours)
            .filter(|row| match query.get("cvrContent") {
                // Contained is enough.
                Some(text) => row.cvr.as_ref().is_some_and(|cvr| cvr.contains(text)),
                None => true,
            });
        page(&query, rows, wire::organization)
    })
}

async fn organization(State(shared): State<Arc<Shared>>, Path(uuid): Path<Uuid>) -> Answer {
    shared.read(|world| {
        let found = world.organizations.iter().find(|row| row.uuid == uuid);
        found.map(|row| Json(wire::organization(row))).ok_or(Refusal::NotFound)
    })
}

async fn users(
    State(shared): State<Arc<Shared>>,
    Path(organization): Path<Uuid>,
    Query(query): Query<Parameters>,
) -> Answer {
    shared.read(|world| {
        known(world, organization)?;
        let rows = world.our_users().filter(|_| is_member(world, organization));
        page(&query, rows, wire::user)
    })
}

async fn user(
    State(shared): State<Arc<Shared>>,
    Path((organization, uuid)): Path<(Uuid, Uuid)>,
) -> Answer {
    shared.read(|world| {
        let found = world
            .user(uuid)
            .filter(|row| row.organization == organization && row.presence == Presence::Listed);
        found.map(|row| Json(wire::user(row))).ok_or(Refusal::NotFound)
    })
}

async fn units(
    State(shared): State<Arc<Shared>>,
    Path(organization): Path<Uuid>,
    Query(query): Query<Parameters>,
) -> Answer {
    shared.read(|world| {
        known(world, organization)?;
        let rows = world.our_units().filter(|_| is_member(world, organization));
        page(&query, rows, |row| world.unit_json(row))
    })
}

async fn usages(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Answer {
    let wanted = uuid_of(&query, "organizationUuid")?;
    shared.read(|world| {
        let rows = world.usages.iter().filter(|row| is_shown(world, wanted, row.organization));
        page(&query, rows, |row| world.usage_json(row))
    })
}

async fn usage(State(shared): State<Arc<Shared>>, Path(uuid): Path<Uuid>) -> Answer {
    shared.read(|world| {
        let found = world.usage(uuid);
        found.map(|row| Json(world.usage_json(row))).ok_or(Refusal::NotFound)
    })
}

async fn systems(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Answer {
    let user = uuid_of(&query, "usedInOrganizationUuid")?;
    let deactivated = query.get("includeDeactivated").is_some_and(|text| text == "true");
    shared.read(|world| {
        let is_used = |system| {
            let mut usages = world.usages.iter().filter(|row| row.system == system);
            user.is_none_or(|user| usages.any(|row| row.organization == user))
        };
        let rows = world
            .systems
            .iter()
            .filter(|row| (deactivated || !row.deactivated) && is_used(row.uuid));
        page(&query, rows, wire::system)
    })
}

async fn role_types(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Answer {
    uuid_of(&query, "organizationUuid")?.ok_or_else(|| bad("organizationUuid", "is required"))?;
    shared.read(|world| {
        let rows = world.role_types.iter().filter(|row| row.presence == Presence::Listed);
        if query.contains_key("page") || query.contains_key("pageSize") {
            page(&query, rows, wire::role_type)
        } else {
            Ok(Json(rows.map(wire::role_type).collect()))
        }
    })
}

async fn role_type(
    State(shared): State<Arc<Shared>>,
    Path(uuid): Path<Uuid>,
    Query(query): Query<Parameters>,
) -> Answer {
    uuid_of(&query, "organizationUuid")?.ok_or_else(|| bad("organizationUuid", "is required"))?;
    shared.read(|world| {
        let found =
            world.role_types.iter().find(|row| row.uuid == uuid && row.presence != Presence::Gone);
        found.map(|row| Json(wire::role_type_details(row))).ok_or(Refusal::NotFound)
    })
}

async fn contracts(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Answer {
    let wanted = uuid_of(&query, "organizationUuid")?;
    shared.read(|world| {
        let rows = world.contracts.iter().filter(|row| is_shown(world, wanted, row.organization));
        page(&query, rows, |row| world.contract_json(row))
    })
}

async fn contract(State(shared): State<Arc<Shared>>, Path(uuid): Path<Uuid>) -> Answer {
    shared.read(|world| {
        let found = world.contracts.iter().find(|row| row.uuid == uuid);
        found.map(|row| Json(world.contract_json(row))).ok_or(Refusal::NotFound)
    })
}

async fn registrations(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<Parameters>,
) -> Answer {
    let wanted = uuid_of(&query, "organizationUuid")?;
    shared.read(|world| {
        let rows =
            world.registrations.iter().filter(|row| is_shown(world, wanted, row.organization));
        page(&query, rows, |row| world.registration_json(row))
    })
}

async fn registration(State(shared): State<Arc<Shared>>, Path(uuid): Path<Uuid>) -> Answer {
    shared.read(|world| {
        let found = world.registrations.iter().find(|row| row.uuid == uuid);
        found.map(|row| Json(world.registration_json(row))).ok_or(Refusal::NotFound)
    })
}

async fn deletions(State(shared): State<Arc<Shared>>, Query(query): Query<Parameters>) -> Answer {
    let since = match query.get("deletedSinceUTC") {
        None => DateTime::<Utc>::MIN_UTC,
        Some(text) => DateTime::parse_from_rfc3339(text)
            .map_err(|_| bad("deletedSinceUTC", "is not valid"))?
            .to_utc(),
    };
    shared.read(|world| {
        let rows = world
            .deletions
            .iter()
            .filter(|row| row.at >= since)
            .filter(|row| query.get("entityType").is_none_or(|kind| kind == row.kind));
        page(&query, rows, wire::deletion)
    })
}

/// Without an organisation KITOS lists all that the user may see; with one that
/// the user is no member of, nothing.
fn is_shown(world: &World, wanted: Option<Uuid>, organization: Uuid) -> bool {
    match wanted {
        None => true,
        Some(wanted) => wanted == organization && is_member(world, wanted),
    }
}

fn is_member(world: &World, organization: Uuid) -> bool {
    organization == world.organization && world.membership == Membership::Member
}

fn known(world: &World, organization: Uuid) -> Result<(), Refusal> {
    let is_known = world.organizations.iter().any(|row| row.uuid == organization);
    if is_known { Ok(()) } else { Err(Refusal::NotFound) }
}

/// Offset paging in the order of creation: no total, no links.
fn page<T>(query: &Parameters, rows: impl Iterator<Item = T>, json: impl Fn(T) -> Value) -> Answer {
    let number = |name: &'static str, default: usize| match query.get(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| bad(name, "is not valid")),
    };
    let (page, size) = (number("page", 0)?, number("pageSize", LARGEST_PAGE)?);
    if !(1..=LARGEST_PAGE).contains(&size) {
        return Err(bad("pageSize", "must be between 1 and 250"));
    }
    Ok(Json(rows.skip(page.saturating_mul(size)).take(size).map(json).collect()))
}

fn uuid_of(query: &Parameters, name: &'static str) -> Result<Option<Uuid>, Refusal> {
    let given = query.get(name).map(|text| Uuid::parse_str(text));
    given.transpose().map_err(|_| bad(name, "is not valid"))
}

fn bad(parameter: &'static str, reason: &'static str) -> Refusal {
    Refusal::Bad { parameter, reason }
}
