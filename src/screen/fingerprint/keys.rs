//! The keys `fingerprints`, `passage` and `share` of a rule, and those that a rule with them cannot have.

use super::{LEAST, USUAL_PASSAGE, USUAL_SHARE};
use crate::screen::rule_file::Table;

/// The most that `passage` may ask for: some 800 letters in a row.
const MOST: u32 = 100;

/// What a rule says of registered documents.
pub(in crate::screen) struct Named {
    /// The file, as it was written.
    pub(in crate::screen) file: String,
    pub(in crate::screen) passage: u32,
    pub(in crate::screen) share: f64,
}

/// Takes the keys out of a rule; nothing where it looks for something else.
pub(in crate::screen) fn named(table: &mut Table<'_, '_>) -> Option<Named> {
    if table.get("fingerprints").is_none() {
        for key in ["passage", "share"] {
            if let Some((line, _)) = table.get(key) {
                let cure = "add fingerprints = \"NAME.fingerprints\", or remove the key";
                table.refuse(key, line, "a key of rules with fingerprints alone", cure);
            }
        }
        return None;
    }
    let (_, file) = table.text("fingerprints")?;
    without_other_keys(table);
    let passage = table.number("passage", MOST, USUAL_PASSAGE);
    if passage < LEAST {
        let line = table.get("passage").map_or(table.line, |(line, _)| line);
        let cure = format!("write passage = {USUAL_PASSAGE}");
        table.refuse("passage", line, format!("fewer than {LEAST} fingerprints, which are met by chance"), cure);
    }
    let share = share(table);
    Some(Named { file, passage, share })
}

/// What a rule with fingerprints has no use for; and a positive example would be the text itself.
fn without_other_keys(table: &mut Table<'_, '_>) {
    if let Some((line, _)) = table.get("positive") {
        let what = "a positive example of a rule with fingerprints would keep the text that is not to be kept";
        let cure =
            "remove it; the self-check in the file of fingerprints stands for it, and negative examples may be given";
        table.refuse("positive", line, what, cure);
    }
    for key in ["terms", "dictionary", "template", "variants", "gap", "near", "exceptions"] {
        if let Some((line, _)) = table.get(key) {
            let what = format!("a rule with fingerprints has no {key}");
            table.refuse(key, line, what, "remove it, or make two rules of it");
        }
    }
}

fn share(table: &mut Table<'_, '_>) -> f64 {
    let Some((line, value)) = table.get("share") else { return USUAL_SHARE };
    let number = match (value.as_float(), value.as_integer()) {
        (Some(number), _) => number.as_str().parse::<f64>().ok(),
        (_, Some(number)) => number.as_str().parse::<f64>().ok(),
        _ => None,
    };
    match number {
        Some(share) if (0.01..=1.0).contains(&share) => share,
        _ => {
            let cure = format!("write share = {USUAL_SHARE}");
            table.refuse("share", line, "not a share from 0.01 to 1", cure);
            USUAL_SHARE
        }
    }
}
