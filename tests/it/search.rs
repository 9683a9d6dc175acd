//! Searching: no substring is unfindable, numbers and titles come first, nothing that is typed does harm.

use std::io::Write as _;
use std::time::Instant;

use menhu::index::{Hits, IndexDoc, IndexReader, IndexWriter, LONGEST, Number, Query, Sort, WINDOW};
use menhu::model::{ColumnId, Timestamp, UnitId};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::index::{doc, ids, words};

fn index(docs: &[IndexDoc]) -> (TempDir, IndexReader) {
    let root = tempfile::tempdir().unwrap();
    let words = words();
    let mut writer = IndexWriter::open(root.path(), &words).unwrap();
    for doc in docs {
        writer.add(doc).unwrap();
    }
    writer.commit(1).unwrap();
    let reader = IndexReader::open_read_only(root.path(), &words).unwrap();
    (root, reader)
}

fn numbered(id: &str, title: &str, number: &str) -> IndexDoc {
    IndexDoc { document_number: Some(number.into()), ..doc(id, title, "正文如下。") }
}

fn search(reader: &IndexReader, query: Query) -> Hits {
    reader.search(&Query { limit: 20, ..query }).unwrap()
}

#[test]
fn a_document_number_comes_first_in_any_dress() {
    let (_root, reader) = index(&[
        numbered("notice", "关于切实做好中国·衢州政府门户网站内容保障工作的通知", "衢政办发〔2008〕12号"),
        numbered("next-year", "关于做好工作的通知", "衢政办发〔2009〕12号"),
        numbered("next", "关于做好工作的通知", "衢政办发〔2008〕112号"),
        numbered("decree", "某某条例", "国务院令第219号"),
        doc("citing", "关于废止文件的决定", "衢政办发〔2008〕12号、衢政办发〔2009〕12号同时废止。"),
    ]);
    for dress in [
        "衢政办发〔2008〕12号",
        "衢政办发[2008]12号",
        "[2008]12号",
        "衢政办发2008 12",
        "衢政办发（２００８）12",
        "政办发【2008】12號",
        "发文字号：衢政办发 〔2008〕 第12号",
        "请问衢政办发〔2008〕12号的内容是什么",
        "衢政發〔2008〕12号",
    ] {
        assert_eq!(ids(&reader, dress).first().map(String::as_str), Some("notice"), "{dress}");
    }
    assert_eq!(ids(&reader, "衢政办发〔2008〕12号"), ["notice", "citing"], "a number is not broadened");
    assert_eq!(ids(&reader, "国务院令第219号")[0], "decree");
    assert_eq!(ids(&reader, "政府门户网站内容保障")[0], "notice");
}

#[test]
fn a_whole_title_comes_first_with_or_without_its_frame() {
    let title = "关于加强政府门户网站内容保障工作的通知";
    let mut docs = vec![doc("wanted", title, "各单位：请执行。")];
    for n in 0..30 {
        let text = format!("{title}要求：{title}。加强政府门户网站内容保障工作，");
        docs.push(doc(&format!("noise{n}"), "关于加强政府门户网站内容保障工作情况的通报", &text));
    }
    let (_root, reader) = index(&docs);
    for query in [title, "加强政府门户网站内容保障工作", "《關於加強政府門戶網站內容保障工作的通知》"]
    {
        assert_eq!(ids(&reader, query)[0], "wanted", "{query}");
    }
}

