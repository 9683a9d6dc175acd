//! The gate: what must be caught, what must pass, offsets, limits, and that Cleared means screened.

mod corpus;
mod fingerprints;
mod golden;
mod interleavings;
mod mutants;
mod mutation;
mod offsets;
mod precision;
mod reloads;

use std::fs;
use std::time::{Duration, Instant};

use menhu::model::{
    Action, Attachment, BlobId, ColumnId, Content, Digest, Draft, Field, Finding, Outcome, Segment, UnitId, Unreadable,
    Verdict,
};
use menhu::screen::{RuleSet, Screened, Screener, TOO_LONG};
use proptest::prelude::*;

use crate::rules::{PLAIN, set_of, shipped};

const TIME: Duration = Duration::from_secs(60);

fn body(text: &str) -> Segment {
    Segment::new(Field::Body, "", text)
}

fn segment(field: Field, text: &str) -> Segment {
    Segment { field, ..body(text) }
}

fn scan(screener: &Screener, text: &str) -> Verdict {
    screener.scan(&[body(text)], &[])
}

fn gate(rules: RuleSet) -> Screener {
    Screener::new(rules, TIME)
}

/// A gate with one dictionary beside a rule that never matters.
fn dictionary(csv: &str) -> Screener {
    gate(set_of(&[("rules/a.toml", PLAIN), ("dictionaries/d.csv", csv)]).unwrap_or_else(|errors| panic!("{errors}")))
}

fn found<'a>(verdict: &'a Verdict, rule: &str) -> Option<&'a Finding> {
    verdict.findings.iter().find(|finding| finding.rule == rule)
}

#[test]
fn markings_in_every_form_are_blocked() {
    let gate = gate(shipped());
    let mut missed = Vec::new();
    let mut count = 0;
    for level in ["绝密", "机密", "秘密", "機密", "祕密", "㊙密"] {
        for star in ["★", "☆", "⭐", "✭", "*", "＊", "※"] {
            for gap in ["", " ", "\u{3000}", "\u{200B}", "\u{2060}\u{FEFF}"] {
                for period in ["1年", "10年", "６个月", "长期", "2027年3月1日", "会议开始前", "十年"] {
                    for (before, after) in
                        [("", ""), ("000012\n", "\n特急"), ("关于某事的通知（", "）"), ("<td>", "</td>")]
                    {
                        let mut letters = level.chars();
                        let (first, second) = (letters.next().unwrap(), letters.next().unwrap());
                        let text = format!("{before}{first}{gap}{second}{gap}{star}{gap}{period}{after}");
                        count += 1;
                        if scan(&gate, &text).outcome != Outcome::Block {
                            missed.push(text);
                        }
                    }
                }
            }
        }
        for bare in [format!("{level}★"), format!("{level}\n"), format!("  {level}  \n通知")] {
            count += 1;
            if scan(&gate, &bare).outcome != Outcome::Block {
                missed.push(bare);
            }
        }
    }
    assert!(missed.is_empty(), "{} of {count} markings missed: {:?}", missed.len(), &missed[..missed.len().min(20)]);
}

#[test]
fn variant_levels_keep_their_contract() {
    // what each disguise of 拟任人选 needs
    let cases = [
        ("拟任人选", 0),
        ("擬任人選", 1),
        ("拟\u{200B}任人选", 1),
        ("拟任人\u{FE00}选", 1),
        ("拟 任 人 选", 2),
        ("拟·任·人·选", 2),
        ("拟任<b>人</b>选", 2),
        ("拟任&#20154;选", 2),
        ("%E6%8B%9F任人选", 3),
        ("\\u62df任人选", 3),
        ("5ouf5Lu75Lq66YCJ", 3),
        ("\u{202E}选人任拟\u{202C}", 3),
    ];
    for level in 0..=3 {
        let gate = dictionary(&format!("词,变体\n拟任人选,{level}\n"));
        for (text, needed) in cases {
            let caught = scan(&gate, text).outcome == Outcome::Block;
            assert_eq!(caught, level >= needed, "{text} at {level}");
        }
    }
}

