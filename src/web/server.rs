//! Listens, and lets in what the limits allow: so many connections, each with one
//! request, for so long. Beyond that the answer is 503 without a look at the request.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info};

use super::access::{Anyone, Peer};
use super::answer::router;
use super::site::Site;
use crate::config::ListenAddress;
use crate::jobs::Context;

/// Connections at a time.
const CONNECTIONS: usize = 64;
/// Beyond these, so many are told that there are too many.
const TURNED_AWAY: usize = 256;
/// A request's head, and the whole with its answer.
const HEAD: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);
/// A head may have so many bytes.
const LARGEST_HEAD: usize = 16 * 1024;
/// An address that cannot be listened on is tried again.
const AGAIN: Duration = Duration::from_secs(30);

const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\
    Content-Type: text/plain\r\nContent-Length: 10\r\nConnection: close\r\n\r\noverloaded";

/// Serves the page for as long as the daemon runs, at `web.listen` of the newest configuration.
/// Errors here are only logged: pulls and mails do not depend on the page.
pub async fn serve(mut contexts: watch::Receiver<Context>, anyone: Anyone) {
    let Some(site) = Site::new(contexts.clone(), anyone) else {
        return error!("the machine gives no random numbers: the page is not served");
    };
    let router = router(Arc::new(site));
    let mut complained = false;
    loop {
        let context = contexts.borrow_and_update().clone();
        let cancel = context.cancel.clone();
        let listen = context.config.web.listen.clone();
        let work = async {
            let Some(listen) = &listen else { return std::future::pending().await };
            match Door::open(listen).await {
                Ok(door) => {
                    info!(listen = %listen, "the page is served");
                    complained = false;
                    door.serve(&router).await;
                }
                Err(error) => {
                    if !std::mem::replace(&mut complained, true) {
                        error!(%error, listen = %listen, "the page cannot be served: check web.listen, and that nothing else listens there; trying again every {} s", AGAIN.as_secs());
                    }
                    sleep(AGAIN).await;
                }
            }
        };
        let moved = async {
            while contexts.changed().await.is_ok() {
                if contexts.borrow_and_update().config.web.listen != listen {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = moved => {}
            () = work => {}
        }
    }
}

/// What is listened on.
enum Door {
    Tcp(TcpListener),
    Socket(UnixListener, #[expect(dead_code, reason = "it is held for its end")] SocketFile),
}

/// A socket's file, which goes with it.
struct SocketFile(std::path::PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // If this fails, the file is gone already, or the next process finds that it is dead.
        let _ = fs::remove_file(&self.0);
    }
}

impl Door {
    async fn open(listen: &ListenAddress) -> io::Result<Self> {
        match listen {
            ListenAddress::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            ListenAddress::Socket(path) => {
                clear(path).await?;
                let listener = UnixListener::bind(path)?;
                // For the service's user and its group, which the proxy is to be in.
                fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
                Ok(Self::Socket(listener, SocketFile(path.clone())))
            }
        }
    }

    async fn serve(self, router: &Router) {
        let inside = Arc::new(Semaphore::new(CONNECTIONS));
        let outside = Arc::new(Semaphore::new(TURNED_AWAY));
        loop {
            let accepted = match &self {
                Self::Tcp(listener) => listener
                    .accept()
                    .await
                    .map(|(stream, from)| (Stream::Tcp(stream), Peer::Address(from.ip()))),
                Self::Socket(listener, _) => {
                    listener.accept().await.map(|(stream, _)| (Stream::Unix(stream), Peer::Socket))
                }
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, say: it passes, and must not spin.
                    debug!(%error, "a connection could not be taken");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if let Ok(permit) = Arc::clone(&inside).try_acquire_owned() {
                let router = router.clone().layer(Extension(peer));
                tokio::spawn(async move {
                    let answered = match stream {
                        Stream::Tcp(stream) => timeout(WHOLE, answer(stream, router)).await,
                        Stream::Unix(stream) => timeout(WHOLE, answer(stream, router)).await,
                    };
                    if answered.is_err() {
                        debug!("a connection took too long and was closed");
                    }
                    drop(permit);
                });
            } else if let Ok(permit) = Arc::clone(&outside).try_acquire_owned() {
                tokio::spawn(async move {
                    let patience = Duration::from_secs(2);
                    let _ = match stream {
                        Stream::Tcp(stream) => timeout(patience, turn_away(stream)).await,
                        Stream::Unix(stream) => timeout(patience, turn_away(stream)).await,
                    };
                    drop(permit);
                });
            }
        }
    }
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// One request, one answer.
async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        debug!(%error, "a connection ended early");
    }
}

/// Reads what was sent until then, so that the answer is not lost in a reset.
async fn turn_away(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.write_all(TOO_MANY).await?;
    stream.shutdown().await?;
    let mut sent = [0_u8; 1024];
    while stream.read(&mut sent).await? > 0 {}
    Ok(())
}

/// Takes a dead socket out of the way; anything else at `path` stays.
async fn clear(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_socket() => {
            if UnixStream::connect(path).await.is_ok() {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            fs::remove_file(path)
        }
        Ok(_) => Err(io::Error::other("there is a file that is no socket")),
        Err(_) => Ok(()),
    }
}
