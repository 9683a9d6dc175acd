//! The officer's day on the pages, through the router: what a person who cannot program sees and does.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use menhu::app;
use menhu::console::router;
use menhu::flow::people::{Login, People, new_account};
use menhu::model::{Actor, Role};
use tower::ServiceExt as _;

use super::{Bed, PASSWORD, on_both};

on_both!(the_day_of_two_officers, nobody_else_sees_a_rule, mistakes_are_answered_in_plain_words);

/// Somebody at the console.
pub(super) struct Browser {
    pages: Router,
    cookie: String,
    csrf: String,
}

impl Browser {
    pub(super) async fn of(bed: &Bed, id: &str) -> Self {
        let keys = app::desk_keys(&bed.app.config).unwrap();
        let people = People::new(bed.desk().clone(), &bed.app.config.console, keys).unwrap();
        let login = people.log_in(id, PASSWORD.into(), "10.1.2.3", None).await.unwrap();
        let Login::Welcome { token } = login else { panic!("{id} does not get in: {login:?}") };
        let csrf = people.session(&token).await.unwrap().unwrap().csrf;
        Self { pages: router(app::console(&bed.app.base).unwrap()), cookie: format!("menhu={token}"), csrf }
    }

    pub(super) async fn ask(&self, method: &str, path: &str, form: String) -> (StatusCode, String, String) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "desk.test")
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 1, 2, 3], 40_000))));
        let (parts, body) = self.pages.clone().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(to_bytes(body, 16 << 20).await.unwrap().to_vec()).unwrap();
        let location = parts.headers.get("location").map(|value| value.to_str().unwrap().to_owned());
        (parts.status, location.unwrap_or_default(), text)
    }

    pub(super) async fn get(&self, path: &str) -> String {
        let (status, _, text) = self.ask("GET", path, String::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        self.ask("POST", path, form.finish()).await
    }
}

const WORD: [(&str, &str); 7] = [
    ("words", "麒麟工程"),
    ("level", "工作秘密"),
    ("action", "阻断"),
    ("variants", "2"),
    ("dictionary", ""),
    ("review", "2027-06-30"),
    ("source", "市委办通知"),
];

