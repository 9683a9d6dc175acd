//! `/rules/add`, `/rules/change`, `/rules/trials`: a change is written, tried on everything published, then proposed.
//!
//! Nothing here takes effect: the last step signs a proposal with the officer's own key, for which the password is asked.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::marks::{Glyphs, action_class, glyphs};
use super::rule_page::{actions, variant_levels};
use super::rule_words::{RuleWords, refusal, rule_error, said};
use super::session::Staff;
use super::trouble::{Finished, Trouble};
use super::words::Tongue;
use crate::flow::rule_diff::{self, RuleChange};
use crate::flow::rule_edit::{Edit, NewTerm, OFFICERS_LIST, Settings};
use crate::flow::{FlowError, officer_key, rule_forms, rule_trial, rules};
use crate::model::{Action, Level};
use crate::store::{RuleTrialRow, TrialCourse, TrialState};

/// Words that may be added at one time.
const WORDS: usize = 50;
/// Words of which the variants are shown.
const SHOWN_WORDS: usize = 5;

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

/// A hit, for people.
pub(super) struct Hit {
    pub(super) item: String,
    pub(super) title: String,
    pub(super) status: String,
    pub(super) published: String,
    pub(super) action: &'static str,
    pub(super) class: &'static str,
    pub(super) rule: String,
    pub(super) field: &'static str,
    pub(super) before: Vec<Glyphs>,
    pub(super) text: Vec<Glyphs>,
    pub(super) after: Vec<Glyphs>,
    pub(super) transforms: String,
}

/// How far a trial has come, for people.
pub(super) struct Course {
    pub(super) going: bool,
    pub(super) waiting: bool,
    pub(super) failed: Option<String>,
    pub(super) total: u64,
    pub(super) seen: u64,
    pub(super) hits: u64,
    pub(super) withdrawn: u64,
    pub(super) waiting_hits: u64,
    pub(super) shown: Vec<Hit>,
}

impl Course {
    pub(super) fn new(tongue: Tongue, course: &TrialCourse) -> Result<Self, Trouble> {
        let shown = rule_trial::shown(course)?;
        Ok(Self {
            going: matches!(course.state, TrialState::Waiting | TrialState::Running),
            waiting: course.state == TrialState::Waiting,
            failed: (course.state == TrialState::Failed).then(|| said(tongue, &course.error)),
            total: course.total,
            seen: course.seen,
            hits: course.hits,
            withdrawn: course.withdrawn,
            waiting_hits: course.waiting_hits,
            shown: shown.into_iter().map(|hit| Hit::new(tongue, hit)).collect(),
        })
    }
}

impl Hit {
    fn new(tongue: Tongue, hit: rule_trial::Hit) -> Self {
        let undone: Vec<String> = hit.transforms.iter().map(|name| tongue.transform(name)).collect();
        Self {
            item: hit.item.to_string(),
            title: hit.title,
            status: hit.status,
            published: hit.published,
            action: tongue.action(&hit.action),
            class: action_class(hit.action),
            rule: hit.rule,
            field: tongue.field(&hit.field),
            before: glyphs(&hit.before),
            text: glyphs(&hit.text),
            after: glyphs(&hit.after),
            transforms: undone.join("、"),
        }
    }
}

/// A word that would be added, in its disguises.
struct Word {
    text: String,
    forms: Vec<Disguise>,
}

struct Disguise {
    level: u8,
    name: &'static str,
    text: Vec<Glyphs>,
    caught: bool,
}

#[derive(Template)]
#[template(path = "console/rule_trial.html")]
struct TrialPage {
    frame: Frame,
    say: &'static RuleWords,
    id: String,
    wrong: Option<String>,
    changes: Vec<RuleChange>,
    remarks: Vec<String>,
    words: Vec<Word>,
    course: Course,
    note: String,
}

pub(super) async fn trial(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let row = console.desk.rule_trial(&id).await?.filter(|row| row.proposal.is_none()).ok_or(Trouble::NotFound)?;
    Ok(page(&trial_page(&console, &staff, tongue, &row, None, String::new()).await?))
}

async fn trial_page(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    row: &RuleTrialRow,
    wrong: Option<String>,
    note: String,
) -> Result<TrialPage, Trouble> {
    let course = Course::new(tongue, &row.course)?;
    let edits = rule_trial::edits_of(row)?;
    let now = console.rule_set().await?;
    // While it is under way the page is renewed often: what takes long waits for the end.
    let (mut changes, mut remarks, mut words, mut wrong) = (Vec::new(), Vec::new(), Vec::new(), wrong);
    match rules::edited(&now, &edits).await {
        Ok(changed) => {
            changes = rule_diff::changes(&now, &changed);
            let known = rule_forms::remarks(&now);
            let news = rule_forms::remarks(&changed).into_iter().filter(|remark| !known.contains(remark));
            remarks = news.map(|remark| rule_error(tongue, &remark)).collect();
        }
        Err(error) if wrong.is_none() => wrong = Some(refusal(tongue, error)?),
        Err(_) => {}
    }
    if !course.going {
        for edit in edits.iter().take(SHOWN_WORDS) {
            if let Edit::AddTerm(new) = edit {
                words.push(word(tongue, new).await?);
            }
        }
    }
    Ok(TrialPage {
        frame: Frame::staff(tongue, staff, "/rules"),
        say: tongue.rules(),
        id: row.id.clone(),
        wrong,
        changes,
        remarks,
        words,
        course,
        note,
    })
}

async fn word(tongue: Tongue, new: &NewTerm) -> Result<Word, FlowError> {
    let form = |form: rule_forms::Form| Disguise {
        level: form.level,
        name: tongue.pick(form.name.0, form.name.1),
        text: glyphs(&form.text.replace('\n', "⏎")),
        caught: form.caught,
    };
    let forms = rule_forms::forms(new).await?.into_iter().map(form).collect();
    Ok(Word { text: new.term.clone(), forms })
}

#[derive(Deserialize)]
pub(super) struct Signing {
    password: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn propose(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(signing): Form<Signing>,
) -> Result<Response, Trouble> {
    let row = console.desk.rule_trial(&id).await?.filter(|row| row.proposal.is_none()).ok_or(Trouble::NotFound)?;
    match signed(&console, &staff, &row, &signing).await {
        Ok(number) => Ok(Redirect::to(&format!("/rules/proposals/{number}?done=proposed")).into_response()),
        Err(error) => {
            let wrong = refusal(tongue, error)?;
            Ok(refused(page(&trial_page(&console, &staff, tongue, &row, Some(wrong), signing.note).await?)))
        }
    }
}

async fn signed(console: &Console, staff: &Staff, row: &RuleTrialRow, signing: &Signing) -> Result<i64, FlowError> {
    let edits = rule_trial::edits_of(row)?;
    let officer = officer_key::unlock(&console.desk, &staff.person, &signing.password).await?;
    rules::propose_edits(&console.desk, &console.keys.verifier, &officer, &edits, &signing.note).await
}
