//! Every finished launch, appended at once: what a killed gate resumes from.
//!
//! One JSON value per line. A line is written with a single `write`, so a kill leaves at most one torn last line, which is
//! ignored. There is no `fsync` per launch: it protects from a power cut, costs milliseconds, and would be noise.

use super::child::Accounting;
use crate::model::{SCHEMA, Side};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Which run a journal belongs to: it is resumed only by the very same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The plan's seed; a resumed run takes it over.
    pub seed: u64,
    /// When the run began, RFC 3339.
    pub started: String,
    /// A digest of everything that decides what is launched: both sides' contents, suites, looks.
    pub fingerprint: String,
}

impl Header {
    /// A header of the present schema.
    #[must_use]
    pub fn new(seed: u64, started: String, fingerprint: String) -> Self {
        Self { schema: SCHEMA, seed, started, fingerprint }
    }
}

/// Which launch of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// Index into the plan's benchmarks.
    pub benchmark: usize,
    /// The pair's number.
    pub pair: u32,
    /// The side.
    pub side: Side,
    /// 0, or the number of times this launch was repeated before.
    pub attempt: u32,
}

/// What a launch left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// It worked.
    Done {
        /// One observation per metric, in the order of the plan's metrics.
        values: Vec<f64>,
        /// The timed iterations behind the first of them, where the harness gives them.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        iterations: Vec<f64>,
        /// What the kernel says took the CPU away.
        disturbed: bool,
        /// What the kernel counted.
        accounting: LoggedAccounting,
        /// The peak memory cannot be told from benchgate's own.
        #[serde(default)]
        memory_floor: Option<u64>,
        /// Of a launch of several benchmarks, what it does not show: those values say nothing.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        lost: Vec<Lost>,
    },
    /// It did not.
    Failed {
        /// In which way.
        state: crate::model::State,
        /// The evidence.
        detail: String,
        /// Seconds it took.
        wall_s: f64,
    },
}

/// A value that a launch of several benchmarks does not show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    /// Index into the plan's metrics.
    pub metric: usize,
    /// Whether its benchmark failed, or left nothing that can be read.
    pub state: crate::model::State,
    /// The evidence.
    pub detail: String,
}

impl Entry {
    /// Seconds of wall time of the launch.
    #[must_use]
    pub fn wall_s(&self) -> f64 {
        match self {
            Self::Done { accounting, .. } => accounting.wall_s,
            Self::Failed { wall_s, .. } => *wall_s,
        }
    }
}

/// The part of [`Accounting`] that is kept for later questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoggedAccounting {
    /// Seconds of wall time.
    pub wall_s: f64,
    /// Seconds of CPU time, user and system.
    pub cpu_s: f64,
    /// Peak resident memory in bytes.
    pub max_rss: u64,
    /// Page faults.
    pub page_faults: u64,
    /// Times the CPU was taken away.
    pub switches_involuntary: u64,
}

