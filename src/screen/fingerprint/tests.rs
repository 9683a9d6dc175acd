//! What fingerprints promise: a document is found whole, in part and in other characters, at its true place; a file that
//! is not whole is refused.

use proptest::prelude::*;

use super::file::Registered;
use super::register::{Registrar, Unfit};
use super::shingles::walk;
use crate::model::{Field, Finding, Segment};
use crate::screen::fold::FoldTable;
use crate::screen::{RuleBundle, RuleSet, Screener};

const RULE: &str = "[[rule]]\nid = \"T-1\"\nname = \"试\"\nlevel = \"秘密\"\naction = \"提示\"\nterms = [\"甲乙丙丁\"]\nreview_date = \
                    2027-01-01\npositive = [\"甲乙丙丁\", \"甲 乙丙丁\", \"x甲乙丙丁\"]\nnegative = [\"甲\", \"乙\", \"丙\"]\nbasis = \"试\"\n";

/// Letters drawn by lot, a stop after every twenty: a document that nobody wrote.
fn document(seed: u64, letters: usize) -> String {
    let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    for number in 1..=letters {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        text.push(char::from_u32(0x4E00 + (dice % 6000) as u32).unwrap());
        if number % 20 == 0 {
            text.push('。');
        }
    }
    text
}

fn registered(documents: &[&str]) -> Registered {
    let mut registrar = Registrar::begin("第七号登记件", "2026-11-25".into(), None).unwrap();
    for document in documents {
        registrar.add([*document]).unwrap();
    }
    registrar.finish()
}

fn load(file: &str, rule: &str) -> Result<RuleSet, String> {
    let files = [("rules/a.toml", format!("{RULE}{rule}")), ("dictionaries/d.fingerprints", file.to_owned())];
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    RuleSet::from_bundle(&RuleBundle { files }).map_err(|errors| errors.to_string())
}

fn gate(documents: &[&str]) -> Screener {
    Screener::new(load(&registered(documents).text(), "").unwrap(), std::time::Duration::from_secs(60))
}

fn found(gate: &Screener, text: &str) -> Vec<Finding> {
    let findings = gate.scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
    let own: Vec<Finding> = findings.into_iter().filter(|finding| finding.rule == "fingerprints/d").collect();
    own.iter().for_each(|finding| assert_eq!(&text[finding.start..finding.end], finding.text));
    own
}

#[test]
fn a_document_is_found_whole_and_in_part_at_its_place() {
    let (one, two) = (document(1, 600), document(2, 900));
    let gate = gate(&[&one, &two]);
    let whole = found(&gate, &two);
    assert!(whole[0].why.contains("“第七号登记件”之2") && whole[0].why.contains("占100%"), "{}", whole[0].why);
    assert!(whole[0].start < 200 && two.len() - whole[0].end < 200);
    let (before, after) = (document(8, 3000), document(9, 3000));
    let part: String = one.chars().skip(200).take(126).collect();
    let hits = found(&gate, &format!("{before}{part}{after}"));
    let [hit] = hits.as_slice() else { panic!("{hits:?}") };
    assert!(hit.why.contains("之1") && part.contains(&hit.text) && hit.start >= before.len(), "{hit:?}");
    assert!(found(&gate, &before).is_empty());
}

#[test]
fn width_traditional_and_blanks_do_not_hide_it() {
    let one = "会议决定成立国际贸易协调小组办公室设在经济发展处由张书记担任组长负责与港澳台地区联络并于2026年12月31日前报送总结材料\
               各单位应当指定专人负责对项目实行闭环管理凡未经批准擅自对外提供资料的依照规定追究责任本办法自印发之日起执行请认真贯彻落实";
    let gate = gate(&[one]);
    let wide: String =
        one.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).filter(|_| c.is_ascii()).unwrap_or(c)).collect();
    let traditional: String = one
        .chars()
        .map(|c| match c {
            '国' => '國',
            '际' => '際',
            '贸' => '貿',
            '会' => '會',
            '协' => '協',
            '调' => '調',
            '经' => '經',
            '济' => '濟',
            '发' => '發',
            '书' => '書',
            '记' => '記',
            '责' => '責',
            '与' => '與',
            '总' => '總',
            '结' => '結',
            '单' => '單',
            '应' => '應',
            '专' => '專',
            '对' => '對',
            '项' => '項',
            '实' => '實',
            '环' => '環',
            '报' => '報',
            '执' => '執',
            other => other,
        })
        .collect();
    let blanks: String = one.chars().flat_map(|c| [c, '　', '\u{200B}', '·']).collect();
    let lines: String = one.chars().flat_map(|c| [c, '\n']).collect();
    assert!(wide != one && traditional != one);
    let usual = found(&gate, one)[0].why.clone();
    for text in [wide, traditional, blanks, lines] {
        assert_eq!(found(&gate, &text)[0].why, usual, "{text}");
    }
}

