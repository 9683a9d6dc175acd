//! The reading child: it can do nothing but read what it is given, and whatever happens to it is an outcome.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use menhu::extract::{Kind, Probe, ReadLimits, Reader};
use menhu::model::Profile;

fn reader(time: Duration, memory: u64) -> Reader {
    let limits = ReadLimits { at_once: 2, time, memory: memory << 20 };
    Reader::new(PathBuf::from(env!("CARGO_BIN_EXE_menhu")), limits)
}

fn usual() -> Reader {
    reader(Duration::from_secs(20), 512)
}

async fn still_works(reader: &Reader) {
    let page = "<title>关于开展检查的通知</title><p>发布日期：2021-04-02</p><div id=zoom><p>各县（市、区）人民政府，市政府各部门：现将有关事项通知如下，请认真贯彻执行。</p></div>";
    let read = reader.page(page.as_bytes().to_vec(), "http://a.gov.cn/1.html", None, None).await;
    assert_eq!((read.title.as_str(), read.unreadable.len()), ("关于开展检查的通知", 0), "{read:?}");
}

#[tokio::test]
async fn no_files_no_network_no_programs() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.txt");
    std::fs::write(&secret, "x").unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let reader = usual();
    let tries = [
        Probe::ReadFile(secret.clone()),
        Probe::ReadFile("/proc/self/environ".into()),
        Probe::WriteFile(folder.path().join("new.txt")),
        Probe::WriteFile(secret),
        Probe::Connect(listener.local_addr().unwrap()),
        Probe::Execute("/bin/true".into()),
    ];
    for probe in tries {
        let report = reader.probe(probe.clone()).await.unwrap();
        assert!(!report.done, "{probe:?} was possible");
    }
    assert!(!folder.path().join("new.txt").exists());
    still_works(&reader).await;
}

#[tokio::test]
async fn time_is_limited() {
    let reader = reader(Duration::from_millis(1500), 512);
    let begun = Instant::now();
    let reason = reader.probe(Probe::Sleep(60_000)).await.unwrap_err();
    assert!(reason.contains("took longer"), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(15));
    still_works(&reader).await;
}

#[tokio::test]
async fn memory_is_limited() {
    let reader = reader(Duration::from_secs(20), 128);
    assert!(reader.probe(Probe::Fill(32 << 20)).await.unwrap().done);
    let reason = reader.probe(Probe::Fill(512 << 20)).await.unwrap_err();
    assert!(reason.contains("memory"), "{reason}");
    still_works(&reader).await;
}

#[tokio::test]
async fn a_crash_and_a_panic_are_outcomes() {
    let reader = usual();
    let mut pdf = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n".to_vec();
    pdf.extend(std::iter::repeat_n(b'[', 200_000));
    pdf.extend_from_slice(b"\nendobj\ntrailer<</Root 1 0 R>>\n");
    let read = reader.document("深.pdf", pdf).await;
    assert!(!read.unreadable.is_empty(), "{read:?}");
    assert_eq!(read.unreadable[0].place, "深.pdf");
    let reason = reader.probe(Probe::Panic).await.unwrap_err();
    assert!(reason.contains("as asked"), "{reason}");
    still_works(&reader).await;
}

#[tokio::test]
async fn lazy_tables_work_inside() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/documents/generated/5344150.pdf");
    let Ok(bytes) = std::fs::read(path) else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    let read = usual().document("5344150.pdf", bytes).await;
    assert_eq!(read.kind, Kind::Pdf);
    assert!(read.text.contains("国家自主创新示范区") && read.unreadable.is_empty(), "{:?}", read.unreadable);
}

#[tokio::test]
async fn what_is_dropped_is_killed_and_the_pool_goes_on() {
    let reader = reader(Duration::from_secs(30), 512);
    for _ in 0..4 {
        let probe = reader.probe(Probe::Sleep(60_000));
        assert!(tokio::time::timeout(Duration::from_millis(400), probe).await.is_err());
    }
    still_works(&reader).await;
}

#[tokio::test]
async fn a_program_that_is_none_is_an_outcome() {
    let limits = ReadLimits { at_once: 1, time: Duration::from_secs(5), memory: 64 << 20 };
    let reader = Reader::new("/nonexistent/menhu".into(), limits);
    assert!(!reader.page(b"<p>x".to_vec(), "", None, None).await.unreadable.is_empty());
    assert!(!reader.listing(b"<p>x".to_vec(), "", None, None, Profile::Plain).await.unreadable.is_empty());
    let other = Reader::new("/bin/cat".into(), limits);
    assert!(!other.document("a.txt", b"x".to_vec()).await.unreadable.is_empty());
}

#[tokio::test]
async fn many_at_once() {
    let reader = usual();
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let reader = reader.clone();
            tokio::spawn(async move { still_works(&reader).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