#[test]
fn gaps_are_bounded_and_other_letters_end_a_word() {
    let gate = dictionary("词\n拟任人选\n");
    assert_eq!(scan(&gate, &format!("拟任{}人选", " ".repeat(6))).outcome, Outcome::Block);
    assert_eq!(scan(&gate, &format!("拟任{}人选", " ".repeat(7))).outcome, Outcome::Pass);
    assert_eq!(scan(&gate, "拟任的人选").outcome, Outcome::Pass);
    // a star is an anchor, not a gap; an asterisk is both
    assert_eq!(scan(&gate, "拟任★人选").outcome, Outcome::Pass);
    assert_eq!(scan(&gate, "拟任*人选").outcome, Outcome::Block);
    assert_eq!(scan(&gate, "拟任\u{FFFD}人选").outcome, Outcome::Block);
}

#[test]
fn exceptions_excuse_only_what_they_contain() {
    let gate = gate(shipped());
    let text = "市委常委会研究了拟任人选,随后发布拟任人选公示";
    let verdict = scan(&gate, text);
    let hits: Vec<&Finding> = verdict.findings.iter().filter(|finding| finding.rule == "GZ-0001").collect();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].start, text.find("拟任人选").unwrap());
    // an exception in disguise excuses nothing
    assert_eq!(scan(&gate, "常委会发布拟任人选·公·示").outcome, Outcome::Hold);
    // far away, in another paragraph, it is no hit
    assert_eq!(scan(&gate, "常委会召开会议\n拟任人选应当符合条件").outcome, Outcome::Pass);
}

#[test]
fn findings_are_bounded_and_the_rest_is_counted() {
    let gate = dictionary("词\n拟任人选\n");
    let verdict = scan(&gate, &"拟任人选,".repeat(5000));
    assert_eq!(verdict.findings.len(), 21);
    assert!(
        verdict.findings.iter().any(|finding| finding.why.contains("另有4980处")),
        "{:?}",
        verdict.findings.first()
    );
    let many: Vec<Segment> = (0..3000).map(|_| body("拟任人选")).collect();
    let verdict = gate.scan(&many, &[]);
    assert!(verdict.findings.len() <= 1001 && verdict.outcome == Outcome::Block);
    assert!(verdict.findings.iter().any(|finding| finding.why.contains("全文另有2000处")));
}

#[test]
fn hostile_text_is_linear() {
    let gate = dictionary("词,变体\n机密文件,3\n机密,2\n");
    let size = 2 << 20;
    let texts = [
        "机\u{200B}".repeat((20 << 20) / 6),
        "机密".repeat(size / 6),
        format!("机{}密", "\u{200B}".repeat(size / 3)),
        "<".repeat(size),
        "<!--".repeat(size / 4),
        "<a".repeat(size / 2),
        "&#".repeat(size / 2),
        "%25".repeat(size / 3),
        "1 ".repeat(size / 2),
        "1".repeat(size),
        "QUJD".repeat(size / 4),
        "\u{202E}机".repeat(size / 6),
        format!("机{} ", "\u{200B}".repeat(50)).repeat(size / 154),
    ];
    for text in &texts {
        let head: String = text.chars().take(6).collect();
        let start = Instant::now();
        let verdict = scan(&gate, text);
        assert!(verdict.unreadable.is_empty(), "{head}");
        println!("{head:?} {} bytes in {:?}", text.len(), start.elapsed());
    }
}

#[test]
fn past_its_time_an_item_is_held() {
    let screener = Screener::new(shipped(), Duration::ZERO);
    let verdict = scan(&screener, "一篇普通的文章");
    assert_eq!(verdict.outcome, Outcome::Hold);
    assert_eq!(verdict.unreadable[0].reason, TOO_LONG);
}

fn menhu_scan(args: &[&str], input: &str) -> (Option<i32>, Vec<serde_json::Value>, String) {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut command = Command::new(env!("CARGO_BIN_EXE_menhu"));
    command.arg("scan").args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code(), lines, String::from_utf8(output.stderr).unwrap())
}

