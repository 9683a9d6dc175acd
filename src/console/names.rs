//! Names of sources, units and columns for lists, and the choices of their filters.

use std::collections::BTreeMap;

use super::Console;
use crate::model::{ColumnId, SourceId, Unit, UnitId};
use crate::store::StoreError;

/// Names by id.
pub(super) struct Names {
    sources: BTreeMap<SourceId, String>,
    units: BTreeMap<UnitId, Unit>,
    columns: Vec<(ColumnId, String)>,
}

/// One choice of a filter.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

fn choice(value: &str, name: &str, chosen: Option<&str>) -> Choice {
    Choice { value: value.to_owned(), name: name.to_owned(), chosen: chosen == Some(value) }
}

impl Names {
    pub(super) async fn load(console: &Console) -> Result<Self, StoreError> {
        let sources = console.desk.sources().await?.into_iter().map(|source| (source.id, source.name)).collect();
        let units = console.desk.units().await?.into_iter().map(|unit| (unit.id.clone(), unit)).collect();
        let columns = console.desk.columns().await?.into_iter().map(|column| (column.id, column.name)).collect();
        Ok(Self { sources, units, columns })
    }

    /// The name, or the id where none is registered.
    pub(super) fn source(&self, id: Option<&SourceId>) -> String {
        id.map(|id| self.sources.get(id).cloned().unwrap_or_else(|| id.to_string())).unwrap_or_default()
    }

    /// The name of a source where it says more than the unit's own names do.
    pub(super) fn other_source(&self, id: Option<&SourceId>, unit: &UnitId) -> String {
        let name = self.source(id);
        let same = self.units.get(unit).is_some_and(|unit| name == unit.name || name == unit.short);
        if same { String::new() } else { name }
    }

    /// The short name, or the id.
    pub(super) fn unit(&self, id: &UnitId) -> String {
        self.units.get(id).map_or_else(|| id.to_string(), |unit| unit.short.clone())
    }

    /// The name, or the id.
    pub(super) fn column(&self, id: &ColumnId) -> String {
        let known = self.columns.iter().find(|(known, _)| known == id);
        known.map_or_else(|| id.to_string(), |(_, name)| name.clone())
    }

    pub(super) fn source_choices(&self, chosen: Option<&SourceId>) -> Vec<Choice> {
        let chosen = chosen.map(SourceId::as_str);
        self.sources.iter().map(|(id, name)| choice(id.as_str(), name, chosen)).collect()
    }

    pub(super) fn unit_choices(&self, chosen: Option<&UnitId>) -> Vec<Choice> {
        let chosen = chosen.map(UnitId::as_str);
        self.units.iter().map(|(id, unit)| choice(id.as_str(), &unit.short, chosen)).collect()
    }

    pub(super) fn column_choices(&self, chosen: Option<&ColumnId>) -> Vec<Choice> {
        let chosen = chosen.map(ColumnId::as_str);
        self.columns.iter().map(|(id, name)| choice(id.as_str(), name, chosen)).collect()
    }
}
