//! `init` in projects of several kinds.

use crate::world::Repo;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn written(repo: &Repo) -> String {
    fs::read_to_string(repo.root().join("benchgate.toml")).unwrap()
}

#[test]
fn benchmarks_of_every_known_kind_are_found() {
    let cmake = "add_executable(speed speed.cc)\ntarget_link_libraries( speed PRIVATE benchmark::benchmark_main)\n";
    let repo = Repo::new().commit(
        "base",
        &[
            ("Cargo.toml", "[package]\nname = 'fast'\nedition = '2021'\n[[bench]]\nname = 'b'\nharness = false\n[dev-dependencies]\ncriterion = '0.5'\n"),
            ("src/lib.rs", ""),
            ("benches/b.rs", "fn main() {}"),
            ("go/go.mod", "module x"),
            ("go/a/x_test.go", "func BenchmarkX(b *testing.B) {}"),
            ("idle/go.mod", "module y"),
            ("idle/y_test.go", "func TestY(t *testing.T) {}"),
            ("py/pyproject.toml", "dependencies = ['pytest-benchmark>=4']"),
            ("py/requirements.txt", "pytest-benchmark"),
            ("web/package.json", "{\"devDependencies\": {\"vitest\": \"3\"}}"),
            ("web/src/sort.bench.ts", ""),
            ("docs/package.json", "{\"devDependencies\": {\"vitest\": \"3\"}}"),
            ("two words/go.mod", "module w"),
            ("two words/w_test.go", "func BenchmarkW(b *testing.B) {}"),
            ("odd 'name'/go.mod", "module z"),
            ("odd 'name'/z_test.go", "func BenchmarkZ(b *testing.B) {}"),
            ("cpp/odd/CMakeLists.txt", "target_link_libraries(${NAME} benchmark::benchmark)"),
            ("cpp/CMakeLists.txt", "add_subdirectory(bench)"),
            ("cpp/bench/CMakeLists.txt", cmake),
            ("jvm/pom.xml", "<artifactId>jmh-core</artifactId>"),
        ],
    );
    let run = repo.gate("init");
    run.exits(0).prints("suite 'fast'").prints("go.mod, and benchmarks in _test.go in 'go'").prints("benchgate check");
    let text = written(&repo);
    let suites: Vec<&str> = text.lines().filter(|line| line.starts_with("name =")).collect();
    let expected = ["fast", "cpp", "go", "jvm", "py", "two-words", "web"].map(|name| format!("name = '{name}'"));
    assert_eq!(suites, expected);
    assert!(text.contains("directory = 'two words'") && text.contains("build = 'npm install'"), "{text}");
    run.prints("passed over: go.mod, and benchmarks in _test.go in 'odd 'name'', a folder that cannot")
        .prints("passed over: 'cpp/odd/CMakeLists.txt' links Google Benchmark to '${NAME}', which is no plain name");
    assert!(text.contains("artifacts = ['build/bench/speed']"), "{text}");
    for pair in text.lines().collect::<Vec<_>>().windows(2) {
        let [before, key] = pair else { continue };
        assert!(!key.contains(" = ") || key.starts_with('#') || before.starts_with('#'), "'{key}' is not explained");
    }
    let run = repo.gate("init");
    run.exits(2).says("exists already");
    assert_eq!(written(&repo), text, "nothing is overwritten");
}

#[test]
fn a_project_without_benchmarks_gets_an_example_and_a_folder_its_own_file() {
    let repo =
        Repo::new().commit("base", &[("README.md", "text"), ("sub/go.mod", "x"), ("sub/x_test.go", "func BenchmarkX")]);
    let below = repo.root().join("sub");
    repo.from(&below).gate("init").exits(0).prints("suite 'go'");
    assert!(!fs::read_to_string(below.join("benchgate.toml")).unwrap().contains("directory"));
    fs::remove_dir_all(&below).unwrap();
    repo.gate("init").exits(0).prints("no benchmark of a known harness");
    let commented = written(&repo);
    let from = commented.find("# [[suite]]").unwrap();
    let example = commented[from..].replace("# ", "");
    assert!(benchgate::config::parse("example", &example).is_ok(), "{example}");
    repo.gate("check").exits(2).says("nothing to measure");
}

