//! What a rule set changes against another, in the words of the people who decide about it.
//!
//! In Chinese alone, for it is written into the record of a proposal, and it is what two officers sign for. Promises: two
//! sets whose rules differ in anything that changes what is found give at least one sentence; a set of other files with
//! the same rules says so.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Action, Level};
use crate::screen::{LooksFor, RegisteredDocuments, Release, Rule, RuleSet, Term};

/// Words that are named one by one; past it they are counted.
const NAMED: usize = 30;

/// A sentence about a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RuleChange {
    /// The rule.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// What changes.
    pub words: String,
    /// Whether less is caught after it.
    pub weaker: bool,
}

/// Rules, terms and registered documents that block or hold: (rules, all together).
#[must_use]
pub fn strength(set: &RuleSet) -> (usize, usize) {
    let rules = set.rules();
    let strong = rules.iter().filter(|rule| rule.action > Action::Note || rule.terms().iter().any(acts)).count();
    let terms: usize = rules.iter().map(|rule| rule.terms().iter().filter(|term| acts(term)).count()).sum();
    let documents: usize = guarding(rules).map(|documents| documents.registered.counts().len()).sum();
    (strong, strong + terms + documents)
}

/// The registered documents of rules that block or hold.
fn guarding(rules: &[Rule]) -> impl Iterator<Item = &RegisteredDocuments> {
    rules.iter().filter(|rule| rule.action > Action::Note).filter_map(Rule::documents)
}

fn acts(term: &Term) -> bool {
    term.action > Action::Note
}

/// Whether a fifth or more of what blocks or holds is gone: of the rules, of all together, or of the fingerprints.
#[must_use]
pub fn is_smaller(old: &RuleSet, new: &RuleSet) -> bool {
    let ((old_rules, old_all), (new_rules, new_all)) = (strength(old), strength(new));
    let shrunk = |old: usize, new: usize| new * 5 <= old * 4 && new < old;
    let prints = |set: &RuleSet| guarding(set.rules()).map(|documents| documents.registered.prints()).sum();
    // Each release takes something away, as a rule less would.
    let released = new.releases().iter().filter(|release| !old.releases().contains(release)).count();
    shrunk(old_rules, new_rules.saturating_sub(released))
        || shrunk(old_all, new_all.saturating_sub(released))
        || shrunk(prints(old), prints(new))
}

/// What changes, rule by rule.
#[must_use]
pub fn changes(old: &RuleSet, new: &RuleSet) -> Vec<RuleChange> {
    let by_id = |set: &RuleSet| -> BTreeMap<String, Rule> {
        set.rules().iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
    };
    let (before, after) = (by_id(old), by_id(new));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut found = Vec::new();
    for id in ids {
        let mut say = |rule: &Rule, weaker: bool, words: String| {
            found.push(RuleChange { rule: rule.id.clone(), name: rule.name.clone(), words, weaker });
        };
        match (before.get(id), after.get(id)) {
            // a list that no rule names comes and goes with its words
            (None, Some(rule)) if is_list(rule) => {
                terms(&[], rule.terms(), &mut |weaker, words| say(rule, weaker, words))
            }
            (Some(rule), None) if is_list(rule) => {
                terms(rule.terms(), &[], &mut |weaker, words| say(rule, weaker, words))
            }
            (None, Some(rule)) => say(rule, false, added(rule)),
            (Some(rule), None) => say(rule, true, "删除这条规则".to_owned()),
            (Some(old), Some(new)) => of_rule(old, new, &mut |weaker, words| say(new, weaker, words)),
            (None, None) => {}
        }
    }
    releases(old, new, &mut found);
    if found.is_empty() && old.id() != new.id() {
        let words = "只有注释、样例或文字说明的改动，查找的内容不变".to_owned();
        found.push(RuleChange { rule: String::new(), name: String::new(), words, weaker: false });
    }
    found
}

