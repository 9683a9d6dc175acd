//! The main way, end to end, through the front door: `menhu demo` on the bundled sub-sites.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

/// The program under test.
pub fn menhu() -> Command {
    Command::new(env!("CARGO_BIN_EXE_menhu"))
}

/// A folder that is removed at the end of the process's tests by the next run of the same test.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A folder for a demo that starts more than once: its sites listen on a loopback address of their own, so that no other
/// test takes their ports between two starts.
pub fn demo_folder(name: &str, last: u8) -> PathBuf {
    let path = folder(name);
    std::fs::write(path.join("sites.json"), format!(r#"{{"host":"127.77.0.{last}"}}"#)).unwrap();
    path
}

/// The events of one demo round.
pub fn events(output: &Output) -> Vec<Value> {
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// `menhu demo --once --json` in `data`.
pub fn once(data: &Path) -> Output {
    menhu().args(["demo", "--once", "--json", "--data"]).arg(data).output().unwrap()
}

pub fn named<'a>(events: &'a [Value], name: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["event"] == name)
}

struct Ran {
    data: PathBuf,
    output: Output,
}

/// One demo for all tests that only look at it.
fn demo() -> &'static Ran {
    static RAN: OnceLock<Ran> = OnceLock::new();
    RAN.get_or_init(|| {
        let data = folder("demo");
        let output = once(&data);
        Ran { data, output }
    })
}

fn on_demo(arguments: &[&str]) -> Output {
    menhu().args(arguments).arg("--config").arg(demo().data.join("config.toml")).output().unwrap()
}

#[test]
fn a_round_ends_as_planted() {
    let ran = demo();
    let errors = String::from_utf8_lossy(&ran.output.stderr);
    let events = events(&ran.output);
    let wrong: Vec<_> = named(&events, "planted").filter(|event| event["agrees"] != true).collect();
    assert!(wrong.is_empty(), "not as planted: {wrong:#?}\n{errors}");
    assert!(named(&events, "planted").count() >= 12);
    assert!(
        named(&events, "complete").all(|event| event["agrees"] == true),
        "{:#?}",
        named(&events, "complete").collect::<Vec<_>>()
    );
    let items = named(&events, "item").count();
    assert!(items >= 500, "{items} items");
    assert!(ran.output.status.success(), "{:?}\n{errors}", ran.output.status);
}

#[test]
fn the_notice_is_found_first() {
    for query in ["衢政办发〔2008〕12号", "[2008]12号", "政府门户网站内容保障"] {
        let output = on_demo(&["search", "--json", "--limit", "3", query]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let hits = events(&output);
        assert_eq!(hits[0]["rank"], 1);
        let title = hits[0]["title"].as_str().unwrap();
        assert!(title.contains("加强市政府门户网站内容保障工作"), "{query}: {title}");
    }
}

#[test]
fn the_doctor_finds_nothing() {
    for arguments in [&["doctor"][..], &["audit", "verify"], &["index", "verify"]] {
        let output = on_demo(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_second_start_collects_only_what_is_new() {
    let data = demo_folder("demo-twice", 1);
    assert!(once(&data).status.success());
    let again = once(&data);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let events = events(&again);
    let rounds: Vec<_> = named(&events, "round").collect();
    assert!(!rounds.is_empty());
    for round in rounds {
        assert_eq!(round["new"], 0, "{round}");
        assert_eq!(round["changed"], 0, "{round}");
    }
}

#[test]
fn a_round_goes_on_while_the_program_is_replaced() {
    let data = folder("demo-replaced");
    let program = data.join("menhu");
    std::fs::copy(env!("CARGO_BIN_EXE_menhu"), &program).unwrap();
    let mut round = Command::new(&program)
        .args(["demo", "--once", "--json", "--data"])
        .arg(data.join("data"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It runs from now on, and its readers are started later.
    while !data.join("data/sites.json").exists() {
        assert!(round.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::sleep(Duration::from_millis(2));
    }
    std::fs::remove_file(&program).unwrap();
    std::fs::write(&program, "the next version").unwrap();
    let lines = BufReader::new(round.stdout.take().unwrap()).lines();
    let wrong: Vec<String> = lines.map(Result::unwrap).filter(|line| line.contains("\"agrees\":false")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(round.wait().unwrap().success());
}

#[test]
fn wrong_words_are_answered_with_help() {
    let output = menhu().args(["demmo"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("demo"));
    let output = menhu().args(["doctor", "--config", "/nowhere/config.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("/nowhere/config.toml") && words.contains("menhu init"), "{words}");
}

#[test]
fn a_wrong_key_in_the_configuration_is_refused_with_its_line() {
    let data = folder("wrong-key");
    let file = data.join("config.toml");
    std::fs::write(&file, "[portal]\nsite_nam = \"x\"\n").unwrap();
    let output = menhu().args(["check", "--config"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("line 2") && words.contains("site_nam"), "{words}");
}
