//! `menhu source put`: the file of the documentation is taken as it stands; what is wrong is refused, and nothing of it kept.

use std::path::Path;
use std::process::Command;

const SHOWN: &str = include_str!("../../docs/register.toml");

#[test]
fn the_file_of_the_documentation_is_taken_and_shows_the_defaults() {
    let folder = installed();
    let (code, words) = put(folder.path(), SHOWN);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("1 units, 1 columns, 1 sources") && words.contains("2 links"), "{words}");
    let (_, whole) = menhu(folder.path(), &["source", "list", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(shown["source"]["hosts"], serde_json::json!(["jyj.example.gov.cn"]));

    // Without the keys that may be left out the same is on record, and a second put changes and doubles nothing.
    let may_go = ["profile", "hosts", "allow", "gap", "round_limit", "every", "recheck", "gone_after", "enabled"];
    let left: Vec<&str> =
        SHOWN.lines().filter(|line| !may_go.iter().any(|key| line.starts_with(&format!("{key} =")))).collect();
    assert_eq!(left.len(), SHOWN.lines().count() - may_go.len());
    let (code, words) = put(folder.path(), &left.join("\n"));
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("2 links"), "{words}");
    assert_eq!(menhu(folder.path(), &["source", "list", "--json"]).1, whole);
}

#[test]
fn what_is_wrong_in_a_register_file_is_named_and_nothing_is_kept() {
    let folder = installed();
    for (from, to, named) in [
        ("gap = \"3s\"", "gap = \"3\"", "not a time span"),
        ("every =", "evry =", "unknown field `evry`"),
        ("aliases =", "alias =", "unknown field `alias`"),
        ("column = \"dongtai\"", "column = \"dongtia\"", "column dongtia"),
        ("unit = \"jyj\"\nlists", "unit = \"jyjj\"\nlists", "unit jyjj is not registered"),
        ("url = \"https://jyj.example.gov.cn/list.aspx?cid=3\"", "url = \"jyj.example.gov.cn\"", "is no address"),
        ("allow = []", "allow = [\"10.8.0.0/99\"]", "10.8.0.0/99"),
        ("id = \"jyj\"", "id = \"教育局\"", "教育局"),
        ("  { url = \"https://jyj.example.gov.cn/list.aspx?cid=3\", column = \"dongtai\" },\n", "", "lists is empty"),
        ("home = \"https://", "home = \"ftp://", "is no address of the web"),
        (
            "url = \"https://jyj.example.gov.cn/list.aspx?cid=7\"",
            "url = \"javascript:alert(1)\"",
            "is no address of the web",
        ),
        ("unit = \"jyj\"\ntitle", "unit = \"jyjj\"\ntitle", "unit jyjj is not registered"),
        ("lists = [ ", "lists = []\nnames = [ ", "unknown field"),
    ] {
        assert!(SHOWN.contains(from), "{from}");
        let (code, words) = put(folder.path(), &SHOWN.replacen(from, to, 1));
        assert!(matches!(code, Some(1 | 2)), "{to}: {code:?}");
        assert!(words.contains(named), "{to}: {words}");
        assert!(menhu(folder.path(), &["source", "list"]).1.starts_with("no source"), "{to}");
    }
    let twice = &SHOWN[SHOWN.find("[[source]]").unwrap()..SHOWN.find("[[link]]").unwrap()];
    let (code, words) = put(folder.path(), &format!("{SHOWN}\n{twice}"));
    assert!(code == Some(2) && words.contains("source jyj is there twice"), "{words}");
    let (code, words) = menhu(folder.path(), &["source", "put", "nowhere.toml"]);
    assert!(code == Some(2) && words.contains("nowhere.toml"), "{words}");
}

#[test]
fn a_unit_that_moves_has_one_home() {
    let folder = installed();
    put(folder.path(), SHOWN);
    let home = "home = \"https://jyj.example.gov.cn/\"";
    assert!(SHOWN.contains(home));
    let (code, words) = put(folder.path(), &SHOWN.replacen(home, "home = \"https://edu.example.gov.cn/\"", 1));
    assert!(code == Some(0) && words.contains("2 links"), "{words}");
}

fn installed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_menhu")).arg("init").arg(folder.path()).output().unwrap();
    assert!(made.status.success());
    folder
}

fn put(installation: &Path, text: &str) -> (Option<i32>, String) {
    std::fs::write(installation.join("register.toml"), text).unwrap();
    menhu(installation, &["source", "put", "register.toml"])
}

fn menhu(installation: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_menhu")).args(arguments).current_dir(installation).output().unwrap();
    (done.status.code(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
}
