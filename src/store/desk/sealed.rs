//! The sealed quarantine: which file holds what the gate held of an item, and for whom its key is wrapped.
//!
//! Promise: a row of `items` that is written as quarantined has no content, no title and no words of a finding; the file
//! and at least one living key are written in the same statement sequence, or nothing is. What goes out of use by that
//! (plain files, words in the index) is noted in `to_clean` in the same transaction.

use super::{Desk, DeskTx};
use crate::model::{BlobId, ItemId, SourceId, Timestamp, Verdict};
use crate::model::{Digest, Finding, Unreadable};
use crate::store::StoreError;
use crate::store::bind::{count, read};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    PUT = "INSERT INTO sealed_items (item_id, package, sealed_at) VALUES ($1, $2, $3)";
    /// A key that was retired meanwhile gets nothing.
    PUT_KEY = "INSERT INTO sealed_keys (item_id, key_id, wrapped)
        SELECT CAST($1 AS TEXT), id, CAST($3 AS TEXT) FROM officer_keys WHERE id = $2 AND retired_at IS NULL
        ON CONFLICT (item_id, key_id) DO NOTHING";
    DROP_KEYS = "DELETE FROM sealed_keys WHERE item_id = $1";
    DROP_PACKAGE = "DELETE FROM sealed_items WHERE item_id = $1";
    DROP_KEYS_OF = "DELETE FROM sealed_keys WHERE item_id = $1 AND key_id = $2";
    FIND = "SELECT package, sealed_at FROM sealed_items WHERE item_id = $1";
    WRAPPED = "SELECT wrapped FROM sealed_keys WHERE item_id = $1 AND key_id = $2";
    OPENED_BY = "SELECT item_id, wrapped FROM sealed_keys WHERE key_id = $1 AND item_id > $2 ORDER BY item_id LIMIT $3";
    /// What the first key opens and the second does not.
    LACKING = "SELECT item_id, wrapped FROM sealed_keys WHERE key_id = $1 AND item_id > $3 AND NOT EXISTS
        (SELECT 1 FROM sealed_keys AS others WHERE others.item_id = sealed_keys.item_id AND others.key_id = $2)
        ORDER BY item_id LIMIT $4";
    COUNT_OPENED_BY = "SELECT COUNT(*) FROM sealed_keys WHERE key_id = $1";
    COUNT = "SELECT COUNT(*) FROM sealed_items";
    CLEAN_BLOBS = "INSERT INTO to_clean (kind, name) SELECT 'blob', blob FROM item_blobs WHERE item_id = $1
        ON CONFLICT (kind, name) DO NOTHING";
    CLEAN_ONE = "INSERT INTO to_clean (kind, name) VALUES ($1, $2) ON CONFLICT (kind, name) DO NOTHING";
    /// An item that went through the queue may have words in the index; one that was held at once never had.
    CLEAN_ITEM = "INSERT INTO to_clean (kind, name) SELECT 'item', id FROM items WHERE id = $1 AND version > 1
        ON CONFLICT (kind, name) DO NOTHING";
    TO_CLEAN = "SELECT kind, name FROM to_clean ORDER BY kind, name LIMIT $1";
    CLEANED = "DELETE FROM to_clean WHERE kind = $1 AND name = $2";
    LISTED = "SELECT title FROM urls WHERE source_id = $1 AND url = $2";
    SEAL_LISTED = "UPDATE urls SET title = $3 WHERE source_id = $1 AND url = $2";
    ADDRESS = "SELECT source_id, url FROM items WHERE id = $1";
    PLAIN = "SELECT id FROM items WHERE status IN ('quarantined', 'dismissed') AND content <> '' ORDER BY id LIMIT $1";
    SEAL_ROW = "UPDATE items SET version = version + 1, content = '', title = '', segments = NULL, raw = NULL,
        verdict = $3, updated = $4 WHERE id = $1 AND version = $2 AND status IN ('quarantined', 'dismissed')";
    ADD_BLOB = "INSERT INTO item_blobs (item_id, blob) VALUES ($1, $2) ON CONFLICT (item_id, blob) DO NOTHING";
    DROP_BLOBS = "DELETE FROM item_blobs WHERE item_id = $1";
}

