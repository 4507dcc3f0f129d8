//! The login, and the token that comes of it: how often it is asked for, when it is
//! renewed, and that it goes nowhere else.

use kitos_standin::{Effect, Fault};
use kitos_sync::kitos::{Client, Error, Known};
use serde_json::json;

use crate::pull::kitos_faults::{USAGES, failure, message, standin};
use crate::support::{PACE, client, pull, settings};

const LOGIN: &str = "/api/authorize/GetToken";

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let standin = standin(10).await;
    let client = Client::new(&settings(&standin), "wrong".into(), PACE).unwrap();
    let error = client.pull(&Known::default(), &|_| {}).await.unwrap_err();
    assert!(matches!(error, Error::LoginRefused { .. }));
    assert_eq!((standin.logins(), standin.requests().len()), (1, 1));
    insta::assert_snapshot!(message(&standin, &error));
}

#[tokio::test]
async fn a_login_that_fails_otherwise_is_tried_five_times_and_shows_no_token() {
    let standin = standin(10).await;
    standin.fault(Fault::new(LOGIN, Effect::status(503)).always());
    let error = pull(&standin, &Known::default()).await.unwrap_err();
    assert_eq!(standin.requests_to(LOGIN).len(), 5);
    assert!(error.to_string().contains("503"), "{error}");
    standin.heal();

    let reply = r#"{"response":{"token":["secret-token"]}}"#;
    for body in [reply, r#"{"response":{"token":null}}"#, r#"{"response":null}"#, "null", "<html>"]
    {
        standin.fault(Fault::new(LOGIN, Effect::Body(body.to_owned())));
        let error = pull(&standin, &Known::default()).await.unwrap_err().to_string();
        assert!(error.contains("the login") && !error.contains("secret-token"), "{error}");
    }
    let reply = r#"{"msg":"Nej","response":{"loginSuccessful":false}}"#;
    standin.fault(Fault::new(LOGIN, Effect::Body(reply.to_owned())));
    let error = pull(&standin, &Known::default()).await.unwrap_err();
    assert!(matches!(&error, Error::LoginRefused { reply, .. } if reply == "Nej"), "{error}");
}

#[tokio::test]
async fn a_token_that_ends_mid_pull_is_renewed_once() {
    let standin = standin(600).await;
    standin.fault(Fault::new(USAGES, Effect::TokensRevoked).when("page=2&"));
    let pull = pull(&standin, &Known::default()).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 600);
    assert_eq!(standin.logins(), 2, "however many requests were refused");
}

#[tokio::test]
async fn a_token_that_ends_at_once_by_our_clock_is_used_all_the_same() {
    for expires in ["2020-01-01T00:00:00Z", "in a while", ""] {
        let standin = standin(300).await;
        let sooner = Effect::rewrite(move |reply| reply["response"]["expires"] = json!(expires));
        standin.fault(Fault::new(LOGIN, sooner).always());
        let pull = pull(&standin, &Known::default()).await.unwrap();
        assert_eq!((pull.snapshot.usages.len(), standin.logins()), (300, 1), "{expires}");
    }
}

#[tokio::test]
async fn a_second_refusal_fails_the_pull() {
    let standin = standin(600).await;
    standin.fault(Fault::new(USAGES, Effect::status(401)).always());
    let error = pull(&standin, &Known::default()).await.unwrap_err();
    assert!(matches!(error, Error::TokenRefused { .. }), "{error}");
    assert_eq!(standin.logins(), 2);
    standin.heal();

    // Refused, renewed, and refused again some pages later.
    standin.fault(Fault::new(USAGES, Effect::TokensRevoked).when("page=2&"));
    standin.fault(Fault::new(USAGES, Effect::TokensRevoked).when("page=5&"));
    let error = pull(&standin, &Known::default()).await.unwrap_err();
    assert!(matches!(error, Error::TokenRefused { .. }), "{error}");
    assert_eq!(standin.logins(), 4);
}

#[tokio::test]
async fn a_token_is_renewed_before_the_next_pull_of_the_same_client() {
    let standin = standin(10).await;
    let client = client(&settings(&standin));
    for _ in 0..3 {
        client.pull(&Known::default(), &|_| {}).await.unwrap();
        standin.revoke_tokens();
    }
    assert_eq!(standin.logins(), 3);
}

#[tokio::test]
async fn the_token_never_leaves_for_another_address() {
    let (ours, other) = (standin(10).await, standin(10).await);
    let elsewhere = Effect::Redirect(format!("{}{USAGES}", other.url()));
    let error = failure(&ours, Fault::new(USAGES, elsewhere).always()).await;
    assert!(error.contains(&format!("redirects to {}", other.url())), "{error}");
    let elsewhere = Effect::Redirect(format!("{}{LOGIN}", other.url()));
    let error = failure(&ours, Fault::new(LOGIN, elsewhere)).await;
    assert!(error.contains("the login"), "{error}");
    assert_eq!(other.requests(), []);
}