#[test]
fn filters_and_facets_count_what_choosing_would_give() {
    let mut docs = Vec::new();
    for (n, (column, unit, day)) in [
        ("zwdt", "daj", "2023-01-01"),
        ("zwdt", "czj", "2024-01-01"),
        ("gggs", "daj", "2024-06-30"),
        ("gggs", "czj", "2024-07-01"),
    ]
    .into_iter()
    .enumerate()
    {
        docs.push(IndexDoc {
            column: ColumnId::new(column).unwrap(),
            unit: UnitId::new(unit).unwrap(),
            published: Timestamp::of_date(day.parse().unwrap()),
            ..doc(&format!("i{n}"), "政府信息", "公开")
        });
    }
    let (_root, reader) = index(&docs);
    let text = || "信息".to_owned();
    let all = search(&reader, Query { text: text(), sort: Sort::Date, ..Query::default() });
    assert_eq!(all.hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["i3", "i2", "i1", "i0"]);
    assert_eq!(all.facets.years, [(2024, 3), (2023, 1)]);

    let column = Some(ColumnId::new("zwdt").unwrap());
    let narrow = search(&reader, Query { text: text(), column, year: Some(2024), ..Query::default() });
    assert_eq!((narrow.total, narrow.hits[0].id.as_str()), (1, "i1"));
    let columns: Vec<_> = narrow.facets.columns.iter().map(|(id, count)| (id.as_str(), *count)).collect();
    assert_eq!(columns, [("gggs", 2), ("zwdt", 1)], "the other column is counted under the year alone");
    assert_eq!(narrow.facets.years, [(2024, 1), (2023, 1)]);

    let day = |text: &str| Some(text.parse().unwrap());
    let dates = Query { text: text(), from: day("2024-06-30"), to: day("2024-06-30"), ..Query::default() };
    assert_eq!(search(&reader, dates).total, 1);
    let unknown = Query { text: text(), unit: Some(UnitId::new("nobody").unwrap()), ..Query::default() };
    assert_eq!(search(&reader, unknown).total, 0);
    let browse = Query { unit: Some(UnitId::new("czj").unwrap()), ..Query::default() };
    let browsed = search(&reader, browse);
    assert_eq!(browsed.hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["i3", "i1"]);
}

#[test]
fn words_in_another_order_phrases_and_minus() {
    let attached = IndexDoc {
        attachments: vec!["职工住房补贴申请表".into()], ..doc("attached", "附件下载", "见附件")
    };
    let (_root, reader) = index(&[
        doc("one", "办事指南", "提取住房公积金的条件"),
        doc("two", "办事指南", "公积金提取，请到窗口"),
        doc("three", "办事指南", "公积金贷款"),
        attached,
    ]);
    assert_eq!(ids(&reader, "公积金提取")[..2], ["two", "one"]);
    assert_eq!(ids(&reader, "\"公积金提取\""), ["two"]);
    assert_eq!(ids(&reader, "公积金 -提取"), ["three"]);
    assert_eq!(ids(&reader, "补贴申请"), ["attached"]);
    assert_eq!(ids(&reader, "档案局 补贴")[0], "attached", "the unit's name counts");
    let broad = search(&reader, Query { text: "公积金转移接续".into(), ..Query::default() });
    assert!(broad.strict == 0 && broad.total >= 3);
}

#[test]
fn pages_do_not_overlap_and_end_at_the_window() {
    let docs: Vec<_> = (0..60).map(|n| doc(&format!("i{n:02}"), "政府信息", "公开")).collect();
    let (_root, reader) = index(&docs);
    let page = |offset| {
        let query = Query { text: "信息".into(), offset, limit: 25, ..Query::default() };
        reader.search(&query).unwrap().hits.into_iter().map(|hit| hit.id.to_string()).collect::<Vec<_>>()
    };
    let mut all = [page(0), page(25), page(50)].concat();
    assert_eq!(all.len(), 60);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 60);
    assert!(page(WINDOW).is_empty() && page(usize::MAX).is_empty());
}

#[test]
fn suggestions_begin_with_what_is_typed_before_they_hold_it() {
    let (_root, reader) = index(&[
        doc("holds", "关于住房公积金的通知", "正文"),
        doc("begins", "住房公積金提取指南", "正文"),
        doc("neither", "医疗保险", "住房公积金"),
    ]);
    let titles: Vec<_> = reader.suggest("住房公", 5).unwrap().into_iter().map(|found| found.title).collect();
    assert_eq!(titles, ["住房公積金提取指南", "关于住房公积金的通知"]);
    assert!(reader.suggest("", 5).unwrap().is_empty());
    assert_eq!(reader.suggest("住房公", 1).unwrap().len(), 1);
}

