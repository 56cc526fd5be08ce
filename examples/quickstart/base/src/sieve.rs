//! Counts primes with the sieve of Eratosthenes.

const LIMIT: usize = 30_000;
const ROUNDS: u64 = 900;

#[inline(never)]
pub fn run() -> u64 {
    let mut composite = vec![false; LIMIT];
    (0..ROUNDS).map(|round| count(&mut composite) + round).sum()
}

#[inline(never)]
fn count(composite: &mut [bool]) -> u64 {
    composite.fill(false);
    let mut n = 2;
    while n * n < composite.len() {
        if !composite[n] {
            composite[n * n..].iter_mut().step_by(n).for_each(|multiple| *multiple = true);
        }
        n += 1;
    }
    composite[2..].iter().filter(|composite| !**composite).count() as u64
}
