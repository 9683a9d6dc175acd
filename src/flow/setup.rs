//! Registers: units, columns, sources and links, on the desk and, where they are public, on the site.

use serde_json::json;

use crate::model::{Actor, Column, Link, Source, SourceId, Unit};
use crate::store::{Desk, Site};

use super::{FlowError, job};

/// Everything that is registered.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// Units 单位.
    pub units: Vec<Unit>,
    /// Columns 栏目.
    pub columns: Vec<Column>,
    /// Sources 来源站点.
    pub sources: Vec<Source>,
    /// Links 网站链接.
    pub links: Vec<Link>,
}

/// Puts a register on record; what is known already is replaced by id, and nothing is removed.
///
/// # Errors
/// [`FlowError`].
pub async fn put(desk: &Desk, register: &Register, actor: &Actor) -> Result<(), FlowError> {
    let mut tx = desk.begin().await?;
    for unit in &register.units {
        tx.put_unit(unit).await?;
    }
    for column in &register.columns {
        tx.put_column(column).await?;
    }
    for source in &register.sources {
        if tx.source(&source.id).await?.as_ref() != Some(source) {
            tx.put_source(source).await?;
            tx.audit(actor, "source.put", source.id.as_str(), &serde_json::to_value(source)?).await?;
        }
        if source.enabled {
            tx.enqueue(job::COLLECT, source.id.as_str(), &json!({}), tx.now()).await?;
        }
    }
    tx.put_links(&register.links).await?;
    tx.commit().await?;
    Ok(())
}

/// Enables or disables a source.
///
/// # Errors
/// [`FlowError`].
pub async fn enable(desk: &Desk, source: &SourceId, enabled: bool, actor: &Actor) -> Result<(), FlowError> {
    let mut tx = desk.begin().await?;
    tx.set_source_enabled(source, enabled).await?;
    let action = if enabled { "source.enable" } else { "source.disable" };
    tx.audit(actor, action, source.as_str(), &json!({})).await?;
    if enabled {
        tx.enqueue(job::COLLECT, source.as_str(), &json!({}), tx.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Copies what is public of the registers to the site.
///
/// # Errors
/// [`FlowError`].
pub async fn mirror(desk: &Desk, site: &Site) -> Result<(), FlowError> {
    site.put_units(&desk.units().await?).await?;
    site.put_columns(&desk.columns().await?).await?;
    site.put_links(&desk.links().await?).await?;
    Ok(())
}
