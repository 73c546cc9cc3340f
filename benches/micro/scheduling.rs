//! The scheduler alone: an event is accepted, and one is sent and finished.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};

use delivery::scheduler::{Next, Scheduler};

// The scheduler is private, and needs nothing else of the library.
#[path = "../../src/delivery"]
#[allow(dead_code, unused_imports, reason = "what is not measured here, and its tests")]
mod delivery {
    pub mod scheduler;
}

pub fn bench(criterion: &mut Criterion) {
    let now = Instant::now();
    let mut group = criterion.benchmark_group("scheduling");
    group.throughput(Throughput::Elements(1));
    for conversations in [1, 100, 10_000, 100_000] {
        let names: Vec<String> = (0..conversations)
            .map(|number| format!("CON-00000000-0000-4000-8000-{number:012}"))
            .collect();
        let mut scheduler = Scheduler::new(16);
        let deadline = now + Duration::from_secs(300);
        for name in &names {
            scheduler.push(0, name, 0_u64, deadline);
        }
        let mut turns = names.iter().cycle();
        // The number of waiting events stays the same.
        let mut cycle = || {
            if let Some(name) = turns.next() {
                scheduler.push(0, name, 0, deadline);
            }
            let Next::Send(event, slot) = scheduler.next(now, || Ok(())) else {
                unreachable!("an event waits in every conversation");
            };
            scheduler.finish(&slot);
            event
        };
        group.bench_function(BenchmarkId::new("conversations", conversations), |bencher| {
            bencher.iter(|| black_box(cycle()));
        });
    }
    group.finish();
}
