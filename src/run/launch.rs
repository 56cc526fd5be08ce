//! The executor that starts real processes.

use super::child::{self, Accounting, Ended, Ending, Request};
use super::journal::{Entry, Lost};
use super::noise::{Pulse, disturbed};
use super::result::{Place, RESULT_BYTES_MAX, own_name, status_fits};
use super::scrub::{self, Variables};
use super::stage::Stage;
use super::{Executor, Interrupted};
use crate::harness::{self, Results};
use crate::model::{Metric, Side, State};
use crate::plan::{OUTPUT, Planned, Read, Words};
use crate::stats::summary::{launch_summary, median, observations};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Seconds of launches that make one observation of a short command.
///
/// One process start of a millisecond varies by several percent; the 25 % quantile of twenty varies by less than one.
const GROUP_S: f64 = 0.06;

/// Launches in one observation of a short command.
const GROUP_MAX: u32 = 20;

/// Bytes of a launch's standard output that are kept, for its last words.
const OUTPUT_MAX: usize = 64 * 1024;

/// Lines of a failed launch that are shown.
const LAST_WORDS_LINES: usize = 12;

/// A variable of random length in a launch's environment: what its size does to the stack's place (Mytkowicz et al. 2009)
/// becomes noise between launches, where it could be a constant of one side. Counted instructions keep one size.
const PADDING: &str = "BENCHGATE_PADDING";

/// Its length in bytes stays below this.
const PADDING_MAX: usize = 4096;

/// Launches processes at the stage.
pub struct Launcher<'a> {
    stage: &'a mut Stage,
    /// Our own environment, not yet scrubbed.
    own: Variables,
    began: Instant,
    /// Launches per observation of each short command, by suite, benchmark and command.
    groups: BTreeMap<(String, Words), u32>,
}

/// What a series of processes showed.
enum Shown {
    Ended(Ended),
    Failed { state: State, detail: String, wall_s: f64 },
}

impl<'a> Launcher<'a> {
    /// Starts the clock.
    pub fn new(stage: &'a mut Stage, own: Variables) -> Self {
        child::adopt_orphans();
        Self { stage, own, began: Instant::now(), groups: BTreeMap::new() }
    }

    fn directory(&self, planned: &Planned, side: Side) -> PathBuf {
        let moved = planned.base_directory.as_ref().filter(|_| side == Side::Base);
        self.stage.tree().join(moved.unwrap_or(&planned.directory))
    }

    fn request(&self, planned: &Planned, side: Side, words: &[String]) -> Request {
        let directory = self.directory(planned, side);
        let mut environment = scrub::for_launch(self.own.clone(), &planned.pass_environment);
        environment.extend(planned.environment.iter().map(|(name, value)| (name.into(), value.into())));
        if planned.read != Read::Instructions {
            environment.insert(PADDING.into(), "x".repeat(fastrand::usize(0..PADDING_MAX)).into());
        }
        let (program, arguments) =
            words.split_first().map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
        Request {
            program: locate(program, &directory),
            arguments: arguments.iter().map(OsString::from).collect(),
            directory,
            environment,
            timeout: planned.timeout,
            output_max: OUTPUT_MAX,
            cpus: planned.cpus.clone(),
        }
    }

    /// Starts a process and tells success from failure.
    fn start(request: &Request, exit_status: i32, what: &str) -> Result<Shown> {
        Ok(match Self::end(request, exit_status, what)? {
            Shown::Ended(ended) if !matches!(ended.ending, Ending::Exited(status) if status == exit_status) => {
                failed(request, &ended, State::Failed, exit_status, what)
            }
            shown => shown,
        })
    }

    /// Starts a process that ends by itself, with any status.
    fn end(request: &Request, exit_status: i32, what: &str) -> Result<Shown> {
        let ended = match child::run(request) {
            Ok(ended) => ended,
            Err(error) => {
                let detail = format!("{what} cannot start '{}': {error}", request.program.to_string_lossy());
                return Ok(Shown::Failed { state: State::Failed, detail, wall_s: 0.0 });
            }
        };
        child::sweep();
        let state = match ended.ending {
            Ending::Exited(_) => return Ok(Shown::Ended(ended)),
            Ending::Interrupted => return Err(Interrupted.into()),
            Ending::TimedOut => State::TimedOut,
            Ending::Signalled(_) => State::Failed,
        };
        Ok(failed(request, &ended, state, exit_status, what))
    }