impl From<Accounting> for LoggedAccounting {
    fn from(from: Accounting) -> Self {
        Self {
            wall_s: from.wall_s,
            cpu_s: from.user_s + from.system_s,
            max_rss: from.max_rss,
            page_faults: from.page_faults,
            switches_involuntary: from.switches_involuntary,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    slot: Slot,
    entry: Entry,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: Option<File>,
    path: PathBuf,
    known: BTreeMap<Slot, Entry>,
}

impl Journal {
    /// A journal that is kept nowhere.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { file: None, path: PathBuf::new(), known: BTreeMap::new() }
    }

    /// Starts a new journal, replacing an older one.
    pub fn create(path: &Path, header: &Header) -> Result<Self> {
        let mut file = File::create(path).with_context(|| format!("cannot create the journal '{}'", path.display()))?;
        let mut line = serde_json::to_vec(header)?;
        line.push(b'\n');
        file.write_all(&line).with_context(|| format!("cannot write the journal '{}'", path.display()))?;
        Ok(Self { file: Some(file), path: path.to_owned(), known: BTreeMap::new() })
    }

    /// The header of the journal that an earlier run left, if there is one.
    pub fn header(path: &Path) -> Result<Option<Header>> {
        let Ok(file) = File::open(path) else { return Ok(None) };
        let mut line = String::new();
        BufReader::new(file).read_line(&mut line).with_context(|| format!("cannot read '{}'", path.display()))?;
        Ok(serde_json::from_str(&line).ok())
    }

    /// Opens the journal of an interrupted run to go on with it.
    pub fn resume(path: &Path, header: &Header) -> Result<Self> {
        let found = Self::header(path)?;
        let Some(found) = found else {
            bail!("there is nothing to resume: no journal at '{}'; run without --resume", path.display());
        };
        if found.fingerprint != header.fingerprint || found.schema != header.schema {
            bail!(
                "the interrupted run (of {}) measured something else: base, head, suites or options have changed since; \
                 run without --resume",
                found.started
            );
        }
        let text = std::fs::read(path).with_context(|| format!("cannot read '{}'", path.display()))?;
        // A torn last line is the launch that was being written when the gate was killed: it is measured again.
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let mut known = BTreeMap::new();
        for line in text[..whole].split(|&byte| byte == b'\n').skip(1).filter(|line| !line.is_empty()) {
            let line: Line = serde_json::from_slice(line)
                .with_context(|| format!("the journal '{}' is damaged; run without --resume", path.display()))?;
            known.insert(line.slot, line.entry);
        }
        let file =
            OpenOptions::new().append(true).open(path).with_context(|| format!("cannot open '{}'", path.display()))?;
        file.set_len(whole as u64)?;
        Ok(Self { file: Some(file), path: path.to_owned(), known })
    }

    /// What the interrupted run found for this launch.
    #[must_use]
    pub fn known(&self, slot: Slot) -> Option<&Entry> {
        self.known.get(&slot)
    }

    /// The launches that the interrupted run had finished.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.known.keys().copied()
    }

    /// How many launches the interrupted run had finished.
    #[must_use]
    pub fn known_launches(&self) -> usize {
        self.known.len()
    }

    /// Appends a finished launch.
    pub fn append(&mut self, slot: Slot, entry: &Entry) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut line = serde_json::to_vec(&Line { slot, entry: entry.clone() })?;
        line.push(b'\n');
        file.write_all(&line).with_context(|| format!("cannot write the journal '{}'", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(value: f64) -> Entry {
        Entry::Done {
            values: vec![value],
            iterations: vec![],
            disturbed: false,
            accounting: LoggedAccounting::default(),
            memory_floor: None,
            lost: Vec::new(),
        }
    }

    #[test]
    fn a_torn_last_line_is_dropped_and_the_rest_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.ndjson");
        let header = Header::new(7, "2026-01-01T00:00:00Z".into(), "abc".into());
        let mut journal = Journal::create(&path, &header).unwrap();
        let slot = |pair| Slot { benchmark: 0, pair, side: Side::Head, attempt: 0 };
        journal.append(slot(0), &done(0.1)).unwrap();
        journal.append(slot(1), &done(0.2)).unwrap();
        drop(journal);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 3]).unwrap();
        let mut journal = Journal::resume(&path, &header).unwrap();
        assert_eq!(journal.known(slot(0)), Some(&done(0.1)));
        assert_eq!(journal.known(slot(1)), None);
        journal.append(slot(1), &done(0.25)).unwrap();
        let journal = Journal::resume(&path, &header).unwrap();
        assert_eq!(journal.known(slot(1)), Some(&done(0.25)));
    }

    #[test]
    fn another_run_is_not_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.ndjson");
        let header = Header::new(7, String::new(), "abc".into());
        assert!(Journal::resume(&path, &header).unwrap_err().to_string().contains("nothing to resume"));
        Journal::create(&path, &header).unwrap();
        let other = Header { fingerprint: "other".into(), ..header };
        assert!(Journal::resume(&path, &other).unwrap_err().to_string().contains("measured something else"));
    }
}
