//! The fields of the index and what an item becomes in them.
//!
//! | field | holds | for |
//! |---|---|---|
//! | `id` | the item's id, whole | delete, read back (stored) |
//! | `title` | letters and pairs of the title, anchored | rank, suggest (stored) |
//! | `text` | letters and pairs of title and body | find, rank |
//! | `beside` | letters and pairs of attachments, origin and unit | find, at half weight |
//! | `words` | words of title and body, no positions | rank |
//! | `title_key` | the whole title, folded, also without its frame 关于…的通知 | a title first |
//! | `number` | keys of the document number | a number first |
//! | `column`, `unit`, `year`, `published`, `seq` | values in columns | filter, count, sort |
//!
//! The body is not stored: the site store is the truth about what may be shown, snippets are made from its text, and
//! what is withdrawn there must not linger here. The title is, so that suggestions need no second store.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, TantivyDocument, Term};

use super::fold::{fold, is_letter};
use super::grams::Grams;
use super::number::keys_of_document;
use super::words::Words;
use crate::model::{ColumnId, Digest, ItemId, Timestamp, UnitId};

/// Raised when tokens change their form while the fields stay the same; the name of the folder carries it.
const FORM: &str = "1";
/// Most characters of a title that its key holds; as many as a query may have.
const TITLE_KEY_LIMIT: usize = 100;
const GRAMS: &str = "grams";
const ANCHORED: &str = "anchored-grams";
const WORDS: &str = "words";

/// An item as the index takes it.
#[derive(Clone, PartialEq, Debug)]
pub struct IndexDoc {
    /// The item.
    pub id: ItemId,
    /// Where the publication of this form stands in the site's feed.
    pub seq: u64,
    /// ArticleTitle.
    pub title: String,
    /// The body as plain text.
    pub text: String,
    /// The text of each attachment.
    pub attachments: Vec<String>,
    /// The column it stands in.
    pub column: ColumnId,
    /// The unit that answers for it.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// When the source published it, or else when the site did.
    pub published: Timestamp,
    /// 文号.
    pub document_number: Option<String>,
    /// ContentSource 来源.
    pub origin: String,
}

/// The fields by name.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub schema: Schema,
    pub id: Field,
    pub title: Field,
    pub text: Field,
    pub beside: Field,
    pub words: Field,
    pub title_key: Field,
    pub number: Field,
    pub column: Field,
    pub unit: Field,
    pub year: Field,
    pub published: Field,
    pub seq: Field,
}

impl Fields {
    pub fn new() -> Self {
        let tokens = |tokenizer: &str, option: IndexRecordOption| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option);
            TextOptions::default().set_indexing_options(indexing)
        };
        let key = || {
            let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing.set_index_option(IndexRecordOption::Basic))
        };
        let value = || TextOptions::default().set_fast("raw");
        let positions = IndexRecordOption::WithFreqsAndPositions;
        let mut schema = Schema::builder();
        let id = schema.add_text_field("id", STRING | STORED);
        let title = schema.add_text_field("title", tokens(ANCHORED, positions).set_stored());
        let text = schema.add_text_field("text", tokens(GRAMS, positions));
        let beside = schema.add_text_field("beside", tokens(GRAMS, positions));
        let words = schema.add_text_field("words", tokens(WORDS, IndexRecordOption::WithFreqs));
        let title_key = schema.add_text_field("title_key", key());
        let number = schema.add_text_field("number", key());
        let column = schema.add_text_field("column", value());
        let unit = schema.add_text_field("unit", value());
        let year = schema.add_u64_field("year", FAST);
        let published = schema.add_i64_field("published", FAST | INDEXED);
        let seq = schema.add_u64_field("seq", FAST);
        let schema = schema.build();
        Self { schema, id, title, text, beside, words, title_key, number, column, unit, year, published, seq }
    }

    /// Eight characters that name this form of the index.
    pub fn mark(&self) -> String {
        let fields = serde_json::to_vec(&self.schema).unwrap_or_default();
        Digest::of_parts(&[b"menhu-index", FORM.as_bytes(), &fields]).to_string().chars().take(8).collect()
    }

    /// Teaches an index the tokenizers that the schema names.
    pub fn register(index: &Index, words: &Words) {
        index.tokenizers().register(GRAMS, Grams::plain());
        index.tokenizers().register(ANCHORED, Grams::anchored());
        index.tokenizers().register(WORDS, words.clone());
    }

    pub fn id_term(&self, id: &ItemId) -> Term {
        Term::from_field_text(self.id, id.as_str())
    }

    /// What an item becomes.
    pub fn document(&self, doc: &IndexDoc) -> TantivyDocument {
        let mut out = TantivyDocument::default();
        out.add_text(self.id, doc.id.as_str());
        out.add_text(self.title, &doc.title);
        for part in [&doc.title, &doc.text] {
            out.add_text(self.text, part);
            out.add_text(self.words, part);
        }
        for part in [&doc.unit_name, &doc.origin].into_iter().chain(&doc.attachments) {
            out.add_text(self.beside, part);
        }
        for key in title_keys(&doc.title) {
            out.add_text(self.title_key, key);
        }
        for key in doc.document_number.iter().flat_map(|number| keys_of_document(number)) {
            out.add_text(self.number, key);
        }
        out.add_text(self.column, doc.column.as_str());
        out.add_text(self.unit, doc.unit.as_str());
        out.add_u64(self.year, u64::try_from(doc.published.date().year()).unwrap_or(0));
        out.add_i64(self.published, doc.published.0);
        out.add_u64(self.seq, doc.seq);
        out
    }
}

/// The letters of a title, and what is left without the frame 关于…的通知; the more exact one first.
pub(super) fn title_keys(title: &str) -> Vec<String> {
    let letters = title.chars().take(TITLE_KEY_LIMIT).map(fold).filter(|letter| is_letter(*letter));
    let whole: String = letters.collect();
    if whole.is_empty() {
        return Vec::new();
    }
    let bare = without_frame(&whole).to_owned();
    if bare == whole { vec![whole] } else { vec![whole, bare] }
}

/// 关于印发…的通知: the words that official titles share.
fn without_frame(title: &str) -> &str {
    const ENDS: [&str; 12] = [
        "的通知",
        "的公告",
        "的通告",
        "的意见",
        "的决定",
        "的批复",
        "的函",
        "的报告",
        "的公示",
        "的复函",
        "的请示",
        "的通报",
    ];
    let Some(rest) = title.strip_prefix("关于") else { return title };
    let rest = rest.strip_prefix("印发").or_else(|| rest.strip_prefix("转发")).unwrap_or(rest);
    let rest = ENDS.iter().find_map(|end| rest.strip_suffix(end)).unwrap_or(rest);
    if rest.chars().count() < 4 { title } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_a_key_with_and_without_its_frame() {
        let keys = title_keys("关于印发《政府门户網站内容保障办法》的通知");
        assert_eq!(keys, ["关于印发政府门户网站内容保障办法的通知", "政府门户网站内容保障办法"]);
        assert_eq!(title_keys("关于我们"), ["关于我们"]);
        assert!(title_keys("……").is_empty());
    }

    #[test]
    fn the_mark_names_the_form() {
        assert_eq!(Fields::new().mark(), Fields::new().mark());
        assert_eq!(Fields::new().mark().len(), 8);
    }
}
