//! Screening everything again after a change of rules, and a trial before it: how many published items a second, and
//! what of it is the gate, reading and writing.
//!
//! `cargo bench --bench rescreen`, or with a number of items behind `--`. Items of 5 KB of text with their markup and the
//! texts that were read beside them, each with an evidence file of its own, in SQLite as an installation has it (WAL,
//! `synchronous` FULL, `secure_delete`). One item in a thousand is on the site and has the word that the change adds: it
//! is taken off and sealed while the others are read; the rest pass. Wall clock and processor time of
//! this process; the files are in the page cache.

#![allow(clippy::print_stdout, reason = "a bench is read on standard output")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use menhu::blob::Blobs;
use menhu::flow::intake::Evidence;
use menhu::flow::kept_text::pack;
use menhu::flow::officer_key::DeskKeys;
use menhu::flow::publish::Publisher;
use menhu::flow::quarantine::{Sealer, escrow};
use menhu::flow::rule_trial::{self, Told};
use menhu::flow::withdraw::Withdrawal;
use menhu::flow::{rescreen, rules, setup};
use menhu::model::{
    Actor, Basis, BlobId, Clock, Column, ColumnId, ColumnMode, Content, Decision, Digest, Draft, Field, ItemId,
    PermitKey, PermitVerifier, PersonId, Segment, Status, Unit, UnitClass, UnitId,
};
use menhu::screen::{RuleSet, Screened, Screener};
use menhu::store::{Change, Desk, NewItem, Place, Screening, Site};
use serde_json::json;

const ITEMS: usize = 20_000;
/// One item in so many has the new word.
const HIT: usize = 1_000;
/// The new word.
const WORD: &str = "麒麟工程";
/// Items written in one change while the desk is filled.
const FILLED: usize = 1_000;
const TEXT: &str = "各区县人民政府,市政府各部门、各直属机构:为进一步规范政府信息公开工作,提高服务水平,现将有关事项通知如下。\
                    一、加强组织领导,明确责任分工。二、完善工作机制,及时更新内容。三、做好监督检查,年终进行考核。\n";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let items = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(ITEMS);
    let folder = tempfile::tempdir()?;
    let publisher = publisher(folder.path()).await?;
    fill(&publisher, folder.path(), items).await?;
    let bytes: u64 = std::fs::metadata(folder.path().join("desk/desk.sqlite"))?.len();
    println!("{items} published items, desk.sqlite {} MB", bytes >> 20);

    gate_alone(&publisher, items);
    let (began, spent) = (Instant::now(), processor()?);
    let told = Told::Terminal(Box::new(|_| {}));
    let course = rule_trial::walk(&publisher.desk, &publisher.desk_blobs, changed()?, false, &told).await?;
    say("trial (read, screen)", course.seen, began.elapsed(), processor()? - spent);

    put_in_force(&publisher, changed()?).await?;
    let withdrawal = Withdrawal {
        desk: publisher.desk.clone(),
        desk_blobs: publisher.desk_blobs.clone(),
        site: publisher.site.clone(),
        site_blobs: publisher.site_blobs.clone(),
        indexing: None,
    };
    let (began, spent) = (Instant::now(), processor()?);
    let done = rescreen::rescreen(&publisher, &withdrawal, &[]).await?;
    say("rescreen (read, screen, write, take off)", done.screened, began.elapsed(), processor()? - spent);
    for number in (0..items).filter(|number| is_hit(*number)) {
        assert!(publisher.site.item(&id_of(number)?).await?.is_none(), "item {number} is off the site");
    }
    println!("{} of them were taken off the site meanwhile", done.held);
    Ok(())
}

fn say(what: &str, items: u64, wall: Duration, processor: Duration) {
    let each = |span: Duration| span.as_secs_f64() * 1e6 / items.max(1) as f64;
    let million = wall.as_secs_f64() * 1e6 / items.max(1) as f64;
    println!(
        "{what}: {items} items in {:.2} s, {:.1} µs wall and {:.1} µs processor an item; a million in {million:.0} s",
        wall.as_secs_f64(),
        each(wall),
        each(processor)
    );
}

/// Processor time of this process.
fn processor() -> Outcome<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let after = text.rsplit(')').next().unwrap_or_default();
    let field = |at: usize| after.split_whitespace().nth(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    Ok(Duration::from_millis((field(11) + field(12)) * 10))
}

/// The gate by itself on one core, everything in memory.
fn gate_alone(publisher: &Publisher, items: usize) {
    let rounds = items.min(2_000);
    let drafts: Vec<Draft> = (0..rounds).map(draft).collect();
    let began = Instant::now();
    for draft in drafts {
        assert!(matches!(publisher.screener.screen(draft), Screened::Cleared(_)));
    }
    say("gate alone, one core", rounds as u64, began.elapsed(), began.elapsed());
}

fn shipped() -> Outcome<RuleSet> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(RuleSet::load(&root.join("rules"), &root.join("dictionaries"))?)
}

fn changed() -> Outcome<RuleSet> {
    let mut bundle = shipped()?.bundle().clone();
    bundle.files.insert("dictionaries/more.csv".into(), format!("词,级别,处置\n{WORD},机密,阻断\n"));
    Ok(RuleSet::from_bundle(&bundle)?)
}

async fn put_in_force(publisher: &Publisher, set: RuleSet) -> Outcome<()> {
    let system = |part: &str| Actor::System(part.into());
    let number = rules::propose(&publisher.desk, &set, &system("release"), "").await?;
    rules::approve(&publisher.desk, number, &system("init"), &publisher.key).await?;
    publisher.screener.swap(set);
    Ok(())
}

