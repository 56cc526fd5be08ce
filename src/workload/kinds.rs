//! The work itself. Inputs are the same in every launch; what differs is what differs for real programs too: addresses,
//! and the seed of the standard library's hash map.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read};

/// An iteration, ready to be repeated.
pub(super) type Iteration = Box<dyn FnMut()>;

/// Bytes that one iteration of [`files`] reads, and bytes per read.
const FILE_BYTES: usize = 256 * 1024;
const READ_BYTES: usize = 16 * 1024;

/// Nodes of [`chasing`]: one cache line each.
const NODES: usize = 256 * 1024;

/// A small generator of numbers that look random (Marsaglia 2003, xorshift64).
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0)
    }
}

fn numbers() -> Numbers {
    Numbers(0x9e37_79b9_7f4a_7c15)
}

pub(super) fn integers() -> Iteration {
    Box::new(|| {
        let mut sum = black_box(1_u64);
        for i in 0..50_000_u64 {
            sum = (sum ^ i).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(7);
        }
        black_box(sum);
    })
}

pub(super) fn branches() -> Iteration {
    let mut text = String::with_capacity(64 * 1024);
    for number in numbers() {
        // Writing to a String cannot fail.
        let _ = match number % 4 {
            0 => write!(text, "{{\"id\": {}, ", number % 100_000),
            1 => write!(text, "[{}, {}], ", number % 7, number % 977),
            2 => write!(text, "\"name \\\"{number:x}\\\"\", "),
            _ => write!(text, "true, null}}, "),
        };
        if text.len() >= 64 * 1024 {
            break;
        }
    }
    Box::new(move || {
        black_box(parse(black_box(text.as_bytes())));
    })
}

/// Counts strings, brackets and digits as a parser would meet them.
fn parse(text: &[u8]) -> (u64, u64, u64) {
    let (mut strings, mut depth, mut sum) = (0, 0_u64, 0_u64);
    let (mut inside, mut escaped) = (false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => {
                inside = !inside;
                strings += u64::from(inside);
            }
            _ if inside => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'0'..=b'9' => sum = sum.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')),
            _ => {}
        }
    }
    (strings, depth, sum)
}

pub(super) fn hashing() -> Iteration {
    let keys: Vec<u64> = numbers().take(20_000).collect();
    let map: HashMap<u64, u64> = keys.iter().map(|&key| (key, key >> 3)).collect();
    Box::new(move || {
        let found = keys.iter().step_by(7).filter_map(|key| map.get(key)).fold(0_u64, |sum, &v| sum.wrapping_add(v));
        black_box(found);
    })
}

pub(super) fn sorting() -> Iteration {
    let values: Vec<u64> = numbers().take(20_000).collect();
    let mut copy = values.clone();
    Box::new(move || {
        copy.copy_from_slice(&values);
        copy.sort_unstable();
        black_box(&copy);
    })
}

pub(super) fn streaming() -> Iteration {
    let addend: Vec<u64> = numbers().take(1 << 20).collect();
    let mut sum = vec![0_u64; addend.len()];
    Box::new(move || {
        for (sum, &addend) in sum.iter_mut().zip(&addend) {
            *sum = sum.wrapping_add(addend);
        }
        black_box(&sum);
    })
}

/// A pointer that fills a cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Node(u32);

/// For each of `n` places the next one, in one random cycle through all of them (Sattolo 1986).
fn cycle(n: usize) -> Vec<u32> {
    let mut next: Vec<u32> = (0..n as u32).collect();
    for (last, number) in (1..n).rev().zip(numbers()) {
        next.swap(last, number as usize % last);
    }
    next
}

pub(super) fn chasing() -> Iteration {
    let nodes: Vec<Node> = cycle(NODES).into_iter().map(Node).collect();
    let mut at = 0;
    Box::new(move || {
        for _ in 0..5_000 {
            at = nodes[at].0 as usize;
        }
        black_box(at);
    })
}

pub(super) fn allocating() -> Iteration {
    Box::new(|| {
        let texts: Vec<String> = (0..2_000_u32).map(|i| format!("item {i} of {}", black_box(i) * 3)).collect();
        black_box(texts.iter().map(String::len).sum::<usize>());
    })
}

/// Reads this very executable: a file that every machine has, and that is in the page cache.
pub(super) fn files() -> io::Result<Iteration> {
    let path = std::env::current_exe()?;
    let read = move |buffer: &mut [u8]| -> io::Result<usize> {
        let (mut file, mut total) = (File::open(&path)?, 0);
        while total < FILE_BYTES {
            match file.read(buffer)? {
                0 => break,
                bytes => total += bytes,
            }
        }
        Ok(total)
    };
    let mut buffer = vec![0_u8; READ_BYTES];
    // An error shows at once, not after the warm-up.
    read(&mut buffer)?;
    Ok(Box::new(move || {
        black_box(read(&mut buffer).unwrap_or(0));
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_sees_strings_brackets_and_digits() {
        assert_eq!(parse(br#"{"a\"b": [12, "]"], 3"#), (2, 1, 123));
    }

    #[test]
    fn the_chase_passes_every_node() {
        let nodes = cycle(1000);
        let (mut at, mut steps) = (nodes[0], 1);
        while at != 0 {
            at = nodes[at as usize];
            steps += 1;
        }
        assert_eq!(steps, nodes.len());
    }
}
