//! One item as the queue and the quarantine show it: facts, files, findings in their text, what was done with it.
//!
//! Everything a page or a person wrote is text here; only [`preview`] gives out the sanitised body as HTML, in a
//! document of its own that may run and load nothing.

use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_FRAME_OPTIONS};
use axum::response::{IntoResponse, Response};

use super::Console;
use super::frame::page;
use super::marks::{Glyphs, Marked, action_class, beginning, excuse, mark, unmarked};
use super::names::Names;
use super::phrases::{self, Said, said};
use super::trouble::Trouble;
use super::words::{Tongue, Words};
use crate::flow::intake::Evidence;
use crate::flow::quarantine::package::Package;
use crate::flow::review::Detail;
use crate::model::{Action, Basis, Content, Decision, Field, Finding, Segment, Verdict};
use crate::store::{AuditRow, ItemRow};

/// A preview may load the console's style and nothing else, and runs in an origin of its own.
const PREVIEW_POLICY: &str =
    "sandbox; default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// A finding in words.
pub(super) struct FindingLine {
    pub(super) number: usize,
    pub(super) rule: String,
    pub(super) level: &'static str,
    pub(super) action: &'static str,
    pub(super) class: &'static str,
    pub(super) field: &'static str,
    pub(super) place: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) glyphs: Vec<Glyphs>,
    pub(super) transforms: String,
    pub(super) why: String,
    pub(super) placed: bool,
}

/// A file of the item.
pub(super) struct FileLine {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) size: String,
}

/// Another item with the same text.
pub(super) struct SameLine {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) whose: String,
    pub(super) status: &'static str,
}

/// Something that was done with the item.
pub(super) struct PastLine {
    pub(super) at: String,
    pub(super) who: String,
    pub(super) what: String,
    pub(super) words: String,
}

/// A decision in words.
pub(super) struct DecisionLine {
    pub(super) who: String,
    pub(super) at: String,
    pub(super) note: String,
}

/// What an item says, from its row or from what was sealed.
struct Plain<'a> {
    content: &'a Content,
    segments: Vec<Segment>,
    verdict: &'a Verdict,
}

/// Everything that both detail pages show.
pub(super) struct ItemView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) version: i64,
    pub(super) hash: String,
    pub(super) status: &'static str,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) address: Option<String>,
    pub(super) files: Vec<FileLine>,
    pub(super) findings: Vec<FindingLine>,
    pub(super) unreadable: Vec<(String, Said)>,
    pub(super) marked: Vec<Marked>,
    /// For each finding whose text is at hand: its number, rule, and a minimal exception with its example.
    pub(super) excuses: Vec<(usize, String, String, String)>,
    pub(super) same: Vec<SameLine>,
    pub(super) past: Vec<PastLine>,
    pub(super) decision: Option<DecisionLine>,
}

impl ItemView {
    /// `place` is the list that the item stands in: `/queue` or `/quarantine`.
    pub(super) async fn new(console: &Console, tongue: Tongue, place: &str, detail: &Detail) -> Result<Self, Trouble> {
        let content = content_of(&detail.item)?;
        let mut segments = texts(&content);
        segments.extend(evidence(console, &detail.item).await?);
        Self::of(console, tongue, place, detail, Plain { content: &content, segments, verdict: &detail.item.verdict })
            .await
    }

    /// An item that an officer opened: what the row does not say comes from the package.
    pub(super) async fn opened(
        console: &Console,
        tongue: Tongue,
        detail: &Detail,
        package: &Package,
    ) -> Result<Self, Trouble> {
        let content = package.fields()?;
        let mut segments = texts(&content);
        segments.extend(package.evidence.segments.iter().cloned());
        let plain = Plain { content: &content, segments, verdict: &package.verdict };
        let mut view = Self::of(console, tongue, "/quarantine", detail, plain).await?;
        view.title = content.title;
        Ok(view)
    }

    /// An item that is sealed: what its row says, and not a word more.
    pub(super) async fn sealed(console: &Console, tongue: Tongue, detail: &Detail) -> Result<Self, Trouble> {
        let item = &detail.item;
        let content = Content {
            title: String::new(),
            html: String::new(),
            text: String::new(),
            published: None,
            written: None,
            origin: String::new(),
            author: None,
            document_number: None,
            index_number: None,
            source_url: item.url.clone(),
            unit: item.unit.clone(),
            column: item.column.clone(),
            attachments: Vec::new(),
        };
        let verdict = Verdict { findings: Vec::new(), unreadable: Vec::new(), ..item.verdict.clone() };
        Self::of(
            console,
            tongue,
            "/quarantine",
            detail,
            Plain { content: &content, segments: Vec::new(), verdict: &verdict },
        )
        .await
    }