async fn publisher(folder: &Path) -> Outcome<Publisher> {
    let desk = Desk::open(&Place::Sqlite(folder.join("desk")), Clock::System).await?;
    let site = Site::open(&Place::Sqlite(folder.join("site")), Clock::System).await?;
    let unit = Unit {
        id: UnitId::new("daj")?,
        name: "市档案局".into(),
        short: "档案局".into(),
        class: UnitClass::Department,
        home: None,
        aliases: Vec::new(),
    };
    let column = Column {
        id: ColumnId::new("zwdt")?,
        name: "政务动态".into(),
        description: String::new(),
        keywords: String::new(),
        kind: "工作动态".into(),
        mode: ColumnMode::Centre,
        position: 1,
        target: None,
    };
    let register = setup::Register { units: vec![unit], columns: vec![column], ..setup::Register::default() };
    setup::put(&desk, &register, &Actor::System("bench".into())).await?;
    let key = PermitKey::from_pkcs8(&PermitKey::generate()?)?;
    let desk_blobs = Blobs::open(&folder.join("desk/blobs"))?;
    let verifier = Arc::new(PermitVerifier::from_text(&key.public_text())?);
    let publisher = Publisher {
        sealer: Sealer { desk: desk.clone(), blobs: desk_blobs.clone(), verifier },
        desk,
        desk_blobs,
        site,
        site_blobs: Blobs::open(&folder.join("site/blobs"))?,
        screener: Arc::new(Screener::new(shipped()?, Duration::from_secs(10))),
        key: Arc::new(key),
        render: Arc::new(|_, content, _| Ok(content.html.clone())),
    };
    let keys = folder.join("keys");
    std::fs::create_dir_all(&keys)?;
    let verifier = publisher.sealer.verifier.clone();
    escrow::settle(&publisher.desk, &DeskKeys { permit: publisher.key.clone(), verifier, folder: keys }).await?;
    put_in_force(&publisher, shipped()?).await?;
    Ok(publisher)
}

/// An item of 5 KB of text, its markup, and a page around it.
fn draft(number: usize) -> Draft {
    let begin = if is_hit(number) {
        format!("第{number}号通知,关于{WORD}。\n")
    } else {
        format!("第{number}号通知。\n")
    };
    let text: String = std::iter::once(begin).chain((0..13).map(|_| TEXT.to_owned())).collect();
    let content = Content {
        title: format!("关于做好第{number}项工作的通知"),
        html: text.lines().map(|line| format!("<p>{line}</p>")).collect(),
        published: None,
        written: None,
        origin: "市档案局".into(),
        author: None,
        document_number: None,
        index_number: None,
        source_url: format!("http://daj.example/{number}.html"),
        unit: UnitId::new("daj").unwrap_or_else(|_| unreachable!("an id")),
        column: ColumnId::new("zwdt").unwrap_or_else(|_| unreachable!("an id")),
        attachments: Vec::new(),
        text,
    };
    let page = Segment::new(Field::Page, "", format!("{number}\n{}", "首页 政务公开 办事服务 互动交流\n".repeat(8)));
    Draft { content, source: None, segments: vec![page], unreadable: Vec::new() }
}

fn is_hit(number: usize) -> bool {
    number % HIT == HIT / 2
}

fn id_of(number: usize) -> Outcome<ItemId> {
    Ok(ItemId::new(format!("item{number:08}"))?)
}

async fn fill(publisher: &Publisher, folder: &Path, items: usize) -> Outcome<()> {
    let person = PersonId::new("shenhe")?;
    for first in (0..items).step_by(FILLED) {
        let mut tx = publisher.desk.begin().await?;
        for number in first..items.min(first + FILLED) {
            let draft = draft(number);
            let evidence = Evidence { segments: draft.segments.clone(), unreadable: Vec::new() };
            let evidence = keep(folder, &serde_json::to_vec(&evidence)?)?;
            let read = draft.clone();
            let Screened::Cleared(cleared) = publisher.screener.screen(draft) else { return Err("it is held".into()) };
            let id = id_of(number)?;
            let screening = Screening {
                content: cleared.bytes().to_owned(),
                verdict: cleared.verdict().clone(),
                segments: Some(evidence),
                raw: None,
                text_hash: None,
                duplicate_of: None,
                flags: json!({}),
                sealed: None,
            };
            tx.insert_item(&NewItem { id: id.clone(), source: None, url: String::new(), screening }).await?;
            tx.keep_text(&id, &pack(&read).ok_or("it is too long")?).await?;
            let decision = Decision {
                basis: Basis::Person { person: person.clone() },
                content: cleared.hash(),
                at: tx.now(),
                note: String::new(),
            };
            tx.move_item(&id, Status::Queued, 1, &Change::Approve(decision.clone())).await?;
            let mut seq = i64::try_from(number)? + 1;
            if is_hit(number) {
                let permit = publisher.key.sign(id.clone(), cleared.hash(), cleared.rule_set(), decision, tx.now())?;
                seq = publisher.site.publish(&id, cleared.bytes(), &permit).await?;
            }
            tx.move_item(&id, Status::Approved, 2, &Change::Publish { seq }).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Keeps a blob without waiting for the disk, which `Blobs::put` does for each.
fn keep(folder: &Path, bytes: &[u8]) -> Outcome<BlobId> {
    let id = BlobId(Digest::of(bytes));
    let name = id.to_string();
    let place = folder.join("desk/blobs").join(&name[..2]).join(&name[2..4]);
    std::fs::create_dir_all(&place)?;
    std::fs::write(place.join(&name), bytes)?;
    Ok(id)
}
