//! Intake: one fetched page with its attachments becomes one item, queued or quarantined.
//!
//! Read from top to bottom: reader, attachments, draft, gate, and only then the disk: what the gate let pass is written,
//! what it held stays in memory until it is sealed. What cannot be read or fetched is listed on
//! the draft and holds it; nothing is dropped on the way. The transaction that records the outcome is the
//! caller's, because the fenced acknowledgement of the address belongs into it.

use std::sync::Arc;

use crate::blob::Blobs;
use crate::extract::{Extracted, Reader};
use crate::model::{
    Attachment, BlobId, Content, Digest, Draft, Field, Segment, Source, Timestamp, Unit, Unreadable, When,
};
use crate::screen::{Screened, Screener};

use super::FlowError;
use super::kept_text::pack;
use super::quarantine::Sealer;
use super::quarantine::package::Package;

/// A page as the collector brought it.
pub struct Page {
    /// Its bytes after decompression.
    pub bytes: Vec<u8>,
    /// The address that answered, after redirects.
    pub url: String,
    /// Content-Type as the server sent it.
    pub content_type: Option<String>,
    /// What the list said: words of the link and date.
    pub listed_title: String,
    /// Date of the list.
    pub listed_date: Option<When>,
}

/// An attachment as the collector brought it, or why it did not.
pub struct File {
    /// Address.
    pub url: String,
    /// Name, as the link or the address gives it.
    pub name: String,
    /// Bytes, or the reason for their absence.
    pub bytes: Result<Vec<u8>, String>,
}

/// What intake made of a page.
pub struct Taken {
    /// The gate's answer, with the content inside.
    pub screened: Screened,
    /// What was read beside the content: on the disk where the gate let it pass, in memory only where it did not.
    pub kept: Kept,
    /// What the gate read, packed for the next change of rules; nothing where it is too long.
    pub kept_text: Option<Vec<u8>>,
    /// Hash of the letters and digits of title and body: equal for reprints.
    pub text_hash: Digest,
    /// An attachment was not read for want of a reader, so that it should be read again soon.
    pub without_reader: bool,
}

/// Where the bytes of an item are after the gate has spoken.
pub enum Kept {
    /// Files of the desk, in plain.
    Plain {
        /// The page as it was fetched.
        raw: BlobId,
        /// The draft's segments and unreadable parts, so that it can be screened again without the site.
        evidence: BlobId,
    },
    /// Nowhere yet; it is sealed, or it is gone.
    Package(Box<Package>),
}

/// What is kept beside an item so that it can be screened again.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// Segments beyond the content.
    pub segments: Vec<Segment>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// Where intake works.
#[derive(Clone)]
pub struct Intake {
    /// The desk's files.
    pub blobs: Blobs,
    /// The sandboxed readers.
    pub reader: Arc<Reader>,
    /// The gate.
    pub screener: Arc<Screener>,
    /// Seals what the gate held.
    pub sealer: Sealer,
}

impl Intake {
    /// Reads the page alone: what it says, and which attachments belong to it.
    pub async fn read(&self, page: &Page, source: &Source) -> Extracted {
        self.reader.page(page.bytes.clone(), &page.url, page.content_type.as_deref(), source.charset.as_deref()).await
    }

    /// Makes the draft of a page that was read, with its attachments, and screens it.
    ///
    /// # Errors
    /// Where a file cannot be written, or the content not be serialised.
    pub async fn take(
        &self,
        page: &Page,
        read: Extracted,
        files: Vec<File>,
        source: &Source,
        unit: &Unit,
        column: &crate::model::ColumnId,
    ) -> Result<Taken, FlowError> {
        let raw = BlobId(Digest::of(&page.bytes));
        let mut held = vec![(raw, page.bytes.clone())];
        let mut draft = draft_of(page, read, source, unit, column);
        let mut without_reader = false;
        for file in files {
            without_reader |= self.attach(&mut draft, &mut held, file).await;
        }
        let text_hash = text_hash(&draft.content);
        let evidence = Evidence { segments: draft.segments.clone(), unreadable: draft.unreadable.clone() };
        let screener = self.screener.clone();
        let screen = move || (pack(&draft), screener.screen(draft));
        let (kept_text, screened) = tokio::task::spawn_blocking(screen).await?;
        let kept_text = kept_text.filter(|_| matches!(screened, Screened::Cleared(_)));
        let kept = match &screened {
            Screened::Cleared(_) => Kept::Plain { raw, evidence: self.keep(held, &evidence).await? },
            Screened::Held(held_back) => Kept::Package(Box::new(Package {
                content: held_back.bytes().to_owned(),
                verdict: held_back.verdict().clone(),
                evidence,
                text_hash: Some(text_hash),
                raw: Some(raw),
                files: held,
            })),
        };
        Ok(Taken { screened, kept, kept_text, text_hash, without_reader })
    }

    /// Writes what the gate let pass.
    async fn keep(&self, files: Vec<(BlobId, Vec<u8>)>, evidence: &Evidence) -> Result<BlobId, FlowError> {
        for (_, bytes) in files {
            self.blobs.put(bytes).await?;
        }
        Ok(self.blobs.put(serde_json::to_vec(evidence)?).await?)
    }

