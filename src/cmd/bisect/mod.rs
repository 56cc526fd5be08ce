use super::measure::{Builds, Workshop};
use super::project::{Project, Revisions, now};
use super::{Done, Io};
use crate::bisect::{Price, Search, Visit};
use crate::cli::{Bisect, Global};
use crate::config::{Against, Kind, Overrides, Suite, parse_glob, parse_percent};
use crate::git::{Commit, Snapshot};
use crate::judge::literal;
use crate::model::{BenchmarkId, Cost, Distribution, Row, Side, State, StateEntry};
use crate::plan::{Plan, Planned, paired as lay_out_pairs};
use crate::report::text::plural;
use crate::run::build::short;
use crate::run::{Header, Journal, Progress};
use crate::stats::{Looks, Paired, PairedInput, Settings, paired};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

mod answer;

/// Standard deviation, ln, by which builds differ though what is launched does not: other code moved it (`docs/method.md`).
const BUILD_SD: f64 = 0.01;

/// Likewise of whole programs, in which single functions weigh less.
const BUILD_SD_PROGRAM: f64 = 0.005;

/// Likewise of what is counted.
const BUILD_SD_EXACT: f64 = 2e-4;

/// The smallest difference of a counter that is one: hash seeds and address layout move it by less (`docs/method.md`).
const EXACT_STEP_MIN: f64 = 5e-4;

/// The journal's numbers of a commit's pairs begin at this times the commit's place in the range.
const PAIRS_OF_A_COMMIT: u32 = 100_000;

/// Searches the commits from a good one to a bad one for the one that changed a benchmark.
pub(super) fn run(args: &Bisect, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let certainty = parse_percent(&args.certainty).ok().filter(|share| (0.5..1.0).contains(share));
    let certainty = certainty.with_context(|| {
        format!("--certainty: '{}' is none; write a percentage from 50% to below 100%, for example 99%", args.certainty)
    })?;
    let named = parse_glob(&args.bench).is_ok().then(|| args.bench.clone());
    let overrides = Overrides {
        base: Some(args.good.clone()),
        against: Some(Against::Paired.code().to_owned()),
        bench: std::iter::once(literal(&args.bench)).chain(named).collect(),
        budget: args.budget.clone(),
        ..Overrides::default()
    };
    let revisions = Revisions { committed: true, paired: true, ..Revisions::alone(Some(&args.bad)) };
    let project = Project::open(global, io, &overrides, &revisions)?;
    let good = project.base.clone().context("there is no good commit")?;
    let line = project.repo.line(&good, &project.head_commit)?;
    progress.note(&format!(
        "searching {} commits on the line of first parents from {} to {}",
        line.len(),
        good.short(),
        project.head_commit.short()
    ));
    let mut hunt = Hunt::open(&project, args, io, line)?;
    let found = hunt.search(&good, certainty, progress)?;
    let answer = answer::answer(&hunt, &good, certainty, found);
    hunt.workshop.close();
    progress.finish();
    Ok(Done::Bisected(Box::new(answer)))
}

/// What was seen of the two ends, and the search between them if they differ.
enum Found {
    /// The executables of both ends are the same bytes.
    Identical(BenchmarkId),
    /// The ends were measured and do not differ.
    Alike(Ends),
    /// They differ.
    Searched(Ends, Box<Search>),
}

/// The two ends, measured.
struct Ends {
    row: Row,
    seen: Paired,
}

/// A commit that was built.
struct Site {
    snapshot: Snapshot,
    builds: Builds,
}

/// A search in progress.
struct Hunt<'a> {
    project: &'a Project,
    args: &'a Bisect,
    workshop: Workshop<'a>,
    /// The suites that are built: in the end, the benchmark's own.
    suites: Vec<Suite>,
    /// The commits, oldest first; the last one is the bad end.
    line: Vec<Commit>,
    /// What is looked at, once it is known.
    id: Option<BenchmarkId>,
    sites: BTreeMap<usize, Site>,
    /// Why commits cannot be measured, or whose executables they have.
    details: BTreeMap<usize, String>,
    /// Pairs launched of each commit.
    launched: BTreeMap<usize, u32>,
    /// Which commit is set up as head.
    on_stage: Option<usize>,
    seed: u64,
    cost: Cost,
    /// The budget had no room for what was asked.
    is_spent: bool,
    /// Builds that were made, and their seconds.
    made: (u32, f64),
    notes: Vec<String>,
}

