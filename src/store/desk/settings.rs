//! What officers set: units, columns, sources, links, and single values such as `frozen`.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{Column, ColumnId, Link, Source, SourceId, Unit, UnitId};
use crate::store::StoreError;

impl DeskTx {
    /// Adds or changes a unit.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_unit(&mut self, unit: &Unit) -> Result<(), StoreError> {
        todo!()
    }

    /// Adds or changes a column.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_column(&mut self, column: &Column) -> Result<(), StoreError> {
        todo!()
    }

    /// Adds or changes a source.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where its unit or a column of its lists is not registered.
    pub async fn put_source(&mut self, source: &Source) -> Result<(), StoreError> {
        todo!()
    }

    /// Says whether a source is collected.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_source_enabled(&mut self, source: &SourceId, enabled: bool) -> Result<(), StoreError> {
        todo!()
    }

    /// Replaces all links.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_links(&mut self, links: &[Link]) -> Result<(), StoreError> {
        todo!()
    }

    /// Keeps a value under a key.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_setting(&mut self, key: &str, value: &Value) -> Result<(), StoreError> {
        todo!()
    }

    /// The value under a key as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn setting(&mut self, key: &str) -> Result<Option<Value>, StoreError> {
        todo!()
    }

    /// The source as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source(&mut self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        todo!()
    }
}

impl Desk {
    /// Every unit, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        todo!()
    }

    /// A unit.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn unit(&self, id: &UnitId) -> Result<Option<Unit>, StoreError> {
        todo!()
    }

    /// Every column, by position and id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn columns(&self) -> Result<Vec<Column>, StoreError> {
        todo!()
    }

    /// A column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn column(&self, id: &ColumnId) -> Result<Option<Column>, StoreError> {
        todo!()
    }

    /// Every source, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        todo!()
    }

    /// A source.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn source(&self, id: &SourceId) -> Result<Option<Source>, StoreError> {
        todo!()
    }

    /// Every link, in the order they were given.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn links(&self) -> Result<Vec<Link>, StoreError> {
        todo!()
    }

    /// The value under a key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        todo!()
    }
}
