//! What a pull costs in round trips: 600 usages from the stand-in with 50 ms
//! of latency, against the time of one round trip measured in the same run.
//!
//! `cargo bench --bench pull`. The time is that of waiting, so that a slow
//! machine changes little; the rounds are what counts.

use std::error::Error;
use std::time::{Duration, Instant};

use kitos_standin::{CVR, EMAIL, PASSWORD, Standin, World};
use kitos_sync::config::{self, OrganizationId};
use kitos_sync::kitos::{Client, Known, Pace, Pull};

const USAGES: usize = 600;
const LATENCY: Duration = Duration::from_millis(50);
const CONCURRENCY: usize = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let standin = Standin::start(World::generate(1, USAGES)).await?;
    standin.set_latency(LATENCY);
    let settings = settings(&standin);
    let client = || Client::new(&settings, PASSWORD.into(), Pace::default());

    let round_trip = round_trip(&standin).await?;
    println!(
        "{USAGES} usages, {} people, {} units; page size {}, {CONCURRENCY} requests at once",
        standin.world().our_users().count(),
        standin.world().our_units().count(),
        settings.page_size,
    );
    println!("one round trip: {:.1} ms\n", millis(round_trip));

    let first =
        measure("the first pull", &standin, &client()?, &Known::default(), round_trip).await?;
    let known = Known::of(&first.snapshot);
    let next = client()?;
    measure("a later pull, logging in", &standin, &next, &known, round_trip).await?;
    measure("a later pull, token at hand", &standin, &next, &known, round_trip).await?;
    Ok(())
}

fn settings(standin: &Standin) -> config::Kitos {
    config::Kitos {
        url: standin.url(),
        email: EMAIL.to_owned(),
        organization: OrganizationId::Cvr(CVR.to_owned()),
        concurrency: CONCURRENCY,
        ..config::Kitos::default()
    }
}

/// The least of some, on a connection that is open.
async fn round_trip(standin: &Standin) -> Result<Duration, Box<dyn Error>> {
    // Whoever has no token is answered too, and as late as anyone.
    let url = format!("{}/api/v2/organizations?uuid=x", standin.url());
    // Building a client panics without a provider; one that is there is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut least = Duration::MAX;
    for _ in 0..10 {
        let began = Instant::now();
        client.get(&url).send().await?.bytes().await?;
        least = least.min(began.elapsed());
    }
    Ok(least)
}

/// One pull, and what it consists of.
async fn measure(
    name: &str,
    standin: &Standin,
    client: &Client,
    known: &Known,
    round_trip: Duration,
) -> Result<Pull, Box<dyn Error>> {
    standin.forget_requests();
    let began = Instant::now();
    let pull = client.pull(known, &|_| {}).await?;
    let took = began.elapsed();
    let requests = standin.requests();
    let count = |part: &str| requests.iter().filter(|r| r.path.contains(part)).count();
    let login = count("/GetToken");
    // Whoever knows no uuid has to ask for the organisation before all else.
    let alone = login + usize::from(known.organization.is_none());
    let least = alone + (requests.len() - alone).div_ceil(CONCURRENCY);
    println!(
        "{name}: {:.0} ms = {:.1} round trips",
        millis(took),
        took.as_secs_f64() / round_trip.as_secs_f64()
    );
    println!(
        "  {} requests: {login} login, {} organisation, {} pages of usages, {} of people, {} of units, {} role types",
        requests.len(),
        count("/organizations?"),
        count("/it-system-usages?"),
        count("/users?"),
        count("/organization-units?"),
        count("role-types"),
    );
    println!(
        "  at {CONCURRENCY} at once these take {least} round trips or more; most at once: {}\n",
        standin.most_under_way()
    );
    Ok(pull)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
