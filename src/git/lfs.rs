//! Git LFS: a blob that is only a pointer, and where its content may lie on this machine.

use super::snapshot::hex;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

const VERSION: &str = "version https://git-lfs.github.com/spec/v1";
/// The specification promises that pointers are smaller than this.
const POINTER_BYTES_MAX: usize = 1024;

/// What a pointer says of its content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    sha256: String,
    size: u64,
}

impl Pointer {
    /// `None` where the blob is an ordinary file.
    pub(super) fn parse(blob: &[u8]) -> Option<Self> {
        if blob.len() >= POINTER_BYTES_MAX || !blob.starts_with(VERSION.as_bytes()) {
            return None;
        }
        let text = std::str::from_utf8(blob).ok()?;
        let value = |key| text.lines().find_map(|line| line.strip_prefix(key));
        let sha256 = value("oid sha256:")?;
        let valid = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        valid.then_some(())?;
        Some(Self { sha256: sha256.to_owned(), size: value("size ")?.parse().ok()? })
    }

    /// The pointer that git would commit for this content.
    pub(super) fn text(content: &[u8]) -> String {
        format!("{VERSION}\noid sha256:{}\nsize {}\n", hex(&Sha256::digest(content)), content.len())
    }

    /// The content, from git's LFS store or from the user's work tree: whichever holds it unchanged.
    pub(super) fn content(&self, git_directory: &Path, work_tree_file: &Path) -> Option<Vec<u8>> {
        let store =
            git_directory.join("lfs/objects").join(&self.sha256[..2]).join(&self.sha256[2..4]).join(&self.sha256);
        [store.as_path(), work_tree_file].into_iter().find_map(|place| self.read(place))
    }

    fn read(&self, place: &Path) -> Option<Vec<u8>> {
        let about = fs::symlink_metadata(place).ok()?;
        (about.is_file() && about.len() == self.size).then_some(())?;
        let content = fs::read(place).ok()?;
        (hex(&Sha256::digest(&content)) == self.sha256).then_some(content)
    }
}
