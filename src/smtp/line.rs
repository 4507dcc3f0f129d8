//! The line to the mail server, with limits of our own: lettre's time-out is one for each
//! read, so that a server that sends a byte now and then would keep us, and every other job,
//! for ever; and one that goes on sending would fill the memory.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, ServerInfo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::error::Failure;
use crate::text::clean;

/// As much may the server say to one command, what TLS adds included.
const LONGEST_REPLY: usize = 256 * 1024;

/// A connection to the mail server. Blocks.
pub(super) struct Line {
    runtime: Runtime,
    connection: AsyncSmtpConnection,
    /// What the server may still say.
    allowance: Arc<AtomicUsize>,
}

impl Line {
    /// Connects within `limit`, and has greeting and answer to EHLO within the same, each.
    pub fn open(
        address: (&str, u16),
        limit: Duration,
        at_once: Option<&TlsParameters>,
    ) -> Result<Self, Failure> {
        let connecting = |error: io::Error| Failure::Connect(clean::reply(&error.to_string()));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(connecting)?;
        let allowance = Arc::new(AtomicUsize::new(LONGEST_REPLY));
        let (name, left) = (ClientId::default(), Arc::clone(&allowance));
        let connection = runtime.block_on(async {
            if let Some(tls) = at_once {
                // lettre secures no stream of ours from the first byte.
                let opened = AsyncSmtpConnection::connect_tokio1(
                    address,
                    Some(limit),
                    &name,
                    Some(tls.clone()),
                    None,
                );
                return answered(timeout(limit * 3, opened).await)?.map_err(Failure::from);
            }
            let stream = reach(address, limit).await?;
            let stream = Box::new(Limited { stream, allowance: left });
            let greeted = AsyncSmtpConnection::connect_with_transport(stream, &name);
            answered(timeout(limit * 2, greeted).await)?.map_err(Failure::from)
        })?;
        Ok(Self { runtime, connection, allowance })
    }

    pub fn server_info(&self) -> &ServerInfo {
        self.connection.server_info()
    }

    pub fn can_starttls(&self) -> bool {
        self.connection.can_starttls()
    }

    /// Asks the server something that it has to answer within `limit`, whole.
    pub fn within<T>(
        &mut self,
        limit: Duration,
        ask: impl AsyncFnOnce(&mut AsyncSmtpConnection) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let answer = self.raw(limit, ask)?;
        answer.map_err(Failure::from)
    }

    /// The same, with lettre's own words for what went wrong.
    pub fn raw<T>(
        &mut self,
        limit: Duration,
        ask: impl AsyncFnOnce(&mut AsyncSmtpConnection) -> T,
    ) -> Result<T, Failure> {
        self.allowance.store(LONGEST_REPLY, Ordering::Relaxed);
        let Self { runtime, connection, .. } = self;
        answered(runtime.block_on(async { timeout(limit, ask(connection)).await }))
    }
}

fn answered<T>(answer: Result<T, tokio::time::error::Elapsed>) -> Result<T, Failure> {
    answer.map_err(|_| Failure::Lost("no reply in time".to_owned()))
}

/// The first of the server's addresses that takes a connection.
async fn reach(address: (&str, u16), limit: Duration) -> Result<TcpStream, Failure> {
    let mut last = "the name has no address".to_owned();
    let addresses = address.to_socket_addrs();
    for one in addresses.map_err(|error| Failure::Connect(clean::reply(&error.to_string())))? {
        match timeout(limit, TcpStream::connect(one)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => "no answer in time".clone_into(&mut last),
        }
    }
    Err(Failure::Connect(clean::reply(&last)))
}

/// A connection that ends once the server has said more than it may.
#[derive(Debug)]
struct Limited {
    stream: TcpStream,
    allowance: Arc<AtomicUsize>,
}

impl AsyncRead for Limited {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        let left = self.allowance.load(Ordering::Relaxed).checked_sub(read);
        let Some(left) = left else {
            return Poll::Ready(Err(io::Error::other("its reply has no end")));
        };
        self.allowance.store(left, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Limited {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Limited {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
