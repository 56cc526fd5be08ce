//! What long histories cost in each store: 2,000 series of 5,000 runs to a trend verdict, and 50,000 runs in a git repository.
//!
//! `cargo bench --bench stores`; with `BENCHGATE_BENCH_POSTGRES=postgres://…` (and `PGPASSWORD`) out of an empty database too.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a table is what it is run for, and it ends where it cannot go on"
)]

use benchgate::model::{Environment, known_metric};
use benchgate::run::remote::Remote;
use benchgate::stats::changepoints::Detector;
use benchgate::store::history::{Dir, Entry, Found, Git, Network, Postgres, Run, Sqlite, Store, Time, Wanted, read};
use benchgate::trend::{Settings, trend};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Series and runs of the project.
const PROJECT: (usize, usize) = (2_000, 5_000);

/// Series and runs of the long history in git, and how many of its runs are stored one by one at the end.
const LONG: (usize, usize, usize) = (20, 50_000, 300);

/// Runs that are stored at a time.
const BATCH: usize = 50;

/// A run of the project: noise of 2 %, a step of 10 % every hundred runs.
fn entry(n: usize, series: usize, random: &mut fastrand::Rng) -> Entry {
    let metric = known_metric("wall-time").unwrap();
    let mut normal = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
    let level = 100.0 * (1.0 + 0.1 * ((n / 100) % 2) as f64);
    let found = |i: usize, noise: f64| Found {
        benchmark: format!("group/benchmark-{i}"),
        metric: metric.clone(),
        value: level * (0.02 * noise).exp(),
        spread: None,
    };
    let values = (0..series).map(|i| found(i, normal())).collect();
    let time = Time::from_seconds(1_600_000_000 + 3_600 * i64::try_from(n).unwrap()).unwrap();
    let run =
        Run { revision: format!("{n:040x}"), committed: Some(time), recorded: time, launches: 10, accepted: None };
    Entry::new("suite", Environment { class: "epyc".into(), ..Environment::default() }, run, values).unwrap()
}

fn fill(store: &mut dyn Store, series: usize, runs: std::ops::Range<usize>) {
    let mut random = fastrand::Rng::with_seed(7);
    let places: Vec<usize> = runs.collect();
    for places in places.chunks(BATCH) {
        let entries: Vec<Entry> = places.iter().map(|n| entry(*n, series, &mut random)).collect();
        store.append(&entries).unwrap();
    }
}

/// Most memory that this process had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

fn project(name: &str, store: &mut dyn Store, settled: impl FnOnce()) {
    let (series, runs) = PROJECT;
    let from = Instant::now();
    fill(store, series, 0..runs);
    let filled = from.elapsed();
    settled();
    let from = Instant::now();
    store.append(&[entry(runs, series, &mut fastrand::Rng::with_seed(8))]).unwrap();
    let appended = from.elapsed();
    let from = Instant::now();
    let wanted = Wanted { benchmark: Some("group/benchmark-77".into()), ..Wanted::default() };
    assert_eq!(read(store, &wanted).unwrap()[0].series.len(), 1);
    let one = from.elapsed();
    let from = Instant::now();
    let histories = read(store, &Wanted::default()).unwrap();
    let loaded = from.elapsed();
    let settings = Settings { detector: Detector::DEFAULT, since: Vec::new(), drift_max: None, fdr: 0.05 };
    let found = trend(&histories, &settings);
    let whole = from.elapsed();
    let changes: usize = found.series.iter().map(|series| series.change_points.len()).sum();
    println!(
        "{name:>9}: {series} series of {runs} runs: stored in {filled:.1?}, one more in {appended:.1?}, one series read in {one:.1?}, \
         all in {loaded:.1?}, to {changes} changes in {whole:.1?}, peak {} MiB",
        peak()
    );
}

fn git(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git").current_dir(folder).args(words).output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn open(repository: &Path) -> Git {
    let own = || std::env::vars_os().collect();
    let reach =
        |folder: &Path, remote: &str| Box::new(Remote::new(folder.to_owned(), remote, own())) as Box<dyn Network>;
    Git::open(repository, None, &reach).unwrap()
}

fn long(folder: &Path) {
    let (series, runs, single) = LONG;
    git(folder, &["init", "--quiet", "--bare", "origin.git"]);
    let origin = folder.join("origin.git");
    let from = Instant::now();
    let mut store = open(&origin);
    fill(&mut store, series, 0..runs - single);
    let filled = from.elapsed();
    let mut random = fastrand::Rng::with_seed(9);
    let from = Instant::now();
    for n in runs - single..runs {
        store.append(&[entry(n, series, &mut random)]).unwrap();
    }
    println!(
        "git, 50,000 runs of {series} series: stored in {filled:.1?}, the last {single} one by one: {:.1?} each",
        from.elapsed() / 300
    );
    let tip = git(&origin, &["ls-tree", "-r", "--name-only", "refs/benchgate/history"]);
    let objects = git(&origin, &["rev-list", "--objects", "--disk-usage", "refs/benchgate/history"]);
    println!(
        "  {} files at the tip, {} KiB of objects reachable",
        tip.lines().count(),
        objects.trim().parse::<u64>().unwrap() / 1024
    );
    // A job of a CI: a fresh repository, one record.
    git(folder, &["init", "--quiet", "job"]);
    let job = folder.join("job");
    git(&job, &["remote", "add", "origin", &format!("file://{}", origin.display())]);
    let from = Instant::now();
    open(&job).append(&[entry(runs, series, &mut random)]).unwrap();
    let fresh = from.elapsed();
    let size = git(&job, &["count-objects", "-v"]);
    let packed = size.lines().find_map(|line| line.strip_prefix("size-pack: ")).unwrap();
    let from = Instant::now();
    open(&job).append(&[entry(runs + 1, series, &mut random)]).unwrap();
    println!("  a fresh clone's first record: {fresh:.1?}, {packed} KiB fetched; its second: {:.1?}", from.elapsed());
    let from = Instant::now();
    let histories = read(&mut open(&job), &Wanted::default()).unwrap();
    println!("  read: {} runs in {:.1?}", histories[0].runs.len(), from.elapsed());
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    long(folder.path());
    project("sqlite", &mut Sqlite::new(folder.path().join("h.db")), || {});
    let size = std::fs::metadata(folder.path().join("h.db")).unwrap().len() >> 20;
    println!("           {size} MiB");
    if let Ok(address) = std::env::var("BENCHGATE_BENCH_POSTGRES") {
        let variable = |name: &str| std::env::var(name).ok();
        project("postgres", &mut Postgres::new(&address, &variable).unwrap(), || {
            // As the server itself does sooner or later.
            let done = Command::new("psql")
                .args(["-X", "-q", "-d", &address, "-c", "VACUUM ANALYZE benchgate.value"])
                .status();
            assert!(done.unwrap().success());
        });
    }
    project("dir", &mut Dir::new(folder.path().join("dir")), || {});
}