/// What was sealed of an item, ready to be put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The file with everything that was read of it, as ciphertext.
    pub package: BlobId,
    /// Name of an officer's key, and the file's key wrapped for it, base64.
    pub keys: Vec<(String, String)>,
}

/// What of a verdict may stand in plain: rules, levels, actions, fields; no word, no place, no reason.
pub(super) fn bare(verdict: &Verdict) -> Verdict {
    let finding = |found: &Finding| Finding {
        place: String::new(),
        start: 0,
        end: 0,
        text: String::new(),
        transforms: Vec::new(),
        why: String::new(),
        ..found.clone()
    };
    let part = |_: &Unreadable| Unreadable { place: String::new(), reason: String::new() };
    Verdict {
        findings: verdict.findings.iter().map(finding).collect(),
        unreadable: verdict.unreadable.iter().map(part).collect(),
        ..verdict.clone()
    }
}

/// What stands for a title of a list whose item is sealed: equal for the same title.
#[must_use]
pub fn sealed_title(title: &str) -> String {
    if title.is_empty() || is_sealed_title(title) {
        return title.to_owned();
    }
    format!("sealed:{}", Digest::of_parts(&[b"menhu-listed-1", title.as_bytes()]))
}

/// Whether a listed title is the stand-in for one.
#[must_use]
pub fn is_sealed_title(title: &str) -> bool {
    title.strip_prefix("sealed:").is_some_and(|digest| digest.len() == 64)
}

/// Puts the sealed file and its keys on record in place of what was there; the row of the item is written already.
pub(super) async fn put(link: &mut Link<'_>, id: &ItemId, sealed: &Sealed, now: Timestamp) -> Result<(), StoreError> {
    drop_sealed(link, id).await?;
    run!(link, execute CLEAN_BLOBS(id))?;
    run!(link, execute CLEAN_ITEM(id))?;
    run!(link, execute DROP_BLOBS(id))?;
    run!(link, execute ADD_BLOB(id, &sealed.package))?;
    run!(link, execute PUT(id, &sealed.package, now))?;
    let mut wrapped = 0;
    for (key, text) in &sealed.keys {
        wrapped += run!(link, execute PUT_KEY(id, key, text))?;
    }
    if wrapped == 0 {
        return Err(StoreError::Refused(format!("item {id} is sealed for nobody whose key is alive; seal it anew")));
    }
    let (source, url): (Option<String>, String) = run!(link, one ADDRESS(id) as (Option<String>, String))?;
    if let Some(source) = source {
        seal_listed(link, &source, &url).await?;
    }
    Ok(())
}

/// Forgets the sealed file of an item, and lets it be cleaned.
pub(super) async fn drop_sealed(link: &mut Link<'_>, id: &ItemId) -> Result<(), StoreError> {
    let Some((package, _)) = run!(link, optional FIND(id) as (String, i64))? else { return Ok(()) };
    run!(link, execute CLEAN_ONE("blob", &package))?;
    run!(link, execute DROP_KEYS(id))?;
    run!(link, execute DROP_PACKAGE(id)).map(|_| ())
}

async fn seal_listed(link: &mut Link<'_>, source: &str, url: &str) -> Result<(), StoreError> {
    if let Some((title,)) = run!(link, optional LISTED(source, url) as (String,))?
        && !title.is_empty()
        && !is_sealed_title(&title)
    {
        run!(link, execute SEAL_LISTED(source, url, sealed_title(&title)))?;
    }
    Ok(())
}