    /// One launch of a command between its `prepare` and its `cleanup`.
    fn command(&self, planned: &Planned, side: Side, words: &[String]) -> Result<Shown> {
        if let Some(failed) = self.extra(planned, side, "prepare", planned.prepare.as_ref())? {
            return Ok(failed);
        }
        let shown = Self::start(&self.request(planned, side, words), planned.exit_status, "the launch")?;
        if let Some(failed) = self.extra(planned, side, "cleanup", planned.cleanup.as_ref())? {
            return Ok(failed);
        }
        Ok(shown)
    }

    fn extra(&self, planned: &Planned, side: Side, what: &str, words: Option<&Words>) -> Result<Option<Shown>> {
        let Some(words) = words else { return Ok(None) };
        match Self::start(&self.request(planned, side, words), 0, what)? {
            Shown::Ended(_) => Ok(None),
            failed @ Shown::Failed { .. } => Ok(Some(failed)),
        }
    }

    fn criterion(&mut self, planned: &Planned, side: Side, name: &str) -> Result<Entry> {
        let home = self.stage.scratch().join("criterion");
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).with_context(|| format!("cannot create '{}'", home.display()))?;
        let mut request = self.request(planned, side, &planned.command);
        request.environment.insert("CARGO_MANIFEST_DIR".into(), request.directory.clone().into());
        request.environment.insert("CRITERION_HOME".into(), home.clone().into());
        let before = Pulse::now();
        let ended = match Self::start(&request, planned.exit_status, "the launch")? {
            Shown::Ended(ended) => ended,
            Shown::Failed { state, detail, wall_s } => return Ok(Entry::Failed { state, detail, wall_s }),
        };
        let disturbed = disturbed(before, Pulse::now(), &ended.accounting);
        match harness::criterion::read_launch(&home, name) {
            Ok(iterations) => Ok(Entry::Done {
                values: vec![launch_summary(&iterations)],
                iterations,
                disturbed,
                accounting: ended.accounting.into(),
                memory_floor: None,
                lost: Vec::new(),
            }),
            Err(error) => {
                let detail = format!("{error}\n{}", ended.last_words(LAST_WORDS_LINES)).trim_end().to_owned();
                Ok(Entry::Failed { state: State::Unreadable, detail, wall_s: ended.accounting.wall_s })
            }
        }
    }

    /// A launch of another harness: one observation of each metric that is planned, and everything else is passed over.
    fn harness(&self, planned: &Planned, side: Side, harness: &str) -> Result<Entry> {
        let place = Place::fresh(&self.stage.scratch())?;
        let writes_file = planned.command.iter().any(|word| word.contains(OUTPUT));
        let words: Words = planned.command.iter().map(|word| word.replace(OUTPUT, &place.path())).collect();
        let request = Request { output_max: RESULT_BYTES_MAX, ..self.request(planned, side, &words) };
        let before = Pulse::now();
        let what = "the launch";
        let (ended, after) = match Self::end(&request, planned.exit_status, what)? {
            Shown::Ended(ended) => (ended, Pulse::now()),
            Shown::Failed { state, detail, wall_s } => return Ok(Entry::Failed { state, detail, wall_s }),
        };
        let results = place.read(harness, writes_file, &ended.stdout);
        if !status_fits(&ended, planned.exit_status, &results)
            && let Shown::Failed { state, detail, wall_s } =
                failed(&request, &ended, State::Failed, planned.exit_status, what)
        {
            return Ok(Entry::Failed { state, detail, wall_s });
        }
        let disturbed = disturbed(before, after, &ended.accounting);
        let values = results.and_then(|results| in_order(planned, harness, &results));
        Ok(match values {
            Ok((values, lost)) => Entry::Done {
                values,
                iterations: Vec::new(),
                disturbed,
                accounting: ended.accounting.into(),
                memory_floor: None,
                lost,
            },
            Err(error) => {
                let detail = format!("{error}\n{}", ended.last_words(LAST_WORDS_LINES)).trim_end().to_owned();
                Entry::Failed { state: State::Unreadable, detail, wall_s: ended.accounting.wall_s }
            }
        })
    }

    fn kernel(&mut self, planned: &Planned, side: Side) -> Result<Entry> {
        let group = match self.group(planned, side)? {
            Ok(group) => group,
            Err(failed) => return Ok(failed),
        };
        let floor = planned.metrics.iter().any(|metric| metric.name == "max-rss").then(child::own_rss).flatten();
        let before = Pulse::now();
        let mut seen: Vec<Accounting> = Vec::new();
        for _ in 0..group {
            match self.command(planned, side, &planned.command)? {
                Shown::Ended(ended) => seen.push(ended.accounting),
                Shown::Failed { state, detail, wall_s } => return Ok(Entry::Failed { state, detail, wall_s }),
            }
        }
        let total = total(&seen);
        let values =
            planned.metrics.iter().map(|metric| observation(&seen, &metric.name)).collect::<Option<Vec<f64>>>();
        let Some(values) = values else {
            let detail = "the kernel does not say what this suite's metrics ask for".to_owned();
            return Ok(Entry::Failed { state: State::Unreadable, detail, wall_s: total.wall_s });
        };
        let hidden = floor.filter(|&bytes| total.max_rss <= bytes + bytes / 20);
        let iterations = if group > 1 { seen.iter().map(|one| one.wall_s).collect() } else { Vec::new() };
        Ok(Entry::Done {
            values,
            iterations,
            disturbed: disturbed(before, Pulse::now(), &total),
            accounting: total.into(),
            memory_floor: hidden,
            lost: Vec::new(),
        })
    }

    /// How many launches make one observation, found by a first launch of each side, which also warms the caches.
    fn group(&mut self, planned: &Planned, side: Side) -> Result<std::result::Result<u32, Entry>> {
        let key = (planned.id.to_string(), planned.command.clone());
        if let Some(&group) = self.groups.get(&key) {
            return Ok(Ok(group));
        }
        let mut longest: f64 = 0.0;
        // This side first: if it hangs, the other one need not be tried.
        let sides = if planned.sides == 2 { vec![side, side.other()] } else { vec![side] };
        for &warm in &sides {
            self.stage.enter(warm.into())?;
            match self.command(planned, warm, &planned.command)? {
                Shown::Ended(ended) => longest = longest.max(ended.accounting.wall_s),
                Shown::Failed { state, detail, wall_s } if warm == side => {
                    return Ok(Err(Entry::Failed { state, detail, wall_s }));
                }
                Shown::Failed { .. } => {}
            }
        }
        self.stage.enter(side.into())?;
        let group = ((GROUP_S / longest.max(1e-6)) as u32).clamp(1, GROUP_MAX);
        self.groups.insert(key, group);
        Ok(Ok(group))
    }

    fn instructions(&self, planned: &Planned, side: Side) -> Result<Entry> {
        let mut words: Words = vec!["valgrind".into()];
        words.extend(harness::valgrind::ARGUMENTS.map(str::to_owned));
        let directory = self.directory(planned, side);
        let (program, arguments) =
            planned.command.split_first().map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
        words.push(locate(program, &directory).to_string_lossy().into_owned());
        words.extend(arguments.iter().cloned());
        let ended = match self.command(planned, side, &words)? {
            Shown::Ended(ended) => ended,
            Shown::Failed { state, detail, wall_s } => return Ok(Entry::Failed { state, detail, wall_s }),
        };
        match harness::valgrind::parse_instructions(&String::from_utf8_lossy(&ended.stderr)) {
            Some(count) => Ok(Entry::Done {
                values: vec![count],
                iterations: Vec::new(),
                disturbed: false,
                accounting: ended.accounting.into(),
                memory_floor: None,
                lost: Vec::new(),
            }),
            None => Ok(Entry::Failed {
                state: State::Unreadable,
                detail: format!("valgrind printed no instruction count\n{}", ended.last_words(LAST_WORDS_LINES)),
                wall_s: ended.accounting.wall_s,
            }),
        }
    }
}

