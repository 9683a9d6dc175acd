//! Promise 1 by very many random orders: each item lives a random life (collected or submitted, changed at the source, a
//! file attached, sent back, approved, published, withdrawn, with crashes between any two transactions), the lives of a
//! thousand items run into one another, and the rules change under them. At every moment what the site shows was cleared as
//! exactly those bytes under the rules that were in force when it was published; once the jobs are done it passes the rules
//! in force, by an oracle that knows no gate; and the portal emits nothing else.
//!
//! `MENHU_LIVES=100000 cargo test --test it gate::interleavings` (read when it is compiled) is the full run; without it
//! 1,000 lives are lived. The collector's own transaction is `crawl::promises`; here pages come without a network.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use menhu::app;
use menhu::blob::Blobs;
use menhu::flow::intake::Evidence;
use menhu::flow::job;
use menhu::flow::kept_text::pack;
use menhu::flow::quarantine::package::Package;
use menhu::flow::review::{self, Seen};
use menhu::flow::rules;
use menhu::index::{IndexReader, Words};
use menhu::model::{Actor, Attachment, Content, Draft, Field, ItemId, Outcome, RuleSetId, SourceId, Status};
use menhu::portal::{Portal, router};
use menhu::screen::{RuleBundle, RuleSet, Screened};
use menhu::store::{NewItem, Screening, Site};
use serde_json::json;
use tower::ServiceExt;

use super::draft;
use super::mutants::Random;
use crate::testapp::{TestApp, person, source};

const USUAL: usize = 1_000;
/// Lives in one installation at the same time.
const AT_ONCE: usize = 1_000;
/// Steps of all of them between two changes of rules.
const BETWEEN: usize = 1_250;
const WORDS: [&str; 3] = ["麒麟工程", "凤凰计划", "玄武方案"];
/// Which words each set blocks.
const SETS: [&[usize]; 3] = [&[0], &[1, 2], &[0, 2]];

