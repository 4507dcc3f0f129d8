//! A KITOS on loopback to try the program against, until Ctrl-C:
//! `cargo run --example standin`. It prints what belongs in the configuration.

use kitos_standin::{CVR, EMAIL, PASSWORD, Standin, World};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let world = World::generate_at(2026, 120, chrono::Utc::now());
    let standin = Standin::start(world).await?;
    println!("[kitos]\nurl = \"{}\"\nemail = \"{EMAIL}\"\norganization = \"{CVR}\"", standin.url());
    println!("# password: {PASSWORD}");
    tokio::signal::ctrl_c().await
}