#[test]
fn hostile_queries_are_answered_quickly() {
    let docs: Vec<_> =
        (0..200).map(|n| doc(&format!("i{n}"), "政府信息公开", &"衢州市人民政府办公室".repeat(20))).collect();
    let (_root, reader) = index(&docs);
    let hostile = [
        "(".repeat(10_000) + "a" + &")".repeat(10_000),
        "NOT ".repeat(20_000),
        "政府".repeat(50_000),
        "政 ".repeat(50_000),
        "\0".repeat(1_000),
        "😀\u{202E}\u{FEFF}".repeat(1_000),
        "\"".repeat(999),
        "-".repeat(999),
        "[* TO *] ~2 ^9 /.*/ title:x".into(),
        "% _ ' ; DROP TABLE".into(),
        String::new(),
    ];
    for query in &hostile {
        let start = Instant::now();
        let hits = search(&reader, Query { text: query.clone(), ..Query::default() });
        reader.suggest(query, 10).unwrap();
        let length: usize = reader.snippet(query, &docs[0].text).iter().map(|part| part.text.chars().count()).sum();
        assert!(length <= LONGEST);
        let shown: String = query.chars().take(20).collect();
        assert!(start.elapsed().as_millis() < 1_000, "{shown:?} took {:?}", start.elapsed());
        assert!(hits.hits.len() <= 20);
    }
}

/// Letters as they meet in official texts, and what lies between them.
const ALPHABET: &str = "衢州市政府辦公室关于的通知〔〕2008年12号，。《》Ａａb １é\n、";

