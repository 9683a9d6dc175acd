//! Attachments that cannot be had, or are not what they say: the item is held with the reason, never published.

use std::time::Duration;

use menhu::model::{ItemId, SourceId, Status};

use super::origin::{Origin, page};
use crate::testapp::{TestApp, source};

fn with_file(title: &str, file: &str) -> String {
    page(title, &format!("附件：<a href=\"{file}\">名单.pdf</a>"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_not_there_or_not_what_they_say_hold_the_item() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    let cases = [
        ("/a/1.html", "/f/gone.pdf", "the attachment is gone: the server answered 404"),
        ("/a/2.html", "/f/lies.pdf", ""),
        ("/a/3.html", "/f/error.pdf", "the attachment could not be fetched: the server answered 500"),
        ("/a/4.html", "/f/program.pdf", ""),
        ("/a/5.html", "/f/broken.pdf", ""),
    ];
    let title = "关于公布名单的通知公告";
    for (path, file, _) in &cases {
        origin.put(path, with_file(title, file));
    }
    origin.put("/a/6.html", page(title, "附件：<a href=\"/f/plain.txt\">名单.txt</a>"));
    origin.put_as("/f/lies.pdf", 200, "application/pdf", b"PK\x03\x04 not a document at all".to_vec());
    origin.put_as("/f/error.pdf", 500, "text/plain", "no");
    origin.put_as("/f/program.pdf", 200, "application/pdf", b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec());
    origin.put_as("/f/broken.pdf", 200, "application/pdf", b"%PDF-1.7\n1 0 obj\n<<".to_vec());
    origin.put_as("/f/plain.txt", 200, "text/plain; charset=utf-8", "甲乙丙三人");
    origin.relist(&["/a/1.html", "/a/2.html", "/a/3.html", "/a/4.html", "/a/5.html", "/a/6.html"].map(|p| (p, title)));
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.approve_all().await;
    app.drain().await;
    for (path, file, reason) in &cases {
        let row = app.item("s", &origin.url(path)).await.unwrap();
        assert_eq!(row.status, Status::Quarantined, "{file}: {:?}", row.verdict);
        assert!(row.verdict.unreadable.iter().all(|part| part.reason.is_empty()), "the row says no word");
        let parts = app.opened(&row).await.verdict.unreadable;
        assert!(parts.iter().any(|part| part.reason.contains(reason) && !part.reason.is_empty()), "{file}: {parts:?}");
        assert!(!app.shows("s", &origin.url(path)).await, "{file}");
    }
    assert!(app.shows("s", &origin.url("/a/6.html")).await, "{:?}", app.item("s", &origin.url("/a/6.html")).await);
}

/// The file that failed is looked at again, and the item is then what it should have been from the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_comes_back_frees_the_item_for_the_queue() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    origin.publish(&[("/a/1.html", "关于公布名单的通知公告", "附件：<a href=\"/f/1.txt\">名单.txt</a>")]);
    origin.put_as("/f/1.txt", 500, "text/plain", "no");
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    assert_eq!(app.item("s", &origin.url("/a/1.html")).await.unwrap().status, Status::Quarantined);
    origin.put_as("/f/1.txt", 200, "text/plain; charset=utf-8", "甲乙丙三人");
    app.later(Duration::from_secs(2 * 3600));
    app.round("s").await;
    let row = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    assert_eq!(row.status, Status::Queued, "{:?}", row.verdict);
    assert!(row.content.contains("名单.txt"));
}

/// Every byte of every file under a folder.
fn found(folder: &std::path::Path, words: &[&[u8]]) -> Vec<String> {
    let mut hits = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hits.extend(found(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let in_file = |word: &&[u8]| bytes.windows(word.len()).any(|window| window == *word);
        hits.extend(
            words
                .iter()
                .filter(|word| in_file(word))
                .map(|word| format!("{} in {}", String::from_utf8_lossy(word), path.display())),
        );
    }
    hits
}

/// `withdraw --erase`: not one byte of the words stays in rows, files, or the index, and what is sealed never had any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_leaves_no_byte_of_the_words() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    let words: [&[u8]; 3] = ["zqxjkvzq".as_bytes(), "鬯龘鱻".as_bytes(), "靁飍馫".as_bytes()];
    origin
        .put("/a/1.html", page("关于鬯龘鱻事项的通知", "内有zqxjkvzq字样。附件：<a href=\"/f/1.txt\">靁飍馫.txt</a>"));
    origin.put_as("/f/1.txt", 200, "text/plain; charset=utf-8", "附件里也有zqxjkvzq和靁飍馫。");
    // The same words behind the gate: an identity number blocks it.
    origin.put("/a/2.html", page("关于鬯龘鱻人员的通知", "zqxjkvzq，身份证号：11010519491231002X"));
    origin.put("/a/3.html", page("关于其他事项的通知", "现将有关事项通知如下。"));
    origin.put("/a/4.html", page("关于鬯龘鱻工作的通知", "又有zqxjkvzq字样。"));
    let rows = ["/a/1.html", "/a/2.html", "/a/3.html", "/a/4.html"];
    origin.relist(&[
        (rows[0], "关于鬯龘鱻事项的通知"),
        (rows[1], "关于鬯龘鱻人员的通知"),
        (rows[2], "关于其他事项的通知"),
        (rows[3], "关于鬯龘鱻工作的通知"),
    ]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.approve_all().await;
    app.drain().await;
    assert!(app.shows("s", &origin.url("/a/1.html")).await);
    assert_eq!(app.item("s", &origin.url("/a/2.html")).await.unwrap().status, Status::Quarantined);
    assert!(found(app.dir.path(), &words).len() >= 6, "{:?}", found(app.dir.path(), &words));

    let actor = menhu::model::Actor::System("test".into());
    // As the desk does it, with the index at hand, and as the command line beside it, whose words the desk takes out.
    let beside = app.base.withdrawal_without_index().await.unwrap();
    let id_of = |path: &str| ItemId::of_page(&SourceId::new("s").unwrap(), &origin.url(path));
    let held = app.work.withdrawal.withdraw(&id_of("/a/2.html"), &actor, "泄密", true).await;
    assert!(held.unwrap_err().to_string().contains("menhu quarantine destroy"), "what is sealed takes two officers");
    for (path, withdrawal) in [("/a/1.html", &app.work.withdrawal), ("/a/4.html", &beside)] {
        let id = id_of(path);
        withdrawal.withdraw(&id, &actor, "泄密", true).await.unwrap();
        app.drain().await;
    }
    beside.site.close().await;
    let left = found(app.dir.path(), &words);
    assert!(left.is_empty(), "{left:#?}");
    assert!(app.shows("s", &origin.url("/a/3.html")).await);
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}
