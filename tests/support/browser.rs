//! A headless Chromium, spoken to by WebDriver over HTTP: as much of it as the tests of
//! the page need.

use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::eventually;
use super::smtp::closed_port;

/// How WebDriver writes that something is an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const TAB: &str = "\u{e004}";

/// One browser with one window; it goes with the value.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    session: String,
    client: Client,
    runtime: Runtime,
    _profile: TempDir,
}

impl Browser {
    pub fn start() -> Self {
        Self::start_with("OFF")
    }

    /// One that keeps what it asks for ([`Self::requests`]), which makes it slower.
    pub fn start_watched() -> Self {
        Self::start_with("ALL")
    }

    fn start_with(requests: &str) -> Self {
        let port = closed_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        let profile = super::folder();
        // reqwest is built without a provider of its own.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut this = Self {
            driver,
            session: format!("http://127.0.0.1:{port}"),
            client: Client::builder().no_proxy().build().expect("a client"),
            runtime,
            _profile: profile,
        };
        this.wait_until_ready();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--lang=da",
            "--window-size=1280,900",
            &format!("--user-data-dir={}", this._profile.path().display()),
        ]
        .map(str::to_owned);
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            // A busy machine is no fault of the page.
            "timeouts": { "script": 300_000, "pageLoad": 300_000 },
            "goog:loggingPrefs": { "browser": "ALL", "performance": requests },
            "goog:chromeOptions": { "args": arguments },
        }}});
        let started = this.call(Method::POST, "/session", Some(&wanted)).expect("a session");
        let id = started["sessionId"].as_str().expect("its id").to_owned();
        this.session = format!("{}/session/{id}", this.session);
        this
    }

    /// Sends this header with every request, as a proxy would.
    pub fn with_header(self, name: &str, value: &str) -> Self {
        self.tool("Network.enable", &json!({}));
        self.tool("Network.setExtraHTTPHeaders", &json!({ "headers": { name: value } }));
        self
    }

    /// Runs a script at the beginning of every page.
    pub fn with_script(self, script: &str) -> Self {
        self.tool("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }));
        self
    }

    pub fn set_scheme(&self, scheme: &str) {
        let feature = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tool("Emulation.setEmulatedMedia", &json!({ "features": feature }));
    }

    pub fn set_width(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.tool("Emulation.setDeviceMetricsOverride", &metrics);
    }

    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub fn text(&self) -> String {
        self.script("return document.body.innerText").as_str().expect("text").to_owned()
    }

    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Clicks on what leads to another page, and waits until that is there. WebDriver
    /// waits only if the browser has begun to leave when the click returns.
    pub fn follow(&self, selector: &str) {
        self.script("window.isLeft = true");
        self.click(selector);
        let is_there = "return !window.isLeft && document.readyState == 'complete'";
        // A script may be cut off by the change of page itself.
        eventually(&format!("the page behind {selector}"), || {
            self.run(is_there) == Ok(Value::Bool(true))
        });
    }

    pub fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses the Tab key.
    pub fn tab(&self) {
        let keys = json!([
            { "type": "keyDown", "value": TAB },
            { "type": "keyUp", "value": TAB },
        ]);
        let source = json!({ "type": "key", "id": "keyboard", "actions": keys });
        self.post("/actions", &json!({ "actions": [source] }));
    }

    /// The value of a script in the page.
    pub fn script(&self, script: &str) -> Value {
        self.run(script).unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    fn run(&self, script: &str) -> Result<Value, String> {
        let body = json!({ "script": script, "args": [] });
        self.call(Method::POST, "/execute/sync", Some(&body))
    }

    /// The value that a script gives to its last argument.
    pub fn script_with_callback(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// What stood in the console since the last look.
    pub fn console(&self) -> Vec<String> {
        let Value::Array(lines) = self.log("browser") else { return Vec::new() };
        lines.iter().map(|line| line["message"].to_string()).collect()
    }

    /// The addresses that were asked for since the last look, of a watched browser.
    pub fn requests(&self) -> Vec<String> {
        let Value::Array(lines) = self.log("performance") else { return Vec::new() };
        let event = |line: &Value| -> Option<String> {
            let event: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            let message = &event["message"];
            let url = message["params"]["request"]["url"].as_str()?;
            (message["method"] == "Network.requestWillBeSent").then(|| url.to_owned())
        };
        lines.iter().filter_map(event).collect()
    }

    fn log(&self, kind: &str) -> Value {
        self.post("/se/log", &json!({ "type": kind }))
    }

    fn find(&self, selector: &str) -> String {
        let query = json!({ "using": "css selector", "value": selector });
        let found = self.post("/element", &query);
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("{selector}: {found}")).to_owned()
    }

    /// A command of Chromium's own.
    fn tool(&self, command: &str, params: &Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }));
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, Some(body)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        self.runtime.block_on(async {
            let mut request = self.client.request(method, format!("{}{path}", self.session));
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.map_err(|error| error.to_string())?;
            let is_done = response.status().is_success();
            let said: Value = response.json().await.map_err(|error| error.to_string())?;
            if is_done { Ok(said["value"].clone()) } else { Err(said["value"].to_string()) }
        })
    }

    fn wait_until_ready(&self) {
        let answers = || self.call(Method::GET, "/status", None).is_ok();
        eventually("chromedriver answers", answers);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call(Method::DELETE, "", None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