#[test]
fn cargo_workspaces_are_found_below_too_and_what_is_no_criterion_bench_is_named() {
    let package = |name: &str, uses: &str| {
        format!(
            "[package]\nname = '{name}'\nedition = '2021'\n[[bench]]\nname = 'b-{name}'\nharness = false\n[dev-dependencies]\n{uses} = '0.5'\n"
        )
    };
    let repo = Repo::new().commit(
        "base",
        &[
            ("rust/Cargo.toml", "[workspace]\nmembers = ['a', 'b']\nresolver = '2'\n"),
            ("rust/a/Cargo.toml", &package("a", "criterion")),
            ("rust/a/src/lib.rs", ""),
            ("rust/a/benches/b-a.rs", "fn main() {}"),
            ("rust/b/Cargo.toml", &package("b", "divan")),
            ("rust/b/src/lib.rs", ""),
            ("rust/b/benches/b-b.rs", "fn main() {}"),
            ("alone/Cargo.toml", &package("alone", "criterion")),
            ("alone/src/lib.rs", ""),
            ("alone/benches/b-alone.rs", "fn main() {}"),
        ],
    );
    let run = repo.gate("init --no-workflows");
    run.exits(0).prints("passed over: 'b-b' of the Cargo package 'b' without criterion");
    let text = written(&repo);
    let suites: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("directory = ")).collect();
    assert_eq!(suites, ["'alone'", "'rust'"], "{text}");
    // In a member only what lies there.
    repo.gate("-C rust/a init --no-workflows").exits(0).prints("suite 'a'");
    let text = fs::read_to_string(repo.root().join("rust/a/benchgate.toml")).unwrap();
    assert_eq!(text.matches("[[suite]]").count(), 1, "{text}");
}

#[test]
fn a_repository_may_have_no_commit_yet() {
    let repo = Repo::new();
    repo.write("go/go.mod", "module x").write("go/x_test.go", "func BenchmarkX(b *testing.B) {}");
    repo.write(".gitignore", "left-out\n")
        .write("left-out/go.mod", "module y")
        .write("left-out/y_test.go", "func BenchmarkY");
    repo.gate("init").exits(0).prints("suite 'go'");
    assert!(!written(&repo).contains("left-out"));
    repo.gate("check --dry-run").exits(2).says("make a first commit");
}

#[test]
fn what_cargo_says_against_a_project_is_one_line() {
    let repo = Repo::new().commit("base", &[("Cargo.toml", "[package]\nname = 'x'\n"), ("src/lib.rs", "")]);
    let cargo = repo.outside().join("bin/cargo");
    fs::create_dir_all(cargo.parent().unwrap()).unwrap();
    let path = format!("{}:{}", cargo.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let repo = repo.with("PATH", path);
    let frames =
        (0..9).map(|n| format!("   {n}: cargo::frame\n             at src/x.rs:{n}")).collect::<Vec<_>>().join("\n");
    let causes = "error: failed to load manifest\n\nCaused by:\n  no edition\n\nCaused by:\n  it is odd";
    for (printed, said) in [
        (format!("Error: no such registry\n\nStack backtrace:\n{frames}"), "101: Error: no such registry)\n"),
        (causes.to_owned(), "101: error: failed to load manifest: it is odd)\n"),
    ] {
        fs::write(&cargo, format!("#!/bin/sh\ncat >&2 <<'END'\n{printed}\nEND\nexit 101\n")).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let run = repo.gate("init --no-workflows");
        run.exits(0).prints("\n  passed over: the Cargo packages (cargo metadata exited with status ").prints(said);
        assert!(!run.stdout.contains("frame"), "{}", run.stdout);
        fs::remove_file(repo.root().join("benchgate.toml")).unwrap();
    }
}

#[test]
fn a_workspace_is_proposed_where_its_benchmarks_are_and_once() {
    let vitest = "{\"devDependencies\": {\"vitest\": \"3\"}}";
    let poms = "<artifactId>jmh-core</artifactId>";
    let commented =
        "# target_link_libraries(a benchmark::benchmark)\n#[[ target_link_libraries(b benchmark::benchmark) ]]\n";
    let repo = Repo::new().commit(
        "base",
        &[
            ("package.json", vitest),
            ("packages/a/package.json", vitest),
            ("packages/a/sort.bench.ts", ""),
            ("packages/b/package.json", vitest),
            ("pyproject.toml", "[dependency-groups]\ndev = ['pytest-benchmark']"),
            ("py/one/pyproject.toml", "pytest-benchmark"),
            ("py/one/tests/test_speed.py", "def test_x(benchmark): pass"),
            ("pom.xml", poms),
            ("jvm/pom.xml", poms),
            ("go.mod", "module x"),
            ("sub/go.mod", "module x/sub"),
            ("sub/x_test.go", "func BenchmarkX(b *testing.B) {}"),
            ("cpp/CMakeLists.txt", commented),
            ("mixed/pyproject.toml", "pytest-benchmark"),
            ("mixed/test_own.py", "def test_x(benchmark): pass"),
            ("mixed/inner/pyproject.toml", "pytest-benchmark"),
            ("mixed/inner/test_own.py", "def test_x(benchmark): pass"),
        ],
    );
    repo.gate("init --no-workflows").exits(0);
    let text = written(&repo);
    let suites: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("directory = ")).collect();
    assert_eq!(suites, ["'jvm'", "'mixed'", "'mixed/inner'", "'packages/a'", "'py/one'", "'sub'"], "{text}");
    assert!(!repo.root().join(".github").exists());
}

