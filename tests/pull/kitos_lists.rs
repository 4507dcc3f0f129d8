//! Lists that do not come in whole pages, or do not end: read in smaller pages, read once
//! more, or given up, and never taken for shorter than they are.

use kitos_standin::{Effect, Fault};
use kitos_sync::config;
use kitos_sync::kitos::Known;
use serde_json::json;

use crate::pull::kitos_faults::{USAGES, failure, standin};
use crate::support::{client, known, pull, settings};

#[tokio::test]
async fn a_page_that_keeps_failing_is_read_in_smaller_pages() {
    let standin = standin(230).await;
    // Too slow in pages of 100 and 50.
    for size in ["pageSize=100", "pageSize=50"] {
        standin.fault(Fault::new(USAGES, Effect::status(504)).when(size).always());
    }
    let pull = pull(&standin, &Known::default()).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 230);
    let sizes = |size: &str| standin.requests().iter().any(|r| r.path.ends_with(size));
    assert!(sizes("pageSize=25") && !sizes("pageSize=5"));
}

#[tokio::test]
async fn a_page_that_a_gateway_gives_up_on_is_halved_after_two_tries() {
    let standin = standin(80).await;
    standin.fault(Fault::new(USAGES, Effect::status(504)).when("page=0&pageSize=100").always());
    let pull = pull(&standin, &Known::default()).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 80);
    let usages = |page: &str| {
        let requests = standin.requests_to(USAGES);
        requests.iter().filter(|request| request.path.ends_with(page)).count()
    };
    assert_eq!(usages("page=0&pageSize=100"), 2);
    assert_eq!((usages("page=0&pageSize=50"), usages("page=1&pageSize=50")), (1, 1));
}

#[tokio::test]
async fn a_usage_that_cannot_be_read_is_named_by_its_position() {
    let standin = standin(230).await;
    let bad = standin.world().our_usages().nth(137).unwrap().uuid;
    let poison = Fault::new(USAGES, Effect::Poison(bad)).when("pageSize=").always();
    insta::assert_snapshot!(failure(&standin, poison).await);
}

#[tokio::test]
async fn lists_that_do_not_end_well_are_errors() {
    let standin = standin(730).await;
    let mut told = String::new();
    let empty = || Effect::Body("[]".to_owned());
    for (name, fault) in [
        ("page ignored", Fault::new(USAGES, Effect::PageIgnored)),
        ("pageSize ignored", Fault::new(USAGES, Effect::PageSizeIgnored)),
        (
            "a page that repeats the one before",
            Fault::new(USAGES, Effect::PageIgnored).when("page=1&"),
        ),
        ("an empty page in the middle", Fault::new(USAGES, empty()).when("page=3&")),
        (
            "a short page in the middle",
            Fault::new(
                USAGES,
                Effect::rewrite(|rows| {
                    rows.as_array_mut().unwrap().pop();
                }),
            )
            .when("page=3&"),
        ),
    ] {
        let told_of_it = failure(&standin, fault.always()).await;
        told += &format!("{name}\n  {told_of_it}\n\n");
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let standin = standin(10).await;
    // Rows that nobody has seen, page after page.
    standin.fault(
        Fault::new(
            "/api/v2/organizations/",
            Effect::rewrite(|rows| {
                let fresh = || json!({ "uuid": uuid::Uuid::new_v4(), "name": "Endless" });
                *rows = (0..2).map(|_| fresh()).collect();
            }),
        )
        .when("pageSize=2")
        .always(),
    );
    let settings = config::Kitos { page_size: 1, ..settings(&standin) };
    let error = client(&settings).pull(&Known::default(), &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("it has no end after 4000 rows"), "{error}");
    assert!(standin.requests().len() < 5000);
}

#[tokio::test]
async fn an_empty_page_in_the_middle_is_noticed_by_who_knows_the_list_too() {
    let standin = standin(730).await;
    let known = known(&pull(&standin, &Known::default()).await.unwrap().snapshot);
    standin.fault(Fault::new(USAGES, Effect::Body("[]".to_owned())).when("page=3&"));
    let pull = pull(&standin, &known).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 730, "read once more");
}
