//! A repository with a history: mostly changes that change nothing, and one that does.

use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Functions that no benchmark calls.
const UNRELATED: usize = 24;

/// Rounds of the benchmark's loop: some fifty milliseconds.
const ROUNDS: u32 = 8_000_000;

const CONFIGURATION: &str = "[[suite]]
name = \"app\"
harness = \"command\"
build = \"rustc -O --edition 2021 -o app main.rs\"
artifacts = [\"app\"]
metrics = [\"METRIC\"]

[[suite.command]]
name = \"mix\"
run = \"./app mix\"
";

/// A repository, and which of its commits is the culprit.
pub(crate) struct History {
    folder: PathBuf,
    /// The ids of the commits after the first, oldest first.
    pub(crate) commits: Vec<String>,
    /// The id of the first.
    pub(crate) good: String,
    /// An index into `commits`.
    pub(crate) culprit: usize,
}

/// What the program is made of.
struct Program {
    unrelated: Vec<u32>,
    /// Stands before `mix`, and so moves it.
    before: usize,
    local: &'static str,
    rounds: u32,
    broken: bool,
    remark: u32,
}

impl Program {
    fn text(&self) -> String {
        let mut text = String::from("use std::hint::black_box;\n");
        for (i, lines) in self.unrelated.iter().enumerate() {
            if i == self.before {
                text.push_str(&self.mix());
            }
            let _ = write!(text, "#[inline(never)]\nfn unrelated_{i}(mut x: u64) -> u64 {{\n");
            for line in 0..*lines {
                let _ = writeln!(text, "    x = x.wrapping_mul({}).rotate_left({});", 2 * line + 31, line % 63 + 1);
            }
            text.push_str("    x\n}\n");
        }
        let calls: Vec<String> = (0..self.unrelated.len()).map(|i| format!("unrelated_{i}(n)")).collect();
        let _ = write!(
            text,
            "// Remark {}.\nfn main() {{\n    let n = std::env::args().count() as u64;\n    let mixed = if n > 1 {{ mix(n) }} else {{ {} }};\n    \
             std::process::exit(i32::from(black_box(mixed) == 1));\n}}\n",
            self.remark,
            calls.join(" ^ ")
        );
        if self.broken {
            text.push_str("fn broken() -> u64 { \"no number\" }\n");
        }
        text
    }

    /// What the benchmark executes: arithmetic and look-ups, each depending on the last.
    fn mix(&self) -> String {
        let Self { local, rounds, .. } = self;
        format!(
            "#[inline(never)]\nfn mix(n: u64) -> u64 {{\n    let mut table = vec![n; 4096];\n    let mut {local} = n;\n    \
             for i in 0..{rounds}_u64 {{\n        let at = ({local} % 4093) as usize;\n        \
             {local} = {local}.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(table[at] ^ i) % 1_000_000_007;\n        \
             table[at] = {local};\n    }}\n    {local}\n}}\n"
        )
    }
}

impl History {
    pub(crate) fn make(folder: &Path, seed: u64, commits: usize, slower: u32, metric: &str) -> Result<Self> {
        let mut random = fastrand::Rng::with_seed(seed);
        let folder = folder.join("project");
        fs::create_dir_all(&folder)?;
        let mut history =
            Self { folder, commits: Vec::new(), good: String::new(), culprit: random.usize(1..commits - 1) };
        history.git(&["init", "--quiet", "--initial-branch=main", "."])?;
        let mut program = Program {
            unrelated: (0..UNRELATED).map(|_| random.u32(3..40)).collect(),
            before: 5,
            local: "x",
            rounds: ROUNDS,
            broken: false,
            remark: 0,
        };
        history.write("benchgate.toml", &CONFIGURATION.replace("METRIC", metric))?;
        history.write("main.rs", &program.text())?;
        history.good = history.commit("first")?;
        for number in 0..commits {
            program.broken = false;
            let message = if number == history.culprit {
                program.rounds = ROUNDS / 100 * (100 + slower);
                "Mix more thoroughly"
            } else {
                history.change(&mut program, number, &mut random)?
            };
            history.write("main.rs", &program.text())?;
            let id = history.commit(message)?;
            history.commits.push(id);
        }
        Ok(history)
    }

    /// A change that makes nothing slower.
    fn change(&self, program: &mut Program, number: usize, random: &mut fastrand::Rng) -> Result<&'static str> {
        Ok(match random.u32(0..20) {
            0..4 => {
                self.write("docs/notes.md", &format!("Note {number}\n"))?;
                "Write a note"
            }
            4 => {
                // Neither the last one nor the culprit: those have to be there.
                program.broken = number + 1 < COMMITS_BROKEN_BEFORE;
                program.remark += 1;
                "Begin something larger"
            }
            5..7 => {
                program.remark += 1;
                "Say why"
            }
            7..9 => {
                program.local = if program.local == "x" { "state" } else { "x" };
                "Name a variable"
            }
            9..12 => {
                program.before = random.usize(..UNRELATED);
                "Move a function"
            }
            _ => {
                let which = random.usize(..UNRELATED);
                program.unrelated[which] = random.u32(3..40);
                "Change another function"
            }
        })
    }

    pub(crate) fn bad(&self) -> &str {
        self.commits.last().map_or("HEAD", String::as_str)
    }

    pub(crate) fn place(&self, revision: &str) -> Option<usize> {
        self.commits.iter().position(|commit| commit == revision)
    }

    fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("cannot write '{}'", path.display()))
    }

    fn commit(&self, message: &str) -> Result<String> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message])?;
        Ok(self.git(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    fn git(&self, words: &[&str]) -> Result<String> {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").current_dir(&self.folder).args(identity).args(words).output()?;
        ensure!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A gate in this repository, with a cache of its own.
    pub(crate) fn gate(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_benchgate"));
        let cache = self.folder.with_file_name("cache");
        command.current_dir(&self.folder).env("BENCHGATE_CACHE_DIR", cache);
        command
    }
}

/// Commits from here on build.
const COMMITS_BROKEN_BEFORE: usize = 58;