/// Cut anywhere, a line lost or doubled, a digit changed: never less than what was registered.
#[test]
fn a_file_that_is_not_whole_is_refused() {
    let text = registered(&[&document(3, 400), &document(4, 300)]).text();
    let whole = Registered::parse(&text).unwrap();
    assert_eq!(Registered::parse(&text.replace('\n', "\r\n")).unwrap(), whole);
    let lines: Vec<&str> = text.lines().collect();
    for count in 0..lines.len() {
        assert!(Registered::parse(&lines[..count].join("\n")).is_err(), "cut before line {count}");
        let lost: Vec<&str> = lines.iter().enumerate().filter(|(at, _)| *at != count).map(|(_, line)| *line).collect();
        assert!(Registered::parse(&lost.join("\n")).is_err(), "line {count} lost");
        let doubled: Vec<&str> = lines[..=count].iter().chain(&lines[count..]).copied().collect();
        assert!(Registered::parse(&doubled.join("\n")).is_err(), "line {count} doubled");
    }
    for (at, digit) in text.char_indices().filter(|(_, c)| c.is_ascii_hexdigit()) {
        let other = if digit == '0' { "1" } else { "0" };
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert!(Registered::parse(&changed).is_err(), "byte {at}");
    }
    let cut = load(&text[..text.len() - 20], "").unwrap_err();
    assert!(
        cut.contains("changed or damaged") && cut.contains("dictionaries/d.fingerprints:") && cut.contains("copy"),
        "{cut}"
    );
    assert!(load(&lines[..12].join("\n"), "").unwrap_err().contains("ends too early"));
}

#[test]
fn a_gate_that_reads_otherwise_refuses_the_file() {
    let mut other = registered(&[&document(3, 400)]);
    other.folding ^= 1;
    let set = load(&other.text(), "").unwrap();
    assert!(set.lints().iter().any(|lint| lint.to_string().contains("earlier table of characters")));
    other.self_check.passage.push_str(&document(7, 100));
    assert!(load(&other.text(), "").unwrap_err().contains("self-check does not hold"));
}

#[test]
fn a_rule_names_the_file() {
    let text = registered(&[&document(3, 400)]).text();
    let rule = |more: &str| {
        format!(
            "[[rule]]\nid = \"DJ-1\"\nname = \"登记件\"\nlevel = \"绝密\"\naction = \"保密审查\"\nfingerprints = \
             \"d.fingerprints\"\nbasis = \"法\"\nreview_date = 2027-01-01\n{more}"
        )
    };
    let set = load(&text, &rule("passage = 4\nshare = 0.5\nnegative = [\"天气晴朗\"]\n")).unwrap();
    let documents = set.rule("DJ-1").unwrap().documents().unwrap();
    assert_eq!((documents.passage, documents.share, documents.registered.counts().len()), (4, 0.5, 1));
    assert!(set.lints().is_empty() && set.rule("fingerprints/d").is_none(), "{:?}", set.lints());
    for (more, said) in [
        ("positive = [\"x\"]\n", "would keep the text"),
        ("terms = [\"甲乙\"]\n", "has no terms"),
        ("exceptions = [\"甲乙\"]\n", "has no exceptions"),
        ("passage = 1\n", "met by chance"),
        ("share = 7\n", "not a share"),
        (&format!("negative = [\"{}\"]\n", document(3, 400)), "in its negative example"),
    ] {
        let errors = load(&text, &rule(more)).unwrap_err();
        assert!(errors.contains(said), "{said} in {errors}");
    }
    let other = rule("").replace("d.fingerprints", "e.fingerprints");
    assert!(load(&text, &other).unwrap_err().contains("there is no file of fingerprints"));
    assert!(load(&text, "passage = 4\n").unwrap_err().contains("rules with fingerprints alone"));
}

#[test]
fn what_could_not_be_recognised_is_not_registered() {
    let begin = |name: &str| Registrar::begin(name, "2026-11-25".into(), None);
    assert!(matches!(begin(""), Err(Unfit::Name(_))));
    assert!(matches!(begin("机密★1年件"), Err(Unfit::MarkedName)));
    let one = document(5, 600);
    let mut registrar = begin("第七号登记件").unwrap();
    assert!(matches!(registrar.add(["太短的文件"]), Err(Unfit::Short { letters: 5, prints: 0 })));
    let titled = format!("第 七号登记件{one}");
    assert!(matches!(registrar.add([titled.as_str()]), Err(Unfit::NameInText)));
    let added = registrar.add([one.as_str()]).unwrap();
    assert_eq!((added.number, added.letters, added.public), (1, 600, 0));
    assert!((50..100).contains(&added.prints), "{added:?}");
    assert!(matches!(registrar.add([one.as_str()]), Err(Unfit::Twice)));
    let mut registrar = Registrar::resume(registrar.finish()).unwrap();
    assert!(matches!(registrar.add([one.as_str()]), Err(Unfit::Twice)));
    let two = document(6, 600);
    registrar.leave_out(&two);
    assert!(matches!(registrar.add([two.as_str()]), Err(Unfit::Public { prints: 0, .. })));
    let half = format!("{two}{}", document(7, 600));
    let added = registrar.add([half.as_str()]).unwrap();
    assert!(added.number == 2 && added.public > 40 && added.prints > 40, "{added:?}");
}

static FOLDS: std::sync::LazyLock<FoldTable> = std::sync::LazyLock::new(FoldTable::build);

proptest! {
    /// Whatever a text is, the walk does no harm, and each place holds just its letters.
    #[test]
    fn places_hold_their_letters(text in "\\PC{0,80}", more in "[机密國ａ１㍿ﷺ \u{200B}★]{0,80}") {
        let folds = &*FOLDS;
        let text = text + &more;
        walk(folds, &text, |shingle| {
            let letters: Vec<u32> = folds.fold(&text[shingle.start..shingle.end]).iter().map(|c| *c as u32).collect();
            assert!(letters.windows(shingle.letters.len()).any(|window| window == shingle.letters), "{text:?}");
            true
        });
    }
}
