//! The alarm: what the portal does when something public does not hold.
//!
//! A counter, a line in the log with the item's id (never its words), and one file an item in the inbox spool,
//! from which the desk takes it. The portal cannot read the spool; it only makes new files there, so an item that
//! is asked for a thousand times leaves one file until the desk has taken it.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::model::{ItemId, Timestamp};

/// What does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Breach {
    /// The permit, or the content that it is for.
    Permit,
    /// The bytes of a file of the item.
    File,
    /// The item stands in a column or under an address that its content does not name.
    Place,
}

impl Breach {
    fn word(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::File => "file",
            Self::Place => "place",
        }
    }
}

/// The counter that `/metrics` shows.
pub const PERMIT_FAILURES: &str = "menhu_portal_permit_failures_total";

/// Raises it. A spool that cannot be written is in the log; the page goes without the item in any case.
pub async fn raise(inbox: &Path, breach: Breach, item: &ItemId, reason: &str, at: Timestamp) {
    metrics::counter!(PERMIT_FAILURES, "breach" => breach.word()).increment(1);
    let note = serde_json::json!({
        "kind": "alarm", "breach": breach.word(), "item": item, "reason": reason, "at": at.rfc3339(),
    })
    .to_string();
    let path = inbox.join(format!("alarm-{}-{item}.json", breach.word()));
    let written = tokio::task::spawn_blocking(move || write_once(&path, &note)).await;
    match written {
        Ok(Ok(true)) => tracing::error!(%item, breach = breach.word(), reason, "taken offline: it does not hold"),
        Ok(Ok(false)) => tracing::debug!(%item, breach = breach.word(), "still offline; the alarm waits in the inbox"),
        Ok(Err(error)) => {
            tracing::error!(%item, breach = breach.word(), reason, %error, "taken offline, and the inbox cannot be written");
        }
        Err(error) => tracing::error!(%item, breach = breach.word(), reason, %error, "taken offline, no alarm file"),
    }
}

/// Whether the file is new. It gets its name only when it is whole: a desk never reads half an alarm.
fn write_once(path: &Path, note: &str) -> std::io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if path.exists() {
        return Ok(false);
    }
    let mut file = tempfile::Builder::new().prefix(".alarm-").tempfile_in(folder)?;
    file.write_all(note.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_an_item_until_it_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alarm-permit-a.json");
        assert!(write_once(&path, "{}").unwrap());
        assert!(!write_once(&path, "{}").unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(write_once(&path, "{}").unwrap());
    }
}
