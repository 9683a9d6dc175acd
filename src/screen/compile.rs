//! Rules to a machine: the fold table, the dense classes, the automaton and the forms of every term.
//!
//! Owns the step from what officers wrote to what a text is run through. The result is immutable. Limits: 16,383
//! different letters, 64 forms a term.

use std::collections::BTreeSet;

use super::classes::{ClassTable, MOST};
use super::fold::{FoldTable, Folded, STAR};
use super::letters::LONGEST;
use super::matcher::{Matcher, Use, Words};
use super::numerals;
use super::rule::{LooksFor, Rule, Same, Term, WIDEST_GAP};
use super::split;
use super::transforms::Transform;
use crate::model::Action;

/// One way to write a term, or a word at which a detector looks.
pub(super) struct Form {
    /// Index into the terms of its rule, or of the anchors of its template.
    pub(super) term: u32,
    /// Nothing where it is the term as it was written, as most are.
    pub(super) spelt: Option<Box<Spelling>>,
}

/// Another spelling of a term.
pub(super) struct Spelling {
    pub(super) letters: Vec<char>,
    /// What has to be undone to read the term.
    pub(super) undone: Transform,
}

/// A compiled set.
pub(super) struct Compiled {
    pub(super) folds: FoldTable,
    pub(super) classes: ClassTable,
    pub(super) matcher: Matcher,
    pub(super) forms: Vec<Form>,
    /// Forms of anchors, in one list with those of terms: an anchor's use carries the form.
    pub(super) horizon: u64,
    pub(super) reads_numbers: bool,
    /// Which rules ask that words stand in one line or sentence.
    reads_lines: Vec<bool>,
    gaps: Vec<u32>,
    harshest: Vec<Action>,
}

/// Letters that number detectors must be able to tell apart whatever the terms are.
const ALWAYS: &str = "0123456789abcdefghijklmnopqrstuvwxyz零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖★";

impl Compiled {
    /// Compiles rules that were checked.
    ///
    /// # Errors
    /// In words, where the rules exceed what the machine can hold.
    pub(super) fn build(folds: FoldTable, rules: &[Rule]) -> Result<Self, String> {
        let mut words = Words::default();
        let mut forms = Vec::new();
        let mut widest_near = 0;
        for (index, rule) in rules.iter().enumerate() {
            let rule_index = u32::try_from(index).unwrap_or(u32::MAX);
            let mut add = |form: Form, folded: Vec<char>| {
                let used = u32::try_from(forms.len()).unwrap_or(u32::MAX);
                words.add(folded, Use::Term { rule: rule_index, form: used });
                forms.push(form);
            };
            match &rule.looks_for {
                LooksFor::Terms(terms) => {
                    for (term_index, term) in terms.iter().enumerate() {
                        forms_of(term_index, term, &folds, &mut add);
                    }
                }
                // they are no words: the registry has them
                LooksFor::Fingerprints(_) => {}
                LooksFor::Template(template) => {
                    for (anchor, word) in template.anchors().iter().enumerate() {
                        forms_of_word(anchor, word, rule.variants, &folds, &mut add);
                    }
                }
            }
            for phrase in &rule.exceptions {
                let gaps = phrase.chars().filter(|c| matches!(folds.of(*c), Folded::Gap | Folded::WeakStar)).count();
                let gaps = u32::try_from(gaps).unwrap_or(WIDEST_GAP);
                words.add(folds.fold(phrase), Use::Exception { rule: rule_index, gaps });
            }
            if let Some(near) = &rule.near {
                widest_near = widest_near.max(near.within);
                for (word, text) in near.words.iter().enumerate() {
                    let word = u32::try_from(word).unwrap_or(u32::MAX);
                    words.add(folds.fold(text), Use::Context { rule: rule_index, word });
                }
            }
        }
        let used: Vec<char> = ALWAYS.chars().chain(words.folds()).collect();
        let letters = used.iter().collect::<BTreeSet<_>>().len();
        if letters > MOST {
            return Err(format!("{letters} different letters in all terms together, more than {MOST}"));
        }
        let classes = ClassTable::build(&folds, used, &words.alone());
        let matcher = Matcher::build(words, &classes).map_err(|error| format!("too many terms: {error}"))?;
        if matcher.longest() > LONGEST {
            return Err(format!(
                "a term of {} letters when its characters are split, more than {LONGEST}",
                matcher.longest()
            ));
        }
        let horizon = matcher.longest() as u64 + u64::from(widest_near) + 1;
        let reads_numbers =
            rules.iter().any(|rule| matches!(rule.looks_for, LooksFor::Template(template) if template.reads_numbers()));
        let reads_lines =
            rules.iter().map(|rule| rule.near.as_ref().is_some_and(|near| near.same != Same::Text)).collect();
        let gaps = rules.iter().map(|rule| rule.gap).collect();
        let harshest =
            rules.iter().map(|rule| rule.terms().iter().map(|term| term.action).fold(rule.action, Action::max));
        Ok(Self {
            folds,
            classes,
            matcher,
            forms,
            horizon,
            reads_numbers,
            reads_lines,
            gaps,
            harshest: harshest.collect(),
        })
    }