#[test]
fn the_workflows_are_explained_and_nothing_that_exists_is_touched() {
    let repo = Repo::new().commit("base", &[("README.md", "text"), (".github/workflows/benchgate.yml", "mine")]);
    let read = |name: &str| fs::read_to_string(repo.root().join(".github/workflows").join(name)).unwrap();
    let run = repo.gate("init");
    run.exits(0).prints("benchgate-publish.yml'\n  posts").prints("workflows/benchgate.yml' exists already");
    assert_eq!(read("benchgate.yml"), "mine");
    repo.gate("init").exits(2).says("exists already");
    fs::remove_file(repo.root().join(".github/workflows/benchgate.yml")).unwrap();
    let run = repo.gate("init");
    run.exits(0).prints("kept: ").prints("benchgate.toml' exists already");
    for name in ["benchgate.yml", "benchgate-publish.yml"] {
        let text = read(name);
        for pair in text.lines().collect::<Vec<_>>().windows(2) {
            let key = pair[1].trim_start();
            let indent = pair[1].len() - key.len();
            let is_line = !key.is_empty() && !key.starts_with('#') && (indent < 5 || key.starts_with("- "));
            let is_frame = [
                "name:",
                "pull_request:",
                "jobs:",
                "measure:",
                "publish:",
                "steps:",
                "workflow_run:",
                "group:",
                "cancel-in-progress:",
            ];
            if is_line && !is_frame.iter().any(|frame| key.starts_with(frame)) {
                assert!(
                    pair[0].trim_start().starts_with('#') || key.contains(" # "),
                    "{name}: '{key}' is not explained"
                );
            }
        }
    }
}

#[test]
fn the_workflows_of_a_project_below_say_where_it_is() {
    let repo = Repo::new().commit("base", &[("it's/go.mod", "x"), ("it's/x_test.go", "func BenchmarkX")]);
    repo.from(&repo.root().join("it's")).gate("init").exits(0);
    let read = |name: &str| fs::read_to_string(repo.root().join(".github/workflows").join(name)).unwrap();
    assert!(read("benchgate.yml").ends_with(
        "        with:\n          # Where the project's benchgate.toml is.\n          directory: 'it''s'\n"
    ));
    let publish = read("benchgate-publish.yml");
    assert!(
        publish.contains(
            "benchgate publish\n        # Where the project's benchgate.toml is.\n        working-directory: 'it''s'\n"
        ),
        "{publish}"
    );
    // A second project keeps the workflows, and learns that they do not measure it.
    repo.gate("init").exits(0).says("").prints("benchgate.yml' does not measure the repository's own folder");
    repo.write("b/README.md", "");
    repo.gate("-C b init").exits(0).prints("benchgate.yml' does not measure 'b': see docs/github.md, Several projects");
    fs::remove_file(repo.root().join("it's/benchgate.toml")).unwrap();
    assert!(!repo.gate("-C it's init").exits(0).stdout.contains("does not measure"));
}