const FOLDERS: [&str; 5] = ["--json", "--rules", "rules", "--dictionaries", "dictionaries"];

#[test]
fn the_command_answers_as_the_contract_says() {
    let run = |args: &[&str], input: &str| menhu_scan(&[&FOLDERS[..], args].concat(), input);
    let (code, lines, _) = run(&["--text", "机　密★1年"], "");
    assert_eq!(code, Some(20));
    assert_eq!(lines[0]["outcome"], "block");
    let finding = &lines[0]["findings"][0];
    for key in ["rule", "level", "action", "field", "start", "end", "text", "transforms", "why"] {
        assert!(!finding[key].is_null(), "{key} in {finding}");
    }
    assert_eq!((finding["start"].as_u64(), finding["end"].as_u64()), (Some(0), Some(16)));
    assert_eq!(run(&["-"], "此件不公开\n").0, Some(10));
    assert_eq!(run(&["-"], "各单位:\n").0, Some(0));
    assert_eq!(run(&[], "").0, Some(2));

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (gbk, _, _) = encoding_rs::GB18030.encode("机密★1年");
    let files =
        [file("a.txt", &gbk), file("b.txt", "通知".as_bytes()), file("绝密★.txt", b"x"), file("d.bin", &[0, 1, 2])];
    let (code, lines, _) = run(&files.each_ref().map(String::as_str), "");
    let outcomes: Vec<&str> = lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!((code, outcomes), (Some(20), vec!["block", "pass", "block", "hold"]));
    assert_eq!(lines[3]["unreadable"].as_array().unwrap().len(), 1);
}

#[test]
fn without_rules_the_command_refuses() {
    let empty = tempfile::tempdir().unwrap();
    let (code, lines, said) = menhu_scan(&["--json", "--rules", empty.path().to_str().unwrap(), "--text", "x"], "");
    assert_eq!((code, lines.len()), (Some(2), 0));
    assert!(said.contains("no rule at all") && said.contains("--rules DIR"), "{said}");
}

fn draft(title: &str, text: &str) -> Draft {
    Draft {
        content: Content {
            title: title.into(),
            html: format!("<p>{text}</p>"),
            text: text.into(),
            published: None,
            written: None,
            origin: "市府办".into(),
            author: None,
            document_number: None,
            index_number: None,
            source_url: "http://127.0.0.1/1.html".into(),
            unit: UnitId::new("office").unwrap(),
            column: ColumnId::new("news").unwrap(),
            attachments: Vec::new(),
        },
        source: None,
        segments: Vec::new(),
        unreadable: Vec::new(),
    }
}

#[test]
fn cleared_is_for_the_bytes_that_were_screened() {
    let gate = gate(shipped());
    let Screened::Cleared(cleared) = gate.screen(draft("通知", "各单位:")) else { panic!("it passes") };
    assert_eq!(cleared.hash(), Content::hash_of(cleared.bytes()));
    assert_eq!(cleared.bytes(), cleared.content().bytes().unwrap());
    assert_eq!(cleared.rule_set(), gate.current().id());
    assert_eq!(cleared.verdict().outcome, Outcome::Pass);
}

