//! The folder of a site: only ours is written into, every file whole, the page last; what an earlier site left is taken away.

use super::Written;
use crate::files::write_whole;
use crate::model::{SCHEMA, shown_message};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Marks a folder as ours, and lists what is.
const MARK: &str = "benchgate-site.json";

/// Where a repository may lie in the same folder: a branch of pages that is checked out.
const ALLOWED: [&str; 2] = [".git", "CNAME"];

/// Bytes of a mark that are read.
const MARK_BYTES_MAX: u64 = 64 << 20;

/// What is wrong with a site's folder.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// It cannot be read or written.
    #[error("cannot access '{path}': {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds what no site wrote.
    #[error(
        "'{folder}' holds '{found}', which no `benchgate site` wrote; name an empty folder, or that of an earlier site"
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// What it holds, the first by name.
        found: String,
    },
    /// A newer program's site.
    #[error("'{path}': schema {found} is newer than this benchgate knows ({SCHEMA}); update benchgate")]
    Newer {
        /// The mark.
        path: PathBuf,
        /// Its schema.
        found: u32,
    },
    /// The list of a site's files, which says what may be replaced.
    #[error("'{path}' is damaged: {problem}; restore it, or empty the folder: the site is written anew as a whole")]
    Damaged {
        /// The mark.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// It cannot be told as data.
    #[error("cannot write the site's data: {0}")]
    Data(io::Error),
}

impl SiteError {
    pub(super) fn data(error: io::Error) -> Self {
        Self::Data(error)
    }

    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

#[derive(Serialize, Deserialize)]
struct Mark {
    schema: u32,
    tool: String,
    /// Every file of the site, sorted.
    files: BTreeSet<String>,
}

/// A folder that may be written into.
pub(super) struct Folder {
    root: PathBuf,
    /// What the mark lists, or listed.
    known: BTreeSet<String>,
    /// What this site has.
    own: BTreeSet<String>,
    written: Written,
}

impl Folder {
    /// Looks whether a folder is empty, absent, or a site.
    pub(super) fn open(root: &Path) -> Result<Self, SiteError> {
        let path = root.join(MARK);
        let mut folder =
            Self { root: root.to_owned(), known: BTreeSet::new(), own: BTreeSet::new(), written: Written::default() };
        let entries = match std::fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(folder),
            entries => entries.map_err(SiteError::io(root))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(SiteError::io(root))?.file_name().to_string_lossy().into_owned());
        }
        if !names.iter().any(|name| name == MARK) {
            names.retain(|name| !ALLOWED.contains(&name.as_str()));
            return match names.into_iter().min() {
                None => Ok(folder),
                Some(found) => Err(SiteError::Foreign { folder: root.to_owned(), found }),
            };
        }
        folder.known = read_mark(&path)?;
        Ok(folder)
    }

    /// Lists what is about to come beside what is there: a kill leaves nothing that the next site does not know.
    pub(super) fn begin(&mut self, files: impl Iterator<Item = String>) -> Result<(), SiteError> {
        self.own = files.collect();
        let both = self.known.union(&self.own).cloned().collect();
        self.mark(both)
    }

    /// Writes a file, unless it is there as it is.
    pub(super) fn put(&mut self, name: &str, content: &[u8]) -> Result<(), SiteError> {
        let path = self.root.join(name);
        self.written.files += 1;
        self.written.bytes += content.len() as u64;
        let same = std::fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() == content.len() as u64)
            && std::fs::read(&path).is_ok_and(|known| known == content);
        if !same {
            self.written.changed += 1;
            write_whole(&path, content).map_err(SiteError::io(&path))?;
        }
        Ok(())
    }

    /// Takes away what this site does not have any more.
    pub(super) fn finish(mut self) -> Result<Written, SiteError> {
        let stale: Vec<&String> = self.known.difference(&self.own).filter(|name| is_ours(name)).collect();
        for name in stale {
            let path = self.root.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => {
                    removed.map_err(SiteError::io(&path))?;
                    self.written.removed += 1;
                }
            }
        }
        self.mark(self.own.clone())?;
        Ok(self.written)
    }

    fn mark(&self, files: BTreeSet<String>) -> Result<(), SiteError> {
        let path = self.root.join(MARK);
        let mark = Mark { schema: SCHEMA, tool: format!("benchgate {}", env!("CARGO_PKG_VERSION")), files };
        let text = serde_json::to_string_pretty(&mark).map_err(|error| SiteError::data(error.into()))?;
        write_whole(&path, format!("{text}\n").as_bytes()).map_err(SiteError::io(&path))
    }
}

fn read_mark(path: &Path) -> Result<BTreeSet<String>, SiteError> {
    let damaged = |problem| SiteError::Damaged { path: path.to_owned(), problem };
    let length = std::fs::metadata(path).map_err(SiteError::io(path))?.len();
    if length > MARK_BYTES_MAX {
        return Err(damaged("it is too large for a list of files".to_owned()));
    }
    let text = std::fs::read(path).map_err(SiteError::io(path))?;
    let mark: Mark = serde_json::from_slice(&text).map_err(|error| damaged(shown_message(&error)))?;
    if mark.schema > SCHEMA {
        return Err(SiteError::Newer { path: path.to_owned(), found: mark.schema });
    }
    Ok(mark.files)
}

/// Whether a site could have written it: a mark that somebody edited removes nothing else.
fn is_ours(name: &str) -> bool {
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let rest = name.strip_prefix("series/").or_else(|| name.strip_prefix("data/"));
    rest.and_then(|rest| rest.strip_suffix(".js")).is_some_and(is_plain)
}
