//! Sorts numbers by merging: half by half, back and forth between two buffers.

use crate::input::Random;

const NUMBERS: usize = 4096;
const ROUNDS: u64 = 100;

#[inline(never)]
pub fn run() -> u64 {
    let mut random = Random::new(13);
    let numbers: Vec<u64> = (0..NUMBERS).map(|_| random.below(1 << 32)).collect();
    let (mut sorted, mut spare) = (numbers.clone(), numbers.clone());
    let mut checksum = 0;
    for round in 0..ROUNDS {
        sorted.copy_from_slice(&numbers);
        sort(&mut sorted, &mut spare);
        checksum ^= sorted[round as usize * 31].rotate_left(round as u32);
    }
    checksum
}

#[inline(never)]
fn sort(numbers: &mut Vec<u64>, spare: &mut Vec<u64>) {
    let mut width = 1;
    while width < numbers.len() {
        for (from, to) in numbers.chunks(2 * width).zip(spare.chunks_mut(2 * width)) {
            let (left, right) = from.split_at(width.min(from.len()));
            merge(left, right, to);
        }
        std::mem::swap(numbers, spare);
        width *= 2;
    }
}

/// Takes the smaller head each time, without a branch on the numbers.
fn merge(left: &[u64], right: &[u64], to: &mut [u64]) {
    let (mut i, mut j) = (0, 0);
    for place in to {
        let take_left = j == right.len() || (i < left.len() && left[i] <= right[j]);
        *place = if take_left { left[i] } else { right[j] };
        i += usize::from(take_left);
        j += usize::from(!take_left);
    }
}