impl<'a> Hunt<'a> {
    fn open(project: &'a Project, args: &'a Bisect, io: &Io<'_>, line: Vec<Commit>) -> Result<Self> {
        Ok(Self {
            project,
            args,
            workshop: Workshop::open(project, io)?,
            suites: project.config.suites.clone(),
            line,
            id: None,
            sites: BTreeMap::new(),
            details: BTreeMap::new(),
            launched: BTreeMap::new(),
            on_stage: None,
            seed: args.seed.unwrap_or_else(|| fastrand::u64(..)),
            cost: Cost::default(),
            is_spent: false,
            made: (0, 0.0),
            notes: Vec::new(),
        })
    }

    fn search(&mut self, good: &Commit, certainty: f64, progress: &mut dyn Progress) -> Result<Found> {
        let snapshot = self.project.repo.snapshot(good)?;
        let builds = self.workshop.build(&self.suites, &snapshot, Side::Base, progress)?;
        let mut base = Site { snapshot, builds };
        let last = self.line.len() - 1;
        self.build(last, progress)?;
        let planned = match self.choose(&base, last)? {
            Choice::Identical(id) => return Ok(Found::Identical(id)),
            Choice::Planned(planned) => *planned,
        };
        self.id = Some(planned.benchmark(0).clone());
        self.keep_suite(&planned.id.suite, &mut base);
        self.workshop.set_up(Side::Base, &base.snapshot, &base.builds, progress)?;
        let looks = Looks::new(&self.project.config.gate.looks).map_err(|why| anyhow!(why))?;
        let plan = lay_out_pairs(vec![planned], looks.counts(), self.seed);
        let mut journal = self.journal(&plan, &base, progress)?;
        let plan = lay_out_pairs(plan.benchmarks, looks.counts(), self.seed);
        let ends = self.ends(plan, &looks, &mut journal, progress)?;
        if !differ(&ends, self.alpha()) {
            return Ok(Found::Alike(ends));
        }
        let Planned { read, metrics, .. } = self.planned(&base, last)?;
        let exact = metrics.iter().all(|metric| metric.distribution == Distribution::Exact);
        let build_sd = match self.suites.first().map(|suite| &suite.kind) {
            _ if exact || read == crate::plan::Read::Instructions => BUILD_SD_EXACT,
            Some(Kind::Criterion(_)) => BUILD_SD,
            _ => BUILD_SD_PROGRAM,
        };
        let mut search = Search::new(self.line.len(), logs(&ends.row), ends.seen.estimate, build_sd, certainty);
        // What an interrupted search knew comes first, in whatever order it would be asked for now.
        for visit in known(&journal, last) {
            self.build(visit.commit, progress)?;
            self.recognise(visit.commit, &base, &mut search);
            self.visit(visit, &base, &mut search, &mut journal, progress)?;
        }
        while let Some(visit) = search.next(|commit| self.price(commit)) {
            if self.left().is_zero() {
                self.notes.push("the measuring budget ended before the search did".to_owned());
                break;
            }
            self.visit(visit, &base, &mut search, &mut journal, progress)?;
        }
        Ok(Found::Searched(ends, Box::new(search)))
    }

    fn alpha(&self) -> f64 {
        self.project.config.gate.alpha
    }

    /// What is left of the measuring time.
    fn left(&self) -> Duration {
        let spent = Duration::from_secs_f64(self.cost.measure_s.max(0.0));
        if self.is_spent { Duration::ZERO } else { self.project.config.gate.budget.saturating_sub(spent) }
    }

    fn price(&self, commit: usize) -> Price {
        let (builds, seconds) = self.made;
        let build_s = if self.sites.contains_key(&commit) { 0.0 } else { seconds / f64::from(builds.max(1)) };
        let pairs: u32 = self.launched.values().sum();
        Price { build_s, pair_s: self.cost.measure_s / f64::from(pairs.max(1)) }
    }

