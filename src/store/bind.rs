//! How values of the model stand in the database: ids and words as TEXT, times and counts as BIGINT, digests as
//! hexadecimal TEXT. Text goes in without NUL, which PostgreSQL refuses and SQLite keeps.

use std::borrow::Cow;

use crate::model::{
    BlobId, ColumnId, ContentHash, Digest, ItemId, JobId, Outcome, PersonId, Role, RuleSetId, SourceId, Status,
    Timestamp, UnitId,
};
use crate::store::StoreError;

/// A value as both engines take it.
pub(super) trait Bind {
    type Value;
    fn value(self) -> Self::Value;
}

impl Bind for i64 {
    type Value = i64;
    fn value(self) -> i64 {
        self
    }
}

impl Bind for Timestamp {
    type Value = i64;
    fn value(self) -> i64 {
        self.0
    }
}

impl<'a> Bind for &'a str {
    type Value = Cow<'a, str>;
    fn value(self) -> Cow<'a, str> {
        if self.contains('\0') { Cow::Owned(self.replace('\0', "")) } else { Cow::Borrowed(self) }
    }
}

impl<'a> Bind for &'a String {
    type Value = Cow<'a, str>;
    fn value(self) -> Cow<'a, str> {
        self.as_str().value()
    }
}

impl Bind for String {
    type Value = String;
    fn value(self) -> String {
        if self.contains('\0') { self.replace('\0', "") } else { self }
    }
}

impl<'a> Bind for &'a [u8] {
    type Value = &'a [u8];
    fn value(self) -> &'a [u8] {
        self
    }
}

impl<T: Bind> Bind for Option<T> {
    type Value = Option<T::Value>;
    fn value(self) -> Option<T::Value> {
        self.map(Bind::value)
    }
}

macro_rules! bind_as {
    ($make:expr => $out:ty: $($name:ty),+) => {
        $(impl<'a> Bind for &'a $name {
            type Value = $out;
            fn value(self) -> $out {
                let make: fn(&'a $name) -> $out = $make;
                make(self)
            }
        })+
    };
}
bind_as!(|id| id.as_str() => &'a str: ColumnId, ItemId, JobId, PersonId, SourceId, UnitId);
bind_as!(|digest| digest.to_string() => String: Digest, BlobId, ContentHash, RuleSetId);
bind_as!(|value| value.word() => &'static str: Status, Outcome, Role);
bind_as!(|value| value.to_string() => String: serde_json::Value);

/// A stored text as a value of the model; what cannot be one was changed behind the program's back.
pub(super) fn read<T>(what: &str, text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| corrupt(what, error))
}

/// The same for a nullable column.
pub(super) fn read_some<T>(what: &str, text: Option<&str>) -> Result<Option<T>, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.map(|text| read(what, text)).transpose()
}

/// A stored JSON text as a value.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(what, error))
}

/// A stored word by its table.
pub(super) fn read_word<T>(what: &str, text: &str, table: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    table(text).ok_or_else(|| corrupt(what, format!("{text:?} is not one of its words")))
}

/// A value as JSON text.
pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(format!("cannot be written as JSON: {error}")))
}

pub(super) fn corrupt(what: &str, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), reason: reason.to_string() }
}

/// A COUNT.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
