//! The site: only what has a permit, one feed in commit order, readable by who may not write.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use menhu::model::{
    Attachment, BlobId, Clock, ColumnId, Content, Digest, ItemId, Link, LinkKind, Permit, PermitKey, PermitVerifier,
    Timestamp,
};
use menhu::store::{FeedOp, Place, Site, StoreError};

use super::{Bed, column, content, decision, on_both, rules, unit};

on_both!(
    publishing_is_repeatable,
    no_item_without_a_permit,
    lists_and_neighbours,
    the_feed_is_in_commit_order,
    a_reader_cannot_write
);

fn id(text: &str) -> ItemId {
    ItemId::new(text).unwrap()
}

/// Content bytes and a permit that is signed for them.
fn permitted(key: &PermitKey, item: &str, content: &Content) -> (String, Permit) {
    let bytes = content.bytes().unwrap();
    let hash = Content::hash_of(&bytes);
    let permit = key.sign(id(item), hash, rules("one"), decision(hash), Timestamp(9)).unwrap();
    (bytes, permit)
}

fn key() -> PermitKey {
    PermitKey::from_pkcs8(&PermitKey::generate().unwrap()).unwrap()
}

async fn publish(site: &Site, key: &PermitKey, item: &str, title: &str, day: &str) -> i64 {
    let content = Content { published: Some(day.parse().unwrap()), ..content(title) };
    let (bytes, permit) = permitted(key, item, &content);
    site.publish(&id(item), &bytes, &permit).await.unwrap()
}

async fn publishing_is_repeatable(bed: Bed) {
    let (site, key) = (bed.site().await, key());
    let file = Attachment {
        name: "附件1.pdf".into(),
        media_type: "application/pdf".into(),
        size: 7,
        blob: BlobId(Digest::of(b"pdf")),
        text: Some(BlobId(Digest::of(b"text"))),
        url: "http://a/1.pdf".into(),
    };
    let with_file = Content { attachments: vec![file.clone()], ..content("通知") };
    let (bytes, permit) = permitted(&key, "i1", &with_file);
    for _ in 0..3 {
        assert_eq!(site.publish(&id("i1"), &bytes, &permit).await.unwrap(), 1);
    }
    let item = site.item(&id("i1")).await.unwrap().unwrap();
    assert_eq!((item.content.as_str(), item.seq), (bytes.as_str(), 1));
    let verifier = PermitVerifier::from_text(&key.public_text()).unwrap();
    verifier.verify(&item.permit().unwrap(), &item.id, &item.content).unwrap();
    let found = site.attachment(&id("i1"), "附件1.pdf").await.unwrap().unwrap();
    assert_eq!((found.blob, found.size), (file.blob, 7));
    assert_eq!(site.items_with_blob(&file.text.unwrap()).await.unwrap(), vec![id("i1")]);

    let new_key = self::key();
    let (_, renewed) = permitted(&new_key, "i1", &with_file);
    assert_eq!(site.publish(&id("i1"), &bytes, &renewed).await.unwrap(), 1, "signed anew, nothing else changed");
    assert_eq!(site.item(&id("i1")).await.unwrap().unwrap().permit().unwrap(), renewed);

    let (changed, permit) = permitted(&key, "i1", &content("通知（更正）"));
    assert_eq!(site.publish(&id("i1"), &changed, &permit).await.unwrap(), 2);
    assert_eq!(site.attachment(&id("i1"), "附件1.pdf").await.unwrap(), None);
    assert_eq!(site.withdraw(&id("i1")).await.unwrap(), Some(3));
    assert_eq!(site.withdraw(&id("i1")).await.unwrap(), None);
    assert_eq!((site.item(&id("i1")).await.unwrap(), site.last_seq().await.unwrap()), (None, 3));
    let ops: Vec<_> = site.feed_after(1, 10).await.unwrap().into_iter().map(|event| (event.seq, event.op)).collect();
    assert_eq!(ops, [(2, FeedOp::Publish), (3, FeedOp::Withdraw)]);
    site.scrub().await.unwrap();
}