    /// Builds a commit, unless that was done.
    fn build(&mut self, commit: usize, progress: &mut dyn Progress) -> Result<()> {
        if !self.sites.contains_key(&commit) {
            let snapshot = self.project.repo.snapshot(&self.line[commit])?;
            let before = self.workshop.build_s;
            let builds = self.workshop.build(&self.suites, &snapshot, Side::Head, progress)?;
            self.made = (self.made.0 + 1, self.made.1 + self.workshop.build_s - before);
            self.sites.insert(commit, Site { snapshot, builds });
        }
        Ok(())
    }

    /// From here on only the benchmark's own suite is built.
    fn keep_suite(&mut self, name: &str, base: &mut Site) {
        let keep: Vec<bool> = self.suites.iter().map(|suite| suite.name == name).collect();
        for builds in self.sites.values_mut().map(|site| &mut site.builds).chain([&mut base.builds]) {
            let mut kept = keep.iter();
            builds.retain(|_| kept.next().copied().unwrap_or(false));
        }
        self.suites.retain(|suite| suite.name == name);
    }

    /// What is launched of a commit and the good end, and the states of what is not.
    fn lay_out(&self, base: &Site, commit: usize) -> (Vec<Planned>, Vec<StateEntry>) {
        let Some(site) = self.sites.get(&commit) else { return (Vec::new(), Vec::new()) };
        let head = (&site.builds, &site.snapshot);
        let found = self.workshop.lay_out(&self.suites, Some((&base.builds, &base.snapshot)), head, false);
        (found.planned, found.states)
    }

    /// The one benchmark and metric that is meant.
    fn choose(&self, base: &Site, commit: usize) -> Result<Choice> {
        let (planned, states) = self.lay_out(base, commit);
        let wanted = |id: &BenchmarkId| id.to_string() == self.args.bench || id.benchmark == self.args.bench;
        let mut ids: Vec<&BenchmarkId> = planned.iter().flat_map(Planned::benchmarks).collect();
        ids.sort();
        ids.dedup();
        if let Some(exact) = ids.iter().find(|id| wanted(id)).copied().filter(|_| ids.len() > 1) {
            ids = vec![exact];
        }
        match ids.as_slice() {
            [id] => Ok(Choice::Planned(Box::new(self.only(&planned, id)?))),
            [] => match states.as_slice() {
                [entry, ..] if entry.state == State::Identical => Ok(Choice::Identical(entry.id.clone())),
                [entry, ..] => {
                    bail!("'{}' cannot be measured at both ends: {}", entry.id, why(entry))
                }
                [] => bail!(
                    "no benchmark of {} matches '{}'; `benchgate -v check --dry-run` lists them",
                    self.line[commit].short(),
                    self.args.bench
                ),
            },
            many => {
                let names: Vec<String> = many.iter().take(5).map(ToString::to_string).collect();
                bail!("'{}' means {} benchmarks ({} …); name one", self.args.bench, many.len(), names.join(", "))
            }
        }
    }

    /// The launch of one benchmark, for one metric of it.
    fn only(&self, planned: &[Planned], id: &BenchmarkId) -> Result<Planned> {
        let mut known = Vec::new();
        for one in planned {
            for (i, metric) in one.metrics.iter().enumerate().filter(|(i, _)| one.benchmark(*i) == id) {
                if self.args.metric.as_ref().is_none_or(|name| *name == metric.name) {
                    let mut only = one.clone();
                    only.metrics = vec![metric.clone()];
                    only.members = one.members.get(i).cloned().into_iter().collect();
                    return Ok(only);
                }
                known.push(metric.name.as_str());
            }
        }
        bail!("'{id}' has no metric '{}'; it has {}", self.args.metric.as_deref().unwrap_or_default(), known.join(", "))
    }

    /// What is launched of a commit; the error says why nothing can be.
    fn planned(&self, base: &Site, commit: usize) -> Result<Planned> {
        let (planned, states) = self.lay_out(base, commit);
        let is_own = |id: &&BenchmarkId| self.id.as_ref() == Some(*id);
        match planned.iter().flat_map(Planned::benchmarks).find(is_own) {
            Some(id) => self.only(&planned, id),
            None => {
                let state = states.iter().find(|entry| is_own(&&entry.id)).or(states.first());
                bail!(state.map_or("it has no such benchmark".to_owned(), why))
            }
        }
    }

