//! `demo --serve`: the page, as it would be on the story's last day, on loopback only.
//! Everybody who comes may decide, since there is nobody to log in to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::watch;

use crate::config::{Config, ListenAddress};
use crate::jobs::Context;
use crate::web::{self, Anyone};

/// The address, which is free: what is wrong with it is said here, and not in a log.
pub(super) async fn address(port: u16) -> anyhow::Result<SocketAddr> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let free = tokio::net::TcpListener::bind(address).await;
    drop(free.with_context(|| format!("listening on {address}; give --serve another port"))?);
    Ok(address)
}

/// Until Ctrl-C.
pub(super) async fn serve(context: Context, address: SocketAddr) -> anyhow::Result<()> {
    let mut config = Config::clone(&context.config);
    config.web.listen = Some(ListenAddress::Tcp(address));
    let cancel = context.cancel.clone();
    let context = Context { config: Arc::new(config), ..context };
    let (_newest, contexts) = watch::channel(context);
    tokio::select! {
        () = web::serve(contexts, Anyone::Decides("demo")) => Ok(()),
        stopped = tokio::signal::ctrl_c() => {
            cancel.cancel();
            Ok(stopped?)
        }
    }
}