#[test]
fn every_part_of_a_draft_is_screened() {
    type Change = fn(&mut Draft);
    let changes: [(&str, Change); 11] = [
        ("title", |draft| draft.content.title = "机密★1年".into()),
        ("text", |draft| draft.content.text = "机密★1年".into()),
        ("html", |draft| draft.content.html = "<p>机<b>密</b>★1年</p>".into()),
        ("attribute", |draft| draft.content.html = "<img alt=\"机密★1年\">".into()),
        ("author", |draft| draft.content.author = Some("机密★1年".into())),
        ("origin", |draft| draft.content.origin = "机密★1年".into()),
        ("number", |draft| draft.content.document_number = Some("某密发〔2024〕3号".into())),
        ("url", |draft| draft.content.source_url = "http://a/%E6%9C%BA%E5%AF%86%E2%98%85.html".into()),
        ("file", |draft| {
            draft.content.attachments.push(Attachment {
                name: "机密★1年.pdf".into(),
                media_type: "application/pdf".into(),
                size: 1,
                blob: BlobId(Digest::zero()),
                text: None,
                url: String::new(),
            });
        }),
        ("segment", |draft| draft.segments.push(body("机密★1年"))),
        ("joined", |draft| {
            draft.content.title = "关于机".into();
            draft.content.text = "密★1年的通知".into();
        }),
    ];
    let gate = gate(shipped());
    for (what, change) in changes {
        let mut draft = draft("通知", "各单位:");
        change(&mut draft);
        let Screened::Held(held) = gate.screen(draft) else { panic!("{what} passed") };
        assert_eq!(held.verdict().outcome, Outcome::Block, "{what}");
        let joined = held.verdict().findings.iter().any(|finding| finding.field == Field::Joined);
        assert_eq!(joined, what == "joined", "{what}: {:?}", held.verdict().findings);
    }
}

#[test]
fn what_cannot_be_read_is_held() {
    let mut draft = draft("通知", "各单位:");
    draft.unreadable.push(Unreadable { place: "a.pdf".into(), reason: "needs a password".into() });
    let Screened::Held(held) = gate(shipped()).screen(draft) else { panic!("it passed") };
    assert_eq!(held.verdict().outcome, Outcome::Hold);
    assert!(held.verdict().findings.is_empty());
}

#[test]
fn a_swap_is_whole() {
    let gate = gate(set_of(&[("rules/a.toml", PLAIN)]).unwrap());
    assert_eq!(scan(&gate, "机密★1年").outcome, Outcome::Pass);
    let old = gate.current();
    gate.swap(shipped());
    assert_eq!(scan(&gate, "机密★1年").outcome, Outcome::Block);
    assert_ne!(old.id(), gate.current().id());
}

#[test]
fn notes_pass() {
    let gate = dictionary("词,处置\n拟任人选,提示\n考察对象,保密审查\n");
    let verdict = scan(&gate, "拟任人选");
    assert_eq!((verdict.outcome, verdict.findings[0].action), (Outcome::Pass, Action::Note));
    assert_eq!(scan(&gate, "考察对象").outcome, Outcome::Hold);
}

fn check_offsets(verdict: &Verdict, text: &str) {
    for finding in &verdict.findings {
        assert_eq!(text.get(finding.start..finding.end), Some(finding.text.as_str()), "{finding:?}");
    }
}

/// A noise character that the gate must see through, or text around a term.
fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,6}",
        Just("\u{200B}".to_owned()),
        Just("<b>".to_owned()),
        Just("&#26426;".to_owned()),
        Just("%E5%AF%86".to_owned()),
        Just("机".to_owned()),
        Just("\u{202E}密机\u{202C}".to_owned()),
        Just("11010519491231002X".to_owned()),
        Just("\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Every finding's offsets give its text, and that text, screened alone, is found by the same rule.
    #[test]
    fn offsets_give_the_term_back(parts in proptest::collection::vec(noise(), 0..6), at in 0usize..6) {
        thread_local! {
            static GATE: Screener = dictionary("词,变体\n机密文件,3\n密机,2\nabc1,2\n㈱公,1\n");
        }
        let mut parts = parts;
        parts.insert(at.min(parts.len()), "機\u{200B}密 ⽂件".to_owned());
        let text = parts.concat();
        GATE.with(|gate| {
            let verdict = scan(gate, &text);
            check_offsets(&verdict, &text);
            let hit = verdict.findings.iter().any(|finding| finding.text == "機\u{200B}密 ⽂件");
            prop_assert!(hit, "{text:?} {:?}", verdict.findings);
            for finding in &verdict.findings {
                let alone = scan(gate, &finding.text);
                prop_assert!(alone.findings.iter().any(|other| other.rule == finding.rule), "{finding:?}");
            }
            Ok(())
        })?;
    }
}
