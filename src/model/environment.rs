use serde::{Deserialize, Serialize};

/// Where a run took place: what decides whether two runs may be compared.
///
/// An empty text or a zero means that the system did not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The CPU's model name.
    pub cpu: String,
    /// The CPU's feature flags, hashed: the same model may hide features from a guest.
    pub cpu_flags: String,
    /// Logical CPUs this process may use.
    pub cores: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// Kernel name and release.
    pub kernel: String,
    /// C library and its version.
    pub libc: String,
    /// `rustc --version`, where the project is a Cargo project.
    pub toolchain: String,
    /// `RUSTFLAGS` and the like, as the builds see them.
    pub build_flags: String,
    /// The hypervisor, `none` on bare metal.
    pub virtualization: String,
    /// The CI runner's label, where there is one.
    pub runner: String,
    /// A short, stable name of everything above that decides comparability: the *environment class*.
    pub class: String,
}
