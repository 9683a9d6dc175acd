//! Trials 试算: what a change of rules would hit among everything published and everything that waits.
//!
//! A trial is a job: it goes through kept text in batches, on every core, beside the service, and notes its progress.
//! New words alone are tried by themselves, so that each hit is theirs; any other change is tried as the whole changed
//! set. Limits: every item is counted, the newest [`SHOWN`] hits are kept with their surroundings, the newest [`NAMED`] ids of
//! what would be taken off are kept, to be screened first when the change comes into force.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::FlowError;
use super::publish::{Publisher, draft_of};
use super::rule_edit::Edit;
use super::rules;
use super::sweep::{self, Looked, Walker};
use crate::blob::Blobs;
use crate::model::{Action, Content, Field, Finding, ItemId, Outcome, PermitVerifier, Status, Verdict};
use crate::screen::{RuleBundle, RuleSet, Screener};
use crate::store::{Desk, RuleTrialRow, StoreError, TrialCourse, TrialState};

/// Hits that are kept with their text.
pub const SHOWN: usize = 100;
/// Items that are kept by name.
pub const NAMED: usize = 20_000;
/// Characters of a hit that are shown.
const LONGEST: usize = 200;
/// Characters of surroundings on either side of a hit.
const AROUND: usize = 24;
/// Time for one item.
const TIME: Duration = Duration::from_secs(10);
/// Between two notes of progress.
const PAUSE: Duration = Duration::from_millis(500);

/// A hit, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hit {
    /// The item.
    pub item: ItemId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: String,
    /// When its source published it.
    pub published: String,
    /// What the worst finding asks for.
    pub action: Action,
    /// The rule of that finding.
    pub rule: String,
    /// Where it was found.
    pub field: Field,
    /// Text before the hit.
    pub before: String,
    /// The hit.
    pub text: String,
    /// Text after it.
    pub after: String,
    /// What was undone to see it.
    pub transforms: Vec<String>,
    /// Findings of this item in all.
    pub findings: usize,
}

/// A rule that lets a set of new words stand alone.
const CARRIER: &str = "[[rule]]\nid = \"TRY\"\nname = \"try\"\nlevel = \"内部\"\naction = \"提示\"\nterms = [\"\u{10000}\u{10001}\u{10002}\"]\n\
    variants = 0\nbasis = \"-\"\npositive = [\"\u{10000}\u{10001}\u{10002}\", \"\u{10000}\u{10001}\u{10002}.\", \".\u{10000}\u{10001}\u{10002}\"]\n\
    negative = [\"-\", \"--\", \"---\"]\nreview_date = 2099-01-01\n";

/// A set of these new words and nothing else; nothing where the edits are others.
///
/// # Errors
/// [`FlowError::Rules`].
pub fn words_alone(edits: &[Edit]) -> Result<Option<RuleBundle>, FlowError> {
    let mut bundle = RuleBundle { files: [("rules/try.toml".to_owned(), CARRIER.to_owned())].into() };
    for edit in edits {
        if !matches!(edit, Edit::AddTerm(_)) {
            return Ok(None);
        }
        bundle = edit.change(&bundle)?;
    }
    Ok(Some(bundle))
}

/// The edits of a trial.
///
/// # Errors
/// [`FlowError::Json`].
pub fn edits_of(trial: &RuleTrialRow) -> Result<Vec<Edit>, FlowError> {
    Ok(trial.edits.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default())
}

/// Items that a proposal's trial says it takes off, the newest first.
///
/// # Errors
/// [`FlowError`].
pub async fn named(desk: &Desk, proposal: Option<i64>) -> Result<Vec<ItemId>, FlowError> {
    let Some(number) = proposal else { return Ok(Vec::new()) };
    let items = desk.rule_trial_of(number).await?.map(|trial| trial.course.items);
    Ok(items.map(serde_json::from_value).transpose()?.unwrap_or_default())
}

