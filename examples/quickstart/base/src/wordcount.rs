//! Counts the words of a text.

use crate::input::Random;
use std::collections::BTreeMap;

const WORDS: usize = 4_000;
const ROUNDS: u64 = 90;

#[inline(never)]
pub fn run() -> u64 {
    let text = text();
    let mut checksum = 0;
    for round in 0..ROUNDS {
        let counts = count(&text);
        checksum = counts
            .iter()
            .fold(checksum ^ round, |sum, (word, count)| sum.rotate_left(5) ^ word.len() as u64 ^ (count << 8));
    }
    checksum
}

#[inline(never)]
fn count(text: &[u8]) -> BTreeMap<&[u8], u64> {
    let mut counts = BTreeMap::new();
    for word in text.split(|&byte| byte == b' ').filter(|word| !word.is_empty()) {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

/// Words of one to three syllables.
fn text() -> Vec<u8> {
    let mut random = Random::new(17);
    let mut text = Vec::new();
    for _ in 0..WORDS {
        for _ in 0..=random.below(3) {
            text.push(b"bdfgklmnprst"[random.below(4) as usize]);
            text.push(b"aeiou"[random.below(3) as usize]);
        }
        text.push(b' ');
    }
    text
}
