//! `/rules/add`, `/rules/change`: a change is written, then tried on everything published (`rule_trial`).
//!
//! Nothing here takes effect: the step after the trial signs a proposal with the officer's own key.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::rule_page::{actions, variant_levels};
use super::rule_words::{RuleWords, refusal};
use super::session::Staff;
use super::trouble::{Finished, Trouble};
use super::words::Tongue;
use crate::flow::rule_edit::{Edit, NewTerm, OFFICERS_LIST, Settings};
use crate::flow::rules;
use crate::model::{Action, ItemId, Level};

/// Words that may be added at one time.
const WORDS: usize = 50;

#[derive(Template)]
#[template(path = "console/rule_add.html")]
struct AddPage {
    frame: Frame,
    say: &'static RuleWords,
    wrong: Option<String>,
    asked: NewWords,
    dictionaries: Vec<String>,
    levels: Vec<&'static str>,
    actions: Vec<(&'static str, &'static str)>,
    variant_levels: [&'static str; 5],
}

/// The form as it was filled in.
#[derive(Deserialize, Clone)]
pub(super) struct NewWords {
    words: String,
    level: String,
    action: String,
    variants: u8,
    #[serde(default)]
    dictionary: String,
    #[serde(default)]
    review: String,
    #[serde(default)]
    source: String,
}

pub(super) async fn form(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
    let today = console.desk.clock().now().date();
    let asked = NewWords {
        words: String::new(),
        level: Level::WorkSecret.word().to_owned(),
        action: Action::Hold.chinese().to_owned(),
        variants: 2,
        dictionary: String::new(),
        review: today.saturating_add(jiff::Span::new().years(1)).to_string(),
        source: String::new(),
    };
    Ok(page(&add_page(&console, &staff, tongue, asked, None).await?))
}

async fn add_page(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    asked: NewWords,
    wrong: Option<String>,
) -> Result<AddPage, Trouble> {
    let say = tongue.rules();
    let set = console.rule_set().await?;
    let names = set.bundle().files.keys().filter(|name| name.starts_with("dictionaries/") && *name != OFFICERS_LIST);
    Ok(AddPage {
        frame: Frame::staff(tongue, staff, "/rules"),
        say,
        wrong,
        asked,
        dictionaries: names.cloned().collect(),
        levels: Level::ALL.iter().rev().map(|level| level.word()).collect(),
        actions: actions(tongue),
        variant_levels: variant_levels(say),
    })
}

pub(super) async fn add(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Form(asked): Form<NewWords>,
) -> Result<Response, Trouble> {
    let edits = match new_words(&asked) {
        Ok(edits) => edits,
        Err(words) => return wrong_words(&console, &staff, tongue, asked, tongue.pick(words.0, words.1).into()).await,
    };
    match rules::try_edits(&console.desk, &console.keys.verifier, &staff.person, &edits).await {
        Ok(trial) => Ok(Redirect::to(&format!("/rules/trials/{trial}")).into_response()),
        Err(error) => wrong_words(&console, &staff, tongue, asked, refusal(tongue, error)?).await,
    }
}

async fn wrong_words(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    asked: NewWords,
    wrong: String,
) -> Result<Response, Trouble> {
    Ok(refused(page(&add_page(console, staff, tongue, asked, Some(wrong)).await?)))
}

/// A page that says what was wrong with its form.
pub(super) fn refused(page: Response) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Extension(Finished), page).into_response()
}

fn new_words(asked: &NewWords) -> Result<Vec<Edit>, (&'static str, &'static str)> {
    let level = Level::of_word(&asked.level).ok_or(("请选择级别。", "Choose a level."))?;
    let action = Action::of_word(&asked.action).ok_or(("请选择处置。", "Choose an action."))?;
    let review_date = date(&asked.review)?;
    let file = if asked.dictionary.is_empty() { OFFICERS_LIST.to_owned() } else { asked.dictionary.clone() };
    let mut words: Vec<&str> = asked.words.lines().map(str::trim).filter(|word| !word.is_empty()).collect();
    words.dedup();
    if words.is_empty() {
        return Err(("请写至少一个词。", "Write at least one word."));
    }
    if words.len() > WORDS {
        return Err(("一次最多写 50 个词。", "At most 50 words at a time."));
    }
    let edit = |word: &str| {
        Edit::AddTerm(NewTerm {
            file: file.clone(),
            term: word.to_owned(),
            level,
            action,
            variants: asked.variants,
            review_date,
            source: asked.source.clone(),
            note: String::new(),
        })
    };
    Ok(words.into_iter().map(edit).collect())
}

fn date(text: &str) -> Result<Option<Date>, (&'static str, &'static str)> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| ("日期写成 2027-06-30 的样子。", "Write the date like 2027-06-30."))
}

/// A change of one rule, as its page sends it.
#[derive(Deserialize)]
pub(super) struct Changed {
    rule: String,
    what: String,
    #[serde(default)]
    term: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    variants: String,
    #[serde(default)]
    review: String,
    #[serde(default)]
    phrase: String,
    #[serde(default)]
    negative: String,
}

impl Changed {
    fn edit(self) -> Result<Edit, (&'static str, &'static str)> {
        let (rule, term) = (self.rule, self.term.trim().to_owned());
        let needed = |text: String| {
            if text.trim().is_empty() { Err(("请填写内容。", "Fill it in.")) } else { Ok(text.trim().to_owned()) }
        };
        match self.what.as_str() {
            "set" => {
                let to = Settings {
                    level: Level::of_word(&self.level),
                    action: Action::of_word(&self.action),
                    variants: self.variants.parse().ok().filter(|level| *level <= 4),
                    review_date: date(&self.review)?,
                };
                if to == Settings::default() {
                    return Err(("没有选择要改动的内容。", "Nothing to change was chosen."));
                }
                Ok(Edit::Set { rule, term: (!term.is_empty()).then_some(term), to })
            }
            "remove" => Ok(Edit::RemoveTerm { rule, term: needed(term)? }),
            "except" => {
                Ok(Edit::AddException { rule, phrase: needed(self.phrase)?, negative: self.negative.trim().to_owned() })
            }
            "take-back" => match ItemId::new(term) {
                Ok(item) => Ok(Edit::TakeBack { item }),
                Err(_) => Err(("没有这条信息。", "There is no such item.")),
            },
            "unexcept" => Ok(Edit::RemoveException { rule, phrase: needed(self.phrase)? }),
            _ => Err(("没有这种改动。", "There is no such change.")),
        }
    }
}

#[derive(Template)]
#[template(path = "console/rule_wrong.html")]
struct WrongPage {
    frame: Frame,
    say: &'static RuleWords,
    wrong: String,
    back: String,
}

pub(super) async fn change(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Form(changed): Form<Changed>,
) -> Result<Response, Trouble> {
    let back = super::rules::href(&changed.rule);
    let wrong = match changed.edit() {
        Err((chinese, english)) => tongue.pick(chinese, english).to_owned(),
        Ok(edit) => match rules::try_edits(&console.desk, &console.keys.verifier, &staff.person, &[edit]).await {
            Ok(trial) => return Ok(Redirect::to(&format!("/rules/trials/{trial}")).into_response()),
            Err(error) => refusal(tongue, error)?,
        },
    };
    let frame = Frame::staff(tongue, &staff, "/rules");
    Ok(refused(page(&WrongPage { frame, say: tongue.rules(), wrong, back })))
}
