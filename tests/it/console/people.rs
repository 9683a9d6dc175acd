//! Accounts: one-time links, passwords, closing.

use axum::http::StatusCode;
use menhu::flow::people::{PeopleError, new_account};
use menhu::model::{Actor, PersonId, Role};

use super::{Bed, PASSWORD};

#[tokio::test]
async fn a_new_account_sets_its_password_by_a_link_that_works_once() {
    let bed = Bed::new().await;
    let browser = bed.browser(Role::Administrator).await;
    let fields = [("id", "zhang"), ("name", "张三"), ("role", "centre-editor"), ("unit", "")];
    let made = browser.post("/people", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let link = made.text.split("<code class=\"link\">http://desk.test").nth(1).unwrap();
    let link = link.split('<').next().unwrap().to_owned();
    assert!(!browser.get("/people").await.text.contains(&link), "it is shown once");
    assert_eq!(bed.try_login("zhang", "").await.status, StatusCode::UNAUTHORIZED);

    assert_eq!(bed.ask("GET", &link, "", "").await.status, StatusCode::OK);
    for (password, again) in [("short", "short"), ("Zhang-2026-x", "Zhang-2026-x"), ("Good-pass-1", "Good-pass-2")] {
        let answer = bed.ask("POST", &link, "", &format!("password={password}&again={again}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
    }
    let set = bed.ask("POST", &link, "", &format!("password={PASSWORD}&again={PASSWORD}")).await;
    assert_eq!(set.header("location"), "/login?done=set");
    let used = bed.ask("POST", &link, "", &format!("password={PASSWORD}&again={PASSWORD}")).await;
    assert_eq!(used.status, StatusCode::GONE);
    assert_eq!(bed.ask("GET", &link, "", "").await.status, StatusCode::GONE);
    assert_eq!(bed.try_login("zhang", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bed.acts("zhang").await, ["person.add", "login.failed", "person.password", "login"]);

    for (id, name, role) in
        [("zhang", "李四", "auditor"), ("Li Si", "李四", "auditor"), ("li", "", "auditor"), ("li", "李四", "root")]
    {
        let answer = browser.post("/people", &[("id", id), ("name", name), ("role", role)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{id} {name} {role}");
    }
}

#[tokio::test]
async fn a_link_dies_of_age_and_by_a_newer_one() {
    let bed = Bed::new().await;
    bed.account("zhang", Role::CentreEditor).await;
    let (by, zhang) = (Actor::System("test".into()), PersonId::new("zhang").unwrap());
    let first = bed.people.reset(&by, &zhang, false).await.unwrap();
    let second = bed.people.reset(&by, &zhang, false).await.unwrap();
    assert_eq!(bed.ask("GET", &first.path(), "", "").await.status, StatusCode::GONE);
    bed.pass(24 * 3600 - 1);
    assert_eq!(bed.ask("GET", &second.path(), "", "").await.status, StatusCode::OK);
    bed.pass(2);
    assert_eq!(bed.ask("GET", &second.path(), "", "").await.status, StatusCode::GONE);
    assert!(matches!(bed.people.set_password(&second.token, PASSWORD.into()).await, Err(PeopleError::LinkUsed)));
    assert_eq!(bed.try_login("zhang", PASSWORD).await.status, StatusCode::SEE_OTHER, "the old password still stands");
}

#[tokio::test]
async fn a_closed_account_is_out_at_once() {
    let bed = Bed::new().await;
    let reviewer = bed.browser(Role::CentreReviewer).await;
    let admin = bed.browser(Role::Administrator).await;
    assert_eq!(admin.post("/people/centre-reviewer/disable", &[]).await.header("location"), "/people");
    assert_eq!(reviewer.get("/queue").await.header("location"), "/login");
    assert_eq!(bed.try_login("centre-reviewer", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(admin.post("/people/centre-reviewer/reset", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.post("/people/centre-reviewer/enable", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bed.try_login("centre-reviewer", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.post("/people/administrator/disable", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let command = Actor::System("command line".into());
    let only = PersonId::new("administrator").unwrap();
    assert!(matches!(bed.people.disable(&command, &only).await, Err(PeopleError::LastAdministrator)));
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let bed = Bed::new().await;
    let by = Actor::System("init".into());
    let link = bed.people.first_administrator(&by).await.unwrap().unwrap();
    assert_eq!((link.person.as_str(), link.token.len()), ("admin", 43));
    assert!(bed.people.first_administrator(&by).await.unwrap().is_none());
    assert!(new_account("nobody", "某", Role::Auditor, None).is_err());
    assert!(new_account("-x", "某", Role::Auditor, None).is_err());
}

#[tokio::test]
async fn anybody_changes_the_own_password_and_other_sessions_end() {
    let bed = Bed::new().await;
    let (officer, elsewhere) = (bed.browser(Role::SecurityOfficer).await, bed.browser(Role::SecurityOfficer).await);
    bed.held("a").await;
    let page = officer.get("/settings").await;
    assert!(page.text.contains("修改口令") && page.text.contains("至少 10 个字符"));
    const NEW: &str = "Gaihuan-2026-koulin";
    let form =
        |old: &'static str, new: &'static str, again: &'static str| [("old", old), ("password", new), ("again", again)];
    for (fields, words) in [
        (form(PASSWORD, "short", "short"), "至少 10 个字符"),
        (form(PASSWORD, NEW, "Gaihuan-2026-koulim"), "两次输入的口令不一致"),
        (form(PASSWORD, PASSWORD, PASSWORD), "新口令与现在的口令相同"),
        (form("wrong-Passw0rd", NEW, NEW), "现在的口令不正确"),
    ] {
        let answer = officer.post("/settings", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(answer.text.contains(&format!("role=\"alert\">{words}")), "{words}: {}", answer.text);
        assert!(!answer.text.contains(NEW), "no password is sent back");
    }
    let unsigned = bed.ask("POST", "/settings", &officer.cookie, "old=x&password=y&again=y").await;
    assert_eq!(unsigned.status, StatusCode::FORBIDDEN, "without the session's token");

    let done = officer.post("/settings", &form(PASSWORD, NEW, NEW)).await;
    assert_eq!(done.header("location"), "/settings?done=password");
    assert_eq!(elsewhere.get("/quarantine").await.header("location"), "/login", "sessions elsewhere end");
    assert_eq!(officer.get("/quarantine").await.header("location"), "/login", "the token before it is good no more");
    let fresh = bed.ask("GET", "/settings?done=password", &done.cookie(), "").await;
    assert!(fresh.text.contains("口令已修改"), "this browser stays in");
    assert_eq!(bed.try_login("security-officer", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bed.try_login("security-officer", NEW).await.status, StatusCode::SEE_OTHER);
    // the key is the same, under the new password
    let token = done.cookie().strip_prefix("menhu=").unwrap().to_owned();
    let csrf = bed.people.session(&token).await.unwrap().unwrap().csrf;
    let officer = super::Browser { bed: &bed, cookie: done.cookie(), csrf };
    let opened = officer.post("/quarantine/a/open", &[("reason", "核对"), ("password", NEW)]).await;
    assert!(opened.text.contains(super::GUARDED), "{}", opened.text);
    assert!(bed.acts("security-officer").await.contains(&"person.password".to_owned()));
    // every role has the page
    let auditor = bed.browser(Role::UnitEditor).await;
    assert_eq!(auditor.get("/settings").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_that_loses_the_quarantine_is_refused_until_it_is_said() {
    let bed = Bed::new().await;
    bed.account("jia", Role::SecurityOfficer).await;
    bed.held("a").await;
    bed.held("b").await;
    let (by, jia) = (Actor::System("command line".into()), PersonId::new("jia").unwrap());
    let refused = bed.people.reset(&by, &jia, false).await.unwrap_err();
    assert!(matches!(refused, PeopleError::LosesQuarantine { items: 2, .. }), "{refused}");
    assert!(refused.to_string().contains("--lose-quarantine"));

    let admin = bed.browser(Role::Administrator).await;
    let asked = admin.post("/people/jia/reset", &[]).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    assert!(asked.text.contains("永远无法打开") && asked.text.contains("<strong>2</strong>"), "{}", asked.text);
    assert!(!asked.text.contains("/welcome/") && bed.acts("jia").await.iter().all(|act| act != "person.reset"));

    // another officer who opens the same takes the fear away; what he lacks does not
    bed.account("yi", Role::SecurityOfficer).await;
    bed.held("c").await;
    assert!(matches!(bed.people.reset(&by, &jia, false).await, Err(PeopleError::LosesQuarantine { items: 2, .. })));
    assert!(bed.people.reset(&by, &PersonId::new("yi").unwrap(), false).await.is_ok());
    let officer = bed.browser_of("jia").await;
    officer.post("/quarantine/grant", &[("to", "yi"), ("password", PASSWORD)]).await;
    assert!(bed.people.reset(&by, &jia, false).await.is_ok(), "the other opens all of it");
    assert!(bed.people.reset(&by, &jia, true).await.is_ok());

    let alone = Bed::new().await;
    alone.account("jia", Role::SecurityOfficer).await;
    alone.held("a").await;
    let admin = alone.browser(Role::Administrator).await;
    let done = admin.post("/people/jia/reset", &[("lose", "yes")]).await;
    assert!(done.text.contains("/welcome/"), "{}", done.text);
    let record = format!("{:?}", alone.desk.audit_of("jia").await.unwrap());
    assert!(record.contains("sealed_items_lost"), "{record}");
}