impl DeskTx {
    /// Seals the row of an item that stands in quarantine in plain: one from before the quarantine was sealed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it moved meanwhile; [`StoreError::Refused`] where no key is alive.
    pub async fn seal_item(
        &mut self,
        id: &ItemId,
        version: i64,
        verdict: &Verdict,
        sealed: &Sealed,
    ) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        let verdict = crate::store::bind::json(&bare(verdict))?;
        if run!(link, execute SEAL_ROW(id, version, verdict, now))? == 0 {
            return Err(StoreError::Conflict {
                subject: format!("item {id}"),
                expected: format!("in quarantine in version {version}"),
                found: "another".into(),
            });
        }
        super::screened::drop_of(link, id).await?;
        put(link, id, sealed, now).await
    }

    /// Gives a key access to an item.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn add_sealed_key(&mut self, id: &ItemId, key: &str, wrapped: &str) -> Result<bool, StoreError> {
        Ok(run!(&mut self.link(), execute PUT_KEY(id, key, wrapped))? == 1)
    }

    /// Takes a key's access to an item away.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drop_sealed_key(&mut self, id: &ItemId, key: &str) -> Result<(), StoreError> {
        run!(&mut self.link(), execute DROP_KEYS_OF(id, key)).map(|_| ())
    }

    /// How many items a key opens, as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_opened_by(&mut self, key: &str) -> Result<u64, StoreError> {
        run!(&mut self.link(), one COUNT_OPENED_BY(key) as (i64,)).map(|(number,)| count(number))
    }

    /// Puts the stand-in in place of what a list said of an address.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn seal_listed_title(&mut self, source: &SourceId, url: &str) -> Result<(), StoreError> {
        seal_listed(&mut self.link(), source.as_str(), url).await
    }

    /// Notes a file that no item names (any more), so that the cleaning takes it out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn clean_blob(&mut self, blob: &BlobId) -> Result<(), StoreError> {
        run!(&mut self.link(), execute CLEAN_ONE("blob", blob.to_string())).map(|_| ())
    }

    /// Notes that something noted for the cleaning is out.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn cleaned(&mut self, kind: &str, name: &str) -> Result<(), StoreError> {
        run!(&mut self.link(), execute CLEANED(kind, name)).map(|_| ())
    }
}

impl Desk {
    /// The sealed file of an item, and since when.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sealed(&self, id: &ItemId) -> Result<Option<(BlobId, Timestamp)>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional FIND(id) as (String, i64))?;
        found.map(|(package, at)| Ok((read("sealed item", &package)?, Timestamp(at)))).transpose()
    }

    /// The key of an item's file, wrapped for an officer's key.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn wrapped_key(&self, id: &ItemId, key: &str) -> Result<Option<String>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional WRAPPED(id, key) as (String,))?;
        Ok(found.map(|(wrapped,)| wrapped))
    }

    /// Items that a key opens, with the wrapped key, by id after `after`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn opened_by(
        &self,
        key: &str,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<(ItemId, String)>, StoreError> {
        let after = after.map_or("", ItemId::as_str);
        let rows = run!(
            &mut self.read().await?.link(),
            all OPENED_BY(key, after, i64::from(limit)) as (String, String)
        )?;
        named(rows)
    }

    /// Items that `key` opens and `other` does not, with the key wrapped for `key`, by id after `after`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn lacking(
        &self,
        key: &str,
        other: &str,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<(ItemId, String)>, StoreError> {
        let after = after.map_or("", ItemId::as_str);
        let rows = run!(
            &mut self.read().await?.link(),
            all LACKING(key, other, after, i64::from(limit)) as (String, String)
        )?;
        named(rows)
    }

    /// How many items are sealed, and how many of them a key opens.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sealed_counts(&self, key: &str) -> Result<(u64, u64), StoreError> {
        let mut reading = self.read().await?;
        let link = &mut reading.link();
        let (all,) = run!(link, one COUNT() as (i64,))?;
        let (opened,) = run!(link, one COUNT_OPENED_BY(key) as (i64,))?;
        Ok((count(all), count(opened)))
    }

    /// What is to be cleaned: kind and name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn to_clean(&self, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        run!(&mut self.read().await?.link(), all TO_CLEAN(i64::from(limit)) as (String, String))
    }

    /// Items that stand in quarantine in plain, from before it was sealed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn plain_in_quarantine(&self, limit: u32) -> Result<Vec<ItemId>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all PLAIN(i64::from(limit)) as (String,))?;
        rows.iter().map(|(id,)| read("id of an item", id)).collect()
    }
}

fn named(rows: Vec<(String, String)>) -> Result<Vec<(ItemId, String)>, StoreError> {
    rows.into_iter().map(|(id, wrapped)| Ok((read("id of an item", &id)?, wrapped))).collect()
}
