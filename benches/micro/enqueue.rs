//! Enqueuing into queues of growing length.

use std::net::TcpListener;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use vce::{Client, Config};

const EVENTS: usize = 1000;

pub fn bench(criterion: &mut Criterion) {
    // Accepts no connection, so only the enqueuing is measured.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut group = criterion.benchmark_group("enqueue");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS as u64));
    for waiting in [0, 1000, 10_000, 100_000] {
        group.bench_function(BenchmarkId::new("events waiting", waiting), |bencher| {
            bencher.iter_batched(
                || {
                    let client = client(&url);
                    enqueue(&client, 0, waiting);
                    client
                },
                |client| {
                    enqueue(&client, waiting, EVENTS);
                    client
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn client(url: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [
        ("base_url", url),
        ("proxy", "none"),
        ("token", "a.b.c"),
        ("connections", "1"),
        ("rate_limit", "0.01/s"),
        ("queue_max_events", "1000000"),
        ("queue_max_bytes", "1024MiB"),
    ] {
        config.set(name, Some(value)).unwrap();
    }
    Client::new(&config).unwrap()
}

/// Every event has its own conversation, as in a queue that keeps up.
fn enqueue(client: &Client, first: usize, count: usize) {
    for number in first..first + count {
        let conversation = format!("CON-00000000-0000-4000-8000-{number:012}");
        client
            .enqueue_event(&conversation, "custom:my-event", None, r#"{"key":"value"}"#, 0)
            .unwrap();
    }
}
