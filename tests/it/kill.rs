//! Promise 5 by fault: `kill -9` at random moments of a demo round, and then everything is as if nothing had happened.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::demo::{demo_folder, events, folder, menhu, named, once};

/// Kills, counted over all folders.
const KILLS: usize = 50;

/// A small generator, so that a failure can be repeated from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Every item with what is to be the same after any number of kills.
fn state(events: &[Value]) -> BTreeMap<String, (String, String, String)> {
    let word = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    named(events, "item")
        .map(|event| (word(event, "id"), (word(event, "status"), word(event, "outcome"), word(event, "content"))))
        .collect()
}

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    let undisturbed = demo_folder("kill-undisturbed", 2);
    let began = Instant::now();
    let output = once(&undisturbed);
    let whole = began.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected = state(&events(&output));
    assert!(expected.len() >= 500);

    let longest = u64::try_from(whole.as_millis()).unwrap() / 3;
    let mut random = Random(0x2008_0129_0012);
    let mut kills = 0;
    let mut folders = 0;
    while kills < KILLS {
        folders += 1;
        let data = folder("kill-disturbed");
        // The same ports, so that addresses, ids and hashes can be compared.
        std::fs::copy(undisturbed.join("sites.json"), data.join("sites.json")).unwrap();
        forget_withdrawal(&data.join("sites.json"));
        // Work adds up over the kills of a folder, so short lives reach its end too. A life that ends by itself has
        // nothing left to kill: the next folder.
        while kills < KILLS && is_killed(&data, Duration::from_millis(50 + random.below(longest))) {
            kills += 1;
        }
        let output = once(&data);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "after {kills} kills: {:?}\n{words}", output.status);
        let after = state(&events(&output));
        assert_eq!(after.len(), expected.len(), "items after {kills} kills");
        for (id, wanted) in &expected {
            assert_eq!(after.get(id), Some(wanted), "item {id} after {kills} kills");
        }
        for arguments in [&["doctor"][..], &["index", "verify"]] {
            let output = menhu().args(arguments).arg("--config").arg(data.join("config.toml")).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        }
    }
    println!("{kills} kills in {folders} folders; an undisturbed round takes {whole:?}");
}

/// Starts a round and kills it after `life`; false where it ended by itself before.
fn is_killed(data: &Path, life: Duration) -> bool {
    let mut child = menhu()
        .args(["demo", "--once", "--json", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(File::create(data.join("stderr.txt")).unwrap())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while began.elapsed() < life {
        if let Some(ended) = child.try_wait().unwrap() {
            let words = std::fs::read_to_string(data.join("stderr.txt")).unwrap();
            assert!(ended.success(), "a round that was left alone ended with {ended}: {words}");
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

/// The copied ports belong to a folder whose second round is over; the new folder begins with its first.
fn forget_withdrawal(file: &Path) {
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    kept["withdrawn"] = false.into();
    std::fs::write(file, kept.to_string()).unwrap();
}