/// Carries a trial out. What is wrong with the change itself is noted in the trial.
///
/// # Errors
/// [`FlowError::Store`] and the like: then it is tried again.
pub async fn run(publisher: &Publisher, verifier: &PermitVerifier, id: &str) -> Result<(), FlowError> {
    let Some(trial) = publisher.desk.rule_trial(id).await? else { return Ok(()) };
    if matches!(trial.course.state, TrialState::Done | TrialState::Failed) {
        return Ok(());
    }
    let (set, words) = match set_of(&publisher.desk, verifier, &trial).await {
        Ok(found) => found,
        Err(FlowError::Store(error)) => return Err(error.into()),
        Err(error) => {
            let course = TrialCourse { state: TrialState::Failed, error: error.to_string(), ..trial.course };
            return note(&publisher.desk, id, &course).await;
        }
    };
    walk(&publisher.desk, &publisher.desk_blobs, set, words, &Told::Trial(id.to_owned())).await?;
    Ok(())
}

/// Who is told how far a trial has come.
pub enum Told {
    /// The trial's row.
    Trial(String),
    /// Somebody at a terminal.
    Terminal(Box<dyn Fn(&TrialCourse) + Send + Sync>),
}

impl Told {
    async fn tell(&self, desk: &Desk, course: &TrialCourse) -> Result<(), FlowError> {
        match self {
            Self::Trial(id) => note(desk, id, course).await,
            Self::Terminal(show) => {
                show(course);
                Ok(())
            }
        }
    }
}

/// The set to try, and whether each of its findings is a hit.
async fn set_of(desk: &Desk, verifier: &PermitVerifier, trial: &RuleTrialRow) -> Result<(RuleSet, bool), FlowError> {
    if let Some(number) = trial.proposal {
        let row = desk.rule_set(number).await?.ok_or_else(|| FlowError::Missing(format!("proposal {number}")))?;
        let edits: Vec<Edit> = row.edits.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        if !edits.is_empty()
            && let Some(bundle) = words_alone(&edits)?
        {
            return Ok((rules::load(bundle).await?, true));
        }
        return Ok((rules::load_row(&row).await?, false));
    }
    let edits = edits_of(trial)?;
    match words_alone(&edits)? {
        Some(bundle) => Ok((rules::load(bundle).await?, true)),
        None => Ok((rules::edited(&rules::in_force(desk, verifier).await?, &edits).await?, false)),
    }
}

async fn note(desk: &Desk, id: &str, course: &TrialCourse) -> Result<(), FlowError> {
    let mut tx = desk.begin().await?;
    tx.note_rule_trial(id, course).await?;
    Ok(tx.commit().await?)
}

/// Goes through everything. `words`: each finding is a hit; else only what no longer passes is.
///
/// # Errors
/// [`FlowError`].
pub async fn walk(
    desk: &Desk,
    blobs: &Blobs,
    set: RuleSet,
    words: bool,
    told: &Told,
) -> Result<TrialCourse, FlowError> {
    let screener = Arc::new(Screener::new(set, TIME));
    let (published, waiting) = desk.public_and_waiting().await?;
    let mut course = TrialCourse { state: TrialState::Running, total: published + waiting, ..TrialCourse::default() };
    let mut hits = Hits { words, ..Hits::default() };
    let mut last = Instant::now();
    told.tell(desk, &hits.noted(&course)?).await?;
    let mut walker = Walker::new(None);
    let mut batch = walker.next(desk).await?;
    while !batch.is_empty() {
        let count = batch.len() as u64;
        let (looked, next) = tokio::join!(sweep::look(&screener, batch), walker.next(desk));
        for one in looked? {
            let item = one.item.clone();
            let Some((verdict, content)) = found(desk, blobs, &screener, one).await? else { continue };
            if let Some(content) = content {
                let Some(status) = desk.status_of(&item).await? else { continue };
                hits.weigh(&item, status, &content, &verdict, &mut course);
            }
        }
        course.seen += count;
        batch = next?;
        if last.elapsed() > PAUSE {
            last = Instant::now();
            told.tell(desk, &hits.noted(&course)?).await?;
        }
    }
    course.state = TrialState::Done;
    course.total = course.total.max(course.seen);
    let course = hits.noted(&course)?;
    told.tell(desk, &course).await?;
    Ok(course)
}

