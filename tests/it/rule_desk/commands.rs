//! The same by command: files and edits, two officers, and what is refused with its cure.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use menhu::flow::rules;
use menhu::model::Status;

use super::{Bed, PASSWORD};

/// The commands of an installation.
struct Shell {
    config: PathBuf,
}

impl Shell {
    /// Runs `menhu rules …` with a password on its standard input; returns exit code and everything that it said.
    fn rules(&self, words: &[&str], password: &str) -> (Option<i32>, String) {
        self.run("rules", words, password)
    }

    fn run(&self, group: &str, words: &[&str], password: &str) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menhu"));
        command.arg(group).args(words);
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

impl Shell {
    /// The commands of an installation whose rules lie beside its data.
    fn of(bed: &Bed) -> Self {
        let folder = bed.app.dir.path();
        let mut config = bed.app.config.clone();
        (config.gate.rules, config.gate.dictionaries) = (folder.join("rules"), folder.join("dictionaries"));
        copy("rules", &config.gate.rules);
        copy("dictionaries", &config.gate.dictionaries);
        let file = folder.join("config.toml");
        std::fs::write(&file, toml::to_string(&config).unwrap()).unwrap();
        Self { config: file }
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
    let (rules, dictionaries) = (folder.join("rules"), folder.join("dictionaries"));
    let shell = Shell::of(&bed);
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
    assert!(dictionaries.join("保密员词表.csv").exists());
    shell.refused(&["propose", "--by", "baomi"], "nothing is changed");
    let work = rules.join("work.toml");
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

/// 误报 and 放行 by command, to the same end as on the pages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_free_what_is_held_by_command() {
    let bed = Bed::in_real_time().await;
    let shell = Shell::of(&bed);
    let quarantine = |words: &[&str], password: &str, code: i32, part: &str| {
        let (found, said) = shell.run("quarantine", words, password);
        assert!(found == Some(code) && said.contains(part), "{words:?}: {found:?} {said}");
    };
    bed.queued("a", "公文格式讲解", "版头左上角标注“机密★5年”，字体用黑体。").await;
    let status = async |id: &str| bed.desk().item(&id.parse().unwrap()).await.unwrap().unwrap().status;
    assert_eq!(status("a").await, Status::Quarantined);
    let release = ["release", "a", "--by", "baomi", "--basis", "讲解公文格式", "--not-secret"];
    quarantine(&release, "falsch", 1, "password");
    quarantine(&release, PASSWORD, 1, "open item a first");
    quarantine(&["open", "a", "--by", "baomi", "--reason", "核对"], PASSWORD, 0, "机密★5年");
    quarantine(&release[..5], PASSWORD, 2, "a value is required");
    quarantine(&release[..6], PASSWORD, 1, "no state secret");
    quarantine(&release, PASSWORD, 0, "proposal 2");
    assert!(shell.good(&["show", "2"]).contains("放行一条信息：a"));
    shell.refused(&["approve", "2", "--by", "baomi"], "another officer");
    shell.refused(&["approve", "2", "--by", "baomi2"], "open item a first");
    quarantine(&["open", "a", "--by", "baomi2", "--reason", "复核"], PASSWORD, 0, "机密★5年");
    assert!(shell.good(&["approve", "2", "--by", "baomi2"]).contains("released: 1 of 1"));
    assert_eq!(status("a").await, Status::Queued);

    // a false hit of words: an exception, approved, screened again
    rules::refresh(bed.desk(), &bed.app.base.verifier, &bed.app.base.screener).await.unwrap();
    let text = "常委会研究后，举办拟任人选培训班。";
    bed.queued("b", "培训通知", text).await;
    let rules: Vec<String> = bed
        .desk()
        .item(&"b".parse().unwrap())
        .await
        .unwrap()
        .unwrap()
        .verdict
        .findings
        .iter()
        .map(|f| f.rule.clone())
        .collect();
    assert_eq!(rules.first().map(String::as_str), Some("GZ-0001"), "{rules:?}");
    let wrong = ["false-hit", "a", "--by", "baomi", "--rule", "GZ-0001", "--phrase", "拟任人选培训"];
    quarantine(&wrong, PASSWORD, 1, "there is no quarantined item a");
    let found = ["false-hit", "b", "--by", "baomi", "--rule", "GZ-0001", "--phrase", "拟任人选培训", "--text", text];
    quarantine(&found, PASSWORD, 0, "proposed as number 3");
    shell.good(&["approve", "3", "--by", "baomi2"]);
    quarantine(&["rescreen", "b", "--by", "baomi"], PASSWORD, 0, "1 pass and are queued");
    assert_eq!(status("b").await, Status::Queued);
}
