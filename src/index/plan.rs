//! From what was asked to what tantivy runs, and the weights of the ranking.
//!
//! Two ways to match. Strict: every term stands there, as one string or word by word. Broad, where strict finds too
//! little: some pair stands there, and what is strict comes first. Both rank alike, by the soft clauses: pairs (BM25), words (BM25), the title,
//! the whole phrase; a whole title and a document number go before all else. Weights are measured
//! (`docs/benchmarks.md`), not assumed.

use std::collections::HashSet;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, PhraseQuery,
    Query as Search, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::fold::is_letter;
use super::grams::{ANCHOR, grams};
use super::number::keys_of_query;
use super::query::Asked;
use super::ranked::Ranked;
use super::schema::{Fields, title_keys};
use super::words::Words;

type Part = (Occur, Box<dyn Search>);

/// What counts how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    /// A pair in title or body.
    pub pair: f32,
    /// A word in title or body.
    pub word: f32,
    /// A pair in the title, on top.
    pub title_pair: f32,
    /// The whole term as one string, on top.
    pub phrase: f32,
    /// The same in the title.
    pub title_phrase: f32,
    /// Every term stands there (strict), on top of a broad search.
    pub strict: f32,
    /// What stands in attachments, origin and unit, against what stands in the text.
    pub beside: f32,
    /// The title is the query.
    pub whole_title: f32,
}

/// The weights in force.
pub(super) const WEIGHTS: Weights = Weights {
    pair: 1.0,
    word: 0.6,
    title_pair: 0.2,
    phrase: 1.0,
    title_phrase: 1.0,
    strict: 10.0,
    beside: 0.5,
    whole_title: 1_000.0,
};

/// Characters that carry no topic: a pair of two of them is left out of long questions.
const FUNCTION: &str = "的了在是和与及或吗呢吧啊么什怎样如何哪里谁我你他她它们这那就也都还很有没不能可以会要想请问为因被把让给对从到向于其些个之而且并则但若是否多少几";
/// From so many letters on a term is a question, not a name.
const LONG: usize = 9;

/// Builds the searches of one query.
pub(super) struct Plan<'a> {
    pub fields: &'a Fields,
    pub words: &'a Words,
    pub asked: &'a Asked,
    pub weights: Weights,
}

