//! What a launch of another harness leaves: where, and how it is read.

use super::child::{Ended, Ending};
use crate::config::Run;
use crate::harness::{self, Results};
use crate::model::BenchmarkId;
use crate::plan::Words;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a result that is printed.
pub(crate) const RESULT_BYTES_MAX: usize = 64 << 20;

/// Where one launch leaves its result: a path in an empty folder, where it can write a file or a folder.
pub(crate) struct Place(PathBuf);

impl Place {
    /// The place, emptied.
    pub(crate) fn fresh(scratch: &Path) -> Result<Self> {
        let folder = scratch.join("result");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create '{}'", folder.display()))?;
        Ok(Self(folder.join("output")))
    }

    /// The path as a command's argument.
    pub(crate) fn path(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    /// Reads what was left there, or printed.
    pub(crate) fn read(
        &self,
        harness: &str,
        writes_file: bool,
        printed: &[u8],
    ) -> std::result::Result<Results, String> {
        if !writes_file {
            if printed.len() >= RESULT_BYTES_MAX {
                return Err(format!("it printed more than {} MiB", RESULT_BYTES_MAX >> 20));
            }
            fs::write(&self.0, printed).map_err(|error| format!("cannot write '{}': {error}", self.0.display()))?;
        } else if !self.0.exists() {
            return Err("it wrote nothing to {output}".to_owned());
        }
        // The path is ours, and new at every launch: it tells nobody anything.
        let shown = |text: &str| text.replace(&self.path(), "{output}");
        let mut results = harness::read_results(&self.0, Some(harness)).map_err(|error| shown(&error.to_string()))?;
        for failure in &mut results.failures {
            failure.error.place = shown(&failure.error.place);
        }
        if writes_file {
            harness::blame(harness, printed, &mut results);
        }
        Ok(results)
    }
}

/// Whether a launch ended as expected. Many tools say by their status that a benchmark failed, and by their result which.
pub(crate) fn status_fits(ended: &Ended, exit_status: i32, results: &std::result::Result<Results, String>) -> bool {
    let names_failures = || results.as_ref().is_ok_and(|results| !results.failures.is_empty());
    matches!(ended.ending, Ending::Exited(status) if status == exit_status || names_failures())
}

/// A benchmark's name within a suite: with the suite that the file itself gives it, if it gives one.
pub(crate) fn own_name(harness: &str, id: &BenchmarkId) -> String {
    if id.suite == harness { id.benchmark.clone() } else { id.to_string() }
}

/// The words that start a command.
pub(crate) fn words(run: &Run) -> Words {
    match run {
        Run::Words(words) => words.clone(),
        Run::Shell(text) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text.clone()],
    }
}
