//! One bench target linked several times, its functions in shuffled order: what the order does to a benchmark is luck, not
//! work, and only other orders show it.

use super::{BenchExecutable, Builder, products};
use crate::config::{Kind, Suite};
use crate::git::Snapshot;
use crate::harness::cargo::parse_artifacts;
use crate::run::child::{self, Ending, Request};
use crate::run::scrub::Variables;
use crate::run::stage::Occupant;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the link of an empty program may take.
const LINK_TIMEOUT: Duration = Duration::from_secs(30);

impl Builder<'_> {
    /// Links a bench target once per seed with shuffled sections, which Cargo does without compiling anything but the target
    /// itself. Where the executables are, relative to the one path; or why there are none.
    pub fn layouts(
        &mut self,
        suite: &Suite,
        snapshot: &Snapshot,
        executable: &BenchExecutable,
        seeds: RangeInclusive<u32>,
    ) -> anyhow::Result<Result<Vec<PathBuf>, String>> {
        let Kind::Criterion(settings) = &suite.kind else {
            return Ok(Err("only bench targets are linked anew".to_owned()));
        };
        let began = Instant::now();
        let kept = self.stage.built().join(self.key(suite, snapshot)).join("files");
        let places: Vec<PathBuf> = seeds
            .clone()
            .map(|seed| PathBuf::from(format!("layout/{seed}")).join(&executable.package).join(&executable.target))
            .collect();
        if !places.iter().all(|place| kept.join(place).is_file()) {
            self.stage.enter(Occupant::Live)?;
            self.stage.check_out(self.repo, snapshot)?;
            self.lend_lock_file(suite, snapshot)?;
            let root = self.stage.tree().join(&self.project).join(&suite.directory);
            let site = self.site(suite, snapshot, root, kept.clone());
            for (seed, place) in seeds.zip(&places) {
                let mut command = words("cargo rustc --profile bench --message-format=json-render-diagnostics");
                command.extend(["--package", &executable.package, "--bench", &executable.target].map(str::to_owned));
                if !settings.features.is_empty() {
                    command.extend(["--features".to_owned(), settings.features.join(",")]);
                }
                command.extend(settings.cargo_args.iter().cloned());
                command.extend(words("-- -C"));
                command.push(shuffled(seed));
                let ended = match site.tool(&command, &site.root)? {
                    Ok(ended) => ended,
                    Err(why) => return Ok(Err(why.lines().next().unwrap_or_default().to_owned())),
                };
                let artifacts = parse_artifacts(&String::from_utf8_lossy(&ended.stdout));
                let Some(linked) = artifacts.iter().find(|found| found.bench && found.target == executable.target)
                else {
                    return Ok(Err("cargo named no executable".to_owned()));
                };
                products::keep(&linked.file, &kept.join(place))?;
            }
        }
        self.spent += began.elapsed();
        let digests =
            places.iter().map(|place| products::digest(&kept.join(place))).collect::<anyhow::Result<BTreeSet<_>>>()?;
        Ok(if digests.len() > 1 { Ok(places) } else { Err("the linker ignores --shuffle-sections".to_owned()) })
    }

    /// Brings further links of a build to a side that is set up already.
    pub fn add_layouts(
        &mut self,
        who: Occupant,
        suite: &Suite,
        snapshot: &Snapshot,
        places: &[PathBuf],
    ) -> anyhow::Result<()> {
        let kept = self.stage.built().join(self.key(suite, snapshot)).join("files");
        self.stage.enter(who)?;
        places.iter().try_for_each(|place| products::copy(&kept.join(place), &self.stage.path().join(place)))
    }
}

/// What tells the linker to shuffle functions, as an argument of `rustc -C`.
fn shuffled(seed: u32) -> String {
    format!("link-arg=-Wl,--shuffle-sections=.text*={seed}")
}

/// Tries a shuffled link on an empty program, in `scratch`, with the toolchain that `project` asks for; `Err` holds why not.
///
/// A project that configures a linker of its own is not heard: `rustc` does not read Cargo's configuration.
pub fn try_link_orders(project: &Path, scratch: &Path, build: &Variables) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot be tried: {error}");
    let source = scratch.join("empty.rs");
    std::fs::write(&source, "fn main() {}\n").map_err(failed)?;
    let request = Request {
        program: "rustc".into(),
        arguments: ["-C".into(), shuffled(1).into(), "-o".into(), scratch.join("empty").into(), source.into()].into(),
        directory: project.to_owned(),
        environment: build.clone(),
        timeout: LINK_TIMEOUT,
        output_max: child::OUTPUT_KEPT_MAX,
        cpus: None,
    };
    match child::run(&request).map_err(failed)? {
        ended if ended.ending == Ending::Exited(0) => Ok(()),
        ended if String::from_utf8_lossy(&ended.stderr).contains("shuffle-sections") => {
            Err("the linker does not know --shuffle-sections".to_owned())
        }
        ended => Err(format!("a link of an empty program {}", ended.describe(LINK_TIMEOUT))),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
