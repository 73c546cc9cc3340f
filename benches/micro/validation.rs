//! Checking event types and bodies, and compacting bodies.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use vce::{EventBody, EventType, TypeRules};

const SMALL: &str = r#"{"key":"value"}"#;
const ITEM: &str = r#"{"name":"café \"au lait\"","price":-12.50e1,"paid":true}"#;

pub fn bench(criterion: &mut Criterion) {
    types(criterion);
    bodies(criterion);
    compaction(criterion);
}

fn types(criterion: &mut Criterion) {
    let good = format!("custom:{}xyz", "aZ0_-".repeat(18));
    let bad = format!("{}.", &good[..99]);
    assert_eq!((good.len(), bad.len()), (100, 100));
    let mut group = criterion.benchmark_group("event type");
    for (name, text) in
        [("good", good.as_str()), ("bad at its end", &bad), ("without prefix", "text")]
    {
        group.bench_function(name, |bencher| {
            bencher.iter(|| EventType::validate(black_box(text), TypeRules::Documented).is_ok());
        });
    }
    group.finish();
}

fn bodies(criterion: &mut Criterion) {
    let bad = format!("{}.", body_of(4096));
    let nested = format!("{}1{}", r#"{"a":"#.repeat(128), "}".repeat(128));
    let mut group = criterion.benchmark_group("body");
    for (name, text) in [
        ("15 B", SMALL),
        ("1 KiB", &body_of(1024)),
        ("4 KiB", &body_of(4096)),
        ("nested 128 deep", &nested),
        ("4 KiB, bad at its end", &bad),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| EventBody::new(black_box(text)));
        });
    }
    group.finish();
}

fn compaction(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("body with whitespace");
    for (name, bytes) in [("1 KiB", 1024), ("4 KiB", 4096)] {
        let text = indented(&body_of(bytes));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| EventBody::new(black_box(&text)));
        });
    }
    group.finish();
}

/// A body of this size.
fn body_of(bytes: usize) -> String {
    let mut body = r#"{"items":["#.to_owned();
    while body.len() + ITEM.len() + 4 <= bytes {
        body.push_str(ITEM);
        body.push(',');
    }
    body.push_str(&"1".repeat(bytes - body.len() - 2));
    body.push_str("]}");
    assert!(EventBody::new(&body).is_ok_and(|taken| taken.as_str().len() == bytes));
    body
}

/// The same body, indented by two spaces. Its strings must not contain brackets or commas.
fn indented(body: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for character in body.chars() {
        if matches!(character, '}' | ']') {
            depth -= 1;
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
        }
        text.push(character);
        match character {
            '{' | '[' => depth += 1,
            ':' => text.push(' '),
            _ => {}
        }
        if matches!(character, '{' | '[' | ',') {
            text.push('\n');
            text.push_str(&"  ".repeat(depth));
        }
    }
    assert!(EventBody::new(&text).is_ok_and(|taken| taken.as_str() == body));
    text
}