fn rule_set(number: usize) -> RuleSet {
    let rule = |at: &usize| {
        let word = WORDS[*at];
        format!(
            "[[rule]]\nid = \"T-{at}\"\nname = \"试\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"{word}\"]\n\
             positive = [\"{word}\", \"有{word}的话\", \"{word}。\"]\nnegative = [\"无关\", \"别的话\", \"通知\"]\n\
             review_date = 2027-06-30\nbasis = \"test\"\n"
        )
    };
    let files = [("rules/test.toml".to_owned(), SETS[number].iter().map(rule).collect())].into_iter().collect();
    RuleSet::from_bundle(&RuleBundle { files }).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What the source says at the moment.
#[derive(Clone)]
struct Page {
    text: String,
    files: Vec<String>,
}

struct World {
    app: TestApp,
    sets: [RuleSetId; 3],
    pages: Vec<Page>,
    /// The site's number of each item's version that was looked at.
    seen: HashMap<ItemId, i64>,
    random: Random,
    steps: usize,
    shown: usize,
}

fn id(item: usize) -> ItemId {
    ItemId::of_page(&SourceId::new("s").unwrap(), &format!("http://127.0.0.1/{item}.html"))
}

/// What is held is sealed, as intake does.
async fn sealed(app: &TestApp, item: &ItemId, screening: Screening, evidence: Evidence) -> Screening {
    if screening.verdict.outcome == Outcome::Pass {
        return screening;
    }
    let (content, verdict) = (screening.content.clone(), screening.verdict.clone());
    let package = Package { content, verdict, evidence, text_hash: None, raw: None, files: Vec::new() };
    Screening { sealed: Some(app.base.sealer().seal(item, &package).await.unwrap()), ..screening }
}

impl World {
    async fn new(seed: u64) -> Self {
        let sets = [rule_set(0), rule_set(1), rule_set(2)];
        let app = TestApp::under(&sets[0]).await;
        app.register(&source("s", "http://127.0.0.1/list.html", &["127.0.0.1".into()])).await;
        let pages = (0..AT_ONCE).map(|item| Page { text: format!("第{item}件。"), files: Vec::new() }).collect();
        let sets = sets.each_ref().map(RuleSet::id);
        Self { app, sets, pages, seen: HashMap::new(), random: Random(seed), steps: 0, shown: 0 }
    }

    /// Whether the words of a set stand in a text.
    fn blocks(&self, set: RuleSetId, text: &str) -> bool {
        let number = self.sets.iter().position(|known| *known == set).unwrap();
        SETS[number].iter().any(|word| text.contains(WORDS[*word]))
    }

    /// Reads, screens and records what the source says, as the collector does in one transaction.
    async fn take_in(app: &TestApp, item: usize, page: &Page) {
        let (desk, blobs) = (&app.base.desk, &app.base.blobs);
        let mut taken: Draft = draft("关于开展检查工作的通知", &page.text);
        taken.content.unit = menhu::model::UnitId::new("daj").unwrap();
        taken.content.column = menhu::model::ColumnId::new("zwdt").unwrap();
        taken.content.source_url = format!("http://127.0.0.1/{item}.html");
        for (number, text) in page.files.iter().enumerate() {
            let blob = blobs.put(text.clone().into_bytes()).await.unwrap();
            let name = format!("附件{number}.txt");
            taken.segments.push(super::segment(Field::Attachment, text));
            taken.content.attachments.push(Attachment {
                name,
                media_type: "text/plain".into(),
                size: text.len() as u64,
                blob,
                text: Some(blob),
                url: String::new(),
            });
        }
        let evidence = Evidence { segments: taken.segments.clone(), unreadable: Vec::new() };
        let kept = blobs.put(serde_json::to_vec(&evidence).unwrap()).await.unwrap();
        let read = taken.clone();
        let (content, verdict) = match app.base.screener.screen(taken) {
            Screened::Cleared(cleared) => (cleared.bytes().to_owned(), cleared.verdict().clone()),
            Screened::Held(held) => (held.bytes().to_owned(), held.verdict().clone()),
        };
        let screening = Screening {
            content,
            verdict,
            segments: Some(kept),
            raw: None,
            text_hash: None,
            duplicate_of: None,
            flags: json!({}),
            sealed: None,
        };
        let screening = sealed(app, &id(item), screening, evidence).await;
        let mut tx = desk.begin().await.unwrap();
        if tx.rules_in_force().await.unwrap() != Some(screening.verdict.rule_set) {
            return;
        }
        let held = screening.verdict.outcome != Outcome::Pass;
        match tx.item(&id(item)).await.unwrap() {
            None => {
                let url = format!("http://127.0.0.1/{item}.html");
                let new = NewItem { id: id(item), source: Some(SourceId::new("s").unwrap()), url, screening };
                tx.insert_item(&new).await.unwrap();
            }
            Some(row) if row.content == screening.content && row.verdict.outcome == screening.verdict.outcome => return,
            Some(row) if row.status == Status::Dismissed => return,
            Some(row) => {
                tx.rescreen_item(&row.id, row.status, row.version, &screening).await.unwrap();
                if held && row.on_site.is_some() {
                    tx.enqueue(job::WITHDRAW, row.id.as_str(), &json!({"reason": "held"}), tx.now()).await.unwrap();
                }
            }
        }
        // Every second item is screened again from its kept text, the others from their rows and files.
        if !held && item.is_multiple_of(2) {
            tx.keep_text(&id(item), &pack(&read).unwrap()).await.unwrap();
        }
        let actor = Actor::System("collector".into());
        tx.audit(&actor, "item.collect", id(item).as_str(), &json!({})).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One step of one item's life. What the desk refuses, because another was faster, is refused.
    async fn step(app: &TestApp, kind: usize, item: usize, page: &Page) {
        let desk = &app.base.desk;
        let row = desk.item(&id(item)).await.unwrap();
        let seen = row.as_ref().map(|row| Seen { version: row.version, content: row.content_hash });
        let at = |status: Status| row.as_ref().filter(|row| row.status == status).and(seen);
        match kind {
            0..=5 => Self::take_in(app, item, page).await,
            6..=9 => {
                if let Some(seen) = at(Status::Queued) {
                    drop(review::approve(desk, &person("shenhe"), &id(item), seen, "").await);
                }
            }
            10..=13 => drop(app.work.publisher.publish(&id(item)).await),
            14 => {
                if let Some(seen) = at(Status::Queued) {
                    drop(review::send_back(desk, &person("shenhe"), &id(item), seen, "不妥").await);
                }
            }
            15 => {
                if row.is_some() {
                    drop(
                        review::request_withdrawal(desk, &person("shenhe"), &id(item), seen.unwrap().version, "撤")
                            .await,
                    );
                }
            }
            16 => {
                if let Some(seen) = at(Status::Quarantined) {
                    drop(review::dismiss(desk, &person("baomi"), &id(item), seen, "涉密").await);
                }
            }
            _ => app.drain_kind(&[job::WITHDRAW, job::PUBLISH]).await,
        }
    }

    /// What the source does to a page.
    fn edit(&mut self, item: usize) {
        let word = |random: &mut Random| if random.below(3) == 0 { random.of(&WORDS) } else { "有关事项" };
        match self.random.below(3) {
            0 => self.pages[item].text = format!("第{item}件，{}，{}。", word(&mut self.random), self.steps),
            1 => {
                let text = format!("附件 {} {}", word(&mut self.random), self.steps);
                self.pages[item].files = vec![text];
            }
            _ => self.pages[item].files.clear(),
        }
    }

    async fn live(&mut self) {
        let item = self.random.below(AT_ONCE);
        self.steps += 1;
        if self.random.below(4) == 0 {
            self.edit(item);
        }
        let (kind, other) = (self.random.below(18), self.random.below(18));
        let page = self.pages[item].clone();
        let app = &self.app;
        match self.random.below(8) {
            // a crash: what was begun ends between any two of its transactions
            0 => {
                let after = Duration::from_micros(self.random.below(3_000) as u64);
                drop(tokio::time::timeout(after, Self::step(app, kind, item, &page)).await);
                app.later(Duration::from_secs(600));
            }
            // two at the same time on the same item
            1 => drop(tokio::join!(Self::race(app, kind, item, &page), Self::race(app, other, item, &page))),
            _ => Self::step(app, kind, item, &page).await,
        }
        self.look_at(&id(item)).await;
    }

    /// As a step, but a transaction that lost its race may fail.
    async fn race(app: &TestApp, kind: usize, item: usize, page: &Page) {
        // taking in is one source's turn, which has a lease; two of them never run
        if kind > 5 {
            Self::step(app, kind, item, page).await;
        }
    }

    /// What holds for an item at every moment.
    async fn look_at(&mut self, item: &ItemId) {
        let Some(shown) = self.app.work.publisher.site.item(item).await.unwrap() else { return };
        let permit = shown.permit().unwrap();
        self.app.base.verifier.verify(&permit, &shown.id, &shown.content).unwrap();
        assert_eq!(permit.outcome, Outcome::Pass);
        assert_eq!(permit.decision.content, Content::hash_of(&shown.content), "decided for other bytes");
        let text = self.everything(&shown.content).await;
        assert!(!self.blocks(permit.rule_set, &text), "{item} was never cleared: {text}");
        if self.seen.insert(item.clone(), shown.seq) != Some(shown.seq) {
            let now = self.app.base.desk.rules_in_force().await.unwrap().unwrap().id;
            assert_eq!(permit.rule_set, now, "{item} was published under rules that were not in force");
            self.shown += 1;
        }
    }

    /// Title, text and files of what the site shows, from the site's own bytes.
    async fn everything(&self, content: &str) -> String {
        let content: Content = serde_json::from_str(content).unwrap();
        let mut text = format!("{}\n{}\n{}", content.title, content.text, content.html);
        for file in &content.attachments {
            let bytes = self.app.work.publisher.site_blobs.get(&file.blob).await.unwrap();
            text.push_str(&String::from_utf8(bytes).unwrap());
        }
        text
    }

    /// Other rules; once everything was screened again, nothing that they block is public.
    async fn change_rules(&mut self, number: usize) {
        for _ in 0..self.random.below(3) {
            self.live().await;
        }
        self.look_at_all().await;
        self.app.rules(&rule_set(number)).await;
        // until the jobs run, a publisher that still has the old set must publish nothing under it
        for _ in 0..self.random.below(12) {
            self.live().await;
        }
        if self.random.below(3) == 0 {
            let after = Duration::from_millis(self.random.below(40) as u64);
            drop(tokio::time::timeout(after, self.app.drain_kind(&[job::RESCREEN])).await);
            self.app.later(Duration::from_secs(3_600));
        }
        rules::refresh(&self.app.base.desk, &self.app.base.verifier, &self.app.base.screener).await.unwrap();
        for _ in 0..3 {
            self.app.drain_kind(&[job::RESCREEN, job::WITHDRAW, job::PUBLISH]).await;
            self.app.later(Duration::from_secs(3_600));
        }
        for shown in self.app.work.publisher.site.items_after(None, 10_000).await.unwrap() {
            let text = self.everything(&shown.content).await;
            assert!(!self.blocks(self.sets[number], &text), "{} is public: {text}", shown.id);
        }
        self.look_at_all().await;
    }

    async fn look_at_all(&mut self) {
        for shown in self.app.work.publisher.site.items_after(None, 10_000).await.unwrap() {
            self.look_at(&shown.id).await;
        }
    }

    /// Lists, and the pages and files of every fifth item, as the portal gives them out.
    async fn ask_the_portal(&self, number: usize) -> usize {
        let (config, site_folder) = (&self.app.config, self.app.config.data.site.clone());
        let words = Words::load();
        let front = router(Portal {
            site: Site::open_read_only(&app::site_place(config).unwrap(), self.app.clock.clone()).await.unwrap(),
            index: std::sync::Arc::new(IndexReader::open_read_only(&app::index_folder(config), &words).unwrap()),
            blobs: Blobs::open_read_only(&site_folder.join("blobs")),
            verifier: self.app.base.verifier.clone(),
            config: std::sync::Arc::new(config.portal.clone()),
            inbox: config.data.inbox.clone(),
            clock: self.app.clock.clone(),
        });
        let mut paths =
            vec!["/".to_owned(), "/columns/zwdt".into(), "/columns/zwdt/feed.atom".into(), "/sitemap.xml".into()];
        for item in (0..AT_ONCE).step_by(5) {
            paths.push(format!("/items/{}", id(item)));
            paths.push(format!("/items/{}/files/%E9%99%84%E4%BB%B60.txt", id(item)));
            paths.push(format!("/api/v1/items/{}", id(item)));
        }
        let mut given = 0;
        for path in paths {
            let answer = front.clone().oneshot(Request::get(&path).body(Body::empty()).unwrap()).await.unwrap();
            let status = answer.status();
            let bytes = axum::body::to_bytes(answer.into_body(), 16 << 20).await.unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!self.blocks(self.sets[number], &text), "{path}: {text}");
            given += usize::from(status == StatusCode::OK);
        }
        given
    }
}

#[test]
fn whatever_the_order_nothing_uncleared_is_public() {
    let wanted: usize = std::option_env!("MENHU_LIVES").and_then(|text| text.parse().ok()).unwrap_or(USUAL);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut lives, mut steps, mut shown, mut given, mut changes) = (0, 0, 0, 0, 0);
    while lives < wanted {
        runtime.block_on(async {
            let mut world = World::new(0x6C69_7665_7300 + lives as u64 * 7).await;
            let mut number = 0;
            for change in 1..=6 {
                for _ in 0..BETWEEN {
                    world.live().await;
                }
                number = change % 3;
                world.change_rules(number).await;
                changes += 1;
                if change == 3 {
                    world.app = world.app.reopen().await;
                }
            }
            world.app.drain().await;
            given += world.ask_the_portal(number).await;
            let check = world.app.base.desk.verify_audit().await.unwrap();
            assert!(check.broken.is_none(), "{:?}", check.broken);
            steps += world.steps;
            shown += world.shown;
        });
        lives += AT_ONCE;
    }
    println!(
        "{lives} lives, {steps} steps, {changes} changes of rules: {shown} versions were public, {given} answers of the portal"
    );
    assert!(shown * 4 > lives, "too little came to be public");
}
