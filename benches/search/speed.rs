//! Time to index, size, time to answer, and how much of what is there is found.

use std::error::Error;

use menhu::index::fold::fold_text;
use menhu::index::{IndexDoc, IndexReader, IndexWriter, Query, Words};

use crate::bounds::{Cut, Fts5, Plain, size};
use crate::measure::{Dice, Times, table};

const COMMON: [&str; 10] =
    ["管理", "工作", "规定", "企业", "公积金", "政府信息", "行政处罚", "人民政府", "住房", "医疗保险"];
const STRINGS: usize = 300;

/// One way to search: how long it took to build, and what it answers.
struct Row {
    name: &'static str,
    build: f64,
    bytes: u64,
    answers: Times,
    found: usize,
}

pub fn run(docs: &[IndexDoc]) -> Result<(), Box<dyn Error>> {
    let texts: Vec<String> = docs.iter().map(|doc| fold_text(&format!("{}\n{}", doc.title, doc.text))).collect();
    let bytes: usize = docs.iter().map(|doc| doc.title.len() + doc.text.len()).sum();
    let queries = queries(&texts);
    let folder = tempfile::tempdir()?;
    let rows = [
        scan(&texts, &queries),
        menhu(docs, &queries, folder.path())?,
        words(docs, &queries, folder.path())?,
        fts5(docs, &queries, folder.path())?,
    ];
    let truth = rows[0].found.max(1) as f64;
    let shown = rows.into_iter().map(|mut row| {
        let rate = |number: f64| if row.build > 0.0 { format!("{:.0}", number / row.build) } else { "–".into() };
        vec![
            row.name.to_owned(),
            rate(docs.len() as f64),
            format!("{:.2}", row.bytes as f64 / bytes as f64),
            format!("{:.3}", row.found as f64 / truth),
            format!("{:.2}", row.answers.percentile(0.5)),
            format!("{:.2}", row.answers.percentile(0.99)),
            format!("{:.0}", row.answers.total() * 1000.0),
        ]
    });
    let head = ["way", "documents/s", "size / text", "found / there", "p50 ms", "p99 ms", "all ms"];
    let title = format!(
        "{} passages of laws ({:.1} MB), {} strings of 2 to 6 characters",
        docs.len(),
        bytes as f64 / 1e6,
        queries.len()
    );
    table(&title, &head, &shown.collect::<Vec<_>>());
    Ok(())
}

/// Strings that stand in the texts, and common words.
fn queries(texts: &[String]) -> Vec<String> {
    let mut dice = Dice::new(7);
    let mut out: Vec<String> = COMMON.iter().map(|word| (*word).to_owned()).collect();
    while out.len() < STRINGS + COMMON.len() {
        let letters: Vec<char> = texts[dice.below(texts.len())].chars().collect();
        let length = 2 + dice.below(5);
        let start = dice.below(letters.len().saturating_sub(length) + 1);
        let part: String = letters.iter().skip(start).take(length).collect();
        if part.chars().count() == length && part.chars().all(|letter| !letter.is_ascii() && letter.is_alphabetic()) {
            out.push(part);
        }
    }
    out
}

fn scan(texts: &[String], queries: &[String]) -> Row {
    let mut answers = Times::default();
    let found =
        queries.iter().map(|query| answers.of(|| texts.iter().filter(|text| text.contains(query.as_str())).count()));
    let found = found.sum();
    Row { name: "scan of the texts", build: 0.0, bytes: 0, answers, found }
}

/// With total, ten results, three facets and ten excerpts.
fn menhu(docs: &[IndexDoc], queries: &[String], folder: &std::path::Path) -> Result<Row, Box<dyn Error>> {
    let root = folder.join("menhu");
    let words = Words::load();
    let mut build = Times::default();
    build.of(|| -> Result<(), Box<dyn Error>> {
        let mut writer = IndexWriter::create_beside(&root, &words)?;
        for doc in docs {
            writer.add(doc)?;
        }
        writer.commit(docs.len() as u64)?;
        Ok(writer.swap()?)
    })?;
    let reader = IndexReader::open_read_only(&root, &words)?;
    let mut answers = Times::default();
    let mut found = 0;
    for query in queries {
        let asked = Query { text: format!("\"{query}\""), limit: 10, ..Query::default() };
        let hits = answers.of(|| -> Result<_, Box<dyn Error>> {
            let hits = reader.search(&asked)?;
            let highlighter = reader.highlighter(&asked.text);
            for hit in &hits.hits {
                let text = hit.id.as_str()[1..].parse().ok().and_then(|at: usize| docs.get(at));
                std::hint::black_box(text.map(|doc| highlighter.snippet(&doc.text)));
            }
            Ok(hits)
        })?;
        found += usize::try_from(hits.strict)?;
    }
    Ok(Row { name: "menhu (total, ten, facets, excerpts)", build: build.total(), bytes: size(&root), answers, found })
}

fn words(docs: &[IndexDoc], queries: &[String], folder: &std::path::Path) -> Result<Row, Box<dyn Error>> {
    let root = folder.join("words");
    let mut build = Times::default();
    let plain = build.of(|| Plain::build(Cut::Words, docs, &root))?;
    let mut answers = Times::default();
    let mut found = 0;
    for query in queries {
        found += answers.of(|| plain.phrase(query))?;
    }
    Ok(Row { name: "tantivy, jieba alone (total, ten)", build: build.total(), bytes: size(&root), answers, found })
}

fn fts5(docs: &[IndexDoc], queries: &[String], folder: &std::path::Path) -> Result<Row, Box<dyn Error>> {
    let file = folder.join("fts5.sqlite");
    let mut build = Times::default();
    let mut fts5 = build.of(|| Fts5::build(docs, &file))?;
    let mut answers = Times::default();
    let mut found = 0;
    for query in queries {
        found += answers.of(|| fts5.phrase(query))?;
    }
    Ok(Row { name: "SQLite FTS5 over pairs (total, ten)", build: build.total(), bytes: size(&file), answers, found })
}
