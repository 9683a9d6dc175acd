//! The site is changed behind the desk's back: the portal does not serve it, and the doctor finds it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use menhu::{app, portal};
use tower::ServiceExt as _;

use super::origin::Origin;
use crate::testapp::{TestApp, source};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_on_the_site_is_not_served_and_is_found() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    let title = "关于开展检查工作的通知";
    origin.publish(&[("/a/1.html", title, "第一件事。"), ("/a/2.html", title, "第二件事。")]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.approve_all().await;
    app.drain().await;
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
    let ids = [1, 2].map(|n| origin.url(&format!("/a/{n}.html")));
    let (one, two) = (app.item("s", &ids[0]).await.unwrap().id, app.item("s", &ids[1]).await.unwrap().id);
    let router = portal::router(app::portal(&app.config, app.clock.clone()).await.unwrap());
    let status = async |path: String| {
        let request = Request::get(&path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!(status(format!("/items/{one}")).await, StatusCode::OK);

    // Content alone; content with its hashes; a permit of another item; an item that nobody published.
    let sql = format!("UPDATE items SET content = replace(content, '第一件事', '反动标语') WHERE id = '{one}'");
    app.behind_the_back("site/site.sqlite", &sql).await;
    assert_ne!(status(format!("/items/{one}")).await, StatusCode::OK);
    assert_eq!(status(format!("/items/{two}")).await, StatusCode::OK);
    let sql = format!(
        "INSERT INTO items SELECT 'zzzzzzzzzzzzzzzzzzzz', content, content_hash, permit, permit_hash, 99, column_id, \
         unit_id, published, updated FROM items WHERE id = '{two}'"
    );
    app.behind_the_back("site/site.sqlite", &sql).await;
    assert_ne!(status("/items/zzzzzzzzzzzzzzzzzzzz".into()).await, StatusCode::OK);
    let found = app.doctor().await;
    for id in [one.as_str(), "zzzzzzzzzzzzzzzzzzzz"] {
        let of_it = |problem: &&menhu::flow::health::Problem| problem.place.contains(id) && problem.check == "permit";
        assert_eq!(found.iter().filter(of_it).count(), 1, "{id}: {found:?}");
    }
    assert!(!found.iter().any(|problem| problem.place.contains(two.as_str())), "{found:?}");

    // A row that goes behind the desk's back is missed.
    app.behind_the_back("site/site.sqlite", &format!("DELETE FROM attachments WHERE item_id = '{two}'")).await;
    app.behind_the_back("site/site.sqlite", &format!("DELETE FROM items WHERE id = '{two}'")).await;
    assert!(app.doctor().await.iter().any(|problem| problem.check == "site" && problem.place.contains(two.as_str())));
}