    async fn of(
        console: &Console,
        tongue: Tongue,
        place: &str,
        detail: &Detail,
        plain: Plain<'_>,
    ) -> Result<Self, Trouble> {
        let Detail { item, same, history } = detail;
        let Plain { content, segments, verdict } = plain;
        let names = Names::load(console).await?;
        let found = distinct(&verdict.findings);
        let (mut marked, lost) = mark(&segments, &found);
        if marked.is_empty() {
            // Held for what could not be read: what could be read is shown.
            let own =
                |segment: &&Segment| matches!(segment.field, Field::Title | Field::Body) && segment.place.is_empty();
            marked = segments.iter().filter(own).map(unmarked).collect();
        }
        let same = same.iter().map(|other| SameLine {
            href: format!("{place}/{}", other.id),
            title: if other.title.is_empty() { other.id.to_string() } else { other.title.clone() },
            whose: names.unit(&other.unit),
            status: tongue.status(other.status),
        });
        Ok(Self {
            id: item.id.to_string(),
            title: item.title.clone(),
            version: item.version,
            hash: item.content_hash.to_string(),
            status: tongue.status(item.status),
            facts: facts(tongue, &names, item, content),
            address: web_address(&content.source_url),
            files: files(place, item, content),
            excuses: excuses(&segments, &found),
            findings: findings(tongue, &found, &lost),
            unreadable: unreadable(tongue, verdict),
            marked,
            same: same.collect(),
            past: history.iter().map(|row| past(tongue, row)).collect(),
            decision: item.decision.as_ref().map(|decision| decision_line(tongue.say(), decision)),
        })
    }
}

fn content_of(item: &ItemRow) -> Result<Content, Trouble> {
    serde_json::from_str(&item.content).map_err(|error| Trouble::internal(&error))
}

/// Every text that the gate may have found something in, under the places that the gate gives them: what stands in
/// the content itself. What was kept beside it comes after.
fn texts(content: &Content) -> Vec<Segment> {
    let segment = |field, place: &str, text: &str| Segment::new(field, place, text);
    let mut all = vec![
        segment(Field::Title, "", &content.title),
        segment(Field::Body, "", &content.text),
        segment(Field::Body, "html", &content.html),
        segment(Field::Joined, "", &format!("{}\n{}", content.title, content.text)),
        segment(Field::Metadata, "origin", &content.origin),
        segment(Field::Metadata, "author", content.author.as_deref().unwrap_or_default()),
        segment(Field::Metadata, "document_number", content.document_number.as_deref().unwrap_or_default()),
        segment(Field::Metadata, "index_number", content.index_number.as_deref().unwrap_or_default()),
        segment(Field::Metadata, "source_url", &content.source_url),
    ];
    for file in &content.attachments {
        all.push(segment(Field::FileName, &file.name, &file.name));
        all.push(segment(Field::Metadata, "attachment url", &file.url));
    }
    all
}

/// What was kept beside the content.
async fn evidence(console: &Console, item: &ItemRow) -> Result<Vec<Segment>, Trouble> {
    let Some(blob) = &item.segments else { return Ok(Vec::new()) };
    let bytes = console.blobs.get(blob).await.map_err(|error| Trouble::internal(&error))?;
    let evidence: Evidence = serde_json::from_slice(&bytes).map_err(|error| Trouble::internal(&error))?;
    Ok(evidence.segments)
}

