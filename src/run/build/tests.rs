//! Builds of small repositories: what one side leaves must not reach the other.

use super::*;
use crate::config::CommandSuite;
use std::process::Command;

struct Scratch {
    repo: PathBuf,
    stage: Stage,
    _home: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let repo = home.path().join("repo");
        fs::create_dir(&repo).unwrap();
        let stage = Stage::open(&home.path().join("cache"), &repo).unwrap();
        let scratch = Self { repo, stage, _home: home };
        scratch.git(&["init", "-q"]);
        scratch
    }

    fn git(&self, words: &[&str]) {
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let status = Command::new("git").arg("-C").arg(&self.repo).args(who).args(words).status().unwrap();
        assert!(status.success());
    }

    fn commit(&self, script: &str) -> Snapshot {
        fs::write(self.repo.join("build.sh"), script).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", "next"]);
        let repo = Repo::discover(&self.repo).unwrap();
        repo.snapshot(&repo.head_commit().unwrap()).unwrap()
    }

    fn build(&mut self, snapshot: &Snapshot) -> Built {
        let build = Some(["sh", "build.sh"].map(str::to_owned).to_vec());
        let suite = Suite::new("s", Kind::Command(CommandSuite { build, ..CommandSuite::default() }));
        let repo = Repo::discover(&self.repo).unwrap();
        let path = [("PATH".into(), std::env::var_os("PATH").unwrap())];
        let mut builder = Builder {
            stage: &mut self.stage,
            repo: &repo,
            project: PathBuf::new(),
            own: path.into_iter().collect(),
            toolchain: String::new(),
            spent: Duration::ZERO,
        };
        match builder.build(&suite, snapshot).unwrap() {
            Outcome::Built(built) => built,
            Outcome::Failed(why) => panic!("{why}"),
        }
    }
}

fn names(built: &Built) -> Vec<&str> {
    built.files.keys().filter_map(|file| file.to_str()).collect()
}

#[test]
fn a_product_of_the_other_side_is_missing() {
    let mut scratch = Scratch::new();
    let base = scratch.commit("mkdir -p out && echo base > out/app && echo base > out/same");
    let head = scratch.commit("mkdir -p out && echo head > out/same");
    let built = scratch.build(&base);
    assert_eq!(names(&built), ["tree/out/app", "tree/out/same"]);
    assert_eq!(names(&scratch.build(&head)), ["tree/out/same"]);
}

#[test]
fn a_target_directory_stays_without_its_outputs() {
    let make = "mkdir -p target/release/.fingerprint target/release/deps; cd target; \
                echo '# created by cargo.' > CACHEDIR.TAG; cd release; ";
    let mut scratch = Scratch::new();
    let base = scratch.commit(&format!("{make} echo 1 > deps/app-1; ln -f deps/app-1 app; touch app.d"));
    let head = scratch.commit("cat target/release/deps/app-1");
    let own = scratch.commit(&format!("{make} echo 1 > deps/app-1; ln -f deps/app-1 app; echo 2 > notes"));
    let after = scratch.commit("ls target && exit 1; true");
    assert_eq!(names(&scratch.build(&base)), ["tree/target/release/app"]);
    assert_eq!(names(&scratch.build(&head)), [""; 0]);
    assert_eq!(names(&scratch.build(&own)), ["tree/target/release/app", "tree/target/release/notes"]);
    // Cargo would not make the notes again, so nothing of that directory stays.
    assert_eq!(names(&scratch.build(&after)), [""; 0]);
}

#[test]
fn a_damaged_build_is_built_again() {
    let mut scratch = Scratch::new();
    let base = scratch.commit("echo good > app");
    let built = scratch.build(&base);
    let kept = scratch.stage.built().join(&built.key).join("files/tree/app");
    fs::write(&kept, "evil").unwrap();
    assert_eq!(scratch.build(&base), built);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "good\n");
}

#[test]
fn a_changed_lock_file_of_the_user_is_another_build() {
    let mut scratch = Scratch::new();
    fs::write(scratch.repo.join(".gitignore"), "Cargo.lock").unwrap();
    let base = scratch.commit("cat Cargo.lock > app");
    let mut digests = ["one", "two"].map(|text| {
        fs::write(scratch.repo.join("Cargo.lock"), text).unwrap();
        scratch.build(&base).files[Path::new("tree/app")].clone()
    });
    digests.sort();
    assert_ne!(digests[0], digests[1]);
}
