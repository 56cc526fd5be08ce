//! Trees as criterion leaves them after one launch, and trees that it never would.

use super::*;
use std::fs;
use std::path::Path;

const SAMPLE: &str = r#"{"sampling_mode":"Linear","iters":[1.0,2.0],"times":[30.0,40.0]}"#;

fn put(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).expect("folder");
    fs::write(folder.join(name), text).expect("writes");
}

/// Writes one result.
fn result(root: &Path, folder: &str, full_id: &str) {
    let folder = root.join(folder);
    let benchmark = serde_json::json!({ "full_id": full_id, "title": title(full_id) }).to_string();
    put(&folder, "benchmark.json", &benchmark);
    put(&folder, "sample.json", SAMPLE);
}

/// As criterion cuts it.
fn title(full_id: &str) -> String {
    let mut end = full_id.len().min(100);
    while !full_id.is_char_boundary(end) {
        end -= 1;
    }
    if end < full_id.len() { format!("{}...", &full_id[..end]) } else { full_id.to_owned() }
}

fn complaint<T: std::fmt::Debug>(result: Result<T, ParseError>, root: &Path) -> (ParseErrorKind, String) {
    let error = result.expect_err("refused");
    let text = error.to_string().replace(&format!("{}/", root.display()), "");
    (error.kind, text.replace(&root.display().to_string(), "."))
}

#[test]
fn a_launch_gives_seconds_per_iteration_in_order() {
    let home = tempfile::tempdir().expect("home");
    result(home.path(), "a_b/c/new", "a/b/c");
    result(home.path(), "a_b/c/base", "a/b/c");
    assert_eq!(read_launch(home.path(), "a/b/c").expect("reads"), [30e-9, 20e-9]);
    // Group and function may be called like criterion's own folders.
    let home = tempfile::tempdir().expect("home");
    result(home.path(), "new/base/new", "new/base");
    assert_eq!(read_launch(home.path(), "new/base").expect("reads").len(), 2);
}

#[test]
fn a_launch_must_leave_exactly_the_expected_benchmark() {
    use ParseErrorKind::{Nothing, Other, Several, Unreadable};
    let home = tempfile::tempdir().expect("home");
    let home = home.path();
    assert_eq!(
        complaint(read_launch(home, "a"), home),
        (
            Nothing,
            ".: the launch left no result: 'a' did not run, or took no time; look at what the benchmark printed; if \
             criterion numbered its id (` #2`), rename one of the two"
                .into()
        )
    );
    result(home, "b/new", "b");
    let next = "benchmarks are launched one at a time: keep ids different within their first 100 bytes";
    assert_eq!(
        complaint(read_launch(home, "a"), home),
        (Other, format!(".: expected a result of 'a' alone, found 'b'; {next}"))
    );
    result(home, "a/new", "a");
    assert_eq!(complaint(read_launch(home, "a"), home).0, Other);
    fs::remove_dir_all(home.join("b")).expect("removes");
    result(home, "a_2/new", "a");
    assert_eq!(
        complaint(read_launch(home, "a"), home),
        (Several, ".: 2 benchmarks are called 'a'; give each benchmark its own id".into())
    );
    fs::remove_dir_all(home.join("a_2")).expect("removes");
    fs::remove_file(home.join("a/new/sample.json")).expect("removes");
    let (kind, text) = complaint(read_launch(home, "a"), home);
    assert_eq!(kind, Unreadable);
    assert!(text.starts_with("a/new/sample.json: cannot be read: No such file"), "{text}");
    // Cut short between the two files.
    put(&home.join("a/new"), "sample.json", SAMPLE);
    fs::remove_file(home.join("a/new/benchmark.json")).expect("removes");
    let (_, text) = complaint(read_launch(home, "a"), home);
    assert!(text.starts_with("a/new/benchmark.json: cannot be read: No such file"), "{text}");
}

#[test]
fn a_cut_name_finds_its_benchmark() {
    let home = tempfile::tempdir().expect("home");
    let id = format!("{}ä{}", "x".repeat(99), "y".repeat(30));
    result(home.path(), "x/new", &id);
    let listed = title(&id);
    assert_eq!(listed, format!("{}...", "x".repeat(99)));
    assert_eq!(read_launch(home.path(), &listed).expect("reads").len(), 2);
    let arguments = launch_arguments(&listed, &LaunchSettings::default(), Dialect::Exact);
    assert!(!arguments.contains(&"--exact".to_owned()));
    assert_eq!(arguments.last(), Some(&format!("^{}", "x".repeat(99))));
}

