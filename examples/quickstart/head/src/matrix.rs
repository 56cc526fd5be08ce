//! Multiplies matrices, and sums what comes out.

use crate::input::Random;

/// Rows, and columns.
const SIZE: usize = 32;
const ROUNDS: u64 = 500;
/// Numbers stay below this prime.
const PRIME: u64 = 65_521;

type Matrix = Vec<[u64; SIZE]>;

#[inline(never)]
pub fn run() -> u64 {
    let mut random = Random::new(19);
    let mut matrix = || -> Matrix { (0..SIZE).map(|_| std::array::from_fn(|_| random.below(PRIME))).collect() };
    let (mut a, b) = (matrix(), matrix());
    for _ in 0..ROUNDS {
        a = product(&a, &b);
    }
    a.iter().flatten().fold(0, |sum: u64, &number| sum.rotate_left(7) ^ number)
}

#[inline(never)]
fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let mut c = vec![[0; SIZE]; SIZE];
    for j in 0..SIZE {
        let column: Vec<u64> = b.iter().map(|row| row[j]).collect();
        for i in 0..SIZE {
            c[i][j] = dot(&a[i], &column);
        }
    }
    c
}

/// The product of a row and a column, modulo the prime.
fn dot(row: &[u64], column: &[u64]) -> u64 {
    row.iter().zip(column).fold(0, |sum, (a, b)| {
        let sum = sum + a * b % PRIME;
        if sum < PRIME { sum } else { sum - PRIME }
    })
}