/// Items that are let pass one by one, and those that are no longer: a sentence a rule.
fn releases(old: &RuleSet, new: &RuleSet, found: &mut Vec<RuleChange>) {
    let mut say = |set: &RuleSet, release: &Release, weaker: bool, words: String| {
        for rule in &release.rules {
            let name = set.rule(rule).map(|rule| rule.name.clone()).unwrap_or_default();
            found.push(RuleChange { rule: rule.clone(), name, words: words.clone(), weaker });
        }
    };
    for release in new.releases().iter().filter(|release| !old.releases().contains(release)) {
        let hash: String = release.content.to_string().chars().take(12).collect();
        let vouched = if release.not_secret { "，经核实不属于国家秘密" } else { "" };
        let words = format!(
            "放行一条信息：{}（只限内容 {hash}…，{} 种命中；由 {} 核对{vouched}）：{}",
            release.item,
            release.found.len(),
            release.asked_by,
            release.basis
        );
        say(new, release, true, words);
    }
    for release in old.releases().iter().filter(|release| !new.releases().contains(release)) {
        say(old, release, false, format!("收回放行：{}", release.item));
    }
}

fn is_list(rule: &Rule) -> bool {
    rule.id.starts_with("dictionary/")
}

fn added(rule: &Rule) -> String {
    let what = match &rule.looks_for {
        LooksFor::Terms(terms) => format!("词：{}", named(terms.iter().map(|term| term.text.as_str()))),
        LooksFor::Template(template) => format!("查找：{}", template.word()),
        LooksFor::Fingerprints(documents) => format!("查找：{}", registered(documents)),
    };
    format!("新增规则，{}，{}，{what}", rule.level.word(), rule.action.chinese())
}

fn named<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    let shown: Vec<String> = words.iter().take(NAMED).map(|word| format!("「{word}」")).collect();
    let more = if words.len() > NAMED { format!(" 等共 {} 个", words.len()) } else { String::new() };
    format!("{}{more}", shown.join("、"))
}

fn of_rule(old: &Rule, new: &Rule, say: &mut impl FnMut(bool, String)) {
    settings(old, new, say);
    terms(old.terms(), new.terms(), say);
    if let (Some(old), Some(new)) = (old.documents(), new.documents()) {
        documents(old, new, say);
    }
    let lists = [("例外", &old.exceptions, &new.exceptions, true)];
    for (name, before, after, more_is_weaker) in lists {
        let news: Vec<&str> = after.iter().filter(|text| !before.contains(text)).map(String::as_str).collect();
        let gone: Vec<&str> = before.iter().filter(|text| !after.contains(text)).map(String::as_str).collect();
        if !news.is_empty() {
            say(more_is_weaker, format!("增加{name}{}", named(news.into_iter())));
        }
        if !gone.is_empty() {
            say(!more_is_weaker, format!("删除{name}{}", named(gone.into_iter())));
        }
    }
    if old.near != new.near {
        let words = |rule: &Rule| {
            rule.near.as_ref().map_or("不要求".to_owned(), |near| {
                format!("{} 字之内至少有 {} 个：{}", near.within, near.at_least, near.words.join("、"))
            })
        };
        say(true, format!("邻近条件由“{}”改为“{}”", words(old), words(new)));
    }
    rest(old, new, say);
}

/// What no sentence above speaks of.
fn rest(old: &Rule, new: &Rule, say: &mut impl FnMut(bool, String)) {
    if std::mem::discriminant(&old.looks_for) != std::mem::discriminant(&new.looks_for)
        || matches!((&old.looks_for, &new.looks_for), (LooksFor::Template(a), LooksFor::Template(b)) if a != b)
    {
        say(true, "查找的内容整体改变".to_owned());
    }
    // The fields that were spoken of are made equal; what still differs is said in general.
    let mut plain = new.clone();
    plain.level = old.level;
    plain.action = old.action;
    plain.variants = old.variants;
    plain.review_date = old.review_date;
    plain.looks_for = old.looks_for.clone();
    plain.exceptions.clone_from(&old.exceptions);
    plain.near.clone_from(&old.near);
    plain.name.clone_from(&old.name);
    let examples = plain.positive != old.positive || plain.negative != old.negative;
    plain.positive.clone_from(&old.positive);
    plain.negative.clone_from(&old.negative);
    let paper = (&plain.basis, &plain.note, &plain.drafted_by, &plain.approved_by)
        != (&old.basis, &old.note, &old.drafted_by, &old.approved_by);
    plain.basis.clone_from(&old.basis);
    plain.note.clone_from(&old.note);
    plain.drafted_by.clone_from(&old.drafted_by);
    plain.approved_by.clone_from(&old.approved_by);
    (plain.file, plain.line) = (old.file.clone(), old.line);
    if old.name != new.name {
        say(false, format!("名称由“{}”改为“{}”", old.name, new.name));
    }
    if examples {
        say(false, "修改样例".to_owned());
    }
    if paper {
        say(false, "修改依据、备注或起草审批人".to_owned());
    }
    if plain != *old {
        say(true, "修改适用范围、间隔等其他条件".to_owned());
    }
}

