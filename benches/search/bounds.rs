//! What else one could take: a scan, SQLite's FTS5 over pairs, tantivy over jieba's words or over pairs.

use std::error::Error;
use std::path::Path;
use std::str::FromStr as _;

use jieba_rs::Jieba;
use menhu::index::IndexDoc;
use menhu::index::fold::{fold_text, is_letter};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _};
use tantivy::{Index, Searcher, TantivyDocument, Term};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How a text is cut; the pieces are joined by spaces, so that every engine can take them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    Pairs,
    Words,
}

impl Cut {
    pub fn pieces(self, jieba: &Jieba, text: &str) -> Vec<String> {
        let folded = fold_text(text);
        match self {
            Self::Pairs => {
                let letters: Vec<char> = folded.chars().collect();
                let pairs = letters.windows(2).filter(|pair| pair.iter().all(|letter| is_letter(*letter)));
                pairs.map(|pair| pair.iter().collect()).collect()
            }
            Self::Words => {
                let words = jieba.cut_for_search(&folded, false).into_iter().map(|token| token.word.to_owned());
                words.filter(|word| word.chars().all(is_letter)).collect()
            }
        }
    }

    fn joined(self, jieba: &Jieba, doc: &IndexDoc) -> String {
        format!("{} {}", self.pieces(jieba, &doc.title).join(" "), self.pieces(jieba, &doc.text).join(" "))
    }
}

/// tantivy over one cut.
pub struct Plain {
    pub cut: Cut,
    jieba: Jieba,
    searcher: Searcher,
    id: Field,
    text: Field,
}

impl Plain {
    pub fn build(cut: Cut, docs: &[IndexDoc], folder: &Path) -> Result<Self> {
        let jieba = Jieba::new();
        let mut schema = Schema::builder();
        let id = schema.add_text_field("id", STRING | STORED);
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
        std::fs::create_dir_all(folder)?;
        let index = Index::create_in_dir(folder, schema.build())?;
        let mut writer = index.writer_with_num_threads(1, 30_000_000)?;
        for doc in docs {
            let mut out = TantivyDocument::default();
            out.add_text(id, doc.id.as_str());
            out.add_text(text, cut.joined(&jieba, doc));
            writer.add_document(out)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        let searcher = index.reader()?.searcher();
        Ok(Self { cut, jieba, searcher, id, text })
    }

    /// How many hold a string as a phrase of pieces, with the best ten.
    pub fn phrase(&self, text: &str) -> Result<usize> {
        let pieces = match self.cut {
            Cut::Pairs => self.cut.pieces(&self.jieba, text),
            // the pieces that stand one after the other: no parts of words
            Cut::Words => self.jieba.cut(&fold_text(text), false).iter().map(|token| token.word.to_owned()).collect(),
        };
        let terms: Vec<Term> = pieces.iter().map(|piece| Term::from_field_text(self.text, piece)).collect();
        let query: Box<dyn Query> = match terms.as_slice() {
            [] => return Ok(0),
            [term] => Box::new(TermQuery::new(term.clone(), IndexRecordOption::WithFreqs)),
            _ => Box::new(PhraseQuery::new(terms)),
        };
        let (count, _) = self.searcher.search(&query, &(Count, TopDocs::with_limit(10).order_by_score()))?;
        Ok(count)
    }

    /// The best by BM25 over any of the pieces.
    pub fn best(&self, text: &str, limit: usize) -> Result<Vec<String>> {
        let mut pieces = self.cut.pieces(&self.jieba, text);
        pieces.sort();
        pieces.dedup();
        let any = pieces.iter().map(|piece| {
            let term = TermQuery::new(Term::from_field_text(self.text, piece), IndexRecordOption::WithFreqs);
            (Occur::Should, Box::new(term) as Box<dyn Query>)
        });
        let query = BooleanQuery::new(any.collect());
        let mut out = Vec::new();
        for (_, address) in self.searcher.search(&query, &TopDocs::with_limit(limit).order_by_score())? {
            let document: TantivyDocument = self.searcher.doc(address)?;
            let id = document.get_first(self.id).and_then(|value| value.as_str()).unwrap_or_default();
            out.push(id.to_owned());
        }
        Ok(out)
    }
}

/// SQLite's FTS5 over pairs that are joined by spaces.
pub struct Fts5 {
    runtime: tokio::runtime::Runtime,
    connection: SqliteConnection,
    jieba: Jieba,
}

impl Fts5 {
    pub fn build(docs: &[IndexDoc], file: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let jieba = Jieba::empty();
        let options = SqliteConnectOptions::from_str("sqlite:")?.filename(file).create_if_missing(true);
        let connection = runtime.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            sqlx::query("CREATE VIRTUAL TABLE t USING fts5(pairs, content='')").execute(&mut connection).await?;
            let mut transaction = connection.begin().await?;
            for (row, doc) in docs.iter().enumerate() {
                let insert = sqlx::query("INSERT INTO t(rowid, pairs) VALUES (?, ?)");
                let insert = insert.bind(row as i64 + 1).bind(Cut::Pairs.joined(&jieba, doc));
                insert.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            Ok::<_, sqlx::Error>(connection)
        })?;
        Ok(Self { runtime, connection, jieba })
    }

    pub fn phrase(&mut self, text: &str) -> Result<usize> {
        let phrase = format!("\"{}\"", Cut::Pairs.pieces(&self.jieba, text).join(" "));
        let connection = &mut self.connection;
        self.runtime.block_on(async {
            let best = sqlx::query("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10");
            best.bind(&phrase).fetch_all(&mut *connection).await?;
            let count = sqlx::query("SELECT count(*) FROM t WHERE t MATCH ?").bind(&phrase);
            let count: i64 = count.fetch_one(&mut *connection).await?.get(0);
            Ok(usize::try_from(count)?)
        })
    }
}

/// The bytes of everything in a folder.
pub fn size(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return std::fs::metadata(path).map_or(0, |meta| meta.len()) };
    entries.filter_map(std::result::Result::ok).map(|entry| size(&entry.path())).sum()
}
