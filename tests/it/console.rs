//! The console through its router: who may do what, what a decision leaves behind, what nobody else may see.

mod login;
mod people;
mod quarantine;
mod queue;
mod roles;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use menhu::blob::Blobs;
use menhu::config;
use menhu::console::{Console, router};
use menhu::flow::intake::Evidence;
use menhu::flow::officer_key::DeskKeys;
use menhu::flow::people::{People, new_account};
use menhu::flow::quarantine::package::Package;
use menhu::flow::quarantine::{Sealer, escrow};
use menhu::model::{
    Actor, Clock, Column, ColumnId, ColumnMode, Content, Digest, Draft, Field, ItemId, ListSpec, Outcome, Pace,
    PermitKey, PermitVerifier, Profile, Role, Segment, Source, SourceId, Status, Timestamp, Unit, UnitClass, UnitId,
    Unreadable,
};
use menhu::screen::{RuleSet, Screened, Screener};
use menhu::store::{Desk, ItemRow, NewItem, Place, Screening};
use serde_json::json;
use tower::ServiceExt as _;

/// The password of every account of these tests.
const PASSWORD: &str = "Zhongxin-2026!";
/// A text that nobody but a security officer may read.
const GUARDED: &str = "蓝鲸工程第七号方案";

/// A desk in a folder of its own, and the console over it.
struct Bed {
    clock: Clock,
    desk: Desk,
    blobs: Blobs,
    people: People,
    keys: DeskKeys,
    pages: Router,
    _folder: tempfile::TempDir,
}

/// What a page answered.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The session cookie that was set, as a browser sends it back.
    fn cookie(&self) -> String {
        let mut set = self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        set.rfind(|value| value.starts_with("menhu=")).unwrap().split(';').next().unwrap().to_owned()
    }

    /// The token in the page's forms.
    fn csrf(&self) -> String {
        let after = self.text.split("name=\"csrf\" value=\"").nth(1).expect("a form");
        after.split('"').next().unwrap().to_owned()
    }
}

/// Somebody who is logged in.
struct Browser<'a> {
    bed: &'a Bed,
    cookie: String,
    csrf: String,
}

