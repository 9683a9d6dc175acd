//! Every role on every route: what the matrix does not give is refused, changes nothing, and is on record.

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::StatusCode;
use menhu::model::{Right, Role};

use super::Bed;

/// Every route of staff: method, route, an address of it, the right that opens it (none: any staff).
const ROUTES: [(&str, &str, &str, Option<Right>); 51] = [
    ("GET", "/", "/", None),
    ("GET", "/queue", "/queue", Some(Right::SeeQueue)),
    ("GET", "/queue/{id}", "/queue/none", Some(Right::SeeQueue)),
    ("GET", "/queue/{id}/preview", "/queue/none/preview", Some(Right::SeeQueue)),
    ("GET", "/queue/{id}/files/{number}", "/queue/none/files/0", Some(Right::SeeQueue)),
    ("POST", "/queue/{id}/approve", "/queue/none/approve", Some(Right::Decide)),
    ("POST", "/queue/{id}/return", "/queue/none/return", Some(Right::Decide)),
    ("POST", "/queue/{id}/withdraw", "/queue/none/withdraw", Some(Right::Withdraw)),
    ("GET", "/quarantine", "/quarantine", Some(Right::Quarantine)),
    ("GET", "/quarantine/{id}", "/quarantine/none", Some(Right::Quarantine)),
    ("POST", "/quarantine/rescreen", "/quarantine/rescreen", Some(Right::Quarantine)),
    ("POST", "/quarantine/grant", "/quarantine/grant", Some(Right::Quarantine)),
    ("GET", "/quarantine/incidents", "/quarantine/incidents", Some(Right::Quarantine)),
    ("GET", "/quarantine/incidents/{number}", "/quarantine/incidents/none", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/open", "/quarantine/none/open", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/files/{number}", "/quarantine/none/files/0", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/confirm", "/quarantine/none/confirm", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/false", "/quarantine/none/false", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/return", "/quarantine/none/return", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/destroy", "/quarantine/none/destroy", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/dismiss", "/quarantine/none/dismiss", Some(Right::Quarantine)),
    ("POST", "/quarantine/{id}/rescreen", "/quarantine/none/rescreen", Some(Right::Quarantine)),
    ("GET", "/rules", "/rules", Some(Right::ChangeRules)),
    ("POST", "/rules/search", "/rules/search", Some(Right::ChangeRules)),
    ("GET", "/rules/show", "/rules/show", Some(Right::ChangeRules)),
    ("GET", "/rules/add", "/rules/add", Some(Right::ChangeRules)),
    ("POST", "/rules/add", "/rules/add", Some(Right::ChangeRules)),
    ("POST", "/rules/change", "/rules/change", Some(Right::ChangeRules)),
    ("GET", "/rules/trials/{id}", "/rules/trials/none", Some(Right::ChangeRules)),
    ("POST", "/rules/trials/{id}", "/rules/trials/none", Some(Right::ChangeRules)),
    ("GET", "/rules/proposals/{number}", "/rules/proposals/0", Some(Right::ChangeRules)),
    ("POST", "/rules/proposals/{number}/approve", "/rules/proposals/0/approve", Some(Right::ChangeRules)),
    ("POST", "/rules/proposals/{number}/refuse", "/rules/proposals/0/refuse", Some(Right::ChangeRules)),
    ("POST", "/rules/proposals/{number}/rebase", "/rules/proposals/0/rebase", Some(Right::ChangeRules)),
    ("GET", "/rules/history", "/rules/history", Some(Right::ChangeRules)),
    ("GET", "/sources", "/sources", Some(Right::SeeSources)),
    ("POST", "/sources/{id}/enable", "/sources/none/enable", Some(Right::ChangeSources)),
    ("POST", "/sources/{id}/disable", "/sources/none/disable", Some(Right::ChangeSources)),
    ("GET", "/audit", "/audit", Some(Right::ReadAudit)),
    ("POST", "/audit/verify", "/audit/verify", Some(Right::ReadAudit)),
    ("GET", "/status", "/status", Some(Right::SeeStatus)),
    ("GET", "/people", "/people", Some(Right::ManagePeople)),
    ("POST", "/people", "/people", Some(Right::ManagePeople)),
    ("POST", "/people/{id}/reset", "/people/none/reset", Some(Right::ManagePeople)),
    ("POST", "/people/{id}/disable", "/people/none/disable", Some(Right::ManagePeople)),
    ("POST", "/people/{id}/enable", "/people/none/enable", Some(Right::ManagePeople)),
    ("GET", "/settings", "/settings", None),
    ("POST", "/settings", "/settings", None),
    ("GET", "/mine", "/mine", Some(Right::SeeOwnUnit)),
    ("POST", "/quarantine/{id}/release", "/quarantine/none/release", Some(Right::Quarantine)),
    ("POST", "/logout", "/logout", None),
];

/// Routes that need no session.
const PUBLIC: [&str; 4] = ["/login", "/welcome/{token}", "/style.css", "/healthz"];

#[tokio::test]
async fn the_matrix_of_roles_and_routes() {
    let bed = Bed::new().await;
    for role in Role::ALL {
        let browser = bed.browser(role).await;
        for (method, route, path, right) in ROUTES {
            let may = right.is_none_or(|right| role.may(right));
            let answer = match method {
                "GET" => browser.get(path).await,
                _ => browser.post(path, &[]).await,
            };
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !may, "{role:?} {method} {route}: {}", answer.status);
            assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{role:?} {method} {route}");
            if !may {
                assert!(answer.text.contains("您的角色无权进行此操作"), "{role:?} {method} {route}");
                assert_eq!(bed.acts(path).await.last().map(String::as_str), Some("console.refused"), "{route}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_session_every_route_leads_to_the_login() {
    let bed = Bed::new().await;
    for (method, route, path, _) in ROUTES {
        for cookie in ["", "menhu=", "menhu=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let answer = bed.ask(method, path, cookie, "").await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (StatusCode::SEE_OTHER, "/login"),
                "{method} {route}"
            );
        }
    }
}

/// Reads the sources, so that a new route cannot be left out of the matrix.
#[test]
fn the_matrix_knows_every_route() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            for part in text.split(".route(\"").skip(1) {
                found.insert(part.split('"').next().unwrap().to_owned());
            }
        }
    }
    let known: BTreeSet<String> =
        ROUTES.iter().map(|(_, route, _, _)| *route).chain(PUBLIC).map(str::to_owned).collect();
    assert_eq!(found, known);
}