impl Plan<'_> {
    /// Every term stands there.
    pub fn strict(&self) -> Box<dyn Search> {
        if self.asked.terms.is_empty() {
            return if self.asked.text.is_empty() { Box::new(AllQuery) } else { Box::new(EmptyQuery) };
        }
        let mut parts = vec![(Occur::Must, self.every_term())];
        parts.extend(self.without());
        Box::new(Ranked { filter: Box::new(BooleanQuery::new(parts)), soft: self.soft() })
    }

    /// Something of it stands there; none where that makes no sense.
    pub fn broad(&self) -> Option<Box<dyn Search>> {
        let number_only = self.asked.number.as_ref().is_some_and(|number| number.firm && self.is_all(&number.span));
        let pairs = self.pairs();
        if number_only || pairs.is_empty() {
            return None;
        }
        let beside = pairs.iter().map(|pair| boosted(self.term(self.fields.beside, pair), self.weights.beside));
        let mut parts: Vec<Part> = beside.map(|pair| (Occur::Should, pair)).collect();
        parts.push((Occur::Should, Box::new(ConstScoreQuery::new(self.every_term(), self.weights.strict))));
        parts.extend(self.soft().into_iter().map(|soft| (Occur::Should, soft)));
        let exact = self.asked.terms.iter().filter(|term| term.exact);
        parts.extend(exact.map(|term| (Occur::Must, without_score(self.anywhere(&term.text)))));
        parts.extend(self.without());
        Some(Box::new(BooleanQuery::new(parts)))
    }

    /// Titles that hold the letters one after the other; those that begin with them first.
    pub fn suggestion(&self) -> Box<dyn Search> {
        let letters: String = self.asked.terms.iter().map(|term| term.text.as_str()).collect::<Vec<_>>().join(" ");
        let Some(inside) = self.phrase(self.fields.title, &letters) else { return Box::new(EmptyQuery) };
        let first = letters.chars().next().unwrap_or(' ');
        let anchored = self.term(self.fields.title, &String::from_iter([ANCHOR, first]));
        let begins = BooleanQuery::intersection(vec![anchored, inside.box_clone()]);
        Box::new(Ranked { filter: inside, soft: vec![Box::new(ConstScoreQuery::new(Box::new(begins), 1.0))] })
    }

    /// Whether a span of the text is all of it but for what is no letter.
    fn is_all(&self, span: &std::ops::Range<usize>) -> bool {
        let outside = self.asked.text.chars().enumerate().filter(|(at, _)| !span.contains(at));
        outside.into_iter().all(|(_, letter)| !is_letter(super::fold::fold(letter)))
    }

    fn every_term(&self) -> Box<dyn Search> {
        let terms = self
            .asked
            .terms
            .iter()
            .map(|term| if term.exact { self.anywhere(&term.text) } else { self.whole_or_words(&term.text) });
        let every = BooleanQuery::intersection(terms.collect());
        match self.number() {
            Some(number) => Box::new(BooleanQuery::union(vec![Box::new(every), number])),
            None => Box::new(every),
        }
    }

    /// A term as one string, or each of its words somewhere.
    fn whole_or_words(&self, text: &str) -> Box<dyn Search> {
        let whole = self.anywhere(text);
        let words: Vec<String> = self.words.split(text);
        if words.len() < 2 {
            return whole;
        }
        let every = words.iter().map(|word| self.anywhere(word)).collect();
        Box::new(BooleanQuery::union(vec![whole, Box::new(BooleanQuery::intersection(every))]))
    }

    /// A string in the text or beside it.
    fn anywhere(&self, text: &str) -> Box<dyn Search> {
        let fields = [self.fields.text, self.fields.beside];
        let found = fields.into_iter().filter_map(|field| self.phrase(field, text)).collect::<Vec<_>>();
        if found.is_empty() { Box::new(EmptyQuery) } else { Box::new(BooleanQuery::union(found)) }
    }

    /// A document number among the numbers of documents, or written in a text.
    fn number(&self) -> Option<Box<dyn Search>> {
        let number = self.asked.number.as_ref()?;
        let keys = keys_of_query(&self.asked.text);
        let mut any: Vec<Box<dyn Search>> = keys.iter().map(|(_, key)| self.key(self.fields.number, key)).collect();
        if number.firm && self.is_all(&number.span) {
            any.push(self.anywhere(&number.canonical()));
        }
        Some(Box::new(BooleanQuery::union(any)))
    }

    /// What ranks and decides nothing.
    fn soft(&self) -> Vec<Box<dyn Search>> {
        let weights = &self.weights;
        let mut soft: Vec<Box<dyn Search>> = Vec::new();
        for pair in self.pairs() {
            soft.push(boosted(self.term(self.fields.text, &pair), weights.pair));
            soft.push(boosted(self.term(self.fields.title, &pair), weights.title_pair));
        }
        for word in self.ranking_words() {
            soft.push(boosted(self.term(self.fields.words, &word), weights.word));
        }
        // a term of one pair is that pair, and counted already
        for term in self.asked.terms.iter().filter(|term| grams(&term.text).len() > 1) {
            soft.extend(self.phrase(self.fields.text, &term.text).map(|found| boosted(found, weights.phrase)));
            soft.extend(self.phrase(self.fields.title, &term.text).map(|found| boosted(found, weights.title_phrase)));
        }
        let titles = title_keys(&self.asked.text).into_iter().map(|key| self.key(self.fields.title_key, &key));
        let titles: Vec<_> =
            titles.map(|found| Box::new(ConstScoreQuery::new(found, weights.whole_title)) as Box<dyn Search>).collect();
        let numbers = keys_of_query(&self.asked.text).into_iter().map(|(weight, key)| {
            Box::new(ConstScoreQuery::new(self.key(self.fields.number, &key), weight)) as Box<dyn Search>
        });
        soft.push(Box::new(DisjunctionMaxQuery::new(numbers.chain(titles).collect())));
        soft.retain(|part| !part.is::<EmptyQuery>());
        soft
    }

    fn without(&self) -> Vec<Part> {
        self.asked.without.iter().map(|term| (Occur::MustNot, self.anywhere(&term.text))).collect()
    }

    /// The distinct pairs of what was asked, and its single letters where it has no pair.
    fn pairs(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut out = Vec::new();
        for term in &self.asked.terms {
            let grams = grams(&term.text).into_iter().map(|(_, gram)| gram);
            out.extend(grams.filter(|gram| topical(&term.text, gram) && seen.insert(gram.clone())));
        }
        out
    }

    fn ranking_words(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut out = Vec::new();
        for term in &self.asked.terms {
            let words = self.words.search(&term.text).into_iter();
            out.extend(words.filter(|word| topical(&term.text, word) && seen.insert(word.clone())));
        }
        out
    }

    fn term(&self, field: Field, text: &str) -> Box<dyn Search> {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
    }

    fn key(&self, field: Field, text: &str) -> Box<dyn Search> {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
    }

    /// The letters of `text` one after the other, with whatever is no letter between them where `text` has some.
    fn phrase(&self, field: Field, text: &str) -> Option<Box<dyn Search>> {
        let mut grams: Vec<(usize, Term)> =
            grams(text).into_iter().map(|(at, gram)| (at, Term::from_field_text(field, &gram))).collect();
        match grams.len() {
            0 => None,
            1 => grams.pop().map(|(_, gram)| Box::new(TermQuery::new(gram, IndexRecordOption::WithFreqs)) as Box<_>),
            _ => Some(Box::new(PhraseQuery::new_with_offset(grams))),
        }
    }
}

/// Whether a part of a term carries its topic; in a short term every part does.
fn topical(term: &str, part: &str) -> bool {
    term.chars().count() < LONG || !part.chars().all(|letter| FUNCTION.contains(letter))
}

fn boosted(search: Box<dyn Search>, weight: f32) -> Box<dyn Search> {
    if weight == 1.0 {
        search
    } else if weight <= 0.0 {
        Box::new(EmptyQuery)
    } else {
        Box::new(BoostQuery::new(search, weight))
    }
}

fn without_score(search: Box<dyn Search>) -> Box<dyn Search> {
    Box::new(ConstScoreQuery::new(search, 0.0))
}
