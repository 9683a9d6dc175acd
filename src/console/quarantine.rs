//! `/quarantine`: what the gate did not let through, for security officers alone.
//!
//! Lists and the page of an item say ids, times, rules and levels; what it says is sealed and shown by
//! `quarantine_open` alone. What officers decide is in `quarantine_decide`.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, Pager, page};
use super::item::ItemView;
use super::marks::action_class;
use super::names::Names;
use super::queue::item_id;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use super::{incidents, quarantine_decide as decide, quarantine_open as open};
use crate::flow::quarantine::decide::SECRETS;
use crate::flow::review;
use crate::model::{Action, Outcome, Status, Verdict};
use crate::store::{Destruction, Incident, ItemBrief, QueueFilter};

/// Lines of a page.
const LINES: u32 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/quarantine", get(list))
        .route("/quarantine/rescreen", post(open::rescreen_all))
        .route("/quarantine/grant", post(decide::grant))
        .route("/quarantine/incidents", get(incidents::list))
        .route("/quarantine/incidents/{number}", get(incidents::show))
        .route("/quarantine/{id}", get(show))
        .route("/quarantine/{id}/open", post(open::open))
        .route("/quarantine/{id}/files/{number}", post(open::file))
        .route("/quarantine/{id}/rescreen", post(open::rescreen))
        .route("/quarantine/{id}/confirm", post(decide::confirm))
        .route("/quarantine/{id}/false", post(super::quarantine_false::propose))
        .route("/quarantine/{id}/release", post(super::quarantine_release::ask))
        .route("/quarantine/{id}/return", post(decide::send_back))
        .route("/quarantine/{id}/dismiss", post(decide::dismiss))
        .route("/quarantine/{id}/destroy", post(decide::destroy))
}

/// The filter as it stands in the address.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    status: String,
    page: String,
    done: String,
}

/// A line of the list.
struct Line {
    href: String,
    address: String,
    unit: String,
    source: String,
    outcome: &'static str,
    class: &'static str,
    level: &'static str,
    rules: BTreeSet<String>,
    unreadable: usize,
    updated: String,
}

/// Another officer, and what only this one opens.
struct Other {
    id: String,
    name: String,
    lacks: u64,
}

#[derive(Template)]
#[template(path = "console/quarantine.html")]
struct QuarantinePage {
    frame: Frame,
    notice: Option<&'static str>,
    closed: bool,
    lines: Vec<Line>,
    sealed: u64,
    mine: u64,
    others: Vec<Other>,
    pager: Pager,
}

/// What a rule found in a part, counted.
struct Held {
    rule: String,
    level: &'static str,
    action: &'static str,
    class: &'static str,
    field: &'static str,
    count: usize,
}

#[derive(Template)]
#[template(path = "console/quarantine_item.html")]
struct QuarantineItemPage {
    frame: Frame,
    item: ItemView,
    notice: Option<&'static str>,
    outcome: &'static str,
    class: &'static str,
    held: Vec<Held>,
    unreadable: usize,
    waiting: bool,
    sealed: bool,
    ground: String,
    answer: String,
    secrets: Vec<(&'static str, &'static str)>,
    grounds: Vec<(&'static str, &'static str)>,
    answers: Vec<(&'static str, &'static str)>,
    incidents: Vec<Incident>,
    destruction: Option<Destruction>,
    asked_by_me: bool,
    releases: Vec<i64>,
}

async fn list(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let closed = asked.status == Status::Dismissed.word();
    let status = if closed { Status::Dismissed } else { Status::Quarantined };
    let number: u64 = asked.page.parse().unwrap_or(1).clamp(1, 1_000_000);
    let filter = QueueFilter { status: Some(status), ..QueueFilter::default() };
    let found = review::quarantine_page(&console.desk, &filter, (number - 1) * u64::from(LINES), LINES).await?;
    let names = Names::load(&console).await?;
    let mut lines = Vec::new();
    for brief in &found.rows {
        let verdict = console.desk.item(&brief.id).await?.map(|item| item.verdict);
        lines.push(line(tongue, &names, brief, verdict.as_ref()));
    }
    let (sealed, mine, others) = access(&console, &staff).await?;
    Ok(page(&QuarantinePage {
        frame: Frame::staff(tongue, &staff, "/quarantine"),
        notice: notice(tongue, &asked.done),
        closed,
        lines,
        sealed,
        mine,
        others,
        pager: Pager::new(found.total, LINES.into(), number, &format!("/quarantine?status={}&", status.word())),
    }))
}

