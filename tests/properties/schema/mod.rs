//! Random worlds that are valid by KITOS's own OpenAPI documents, pulled over HTTP by
//! the real client into a real database. What was stored is held, row by row, against
//! a reading of the same replies that shares no code with the client.
//!
//! The documents (`kitos-2026.json`, `kitos-2023.json`) are the parts of KITOS's that
//! the client reads, without descriptions.

mod reading;
mod serve;
mod world;

use chrono::Days;
use kitos_sync::config::{self, OrganizationId};
use kitos_sync::kitos::{Client, Known, Pace};
use kitos_sync::policy::Policy;

use crate::support::database::Database;
use crate::support::explore;
use crate::support::generate::{Seen, first_day};
use reading::{expected, stored};
use serve::Server;
use world::{Document, Worlds};

/// Worlds of each document, and when exploring more.
const WORLDS: u32 = 40;

async fn read_as_they_are(document: Document) {
    for seed in 0..explore::times(WORLDS) {
        let mut worlds = Worlds::new(document, u64::from(seed));
        let server = Server::start().await;
        let settings = config::Kitos {
            url: server.url(),
            email: "api@kommune.example".to_owned(),
            organization: OrganizationId::Uuid(worlds.organization()),
            page_size: 3,
            ..config::Kitos::default()
        };
        let client = Client::new(&settings, "secret".into(), Pace::default()).unwrap();
        let mut database = Database::new();
        let mut known = Known::default();
        // The second day, so that what is gone is asked for and what moved is written.
        for day in 0..2 {
            let world = worlds.next();
            server.serve(world.clone());
            let before = stored(&database.connection);
            let pull = client.pull(&known, &|_| {}).await;
            let pull = pull.unwrap_or_else(|error| panic!("{document:?} {seed}, {day}: {error}"));
            assert_eq!(pull.unconfirmed, 0);
            known = Known::of(&pull.snapshot);
            let seen = Seen { snapshot: pull.snapshot, today: first_day() + Days::new(day) };
            database.commit(&seen, &Policy::default());
            let expected = expected(&world, &before);
            let stored = stored(&database.connection);
            for (table, rows) in &expected {
                assert_eq!(&stored[table], rows, "{document:?} {seed}, {day}: {table}");
            }
        }
    }
}

#[tokio::test]
async fn worlds_of_2026_are_read_as_they_are() {
    read_as_they_are(Document::Of2026).await;
}

#[tokio::test]
async fn worlds_of_2023_are_read_as_they_are() {
    read_as_they_are(Document::Of2023).await;
}
