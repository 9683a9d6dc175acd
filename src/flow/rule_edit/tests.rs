use super::*;

const MARKS: &str = r#"# 头部说明
[[rule]]
id = "A-1" # 编号
name = "甲"
level = "工作秘密"
action = "保密审查"
terms = ["拟任人选", "考察对象"] # 词
exceptions = [
    "拟任人选公示", # 公示期
    "拟任人选名单公示" # 名单
]
review_date = 2027-01-31
positive = ["研究了拟任人选", "考察对象", "拟任人选"]
negative = [
    "发布拟任人选公示",
    "b",
    "c",
]

# 第二条
[[rule]]
id = "A-2"
name = "乙"
level = "秘密"
action = "阻断"
template = "公文密级标志"
review_date = 2027-01-31
positive = ["机密★5年", "秘密★1年", "绝密★3年"]
negative = ["甲", "乙", "丙"]
"#;

fn bundle() -> RuleBundle {
    let files = [
        ("rules/a.toml", MARKS),
        (
            "dictionaries/list.csv",
            "词,级别,处置,变体,复核日期,来源,备注\r\n\"党组,纪要\",内部,提示,2,2027-01-01,甲,\r\n未公开纪要,,,,,,\r\n",
        ),
    ];
    RuleBundle { files: files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect() }
}

/// The lines that one text has and the other has not.
fn news(old: &str, new: &str) -> Vec<String> {
    let known: std::collections::HashSet<&str> = old.lines().collect();
    new.lines().filter(|line| !known.contains(line)).map(str::to_owned).collect()
}

#[test]
fn an_exception_takes_its_line_and_leaves_the_comments() {
    let old = bundle();
    let new = add_exception(&old, "A-1", "拟任人选任前公示", "关于拟任人选任前公示的\"通知\"").unwrap();
    let (before, after) = (&old.files["rules/a.toml"], &new.files["rules/a.toml"]);
    assert_eq!(
        news(before, after),
        [
            "    \"拟任人选名单公示\", # 名单",
            "    \"拟任人选任前公示\",",
            "    \"关于拟任人选任前公示的\\\"通知\\\"\",",
        ]
    );
    for comment in ["# 头部说明", "# 编号", "# 词", "# 公示期", "# 名单", "# 第二条"] {
        assert!(after.contains(comment), "{comment}");
    }
    let set = RuleSet::from_bundle(&new).unwrap();
    assert_eq!(set.rule("A-1").unwrap().exceptions.len(), 3);
    let back = Edit::RemoveException { rule: "A-1".into(), phrase: "拟任人选任前公示".into() };
    assert!(back.change(&new).unwrap().files["rules/a.toml"].contains("# 名单\n]"));
}

#[test]
fn exceptions_that_cannot_be_are_refused() {
    let old = bundle();
    assert!(add_exception(&old, "A-2", "机密★5年的说明", "").unwrap_err().to_string().contains("takes no exceptions"));
    assert!(add_exception(&old, "A-1", "别的话", "").is_err(), "contains no term");
    assert!(add_exception(&old, "A-1", "拟任人选", "").is_err(), "is a term");
    assert!(add_exception(&old, "A-1", "拟任人选公示", "").is_err(), "stands there");
    assert!(add_exception(&old, "A-9", "拟任人选公示", "").is_err(), "no such rule");
    let still = add_exception(&old, "A-1", "拟任人选培训", "拟任人选,拟任人选培训").unwrap_err().to_string();
    assert!(still.contains("negative"), "{still}");
}

#[test]
fn a_dictionary_gets_a_rule_for_its_exception() {
    let new = add_exception(&bundle(), "dictionary/list", "未公开纪要的管理", "加强未公开纪要的管理").unwrap();
    let set = RuleSet::from_bundle(&new).unwrap();
    let rule = set.rule("CD-list").unwrap();
    assert_eq!((rule.terms().len(), rule.exceptions.len()), (2, 1));
    assert!(set.rule("dictionary/list").is_none());
    let again = add_exception(&new, "CD-list", "未公开纪要的保管", "").unwrap();
    assert_eq!(RuleSet::from_bundle(&again).unwrap().rule("CD-list").unwrap().exceptions.len(), 2);
}