    fn journal(&mut self, plan: &Plan, base: &Site, progress: &mut dyn Progress) -> Result<Journal> {
        let last = self.line.len() - 1;
        let snapshots: Vec<&Snapshot> =
            [&base.snapshot].into_iter().chain(self.sites.get(&last).map(|site| &site.snapshot)).collect();
        let path = self.workshop.journal_path().with_file_name("bisect.ndjson");
        let header = Header::new(self.seed, now(), self.workshop.fingerprint(plan, &snapshots)?);
        if !self.args.resume {
            return Journal::create(&path, &header);
        }
        let journal = Journal::resume(&path, &header)?;
        self.seed = Journal::header(&path)?.map_or(self.seed, |found| found.seed);
        progress.note(&format!("resuming: {} launches are already measured", journal.known_launches()));
        Ok(journal)
    }

    /// Measures the two ends until they differ beyond doubt, or it is clear that more pairs will not show it.
    fn ends(
        &mut self,
        mut plan: Plan,
        looks: &Looks,
        journal: &mut Journal,
        progress: &mut dyn Progress,
    ) -> Result<Ends> {
        let (last, alpha) = (self.line.len() - 1, self.alpha());
        self.set_up(last, progress)?;
        progress.phase(&format!("measuring whether the two ends differ, seed {}", self.seed));
        plan.blocks.iter_mut().for_each(|block| block.pair += slot(last));
        let reach = looks.counts().last().map_or(0, |last| 2 * last);
        let mut decide = |rows: &[Row]| -> Vec<bool> {
            let enough = |row: &Row| {
                let ends = compared(row.clone(), alpha, looks);
                let hopeless = ends.seen.pairs_needed.is_none_or(|need| need > reach);
                // Whoever asks has seen something: few pairs are no reason to give up.
                differ(&ends, alpha) || (hopeless && 4 * ends.seen.pairs >= reach)
            };
            rows.iter().map(enough).collect()
        };
        let left = self.left();
        let measured = self.workshop.measure(&plan, journal, left, progress, &mut decide)?;
        self.cost.add_measuring(&measured.cost);
        let Some(row) = measured.rows.into_iter().next() else {
            let why = measured.states.first().map_or_else(String::new, why);
            bail!("the two ends could not be measured: {why}");
        };
        if let Some(entry) = measured.states.first() {
            let pairs = plural(row.head.len(), "pair");
            self.notes.push(format!("measuring the two ends stopped after {pairs}: {}", why(entry)));
        }
        if row.base.iter().chain(&row.head).any(|value| *value <= 0.0) {
            bail!("'{}' {} is zero at times, and a change from nothing has no size", row.id, row.metric.name);
        }
        self.launched.insert(last, row.head.len() as u32);
        Ok(compared(row, alpha, looks))
    }

    fn set_up(&mut self, commit: usize, progress: &mut dyn Progress) -> Result<()> {
        if let Some(site) = self.sites.get(&commit).filter(|_| self.on_stage != Some(commit)) {
            self.workshop.set_up(Side::Head, &site.snapshot, &site.builds, progress)?;
            self.on_stage = Some(commit);
        }
        Ok(())
    }

