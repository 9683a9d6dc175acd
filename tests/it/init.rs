//! `menhu init` where the disk is full: what it left is taken up by the next one, and nothing is half there.

use std::path::Path;
use std::process::Command;

/// Blocks of 512 bytes that no file may grow beyond: the first write that would stops the program dead.
const LIMITS: [u32; 8] = [0, 1, 2, 6, 12, 20, 40, 80];

#[test]
fn an_init_that_was_stopped_while_it_wrote_is_made_whole_by_the_next() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed");
    assert_eq!(menhu(&["init"], &undisturbed).0, Some(0));
    for limit in LIMITS {
        let stopped = folder.path().join(limit.to_string());
        let status = Command::new("sh")
            .args(["-c", &format!("ulimit -c 0; ulimit -f {limit}; exec \"$0\" init \"$1\"")])
            .arg(env!("CARGO_BIN_EXE_menhu"))
            .arg(&stopped)
            .status()
            .unwrap();
        assert!(!status.success(), "a database needs more than {limit} blocks");
        let (code, words) = menhu(&["init"], &stopped);
        assert_eq!(code, Some(0), "after {limit} blocks: {words}");
        for shipped in ["config.toml", "rules/markings.toml", "rules/personal.toml", "rules/work.toml"] {
            let made = std::fs::read_to_string(stopped.join(shipped)).unwrap();
            assert_eq!(made, std::fs::read_to_string(root.join(shipped)).unwrap(), "{shipped} after {limit} blocks");
        }
        assert_eq!(check(&stopped), check(&undisturbed), "after {limit} blocks");
    }
}

fn check(installation: &Path) -> (Option<i32>, String) {
    menhu(&["check", "--config"], &installation.join("config.toml"))
}

/// Exit code, and all that was said.
fn menhu(arguments: &[&str], path: &Path) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_menhu")).args(arguments).arg(path).output().unwrap();
    (done.status.code(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
}