impl Browser<'_> {
    async fn get(&self, path: &str) -> Answer {
        self.bed.ask("GET", path, &self.cookie, "").await
    }

    /// Sends a form of this session.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).append_pair("csrf", &self.csrf);
        self.bed.ask("POST", path, &self.cookie, &form.finish()).await
    }
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fake(Timestamp(1_764_000_000_000_000));
        let desk = Desk::open(&Place::Sqlite(folder.path().into()), clock.clone()).await.unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        let mut tx = desk.begin().await.unwrap();
        tx.put_unit(&unit()).await.unwrap();
        tx.put_column(&column()).await.unwrap();
        tx.put_source(&source()).await.unwrap();
        tx.commit().await.unwrap();
        let config = config::Console::default();
        let keys = desk_keys(folder.path());
        std::fs::create_dir_all(&keys.folder).unwrap();
        escrow::settle(&desk, &keys).await.unwrap();
        let people = People::new(desk.clone(), &config, keys.clone()).unwrap();
        let pages = router(Console::new(desk.clone(), blobs.clone(), config, keys.clone()).unwrap());
        Self { clock, desk, blobs, people, keys, pages, _folder: folder }
    }

    /// Sends a request as a browser on the same site does.
    async fn ask(&self, method: &str, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "desk.test")
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let address = ConnectInfo(SocketAddr::from(([10, 1, 2, 3], 40_000)));
        request.extensions_mut().insert(address);
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, 16 << 20).await.unwrap()).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn account(&self, id: &str, role: Role) {
        let account = new_account(id, &format!("{}甲", role.chinese()), role, None).unwrap();
        self.people.add_with_password(&Actor::System("test".into()), &account, PASSWORD).await.unwrap();
    }

    async fn try_login(&self, account: &str, password: &str) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("account", account).append_pair("password", password);
        self.ask("POST", "/login", "", &form.finish()).await
    }

    /// Makes an account of the role, where there is none yet, and logs in.
    async fn browser(&self, role: Role) -> Browser<'_> {
        let id = role.word();
        if self.desk.accounts().await.unwrap().iter().all(|account| account.id.as_str() != id) {
            self.account(id, role).await;
        }
        self.browser_of(id).await
    }

    async fn browser_of(&self, id: &str) -> Browser<'_> {
        let answer = self.try_login(id, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{id} logs in");
        let cookie = answer.cookie();
        let token = cookie.strip_prefix("menhu=").unwrap();
        let csrf = self.people.session(token).await.unwrap().unwrap().csrf;
        Browser { bed: self, cookie, csrf }
    }

    /// Puts a text through the gate and into the desk; returns where it stands.
    async fn item(&self, id: &str, content: Content, segments: Vec<Segment>, unreadable: Vec<Unreadable>) -> ItemRow {
        let item = ItemId::new(id).unwrap();
        let evidence = Evidence { segments: segments.clone(), unreadable: unreadable.clone() };
        let kept = self.blobs.put(serde_json::to_vec(&evidence).unwrap()).await.unwrap();
        let (content, verdict) = match screener().screen(Draft { content, source: None, segments, unreadable }) {
            Screened::Cleared(cleared) => (cleared.bytes().to_owned(), cleared.verdict().clone()),
            Screened::Held(held) => (held.bytes().to_owned(), held.verdict().clone()),
        };
        let screening = Screening {
            content,
            verdict,
            segments: Some(kept),
            raw: None,
            text_hash: Some(Digest::of(id.as_bytes())),
            duplicate_of: None,
            flags: json!({}),
            sealed: None,
        };
        let screening = if screening.verdict.outcome == Outcome::Pass {
            screening
        } else {
            let (content, verdict) = (screening.content.clone(), screening.verdict.clone());
            let package = Package { content, verdict, evidence, text_hash: None, raw: None, files: Vec::new() };
            let verifier = self.keys.verifier.clone();
            let sealer = Sealer { desk: self.desk.clone(), blobs: self.blobs.clone(), verifier };
            Screening { sealed: Some(sealer.seal(&item, &package).await.unwrap()), ..screening }
        };
        let url = format!("http://daj.test/{id}");
        let new = NewItem { id: item.clone(), source: Some(source().id), url, screening };
        let mut tx = self.desk.begin().await.unwrap();
        tx.insert_item(&new).await.unwrap();
        tx.commit().await.unwrap();
        self.row(&item).await
    }

    /// An item that the gate lets pass.
    async fn queued(&self, id: &str) -> ItemRow {
        let row = self.item(id, content("关于开放日的通知", "本周六开放参观,欢迎市民前来。"), vec![], vec![]).await;
        assert_eq!(row.status, Status::Queued, "{:?}", row.verdict);
        row
    }

    /// An item that the gate holds: a marking in the body.
    async fn held(&self, id: &str) -> ItemRow {
        let text = format!("机密★5年\n{GUARDED}\n请按规定管理。");
        let row = self.item(id, content(&format!("{GUARDED}说明"), &text), vec![], vec![]).await;
        assert_eq!(row.status, Status::Quarantined, "{:?}", row.verdict);
        row
    }

    async fn row(&self, id: &ItemId) -> ItemRow {
        self.desk.item(id).await.unwrap().unwrap()
    }

    /// Actions of the audit about a subject, oldest first.
    async fn acts(&self, subject: &str) -> Vec<String> {
        self.desk.audit_of(subject).await.unwrap().into_iter().map(|row| row.action).collect()
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// The gate with the shipped rules, loaded once.
fn screener() -> Arc<Screener> {
    static SCREENER: OnceLock<Arc<Screener>> = OnceLock::new();
    let load = || {
        let top = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rules = RuleSet::load(&top.join("rules"), &top.join("dictionaries")).unwrap();
        Arc::new(Screener::new(rules, Duration::from_secs(30)))
    };
    SCREENER.get_or_init(load).clone()
}

fn content(title: &str, text: &str) -> Content {
    Content {
        title: title.into(),
        html: text.lines().map(|line| format!("<p>{line}</p>")).collect(),
        text: text.into(),
        published: None,
        written: None,
        origin: "市档案局".into(),
        author: None,
        document_number: None,
        index_number: None,
        source_url: "http://daj.test/a".into(),
        unit: unit().id,
        column: column().id,
        attachments: vec![],
    }
}

/// Keys of a desk whose files lie in `folder`.
fn desk_keys(folder: &Path) -> DeskKeys {
    let permit = PermitKey::from_pkcs8(&PermitKey::generate().unwrap()).unwrap();
    let verifier = PermitVerifier::from_text(&permit.public_text()).unwrap();
    DeskKeys { permit: Arc::new(permit), verifier: Arc::new(verifier), folder: folder.join("keys") }
}

fn unit() -> Unit {
    Unit {
        id: UnitId::new("daj").unwrap(),
        name: "市档案局".into(),
        short: "档案局".into(),
        class: UnitClass::Department,
        home: None,
        aliases: vec![],
    }
}

fn column() -> Column {
    Column {
        id: ColumnId::new("gsgg").unwrap(),
        name: "公示公告".into(),
        description: String::new(),
        keywords: String::new(),
        kind: "通知公告".into(),
        mode: ColumnMode::Centre,
        position: 1,
        target: None,
    }
}

fn source() -> Source {
    Source {
        id: SourceId::new("daj").unwrap(),
        name: "档案局子站".into(),
        unit: unit().id,
        profile: Profile::Plain,
        lists: vec![ListSpec { url: "http://daj.test/list".into(), column: column().id }],
        hosts: vec!["daj.test".into()],
        allow: vec![],
        charset: None,
        pace: Pace { gap_ms: 1_000, round_limit: 100 },
        every_ms: 3_600_000,
        recheck_ms: 86_400_000,
        gone_after_ms: 86_400_000,
        enabled: true,
        review: None,
    }
}

/// A text in a part of the page.
fn segment(field: Field, place: &str, text: &str) -> Segment {
    Segment::new(field, place, text)
}
