//! TLS in front of a stand-in, as kitos.dk has it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// TLS for `localhost` in front of `behind`: its address and its certificate.
pub async fn tls_in_front_of(behind: SocketAddr) -> (SocketAddr, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((inward, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust us goes away in the handshake.
                let Ok(mut inward) = acceptor.accept(inward).await else { return };
                let mut outward = TcpStream::connect(behind).await.unwrap();
                let _ = copy_bidirectional(&mut inward, &mut outward).await;
            });
        }
    });
    (address, made.cert.pem())
}
