//! The same by command: files and edits, two officers, and what is refused with its cure.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Bed, PASSWORD};

/// The commands of an installation.
struct Shell {
    config: PathBuf,
}

impl Shell {
    /// Runs `menhu rules …` with a password on its standard input; returns exit code and everything that it said.
    fn rules(&self, words: &[&str], password: &str) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menhu"));
        command.arg("rules").args(words);
        // `try` works on a word alone
        if words.first() != Some(&"try") {
            command.arg("--config").arg(&self.config);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that needs no password does not read it.
        writeln!(child.stdin.take().unwrap(), "{password}").ok();
        let done = child.wait_with_output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        (done.status.code(), said)
    }

    fn good(&self, words: &[&str]) -> String {
        let (code, said) = self.rules(words, PASSWORD);
        assert_eq!(code, Some(0), "{words:?}: {said}");
        said
    }

    fn refused(&self, words: &[&str], part: &str) {
        let (code, said) = self.rules(words, PASSWORD);
        assert!(matches!(code, Some(1 | 2)), "{words:?}: {code:?} {said}");
        assert!(said.contains(part), "{part} in {said}");
    }
}

fn copy(from: &str, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(from)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_change_rules_by_command() {
    let bed = Bed::in_real_time().await;
    let folder = bed.app.dir.path().to_owned();
    let mut config = bed.app.config.clone();
    (config.gate.rules, config.gate.dictionaries) = (folder.join("rules"), folder.join("dictionaries"));
    copy("rules", &config.gate.rules);
    copy("dictionaries", &config.gate.dictionaries);
    let file = folder.join("config.toml");
    std::fs::write(&file, toml::to_string(&config).unwrap()).unwrap();
    let shell = Shell { config: file };
    bed.published("hit", "通知", "关于麒麟工程的安排。").await;

    // an edit
    let (code, said) = shell.rules(&["add-term", "麒麟工程", "--by", "baomi"], "falsch");
    assert!(code == Some(1) && said.contains("password"), "{said}");
    shell.refused(&["add-term", "的", "--by", "baomi"], "one character");
    let said = shell.good(&["add-term", "麒麟工程", "--level", "工作秘密", "--by", "baomi", "--note", "新"]);
    assert!(
        said.contains("proposed as number 2") && said.contains("增加词「麒麟工程」（工作秘密，阻断，变体 2）"),
        "{said}"
    );
    shell.refused(&["approve", "2", "--by", "baomi"], "another officer");
    bed.try_all().await;
    assert!(shell.good(&["show", "2"]).contains("会撤下 1 条"));
    assert!(shell.good(&["approve", "2", "--by", "baomi2"]).contains("in force"));

    // files: made from a set that was overtaken, exported, changed, overtaken again
    shell.refused(&["propose", "--by", "baomi"], "menhu rules export");
    shell.good(&["export", folder.join("aside").to_str().unwrap()]);
    shell.good(&["export"]);
    assert!(config.gate.dictionaries.join("保密员词表.csv").exists());
    shell.refused(&["propose", "--by", "baomi"], "nothing is changed");
    let work = config.gate.rules.join("work.toml");
    let text = std::fs::read_to_string(&work).unwrap();
    std::fs::write(&work, text.replace("\"举报人身份\"", "\"举报人身份\", \"举报人电话\"")).unwrap();
    shell.refused(&["export"], "--replace");
    let said = shell.good(&["propose", "--by", "baomi", "--note", "补充"]);
    assert!(said.contains("增加词「举报人电话」"), "{said}");
    let said = shell.good(&["set", "GZ-0002", "--action", "阻断", "--by", "baomi2"]);
    assert!(said.contains("处置由保密审查改为阻断"), "{said}");
    shell.good(&["approve", "4", "--by", "baomi"]);
    shell.refused(&["approve", "3", "--by", "baomi2"], "would be lost");
    shell.refused(&["propose", "--by", "baomi"], "would be lost");
    shell.refused(&["rebase", "3", "--by", "baomi2"], "made of files");
    shell.good(&["refuse", "3", "--by", "baomi2", "--reason", "已过时"]);

    // what became of it
    let said = shell.good(&["history", "GZ-0002"]);
    assert!(said.contains("处置由保密审查改为阻断") && !said.contains("麒麟"), "{said}");
    let said = shell.good(&["history", "--json"]);
    assert_eq!(said.lines().filter(|line| line.starts_with('{')).count(), 4, "{said}");
    shell.good(&["export", "--replace"]);
    let (code, said) = shell.rules(&["backtest", "--published", "--json"], "");
    assert!(code == Some(30) && said.contains("\"withdrawn\":1"), "{said}");
    let corpus = folder.join("corpus");
    std::fs::create_dir_all(corpus.join("deep")).unwrap();
    std::fs::write(corpus.join("deep/a.txt"), "机密★5年").unwrap();
    std::fs::write(corpus.join("b.txt"), "通知").unwrap();
    let (code, said) = shell.rules(&["backtest", "--corpus", corpus.to_str().unwrap()], "");
    assert!(code == Some(30) && said.contains("2 files: 1 would be blocked, 0 held"), "{said}");
    let said = shell.good(&["try", "机密纪要", "--variants", "3"]);
    assert!(said.contains("木几") && said.contains("機"), "{said}");
}