    /// Builds a commit and measures it, unless it is known to be what another one is.
    fn visit(
        &mut self,
        visit: Visit,
        base: &Site,
        search: &mut Search,
        journal: &mut Journal,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let commit = visit.commit;
        if !self.sites.contains_key(&commit) {
            self.build(commit, progress)?;
            if self.recognise(commit, base, search) {
                return Ok(());
            }
        }
        let planned = match self.planned(base, commit) {
            Ok(planned) => planned,
            Err(why) => {
                self.skip(commit, &why.to_string(), search);
                return Ok(());
            }
        };
        self.set_up(commit, progress)?;
        let standing = search.standing();
        let open = standing.posterior.iter().filter(|probability| **probability > 1e-3).count();
        let text = short(&self.line[commit].id);
        progress.phase(&format!("measuring {} pairs of {text}; {open} commits may be it", visit.pairs));
        let from = self.launched.get(&commit).copied().unwrap_or(0);
        let mut plan = lay_out_pairs(vec![planned], &[visit.pairs], self.seed ^ u64::from(slot(commit) + from));
        plan.blocks.iter_mut().for_each(|block| block.pair += slot(commit) + from);
        let left = self.left();
        let measured =
            self.workshop.measure(&plan, journal, left, progress, &mut |rows: &[Row]| vec![false; rows.len()])?;
        self.cost.add_measuring(&measured.cost);
        match (measured.rows.first(), measured.states.first()) {
            (Some(row), _) => {
                *self.launched.entry(commit).or_default() += row.head.len() as u32;
                search.take(commit, &logs(row));
            }
            (None, Some(entry)) if entry.state != State::Unmeasured => {
                self.skip(commit, &why(entry), search);
            }
            _ => self.is_spent = true,
        }
        Ok(())
    }

    fn skip(&mut self, commit: usize, why: &str, search: &mut Search) {
        search.skip(commit);
        self.details.insert(commit, why.to_owned());
    }

    /// Whether a commit that was just built has the executables of another one, and takes that in.
    fn recognise(&mut self, commit: usize, base: &Site, search: &mut Search) -> bool {
        let same = |site: &Site| {
            let mut states = self.lay_out(site, commit).1.into_iter();
            states.any(|entry| entry.state == State::Identical && Some(&entry.id) == self.id.as_ref())
        };
        if same(base) {
            self.details.insert(commit, "the executables of the good end".to_owned());
            search.same(None, commit);
            return true;
        }
        let twin = self.sites.iter().find(|(other, site)| **other != commit && same(site)).map(|(other, _)| *other);
        let Some(twin) = twin else { return false };
        search.same(Some(twin.min(commit)), twin.max(commit));
        self.details.insert(commit, format!("the executables of {}", short(&self.line[twin].id)));
        true
    }
}

/// What the ends have in common.
enum Choice {
    Identical(BenchmarkId),
    Planned(Box<Planned>),
}

/// Where the journal's numbers of a commit begin.
fn slot(commit: usize) -> u32 {
    u32::try_from(commit).unwrap_or(0).saturating_mul(PAIRS_OF_A_COMMIT)
}

/// What a journal knows of the commits before the last one.
fn known(journal: &Journal, last: usize) -> Vec<Visit> {
    let mut pairs: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    for slot in journal.slots() {
        pairs.entry((slot.pair / PAIRS_OF_A_COMMIT) as usize).or_default().insert(slot.pair);
    }
    pairs.remove(&last);
    pairs.into_iter().map(|(commit, pairs)| Visit { commit, pairs: pairs.len() as u32 }).collect()
}

/// Why something cannot be measured, in words that follow a colon.
fn why(entry: &StateEntry) -> String {
    let side = entry.side.map_or("", |side| if side == Side::Base { "at the good end " } else { "" });
    if entry.detail.is_empty() {
        format!("{side}{}", entry.state)
    } else {
        format!("{side}{}: {}", entry.state, entry.detail)
    }
}

/// ln(head/base) of each pair.
fn logs(row: &Row) -> Vec<f64> {
    row.base.iter().zip(&row.head).map(|(base, head)| (head / base).ln()).filter(|log| log.is_finite()).collect()
}

fn compared(row: Row, alpha: f64, looks: &Looks) -> Ends {
    let settings = Settings { alpha, alpha_equivalence: 0.05, delta: 0.0 };
    let seen = paired(PairedInput { base: &row.base, head: &row.head }, settings, looks);
    Ends { row, seen }
}

/// Whether the two ends differ at all.
fn differ(ends: &Ends, alpha: f64) -> bool {
    if ends.row.metric.distribution == Distribution::Exact {
        let logs = logs(&ends.row);
        let (low, high) =
            logs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), log| (low.min(*log), high.max(*log)));
        return !logs.is_empty() && (low > EXACT_STEP_MIN || high < -EXACT_STEP_MIN);
    }
    ends.seen.p_above.min(ends.seen.p_below) <= alpha
}
