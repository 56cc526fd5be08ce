//! Hashes a small buffer over and over (FNV-1a).

use crate::input::Random;

const BYTES: usize = 4096;
const ROUNDS: u64 = 5_000;

#[inline(never)]
pub fn run() -> u64 {
    let mut random = Random::new(11);
    let buffer: Vec<u8> = (0..BYTES).map(|_| random.below(256) as u8).collect();
    (0..ROUNDS).fold(0, |sum, round| sum ^ fnv(round, &buffer))
}

#[inline(never)]
fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
