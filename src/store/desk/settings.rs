//! What officers set: units, columns, sources, links, and single values such as `frozen`.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{Column, ColumnId, Link, Source, SourceId, Timestamp, Unit, UnitId};
use crate::store::StoreError;
use crate::store::bind::{json, read_json};
use crate::store::db::{self, run};
use crate::store::sql::statements;

statements! {
    PUT_UNIT = "INSERT INTO units (id, body, updated) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated = excluded.updated";
    UNITS = "SELECT body FROM units ORDER BY id";
    UNIT = "SELECT body FROM units WHERE id = $1";
    PUT_COLUMN = "INSERT INTO columns (id, position, body, updated) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET position = excluded.position, body = excluded.body,
        updated = excluded.updated";
    COLUMNS = "SELECT body FROM columns ORDER BY position, id";
    COLUMN = "SELECT body FROM columns WHERE id = $1";
    PUT_SOURCE = "INSERT INTO sources (id, unit_id, disabled_at, body, updated) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET unit_id = excluded.unit_id, disabled_at = excluded.disabled_at,
        body = excluded.body, updated = excluded.updated";
    ENABLE_SOURCE = "UPDATE sources SET disabled_at = $2, updated = $3 WHERE id = $1";
    SOURCES = "SELECT body, disabled_at FROM sources ORDER BY id";
    SOURCE = "SELECT body, disabled_at FROM sources WHERE id = $1";
    DROP_LINKS = "DELETE FROM links";
    ADD_LINK = "INSERT INTO links (position, body) VALUES ($1, $2)";
    LINKS = "SELECT body FROM links ORDER BY position";
    PUT_SETTING = "INSERT INTO settings (name, value, updated) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated = excluded.updated";
    SETTING = "SELECT value FROM settings WHERE name = $1";
}

/// The row's own word about being enabled wins over the one in the body.
fn read_source((body, disabled_at): (String, Option<i64>)) -> Result<Source, StoreError> {
    let source: Source = read_json("source", &body)?;
    Ok(Source { enabled: disabled_at.is_none(), ..source })
}

async fn find_source(link: &mut db::Link<'_>, id: &SourceId) -> Result<Option<Source>, StoreError> {
    run!(link, optional SOURCE(id) as (String, Option<i64>))?.map(read_source).transpose()
}

async fn find_setting(link: &mut db::Link<'_>, key: &str) -> Result<Option<Value>, StoreError> {
    let found = run!(link, optional SETTING(key) as (String,))?;
    found.map(|(value,)| read_json("setting", &value)).transpose()
}

/// JSON bodies of a list.
pub(in crate::store) fn bodies<T: serde::de::DeserializeOwned>(
    what: &str,
    rows: Vec<(String,)>,
) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|(body,)| read_json(what, body)).collect()
}

/// The JSON body of one.
pub(in crate::store) fn body<T: serde::de::DeserializeOwned>(
    what: &str,
    row: Option<(String,)>,
) -> Result<Option<T>, StoreError> {
    row.map(|(body,)| read_json(what, &body)).transpose()
}

impl DeskTx {
    /// Adds or changes a unit.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_unit(&mut self, unit: &Unit) -> Result<(), StoreError> {
        let now = self.now;
        run!(&mut self.link(), execute PUT_UNIT(&unit.id, json(unit)?, now)).map(|_| ())
    }

    /// Adds or changes a column.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_column(&mut self, column: &Column) -> Result<(), StoreError> {
        let now = self.now;
        run!(&mut self.link(), execute PUT_COLUMN(&column.id, column.position, json(column)?, now)).map(|_| ())
    }

    /// Adds or changes a source.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where its unit or a column of its lists is not registered.
    pub async fn put_source(&mut self, source: &Source) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        for list in &source.lists {
            if run!(link, optional COLUMN(&list.column) as (String,))?.is_none() {
                return Err(StoreError::Refused(format!(
                    "source {}: column {} of {} is not registered",
                    source.id, list.column, list.url
                )));
            }
        }
        if run!(link, optional UNIT(&source.unit) as (String,))?.is_none() {
            return Err(StoreError::Refused(format!("source {}: unit {} is not registered", source.id, source.unit)));
        }
        let disabled_at = (!source.enabled).then_some(now);
        run!(link, execute PUT_SOURCE(&source.id, &source.unit, disabled_at, json(source)?, now)).map(|_| ())
    }

    /// Says whether a source is collected.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_source_enabled(&mut self, source: &SourceId, enabled: bool) -> Result<(), StoreError> {
        let now = self.now;
        let disabled_at: Option<Timestamp> = (!enabled).then_some(now);
        let changed = run!(&mut self.link(), execute ENABLE_SOURCE(source, disabled_at, now))?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Missing(format!("source {source}"))) }
    }

    /// Replaces all links.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where a link's unit is not registered; [`StoreError::Database`].
    pub async fn put_links(&mut self, links: &[Link]) -> Result<(), StoreError> {
        let on = &mut self.link();
        run!(on, execute DROP_LINKS())?;
        for (position, link) in (0_i64..).zip(links) {
            if run!(on, optional UNIT(&link.unit) as (String,))?.is_none() {
                return Err(StoreError::Refused(format!(
                    "link {:?}: unit {} is not registered",
                    link.title, link.unit
                )));
            }
            run!(on, execute ADD_LINK(position, json(link)?))?;
        }
        Ok(())
    }

    /// Keeps a value under a key.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_setting(&mut self, key: &str, value: &Value) -> Result<(), StoreError> {
        let now = self.now;
        run!(&mut self.link(), execute PUT_SETTING(key, value, now)).map(|_| ())
    }

    /// The value under a key as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn setting(&mut self, key: &str) -> Result<Option<Value>, StoreError> {
        find_setting(&mut self.link(), key).await
    }

    /// The source as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source(&mut self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        find_source(&mut self.link(), id).await
    }
}

impl Desk {
    /// Every unit, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        bodies("unit", run!(&mut self.read().await?.link(), all UNITS() as (String,))?)
    }

    /// A unit.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn unit(&self, id: &UnitId) -> Result<Option<Unit>, StoreError> {
        body("unit", run!(&mut self.read().await?.link(), optional UNIT(id) as (String,))?)
    }

    /// Every column, by position and id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn columns(&self) -> Result<Vec<Column>, StoreError> {
        bodies("column", run!(&mut self.read().await?.link(), all COLUMNS() as (String,))?)
    }

    /// A column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn column(&self, id: &ColumnId) -> Result<Option<Column>, StoreError> {
        body("column", run!(&mut self.read().await?.link(), optional COLUMN(id) as (String,))?)
    }

    /// Every source, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all SOURCES() as (String, Option<i64>))?;
        rows.into_iter().map(read_source).collect()
    }

    /// A source.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn source(&self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        find_source(&mut self.read().await?.link(), id).await
    }

    /// Every link, in the order they were given.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn links(&self) -> Result<Vec<Link>, StoreError> {
        bodies("link", run!(&mut self.read().await?.link(), all LINKS() as (String,))?)
    }

    /// The value under a key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        find_setting(&mut self.read().await?.link(), key).await
    }
}