async fn no_item_without_a_permit(bed: Bed) {
    let (site, key) = (bed.site().await, key());
    let (bytes, permit) = permitted(&key, "i1", &content("通知"));
    for (item, bytes) in [("i2", bytes.clone()), ("i1", content("别的").bytes().unwrap())] {
        assert!(matches!(site.publish(&id(item), &bytes, &permit).await, Err(StoreError::Refused(_))));
    }
    site.publish(&id("i1"), &bytes, &permit).await.unwrap();
    for sql in [
        "UPDATE items SET permit = NULL",
        "UPDATE items SET permit = ''",
        "UPDATE items SET permit_hash = 'x'",
        "UPDATE items SET content_hash = permit",
    ] {
        assert!(bed.raw("site", sql).await.is_err(), "{sql}");
    }
}

async fn lists_and_neighbours(bed: Bed) {
    let (site, key) = (bed.site().await, key());
    for (item, day) in [("a", "2008-01-01"), ("b", "2008-01-03"), ("c", "2008-01-02"), ("d", "2008-01-02")] {
        publish(&site, &key, item, item, day).await;
    }
    let zwdt = ColumnId::new("zwdt").unwrap();
    let ids =
        |items: Vec<menhu::store::SiteItem>| items.into_iter().map(|item| item.id.to_string()).collect::<String>();
    assert_eq!(ids(site.column_page(&zwdt, 0, 10).await.unwrap()), "bdca");
    assert_eq!(ids(site.column_page(&zwdt, 1, 2).await.unwrap()), "dc");
    assert_eq!(ids(site.newest(None, 3).await.unwrap()), "bdc");
    assert_eq!(ids(site.items(&[id("c"), id("x"), id("a")]).await.unwrap()), "ca");
    assert_eq!(ids(site.items_after(Some(&id("b")), 10).await.unwrap()), "cd");
    assert_eq!(site.sitemap_after(None, 10).await.unwrap().len(), 4);
    let beside = site.neighbours(&id("c")).await.unwrap();
    assert_eq!(beside.newer.map(|item| item.id), Some(id("d")));
    assert_eq!(beside.older.map(|item| item.id), Some(id("a")));
    assert_eq!(site.neighbours(&id("b")).await.unwrap().newer, None);
    assert_eq!((site.count(None).await.unwrap(), site.count(Some(&zwdt)).await.unwrap()), (4, 4));
    let stats = site.column_stats().await.unwrap();
    assert_eq!((stats.len(), stats[0].count, stats[0].newest.minute().as_str()), (1, 4, "2008-01-03 00:00"));

    let link = Link { kind: LinkKind::Home, unit: unit().id, title: "档案局".into(), url: "http://a/".into() };
    site.put_columns(&[column("b"), column("a")]).await.unwrap();
    site.put_columns(&[column("zwdt")]).await.unwrap();
    site.put_units(&[unit()]).await.unwrap();
    site.put_links(std::slice::from_ref(&link)).await.unwrap();
    assert_eq!(site.columns().await.unwrap(), vec![column("zwdt")]);
    assert_eq!((site.units().await.unwrap(), site.links().await.unwrap()), (vec![unit()], vec![link]));
    assert_eq!(site.unit(&unit().id).await.unwrap(), Some(unit()));
}

