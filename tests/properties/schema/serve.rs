//! A world over HTTP: pages by offset, single rows, 404 for the rest.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::world::World;

pub struct Server {
    url: String,
    world: Arc<Mutex<Option<World>>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let world: Arc<Mutex<Option<World>>> = Arc::default();
        let shared = Arc::clone(&world);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answers(stream, Arc::clone(&shared)));
            }
        });
        Self { url, world }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// What it answers from now on.
    pub fn serve(&self, world: World) {
        *self.world.lock().expect("the world") = Some(world);
    }
}

/// The requests of one connection, one after another.
async fn answers(stream: TcpStream, world: Arc<Mutex<Option<World>>>) {
    let mut stream = BufReader::new(stream);
    while let Ok(path) = request(&mut stream).await {
        let (status, body) = match &*world.lock().expect("the world") {
            Some(world) => answer(world, &path),
            None => ("503 Service Unavailable", json!("")),
        };
        let body = body.to_string();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn request(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await?;
    Ok(head.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn answer(world: &World, path: &str) -> (&'static str, Value) {
    if path == "/api/authorize/gettoken" {
        let token =
            json!({ "token": "t", "loginSuccessful": true, "expires": "2099-01-01T00:00:00Z" });
        return ("200 OK", json!({ "msg": "", "response": token }));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if let Some(rows) = world.lists.get(path) {
        let number = |name: &str, default: usize| {
            let mut given = query.split('&').filter_map(|part| part.strip_prefix(name));
            given.next().and_then(|value| value.parse().ok()).unwrap_or(default)
        };
        let (page, size) = (number("page=", 0), number("pagesize=", 250));
        return ("200 OK", rows.iter().skip(page * size).take(size).cloned().collect());
    }
    match world.singles.get(path) {
        Some(row) => ("200 OK", row.clone()),
        None => ("404 Not Found", json!("Not found")),
    }
}
