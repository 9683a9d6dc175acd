//! Statements: each is declared once with `statements!`, has a name for error messages, and is in the list of its file.
//!
//! `run!` takes nothing but a [`Sql`], so a statement that is not in a list cannot be run, and the test that prepares
//! the lists on both engines misses none.

/// A statement of the common SQL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sql {
    name: &'static str,
    text: &'static str,
}

impl Sql {
    /// For `statements!` alone.
    pub(super) const fn declared(name: &'static str, text: &'static str) -> Self {
        Self { name, text }
    }

    /// Its name in the sources.
    pub(super) const fn name(self) -> &'static str {
        self.name
    }

    /// Its text.
    pub(super) const fn text(self) -> &'static str {
        self.text
    }
}

/// Declares statements: `statements! { NAME = "SELECT …"; … }` makes a constant of each and `STATEMENTS` of all.
macro_rules! statements {
    ($($(#[$note:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$note])* const $name: $crate::store::sql::Sql = $crate::store::sql::Sql::declared(stringify!($name), $text);)+
        /// Every statement of this file.
        pub(in crate::store) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $text)),+];
    };
}
pub(super) use statements;