async fn the_feed_is_in_commit_order(bed: Bed) {
    let site = bed.site().await;
    let reader = site.clone();
    let following = tokio::spawn(async move {
        let mut seen = Vec::new();
        while seen.len() < 80 {
            let events = reader.feed_after(seen.last().copied().unwrap_or(0), 100).await.unwrap();
            seen.extend(events.into_iter().map(|event| event.seq));
        }
        seen
    });
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let site = site.clone();
            tokio::spawn(async move {
                let key = key();
                for number in 0..10 {
                    publish(&site, &key, &format!("w{writer}-{number}"), "题", "2008-01-01").await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(following.await.unwrap(), (1..=80).collect::<Vec<_>>(), "a follower misses nothing");
}

async fn a_reader_cannot_write(bed: Bed) {
    assert!(matches!(Site::open_read_only(&bed.place, bed.clock.clone()).await, Err(StoreError::Open { .. })));
    let (site, key) = (bed.site().await, key());
    let portal = Site::open_read_only(&bed.place, bed.clock.clone()).await.unwrap();
    publish(&site, &key, "a", "题", "2008-01-01").await;
    assert!(portal.item(&id("a")).await.unwrap().is_some(), "it sees what is written after it was opened");
    assert!(matches!(portal.withdraw(&id("a")).await, Err(StoreError::Refused(_))));
    assert!(matches!(portal.put_links(&[]).await, Err(StoreError::Refused(_))));
    site.withdraw(&id("a")).await.unwrap();
    assert_eq!(portal.item(&id("a")).await.unwrap(), None, "withdrawn is gone at once");
}

/// Another process, under another user where the tests run as root: opens the site in the folder that is named on its
/// input, and says the last `seq` for each line that it gets. Not a test of its own.
#[tokio::test]
#[ignore = "the other process of a_reader_of_another_user"]
async fn reader_of_another_user() {
    let mut lines = std::io::stdin().lines().map_while(Result::ok);
    let place = Place::Sqlite(lines.next().unwrap().into());
    let site = match Site::open_read_only(&place, Clock::System).await {
        Ok(site) => site,
        Err(error) => return println!("\nseq failed: {error}"),
    };
    println!("\nseq {}", site.last_seq().await.unwrap());
    for _ in lines {
        println!("\nseq {}", site.last_seq().await.unwrap());
    }
}

/// That process, and what it says.
struct Reader {
    process: std::process::Child,
    says: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Reader {
    fn start(bed: &Bed) -> Self {
        // A copy, for the folder of the build may be closed to others.
        let program = bed.folder.path().join("reader");
        if !program.exists() {
            std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        }
        let mut command = Command::new("setpriv");
        if !are_root() {
            command = Command::new("env");
        } else {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.arg(&program).args(["--exact", "--ignored", "--nocapture", "store::site::reader_of_another_user"]);
        let mut process =
            command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("another process");
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut reader = Self { process, says };
        reader.ask(&bed.folder.path().display().to_string());
        reader
    }

    fn ask(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn answer(&mut self) -> String {
        self.says.by_ref().map_while(Result::ok).find(|line| line.starts_with("seq ")).expect("an answer")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}

fn are_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// Stops the one who writes: in order, or by dropping it, as a command does that ends.
async fn a_reader_of_another_user(in_order: bool) {
    use std::os::unix::fs::PermissionsExt as _;
    let bed = Bed::sqlite();
    std::fs::set_permissions(bed.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (site, key) = (bed.site().await, key());
    publish(&site, &key, "a", "题", "2008-01-01").await;
    let mut reader = Reader::start(&bed);
    assert_eq!(reader.answer(), "seq 1", "while a writer has it open");
    publish(&site, &key, "b", "题", "2008-01-01").await;
    reader.ask("again");
    assert_eq!(reader.answer(), "seq 2");
    drop(reader);
    if in_order {
        site.close().await;
    }
    drop(site);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;

    let mut reader = Reader::start(&bed);
    assert_eq!(reader.answer(), "seq 2", "started while no writer runs");
    let site = bed.site().await;
    publish(&site, &key, "c", "题", "2008-01-01").await;
    reader.ask("again");
    assert_eq!(reader.answer(), "seq 3", "and the writer came back");
    site.close().await;
    reader.ask("again");
    assert_eq!(reader.answer(), "seq 3", "and went");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_another_user_outlives_an_ordered_stop() {
    a_reader_of_another_user(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_another_user_outlives_a_dropped_writer() {
    a_reader_of_another_user(false).await;
}
