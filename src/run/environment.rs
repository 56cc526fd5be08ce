//! Where a run takes place, read from the kernel and the toolchain.

use super::child;
use super::machine::{Root, System, kernel};
use super::scrub::Variables;
use super::stage::hex;
use crate::model::Environment;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

/// How long `rustc --version` and the like may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);

/// Looks at this machine. `project` is where the toolchain is asked for its version, with the builds' environment.
#[must_use]
pub fn detect(project: &Path, build: &Variables) -> Environment {
    let root = Root::system();
    let cpuinfo = root.text("proc/cpuinfo");
    let variable = |name: &str| build.get(std::ffi::OsStr::new(name)).map(|value| value.to_string_lossy().into_owned());
    let flags = kernel::cpu_field(&cpuinfo, &["flags", "Features"]);
    let System { cpu, memory, kernel, .. } = System::of(&root);
    let mut here = Environment {
        cpu,
        cpu_flags: if flags.is_empty() { flags } else { short_digest(&flags) },
        cores: std::thread::available_parallelism().map_or(0, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory,
        kernel,
        libc: libc_version(project, build),
        toolchain: version_of(project, build, "rustc"),
        build_flags: ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CFLAGS"]
            .iter()
            .filter_map(|name| variable(name))
            .collect::<Vec<_>>()
            .join(" "),
        virtualization: root.virtualization(),
        runner: std::env::var("RUNNER_NAME")
            .ok()
            .map(|_| std::env::var("ImageOS").unwrap_or_default())
            .unwrap_or_default(),
        class: String::new(),
    };
    here.class = class(&here);
    here
}

/// A short, stable name: readable parts, then a digest of everything that decides comparability.
fn class(here: &Environment) -> String {
    let memory_gib = (here.memory as f64 / f64::from(1_u32 << 30)).round();
    // The kernel's major and minor version decide; a security update of the same series does not.
    let kernel: Vec<&str> = here.kernel.splitn(3, '.').take(2).collect();
    let parts = [
        std::env::consts::ARCH.to_owned(),
        here.cpu.clone(),
        here.cpu_flags.clone(),
        here.cores.to_string(),
        memory_gib.to_string(),
        kernel.join("."),
        here.libc.clone(),
        here.toolchain.clone(),
        here.build_flags.clone(),
        here.virtualization.clone(),
        here.runner.clone(),
    ];
    let cpu: String = here
        .cpu
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !["r", "tm", "cpu", "processor", "core", "with", "at"].contains(word))
        .take(3)
        .collect::<Vec<_>>()
        .join("-");
    format!(
        "{}-{}-{}c-{}",
        std::env::consts::ARCH,
        if cpu.is_empty() { "cpu" } else { &cpu },
        here.cores,
        &short_digest(&parts.join("\n"))[..8]
    )
}

fn short_digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))[..16].to_owned()
}

fn libc_version(project: &Path, build: &Variables) -> String {
    // glibc says it here; musl's getconf does not know the name, which is an answer too.
    probe(project, build, "getconf", &["GNU_LIBC_VERSION"])
}

/// What a tool says to `--version`; empty where it is not installed.
pub(super) fn version_of(directory: &Path, environment: &Variables, tool: &str) -> String {
    probe(directory, environment, tool, &["--version"])
}

/// The first line that a program prints, or nothing where it is absent or fails.
fn probe(directory: &Path, environment: &Variables, program: &str, arguments: &[&str]) -> String {
    let request = child::Request {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        directory: directory.to_owned(),
        environment: environment.clone(),
        timeout: PROBE_TIMEOUT,
        output_max: child::OUTPUT_KEPT_MAX,
        cpus: None,
    };
    match child::run(&request) {
        Ok(ended) if ended.ending == child::Ending::Exited(0) => {
            String::from_utf8_lossy(&ended.stdout).lines().next().unwrap_or_default().trim().to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_follows_what_decides_comparability_and_nothing_else() {
        let here = Environment {
            cpu: "AMD EPYC 7763 64-Core Processor".into(),
            cores: 4,
            kernel: "Linux 6.1.0-21".into(),
            ..Environment::default()
        };
        let class_of = |change: &dyn Fn(&mut Environment)| {
            let mut there = here.clone();
            change(&mut there);
            class(&there)
        };
        assert!(class(&here).starts_with(&format!("{}-amd-epyc-7763-4c-", std::env::consts::ARCH)), "{}", class(&here));
        assert_eq!(class(&here), class_of(&|there| there.kernel = "Linux 6.1.0-22".into()));
        assert_ne!(class(&here), class_of(&|there| there.kernel = "Linux 6.8.0-1".into()));
        assert_ne!(class(&here), class_of(&|there| there.cores = 2));
        assert_ne!(class(&here), class_of(&|there| there.toolchain = "rustc 1.0".into()));
    }
}
