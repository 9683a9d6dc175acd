//! Logins, sessions, lockout, and forms of other sites.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use menhu::model::Role;

use super::{Bed, PASSWORD};

#[tokio::test]
async fn a_login_makes_a_new_session_and_a_logout_ends_it() {
    let bed = Bed::new().await;
    bed.account("shenhe", Role::CentreReviewer).await;
    let form = bed.ask("GET", "/login", "", "").await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(form.text.contains("<label for=\"account\">账号</label>"));

    let first = bed.try_login("shenhe", PASSWORD).await;
    assert_eq!((first.status, first.header("location")), (StatusCode::SEE_OTHER, "/"));
    let set = first.header("set-cookie");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(set.contains(part), "{set}");
    }
    let old = first.cookie();
    assert_eq!(bed.ask("GET", "/", &old, "").await.header("location"), "/queue");

    // Logging in again with the old cookie gives another token, and the old one is dead (fixation).
    let again = bed.ask("POST", "/login", &old, &format!("account=shenhe&password={PASSWORD}")).await;
    let new = again.cookie();
    assert_ne!(old, new);
    assert_eq!(bed.ask("GET", "/queue", &old, "").await.header("location"), "/login");

    let page = bed.ask("GET", "/queue", &new, "").await;
    assert_eq!(page.status, StatusCode::OK);
    let out = bed.ask("POST", "/logout", &new, &format!("csrf={}", page.csrf())).await;
    assert_eq!(out.header("location"), "/login?done=out");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(bed.ask("GET", "/queue", &new, "").await.header("location"), "/login");
    assert_eq!(bed.acts("shenhe").await, ["person.add", "person.password", "login", "login", "logout"]);
}

#[tokio::test]
async fn sessions_end_when_idle_and_in_any_case_after_half_a_day() {
    let bed = Bed::new().await;
    let browser = bed.browser(Role::Supervisor).await;
    bed.pass(19 * 60);
    assert_eq!(browser.get("/queue").await.status, StatusCode::OK);
    bed.pass(21 * 60);
    assert_eq!(browser.get("/queue").await.header("location"), "/login", "idle");

    let busy = bed.browser(Role::Supervisor).await;
    for _ in 0..47 {
        bed.pass(15 * 60);
        assert_eq!(busy.get("/queue").await.status, StatusCode::OK);
    }
    bed.pass(15 * 60);
    assert_eq!(busy.get("/queue").await.header("location"), "/login", "half a day");
}

#[tokio::test]
async fn unknown_accounts_and_wrong_passwords_are_answered_alike() {
    let bed = Bed::new().await;
    bed.account("shenhe", Role::CentreReviewer).await;
    let wrong = bed.try_login("shenhe", "Wrong-pass-1").await;
    let unknown = bed.try_login("nobody-knows", "Wrong-pass-1").await;
    let no_id = bed.try_login("'; DROP TABLE account; --", "Wrong-pass-1").await;
    for answer in [&wrong, &unknown, &no_id] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.text.contains("账号或口令不正确"));
    }
    assert_eq!(wrong.text.replace("shenhe", "X"), unknown.text.replace("nobody-knows", "X"));
    // What was typed into the wrong box does not get into the record.
    assert_eq!(bed.acts("unknown").await.len(), 2);
    assert_eq!(bed.acts("nobody-knows").await.len(), 0);
}

#[tokio::test]
async fn failures_lock_account_and_address_and_time_heals() {
    let bed = Bed::new().await;
    bed.account("shenhe", Role::CentreReviewer).await;
    bed.account("bianji", Role::CentreEditor).await;
    for _ in 0..5 {
        assert_eq!(bed.try_login("shenhe", "Wrong-pass-1").await.status, StatusCode::UNAUTHORIZED);
    }
    let locked = bed.try_login("shenhe", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "the right password too");
    assert!(locked.text.contains("<strong>15</strong>"), "{}", locked.text);
    assert_eq!(bed.try_login("bianji", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "the address");
    bed.pass(15 * 60 + 1);
    assert_eq!(bed.try_login("shenhe", PASSWORD).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bed.try_login("bianji", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing_and_are_on_record() {
    let bed = Bed::new().await;
    let browser = bed.browser(Role::CentreReviewer).await;
    let row = bed.queued("a").await;
    let fields = format!("version={}&content={}&words=", row.version, row.content_hash);
    let path = "/queue/a/approve";

    for form in [fields.clone(), format!("{fields}&csrf="), format!("{fields}&csrf={}", "x".repeat(43))] {
        let answer = bed.ask("POST", path, &browser.cookie, &form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text.contains("表单已失效"));
    }
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.test"), ("origin", "null")] {
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header("host", "desk.test")
            .header("cookie", &browser.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value);
        let form = format!("{fields}&csrf={}", browser.csrf);
        let answer = bed.send(request.body(Body::from(form)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(bed.row(&row.id).await, row);
    assert_eq!(bed.acts(path).await, ["console.refused"; 6]);

    let cross = Request::builder().method("POST").uri("/login").header("sec-fetch-site", "cross-site");
    let cross = cross.header("content-type", "application/x-www-form-urlencoded");
    let form = Body::from(format!("account=centre-reviewer&password={PASSWORD}"));
    assert_eq!(bed.send(cross.body(form).unwrap()).await.status, StatusCode::FORBIDDEN, "login forms too");
}

#[tokio::test]
async fn every_answer_is_sealed() {
    let bed = Bed::new().await;
    let browser = bed.browser(Role::CentreReviewer).await;
    bed.queued("a").await;
    for path in ["/login", "/queue", "/queue/a", "/nowhere", "/audit", "/healthz"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.text.contains("<script") && !answer.text.contains("style=\""), "{path}");
    }
    assert!(include_str!("../../../src/console/style.css").len() <= 15_000);
}

#[tokio::test]
async fn the_english_catalogue_is_one_word_away() {
    let bed = Bed::new().await;
    let chinese = bed.ask("GET", "/login", "", "").await;
    assert!(chinese.text.contains("<html lang=\"zh-CN\">") && chinese.text.contains("href=\"?lang=en\""));
    let english = bed.ask("GET", "/login?lang=en", "", "").await;
    assert!(english.text.contains("<html lang=\"en\">") && english.text.contains("Log in"));
    assert!(english.header("set-cookie").starts_with("lang=en;"));
    assert!(bed.ask("GET", "/login", "lang=en", "").await.text.contains("Log in"));
}
