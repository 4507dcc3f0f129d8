//! The stand-in has KITOS's traps: whoever stops believing so finds the tests
//! of the client worth less than they look. Asked without our client.

use std::time::Duration;

use kitos_standin::{CVR, Departure, EMAIL, Edit, Membership, PASSWORD, Standin, World};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::support;

struct Asker {
    standin: Standin,
    client: Client,
    token: String,
}

impl Asker {
    async fn new(size: usize) -> Self {
        let standin = Standin::start(World::generate(5, size)).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let (status, body) = log_in(&client, &standin, EMAIL, PASSWORD).await;
        assert_eq!(status, 200);
        let token = body["response"]["token"].as_str().unwrap().to_owned();
        Self { standin, client, token }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let url = format!("{}/api/v2/{path}", self.standin.url());
        let response = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// The rows of a list.
    async fn rows(&self, path: &str) -> Vec<Value> {
        match self.get(path).await {
            (StatusCode::OK, Value::Array(rows)) => rows,
            other => panic!("{path}: {other:?}"),
        }
    }

    fn ours(&self) -> String {
        self.standin.world().organization.to_string()
    }
}

async fn log_in(client: &Client, standin: &Standin, email: &str, password: &str) -> (u16, Value) {
    let url = format!("{}/api/authorize/GetToken", standin.url());
    let body = json!({ "email": email, "password": password });
    let response = client.post(url).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_refused_login_does_not_say_why() {
    let asker = Asker::new(1).await;
    let wrong_password = log_in(&asker.client, &asker.standin, EMAIL, "wrong").await;
    let unknown_user = log_in(&asker.client, &asker.standin, "who@kommune.example", PASSWORD).await;
    assert_eq!(wrong_password.0, 401);
    assert_eq!(wrong_password, unknown_user);
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told() {
    let asker = Asker::new(1).await;
    let url = format!("{}/api/v2/organizations", asker.standin.url());
    for token in ["", "made-up"] {
        let response = asker.client.get(&url).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
    }
    asker.standin.revoke_tokens();
    let response = asker.client.get(&url).bearer_auth(&asker.token).send().await.unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn pages_count_from_0_and_hold_1_to_250() {
    let asker = Asker::new(260).await;
    let list = format!("it-system-usages?organizationUuid={}", asker.ours());
    assert_eq!(asker.rows(&list).await.len(), 250, "the default");
    for (page, size, expected) in
        [(0, 250, 250), (1, 250, 10), (2, 250, 0), (259, 1, 1), (260, 1, 0)]
    {
        let rows = asker.rows(&format!("{list}&page={page}&pageSize={size}")).await;
        assert_eq!(rows.len(), expected, "page {page} of {size}");
    }
    for bad in ["pageSize=0", "pageSize=251", "pageSize=all", "page=-1"] {
        let (status, body) = asker.get(&format!("{list}&{bad}")).await;
        assert_eq!(status, 400, "{bad}");
        assert!(body.is_object());
    }
    // In the order of creation, each once.
    let world = asker.standin.world();
    let last = asker.rows(&format!("{list}&page=1&pageSize=250")).await;
    let expected: Vec<String> = world.our_usages().skip(250).map(|u| u.uuid.to_string()).collect();
    let uuids: Vec<&str> = last.iter().map(|row| row["uuid"].as_str().unwrap()).collect();
    assert_eq!(uuids, expected);
}

#[tokio::test]
async fn a_list_without_an_organisation_shows_all_of_them() {
    let asker = Asker::new(10).await;
    let foreign = asker.standin.world().organizations[0].uuid;
    assert!(asker.rows("it-system-usages").await.len() > 10);
    assert_eq!(
        asker.rows(&format!("it-system-usages?organizationUuid={foreign}")).await,
        [] as [Value; 0]
    );
    asker.standin.edit(|world| world.set_membership(Membership::LostUnnoticed));
    let list = format!("it-system-usages?organizationUuid={}", asker.ours());
    assert_eq!(asker.rows(&list).await.len(), 0);
    let query = format!("organizations?onlyWhereUserHasMembership=true&uuid={}", asker.ours());
    assert_eq!(asker.rows(&query).await.len(), 1);
    asker.standin.edit(|world| world.set_membership(Membership::Lost));
    assert_eq!(asker.rows(&query).await.len(), 0);
}

#[tokio::test]
async fn a_cvr_is_found_where_it_is_contained() {
    let asker = Asker::new(1).await;
    let rows = asker.rows(&format!("organizations?cvrContent={CVR}")).await;
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0]["cvr"], CVR, "the wrong one comes first");
}

#[tokio::test]
async fn a_deactivated_system_is_left_out_unless_asked_for() {
    let asker = Asker::new(10).await;
    let used = format!("it-systems?usedInOrganizationUuid={}", asker.ours());
    let all = format!("{used}&includeDeactivated=true");
    let before = asker.rows(&used).await.len();
    asker.standin.edit(|world| {
        let system = world.our_usages().find(|row| !world.system(row.system).unwrap().deactivated);
        world.deactivate_system(system.unwrap().system);
    });
    assert_eq!(asker.rows(&used).await.len(), before - 1);
    assert_eq!(asker.rows(&all).await.len(), 10);
}

#[tokio::test]
async fn what_a_removed_usage_leaves_behind() {
    let asker = Asker::new(10).await;
    let usage = asker.standin.edit(|world| {
        let usage = world.our_usages().next().unwrap().uuid;
        world.add_contract("Driftsaftale", "Nordlys", &[usage]);
        world.remove_usage(usage);
        usage
    });
    let (status, body) = asker.get(&format!("it-system-usages/{usage}")).await;
    assert_eq!((status, body.is_string()), (StatusCode::NOT_FOUND, true));
    let contracts = format!("it-contracts?organizationUuid={}", asker.ours());
    let holes = asker.rows(&contracts).await;
    assert_eq!(holes.last().unwrap()["systemUsages"], json!([null]));
    let feed = "delta-feed/deleted-entities?entityType=ItSystemUsage";
    let deleted = asker.rows(feed).await;
    assert_eq!(deleted[0]["entityUuid"], usage.to_string());
    let later = asker.rows(&format!("{feed}&deletedSinceUTC=2030-01-01T00:00:00Z")).await;
    assert_eq!(later.len(), 0);
}

#[tokio::test]
async fn who_leaves_loses_roles_leaves_them_or_hands_them_on() {
    let asker = Asker::new(30).await;
    let world = asker.standin.world();
    let usage = world.our_usages().next().unwrap().uuid;
    let users: Vec<_> = world.our_users().map(|user| user.uuid).collect();
    let (role, list) =
        (world.role("Systemejer").unwrap(), format!("organizations/{}/users", asker.ours()));
    for (departure, holders) in [
        (Departure::LosesRoles, vec![]),
        (Departure::LeavesRoles, vec![users[21]]),
        (Departure::Successor(users[0]), vec![users[0]]),
    ] {
        let leaver = match departure {
            Departure::LosesRoles => users[20],
            Departure::LeavesRoles => users[21],
            Departure::Successor(_) => users[22],
        };
        asker.standin.edit(|world| {
            world.remove_owners(usage);
            world.assign_owner(usage, leaver);
            world.leave(leaver, departure);
        });
        assert_eq!(asker.standin.world().holders(usage, role), holders);
        assert_eq!(asker.get(&format!("{list}/{leaver}")).await.0, 404);
        let listed = asker.rows(&list).await;
        assert!(listed.iter().all(|row| row["uuid"] != leaver.to_string()));
    }
    let log = asker.standin.world().log;
    assert!(matches!(log.last().unwrap().edit, Edit::PersonLeft { user, .. } if user == users[22]));
}

#[tokio::test]
async fn role_types_are_not_paged_unless_asked_and_tell_what_they_do_not_offer() {
    let asker = Asker::new(1).await;
    let list = format!("it-system-usage-role-types?organizationUuid={}", asker.ours());
    assert_eq!(asker.rows(&list).await.len(), 11, "one of twelve is not offered");
    assert_eq!(asker.rows(&format!("{list}&page=1&pageSize=10")).await.len(), 1);
    let withdrawn = asker.standin.world().role("Lokal tovholder").unwrap();
    let one = format!("it-system-usage-role-types/{withdrawn}?organizationUuid={}", asker.ours());
    assert_eq!(asker.get(&one).await.1["isAvailable"], false);
    asker.standin.edit(|world| world.delete_role_type(withdrawn));
    assert_eq!(asker.get(&one).await.0, 404);
}

#[tokio::test]
async fn validity_moves_with_the_calendar_and_last_modified_does_not() {
    let asker = Asker::new(5).await;
    let usage = asker.standin.edit(|world| {
        let usage = world.our_usages().next().unwrap().uuid;
        world.change(usage, |row| {
            (row.life_cycle, row.main_contract) = (Some("Operational".to_owned()), None);
            (row.valid_from, row.valid_to) = (None, Some("2026-03-31".parse().unwrap()));
        });
        usage
    });
    let path = format!("it-system-usages/{usage}");
    let before = asker.get(&path).await.1;
    asker.standin.edit(|world| world.now = "2026-04-01T00:00:00Z".parse().unwrap());
    let after = asker.get(&path).await.1;
    assert_eq!(before["general"]["validity"]["validTo"], "2026-03-31T00:00:00.0000000Z");
    assert_eq!(before["general"]["validity"]["valid"], true);
    assert_eq!(after["general"]["validity"]["valid"], false);
    assert_eq!(before["lastModified"], after["lastModified"]);
}

#[tokio::test]
async fn a_dropped_stand_in_is_gone() {
    let asker = Asker::new(1).await;
    let address = asker.standin.address();
    drop(asker);
    // Its port is closed as soon as the runtime gets to it.
    let closed = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), closed).await.unwrap();
}

#[test]
fn the_program_reads_a_whole_installation() {
    let installation = support::TestInstallation::new(World::generate(5, 40));
    let run = installation.run(&["--format", "json", "sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["outcome"], "committed", "{report}");
    assert_eq!(report["users"], 56, "{report}");

    installation.standin().edit(|world| _ = world.join("Ny", "Kollega", "ny@kommune.example"));
    let report: Value =
        serde_json::from_str(&installation.ok(&["--format", "json", "sync"])).unwrap();
    assert_eq!(report["changes"], json!({ "personJoined": 1 }), "{report}");
}
