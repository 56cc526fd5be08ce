use criterion::{Criterion, criterion_group, criterion_main};
use proofs::{chase, hash, map, matrix, parse, sieve, sort, tiny};
use std::hint::black_box;

fn work(criterion: &mut Criterion) {
    assert!(proofs::is_sound());
    criterion.bench_function("tiny", |bencher| bencher.iter(|| tiny::mix(black_box(7))));
    criterion.bench_function("hash/64", |bencher| {
        let bytes = [7; 64];
        bencher.iter(|| hash::fnv(black_box(&bytes)));
    });
    criterion.bench_function("parse \"quoted\" | größe", |bencher| {
        bencher.iter(|| parse::fields(black_box(parse::LINE)));
    });
    criterion.bench_function("sort/1k", |bencher| {
        let (numbers, mut buffer) = (sort::numbers(1_000), Vec::new());
        bencher.iter(|| sort::median(black_box(&numbers), &mut buffer));
    });
    criterion.bench_function("map/lookup", |bencher| {
        let table = map::table(10_000);
        bencher.iter(|| map::lookup(black_box(&table), black_box(map::LOOKUPS)));
    });
    criterion.bench_function("matrix/30", |bencher| {
        let matrix = matrix::stochastic();
        bencher.iter(|| matrix::power(black_box(&matrix), black_box(matrix::POWERS)));
    });
    criterion.bench_function("sieve/1M", |bencher| bencher.iter(|| sieve::primes(black_box(1_000_000))));
    criterion.bench_function("chase/512 KiB", |bencher| {
        let ring = chase::ring((512 << 10) / 4);
        bencher.iter(|| chase::chase(black_box(&ring), black_box(chase::HOPS)));
    });
}

criterion_group!(benches, work);
criterion_main!(benches);
