//! Where the index lies: a folder with one index of tantivy in a folder of its own, and a file that says which is live.
//!
//! `current` holds the name of the live one, `index-MARK-N`: MARK names the form of the index ([`super::schema`]), N counts
//! up. A rebuilt index grows beside the live one and takes its place by one rename. What no pointer names is removed,
//! at once and for good: it may hold what was withdrawn.

use std::io::Write;
use std::path::{Path, PathBuf};

use tantivy::Directory;
use tantivy::directory::{INDEX_WRITER_LOCK, MmapDirectory};

use super::error::IndexError;

const POINTER: &str = "current";
const PREFIX: &str = "index-";
/// Longest pointer that is read, in bytes.
const POINTER_LIMIT: usize = 100;

/// The folder of the index.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder of the index `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The name of the live index; none where there is no index yet.
    pub fn current(&self) -> Result<Option<String>, IndexError> {
        let path = self.root.join(POINTER);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes[..bytes.len().min(POINTER_LIMIT)]).trim().to_owned();
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
                let fits = text.starts_with(PREFIX) && text.bytes().all(plain) && self.path(&text).is_dir();
                if fits { Ok(Some(text)) } else { Err(IndexError::Outdated { path }) }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(IndexError::Io { what: "read", path, source }),
        }
    }

    /// Whether `name` is of the form that `mark` names.
    pub fn fits(name: &str, mark: &str) -> bool {
        name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()) == Some(mark)
    }

    /// Makes an empty folder for a new index and gives its name.
    pub fn make(&self, mark: &str) -> Result<String, IndexError> {
        std::fs::create_dir_all(&self.root).map_err(|source| self.io("make the folder", source))?;
        let used = self.names()?.iter().filter_map(|name| name.rsplit('-').next()?.parse::<u64>().ok()).max();
        let name = format!("{PREFIX}{mark}-{}", used.unwrap_or(0) + 1);
        std::fs::create_dir(self.path(&name)).map_err(|source| self.io("make a folder in", source))?;
        Ok(name)
    }

    /// Makes `name` the live index: one rename, and it is on disk when this returns.
    pub fn point(&self, name: &str) -> Result<(), IndexError> {
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".current").tempfile_in(&self.root)?;
            writeln!(file, "{name}")?;
            file.as_file().sync_all()?;
            readable(file.path())?;
            file.persist(self.root.join(POINTER)).map_err(|error| error.error)?;
            std::fs::File::open(&self.root)?.sync_all()
        };
        write().map_err(|source| self.io("point at the new index in", source))
    }

    /// Removes every index but `keep`, except one that a process is writing right now.
    pub fn sweep(&self, keep: &str) -> Result<(), IndexError> {
        for name in self.names()?.into_iter().filter(|name| name != keep) {
            if !self.is_written(&name) {
                let path = self.path(&name);
                std::fs::remove_dir_all(&path).map_err(|source| IndexError::Io { what: "remove", path, source })?;
            }
        }
        Ok(())
    }

    /// Whether a process holds the writer's lock of `name`.
    fn is_written(&self, name: &str) -> bool {
        MmapDirectory::open(self.path(name)).is_ok_and(|directory| directory.acquire_lock(&INDEX_WRITER_LOCK).is_err())
    }

    fn names(&self) -> Result<Vec<String>, IndexError> {
        let list = || -> std::io::Result<Vec<String>> {
            let entries = std::fs::read_dir(&self.root)?.collect::<Result<Vec<_>, _>>()?;
            let names = entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok());
            Ok(names.filter(|name| name.starts_with(PREFIX)).collect())
        };
        list().map_err(|source| self.io("list", source))
    }

    fn io(&self, what: &'static str, source: std::io::Error) -> IndexError {
        IndexError::Io { what, path: self.root.clone(), source }
    }
}

/// Lets the portal's user read the pointer; a temporary file is private.
fn readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pointer_names_the_live_one_and_the_rest_is_swept() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        assert_eq!(folder.current().unwrap(), None);
        let first = folder.make("aaaa").unwrap();
        folder.point(&first).unwrap();
        let second = folder.make("bbbb").unwrap();
        assert_eq!(folder.current().unwrap().as_deref(), Some(first.as_str()));
        folder.point(&second).unwrap();
        folder.sweep(&second).unwrap();
        assert!(!folder.path(&first).exists());
        assert!(Folder::fits(&second, "bbbb") && !Folder::fits(&second, "aaaa"));
        std::fs::write(root.path().join(POINTER), "../../etc").unwrap();
        assert!(folder.current().is_err());
    }
}