impl Executor for Launcher<'_> {
    fn launch(&mut self, planned: &Planned, side: Side) -> Result<Entry> {
        self.stage.enter(side.into())?;
        match &planned.read {
            Read::Criterion(name) => self.criterion(planned, side, name),
            Read::Kernel => self.kernel(planned, side),
            Read::Instructions => self.instructions(planned, side),
            Read::Harness(harness) => self.harness(planned, side, harness),
        }
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// What is said of a process that failed.
fn failed(request: &Request, ended: &Ended, state: State, exit_status: i32, what: &str) -> Shown {
    let words = ended.last_words(LAST_WORDS_LINES);
    let expected = if exit_status == 0 { String::new() } else { format!(" ({exit_status} was expected)") };
    let detail = format!("{what} {}{expected}\n{words}", ended.describe(request.timeout));
    Shown::Failed { state, detail: detail.trim_end().to_owned(), wall_s: ended.accounting.wall_s }
}

/// One observation of each planned metric, by name and benchmark; of several benchmarks also which of them show none. An error
/// where that leaves nothing.
fn in_order(planned: &Planned, harness: &str, results: &Results) -> std::result::Result<(Vec<f64>, Vec<Lost>), String> {
    let found: BTreeMap<(String, &str), f64> = results
        .measurements
        .iter()
        .map(|one| ((own_name(harness, &one.id), one.metric.name.as_str()), median(&observations(one))))
        .collect();
    let lost = |(i, metric): (usize, &Metric)| {
        let benchmark = &planned.benchmark(i).benchmark;
        let failure = results.failures.iter().find(|failure| own_name(harness, &failure.id) == *benchmark);
        let (state, detail) = match failure {
            Some(failure) => (State::Failed, failure.error.to_string()),
            None => (State::Unreadable, format!("the result lacks {} of '{benchmark}'", metric.name)),
        };
        Lost { metric: i, state, detail }
    };
    let value =
        |i: usize, metric: &Metric| found.get(&(planned.benchmark(i).benchmark.clone(), metric.name.as_str())).copied();
    let all = || planned.metrics.iter().enumerate();
    let lost: Vec<Lost> = all().filter(|(i, metric)| value(*i, metric).is_none()).map(lost).collect();
    match lost.first() {
        Some(first) if planned.members.is_empty() || lost.len() == planned.metrics.len() => Err(first.detail.clone()),
        _ => Ok((all().map(|(i, metric)| value(i, metric).unwrap_or_default()).collect(), lost)),
    }
}

/// A program as it can be started from anywhere: a name is left to `PATH`, a relative path starts in `directory`.
pub(super) fn locate(program: &str, directory: &Path) -> OsString {
    if program.contains(std::path::is_separator) { directory.join(program).into() } else { program.into() }
}

/// One observation of a metric: the 25 % quantile over the launches of a group (`docs/method.md`).
fn observation(seen: &[Accounting], metric: &str) -> Option<f64> {
    let values: Option<Vec<f64>> = seen
        .iter()
        .map(|one| match metric {
            "wall-time" => Some(one.wall_s),
            "user-time" => Some(one.user_s),
            "system-time" => Some(one.system_s),
            // Every program has some: none means that nobody counted.
            "max-rss" => (one.max_rss > 0).then_some(one.max_rss as f64),
            "page-faults" => (one.page_faults > 0).then_some(one.page_faults as f64),
            "context-switches" => {
                child::COUNTS_SWITCHES.then_some((one.switches_voluntary + one.switches_involuntary) as f64)
            }
            "bytes-read" => one.bytes_read.map(|bytes| bytes as f64),
            "bytes-written" => one.bytes_written.map(|bytes| bytes as f64),
            _ => None,
        })
        .collect();
    values.filter(|values| !values.is_empty()).map(|values| launch_summary(&values))
}

fn total(seen: &[Accounting]) -> Accounting {
    let mut total = Accounting::default();
    for one in seen {
        total.wall_s += one.wall_s;
        total.user_s += one.user_s;
        total.system_s += one.system_s;
        total.max_rss = total.max_rss.max(one.max_rss);
        total.page_faults += one.page_faults;
        total.switches_voluntary += one.switches_voluntary;
        total.switches_involuntary += one.switches_involuntary;
    }
    total
}
