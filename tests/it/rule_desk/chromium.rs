//! A real browser that a test drives as a person does: it goes to pages, types into fields, presses buttons, and looks.
//!
//! Chromium's own protocol over a pipe (`--remote-debugging-pipe`): JSON texts that end in NUL on its descriptors 3 and 4,
//! which a shell makes of its standard input and output. No port is opened and no driver is needed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const PATIENCE: Duration = Duration::from_secs(60);

/// The browser with one page.
pub(super) struct Chromium {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    number: u64,
    shots: Option<PathBuf>,
    shot: u32,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Chromium {
    /// Starts it; nothing where none is installed. Screenshots go to the folder that `MENHU_SCREENSHOTS` names.
    pub(super) fn start(profile: &Path) -> Option<Self> {
        let works = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|done| done.status.success());
        let program = PROGRAMS.into_iter().find(works)?;
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", program])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--hide-scrollbars", "--window-size=1280,1000"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let shots = std::env::var_os("MENHU_SCREENSHOTS").map(PathBuf::from);
        let mut browser = Self { child, to, from, session: String::new(), number: 0, shots, shot: 0 };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        browser.call("Page.enable", json!({}));
        // What a person sees must be there without a script.
        browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
        Some(browser)
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(b"\0").unwrap();
        self.to.flush().unwrap();
        loop {
            let mut bytes = Vec::new();
            assert!(self.from.read_until(0, &mut bytes).unwrap() > 0, "the browser ended");
            bytes.pop();
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["id"] == json!(self.number) {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// The value of an expression in the page.
    fn value(&mut self, expression: &str) -> Value {
        self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}))["result"]["value"]
            .clone()
    }

    /// Waits until an expression holds.
    fn wait(&mut self, what: &str, expression: &str) {
        let began = Instant::now();
        while self.value(expression) != json!(true) {
            assert!(began.elapsed() < PATIENCE, "{what}: {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(super) fn go(&mut self, address: &str) {
        self.call("Page.navigate", json!({"url": address}));
        self.wait("the page loads", "document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// What the page says, as it is laid out.
    pub(super) fn text(&mut self) -> String {
        self.value("document.body ? document.body.innerText : ''").as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn address(&mut self) -> String {
        self.value("location.href").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says something.
    pub(super) fn sees(&mut self, words: &str) {
        let quoted = json!(words);
        self.wait(
            &format!("to see {words}"),
            &format!("!!document.body && document.body.innerText.includes({quoted})"),
        );
    }

    /// Types into the field of a name, in place of what stands there.
    pub(super) fn types(&mut self, name: &str, words: &str) {
        let field = format!("document.querySelector('[name={name}]:not([type=hidden])')");
        self.wait(&format!("a field {name}"), &format!("!!{field}"));
        self.value(&format!("{field}.focus(); {field}.select && {field}.select(); true"));
        self.call("Input.insertText", json!({"text": words}));
    }

    /// Chooses by the words that are shown.
    pub(super) fn chooses(&mut self, name: &str, words: &str) {
        let quoted = json!(words);
        let choose = format!(
            "(() => {{ const list = document.querySelector('select[name={name}]'); const at = \
             [...list.options].findIndex(option => option.text.includes({quoted})); list.selectedIndex = at; return at >= 0; }})()"
        );
        assert_eq!(self.value(&choose), json!(true), "no choice {words} of {name}");
    }

    /// Presses the button or link that says these words, with the mouse.
    pub(super) fn presses(&mut self, words: &str) {
        let quoted = json!(words);
        let find = format!(
            "[...document.querySelectorAll('main button, main a, header button, header a')].filter(one => \
             one.innerText.trim() === {quoted}).pop()"
        );
        self.wait(&format!("something to press: {words}"), &format!("!!({find})"));
        let place = self.value(&format!(
            "(() => {{ const one = {find}; one.scrollIntoView({{block: 'center'}}); const box = one.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        self.value("window.__pressed = true");
        for kind in ["mousePressed", "mouseReleased"] {
            let (x, y) = (&place[0], &place[1]);
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}),
            );
        }
        self.wait("the next page", "window.__pressed !== true && document.readyState === 'complete'");
    }

    /// Keeps a picture of the whole page.
    pub(super) fn keeps(&mut self, name: &str) {
        let Some(folder) = self.shots.clone() else { return };
        self.shot += 1;
        let shot = self.call("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true}));
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{:02}-{name}.png", self.shot)), bytes).unwrap();
    }
}