/// What the gate says of an item, from its row where no text of it was kept. What cannot be read does not pass under any
/// rules: it is none of this change's hits.
async fn found(
    desk: &Desk,
    blobs: &Blobs,
    screener: &Arc<Screener>,
    looked: Looked,
) -> Result<Option<(Verdict, Option<Content>)>, FlowError> {
    if looked.found.is_some() {
        return Ok(looked.found);
    }
    let row = match desk.item(&looked.item).await {
        Ok(Some(row)) => row,
        Ok(None) | Err(StoreError::Corrupt { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let draft = draft_of(blobs, &row).await?;
    if !draft.unreadable.is_empty() {
        return Ok(None);
    }
    let screener = screener.clone();
    let judge = move || (screener.judge(&draft), Some(draft.content));
    Ok(Some(tokio::task::spawn_blocking(judge).await?))
}

/// What a trial has found so far.
#[derive(Default)]
struct Hits {
    /// Each finding is a hit; else only what no longer passes is.
    words: bool,
    /// The newest that are public, for people.
    public: Vec<Hit>,
    /// The newest that wait.
    waiting: Vec<Hit>,
    /// Ids of what would be taken off, the newest first.
    items: Vec<ItemId>,
}

impl Hits {
    fn weigh(&mut self, id: &ItemId, status: Status, content: &Content, verdict: &Verdict, course: &mut TrialCourse) {
        let leaves = verdict.findings.iter().any(|finding| finding.action > Action::Note)
            || (!self.words && verdict.outcome != Outcome::Pass);
        if !(leaves || self.words && !verdict.findings.is_empty()) {
            return;
        }
        let shown = if status == Status::Published {
            course.hits += 1;
            course.withdrawn += u64::from(leaves);
            if leaves && self.items.len() < NAMED {
                self.items.push(id.clone());
            }
            &mut self.public
        } else {
            course.waiting_hits += 1;
            &mut self.waiting
        };
        if shown.len() < SHOWN
            && let Some(worst) = verdict.findings.iter().max_by_key(|finding| (finding.action, readable(finding)))
        {
            shown.push(hit(id, status, content, worst, verdict.findings.len()));
        }
    }

    /// The course with what is shown: what is public before what waits.
    fn noted(&self, course: &TrialCourse) -> Result<TrialCourse, FlowError> {
        let shown: Vec<&Hit> = self.public.iter().chain(&self.waiting).take(SHOWN).collect();
        let (shown, items) = (serde_json::to_value(shown)?, serde_json::to_value(&self.items)?);
        Ok(TrialCourse { shown, items, ..course.clone() })
    }
}

/// Whether the surroundings of a finding can be shown.
fn readable(finding: &Finding) -> bool {
    matches!(finding.field, Field::Title | Field::Body) && finding.place.is_empty()
}

fn hit(id: &ItemId, status: Status, content: &Content, finding: &Finding, findings: usize) -> Hit {
    let text = match finding.field {
        Field::Title if readable(finding) => content.title.as_str(),
        Field::Body if readable(finding) => content.text.as_str(),
        _ => "",
    };
    let (mut before, mut after) = (String::new(), String::new());
    if text.get(finding.start..finding.end) == Some(finding.text.as_str()) {
        let ahead: Vec<char> = text[..finding.start].chars().rev().take(AROUND).collect();
        before = ahead.into_iter().rev().collect();
        after = text[finding.end..].chars().take(AROUND).collect();
    }
    Hit {
        item: id.clone(),
        title: content.title.clone(),
        status: status.chinese().to_owned(),
        published: content.published.as_ref().map(ToString::to_string).unwrap_or_default(),
        action: finding.action,
        rule: finding.rule.clone(),
        field: finding.field,
        before,
        text: shortened(&finding.text),
        after,
        transforms: finding.transforms.clone(),
        findings,
    }
}

/// A hit may be pages long, where a registered document is recognised: its beginning shows what it is.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The hits of a trial, for people.
///
/// # Errors
/// [`FlowError::Json`].
pub fn shown(course: &TrialCourse) -> Result<Vec<Hit>, FlowError> {
    Ok(serde_json::from_value(course.shown.clone())?)
}
