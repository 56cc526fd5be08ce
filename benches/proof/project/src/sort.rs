//! Sorting.

use crate::random::Random;

#[inline(never)]
pub fn is_sound() -> bool {
    let mut buffer = Vec::new();
    median(&[3, 1, 2], &mut buffer) == Some(2) && buffer == [1, 2, 3]
}

pub fn numbers(count: usize) -> Vec<u32> {
    let mut random = Random(5);
    (0..count).map(|_| random.next()).collect()
}

/// The upper median; `buffer` holds the sorted numbers afterwards.
#[inline(never)]
pub fn median(numbers: &[u32], buffer: &mut Vec<u32>) -> Option<u32> {
    buffer.clear();
    buffer.extend_from_slice(numbers);
    buffer.sort_unstable();
    buffer.get(buffer.len() / 2).copied()
}
