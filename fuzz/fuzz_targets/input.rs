//! Offers each input to the law that the target is named after.
#![no_main]

#[path = "../laws.rs"]
mod laws;

use libfuzzer_sys::fuzz_target;
use std::fs;

fuzz_target!(|input: &[u8]| {
    let name = env!("CARGO_BIN_NAME");
    let (_, holds) = laws::LAWS.into_iter().find(|(law, _)| *law == name).expect("a law");
    let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    // What the last input left; there is nothing before the first.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    holds(input, &folder);
});