    /// How many rules there are.
    pub(super) fn rules(&self) -> usize {
        self.gaps.len()
    }

    /// The most that any word of a rule asks for.
    #[inline]
    pub(super) fn harshest(&self, rule: u32) -> Action {
        self.harshest.get(rule as usize).copied().unwrap_or(Action::Block)
    }

    /// Whether the line and sentence of a hit matter.
    #[inline]
    pub(super) fn reads_lines(&self, used: Use) -> bool {
        let (Use::Term { rule, .. } | Use::Exception { rule, .. } | Use::Context { rule, .. }) = used;
        self.reads_lines[rule as usize]
    }

    /// Gap characters that may stand inside a use of a pattern.
    #[inline]
    pub(super) fn widest_gap(&self, used: Use) -> u32 {
        match used {
            Use::Term { rule, .. } => self.gaps[rule as usize],
            Use::Exception { gaps, .. } => gaps,
            Use::Context { .. } => WIDEST_GAP,
        }
    }
}

/// Takes a form and the letters that it is matched by.
type Add<'a> = &'a mut dyn FnMut(Form, Vec<char>);

fn forms_of(index: usize, term: &Term, folds: &FoldTable, add: Add<'_>) {
    forms_of_word(index, &term.text, term.variants, folds, add);
    if term.variants >= Transform::Numeral.level() {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        for spelling in numerals::spellings(&folds.fold(&term.text)) {
            let letters = folds.fold(&spelling.iter().collect::<String>());
            let spelt = Spelling { letters: spelling, undone: Transform::Numeral };
            add(Form { term: index, spelt: Some(Box::new(spelt)) }, letters);
        }
    }
}

/// The word itself; matched without its stars, for weak ones and none; and from level 3 on with characters split.
fn forms_of_word(index: usize, word: &str, variants: u8, folds: &FoldTable, add: Add<'_>) {
    let term = u32::try_from(index).unwrap_or(u32::MAX);
    let letters = folds.fold(word);
    if variants >= Transform::Star.level() && letters.contains(&STAR) {
        let starless: Vec<char> = letters.iter().copied().filter(|c| *c != STAR).collect();
        add(Form { term, spelt: None }, starless);
    }
    if variants >= Transform::Split.level() {
        for split in split::forms(&letters) {
            let letters = folds.fold(&split.iter().collect::<String>());
            add(Form { term, spelt: Some(Box::new(Spelling { letters: split, undone: Transform::Split })) }, letters);
        }
    }
    add(Form { term, spelt: None }, letters);
}

/// The term without the punctuation at its ends, which is for people: a hit begins and ends with a letter.
pub(super) fn plain<'a>(text: &'a str, folds: &FoldTable) -> &'a str {
    text.trim_matches(|c: char| matches!(folds.of(c), Folded::Gap | Folded::Drop))
}