async fn the_day_of_two_officers(bed: Bed) {
    let hit = bed.published("hit", "通知", "关于麒麟·工程的安排。").await;
    let (one, two) = (Browser::of(&bed, "baomi").await, Browser::of(&bed, "baomi2").await);
    let list = one.get("/rules").await;
    assert!(list.contains("BM-0001") && list.contains("随程序提供"), "{list}");
    let rule = one.get("/rules/show?id=GZ-0001").await;
    for part in ["拟任人选", "拟任人选公示", "常委会", "前后 40 个字之内"] {
        assert!(rule.contains(part), "{part}");
    }
    assert!(one.get("/rules/show?id=BM-0001").await.contains("不设例外"));

    // a word, its variants, what it hits
    assert!(one.get("/rules/add").await.contains("第三十一条"));
    let (status, trial, _) = one.post("/rules/add", &WORD).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(trial.starts_with("/rules/trials/") && !trial.contains('%'), "no word in the address: {trial}");
    assert!(one.get(&trial).await.contains("http-equiv=\"refresh\""), "under way");
    bed.try_all().await;
    let page = one.get(&trial).await;
    for part in
        ["增加词「麒麟工程」", "繁体", "夹空格", "能识破", "<mark class=\"block\">麒麟·工程</mark>", "会从网站撤下"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("http-equiv=\"refresh\""));

    // proposed with the password
    let (status, _, page) = one.post(&trial, &[("password", "falsch"), ("note", "新代号")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("口令不正确") && page.contains("新代号"), "{page}");
    let (status, proposal, _) = one.post(&trial, &[("password", PASSWORD), ("note", "新代号")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let proposal = proposal.split('?').next().unwrap().to_owned();
    bed.try_all().await;
    let own = one.get(&proposal).await;
    assert!(own.contains("要由另一名保密员批准") && !own.contains("/approve\""));
    let (status, _, page) = one.post(&format!("{proposal}/approve"), &[("password", PASSWORD)]).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("不能批准自己的改动"), "{page}");

    // the second officer sees the same, and approves
    let page = two.get(&proposal).await;
    assert!(page.contains("增加词「麒麟工程」") && page.contains("新代号") && page.contains("<mark"), "{page}");
    let (status, to, page) = two.post(&format!("{proposal}/approve"), &[("password", PASSWORD)]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert!(two.get(&to).await.contains("已批准并生效"));
    bed.app.drain().await;
    assert!(!bed.on_site(&hit).await);
    let list = two.get("/rules").await;
    assert!(list.contains("保密员词表") && list.contains("双方签名有效") && list.contains("已撤下 1"), "{list}");
    let rule = two.get("/rules/show?id=dictionary%2F%E4%BF%9D%E5%AF%86%E5%91%98%E8%AF%8D%E8%A1%A8").await;
    assert!(rule.contains("baomi → baomi2") && rule.contains("2027-06-30"), "{rule}");
    assert!(two.get("/rules/history").await.contains("增加词「麒麟工程」"));
    let (_, _, found) = two.post("/rules/search", &[("word", "麒麟")]).await;
    assert!(found.contains("保密员词表") && !found.contains("BM-0001"));

    // a level changed, and refused
    let set = [("rule", "GZ-0002"), ("what", "set"), ("action", "提示")];
    let (status, trial, page) = two.post("/rules/change", &set).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    bed.try_all().await;
    let page = two.get(&trial).await;
    assert!(page.contains("处置由保密审查改为提示") && page.contains("放宽"), "{page}");
    let (_, proposal, _) = two.post(&trial, &[("password", PASSWORD), ("note", "太严")]).await;
    let proposal = proposal.split('?').next().unwrap().to_owned();
    let (status, to, _) = one.post(&format!("{proposal}/refuse"), &[("reason", "不同意放宽")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(one.get(&to).await.contains("不同意放宽"));
}

async fn nobody_else_sees_a_rule(bed: Bed) {
    let keys = app::desk_keys(&bed.app.config).unwrap();
    let people = People::new(bed.desk().clone(), &bed.app.config.console, keys).unwrap();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::SecurityOfficer) {
        let account = new_account(role.word(), "甲", role, None).unwrap();
        people.add_with_password(&Actor::System("test".into()), &account, PASSWORD).await.unwrap();
        let browser = Browser::of(&bed, role.word()).await;
        for path in ["/rules", "/rules/show?id=GZ-0001", "/rules/add", "/rules/history", "/rules/proposals/1"] {
            let (status, _, text) = browser.ask("GET", path, String::new()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{role:?} {path}");
            assert!(!text.contains("拟任人选"));
        }
        let (status, _, _) = browser.post("/rules/add", &WORD).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

async fn mistakes_are_answered_in_plain_words(bed: Bed) {
    let one = Browser::of(&bed, "baomi").await;
    for (words, part) in [("的", "只有一个字"), ("★★", "没有文字或数字"), ("  ", "至少一个词")] {
        let mut fields = WORD;
        fields[0].1 = words;
        let (status, _, page) = one.post("/rules/add", &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains(part), "{part} in {page}");
        assert!(page.contains("市委办通知"), "what was filled in is still there");
    }
    let change = |what: &'static str, more: Vec<(&'static str, &'static str)>| {
        let mut fields = vec![("rule", "GZ-0001"), ("what", what)];
        fields.extend(more);
        fields
    };
    for (fields, part) in [
        (change("set", vec![]), "没有选择"),
        (change("remove", vec![("term", "没有的词")]), "照原样填写"),
        (change("except", vec![("phrase", "别的话")]), "没有规则的词"),
        (change("except", vec![("phrase", "拟任人选")]), "就是词本身"),
        (change("except", vec![("phrase", "拟任人选培训"), ("negative", "常委会研究拟任人选")]), "仍会命中"),
        (vec![("rule", "BM-0001"), ("what", "except"), ("phrase", "机密★5年")], "不设例外"),
    ] {
        let (status, _, page) = one.post("/rules/change", &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(page.contains(part), "{part} in {page}");
    }
}
