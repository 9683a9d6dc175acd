//! Files of an installation that the program writes itself: whole or not at all.
//!
//! A command that is killed, or meets a full disk, while it writes leaves what was there before. Otherwise the next
//! start would take half a rule file for what the officer wants, or half a key for the desk's.

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;

/// What the umask takes its part of: readable by all.
pub(super) const SHARED: u32 = 0o666;
/// For the owner only.
pub(super) const PRIVATE: u32 = 0o600;

/// Writes a file that is not there yet; false where there is one, which is left as it is.
///
/// # Errors
/// Where it cannot be written; then there is none.
pub(super) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<bool> {
    let write = || match beside(path, bytes, mode)?.persist_noclobber(path) {
        Ok(_) => flush_folder(path).map(|()| true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    };
    if path.exists() {
        return Ok(false);
    }
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file in place of what is there.
///
/// # Errors
/// Where it cannot be written; then the old one is there still.
pub(super) fn replace(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let write = || {
        beside(path, bytes, mode)?.persist(path).map_err(|error| error.error)?;
        flush_folder(path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn beside(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    let mut file =
        tempfile::Builder::new().prefix(".new-").permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn flush_folder(path: &Path) -> std::io::Result<()> {
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
