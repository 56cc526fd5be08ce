//! `init` in projects of several kinds.

use crate::world::Repo;
use std::fs;

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
            ("odd 'name'/go.mod", "module z"),
            ("odd 'name'/z_test.go", "func BenchmarkZ(b *testing.B) {}"),
            ("cpp/CMakeLists.txt", "add_subdirectory(bench)"),
            ("cpp/bench/CMakeLists.txt", cmake),
            ("jvm/pom.xml", "<artifactId>jmh-core</artifactId>"),
        ],
    );
    let run = repo.gate("init");
    run.exits(0).prints("suite 'fast'").prints("go.mod, and benchmarks in _test.go in 'go'").prints("benchgate check");
    let text = written(&repo);
    let suites: Vec<&str> = text.lines().filter(|line| line.starts_with("name =")).collect();
    assert_eq!(suites, ["name = 'fast'", "name = 'cpp'", "name = 'go'", "name = 'jvm'", "name = 'py'", "name = 'web'"]);
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