fn settings(old: &Rule, new: &Rule, say: &mut impl FnMut(bool, String)) {
    if old.level != new.level {
        say(new.level < old.level, level_words(old.level, new.level));
    }
    if old.action != new.action {
        say(new.action < old.action, action_words(old.action, new.action));
    }
    if old.variants != new.variants {
        say(new.variants < old.variants, format!("变体等级由 {} 改为 {}", old.variants, new.variants));
    }
    if old.review_date != new.review_date {
        let word = |rule: &Rule| rule.review_date.map_or("未定".to_owned(), |date| date.to_string());
        say(false, format!("复核日期由 {} 改为 {}", word(old), word(new)));
    }
}

/// `登记文件“甲”2 件，指纹 640 枚`: never the fingerprints themselves, which say nothing to anybody.
fn registered(documents: &RegisteredDocuments) -> String {
    let (name, registered) = (&documents.registered.name, &documents.registered);
    format!("登记文件“{name}”{} 件，指纹 {} 枚", registered.counts().len(), registered.prints())
}

fn documents(old: &RegisteredDocuments, new: &RegisteredDocuments, say: &mut impl FnMut(bool, String)) {
    let count = |documents: &RegisteredDocuments| documents.registered.counts().len();
    let kept = old.registered.shared(&new.registered);
    let (gone, more) = (count(old) - kept, count(new).saturating_sub(new.registered.shared(&old.registered)));
    if old.registered.name != new.registered.name {
        say(false, format!("登记名称由“{}”改为“{}”", old.registered.name, new.registered.name));
    }
    if gone > 0 {
        say(true, format!("不再识别其中 {gone} 件登记文件（原有 {} 件）", count(old)));
    }
    if more > 0 {
        say(false, format!("增加 {more} 件登记文件；现为{}", registered(new)));
    }
    if old.passage != new.passage {
        let words = format!("同一片段须含的指纹由 {} 枚改为 {} 枚", old.passage, new.passage);
        say(new.passage > old.passage, words);
    }
    if old.share.total_cmp(&new.share).is_ne() {
        let words = format!("短文件须含的指纹份额由 {} 改为 {}", old.share, new.share);
        say(new.share > old.share, words);
    }
    if old.registered != new.registered && gone == 0 && more == 0 && old.registered.name == new.registered.name {
        say(false, "指纹文件重新生成，登记的文件不变".to_owned());
    }
}

fn level_words(old: Level, new: Level) -> String {
    format!("级别由{}改为{}", old.word(), new.word())
}

fn action_words(old: Action, new: Action) -> String {
    format!("处置由{}改为{}", old.chinese(), new.chinese())
}

