//! A query of two halves: one that decides, without scoring, and many that rank what it lets through.
//!
//! tantivy's own Boolean query merges the postings of every optional clause, block by block, whether their documents
//! match or not; here each is asked about matching documents alone, so that a rare phrase with common letters costs
//! what the phrase costs.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError, Term};

/// The query.
#[derive(Debug)]
pub(super) struct Ranked {
    pub filter: Box<dyn Query>,
    pub soft: Vec<Box<dyn Query>>,
}

impl Clone for Ranked {
    fn clone(&self) -> Self {
        Self { filter: self.filter.box_clone(), soft: self.soft.iter().map(|query| query.box_clone()).collect() }
    }
}

impl Query for Ranked {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        if !scoring.is_scoring_enabled() {
            return self.filter.weight(scoring);
        }
        let quiet = match scoring.searcher() {
            Some(searcher) => EnableScoring::disabled_from_searcher(searcher),
            None => EnableScoring::disabled_from_schema(scoring.schema()),
        };
        let soft = self.soft.iter().map(|query| query.weight(scoring)).collect::<tantivy::Result<_>>()?;
        Ok(Box::new(RankedWeight { filter: self.filter.weight(quiet)?, soft }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.filter.query_terms(visitor);
    }
}

struct RankedWeight {
    filter: Box<dyn Weight>,
    soft: Vec<Box<dyn Weight>>,
}

impl Weight for RankedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let filter = self.filter.scorer(reader, 1.0)?;
        let mut soft = Vec::new();
        if filter.doc() != TERMINATED {
            for weight in &self.soft {
                let scorer = weight.scorer(reader, boost)?;
                let next = scorer.doc();
                if next != TERMINATED {
                    soft.push(Soft { scorer, next, there: true });
                }
            }
        }
        Ok(Box::new(RankedScorer { filter, soft }))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.seek(doc) != doc {
            return Err(TantivyError::InvalidArgument(format!("document {doc} does not match")));
        }
        Ok(Explanation::new("ranked", scorer.score()))
    }
}

/// A clause that ranks.
struct Soft {
    scorer: Box<dyn Scorer>,
    /// The document at which it stands, or before which it has none.
    next: DocId,
    there: bool,
}

impl Soft {
    fn score(&mut self, doc: DocId) -> Score {
        if self.next > doc {
            return 0.0;
        }
        if self.next < doc || !self.there {
            (self.next, self.there) = match self.scorer.seek_danger(doc) {
                SeekDangerResult::Found => (doc, true),
                SeekDangerResult::SeekLowerBound(bound) => (bound, false),
            };
        }
        if self.there && self.next == doc { self.scorer.score() } else { 0.0 }
    }
}

struct RankedScorer {
    filter: Box<dyn Scorer>,
    soft: Vec<Soft>,
}

impl DocSet for RankedScorer {
    fn advance(&mut self) -> DocId {
        self.filter.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.filter.seek(target)
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        self.filter.seek_danger(target)
    }

    fn doc(&self) -> DocId {
        self.filter.doc()
    }

    fn size_hint(&self) -> u32 {
        self.filter.size_hint()
    }
}

impl Scorer for RankedScorer {
    fn score(&mut self) -> Score {
        let doc = self.filter.doc();
        self.soft.iter_mut().map(|soft| soft.score(doc)).sum()
    }
}
