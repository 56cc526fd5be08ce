//! Short loops with many branches.

/// Bytes that look like text: words, numbers, quotes, commas, lines.
pub fn text(count: usize) -> Vec<u8> {
    const LETTERS: &[u8] = b"the, of 17 and\n\"a\" to in,is 3.5 you \"that, it\" he was;for\ton are 42,";
    let mut state = 1_u64;
    let mut step = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    (0..count).map(|n| if n % 3 == 0 { LETTERS[step() % LETTERS.len()] } else { LETTERS[n % LETTERS.len()] }).collect()
}

/// Words, numbers and other characters.
#[inline(never)]
pub fn words(text: &[u8]) -> [usize; 3] {
    let mut counts = [0; 3];
    let mut at = 0;
    while at < text.len() {
        let kind = match text[at] {
            b'a'..=b'z' => 0,
            b'0'..=b'9' => 1,
            _ => 2,
        };
        counts[kind] += 1;
        at += 1;
        match kind {
            0 => {
                while at < text.len() && text[at].is_ascii_lowercase() {
                    at += 1
                }
            }
            1 => {
                while at < text.len() && (text[at].is_ascii_digit() || text[at] == b'.') {
                    at += 1
                }
            }
            _ => {}
        }
    }
    counts
}

/// Cells of a table with quoted cells, by a machine of four states.
#[inline(never)]
pub fn cells(text: &[u8]) -> usize {
    let (mut cells, mut state) = (0, 0_u8);
    for byte in text {
        state = match (state, byte) {
            (0, b'"') => 1,
            (0, b',' | b'\n') => {
                cells += 1;
                0
            }
            (0, b' ' | b'\t') => 0,
            (0, _) => 3,
            (1, b'"') => 2,
            (1, _) => 1,
            (2, b'"') => 1,
            (_, b',' | b'\n') => {
                cells += 1;
                0
            }
            (2 | 3, _) => 3,
            (other, _) => other,
        };
    }
    cells
}

/// A program for [`interpret`].
pub fn program() -> Vec<u8> {
    text(64).iter().map(|byte| byte % 7).collect()
}

/// Runs a program of seven instructions so many times.
#[inline(never)]
pub fn interpret(program: &[u8], times: usize) -> u64 {
    let (mut a, mut b) = (1_u64, 2_u64);
    for time in 0..times {
        let mut at = 0;
        while at < program.len() {
            match program[at] {
                0 => a = a.wrapping_add(b),
                1 => b ^= a << 3,
                2 => a = a.rotate_left(5),
                3 => std::mem::swap(&mut a, &mut b),
                4 => b = b.wrapping_mul(31),
                5 if a & 1 == 0 => at += 1,
                5 => a = a.wrapping_sub(time as u64),
                _ => a ^= b >> 7,
            }
            at += 1;
        }
    }
    a ^ b
}

/// Steps of the Collatz sequences of the numbers below `limit`.
#[inline(never)]
pub fn collatz(limit: u64) -> u64 {
    let mut steps = 0;
    for start in 1..limit {
        let mut n = start;
        while n != 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
    }
    steps
}

/// Where each needle would be inserted, summed.
#[inline(never)]
pub fn search(sorted: &[u32], needles: &[u32]) -> usize {
    let mut sum = 0;
    for needle in needles {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = (low + high) / 2;
            match sorted[middle].cmp(needle) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    low = middle;
                    break;
                }
            }
        }
        sum += low;
    }
    sum
}

/// Loops of three to six turns within each other.
#[inline(never)]
pub fn nested(lengths: &[u8]) -> u64 {
    let mut sum = 0_u64;
    for &length in lengths {
        for i in 0..u64::from(length % 4 + 3) {
            for j in 0..=i % 3 {
                sum = (sum ^ j).wrapping_mul(i + 3);
            }
        }
    }
    sum
}

/// How often a word occurs, byte by byte.
#[inline(never)]
pub fn occurrences(text: &[u8], word: &[u8]) -> usize {
    let mut found = 0;
    for start in 0..text.len().saturating_sub(word.len()) {
        let mut at = 0;
        while at < word.len() && text[start + at] == word[at] {
            at += 1;
        }
        found += usize::from(at == word.len());
    }
    found
}
