//! Stored baselines: three recorded runs, then heads that are compared with them.

use crate::Arguments;
use crate::gate::{self, Experiment};
use crate::repo::{Branch, Repo, files};
use anyhow::{Result, ensure};

/// Runs that are recorded.
const RECORDED: usize = 3;

const HEADS: [Branch<'_>; 2] = [
    // The same commands; but they might read what changed, so that everything is measured.
    ("same", &[("data/sample.txt", "might read", "might read, changed")]),
    ("slow25", &[("loops.sh", "-lt 30000", "-lt 37500")]),
];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let files = files!["commands": "benchgate.toml", "data/sample.txt", "loops.sh"];
    let repo = Repo::make(arguments.keep.as_deref(), "commands", files)?;
    if !arguments.tabulate {
        record(&repo)?;
        HEADS.iter().try_for_each(|head| repo.branch(head))?;
    }
    for (head, target) in [("same", None), ("slow25", Some("text"))] {
        gate::run_in(&repo, &Experiment::new(head, target).with(&["--against", "stored"]), arguments)?;
    }
    Ok(())
}

/// Records base, and commits what that wrote.
fn record(repo: &Repo) -> Result<()> {
    let before = repo.fingerprint()?;
    for number in 1..=RECORDED {
        let output = repo.gate(&["record".to_owned()])?;
        let mut told = format!("record {number}: {}", output.status);
        // A disturbed run is refused, rightly; the experiment goes on with it, and says so.
        if output.status.code() == Some(1) {
            let accepted = repo.gate(&["record", "--accept", "an experiment goes on"].map(str::to_owned))?;
            told = format!("{told}, once more with --accept: {}", accepted.status);
            ensure!(accepted.status.success(), "{told}\n{}", String::from_utf8_lossy(&accepted.stderr));
        } else {
            ensure!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        println!("{told}");
    }
    let after = repo.fingerprint()?;
    ensure!(after == format!("?? baselines/\n{before}"), "more than baselines/ changed:\n{before}\n{after}");
    repo.commit("baselines")
}