    /// Adds a file to the draft; whether it was not read for want of a reader.
    async fn attach(&self, draft: &mut Draft, held: &mut Vec<(BlobId, Vec<u8>)>, file: File) -> bool {
        let name = free_name(&draft.content.attachments, &file.name);
        draft.segments.push(Segment::new(Field::FileName, name.clone(), file.name.clone()));
        let bytes = match file.bytes {
            Ok(bytes) => bytes,
            Err(reason) => {
                draft.unreadable.push(Unreadable { place: name, reason });
                return false;
            }
        };
        let size = bytes.len() as u64;
        let blob = hold(held, bytes.clone());
        let read = self.reader.document(&file.name, bytes).await;
        let text = (!read.text.is_empty()).then(|| hold(held, read.text.clone().into_bytes()));
        draft.segments.extend(read.segments.into_iter().map(|segment| Segment {
            field: Field::Attachment,
            place: place_in(&name, &segment.place),
            ..segment
        }));
        draft.unreadable.extend(
            read.unreadable
                .into_iter()
                .map(|part| Unreadable { place: place_in(&name, &part.place), reason: part.reason }),
        );
        draft.content.attachments.push(Attachment {
            name,
            media_type: read.kind.media_type().to_owned(),
            size,
            blob,
            text,
            url: file.url,
        });
        read.without_reader
    }
}

/// Holds bytes in memory until the gate has spoken; returns the name that they will have as a file.
fn hold(held: &mut Vec<(BlobId, Vec<u8>)>, bytes: Vec<u8>) -> BlobId {
    let blob = BlobId(Digest::of(&bytes));
    if !held.iter().any(|(known, _)| *known == blob) {
        held.push((blob, bytes));
    }
    blob
}

fn draft_of(page: &Page, read: Extracted, source: &Source, unit: &Unit, column: &crate::model::ColumnId) -> Draft {
    let title = if read.title.is_empty() { page.listed_title.clone() } else { read.title };
    let mut unreadable = read.unreadable;
    if title.trim().is_empty() {
        unreadable.push(Unreadable { place: String::new(), reason: "the page has no title".into() });
    }
    if read.text.trim().is_empty() && read.attachments.is_empty() {
        unreadable.push(Unreadable { place: String::new(), reason: "no body was found on the page".into() });
    }
    let content = Content {
        title: title.trim().to_owned(),
        html: read.html,
        text: read.text,
        published: read.published.or(page.listed_date),
        written: read.written,
        origin: origin(read.origin.as_deref(), source, unit),
        author: read.author,
        document_number: read.document_number,
        index_number: read.index_number,
        source_url: page.url.clone(),
        unit: unit.id.clone(),
        column: column.clone(),
        attachments: Vec::new(),
    };
    Draft { content, source: Some(source.id.clone()), segments: read.segments, unreadable }
}

/// 来源: what the page says, unless it names an account or nothing; then the unit.
fn origin(said: Option<&str>, source: &Source, unit: &Unit) -> String {
    let said = said.map(str::trim).unwrap_or_default();
    let is_account = ["超级管理员", "系统管理员", "管理员", "admin", "administrator", "本站", "原创", "未知"]
        .iter()
        .any(|account| said.eq_ignore_ascii_case(account));
    let is_own = said == unit.short || said == source.name || unit.aliases.iter().any(|alias| alias == said);
    if said.is_empty() || is_account || is_own { unit.name.clone() } else { said.chars().take(60).collect() }
}

/// Where in an attachment: the reader names the file already, unless the part has no name.
fn place_in(name: &str, part: &str) -> String {
    match part {
        "" => name.to_owned(),
        part if part.contains(name) => part.to_owned(),
        part => format!("{name}: {part}"),
    }
}

/// A name that no earlier attachment has.
fn free_name(taken: &[Attachment], wanted: &str) -> String {
    let wanted: String = wanted.chars().filter(|c| !c.is_control() && !matches!(c, '/' | '\\')).take(60).collect();
    let wanted = if wanted.trim().is_empty() { "附件".to_owned() } else { wanted.trim().to_owned() };
    let mut name = wanted.clone();
    let mut count = 2;
    while taken.iter().any(|file| file.name == name) {
        name = match wanted.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}-{count}.{extension}"),
            None => format!("{wanted}-{count}"),
        };
        count += 1;
    }
    name
}

/// Equal for the same text on several sites: letters and digits of title and body.
#[must_use]
pub fn text_hash(content: &Content) -> Digest {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    Digest::of_parts(&[b"menhu-text-1", letters(&content.title).as_bytes(), letters(&content.text).as_bytes()])
}

/// When the item counts as published, for ordering: what the source says, else when it was first seen.
#[must_use]
pub fn published_or(content: &Content, seen: Timestamp) -> Timestamp {
    content.published.map_or(seen, |when| when.instant().min(seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attachments_are_distinct_and_without_paths() {
        let file = |name: &str| Attachment {
            name: name.into(),
            media_type: String::new(),
            size: 0,
            blob: BlobId(Digest::of(b"")),
            text: None,
            url: String::new(),
        };
        assert_eq!(free_name(&[], "../a/表.pdf"), "..a表.pdf");
        assert_eq!(free_name(&[file("表.pdf"), file("表-2.pdf")], "表.pdf"), "表-3.pdf");
        assert_eq!(free_name(&[], "\u{0}"), "附件");
    }
}
