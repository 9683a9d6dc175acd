//! What every answer says to the browser for the visitor's safety.
//!
//! No page needs a script, a frame, a font or anything from another site, so the policy allows none (CSP Level 3).
//! A file under `/items/{id}/files/` gets a sandbox instead: whatever it is, it runs nothing and is saved, not shown.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const PAGE: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                    frame-ancestors 'none'";
const FILE: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// Marks an answer that is a published file.
#[derive(Clone, Copy)]
pub struct PublishedFile;

/// Around every request.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = if response.extensions().get::<PublishedFile>().is_some() { FILE } else { PAGE };
    let headers = response.headers_mut();
    let said = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in said {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