#[tokio::test]
async fn buttons_stand_only_where_they_work() {
    let bed = Bed::new().await;
    bed.queued("a").await;
    let reviewer = bed.browser(Role::CentreReviewer).await.get("/queue/a").await.text;
    assert!(reviewer.contains("/queue/a/approve") && reviewer.contains("/queue/a/return"));
    for role in [Role::CentreEditor, Role::Supervisor] {
        let page = bed.browser(role).await.get("/queue/a").await.text;
        assert!(!page.contains("/queue/a/approve") && page.contains("您可以查看，不能处理此信息"), "{role:?}");
    }
    assert!(bed.browser(Role::Administrator).await.get("/sources").await.text.contains("/sources/daj/disable"));
    assert!(!bed.browser(Role::Supervisor).await.get("/sources").await.text.contains("/sources/daj/disable"));
}

#[tokio::test]
async fn the_administrator_switches_sources() {
    let bed = Bed::new().await;
    let browser = bed.browser(Role::Administrator).await;
    assert_eq!(browser.post("/sources/daj/disable", &[]).await.header("location"), "/sources");
    assert!(!bed.desk.source(&super::source().id).await.unwrap().unwrap().enabled);
    assert_eq!(browser.post("/sources/daj/enable", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bed.acts("daj").await, ["source.disable", "source.enable"]);
    assert_eq!(browser.post("/sources/none/enable", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_auditor_reads_and_verifies() {
    let bed = Bed::new().await;
    let browser = bed.browser(Role::Auditor).await;
    let page = browser.get("/audit").await;
    assert!(page.text.contains("新增账号") && page.text.contains("person.add"));
    let verified = browser.post("/audit/verify", &[]).await;
    assert!(verified.text.contains("整链完好"), "{}", verified.text);
    assert!(browser.get("/audit?subject=auditor").await.text.contains("登录"));
    assert!(browser.get("/audit?from=1999-01-01&to=1999-12-31").await.text.contains("没有符合条件的记录"));
    assert_eq!(browser.get("/audit?from=x&before=y&after=z").await.status, StatusCode::OK);
}