fn text() -> impl Strategy<Value = String> {
    let letters: Vec<char> = ALPHABET.chars().collect();
    prop::collection::vec(prop::sample::select(letters), 1..60).prop_map(|letters| letters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_substring_is_unfindable(texts in prop::collection::vec(text(), 1..6), seed in 0usize..10_000) {
        let docs: Vec<_> = texts.iter().enumerate().map(|(n, text)| {
            let attached = IndexDoc { attachments: vec![text.clone()], ..doc(&format!("i{n}"), "x", "y") };
            match n % 3 { 0 => doc(&format!("i{n}"), text, "y"), 1 => attached, _ => doc(&format!("i{n}"), "x", text) }
        }).collect();
        let (_root, reader) = index(&docs);
        for (n, text) in texts.iter().enumerate() {
            let letters: Vec<char> = text.chars().collect();
            for length in 1..=letters.len().min(8) {
                let start = (seed * (length + n)) % (letters.len() - length + 1);
                let part: String = letters[start..start + length].iter().collect();
                if !part.chars().any(char::is_alphanumeric) {
                    continue;
                }
                for query in [part.clone(), format!("\"{part}\"")] {
                    let found = ids(&reader, &query);
                    prop_assert!(found.contains(&format!("i{n}")), "{query:?} of {text:?}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn marks_lie_on_what_was_asked(text in text(), filler in 0usize..300, seed in 0usize..10_000) {
        let words = words();
        let root = tempfile::tempdir().unwrap();
        let reader = IndexReader::open_read_only(root.path(), &words).unwrap();
        let whole = format!("{}{text}{}", "甲乙丙丁。".repeat(filler), "戊己庚辛，".repeat(filler));
        let letters: Vec<char> = text.chars().collect();
        let start = seed % letters.len();
        let query: String = letters[start..letters.len().min(start + 6)].iter().collect();
        let shown = reader.snippet(&query, &whole);
        let joined: String = shown.iter().map(|part| part.text.as_str()).collect();
        prop_assert!(joined.chars().count() <= LONGEST);
        let inner = joined.trim_start_matches('…').trim_end_matches('…').replace('\n', " ");
        prop_assert!(whole.replace('\n', " ").contains(&inner));
        let asked = query.trim();
        if asked.chars().all(char::is_alphanumeric) && !asked.is_empty() {
            let marked: Vec<_> = shown.iter().filter(|part| part.marked).collect();
            prop_assert!(!marked.is_empty(), "{query:?} in {whole:?}");
        }
        let all: String = reader.highlighter(&query).mark(&whole).iter().map(|part| part.text.as_str()).collect();
        prop_assert_eq!(all, whole.replace('\n', " "));
    }
}

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");

/// A file of the shared test data; none where it is not here.
fn shared(path: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(format!("{DATA}/{path}")).ok();
    if bytes.is_none() {
        writeln!(std::io::stdout().lock(), "skipped: ../shared/data is not here").unwrap();
    }
    bytes
}

/// The lines of such a file.
fn lines(path: &str) -> Option<Vec<serde_json::Value>> {
    let bytes = shared(path)?;
    let mut text = String::new();
    if path.ends_with(".gz") {
        std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn word<'a>(value: &'a serde_json::Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[test]
fn real_texts_are_found_by_any_of_their_strings_and_nothing_else_is() {
    let Some(laws) = lines("gov-corpus/cases.jsonl.gz") else { return };
    let docs: Vec<_> = laws.iter().map(|law| doc(word(law, "id"), word(law, "title"), word(law, "body"))).collect();
    let folded: Vec<String> =
        docs.iter().map(|doc| menhu::index::fold::fold_text(&format!("{}\n{}", doc.title, doc.text))).collect();
    let (_root, reader) = index(&docs);
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut asked = 0;
    while asked < 400 {
        let text: Vec<char> = folded[random(folded.len())].chars().collect();
        let length = 1 + random(8);
        let start = random(text.len() - length);
        let part: String = text[start..start + length].iter().collect();
        if !part.chars().all(char::is_alphanumeric) {
            continue;
        }
        asked += 1;
        let truth = folded.iter().filter(|text| text.contains(&part)).count() as u64;
        let hits = search(&reader, Query { text: format!("\"{part}\""), ..Query::default() });
        // 衢州市档案局, the unit of every document here, is found as well
        if hits.strict != docs.len() as u64 {
            assert_eq!(hits.strict, truth, "{part:?}");
        }
    }
    for doc in &docs {
        assert_eq!(ids(&reader, &doc.title)[0], doc.id.as_str(), "{}", doc.title);
    }
}

#[test]
fn ranking_does_not_fall_below_what_was_measured() {
    let (Some(answers), Some(questions)) = (lines("search/ncp_docs.jsonl.gz"), lines("search/ncp_queries.jsonl"))
    else {
        return;
    };
    let docs: Vec<_> = answers.iter().map(|answer| doc(word(answer, "docid"), "", word(answer, "text"))).collect();
    let (_root, reader) = index(&docs);
    let (mut reciprocal, mut count) = (0.0, 0.0);
    for question in questions.iter().step_by(10) {
        let found = ids(&reader, word(question, "query"));
        let rank = found.iter().take(10).position(|id| id == word(question, "docid"));
        reciprocal += rank.map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
        count += 1.0;
    }
    // pairs alone give 0.22, jieba alone 0.22
    let mean = reciprocal / count;
    assert!(mean >= 0.22, "MRR@10 {mean:.3} of {count} questions on epidemic policy");
}

/// A number in eight dresses.
fn dresses(number: &Number) -> Vec<String> {
    let (sign, serial) = (&number.sign, number.serial);
    let Some(year) = number.year else { return vec![number.canonical(), format!("{sign} 第 {serial} 号")] };
    let wide = |text: String| -> String {
        let digit = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap();
        text.chars().map(|c| if c.is_ascii_digit() { digit(c) } else { c }).collect()
    };
    vec![
        number.canonical(),
        format!("{sign}[{year}]{serial}号"),
        format!("{sign}({year}){serial}号"),
        format!("{sign}【{year}】{serial}號"),
        wide(format!("{sign}（{year}）{serial}号")),
        format!("{sign}〔{year}〕{serial}"),
        format!("{sign} {year} {serial}"),
        format!("发文字号：{sign} 〔{year}〕 第{serial}号"),
    ]
}

#[test]
fn real_numbers_in_eight_dresses_come_first() {
    let Some(table) = shared("gov-html/tables/gov_documents.tsv") else { return };
    let table = String::from_utf8(table).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let rows: Vec<_> = rows.into_iter().filter(|row| row.len() > 6 && !row[6].trim().is_empty()).step_by(9).collect();
    let docs: Vec<_> =
        rows.iter().enumerate().map(|(n, row)| numbered(&format!("i{n}"), row[2], row[6].trim())).collect();
    let (_root, reader) = index(&docs);
    let canonical = |n: usize| Number::find(rows[n][6]).map(|number| number.canonical());
    let known = (0..rows.len()).filter(|n| canonical(*n).is_some()).count();
    assert!(known * 100 >= rows.len() * 99, "{known} of {} real numbers are read", rows.len());
    for n in (0..rows.len()).step_by(16) {
        let Some(number) = Number::find(rows[n][6]) else { continue };
        for dress in dresses(&number) {
            let first = ids(&reader, &dress).first().and_then(|id| id[1..].parse().ok()).unwrap_or(usize::MAX);
            assert!(first < rows.len(), "{dress}: nothing");
            assert_eq!(canonical(first), Some(number.canonical()), "{dress}");
        }
    }
}
