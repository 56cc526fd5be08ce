use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn slugs(criterion: &mut Criterion) {
    criterion.bench_function("slug", |bencher| {
        bencher.iter(|| slugs::slug(black_box("Ars longa, vita brevis")));
    });
    // A name may hold anything: benchgate launches exactly this one.
    criterion.bench_function("slug/mixed case & Größe: «ÀÉÎ»", |bencher| {
        bencher.iter(|| slugs::slug(black_box("Éloge de la Größe: «ÀÉÎ» & others")));
    });
    let titles: Vec<String> = (0..1000).map(|i| format!("Chapter {}: Of Things", i % 700)).collect();
    criterion.bench_function("collisions/1000", |bencher| {
        bencher.iter(|| slugs::collisions(black_box(&titles)));
    });
}

criterion_group!(benches, slugs);
criterion_main!(benches);
