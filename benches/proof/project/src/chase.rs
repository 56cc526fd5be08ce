//! Loads that wait for each other.

use crate::random::Random;

/// How many loads are one turn.
pub const HOPS: usize = 4_000_000;

#[inline(never)]
pub fn is_sound() -> bool {
    let ring = ring(64);
    // One cycle through all places ends where it began.
    chase(&ring, 64) == 0 && (1..64).all(|hops| chase(&ring, hops) != 0)
}

/// So many places in one random cycle (Sattolo's algorithm); each is four bytes.
pub fn ring(places: u32) -> Vec<u32> {
    let mut random = Random(3);
    let mut ring: Vec<u32> = (0..places).collect();
    for last in (1..places).rev() {
        ring.swap(last as usize, (random.next() % last) as usize);
    }
    ring
}

/// Where so many loads from place 0 lead.
#[inline(never)]
pub fn chase(ring: &[u32], hops: usize) -> u32 {
    (0..hops).fold(0, |place, _| ring[place as usize])
}
