//! Offsets: whatever a text is made of, a finding's `start..end` is what it says, at character boundaries, and read by
//! itself it gives the term back. A million texts in the full run: naughty strings, every plane, disguises on disguises.
//!
//! `MENHU_OFFSETS=1000000 cargo test --test it gate::offsets` (read when it is compiled) is the full run; without it 100,000 are tried.

use menhu::model::{Finding, Verdict};
use menhu::screen::Screener;

use super::corpus::data;
use super::mutants::{Disguises, Random, TERMS, words_at};
use super::{body, check_offsets, gate, scan};
use crate::rules::shipped;

const USUAL: usize = 100_000;
const THREADS: usize = 2;

/// What texts are put together from.
struct Pieces {
    naughty: Vec<String>,
    disguised: Vec<String>,
    disguises: Disguises,
}

impl Pieces {
    fn read() -> Self {
        let naughty = data("gate").map(|folder| std::fs::read_to_string(folder.join("blns.json")).unwrap());
        let naughty =
            naughty.map_or_else(|| vec!["\u{202E}<\u{FEFF}&#".into()], |text| serde_json::from_str(&text).unwrap());
        let disguises = Disguises::read(&TERMS);
        let disguised = TERMS.iter().enumerate().flat_map(|(turn, term)| disguises.of(term, turn));
        let disguised: Vec<String> = disguised.map(|mutant| mutant.text).collect();
        Self { naughty, disguised, disguises }
    }

    fn piece(&self, random: &mut Random, out: &mut String) {
        match random.below(14) {
            0 => out.push_str(&self.naughty[random.below(self.naughty.len())]),
            1..=3 => out.push_str(&self.disguised[random.below(self.disguised.len())]),
            4 => {
                let term = random.of(&TERMS);
                out.push_str(&self.disguises.mixed(term, 3, random));
            }
            5 => (0..random.below(6)).for_each(|_| out.extend(char::from_u32(random.below(0x11_0000) as u32))),
            6 => out.extend(char::from_u32(0x4E00 + random.below(0x51FF) as u32)),
            7 => (0..random.below(8)).for_each(|_| out.push((b' ' + random.below(95) as u8) as char)),
            8 => out.push_str(random.of(&[
                "<",
                "<b>",
                "</b>",
                "<!--",
                "-->",
                "<a href='",
                "\">",
                "&",
                "&#",
                "&#x",
                ";",
                "&amp;",
            ])),
            9 => out.push_str(
                random.of(&["%", "%E6", "%9C%BA", "%25", "%u", "\\u", "\\u{", "5py65a+G", "=", "\u{202E}", "\u{202C}"]),
            ),
            10 => out.push_str(random.of(&[
                "\u{200B}",
                "\u{FE0F}",
                "\u{20DD}",
                "\u{E0041}",
                "\u{FFFD}",
                "\0",
                "\u{1F512}",
                "㍿",
                "ﷺ",
                "㈱",
            ])),
            11 => out.push_str(
                random.of(&["机", "密", "绝", "秘", "★", "☆", "*", "1年", "（", "）", "\n", "　", "长期", "级"]),
            ),
            12 => out.push_str(random.of(&[
                "身份证",
                "11010519491231002X",
                "1１0①",
                "银行卡6222021234567890128",
                "13800001234",
                "〇一二",
            ])),
            _ => out.push_str(random.of(&[
                "某密发〔2024〕3号",
                "此件不公开",
                "000012\n特急\n",
                "市委常委会研究了拟任人选",
                "各单位：",
            ])),
        }
    }

    fn text(&self, random: &mut Random) -> String {
        let mut text = String::new();
        for _ in 0..1 + random.below(7) {
            self.piece(random, &mut text);
        }
        text
    }
}

/// What is marked as the word must be the word: by itself, it is found again, from its first byte to its last. A run of
/// Base64 is marked whole, and which letters make a run depends on what stood before it: it must be found again. Whether
/// letters were decoded with a wrong charset is seen by those around them, so such a word cannot be read back alone.
fn reads_as_the_word(gate: &Screener, finding: &Finding, text: &str) {
    let by = |name: &str| finding.transforms.iter().any(|transform| transform == name);
    if by("misread") {
        return;
    }
    let before = if by("reversed") { "\u{202E}" } else { "" };
    let alone = format!("{before}{}", finding.text);
    let again: Verdict = gate.scan(&[body(&alone)], &[]);
    let whole = |other: &&Finding| {
        let spans = other.start <= before.len() && other.end == alone.len();
        other.rule == finding.rule && (spans || by("base64"))
    };
    let found = again.findings.iter().find(whole);
    assert!(found.is_some(), "{text:?}\n{finding:#?}\nalone: {:#?}", again.findings);
}

#[test]
fn every_finding_stands_where_it_says() {
    let wanted = std::option_env!("MENHU_OFFSETS").and_then(|text| text.parse().ok()).unwrap_or(USUAL);
    let (pieces, words, rules) = (Pieces::read(), words_at(3), gate(shipped()));
    let run = &|seed: u64| {
        let mut random = Random(seed);
        let (mut found, mut hits) = (0usize, 0usize);
        for _ in 0..wanted / THREADS {
            let text = pieces.text(&mut random);
            check_offsets(&scan(&rules, &text), &text);
            let verdict = scan(&words, &text);
            check_offsets(&verdict, &text);
            found += usize::from(!verdict.findings.is_empty());
            for finding in verdict.findings.iter().filter(|finding| !finding.why.contains("另有")) {
                hits += 1;
                reads_as_the_word(&words, finding, &text);
            }
        }
        (found, hits)
    };
    let counts: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS as u64).map(|turn| scope.spawn(move || run(0x6F66_6673_6574 + turn))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (found, hits) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!("{wanted} texts, {found} with findings, {hits} findings read back");
    assert!(found * 10 > wanted, "too few of the texts say anything: {found}");
}
