//! What is read of every fixture, as one table that is reviewed: a change of any reading shows.

use super::*;
use std::fmt::Write as _;

/// Files of a format's folder that say nothing by themselves: answers of other tests, and text that nobody reads.
fn is_artifact(path: &Path) -> bool {
    !path.extension().is_some_and(|end| end == "expected" || end == "refused")
}

/// Every fixture: the files in the formats' folders, and the folders of formats that write one.
fn artifacts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FORMATS.iter().map(|format| fixtures().join(format.name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("entry").path();
            let is_version = path.parent().and_then(Path::parent) == Some(&fixtures());
            if path.is_dir() && !is_version && detect(&path).is_err() {
                folders.push(path);
            } else if is_artifact(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_reading_is_as_reviewed() {
    let mut table = String::new();
    for path in artifacts() {
        let format = detect(&path).map_or("-", |format| format.name);
        let _ = writeln!(table, "{} | {format}", path.strip_prefix(fixtures()).expect("a fixture").display());
        let Results { measurements, failures } = match read_results(&path, None) {
            Ok(results) => results,
            Err(error) => {
                let _ = writeln!(table, "  refused: {}", complaint::<()>(Err(error), &fixtures()));
                continue;
            }
        };
        for m in &measurements {
            let (values, launches) = (m.values().count(), m.launches.len());
            let better = if m.metric.better == Better::Lower { "lower" } else { "higher" };
            let stated = m.stated.as_ref().map_or_else(String::new, |of| format!(" | stated of {:?}", of.n));
            let _ = writeln!(
                table,
                "  {} | {} | {} | {better} | {values} in {launches} | {:.9e}{stated}",
                m.id.benchmark,
                m.metric.name,
                m.metric.unit,
                median(m)
            );
        }
        for Failure { id, error } in failures {
            let error = complaint::<()>(Err(error), &fixtures());
            let _ = writeln!(table, "  failed: {} | {error}", id.benchmark);
        }
    }
    insta::assert_snapshot!(table);
}
