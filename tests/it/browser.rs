//! The pages in a real browser: what the demo serves is laid out, readable and complete without a script.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::demo::{folder, menhu};

/// A demo that serves until it is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) portal: String,
    pub(crate) console: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

pub(crate) fn serve(data: &Path) -> Serving {
    let child = menhu()
        .args(["demo", "--json", "--portal", &free(), "--console", &free(), "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    // Held from the first moment by what ends it.
    let mut serving = Serving { child, portal: String::new(), console: String::new() };
    for line in BufReader::new(serving.child.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "serving" {
            event["portal"].as_str().unwrap().clone_into(&mut serving.portal);
            event["console"].as_str().unwrap().clone_into(&mut serving.console);
            return serving;
        }
    }
    panic!("the demo ended before it served");
}

fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// The document as the browser has it after layout.
fn dom(browser: &str, url: &str, profile: &Path, size: &str) -> String {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--window-size={size}"))
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--dump-dom")
        .arg(url)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_browser_shows_portal_and_console() {
    let Some(browser) = chromium() else {
        println!("skipped: no Chromium is installed; tests/run installs it");
        return;
    };
    let data = folder("browser");
    let serving = serve(&data.join("demo"));
    let profile = data.join("profile");
    let home = dom(browser, &serving.portal, &profile, "1280,1600");
    assert!(home.contains("name=\"SiteName\""), "{home}");
    assert!(home.contains("role=\"search\"") || home.contains("<search"), "no search on the home page");
    let query = "%E8%A1%A2%E6%94%BF%E5%8A%9E%E5%8F%91%E3%80%942008%E3%80%9512%E5%8F%B7";
    let found = dom(browser, &format!("{}search?q={query}", serving.portal), &profile, "390,844");
    assert!(found.contains("内容保障") && found.contains("<mark>"), "{found}");
    let item = found.split("href=\"/items/").nth(1).unwrap().split('"').next().unwrap();
    let page = dom(browser, &format!("{}items/{item}", serving.portal), &profile, "1280,1600");
    for label in ["ArticleTitle", "PubDate", "ContentSource"] {
        assert!(page.contains(&format!("name=\"{label}\"")), "{label} is missing");
    }
    assert!(page.contains("衢政办发〔2008〕12号"));
    let login = dom(browser, &serving.console, &profile, "1280,900");
    assert!(login.contains("type=\"password\""), "{login}");
    let queue = dom(browser, &serving.console.replace("/login", "/queue"), &profile, "1280,900");
    assert!(!queue.contains("内容保障"), "the queue is shown without a login");
}
