//! Trials of rule changes, what rules found a day, and how far a screening after a change has come.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{Action, ItemId, RuleSetId, Timestamp, Verdict};
use crate::store::StoreError;
use crate::store::bind::{count, read, read_json, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    ADD = "INSERT INTO rule_trials (id, proposal, edits, base, made_by, created, state, total, seen, hits, withdrawn,
        waiting_hits, shown, items, error, updated)
        VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, 0, 0, 0, '[]', '[]', '', $6)";
    FORGET = "DELETE FROM rule_trials WHERE created < $1";
    NOTE = "UPDATE rule_trials SET state = $2, total = $3, seen = $4, hits = $5, withdrawn = $6, waiting_hits = $7,
        shown = $8, items = $9, error = $10, updated = $11 WHERE id = $1";
    FIND = "SELECT id, proposal, edits, base, made_by, created, state, total, seen, hits, withdrawn, waiting_hits, shown,
        items, error FROM rule_trials WHERE id = $1";
    OF_PROPOSAL = "SELECT id, proposal, edits, base, made_by, created, state, total, seen, hits, withdrawn, waiting_hits,
        shown, items, error FROM rule_trials WHERE proposal = $1 ORDER BY created DESC, id LIMIT 1";
    BUMP = "INSERT INTO rule_figures (rule, day, blocked, held, noted, false_hits, openings)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (rule, day) DO UPDATE SET
        blocked = rule_figures.blocked + excluded.blocked, held = rule_figures.held + excluded.held,
        noted = rule_figures.noted + excluded.noted, false_hits = rule_figures.false_hits + excluded.false_hits,
        openings = rule_figures.openings + excluded.openings";
    FIGURES = "SELECT rule, CAST(SUM(blocked) AS BIGINT), CAST(SUM(held) AS BIGINT), CAST(SUM(noted) AS BIGINT),
        CAST(SUM(false_hits) AS BIGINT), CAST(SUM(openings) AS BIGINT) FROM rule_figures WHERE day > $1
        GROUP BY rule ORDER BY rule";
    BEGIN_RESCREEN = "INSERT INTO rescreens (rule_set, total, screened, withdrawn, started, finished)
        VALUES ($1, $2, 0, 0, $3, NULL) ON CONFLICT (rule_set) DO UPDATE SET total = excluded.total, screened = 0,
        started = CASE WHEN rescreens.finished IS NULL THEN rescreens.started ELSE excluded.started END, finished = NULL";
    NOTE_RESCREEN = "UPDATE rescreens SET screened = screened + $2, withdrawn = withdrawn + $3 WHERE rule_set = $1";
    END_RESCREEN = "UPDATE rescreens SET finished = $2 WHERE rule_set = $1";
    RESCREEN = "SELECT total, screened, withdrawn, started, finished FROM rescreens WHERE rule_set = $1";
    VERDICT = "SELECT verdict FROM items WHERE id = $1";
}

/// A trial as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    id: String,
    proposal: Option<i64>,
    edits: Option<String>,
    base: String,
    made_by: String,
    created: i64,
    state: String,
    total: i64,
    seen: i64,
    hits: i64,
    withdrawn: i64,
    waiting_hits: i64,
    shown: String,
    items: String,
    error: String,
}

impl Record {
    fn row(self) -> Result<RuleTrialRow, StoreError> {
        let what = format!("rule trial {}", self.id);
        Ok(RuleTrialRow {
            proposal: self.proposal,
            edits: self.edits,
            base: read(&what, &self.base)?,
            made_by: self.made_by,
            created: Timestamp(self.created),
            course: TrialCourse {
                state: read_word(&what, &self.state, TrialState::of_word)?,
                total: count(self.total),
                seen: count(self.seen),
                hits: count(self.hits),
                withdrawn: count(self.withdrawn),
                waiting_hits: count(self.waiting_hits),
                shown: read_json(&what, &self.shown)?,
                items: read_json(&what, &self.items)?,
                error: self.error,
            },
            id: self.id,
        })
    }
}

/// Where a trial stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialState {
    /// It has not begun.
    #[default]
    Waiting,
    /// It is under way.
    Running,
    /// It went through everything.
    Done,
    /// It could not be done; `error` says why.
    Failed,
}