#[test]
fn finds_the_tree_from_its_parents() {
    let project = tempfile::tempdir().expect("project");
    let tree = project.path().join("target/criterion");
    result(&tree, "a/new", "a");
    // A group called like the tree itself.
    result(&tree, "criterion/new", "criterion");
    put(project.path(), "Cargo.toml", "");
    put(&project.path().join("fixtures/b/new"), "benchmark.json", "not read");
    for dir in [project.path().to_owned(), project.path().join("target"), tree.clone()] {
        assert_eq!(read_tree(&dir).expect("reads").len(), 2, "{}", dir.display());
    }
    fs::remove_dir_all(&tree).expect("removes");
    assert_eq!(
        complaint(read_tree(project.path()), project.path()).1,
        ".: this project has no folder `target/criterion`; run `cargo bench` first, or name the folder if the target \
         directory is elsewhere"
    );
    fs::create_dir_all(&tree).expect("creates");
    assert_eq!(
        complaint(read_tree(&tree), &tree).1,
        ".: no benchmark has a result called 'new'; run `cargo bench` first"
    );
}

#[test]
fn refuses_trees_that_are_not_whole() {
    let root = tempfile::tempdir().expect("root");
    let root = root.path();
    result(root, "a/new", "a");
    result(root, "a/base", "a");
    result(root, "a/feature/x", "a");
    assert_eq!(read_tree(root).expect("a slash in a baseline's name is fine").len(), 1);
    assert_eq!(read_tree_baseline(root, "feature/x").expect("reads").len(), 1);
    result(root, "b/main", "b");
    assert_eq!(
        complaint(read_tree(root), root).1,
        "b/main: the benchmark 'b' has this saved result, but no `new` one: it did not run; run it, or remove its folder \
         if the benchmark is gone"
    );
    fs::remove_dir_all(root.join("b")).expect("removes");
    result(root, "a_2/new", "a");
    assert_eq!(
        complaint(read_tree(root), root).1,
        "a_2/new: the benchmark 'a' also has a result in a/new; give each benchmark its own id, or remove \
         target/criterion and measure again"
    );
}