fn facts(tongue: Tongue, names: &Names, item: &ItemRow, content: &Content) -> Vec<(&'static str, String)> {
    let say = tongue.say();
    let short = |digest: String| digest.chars().take(16).collect::<String>();
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let all = [
        (say.source, names.source(item.source.as_ref())),
        (say.unit, names.unit(&item.unit)),
        (say.column, names.column(&item.column)),
        (say.origin, content.origin.clone()),
        (say.published, content.published.map(|when| when.minute()).unwrap_or_default()),
        (say.written, content.written.map(|date| date.to_string()).unwrap_or_default()),
        (say.document_number, optional(&content.document_number)),
        (say.index_number, optional(&content.index_number)),
        (say.author, optional(&content.author)),
        (say.received, item.created.minute()),
        (say.changed, item.updated.minute()),
        (say.version, item.version.to_string()),
        (say.content_hash, short(item.content_hash.to_string())),
        (say.rule_set, short(item.rule_set.to_string())),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// An address that may be a link: http or https, nothing else.
fn web_address(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| address.to_owned())
}

fn files(place: &str, item: &ItemRow, content: &Content) -> Vec<FileLine> {
    let line = |(number, file): (usize, &crate::model::Attachment)| FileLine {
        href: format!("{place}/{}/files/{number}", item.id),
        name: file.name.clone(),
        kind: file.media_type.clone(),
        size: size(file.size),
    };
    content.attachments.iter().enumerate().map(line).collect()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// Findings without those that say the same of the same place: a page that is read in two ways is found in twice.
fn distinct(findings: &[Finding]) -> Vec<Finding> {
    let mut out: Vec<Finding> = Vec::new();
    for finding in findings {
        if !out.contains(finding) {
            out.push(finding.clone());
        }
    }
    out
}

fn findings(tongue: Tongue, found: &[Finding], lost: &[usize]) -> Vec<FindingLine> {
    let separator = if tongue == Tongue::Chinese { "、" } else { ", " };
    let line = |(index, finding): (usize, &Finding)| FindingLine {
        number: index + 1,
        rule: finding.rule.clone(),
        level: finding.level.word(),
        action: tongue.action(&finding.action),
        class: action_class(finding.action),
        field: tongue.field(&finding.field),
        place: phrases::place(tongue, &finding.place),
        start: finding.start,
        end: finding.end,
        glyphs: beginning(&finding.text),
        transforms: finding.transforms.iter().map(|name| tongue.transform(name)).collect::<Vec<_>>().join(separator),
        why: finding.why.clone(),
        placed: !lost.contains(&(index + 1)),
    };
    found.iter().enumerate().map(line).collect()
}

fn excuses(segments: &[Segment], found: &[Finding]) -> Vec<(usize, String, String, String)> {
    let one = |(index, finding): (usize, &Finding)| {
        let (phrase, example) = excuse(segments, finding)?;
        Some((index + 1, finding.rule.clone(), phrase, example))
    };
    found.iter().enumerate().filter(|(_, finding)| finding.action != Action::Note).filter_map(one).collect()
}

fn unreadable(tongue: Tongue, verdict: &Verdict) -> Vec<(String, Said)> {
    let place = |place: &str| match place.trim() {
        "" => tongue.say().the_page.to_owned(),
        named => phrases::place(tongue, named),
    };
    verdict.unreadable.iter().map(|part| (place(&part.place), said(tongue, &part.reason))).collect()
}

/// An audit row in words. Only words that people gave as a reason are shown of its detail.
fn past(tongue: Tongue, row: &AuditRow) -> PastLine {
    let detail: serde_json::Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let word = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    let words = match row.action.as_str() {
        "item.approve" => word("note"),
        "item.return" | "item.withdraw-request" | "item.withdraw" => word("reason"),
        "item.dismiss" | "quarantine.confirm" => {
            [tongue.ground(&word("ground")), word("incident")].join(" ").trim().to_owned()
        }
        "quarantine.open" | "quarantine.destroy-ask" => word("reason"),
        "quarantine.return" => tongue.answer(&word("answer")),
        _ => String::new(),
    };
    PastLine { at: row.at.minute(), who: who(&row.actor), what: tongue.act(&row.action), words }
}

/// `person:zhang` is shown as `zhang`.
pub(super) fn who(actor: &str) -> String {
    actor.strip_prefix("person:").or_else(|| actor.strip_prefix("system:")).unwrap_or(actor).to_owned()
}

fn decision_line(say: &Words, decision: &Decision) -> DecisionLine {
    let who = match &decision.basis {
        Basis::Person { person } => person.to_string(),
        Basis::UnitReview { unit, record } => format!("{}: {unit} · {record}", say.by_unit_review),
    };
    DecisionLine { who, at: decision.at.minute(), note: decision.note.clone() }
}

#[derive(Template)]
#[template(path = "console/preview.html")]
struct PreviewPage<'a> {
    html: &'a str,
}

/// The sanitised body in a document of its own.
pub(super) fn preview(item: &ItemRow) -> Result<Response, Trouble> {
    let content = content_of(item)?;
    let mut response = page(&PreviewPage { html: &content.html });
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PREVIEW_POLICY));
    response.headers_mut().insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// A file of the item, to be saved and never shown by the browser.
pub(super) async fn file(console: &Console, item: &ItemRow, number: usize) -> Result<Response, Trouble> {
    let content = content_of(item)?;
    let file = content.attachments.get(number).ok_or(Trouble::NotFound)?;
    let bytes = console.blobs.get(&file.blob).await.map_err(|error| Trouble::internal(&error))?;
    to_save(&file.name, bytes)
}

/// Bytes to be saved under a name and never shown by the browser.
pub(super) fn to_save(name: &str, bytes: Vec<u8>) -> Result<Response, Trouble> {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20");
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    let disposition = HeaderValue::from_str(&disposition).map_err(|error| Trouble::internal(&error))?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    ];
    Ok((headers, bytes).into_response())
}
