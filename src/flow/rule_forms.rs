//! A new word in its disguises, and which of them it catches: what an officer sees before proposing it.

use std::time::Duration;

use super::FlowError;
use super::rule_edit::{Edit, NewTerm};
use super::{rule_trial, rules};
use crate::model::{Field, Segment};
use crate::screen::{RuleSet, Screener, other_forms};

/// A disguise of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// The level that undoes it.
    pub level: u8,
    /// What it is, in Chinese and in English.
    pub name: (&'static str, &'static str),
    /// The word in it.
    pub text: String,
    /// Whether the word, as it is to be added, catches it.
    pub caught: bool,
}

/// The word in the disguises that each level undoes, and whether it catches them.
///
/// # Errors
/// [`FlowError::Rules`] where it cannot be a word.
pub async fn forms(new: &NewTerm) -> Result<Vec<Form>, FlowError> {
    let bundle = rule_trial::words_alone(&[Edit::AddTerm(new.clone())])?.unwrap_or_default();
    let (set, term) = (rules::load(bundle).await?, new.term.trim().to_owned());
    Ok(tokio::task::spawn_blocking(move || tried(set, &term)).await?)
}

/// [`forms`] on this thread, for a set that holds the word alone.
#[must_use]
pub fn tried(set: RuleSet, term: &str) -> Vec<Form> {
    let screener = Screener::new(set, Duration::from_secs(10));
    let mut all = disguises(term);
    for form in &mut all {
        let segment = Segment::new(Field::Body, "", form.text.clone());
        form.caught = !screener.scan(&[segment], &[]).findings.is_empty();
    }
    all
}

/// What is to be said about a word before it is proposed: remarks of the loader, as they stand.
#[must_use]
pub fn remarks(set: &RuleSet) -> Vec<crate::screen::RuleError> {
    let about_words = |cell: Option<&str>| cell == Some("变体");
    set.lints().iter().filter(|lint| about_words(lint.0.cell.as_deref())).map(|lint| lint.0.clone()).collect()
}

fn disguises(term: &str) -> Vec<Form> {
    use base64::Engine;
    let between = |mark: &str| term.chars().map(String::from).collect::<Vec<_>>().join(mark);
    let each = |form: &dyn Fn(char) -> String| term.chars().map(form).collect::<String>();
    let wide = |c: char| if ('!'..='~').contains(&c) { char::from_u32(c as u32 + 0xFEE0).unwrap_or(c) } else { c };
    let form = |level, name, text| Form { level, name, text, caught: false };
    let (variants, splits) = other_forms(term);
    let mut all = vec![form(0, ("原样", "as written"), term.to_owned())];
    all.extend(variants.into_iter().map(|text| form(1, ("繁体、异体字", "traditional and variant forms"), text)));
    let full: String = each(&|c| wide(c).to_string());
    if full != term {
        all.push(form(1, ("全角", "full width"), full));
    }
    all.extend([
        form(1, ("零宽字符", "zero-width characters"), between("\u{200B}")),
        form(1, ("变体选择符", "variation selectors"), between("\u{FE00}")),
        form(2, ("夹空格", "blanks between"), between(" ")),
        form(2, ("夹全角空格", "wide blanks between"), between("\u{3000}")),
        form(2, ("夹间隔号", "dots between"), between("·")),
        form(2, ("竖排（一行一字）", "one character a line"), between("\n")),
        form(2, ("夹网页标签", "tags between"), between("<b></b>")),
        form(2, ("网页实体", "entities"), each(&|c| format!("&#{};", c as u32))),
    ]);
    all.extend(splits.into_iter().map(|text| form(3, ("拆字", "characters taken apart"), text)));
    all.extend([
        form(3, ("百分号编码", "percent encoding"), term.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        form(3, ("\\u 转义", "\\u escapes"), each(&|c| format!("\\u{:04x}", c as u32))),
        form(3, ("Base64 编码", "Base64"), base64::engine::general_purpose::STANDARD.encode(term)),
        form(3, ("反向显示", "right to left"), format!("\u{202E}{}\u{202C}", term.chars().rev().collect::<String>())),
    ]);
    all
}
