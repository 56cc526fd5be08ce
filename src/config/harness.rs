use super::command::Run;
use crate::model::Metric;
use std::collections::BTreeMap;

/// Where the harness is to write its result.
pub(super) const OUTPUT: &str = "output";
/// The benchmark's name; a word that holds it is left out where all benchmarks run.
pub(super) const BENCHMARK: &str = "benchmark";
/// A regular expression that matches the benchmark's name alone; `.` where all benchmarks run.
pub(super) const FILTER: &str = "filter";

/// Settings of a suite that another harness measures and benchgate reads (`docs/formats.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct HarnessSuite {
    /// The harness: a format's name.
    pub harness: String,
    /// The build, as words; `None` when there is nothing to build.
    pub build: Option<Vec<String>>,
    /// Files that the build leaves and the launches need: globs below `directory`.
    pub artifacts: Vec<String>,
    /// What one launch executes, with the placeholders `{output}`, `{benchmark}` and `{filter}`.
    pub run: Run,
    /// The metrics of each benchmark, where a plan of shards says them; else the harness is asked.
    pub listed: Option<BTreeMap<String, Vec<Metric>>>,
}

impl HarnessSuite {
    /// Whether one benchmark can be launched alone.
    #[must_use]
    pub fn is_selective(&self) -> bool {
        let placeholders = self.run.placeholders();
        placeholders.contains(BENCHMARK) || placeholders.contains(FILTER)
    }

    /// Whether the result is a file of its own, and not what is printed.
    #[must_use]
    pub fn writes_file(&self) -> bool {
        self.run.placeholders().contains(OUTPUT)
    }

    /// The command that runs every benchmark and leaves its result at `output`.
    #[must_use]
    pub fn all(&self, output: &str) -> Run {
        let everything = match &self.run {
            Run::Words(words) => {
                let names = |word: &&String| Run::Words(vec![(*word).clone()]).placeholders().contains(BENCHMARK);
                Run::Words(words.iter().filter(|word| !names(word)).cloned().collect())
            }
            shell @ Run::Shell(_) => shell.clone(),
        };
        everything.fill(&[(OUTPUT, output), (BENCHMARK, ""), (FILTER, ".")])
    }

    /// The command that runs one benchmark; in shell text its name is one quoted word.
    #[must_use]
    pub fn alone(&self, benchmark: &str, output: &str) -> Run {
        let filter = self.filter(benchmark);
        match self.run {
            Run::Words(_) => self.run.fill(&[(OUTPUT, output), (BENCHMARK, benchmark), (FILTER, &filter)]),
            Run::Shell(_) => {
                let (benchmark, filter) = (shell_words::quote(benchmark), shell_words::quote(&filter));
                self.run.fill(&[(OUTPUT, output), (BENCHMARK, &benchmark), (FILTER, &filter)])
            }
        }
    }

    fn filter(&self, benchmark: &str) -> String {
        if self.harness == "go" { go_filter(benchmark) } else { format!("^{}$", escaped(benchmark)) }
    }
}

/// Go matches each part of a name between slashes by itself, without the package before it and the number of processors
/// behind it. A name may end like such a number, so that it may be there as well.
fn go_filter(benchmark: &str) -> String {
    let name = match benchmark.find(".Benchmark") {
        Some(dot) if !benchmark.starts_with("Benchmark") => &benchmark[dot + 1..],
        _ => benchmark,
    };
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let (name, processors) = match stem.strip_suffix('-') {
        Some(before) if stem != name => (before, format!("({})?", &name[before.len()..])),
        _ => (name, String::new()),
    };
    format!("^{}{processors}$", escaped(name).replace('/', "$/^"))
}

/// A text as a regular expression that matches nothing else.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// What is run where a suite does not say: harness, build, artifacts, run.
pub(super) struct Template {
    pub(super) harness: &'static str,
    pub(super) build: Option<&'static str>,
    pub(super) artifacts: &'static [&'static str],
    pub(super) run: &'static str,
}

/// Where one line in the configuration is enough.
const TEMPLATES: [Template; 4] = [
    Template {
        harness: "go",
        build: None,
        artifacts: &[],
        run: "go test -run=^$ -bench={filter} -benchtime=100ms -benchmem ./...",
    },
    Template {
        harness: "jmh",
        build: Some("mvn -q -DskipTests package"),
        artifacts: &["target/benchmarks.jar"],
        run: "java -jar target/benchmarks.jar -f 1 -rf json -rff {output}",
    },
    Template {
        harness: "pytest-benchmark",
        build: None,
        artifacts: &[],
        run: "python3 -m pytest -p no:cacheprovider --benchmark-only --benchmark-max-time=0.2 --benchmark-json={output} {benchmark}",
    },
    Template {
        harness: "vitest",
        build: Some("npm ci"),
        artifacts: &["node_modules/**"],
        run: "npx vitest bench --run --outputJson={output}",
    },
];

/// The template of a harness that needs no further word.
pub(super) fn template(harness: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.harness == harness)
}

/// What one launch of a harness executes, for a reader: harness and command line.
pub fn templates() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEMPLATES.iter().map(|template| (template.harness, template.run))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(harness: &str, run: Run) -> HarnessSuite {
        HarnessSuite { harness: harness.into(), build: None, artifacts: vec![], run, listed: None }
    }

    fn words(text: &str) -> Run {
        Run::Words(text.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn all_benchmarks_run_without_a_name_and_one_with_it() {
        let python = suite("pytest-benchmark", words("pytest --json={output} {benchmark} -q"));
        assert!(python.is_selective() && python.writes_file());
        assert_eq!(python.all("/o"), words("pytest --json=/o -q"));
        assert_eq!(
            python.alone("t.py::a[1 2]", "/o"),
            Run::Words(["pytest", "--json=/o", "t.py::a[1 2]", "-q"].map(str::to_owned).into())
        );
    }

    #[test]
    fn filters_match_one_name_and_go_takes_them_part_by_part() {
        let other = suite("google-benchmark", words("b --filter={filter}"));
        assert_eq!(other.all(""), words("b --filter=."));
        assert_eq!(other.alone("a/b.c", ""), words("b --filter=^a/b\\.c$"));
        assert!(!other.writes_file());
        let go = suite("go", words("go test -bench={filter}"));
        for (name, filter) in [
            ("BenchmarkA/n=1", "^BenchmarkA$/^n=1$"),
            ("example.com/m/p.BenchmarkA/n(1)-2", "^BenchmarkA$/^n\\(1\\)(-2)?$"),
            ("BenchmarkA/x.BenchmarkB-x", "^BenchmarkA$/^x\\.BenchmarkB-x$"),
        ] {
            assert_eq!(go.alone(name, ""), words(&format!("go test -bench={filter}")));
        }
    }

    #[test]
    fn a_name_is_one_word_of_a_shell() {
        let shell = suite("plain", Run::Shell("./b {benchmark} > {output}".into()));
        assert_eq!(shell.alone("a; rm -rf /", "/o"), Run::Shell("./b 'a; rm -rf /' > /o".into()));
    }
}
