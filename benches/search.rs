//! Indexing and searching beside bounds of the same run: a scan of the texts, SQLite's FTS5 over pairs, tantivy with
//! jieba alone; and the relevance of the ranking beside BM25 over pairs and over words.
//!
//! `cargo bench --bench search [-- DOCUMENTS]`. Reads ../shared/data where it is, and says so where it is not.

#[path = "search/bounds.rs"]
mod bounds;
#[path = "search/data.rs"]
mod data;
mod measure;
#[path = "search/relevance.rs"]
mod relevance;
#[path = "search/speed.rs"]
mod speed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked = std::env::args().skip(1).find_map(|word| word.parse::<usize>().ok());
    let Some(passages) = data::passages(asked.unwrap_or(20_000))? else {
        measure::print("skipped: ../shared/data is not here");
        return Ok(());
    };
    speed::run(&passages)?;
    relevance::run()?;
    measure::print(&format!("\nMost memory of the whole run: {:.0} MB", measure::peak_memory()));
    Ok(())
}
