//! The sieve of Eratosthenes.

#[inline(never)]
pub fn is_sound() -> bool {
    primes(100) == 25
}

/// Primes below `limit`.
#[inline(never)]
pub fn primes(limit: usize) -> usize {
    let mut composite = vec![false; limit];
    let mut n = 2;
    while n * n < limit {
        if !composite[n] {
            composite[n * n..].iter_mut().step_by(n).for_each(|multiple| *multiple = true);
        }
        n += 1;
    }
    composite[2..].iter().filter(|composite| !**composite).count()
}
