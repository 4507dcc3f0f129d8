//! A program that runs beside the test: what it says is collected as it comes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Run;

/// A running program. It is killed when the test ends without it having ended.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<()>>,
    said: Arc<Mutex<String>>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut out = child.stdout.take().expect("its stdout");
        let err = child.stderr.take().expect("its stderr");
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let lines = Arc::clone(&said);
        let stderr = thread::spawn(move || {
            for line in BufReader::new(err).lines() {
                let line = line.expect("UTF-8");
                let mut said = lines.lock().expect("no thread panicked");
                said.push_str(&line);
                said.push('\n');
            }
        });
        Self { child, stdout: Some(stdout), stderr: Some(stderr), said }
    }

    /// What it has said on stderr so far.
    pub fn said(&self) -> String {
        self.said.lock().expect("no thread panicked").clone()
    }

    /// Waits until it has said this on stderr.
    pub fn wait_for(&self, text: &str) {
        let started = Instant::now();
        while !self.said().contains(text) {
            let waited = started.elapsed();
            assert!(waited < Duration::from_secs(30), "no {text:?} in:\n{}", self.said());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// SIGKILL, whatever it is doing; no error if it has ended.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    /// Its end, which must come within `limit`.
    pub fn end_within(mut self, limit: Duration) -> Run {
        let started = Instant::now();
        while !self.has_ended() {
            assert!(started.elapsed() < limit, "still running after {limit:?}:\n{}", self.said());
            thread::sleep(Duration::from_millis(5));
        }
        let status = self.child.wait().expect("it has ended");
        let stdout = self.stdout.take().expect("taken once").join().expect("its stdout");
        self.stderr.take().expect("taken once").join().expect("its stderr");
        Run { code: status.code().unwrap_or(-1), stdout, stderr: self.said() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process that was started here.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status();
    assert!(sent.expect("kill").success());
}
