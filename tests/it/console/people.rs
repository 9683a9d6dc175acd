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
    let first = bed.people.reset(&by, &zhang).await.unwrap();
    let second = bed.people.reset(&by, &zhang).await.unwrap();
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
