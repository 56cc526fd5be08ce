//! Writing and reading the record of a large run: 10,000 benchmarks, two sides, 30 launches each.

#[path = "large/mod.rs"]
mod large;

use benchgate::model::RunRecord;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn writing_and_reading(criterion: &mut Criterion) {
    let record = large::record();
    let text = serde_json::to_vec(&record).expect("a record is JSON");
    let mut group = criterion.benchmark_group("record");
    group.sample_size(10);
    group.bench_function("write", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&record)).expect("a record is JSON"));
    });
    group.bench_function("read", |bencher| {
        bencher.iter(|| serde_json::from_slice::<RunRecord>(black_box(&text)).expect("what was written"));
    });
    group.finish();
}

criterion_group!(benches, writing_and_reading);
criterion_main!(benches);
