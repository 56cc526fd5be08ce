use criterion::{Criterion, criterion_group, criterion_main};
use placement::loops;
use std::hint::black_box;

fn work(criterion: &mut Criterion) {
    // Linked, and not measured.
    assert_ne!(placement::neighbour(black_box(1)), 0);
    let text = loops::text(4_000);
    criterion.bench_function("words", |bencher| bencher.iter(|| loops::words(black_box(&text))));
    criterion.bench_function("cells", |bencher| bencher.iter(|| loops::cells(black_box(&text))));
    criterion.bench_function("interpret", |bencher| {
        let program = loops::program();
        bencher.iter(|| loops::interpret(black_box(&program), black_box(50)));
    });
    criterion.bench_function("collatz", |bencher| bencher.iter(|| loops::collatz(black_box(200))));
    criterion.bench_function("search", |bencher| {
        let sorted: Vec<u32> = (0..1_000).map(|n| n * 7).collect();
        let needles: Vec<u32> = text.chunks(2).take(500).map(|pair| u32::from(pair[0]) * u32::from(pair[1])).collect();
        bencher.iter(|| loops::search(black_box(&sorted), black_box(&needles)));
    });
    criterion.bench_function("nested", |bencher| bencher.iter(|| loops::nested(black_box(&text))));
    criterion.bench_function("occurrences", |bencher| {
        bencher.iter(|| loops::occurrences(black_box(&text), black_box(b"that")));
    });
}

criterion_group!(benches, work);
criterion_main!(benches);