impl TrialState {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed].into_iter().find(|state| state.word() == word)
    }
}

/// How far a trial has come, and what it found.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize)]
pub struct TrialCourse {
    /// Where it stands.
    pub state: TrialState,
    /// Items that it goes through.
    pub total: u64,
    /// Items that it went through.
    pub seen: u64,
    /// Published items in which something was found.
    pub hits: u64,
    /// Published items that would be taken off.
    pub withdrawn: u64,
    /// Waiting items that would be held.
    pub waiting_hits: u64,
    /// The newest hits, for people.
    pub shown: Value,
    /// Ids of items that would be taken off, the newest first.
    pub items: Value,
    /// Why it failed.
    pub error: String,
}

/// A trial of a rule change.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleTrialRow {
    /// A random token.
    pub id: String,
    /// The proposal that it tries; else `edits` says what.
    pub proposal: Option<i64>,
    /// The edits, as JSON.
    pub edits: Option<String>,
    /// The set in force when it was asked for.
    pub base: RuleSetId,
    /// Who asked for it.
    pub made_by: String,
    /// When.
    pub created: Timestamp,
    /// How far it has come.
    pub course: TrialCourse,
}

/// What a rule found over a time.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct RuleFigures {
    /// The rule.
    pub rule: String,
    /// Items that it blocked.
    pub blocked: u64,
    /// Items that it held.
    pub held: u64,
    /// Items that it noted something in.
    pub noted: u64,
    /// Hits that two officers agreed were none.
    pub false_hits: u64,
    /// Openings of quarantined items that it had found something in.
    pub openings: u64,
}

impl RuleFigures {
    /// Items in which it found something.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.blocked + self.held + self.noted
    }
}

/// Something that is counted about a rule beside its hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleEvent {
    /// Two officers agreed that a hit was none.
    FalseHit,
    /// A quarantined item in which it found something was opened.
    Opening,
}

/// How far a screening after a change of rules has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RescreenCourse {
    /// Items that were to be screened.
    pub total: u64,
    /// Items that were.
    pub screened: u64,
    /// Items that left the site.
    pub withdrawn: u64,
    /// When it began.
    pub started: Timestamp,
    /// When it was through.
    pub finished: Option<Timestamp>,
}

/// Days since 1970-01-01, China's time.
fn day(now: Timestamp) -> i64 {
    (now.0 + 8 * 3_600_000_000).div_euclid(86_400_000_000)
}

/// Counts what a verdict found, each rule once; what `before` had already found is not counted again.
pub(super) async fn count_hits(
    link: &mut Link<'_>,
    now: Timestamp,
    verdict: &Verdict,
    before: Option<&Verdict>,
) -> Result<(), StoreError> {
    let known = |rule: &str| before.is_some_and(|before| before.findings.iter().any(|found| found.rule == rule));
    let mut worst: std::collections::BTreeMap<&str, Action> = std::collections::BTreeMap::new();
    for finding in verdict.findings.iter().filter(|finding| !known(&finding.rule)) {
        let action = worst.entry(&finding.rule).or_insert(finding.action);
        *action = (*action).max(finding.action);
    }
    for (rule, action) in worst {
        let one = |asked: Action| i64::from(action == asked);
        let (blocked, held, noted) = (one(Action::Block), one(Action::Hold), one(Action::Note));
        run!(link, execute BUMP(rule, day(now), blocked, held, noted, 0, 0))?;
    }
    Ok(())
}

/// The same for an item that is in the desk already; before its new verdict is written.
pub(super) async fn count_new_hits(
    link: &mut Link<'_>,
    now: Timestamp,
    id: &ItemId,
    verdict: &Verdict,
) -> Result<(), StoreError> {
    if verdict.findings.is_empty() {
        return Ok(());
    }
    let before = run!(link, optional VERDICT(id) as (String,))?;
    let before: Option<Verdict> = before.and_then(|(text,)| serde_json::from_str(&text).ok());
    count_hits(link, now, verdict, before.as_ref()).await
}

