//! Powers of a matrix.

use crate::random::Random;

/// How many products are one turn. All else in it is a copy of the matrix, a thousandth of one product in a hundred.
pub const POWERS: usize = 100;

const SIZE: usize = 30;

pub type Matrix = [[f64; SIZE]; SIZE];

#[inline(never)]
pub fn is_sound() -> bool {
    let power = power(&stochastic(), 2);
    // Rows of a stochastic matrix sum to one, those of its powers too.
    power.iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9)
}

/// A matrix whose powers neither vanish nor explode.
pub fn stochastic() -> Matrix {
    let mut random = Random(11);
    let mut matrix = [[0.0; SIZE]; SIZE];
    for row in &mut matrix {
        row.iter_mut().for_each(|value| *value = f64::from(random.next()));
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|value| *value /= sum);
    }
    matrix
}

#[inline(never)]
pub fn power(matrix: &Matrix, powers: usize) -> Matrix {
    let mut result = *matrix;
    for _ in 0..powers {
        result = product(&result, matrix);
    }
    result
}

#[inline(never)]
fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let mut c = [[0.0; SIZE]; SIZE];
    for i in 0..SIZE {
        for k in 0..SIZE {
            for j in 0..SIZE {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    c
}
