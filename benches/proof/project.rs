//! The repository of eight criterion benchmarks, and its branches.

use crate::repo::{Branch, Files, Repo, files};
use anyhow::Result;
use std::path::Path;

const FILES: Files<'_> = files!["project":
    ".gitignore", "Cargo.lock", "Cargo.toml", "README.md", "benches/work.rs", "data/sample.txt", "src/chase.rs",
    "src/hash.rs", "src/lib.rs", "src/map.rs", "src/matrix.rs", "src/parse.rs", "src/random.rs", "src/sieve.rs",
    "src/sort.rs", "src/tiny.rs",
];

/// Functions that are linked, between those that are measured.
const UNRELATED: Branch<'_> = (
    "unrelated",
    &[
        ("src/lib.rs", "        && chase::is_sound()\n", "        && chase::is_sound()\n        && is_orderly()\n"),
        (
            "src/lib.rs",
            "/// Whether every workload",
            "/// Whether the order of what is sorted does not matter.
#[inline(never)]
pub fn is_orderly() -> bool {
    let mut names = [\"sieve\", \"chase\", \"hash\", \"tiny\", \"matrix\", \"map\"];
    names.sort_by_key(|name| (name.len(), *name));
    let joined = names.join(\" \");
    joined.starts_with(\"map\") && joined.ends_with(\"matrix\") && parse::fields(&joined).len() == 1
}

/// Whether every workload",
        ),
        (
            "src/hash.rs",
            "fnv(b\"foobar\") ==",
            "fnv(b\"\") == 0xcbf2_9ce4_8422_2325 && fnv(b\"a\") == 0xaf63_dc4c_8601_ec8c && fnv(b\"foobar\") ==",
        ),
        (
            "src/parse.rs",
            "    let fields = fields(LINE);\n",
            "    let wide: String = [\"ä\", \"b\", \"\\\"c|d\\\"\"].map(|field| format!(\" {field} \")).join(\"|\");
    if fields(&wide) != [\"ä\", \"b\", \"c|d\"] || fields(\"\") != [\"\"] {
        return false;
    }
    let fields = fields(LINE);\n",
        ),
        (
            "src/map.rs",
            "    let table = table(KEYS);\n",
            "    let larger = table(3 * KEYS);
    if larger.map.len() != 3 * KEYS || lookup(&larger, KEYS) != lookup(&larger, 2 * KEYS) / 2 {
        return false;
    }
    let table = table(KEYS);\n",
        ),
        (
            "src/sieve.rs",
            "primes(100) == 25",
            "[(3, 1), (10, 4), (100, 25), (1_000, 168)].iter().all(|&(limit, count)| primes(limit) == count)",
        ),
    ],
);

const BRANCHES: &[Branch<'_>] = &[
    ("slow10", &[("src/map.rs", "LOOKUPS: usize = 1_000", "LOOKUPS: usize = 1_100")]),
    ("slow3", &[("src/matrix.rs", "POWERS: usize = 100", "POWERS: usize = 103")]),
    UNRELATED,
    ("docs", &[("README.md", "Eight workloads", "A library of eight workloads")]),
    // The same code; but a benchmark might read the file, so that everything is measured.
    ("copy", &[("data/sample.txt", "might read", "might read, changed")]),
];

pub(crate) fn make(keep: Option<&Path>) -> Result<Repo> {
    let repo = Repo::make(keep, "proofs", FILES)?;
    BRANCHES.iter().try_for_each(|branch| repo.branch(branch))?;
    Ok(repo)
}
