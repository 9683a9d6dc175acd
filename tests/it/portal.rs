//! The public pages through the front door: a real site, a real index, real permits, and the router.

mod addresses;
mod headers;
mod labels;
mod markup;
mod searching;
mod tampering;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use menhu::blob::Blobs;
use menhu::config;
use menhu::index::{IndexDoc, IndexReader, IndexWriter, Words};
use menhu::model::{
    Attachment, Basis, BlobId, Clock, Column, ColumnId, ColumnMode, Content, Decision, Digest, ItemId, Link, LinkKind,
    PermitKey, PermitVerifier, PersonId, RuleSetId, Timestamp, Unit, UnitClass, UnitId,
};
use menhu::portal::{Portal, router};
use menhu::store::{Place, Site};
use tower::ServiceExt as _;

/// 2026-11-25 09:30 in Shanghai.
pub(crate) const NOW: Timestamp = Timestamp(1_795_570_200_000_000);

/// What came back.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A site in a folder of its own, with a portal in front of it.
pub(crate) struct TestSite {
    pub dir: tempfile::TempDir,
    pub site: Site,
    pub blobs: Blobs,
    writer: Mutex<IndexWriter>,
    key: PermitKey,
    front: Router,
}

pub(crate) fn column(id: &str, name: &str, kind: &str, position: i64) -> Column {
    Column {
        id: ColumnId::new(id).unwrap(),
        name: name.into(),
        description: format!("{name}的说明"),
        keywords: format!("{name},政务"),
        kind: kind.into(),
        mode: ColumnMode::Centre,
        position,
        target: None,
    }
}

/// A plain item of the column `zwdt`.
pub(crate) fn content(title: &str) -> Content {
    Content {
        title: title.into(),
        html: format!("<p>关于{title}的正文。</p><p>第二段。</p>"),
        text: format!("关于{title}的正文。\n第二段。"),
        published: Some("2024-05-06T08:05:00+08:00".parse().unwrap()),
        written: Some("2024-05-01".parse().unwrap()),
        origin: "市档案局".into(),
        author: None,
        document_number: None,
        index_number: None,
        source_url: "http://daj.example.gov.cn/shtml/1/2/detail_1.shtml".into(),
        unit: UnitId::new("daj").unwrap(),
        column: ColumnId::new("zwdt").unwrap(),
        attachments: Vec::new(),
    }
}

impl TestSite {
    /// Two columns, one unit, one link, no items.
    pub async fn new() -> Self {
        Self::with(config::Portal {
            base_url: "https://www.example.gov.cn".into(),
            site_name: "“中国衢州”政府门户网站".into(),
            site_domain: "www.example.gov.cn".into(),
            site_id_code: "3308000001".into(),
            icp: "浙ICP备00000001号".into(),
            police: "浙公网安备 33080000000001号".into(),
            report_error: "https://zfwzzc.www.gov.cn/check_web/errorInfo/x".into(),
            ..config::Portal::default()
        })
        .await
    }

    pub async fn with(config: config::Portal) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("site");
        let clock = Clock::fake(NOW);
        let site = Site::open(&Place::Sqlite(folder.clone()), clock.clone()).await.unwrap();
        let blobs = Blobs::open(&folder.join("blobs")).unwrap();
        let words = Words::load();
        let writer = IndexWriter::open(&folder.join("index"), &words).unwrap();
        std::fs::create_dir(dir.path().join("inbox")).unwrap();
        site.put_columns(&[column("zwdt", "政务动态", "工作动态", 1), column("zcwj", "政策文件", "政策文件", 2)])
            .await
            .unwrap();
        let daj = UnitId::new("daj").unwrap();
        site.put_units(&[Unit {
            id: daj.clone(),
            name: "市档案局".into(),
            short: "档案局".into(),
            class: UnitClass::Department,
            home: Some("http://daj.example.gov.cn/".into()),
            aliases: Vec::new(),
        }])
        .await
        .unwrap();
        let link =
            |kind, title: &str, url: &str| Link { kind, unit: daj.clone(), title: title.into(), url: url.into() };
        site.put_links(&[
            link(LinkKind::Home, "市档案局", "http://daj.example.gov.cn/"),
            link(LinkKind::Column, "档案利用", "http://daj.example.gov.cn/col/1/"),
            link(LinkKind::Column, "坏链接", "javascript:alert(1)"),
        ])
        .await
        .unwrap();
        let key = PermitKey::from_pkcs8(&PermitKey::generate().unwrap()).unwrap();
        let front = router(Portal {
            site: Site::open_read_only(&Place::Sqlite(folder.clone()), clock.clone()).await.unwrap(),
            index: Arc::new(IndexReader::open_read_only(&folder.join("index"), &words).unwrap()),
            blobs: Blobs::open_read_only(&folder.join("blobs")),
            verifier: Arc::new(PermitVerifier::from_text(&key.public_text()).unwrap()),
            config: Arc::new(config),
            inbox: dir.path().join("inbox"),
            clock,
        });
        Self { dir, site, blobs, writer: Mutex::new(writer), key, front }
    }

    /// Publishes with a permit, and indexes.
    pub async fn publish(&self, id: &str, content: &Content) -> ItemId {
        let id = ItemId::new(id).unwrap();
        let bytes = content.bytes().unwrap();
        let hash = Content::hash_of(&bytes);
        let decision = Decision {
            basis: Basis::Person { person: PersonId::new("shenhe").unwrap() },
            content: hash,
            at: NOW,
            note: "内部批注".into(),
        };
        let permit = self.key.sign(id.clone(), hash, RuleSetId(Digest::of(b"rules")), decision, NOW).unwrap();
        let seq = self.site.publish(&id, &bytes, &permit).await.unwrap();
        let doc = IndexDoc {
            id: id.clone(),
            seq: u64::try_from(seq).unwrap(),
            title: content.title.clone(),
            text: content.text.clone(),
            attachments: Vec::new(),
            column: content.column.clone(),
            unit: content.unit.clone(),
            unit_name: "市档案局".into(),
            published: content.published.map_or(NOW, menhu::model::When::instant),
            document_number: content.document_number.clone(),
            origin: content.origin.clone(),
        };
        let mut writer = self.writer.lock().unwrap();
        writer.add(&doc).unwrap();
        writer.commit(doc.seq).unwrap();
        id
    }

    /// Keeps a file and describes it.
    pub async fn file(&self, name: &str, media_type: &str, bytes: &[u8]) -> Attachment {
        let blob: BlobId = self.blobs.put(bytes.to_vec()).await.unwrap();
        let size = bytes.len() as u64;
        Attachment { name: name.into(), media_type: media_type.into(), size, blob, text: None, url: String::new() }
    }

    /// Changes the site behind the desk's back (网页篡改).
    pub async fn tamper(&self, sql: &str) {
        let file = self.dir.path().join("site/site.sqlite");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let done = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        pool.close().await;
    }

    pub fn inbox(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.dir.path().join("inbox")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.front.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }

    pub async fn ok(&self, path: &str) -> Answer {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer
    }
}