fn terms(old: &[Term], new: &[Term], say: &mut impl FnMut(bool, String)) {
    let before: BTreeMap<&str, &Term> = old.iter().map(|term| (term.text.as_str(), term)).collect();
    let after: BTreeMap<&str, &Term> = new.iter().map(|term| (term.text.as_str(), term)).collect();
    let news: Vec<&str> = new.iter().map(|term| term.text.as_str()).filter(|text| !before.contains_key(text)).collect();
    let gone: Vec<&str> = old.iter().map(|term| term.text.as_str()).filter(|text| !after.contains_key(text)).collect();
    if let [word] = news.as_slice()
        && let Some(term) = after.get(word)
    {
        let facts = format!("{}，{}，变体 {}", term.level.word(), term.action.chinese(), term.variants);
        say(false, format!("增加词「{word}」（{facts}）"));
    } else if !news.is_empty() {
        say(false, format!("增加 {} 个词：{}", news.len(), named(news.iter().copied())));
    }
    if !gone.is_empty() {
        say(true, format!("删除 {} 个词：{}", gone.len(), named(gone.into_iter())));
    }
    let mut told = 0;
    for (text, new) in &after {
        let Some(old) = before.get(text) else { continue };
        let mut parts = Vec::new();
        if old.level != new.level {
            parts.push(level_words(old.level, new.level));
        }
        if old.action != new.action {
            parts.push(action_words(old.action, new.action));
        }
        if old.variants != new.variants {
            parts.push(format!("变体等级由 {} 改为 {}", old.variants, new.variants));
        }
        if old.review_date != new.review_date {
            parts.push(new.review_date.map_or("去掉复核日期".to_owned(), |date| format!("复核日期改为 {date}")));
        }
        if parts.is_empty() {
            continue;
        }
        told += 1;
        if told <= NAMED {
            let weaker = new.action < old.action || new.variants < old.variants || new.level < old.level;
            say(weaker, format!("词「{text}」{}", parts.join("，")));
        }
    }
    if told > NAMED {
        say(true, format!("另有 {} 个词的级别、处置、变体或复核日期改变", told - NAMED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::RuleBundle;

    fn set(rules: &str, words: &str) -> RuleSet {
        let files = [("rules/a.toml", rules), ("dictionaries/l.csv", words)];
        let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        RuleSet::from_bundle(&RuleBundle { files }).unwrap()
    }

    const RULE: &str = "[[rule]]\nid = \"A-1\"\nname = \"甲\"\nlevel = \"秘密\"\naction = \"阻断\"\nterms = [\"拟任人选\", \"考察对象\"]\n\
        review_date = 2027-01-31\npositive = [\"拟任人选\", \"考察对象\", \"拟任人选名单\"]\nnegative = [\"甲\", \"乙\", \"丙\"]\n";

    fn words(old: &RuleSet, new: &RuleSet) -> Vec<String> {
        changes(old, new).into_iter().map(|change| format!("{} {}", change.rule, change.words)).collect()
    }

    #[test]
    fn every_change_is_said_in_words() {
        let old = set(RULE, "词,级别,处置\n会议底稿,秘密,阻断\n送审初稿,秘密,阻断\n");
        let new = set(
            &RULE
                .replace("\"考察对象\"]\n", "\"考察人选\"]\nexceptions = [\"拟任人选公示\"]\n")
                .replace("秘密", "机密")
                .replace("positive = [\"拟任人选\", \"考察对象\"", "positive = [\"拟任人选\", \"考察人选\""),
            "词,级别,处置\n会议底稿,秘密,提示\n",
        );
        let said = words(&old, &new);
        for part in [
            "A-1 级别由秘密改为机密",
            "A-1 增加词「考察人选」（机密，阻断，变体 2）",
            "A-1 删除 1 个词：「考察对象」",
            "A-1 增加例外「拟任人选公示」",
            "dictionary/l 词「会议底稿」处置由阻断改为提示",
            "dictionary/l 删除 1 个词：「送审初稿」",
        ] {
            assert!(said.iter().any(|found| found == part), "{part} in {said:?}");
        }
        assert!(words(&old, &old).is_empty());
        assert_eq!(
            words(&old, &set(&format!("# x\n{RULE}"), "词,级别,处置\n会议底稿,秘密,阻断\n送审初稿,秘密,阻断\n")).len(),
            1
        );
        let scoped = RULE.replace("review_date", "scope = { fields = [\"标题\"] }\nreview_date");
        let same = "词,级别,处置\n会议底稿,秘密,阻断\n送审初稿,秘密,阻断\n";
        assert!(words(&old, &set(&scoped, same)).concat().contains("适用范围"));
    }

    #[test]
    fn what_no_longer_stops_anything_counts_as_gone() {
        let old = set(RULE, "词,级别,处置\n会议底稿,秘密,阻断\n送审初稿,秘密,阻断\n");
        assert!(!is_smaller(&old, &old));
        let noted = set(RULE, "词,级别,处置\n会议底稿,秘密,提示\n送审初稿,秘密,提示\n");
        assert!(is_smaller(&old, &noted) && !is_smaller(&noted, &old));
        // A release takes something away too: five or more things act here, one release is a fifth of them.
        let release = |content: &str| Release {
            item: crate::model::ItemId::new("a").unwrap(),
            content: crate::model::ContentHash(crate::model::Digest::of(content.as_bytes())),
            rules: vec!["A-1".into()],
            found: vec![crate::model::Digest::of(b"x")],
            not_secret: true,
            basis: "讲解".into(),
            asked_by: crate::model::PersonId::new("baomi").unwrap(),
            date: jiff::civil::date(2026, 11, 25),
        };
        let with = |releases: &[Release]| {
            RuleSet::from_bundle(&crate::screen::with_releases(old.bundle(), releases).unwrap()).unwrap()
        };
        let (one, two) = (with(&[release("1")]), with(&[release("1"), release("2")]));
        assert!(is_smaller(&old, &one) && is_smaller(&one, &two) && !is_smaller(&two, &one));
        assert!(words(&old, &one).concat().contains("放行一条信息：a"));
        assert!(words(&one, &old).concat().contains("收回放行：a"));
    }

    /// A set with `count` registered documents.
    fn with_documents(registration: crate::screen::Registrar, count: usize, rule: &str) -> RuleSet {
        let mut registrar = registration;
        for number in 0..count {
            let first = char::from_u32(0x4E00 + number as u32 * 1000).unwrap();
            let text: String = (first..).take(400).collect();
            registrar.add([text.as_str()]).unwrap();
        }
        let files =
            [("rules/a.toml", format!("{RULE}{rule}")), ("dictionaries/d.fingerprints", registrar.finish().text())];
        let files = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        RuleSet::from_bundle(&RuleBundle { files }).unwrap()
    }

    #[test]
    fn registered_documents_are_told_by_name_and_number() {
        use crate::screen::Registrar;
        let rule = "[[rule]]\nid = \"D-1\"\nname = \"登记\"\nlevel = \"机密\"\naction = \"阻断\"\nreview_date = \
                    2027-01-31\nfingerprints = \"d.fingerprints\"\n";
        let begin = |beside| Registrar::begin("第七号登记件", "2026-11-25".into(), beside).unwrap();
        let three = with_documents(begin(None), 3, rule);
        let beside = three.rule("D-1").and_then(Rule::documents).unwrap().registered.clone();
        let two = with_documents(begin(Some(&beside)), 2, rule);
        let none = set(RULE, "词,级别,处置\n会议底稿,秘密,提示\n");
        let added = words(&none, &three).join("\n");
        assert!(added.contains("D-1 新增规则，机密，阻断，查找：登记文件“第七号登记件”3 件"), "{added}");
        assert!(words(&three, &two).iter().any(|said| said == "D-1 不再识别其中 1 件登记文件（原有 3 件）"));
        assert!(words(&two, &three).iter().any(|said| said.starts_with("D-1 增加 1 件登记文件；现为登记文件")));
        assert!(words(&three, &none).iter().any(|said| said == "D-1 删除这条规则"));
        assert!(is_smaller(&three, &two) && !is_smaller(&two, &three) && is_smaller(&three, &none));
        let looser = with_documents(begin(Some(&beside)), 3, &format!("{rule}passage = 20\nshare = 0.5\n"));
        let said = words(&three, &looser).join("\n");
        assert!(said.contains("由 6 枚改为 20 枚") && said.contains("由 0.04 改为 0.5"), "{said}");
        // registered again under another key: nothing is known to be the same
        let again = words(&three, &with_documents(begin(None), 3, rule)).join("\n");
        assert!(again.contains("不再识别其中 3 件") && again.contains("增加 3 件"), "{again}");
        let own = with_documents(begin(None), 1, "");
        assert!(words(&none, &own).iter().any(|said| said.starts_with("fingerprints/d 新增规则")));
    }
}