#[test]
fn refuses_values_that_are_no_measurement() {
    let root = tempfile::tempdir().expect("root");
    let root = root.path();
    result(root, "a/new", "a");
    for (sample, expected) in [
        (
            r#"{"iters":[1],"times":[0.0]}"#,
            "times[0]: expected nanoseconds above 0, found 0; measure again; with `iter_custom`, look at what it returns",
        ),
        (
            r#"{"iters":[1,1],"times":[5,-1]}"#,
            "times[1]: expected nanoseconds above 0, found -1; measure again; with `iter_custom`, look at what it returns",
        ),
        (r#"{"iters":[1e300],"times":[1e-300]}"#, "times[0]: expected nanoseconds above 0, found 0.000"),
        (r#"{"iters":[0],"times":[1]}"#, "iters[0]: expected a number of iterations above 0, found 0; measure again"),
        (
            r#"{"iters":[1,2],"times":[1]}"#,
            "times: expected as many values as in `iters` (2), at least one, found 1; measure again",
        ),
        (
            r#"{"iters":[],"times":[]}"#,
            "times: expected as many values as in `iters` (0), at least one, found 0; measure again",
        ),
    ] {
        put(&root.join("a/new"), "sample.json", sample);
        let text = complaint(read_tree(root), root).1;
        assert!(text.starts_with(&format!("a/new/sample.json: {expected}")), "{text}");
    }
    put(&root.join("a/new"), "sample.json", r#"{"iters":[1],"times":["NaN"]}"#);
    assert_eq!(
        complaint(read_tree(root), root).1,
        "a/new/sample.json:1:27: invalid type: string \"NaN\", expected f64; write the file again with the tool itself, and \
         do not edit it"
    );
    result(root, "a/new", "a\u{202e}b");
    assert_eq!(
        complaint(read_tree(root), root).1,
        "a/new/benchmark.json: full_id: the name 'a\\u{202e}b' holds control characters; give the benchmark a short, plain id"
    );
}

#[test]
fn limits_hold() {
    let root = tempfile::tempdir().expect("root");
    let root = root.path();
    result(root, "a/new", "a");
    let file = fs::File::create(root.join("a/new/sample.json")).expect("creates");
    file.set_len(JSON_BYTES_MAX + 1).expect("grows");
    assert_eq!(
        complaint(read_tree(root), root),
        (ParseErrorKind::Limit, "a/new/sample.json: is larger than 16 MiB; measure fewer benchmarks per file".into())
    );
    result(root, "a/new", "a");
    result(root, &format!("{}new", "d/".repeat(DEPTH_MAX)), "deep");
    let (kind, text) = complaint(read_tree(root), root);
    assert_eq!(kind, ParseErrorKind::Limit);
    assert!(text.contains("is nested deeper than 16 folders"), "{text}");
}

#[test]
fn a_tree_has_a_limit_on_all_its_values() {
    let root = tempfile::tempdir().expect("root");
    let ones = vec!["1"; super::ITERATIONS_MAX].join(",");
    let sample = format!(r#"{{"iters":[{ones}],"times":[{ones}]}}"#);
    for name in ["a", "b", "c", "d", "e", "f"] {
        result(root.path(), &format!("{name}/new"), name);
        put(&root.path().join(name).join("new"), "sample.json", &sample);
    }
    let (kind, text) = complaint(read_tree(root.path()), root.path());
    assert_eq!(kind, ParseErrorKind::Limit);
    assert!(text.starts_with("f/new/sample.json: up to here the tree holds more than"), "{text}");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let elsewhere = tempfile::tempdir().expect("folder");
    result(elsewhere.path(), "a/new", "a");
    let root = tempfile::tempdir().expect("root");
    std::os::unix::fs::symlink(elsewhere.path(), root.path().join("link")).expect("links");
    let expected = "link: is a symbolic link, which is not followed; copy what it points to, or remove it";
    assert_eq!(complaint(read_tree(root.path()), root.path()).1, expected);
    assert_eq!(complaint(read_launch(root.path(), "a"), root.path()).1, expected);
    let project = tempfile::tempdir().expect("project");
    fs::create_dir(project.path().join("target")).expect("creates");
    std::os::unix::fs::symlink(elsewhere.path(), project.path().join("target/criterion")).expect("links");
    assert!(read_tree(project.path()).is_err());
}

#[test]
fn reads_the_list_of_criterion_0_8() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/criterion/0.8.2/list.txt");
    let list = parse_list(&fs::read_to_string(path).expect("fixture"));
    assert_eq!(
        list.names,
        [
            "fib 15",
            "hash/mix/xor mul/64",
            "hash/mix/size=64/align=8",
            "hash/mix/xor mul/1024",
            "hash/mix/size=1024/align=8",
            "sort/größe µ 1k",
            "sort/a:b*c?\"d\"<e>|f"
        ]
    );
    assert_eq!((list.duplicates.len(), list.refused.len()), (0, 0));
}

#[test]
fn lists_lose_nothing_in_silence() {
    let list = parse_list(
        "x: benchmark: benchmark\na: bench\r\na: benchmark\na: benchmark\n\n2 tests, 1 benchmarks\nz\u{7}: bench\nt: test\n",
    );
    assert_eq!(list.names, ["x: benchmark", "a"]);
    assert_eq!(list.duplicates, ["a"]);
    assert_eq!(list.refused, ["the name 'z\\u{7}' holds control characters"]);
    let many = parse_list(&(0..10_002).map(|i| format!("b{i}: benchmark")).collect::<Vec<_>>().join("\n"));
    assert_eq!((many.names.len(), many.refused.len()), (10_000, 1));
}

#[test]
fn arguments_per_dialect() {
    let settings = LaunchSettings::default();
    let exact = launch_arguments("-a/b (c)", &settings, Dialect::Exact);
    assert_eq!(
        exact.join(" "),
        "--bench --noplot --exact --warm-up-time 0.01 --measurement-time 0.03 --sample-size 10 --nresamples 2 -- -a/b (c)"
    );
    let pattern = launch_arguments("-a/b (c)", &settings, Dialect::Pattern);
    assert_eq!(
        pattern.join(" "),
        "--bench --noplot --warm-up-time 1 --measurement-time 1 --sample-size 10 --nresamples 2 -- ^\\-a/b \\(c\\)$"
    );
    let odd = LaunchSettings { warm_up_s: f64::NAN, measure_s: 2.5, sample_size: 3 };
    assert!(
        launch_arguments("a", &odd, Dialect::Exact)
            .join(" ")
            .contains("--warm-up-time 0.001 --measurement-time 2.5 --sample-size 10")
    );
    assert!(launch_arguments("a", &odd, Dialect::Pattern).join(" ").contains("--warm-up-time 1 --measurement-time 3"));
}

#[test]
fn help_tells_the_dialect() {
    let new = "Usage: b [OPTIONS] [FILTER]\n      --exact   Run benchmarks that exactly match the provided filter\n\nThis executable is a Criterion.rs benchmark.\n";
    let old = "USAGE:\n    b [FLAGS] [FILTER]\n    --list   List all benchmarks\n\nThis executable is a Criterion.rs benchmark.\n";
    let libtest =
        "Usage: [OPTIONS] [FILTERS...]\n        --exact         Exactly match filters rather than by substring\n";
    assert_eq!((is_criterion(new), dialect(new)), (true, Dialect::Exact));
    assert_eq!((is_criterion(old), dialect(old)), (true, Dialect::Pattern));
    assert!(!is_criterion(libtest));
}
