//! Eight workloads of 2 ns to 20 ms. `is_sound` of each module is linked into the benchmarks and not measured.

pub mod chase;
pub mod hash;
pub mod map;
pub mod matrix;
pub mod parse;
pub mod random;
pub mod sieve;
pub mod sort;
pub mod tiny;

/// Whether every workload computes what it should, tried on small inputs.
#[inline(never)]
pub fn is_sound() -> bool {
    tiny::is_sound()
        && hash::is_sound()
        && parse::is_sound()
        && sort::is_sound()
        && map::is_sound()
        && matrix::is_sound()
        && sieve::is_sound()
        && chase::is_sound()
}
