//! The KITOS client against the stand-in, over real sockets.

mod support;

use kitos_sync::kitos::Known;
use kitos_sync::standin::{Standin, World};

use support::{client, settings};

#[tokio::test]
async fn a_pull_reads_every_usage_of_ours() {
    let standin = Standin::start(World::generate(1, 30)).await.unwrap();
    let pull = client(&settings(&standin)).pull(&Known::default(), &|_| {}).await.unwrap();
    assert_eq!(pull.snapshot.usages.len(), 30);
}