/// How many items are sealed, how many this officer opens, and who lacks what.
async fn access(console: &Console, staff: &Staff) -> Result<(u64, u64, Vec<Other>), Trouble> {
    let (mut sealed, mut mine, mut others) = (0, 0, Vec::new());
    for key in console.desk.active_officer_keys().await? {
        let (all, opened) = console.desk.sealed_counts(&key.id).await?;
        sealed = all;
        let Some(person) = key.person else { continue };
        if person == staff.person {
            mine = opened;
        } else if opened < all {
            let name = console.desk.account(&person).await?.map(|account| account.name).unwrap_or_default();
            others.push(Other { id: person.to_string(), name, lacks: all - opened });
        }
    }
    Ok((sealed, mine, others))
}

pub(super) fn notice(tongue: Tongue, done: &str) -> Option<&'static str> {
    let say = tongue.say();
    match done {
        "dismissed" => Some(say.dismissed_done),
        "returned" => {
            Some(tongue.pick(
                "已退回单位；源页面修改后自动重新筛查。",
                "Returned; it is screened again when its page changes.",
            ))
        }
        "freed" => Some(tongue.pick("按现行规则筛查通过，已转入审核。", "It passes now, and is in the queue.")),
        "held" => Some(
            tongue.pick("已按现行规则重新筛查，仍不放行，已重新密封。", "Screened again: still held, and sealed anew."),
        ),
        "granted" => Some(tongue.pick("已授权。", "Access was given.")),
        "destroy-asked" => {
            Some(tongue.pick("已申请销毁，须由另一名保密员确认。", "Asked for; another officer has to confirm."))
        }
        "destroyed" => Some(tongue.pick("已确认销毁，正在执行。", "Confirmed; it is being destroyed.")),
        _ => None,
    }
}

fn line(tongue: Tongue, names: &Names, brief: &ItemBrief, verdict: Option<&Verdict>) -> Line {
    let findings = verdict.map(|verdict| verdict.findings.as_slice()).unwrap_or_default();
    let address = if brief.url.is_empty() { brief.id.to_string() } else { brief.url.clone() };
    Line {
        href: format!("/quarantine/{}", brief.id),
        address,
        unit: names.unit(&brief.unit),
        source: names.other_source(brief.source.as_ref(), &brief.unit),
        outcome: tongue.outcome(brief.outcome),
        class: outcome_class(brief.outcome),
        level: findings.iter().map(|finding| finding.level).max().map(crate::model::Level::word).unwrap_or_default(),
        rules: findings.iter().map(|finding| finding.rule.clone()).collect(),
        unreadable: verdict.map(|verdict| verdict.unreadable.len()).unwrap_or_default(),
        updated: brief.updated.minute(),
    }
}

pub(super) fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => action_class(Action::Note),
        Outcome::Hold => action_class(Action::Hold),
        Outcome::Block => action_class(Action::Block),
    }
}

fn held(tongue: Tongue, verdict: &Verdict) -> Vec<Held> {
    let mut out: Vec<Held> = Vec::new();
    for found in &verdict.findings {
        let (field, action) = (tongue.field(&found.field), tongue.action(&found.action));
        match out.iter_mut().find(|held| held.rule == found.rule && held.field == field && held.action == action) {
            Some(held) => held.count += 1,
            None => out.push(Held {
                rule: found.rule.clone(),
                level: found.level.word(),
                action,
                class: action_class(found.action),
                field,
                count: 1,
            }),
        }
    }
    out
}

async fn show(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    let detail = review::quarantined(&console.desk, &id, &staff.person).await?;
    let item = &detail.item;
    let waiting = item.status == Status::Quarantined;
    let grounds = tongue.grounds();
    let (secrets, grounds) = grounds.into_iter().partition(|(word, _)| SECRETS.contains(word));
    let destruction = console.desk.destruction(&id).await?;
    Ok(page(&QuarantineItemPage {
        frame: Frame::staff(tongue, &staff, "/quarantine"),
        item: ItemView::sealed(&console, tongue, &detail).await?,
        notice: notice(tongue, &asked.done),
        outcome: tongue.outcome(item.outcome),
        class: outcome_class(item.outcome),
        held: held(tongue, &item.verdict),
        unreadable: item.verdict.unreadable.len(),
        waiting,
        sealed: console.desk.sealed(&id).await?.is_some(),
        ground: if waiting { String::new() } else { tongue.ground(&item.reason) },
        answer: if waiting && !item.reason.is_empty() { tongue.answer(&item.reason) } else { String::new() },
        secrets,
        grounds,
        answers: tongue.answers(),
        incidents: console.desk.incidents_of(&id).await?,
        releases: super::quarantine_release::waiting(&console, &detail.history).await?,
        asked_by_me: destruction.as_ref().is_some_and(|asked| asked.asked_by == staff.person),
        destruction,
    }))
}
