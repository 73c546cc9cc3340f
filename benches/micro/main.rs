//! Measures the parts that need no network. Run `make bench-micro`, or
//! `cargo bench --bench micro -- scheduling` for one part.

#![allow(clippy::unwrap_used, reason = "a benchmark that fails has no result")]

mod enqueue;
mod scheduling;
mod validation;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    validation::bench(&mut criterion);
    enqueue::bench(&mut criterion);
    scheduling::bench(&mut criterion);
    criterion.final_summary();
}
