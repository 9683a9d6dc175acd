//! Markings: level × star × gap × period × place, and the level's own letters in disguise, under the shipped rules.
//!
//! What is asked: a star of any shape with anything behind it, and a level with a period and no star, is never passed;
//! a level with nothing at all is asked where it stands alone: as a line, a title, a field, in brackets at an edge.

use menhu::model::{Field, Outcome, Segment};
use menhu::screen::Screener;

use super::Tally;
use crate::gate::{gate, segment};
use crate::rules::shipped;

const LEVELS: [&str; 3] = ["绝密", "机密", "秘密"];
/// The letters of a level in other forms; all within levels 1 to 3, which the marking rule reads.
const DISGUISED: [&str; 22] = [
    "絕密",
    "絶密",
    "绝宻",
    "丝色密",
    "機密",
    "机宻",
    "木几密",
    "机宀必山",
    "祕密",
    "㊙密",
    "秘宓山",
    "禾必密",
    "機<b>密</b>",
    "绝&#23494;",
    "%E6%9C%BA%E5%AF%86",
    "\\u79d8密",
    "机\u{FE00}密\u{FE00}",
    "秘\u{20DD}密\u{20DD}",
    "\u{202E}密绝\u{202C}",
    "机·密",
    "绝🔒密",
    "秘<!-- x -->密",
];
const STRONG: [&str; 14] =
    ["★", "☆", "⭐", "⭐\u{FE0F}", "✩", "✪", "✭", "✮", "✯", "✰", "⋆", "🌟", "&#9733;", "&starf;"];
const WEAK: [&str; 8] = ["*", "＊", "﹡", "※", "·", "✱", "✲", "∗"];
const GAPS: [&str; 9] = ["", " ", "  ", "\u{3000}", "\u{200B}", "\u{A0}", "\t", "\u{2060}\u{FEFF}", "\u{2003}"];
const PERIODS: [&str; 21] = [
    "1年",
    "5年",
    "10年",
    "30年",
    "6个月",
    "６个月",
    "3月",
    "十年",
    "二十年",
    "三十年",
    "长期",
    "永久",
    "①年",
    "１０年",
    "2027年3月1日",
    "2027-03-01",
    "20270301",
    "会议开始前",
    "公布前",
    "任务完成后",
    "(30年)",
];

/// A place, and whether a level that has nothing beside it is a marking there.
struct Place {
    name: &'static str,
    alone: bool,
    put: fn(&str) -> Vec<Segment>,
}

fn text(field: Field, text: String) -> Vec<Segment> {
    vec![segment(field, &text)]
}

const PLACES: [Place; 13] = [
    Place { name: "alone", alone: true, put: |mark| text(Field::Body, mark.to_owned()) },
    Place {
        name: "first line",
        alone: true,
        put: |mark| text(Field::Body, format!("{mark}\n某市人民政府文件\n各县区：")),
    },
    Place {
        name: "second line",
        alone: true,
        put: |mark| text(Field::Body, format!("000012\n{mark}\n特急\n某市人民政府文件")),
    },
    Place {
        name: "top right",
        alone: true,
        put: |mark| text(Field::Body, format!("000012　　　　{mark}\n某市人民政府文件")),
    },
    Place {
        name: "paragraph begins",
        alone: false,
        put: |mark| text(Field::Body, format!("各单位：\n　　{mark} 现将方案印发给你们。")),
    },
    Place {
        name: "in a paragraph",
        alone: false,
        put: |mark| text(Field::Body, format!("各单位：\n　　现将方案（{mark}）印发给你们，请认真执行。")),
    },
    Place {
        name: "after a title",
        alone: true,
        put: |mark| text(Field::Title, format!("关于开展检查工作的通知（{mark}）")),
    },
    Place { name: "title", alone: true, put: |mark| text(Field::Title, mark.to_owned()) },
    Place { name: "header", alone: false, put: |mark| text(Field::Page, format!("首页 > 文件 > {mark} 打印")) },
    Place {
        name: "file name",
        alone: false,
        put: |mark| text(Field::FileName, format!("附件1：工作方案（{mark}）.pdf")),
    },
    Place { name: "alt", alone: false, put: |mark| text(Field::Attribute, format!("{mark} 示意图")) },
    Place { name: "comment", alone: false, put: |mark| text(Field::Comment, format!(" {mark} ")) },
    Place {
        name: "attachment", alone: true, put: |mark| text(Field::Attachment, format!("{mark}\n关于某事的报告"))
    },
];

fn caught(gate: &Screener, place: &Place, mark: &str) -> bool {
    let verdict = gate.scan(&(place.put)(mark), &[]);
    verdict.outcome != Outcome::Pass && verdict.findings.iter().any(|finding| finding.rule.starts_with("BM-"))
}

#[test]
fn markings_everywhere() {
    let gate = gate(shipped());
    let mut tally = Tally::default();
    let mut check = |class: &'static str, level: u8, place: &Place, mark: &str| {
        let shown = format!("{}: {mark}", place.name);
        tally.count(class, level, &shown, || caught(&gate, place, mark));
    };
    let mut turn = 0;
    for place in &PLACES {
        for level in LEVELS {
            for gap in GAPS {
                let (first, second) = level.split_at(3);
                let (spaced, apart) = (format!("{first}{gap}{second}"), format!("{first}{gap}{second}{gap}"));
                for star in STRONG {
                    check("star", 2, place, &format!("{apart}{star}"));
                    for _ in 0..4 {
                        turn += 1;
                        check(
                            "star and period",
                            2,
                            place,
                            &format!("{apart}{star}{gap}{}", PERIODS[turn % PERIODS.len()]),
                        );
                    }
                }
                for star in WEAK {
                    for _ in 0..4 {
                        turn += 1;
                        check(
                            "weak star, period",
                            2,
                            place,
                            &format!("{apart}{star}{gap}{}", PERIODS[turn % PERIODS.len()]),
                        );
                    }
                    if place.alone {
                        check("weak star alone", 2, place, &format!("{spaced}{star}"));
                    }
                }
                // a short period is a marking without its star; a date or a condition only where a line is its own
                for period in &PERIODS[..14] {
                    check("no star, period", 2, place, &format!("{spaced}{gap}{period}"));
                }
                if place.alone {
                    check("level alone", 2, place, &spaced);
                }
            }
        }
        for level in DISGUISED {
            for star in STRONG {
                turn += 1;
                check("level disguised", 3, place, &format!("{level}{star}{}", PERIODS[turn % PERIODS.len()]));
            }
            for star in ["*", "※", "·"] {
                turn += 1;
                check("level disguised", 3, place, &format!("{level}{star}{}", PERIODS[turn % PERIODS.len()]));
            }
        }
    }
    println!("{} markings", tally.known.len());
    assert!(tally.known.len() >= 20_000);
    tally.judge();
}
