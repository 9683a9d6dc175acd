//! The zip of an office package, unpacked under limits.
//!
//! Limits: 4,000 parts, 128 MiB unpacked in all, ratio 400 for parts over 4 MiB. Two parts of one name, encrypted
//! parts and damaged ones refuse the package: two readers could see two documents in it.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::extract::bounds::{PACKAGE_BYTES, PACKAGE_PARTS, PACKAGE_RATIO, PACKAGE_SMALL};
use crate::extract::kind::extension;

/// An unpacked part.
pub(super) struct Part {
    /// Its name, without a leading slash.
    pub(super) name: String,
    /// Its bytes; empty for pictures and fonts, which are not unpacked.
    pub(super) bytes: Vec<u8>,
}

/// Unpacks a package.
///
/// # Errors
/// Why it is refused, for people.
pub(super) fn open(bytes: &[u8]) -> Result<Vec<Part>, String> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("the package is damaged: {error}"))?;
    if archive.len() > PACKAGE_PARTS {
        return Err(format!("over {PACKAGE_PARTS} parts"));
    }
    if archive.has_duplicate_names() {
        return Err("two parts have one name".to_owned());
    }
    let (mut parts, mut total) = (Vec::new(), 0u64);
    for index in 0..archive.len() {
        let part = unpack(&mut archive, index, &mut total)?;
        parts.extend(part);
    }
    Ok(parts)
}

fn unpack(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, total: &mut u64) -> Result<Option<Part>, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("a part is damaged: {error}");
    let (encrypted, name) = {
        let entry = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        (entry.encrypted(), String::from_utf8_lossy(entry.name_raw()).trim_start_matches('/').replace('\\', "/"))
    };
    if encrypted {
        return Err("needs a password".to_owned());
    }
    let mut entry = archive.by_index(index).map_err(|error| damaged(&error))?;
    if entry.is_dir() {
        return Ok(None);
    }
    if is_picture(&name) {
        return Ok(Some(Part { name, bytes: Vec::new() }));
    }
    let packed = entry.compressed_size().max(1);
    let limit = PACKAGE_SMALL.max(packed.saturating_mul(PACKAGE_RATIO)).min(PACKAGE_BYTES - *total);
    let mut bytes = Vec::new();
    entry.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > limit {
        return Err(format!("{name} unpacks to more than {} MiB", limit >> 20));
    }
    *total += bytes.len() as u64;
    Ok(Some(Part { name, bytes }))
}

/// Pictures, fonts and printer settings hold no text that could be read.
pub(super) fn is_picture(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let by_extension = [
        "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "wdp", "webp", "ico", "odttf", "ttf", "otf",
        "cff", "pfb", "fntdata", "jb2", "esl", "dat", "cer", "thmx",
    ];
    by_extension.contains(&extension(&lower).as_str())
        || lower.contains("printersettings")
        || lower == "mimetype"
        || lower.ends_with(".ds_store")
}
