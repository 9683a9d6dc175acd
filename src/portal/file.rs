//! `/items/{id}/files/{name}`: a file of an item.
//!
//! The item's permit holds first; the file is the blob that the signed content names, and its hash is checked at
//! each read. It is saved, not shown: `attachment`, `nosniff` and a sandbox, whatever its type. The name in
//! Content-Disposition follows RFC 6266 and RFC 8187 (formerly RFC 5987). A file is held in memory whole.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Front;
use super::alarm::{self, Breach};
use super::answer::Trouble;
use super::cache::Cache;
use super::guard::PublishedFile;
use super::proof::Shown;
use super::visit::Visit;
use crate::blob::BlobError;
use crate::model::{Attachment, ItemId};

/// Sends it.
pub async fn send(
    State(portal): State<Arc<Front>>,
    visit: Visit,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let shown = portal.shown(&id).await?;
    let attachment = shown.content().attachments.iter().find(|file| file.name == name).ok_or(Trouble::Missing)?;
    let tag = format!("\"{}\"", attachment.blob);
    let mut response = if visit.has(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(read(&portal, &shown, attachment).await?).into_response()
    };
    response.extensions_mut().insert(PublishedFile);
    let media_type = HeaderValue::try_from(attachment.media_type.as_str())
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let disposition =
        HeaderValue::try_from(disposition(&attachment.name)).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, Cache::Ask.header());
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    Ok(response)
}

/// The bytes, which are those that were published; else the alarm.
async fn read(portal: &Front, shown: &Shown, attachment: &Attachment) -> Result<Vec<u8>, Trouble> {
    let reason = match portal.blobs.get(&attachment.blob).await {
        Ok(bytes) if bytes.len() as u64 == attachment.size => return Ok(bytes),
        Ok(_) => "a file has another size than its item says".to_owned(),
        Err(error @ (BlobError::Missing(_) | BlobError::Damaged { .. })) => error.to_string(),
        Err(error @ BlobError::File { .. }) => return Err(Trouble::File(error.to_string())),
    };
    alarm::raise(&portal.inbox, Breach::File, shown.id(), &reason, portal.clock.now()).await;
    Err(Trouble::Unavailable(shown.id().clone()))
}

/// The address of a file.
#[must_use]
pub fn address(item: &ItemId, name: &str) -> String {
    format!("/items/{item}/files/{}", percent(name))
}

/// The two names: one in ASCII for old browsers, one in UTF-8.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", percent(name))
}

/// Percent-encoding of everything but the unreserved characters of RFC 3986.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_out_in_both_forms() {
        assert_eq!(
            disposition("附件 1\"\r\n.pdf"),
            "attachment; filename=\"__ 1___.pdf\"; filename*=UTF-8''%E9%99%84%E4%BB%B6%201%22%0D%0A.pdf"
        );
        let item = ItemId::new("a").unwrap();
        assert_eq!(address(&item, "一/二.doc"), "/items/a/files/%E4%B8%80%2F%E4%BA%8C.doc");
    }
}
