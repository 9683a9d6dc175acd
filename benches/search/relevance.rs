//! How high the ranking puts what people judged to be the answer.

use std::collections::HashSet;
use std::error::Error;

use menhu::index::{IndexReader, IndexWriter, Query, Words};

use crate::bounds::{Cut, Plain};
use crate::data::{Judged, judged};
use crate::measure::table;

const DEPTH: usize = 100;

/// Means over questions.
#[derive(Default)]
struct Score {
    reciprocal: f64,
    ten: f64,
    hundred: f64,
    gain: f64,
    count: f64,
}

impl Score {
    fn add(&mut self, found: &[String], wanted: &HashSet<String>) {
        let places: Vec<usize> = (0..found.len()).filter(|at| wanted.contains(&found[*at])).collect();
        let within = |depth: usize| places.iter().filter(|at| **at < depth).count() as f64 / wanted.len() as f64;
        let gain = |at: usize| 1.0 / (at as f64 + 2.0).log2();
        let ideal: f64 = (0..wanted.len().min(10)).map(gain).sum();
        self.reciprocal += places.first().filter(|at| **at < 10).map_or(0.0, |at| 1.0 / (*at as f64 + 1.0));
        self.ten += within(10);
        self.hundred += within(DEPTH);
        self.gain += places.iter().filter(|at| **at < 10).map(|at| gain(*at)).sum::<f64>() / ideal;
        self.count += 1.0;
    }

    fn row(&self, set: &str, way: &str) -> Vec<String> {
        let means = [self.reciprocal, self.ten, self.hundred, self.gain].map(|sum| format!("{:.3}", sum / self.count));
        [set.to_owned(), way.to_owned()].into_iter().chain(means).collect()
    }
}

pub fn run() -> Result<(), Box<dyn Error>> {
    let words = Words::load();
    let mut rows = Vec::new();
    for set in judged()? {
        let folder = tempfile::tempdir()?;
        for (cut, name) in [(Cut::Pairs, "BM25 over pairs"), (Cut::Words, "BM25 over jieba's words")] {
            let plain = Plain::build(cut, &set.docs, &folder.path().join(name))?;
            rows.push(score(&set, |text| plain.best(text, DEPTH))?.row(set.name, name));
        }
        let root = folder.path().join("menhu");
        let mut writer = IndexWriter::open(&root, &words)?;
        set.docs.iter().try_for_each(|doc| writer.add(doc))?;
        writer.commit(1)?;
        let reader = IndexReader::open_read_only(&root, &words)?;
        let menhu = score(&set, |text| {
            let hits = reader.search(&Query { text: text.to_owned(), limit: DEPTH, ..Query::default() })?.hits;
            Ok(hits.into_iter().map(|hit| hit.id.to_string()).collect())
        })?;
        rows.push(menhu.row(set.name, "menhu"));
    }
    table("Relevance", &["set", "way", "MRR@10", "R@10", "R@100", "nDCG@10"], &rows);
    Ok(())
}

fn score(set: &Judged, best: impl Fn(&str) -> Result<Vec<String>, Box<dyn Error>>) -> Result<Score, Box<dyn Error>> {
    let mut score = Score::default();
    for (question, wanted) in set.questions.iter().filter(|(_, wanted)| !wanted.is_empty()) {
        score.add(&best(question)?, wanted);
    }
    Ok(score)
}
