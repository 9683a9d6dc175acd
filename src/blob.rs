//! Blobs: raw pages and attachments, kept as files under the name of their SHA-256.
//!
//! `DIR/ab/cd/abcd…`: two levels of 256 folders. A file is written beside its place, flushed, renamed, and its folder
//! flushed, so a name that exists has its whole content, also after a power cut. Every read verifies the hash.
//! Largest blob: what the caller's own limits let in; a blob is held in memory whole.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::model::{BlobId, Digest};

/// Why a blob could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is none of that name.
    #[error("there is no blob {0}")]
    Missing(BlobId),
    /// The file does not have the content that its name says.
    #[error(
        "the file {path} does not have the content that its name says: damaged, or changed by hand; restore it from the backup"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// `read`, `write`, …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
}

/// A folder of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    /// Opens a folder, and makes it where it is missing.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub fn open(dir: &Path) -> Result<Self, BlobError> {
        fs::create_dir_all(dir).map_err(failed("make", dir))?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Opens a folder to read; it is not made, and nothing is written.
    #[must_use]
    pub fn open_read_only(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Keeps bytes; returns their name once they are on the disk. The same bytes again cost one read.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<BlobId, BlobError> {
        let id = BlobId(Digest::of(&bytes));
        let path = self.path(&id);
        blocking(move || write(&path, &bytes)).await?;
        Ok(id)
    }

    /// The bytes of that name, verified.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Damaged`], [`BlobError::File`].
    pub async fn get(&self, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        let (id, path) = (*id, self.path(id));
        blocking(move || match read(&path)? {
            None => Err(BlobError::Missing(id)),
            Some(bytes) if BlobId(Digest::of(&bytes)) == id => Ok(bytes),
            Some(_) => Err(BlobError::Damaged { path }),
        })
        .await
    }

    /// [`Blobs::get`] on this very thread: for work that is off the async threads already.
    ///
    /// # Errors
    /// As [`Blobs::get`].
    pub fn get_here(&self, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        let path = self.path(id);
        match read(&path)? {
            None => Err(BlobError::Missing(*id)),
            Some(bytes) if BlobId(Digest::of(&bytes)) == *id => Ok(bytes),
            Some(_) => Err(BlobError::Damaged { path }),
        }
    }

    /// Whether there is a file of that name; its content is not looked at.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn contains(&self, id: &BlobId) -> Result<bool, BlobError> {
        let path = self.path(id);
        blocking(move || path.try_exists().map_err(failed("look for", &path))).await
    }

    /// Removes a blob; returns whether it was there.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn remove(&self, id: &BlobId) -> Result<bool, BlobError> {
        let path = self.path(id);
        blocking(move || match fs::remove_file(&path) {
            Ok(()) => flush_folder(&path).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("remove", &path)(error)),
        })
        .await
    }

    /// The names in one of the 256 shards, sorted: for walking all of them without holding all names.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn shard(&self, shard: u8) -> Result<Vec<BlobId>, BlobError> {
        let folder = self.dir.join(format!("{shard:02x}"));
        blocking(move || {
            let mut names = Vec::new();
            for sub in list(&folder)? {
                names.extend(list(&sub)?.iter().filter_map(|path| path.file_name()?.to_str()?.parse::<BlobId>().ok()));
            }
            names.sort_unstable();
            Ok(names)
        })
        .await
    }
}

impl Blobs {
    fn path(&self, id: &BlobId) -> PathBuf {
        let name = id.to_string();
        self.dir.join(&name[..2]).join(&name[2..4]).join(&name)
    }
}

fn failed(doing: &'static str, path: &Path) -> impl Fn(std::io::Error) -> BlobError {
    let path = path.to_owned();
    move |source| BlobError::File { doing, path: path.clone(), source }
}

/// File work off the async threads.
async fn blocking<T, F>(work: F) -> Result<T, BlobError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, BlobError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|stopped| {
        Err(BlobError::File { doing: "finish work on", path: PathBuf::new(), source: std::io::Error::other(stopped) })
    })
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, BlobError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Writes beside the place and renames. What is there already and is whole is left; what is damaged is replaced.
fn write(path: &Path, bytes: &[u8]) -> Result<(), BlobError> {
    if read(path)?.is_some_and(|found| found == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    make_folders(folder)?;
    // Who may read is for the umask of the process to say: the portal reads the site's blobs as another user.
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(failed("write into", folder))?;
    file.write_all(bytes).map_err(failed("write", path))?;
    file.as_file().sync_all().map_err(failed("flush", path))?;
    file.persist(path).map_err(|error| failed("rename", path)(error.error))?;
    flush_folder(path)
}

/// Makes the two levels above a blob; a folder that is new is flushed into the one above it.
fn make_folders(folder: &Path) -> Result<(), BlobError> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(failed("make", folder))?;
    flush_folder(folder)?;
    folder.parent().map_or(Ok(()), flush_folder)
}

/// Flushes the folder that `path` lies in, so that the name itself survives a power cut.
fn flush_folder(path: &Path) -> Result<(), BlobError> {
    let folder = path.parent().unwrap_or(path);
    fs::File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed("flush", folder))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", folder)(error)),
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed("list", folder))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_there_and_what_is_damaged_is_seen_and_healed() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let id = blobs.put("正文".into()).await.unwrap();
        assert_eq!(blobs.put("正文".into()).await.unwrap(), id);
        assert_eq!(blobs.get(&id).await.unwrap(), "正文".as_bytes());
        assert!(blobs.contains(&id).await.unwrap());

        fs::write(blobs.path(&id), "正 文").unwrap();
        assert!(matches!(blobs.get(&id).await, Err(BlobError::Damaged { .. })));
        blobs.put("正文".into()).await.unwrap();
        assert_eq!(blobs.get(&id).await.unwrap(), "正文".as_bytes());

        assert!(blobs.remove(&id).await.unwrap());
        assert!(!blobs.remove(&id).await.unwrap());
        assert!(matches!(blobs.get(&id).await, Err(BlobError::Missing(missing)) if missing == id));
    }

    #[tokio::test]
    async fn every_blob_is_in_one_shard_and_half_written_files_in_none() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let mut put = Vec::new();
        for number in 0..50_u8 {
            put.push(blobs.put(vec![number]).await.unwrap());
        }
        fs::write(blobs.path(&put[0]).with_file_name(".new-x"), "half").unwrap();
        fs::write(dir.path().join("notes"), "by hand").unwrap();
        let mut walked = Vec::new();
        for shard in 0..=255 {
            walked.extend(blobs.shard(shard).await.unwrap());
        }
        put.sort_unstable();
        walked.sort_unstable();
        assert_eq!(walked, put);
    }

    #[tokio::test]
    async fn many_writers_of_the_same_bytes_agree() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path()).unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let blobs = blobs.clone();
                tokio::spawn(async move { blobs.put(vec![7; 100_000]).await.unwrap() })
            })
            .collect();
        for task in tasks {
            assert_eq!(blobs.get(&task.await.unwrap()).await.unwrap(), vec![7; 100_000]);
        }
    }
}
