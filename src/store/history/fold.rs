//! Which small files become one larger file, so that a history of any length stays a short list of files.
//!
//! A file's level is how often its number of runs can be divided by [`FAN`]. As soon as a level has as many files as that, its
//! oldest ones are folded into one of the next level: each run is rewritten once per level, and there are never more than
//! [`FAN`] files per level, beside those that are full.

use super::pack::Name;

/// Files of one level that are folded into one.
pub(super) const FAN: usize = 32;

/// Bytes from which on a file is full: it is never rewritten again.
const FULL: u64 = 8 << 20;

/// Bytes that are folded at a time, so that what comes of it can be pushed to any host.
const FOLDED_MAX: u64 = 48 << 20;

/// The files to fold into one, as positions; `None` where nothing is due.
pub(super) fn due(files: &[(Name, u64)]) -> Option<Vec<usize>> {
    let level = |runs: usize| runs.max(1).ilog(FAN);
    let open = |place: &usize| files[*place].1 < FULL;
    let mut levels: Vec<u32> = files.iter().map(|(name, _)| level(name.runs)).collect();
    levels.sort_unstable();
    levels.dedup();
    levels.into_iter().find_map(|wanted| {
        let mut places: Vec<usize> =
            (0..files.len()).filter(open).filter(|place| level(files[*place].0.runs) == wanted).collect();
        if places.len() < FAN {
            return None;
        }
        places.sort_by(|a, b| files[*a].0.cmp(&files[*b].0));
        let mut bytes = 0;
        let fits = |place: &usize| {
            bytes += files[*place].1;
            bytes <= FOLDED_MAX
        };
        let folded: Vec<usize> = places.into_iter().take_while(fits).collect();
        (folded.len() > 1).then_some(folded)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Time;
    use super::*;

    fn file(runs: usize, second: i64, bytes: u64) -> (Name, u64) {
        let text = format!("{}-{}-{runs}-00{:014x}.ndjson", second * 1000, second * 1000, second);
        let name = Name::parse(&text).unwrap();
        assert_eq!(name.from, Time::from_seconds(second).unwrap());
        (name, bytes)
    }

    /// Adds runs one by one and folds whenever it is due; returns the files left and how many runs were written in all.
    fn grow(runs: i64, bytes: u64) -> (Vec<(Name, u64)>, usize) {
        let (mut files, mut written) = (Vec::new(), 0);
        for second in 0..runs {
            files.push(file(1, second, bytes));
            written += 1;
            while let Some(places) = due(&files) {
                let folded: Vec<_> = places.iter().map(|place| files[*place].clone()).collect();
                let runs: usize = folded.iter().map(|(name, _)| name.runs).sum();
                files.retain(|file| !folded.contains(file));
                files.push(file(runs, folded[0].0.from.ms() / 1000, folded.iter().map(|(_, bytes)| bytes).sum()));
                written += runs;
            }
        }
        (files, written)
    }

    #[test]
    fn a_long_history_stays_a_short_list_and_runs_are_rewritten_seldom() {
        let (files, written) = grow(50_000, 100);
        let runs: usize = files.iter().map(|(name, _)| name.runs).sum();
        assert_eq!(runs, 50_000);
        assert!(files.len() < 3 * FAN, "{} files", files.len());
        assert!(written < 4 * 50_000, "{written} runs written");
    }

    #[test]
    fn full_files_are_left_alone_and_what_is_folded_stays_below_a_host_s_limit() {
        let (files, _) = grow(2_000, 1 << 20);
        assert!(files.iter().all(|(_, bytes)| *bytes <= FOLDED_MAX), "{files:?}");
        assert!(files.len() < 2_000 / 30 + FAN, "{} files", files.len());
    }
}
