//! Offers each input to the format that the target is named after; `detect` offers it to whatever format it looks like.
//!
//! An input may be refused or read. It must not panic, nor exceed the time and memory that `fuzz/run` allows, and what
//! is read must keep the model's promises.
#![no_main]

use benchgate::harness;
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::Path;

/// The files of a benchmark of criterion, the only format that is always a folder. The input is each of them in turn.
const CRITERION: [(&str, &str); 2] =
    [("benchmark.json", r#"{"full_id":"a"}"#), ("sample.json", r#"{"iters":[1],"times":[1]}"#)];

fuzz_target!(|input: &[u8]| {
    let place = std::env::temp_dir().join(format!("{}-{}", env!("CARGO_BIN_NAME"), std::process::id()));
    match env!("CARGO_BIN_NAME") {
        "criterion" => {
            let folder = place.join("new");
            fs::create_dir_all(&folder).expect("a folder");
            for (damaged, _) in CRITERION {
                for (name, whole) in CRITERION {
                    let content = if name == damaged { input } else { whole.as_bytes() };
                    fs::write(folder.join(name), content).expect("a file");
                }
                offer(&place, Some("criterion"));
            }
        }
        target => {
            fs::write(&place, input).expect("a file");
            offer(&place, (target != "detect").then_some(target));
        }
    }
});

fn offer(path: &Path, harness: Option<&str>) {
    match harness::read(path, harness) {
        Ok(measurements) => {
            assert!(!measurements.is_empty());
            for measurement in measurements {
                assert!(measurement.launches.iter().all(|launch| !launch.iterations.is_empty()), "{measurement:?}");
                assert!(measurement.values().all(|value| value.is_finite() && value >= 0.0), "{measurement:?}");
            }
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control), "{said:?}");
            assert!(said.len() < 10_000, "an error of {} bytes", said.len());
        }
    }
}