impl DeskTx {
    /// Asks for a trial; trials of more than 90 days ago are forgotten.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_rule_trial(
        &mut self,
        id: &str,
        proposal: Option<i64>,
        edits: Option<&str>,
        base: &RuleSetId,
        made_by: &str,
    ) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        run!(link, execute FORGET(Timestamp(now.0 - 90 * 86_400_000_000)))?;
        run!(link, execute ADD(id, proposal, edits, base, made_by, now)).map(|_| ())
    }

    /// Notes how far a trial has come.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_rule_trial(&mut self, id: &str, course: &TrialCourse) -> Result<(), StoreError> {
        let now = self.now;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        run!(&mut self.link(), execute NOTE(
            id,
            course.state.word(),
            number(course.total),
            number(course.seen),
            number(course.hits),
            number(course.withdrawn),
            number(course.waiting_hits),
            &course.shown,
            &course.items,
            &course.error,
            now
        ))
        .map(|_| ())
    }

    /// Counts an event about rules.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_rules(&mut self, rules: &[&str], event: RuleEvent) -> Result<(), StoreError> {
        let now = self.now;
        let one = |asked: RuleEvent| i64::from(event == asked);
        let (false_hits, openings) = (one(RuleEvent::FalseHit), one(RuleEvent::Opening));
        let link = &mut self.link();
        for rule in rules {
            run!(link, execute BUMP(*rule, day(now), 0, 0, 0, false_hits, openings))?;
        }
        Ok(())
    }

    /// A screening after a change of rules begins, or begins again after a stop.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin_rescreen(&mut self, rule_set: &RuleSetId, total: u64) -> Result<(), StoreError> {
        let now = self.now;
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        run!(&mut self.link(), execute BEGIN_RESCREEN(rule_set, total, now)).map(|_| ())
    }

    /// So many more were screened, so many of them left the site.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_rescreen(
        &mut self,
        rule_set: &RuleSetId,
        screened: u64,
        withdrawn: u64,
    ) -> Result<(), StoreError> {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        run!(&mut self.link(), execute NOTE_RESCREEN(rule_set, number(screened), number(withdrawn))).map(|_| ())
    }

    /// It is through.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn end_rescreen(&mut self, rule_set: &RuleSetId) -> Result<(), StoreError> {
        let now = self.now;
        run!(&mut self.link(), execute END_RESCREEN(rule_set, now)).map(|_| ())
    }
}

impl Desk {
    /// A trial.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_trial(&self, id: &str) -> Result<Option<RuleTrialRow>, StoreError> {
        run!(&mut self.read().await?.link(), optional FIND(id) as Record)?.map(Record::row).transpose()
    }

    /// The newest trial of a proposal.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_trial_of(&self, proposal: i64) -> Result<Option<RuleTrialRow>, StoreError> {
        run!(&mut self.read().await?.link(), optional OF_PROPOSAL(proposal) as Record)?.map(Record::row).transpose()
    }

    /// What each rule found in the last days.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_figures(&self, days: u32) -> Result<Vec<RuleFigures>, StoreError> {
        let since = day(self.clock().now()) - i64::from(days);
        let rows = run!(
            &mut self.read().await?.link(),
            all FIGURES(since) as (String, i64, i64, i64, i64, i64)
        )?;
        let figures = |(rule, blocked, held, noted, false_hits, openings)| RuleFigures {
            rule,
            blocked: count(blocked),
            held: count(held),
            noted: count(noted),
            false_hits: count(false_hits),
            openings: count(openings),
        };
        Ok(rows.into_iter().map(figures).collect())
    }

    /// How far the screening under a rule set has come.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rescreen_course(&self, rule_set: &RuleSetId) -> Result<Option<RescreenCourse>, StoreError> {
        let row = run!(
            &mut self.read().await?.link(),
            optional RESCREEN(rule_set) as (i64, i64, i64, i64, Option<i64>)
        )?;
        Ok(row.map(|(total, screened, withdrawn, started, finished)| RescreenCourse {
            total: count(total),
            screened: count(screened),
            withdrawn: count(withdrawn),
            started: Timestamp(started),
            finished: finished.map(Timestamp),
        }))
    }
}
