//! `demo --serve`: the page, as it would be on the story's last day, on loopback only.
//! Everybody who comes may decide, since there is nobody to log in to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::watch;

use super::say;
use crate::config::{Config, ListenAddress};
use crate::jobs::Context;
use crate::web::{self, Anyone};

pub(super) async fn serve(context: Context, port: u16) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // What is wrong with the port is said here, and not in a log.
    let free = tokio::net::TcpListener::bind(address).await;
    drop(free.with_context(|| format!("listening on {address}; give --serve another port"))?);
    let mut config = Config::clone(&context.config);
    config.web.listen = Some(ListenAddress::Tcp(address));
    let cancel = context.cancel.clone();
    let context = Context { config: Arc::new(config), ..context };
    let (_newest, contexts) = watch::channel(context);
    say(&format!("\nThe page is at http://{address}/ until you press Ctrl-C."))?;
    tokio::select! {
        () = web::serve(contexts, Anyone::Decides("demo")) => Ok(()),
        stopped = tokio::signal::ctrl_c() => {
            cancel.cancel();
            Ok(stopped?)
        }
    }
}
