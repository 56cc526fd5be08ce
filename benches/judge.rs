//! Judging a large run: 10,000 benchmarks, two sides, 30 launches each.

#[path = "large/mod.rs"]
mod large;

use benchgate::judge::judge;
use benchgate::stats::Looks;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn judging(criterion: &mut Criterion) {
    let record = large::record();
    let policy = large::policy();
    let looks = Looks::new(&large::LOOKS).expect("an ascending plan");
    let mut group = criterion.benchmark_group("judge");
    group.sample_size(10);
    group.bench_function("10000 benchmarks", |bencher| {
        bencher.iter(|| judge(black_box(&record), &policy, Some(&looks)));
    });
    group.finish();
}

criterion_group!(benches, judging);
criterion_main!(benches);
