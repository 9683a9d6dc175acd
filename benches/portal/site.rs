//! A site to be asked: 500 of the demo's texts, published with permits and indexed, and the real router over them.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use menhu::blob::Blobs;
use menhu::config;
use menhu::index::{IndexDoc, IndexReader, IndexWriter, Words};
use menhu::model::{
    Basis, Clock, Column, ColumnId, ColumnMode, Content, Decision, Digest, ItemId, PermitKey, PermitVerifier, PersonId,
    RuleSetId, Timestamp, Unit, UnitClass, UnitId, When,
};
use menhu::portal::{Portal, router};
use menhu::store::{Place, Site};

use crate::material::{Text, html};

const ITEMS: usize = 500;
/// Columns of the site: id, name, the kind of the guideline.
const COLUMNS: [(&str, &str, &str); 3] =
    [("zwdt", "政务动态", "工作动态"), ("zcwj", "政策文件", "政策文件"), ("tzgg", "通知公告", "通知公告")];

/// The router, the ids of its items, and the folder that holds them.
pub struct Built {
    pub router: Router,
    pub items: Vec<ItemId>,
    _folder: tempfile::TempDir,
}

/// Builds it in a folder of its own.
pub async fn build(texts: &[Text]) -> Result<Built, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let place = Place::Sqlite(folder.path().join("site"));
    let (index, blobs) = (folder.path().join("site/index"), folder.path().join("site/blobs"));
    let site = Site::open(&place, Clock::System).await?;
    Blobs::open(&blobs)?;
    std::fs::create_dir(folder.path().join("inbox"))?;
    let columns = COLUMNS.iter().enumerate().map(|(position, column)| column_of(column, position));
    site.put_columns(&columns.collect::<Result<Vec<_>, _>>()?).await?;
    site.put_units(&[unit()?]).await?;
    let words = Words::load();
    let key = PermitKey::from_pkcs8(&PermitKey::generate()?)?;
    let items = publish(&site, &index, &words, &key, texts).await?;
    site.close().await;
    let router = router(Portal {
        site: Site::open_read_only(&place, Clock::System).await?,
        index: Arc::new(IndexReader::open_read_only(&index, &words)?),
        blobs: Blobs::open_read_only(&blobs),
        verifier: Arc::new(PermitVerifier::from_text(&key.public_text())?),
        config: Arc::new(config::Portal::default()),
        inbox: folder.path().join("inbox"),
        clock: Clock::System,
    });
    Ok(Built { router, items, _folder: folder })
}

fn column_of((id, name, kind): &(&str, &str, &str), position: usize) -> Result<Column, Box<dyn Error>> {
    Ok(Column {
        id: ColumnId::new(*id)?,
        name: (*name).into(),
        description: String::new(),
        keywords: String::new(),
        kind: (*kind).into(),
        mode: ColumnMode::Centre,
        position: position as i64,
        target: None,
    })
}

fn unit() -> Result<Unit, Box<dyn Error>> {
    Ok(Unit {
        id: UnitId::new("daj")?,
        name: "市档案局".into(),
        short: "档案局".into(),
        class: UnitClass::Department,
        home: None,
        aliases: Vec::new(),
    })
}

/// Publishes and indexes the texts, over the columns in turn.
async fn publish(
    site: &Site,
    index: &Path,
    words: &Words,
    key: &PermitKey,
    texts: &[Text],
) -> Result<Vec<ItemId>, Box<dyn Error>> {
    let mut writer = IndexWriter::open(index, words)?;
    let mut items = Vec::new();
    let mut last = 0;
    for (number, text) in texts.iter().take(ITEMS).enumerate() {
        let id = ItemId::new(format!("item{number}"))?;
        let at = Timestamp(1_700_000_000_000_000 + number as i64 * 3_600_000_000);
        let content = content(text, COLUMNS[number % COLUMNS.len()].0, at)?;
        let bytes = content.bytes()?;
        let hash = Content::hash_of(&bytes);
        let basis = Basis::Person { person: PersonId::new("shenhe")? };
        let decision = Decision { basis, content: hash, at, note: String::new() };
        let permit = key.sign(id.clone(), hash, RuleSetId(Digest::of(b"rules")), decision, at)?;
        last = u64::try_from(site.publish(&id, &bytes, &permit).await?)?;
        writer.add(&IndexDoc {
            id: id.clone(),
            seq: last,
            title: content.title,
            text: content.text,
            attachments: Vec::new(),
            column: content.column,
            unit: content.unit,
            unit_name: "市档案局".into(),
            published: at,
            document_number: None,
            origin: content.origin,
        })?;
        items.push(id);
    }
    writer.commit(last)?;
    Ok(items)
}

fn content(text: &Text, column: &str, at: Timestamp) -> Result<Content, Box<dyn Error>> {
    let published: When = format!("2024-05-06T{:02}:05:00+08:00", at.0 / 3_600_000_000 % 24).parse()?;
    Ok(Content {
        title: text.title.clone(),
        html: html(text),
        text: text.paragraphs.join("\n"),
        published: Some(published),
        written: None,
        origin: "市档案局".into(),
        author: None,
        document_number: None,
        index_number: None,
        source_url: "http://daj.example.gov.cn/shtml/1/2/detail_1.shtml".into(),
        unit: UnitId::new("daj")?,
        column: ColumnId::new(column)?,
        attachments: Vec::new(),
    })
}
