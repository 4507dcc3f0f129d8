//! Stands between the program and a real mail server, and withholds one reply: the
//! moment at which a test wants the program to die.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

/// A reply to withhold, and whom to tell when it came.
type Awaited = Arc<Mutex<Option<(&'static str, Sender<()>)>>>;

/// Passes everything on, both ways, but for what it is to withhold.
#[derive(Debug)]
pub struct Relay {
    pub port: u16,
    awaited: Awaited,
}

impl Relay {
    /// To the server on this port. It lives as long as the test's process.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let awaited = Awaited::default();
        let for_connections = Arc::clone(&awaited);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).unwrap();
                let (to_server, to_client) =
                    (server.try_clone().unwrap(), client.try_clone().unwrap());
                let awaited = Arc::clone(&for_connections);
                thread::spawn(move || pass_on(client, to_server, &Awaited::default()));
                thread::spawn(move || pass_on(server, to_client, &awaited));
            }
        });
        Self { port, awaited }
    }

    /// The next reply that begins so never reaches the program; the receiver
    /// hears that the server has given it.
    pub fn withhold(&self, reply: &'static str) -> Receiver<()> {
        let (tell, told) = mpsc::channel();
        *self.awaited.lock().unwrap() = Some((reply, tell));
        told
    }
}

/// Until one side is gone, of which the other is told.
fn pass_on(mut from: TcpStream, mut to: TcpStream, awaited: &Awaited) {
    let mut buffer = [0; 16 * 1024];
    // A connection of a program that was killed may end in an error.
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = &buffer[..length];
        let withheld =
            awaited.lock().unwrap().take_if(|(reply, _)| bytes.starts_with(reply.as_bytes()));
        if let Some((_, tell)) = withheld {
            tell.send(()).unwrap();
        } else if to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