#[test]
fn words_come_and_go() {
    let old = bundle();
    let new = NewTerm {
        file: "dictionaries/list.csv".into(),
        term: "会议底稿".into(),
        level: Level::Secret,
        action: Action::Hold,
        variants: 1,
        review_date: Some(jiff::civil::date(2028, 1, 2)),
        source: "甲,乙".into(),
        note: String::new(),
    };
    let list = "dictionaries/list.csv";
    let with = add_term(&old, &new).unwrap();
    let row = "会议底稿,秘密,保密审查,1,2028-01-02,\"甲,乙\",\r\n";
    assert_eq!(with.files[list], format!("{}{row}", old.files[list]));
    assert!(add_term(&with, &new).is_err(), "stands there already");
    assert!(add_term(&old, &NewTerm { term: "的".into(), ..new.clone() }).is_err(), "one character");
    assert!(add_term(&old, &NewTerm { file: "dictionaries/../a.csv".into(), ..new.clone() }).is_err());
    let made = add_term(&old, &NewTerm { file: OFFICERS_LIST.into(), ..new.clone() }).unwrap();
    assert!(RuleSet::from_bundle(&made).unwrap().rule("dictionary/保密员词表").is_some());
    let remove = |rule: &str, term: &str| Edit::RemoveTerm { rule: rule.into(), term: term.into() };
    assert_eq!(remove("dictionary/list", "会议底稿").apply(&with).unwrap(), old);
    assert_eq!(remove("dictionary/保密员词表", "会议底稿").apply(&made).unwrap(), old, "an empty list goes");
    let without = remove("A-1", "考察对象").change(&old).unwrap();
    assert!(without.files["rules/a.toml"].contains("terms = [\"拟任人选\"] # 词"));
    let more = Edit::AddRuleTerm { rule: "A-1".into(), term: "考察人选".into() }.apply(&old).unwrap();
    assert!(more.files["rules/a.toml"].contains("terms = [\"拟任人选\", \"考察对象\", \"考察人选\"] # 词"));
}

#[test]
fn levels_actions_and_dates_are_set_in_place() {
    let old = bundle();
    let to = Settings {
        level: Some(Level::Confidential),
        action: Some(Action::Block),
        variants: Some(3),
        review_date: Some(jiff::civil::date(2028, 1, 31)),
    };
    let new = Edit::Set { rule: "A-1".into(), term: None, to }.apply(&old).unwrap();
    let rule = RuleSet::from_bundle(&new).unwrap().rule("A-1").cloned().unwrap();
    assert_eq!((rule.level, rule.action, rule.variants), (Level::Confidential, Action::Block, 3));
    assert_eq!(rule.review_date, to.review_date);
    assert!(new.files["rules/a.toml"].contains("id = \"A-1\" # 编号\nvariants = 3\n"));
    let one = Edit::Set { rule: "dictionary/list".into(), term: Some("未公开纪要".into()), to };
    let new = one.apply(&old).unwrap();
    assert!(new.files["dictionaries/list.csv"].ends_with("未公开纪要,机密,阻断,3,2028-01-31,,\r\n"));
    assert!(new.files["dictionaries/list.csv"].contains("\"党组,纪要\",内部,提示,2,2027-01-01,甲,\r\n"));
    assert!(Edit::Set { rule: "A-9".into(), term: None, to }.apply(&old).is_err());
}

#[test]
fn edits_can_be_kept() {
    let edit = Edit::Set {
        rule: "A-1".into(),
        term: None,
        to: Settings { level: Some(Level::Secret), ..Settings::default() },
    };
    let kept = serde_json::to_string(&edit).unwrap();
    assert_eq!(serde_json::from_str::<Edit>(&kept).unwrap(), edit);
}
