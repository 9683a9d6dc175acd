//! What each detector sees, line by line in `cases/`: where it begins and ends, how sure it is, the level and the plain
//! form. An anchor is looked for as it is written; numbers come from the collector that the gate has.

use std::collections::HashSet;

use super::{Anchor, Sighting, Template};
use crate::model::{Field, Level};
use crate::screen::classes::ClassTable;
use crate::screen::fold::FoldTable;
use crate::screen::letters::Letters;
use crate::screen::numbers::{Number, Numbers};
use crate::screen::window::Window;

const CASES: [&str; 11] = [
    include_str!("cases/bank.tsv"),
    include_str!("cases/document_number.tsv"),
    include_str!("cases/identity.tsv"),
    include_str!("cases/internal_note.tsv"),
    include_str!("cases/lone_level.tsv"),
    include_str!("cases/marking.tsv"),
    include_str!("cases/passport.tsv"),
    include_str!("cases/phone.tsv"),
    include_str!("cases/urgency.tsv"),
    include_str!("cases/uscc.tsv"),
    include_str!("cases/work_secret.tsv"),
];
const DIGITS: &str = "0123456789abcdefghijklmnopqrstuvwxyz零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖";

fn numbers(text: &str, classes: &ClassTable) -> Vec<Number> {
    let (mut letters, mut numbers, mut found) = (Letters::new(), Numbers::default(), Vec::new());
    letters.begin(0);
    while letters.read(classes, text, Numbers::KEPT + 2) {
        numbers.read(&letters, classes, text, &mut |number| found.push(number));
    }
    numbers.finish(text, &mut |number| found.push(number));
    found
}

fn sightings(template: Template, window: Window<'_>, field: Field, classes: &ClassTable) -> Vec<Sighting> {
    if template.reads_numbers() {
        return numbers(window.text, classes).iter().filter_map(|number| template.at_number(window, number)).collect();
    }
    let mut places: Vec<(usize, &str)> =
        template.anchors().iter().flat_map(|word| window.text.match_indices(word)).collect();
    places.sort_by_key(|place| place.0);
    let anchor = |(start, word): (usize, &'static str)| Anchor { word, start, end: start + word.len(), field };
    let written = |(start, word)| (start, *template.anchors().iter().find(|anchor| **anchor == word).unwrap());
    places.into_iter().map(written).filter_map(|place| template.at_anchor(window, anchor(place))).collect()
}

fn said(sighting: &Sighting) -> String {
    let sure = if sighting.certain { "certain" } else { "unsure" };
    let level = sighting.level.map_or("-", Level::word);
    format!("{}..{} {sure} {level} {}", sighting.start, sighting.end, sighting.plain)
}

#[test]
fn each_case_is_seen_as_its_line_says() {
    let folds = FoldTable::build();
    let classes = ClassTable::build(&folds, DIGITS.chars(), &HashSet::new());
    let mut wrong = Vec::new();
    for line in CASES.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#')) {
        let [word, text, expected, part] = *line.split('\t').collect::<Vec<_>>() else { panic!("{line}: four cells") };
        let template = Template::of_word(word).unwrap();
        let field = if part == "标题" { Field::Title } else { Field::Body };
        let text = text.replace("\\n", "\n");
        let seen: Vec<String> =
            sightings(template, Window { text: &text, folds: &folds }, field, &classes).iter().map(said).collect();
        let seen = if seen.is_empty() { "-".to_owned() } else { seen.join(" ; ") };
        if seen != expected {
            wrong.push(format!("{line}: {seen}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Detectors compare folded letters with characters in their source, so those must fold to themselves.
#[test]
fn everyday_characters_name_their_classes() {
    let folds = FoldTable::build();
    let sources = [
        include_str!("marking.rs"),
        include_str!("lone_level.rs"),
        include_str!("urgency.rs"),
        include_str!("document_number.rs"),
        include_str!("internal_note.rs"),
        include_str!("identity.rs"),
        include_str!("phone.rs"),
        include_str!("bank.rs"),
        include_str!("work_secret.rs"),
        include_str!("passport.rs"),
        include_str!("uscc.rs"),
        include_str!("../window.rs"),
    ];
    let code = sources.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with("//"));
    for c in code.flat_map(str::chars).filter(|c| matches!(*c as u32, 0x3400..=0x9FFF)) {
        assert_eq!(folds.fold(&c.to_string()), [c]);
    }
    for c in ('0'..='9').chain('a'..='z') {
        assert_eq!(folds.fold(&c.to_string()), [c]);
    }
}
