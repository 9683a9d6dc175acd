//! The texts, questions and judgments of the shared test data.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::io::Read as _;

use menhu::index::IndexDoc;
use menhu::model::{ColumnId, ItemId, Timestamp, UnitId};
use serde_json::Value;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
const LAWS: [&str; 7] = ["npc", "gwy", "spc", "min-3ac2", "min-7d16", "min-efd8", "min-fa4d"];
/// Characters of a passage: about 0.8 KB.
const PASSAGE: usize = 270;

/// Questions with the documents that answer them.
pub struct Judged {
    pub name: &'static str,
    pub docs: Vec<IndexDoc>,
    pub questions: Vec<(String, HashSet<String>)>,
}

fn lines(path: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let bytes = std::fs::read(format!("{DATA}/{path}"))?;
    let mut text = String::new();
    if path.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8(bytes)?;
    }
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn doc(number: usize, title: &str, text: &str) -> Result<IndexDoc, Box<dyn Error>> {
    Ok(IndexDoc {
        id: ItemId::new(format!("d{number}"))?,
        seq: number as u64 + 1,
        title: title.to_owned(),
        text: text.to_owned(),
        attachments: Vec::new(),
        column: ColumnId::new(format!("c{}", number % 40))?,
        unit: UnitId::new(format!("u{}", number % 110))?,
        unit_name: String::new(),
        published: Timestamp(1_200_000_000_000_000 + (number as i64 % 6_000) * 86_400_000_000),
        document_number: None,
        origin: String::new(),
    })
}

/// Laws cut into passages of about 0.8 KB; none where the data is not here.
pub fn passages(limit: usize) -> Result<Option<Vec<IndexDoc>>, Box<dyn Error>> {
    if !std::path::Path::new(DATA).exists() {
        return Ok(None);
    }
    let mut out = Vec::new();
    for site in LAWS.iter().chain(&["sd", "zj", "sh", "bj", "gd"]) {
        for law in lines(&format!("gov-corpus/{site}.jsonl.gz"))? {
            let letters: Vec<char> = word(&law, "body").chars().collect();
            for piece in letters.chunks(PASSAGE) {
                if out.len() == limit {
                    return Ok(Some(out));
                }
                out.push(doc(out.len(), word(&law, "title"), &piece.iter().collect::<String>())?);
            }
        }
    }
    Ok(Some(out))
}

/// The three sets with judgments.
pub fn judged() -> Result<Vec<Judged>, Box<dyn Error>> {
    Ok(vec![laws()?, policy()?, titles()?])
}

/// Lay questions to whole laws (STARD).
fn laws() -> Result<Judged, Box<dyn Error>> {
    let mut known = HashMap::new();
    let mut docs = Vec::new();
    for site in LAWS {
        for law in lines(&format!("gov-corpus/{site}.jsonl.gz"))? {
            known.insert(word(&law, "id").to_owned(), format!("d{}", docs.len()));
            docs.push(doc(docs.len(), word(&law, "title"), word(&law, "body"))?);
        }
    }
    let answers = |line: &Value| -> HashSet<String> {
        let ids = line["docs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        ids.filter_map(|id| known.get(id).cloned()).collect()
    };
    let questions = lines("search/stard_law.jsonl")?;
    let questions = questions.iter().map(|line| (word(line, "query").to_owned(), answers(line)));
    Ok(Judged { name: "STARD, whole law", docs, questions: questions.collect() })
}

/// Questions on epidemic policy (NCP).
fn policy() -> Result<Judged, Box<dyn Error>> {
    let mut known = HashMap::new();
    let mut docs = Vec::new();
    for line in lines("search/ncp_docs.jsonl.gz")? {
        known.insert(word(&line, "docid").to_owned(), format!("d{}", docs.len()));
        docs.push(doc(docs.len(), "", word(&line, "text"))?);
    }
    let questions = lines("search/ncp_queries.jsonl")?;
    let questions = questions
        .iter()
        .map(|line| (word(line, "query").to_owned(), known.get(word(line, "docid")).cloned().into_iter().collect()));
    Ok(Judged { name: "NCP policy answers", docs, questions: questions.collect() })
}

/// Short queries to a known title (QBQTC).
fn titles() -> Result<Judged, Box<dyn Error>> {
    let mut known = HashMap::new();
    let mut docs = Vec::new();
    for line in lines("search/qbqtc_titles.jsonl.gz")? {
        known.insert(word(&line, "id").to_owned(), format!("d{}", docs.len()));
        docs.push(doc(docs.len(), word(&line, "title"), "")?);
    }
    let wanted = |line: &Value| -> HashSet<String> {
        let labels = line["labels"].as_object().into_iter().flatten().filter(|(_, label)| label.as_i64() == Some(2));
        labels.filter_map(|(id, _)| known.get(id).cloned()).collect()
    };
    let questions = lines("search/qbqtc_queries.jsonl")?;
    let questions = questions.iter().map(|line| (word(line, "query").to_owned(), wanted(line)));
    Ok(Judged { name: "QBQTC known title", docs, questions: questions.collect() })
}
