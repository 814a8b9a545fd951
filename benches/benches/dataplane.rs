//! What a node's whole state costs between its text and the first request to the kernel: 500
//! networks, 2,048 ports, 10,000 ports elsewhere, 2,000 groups with 20,000 rules.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dataplane::desired::{Desired, Zones};
use dataplane::kernel::fake::Fake;
use dataplane::kernel::{Interest, Kernel};
use dataplane::plan::{self, Scope};
use dataplane::{compile, naming, spec};
use hw_tests::network::full::{FULL, Ports, state};

fn full() -> (String, Desired) {
    let text = state(FULL, Ports::Veth);
    let desired = spec::read("full.toml", &text).expect("it is a state");
    (text, desired)
}

fn read(criterion: &mut Criterion) {
    let (text, _desired) = full();
    criterion.bench_function("read", |bencher| {
        bencher.iter(|| spec::read("full.toml", black_box(&text)));
    });
}

fn decide(criterion: &mut Criterion) {
    let (_text, desired) = full();
    let zones = naming::zones(&desired, &Zones::default()).expect("there are enough numbers");
    let compiled = || compile::compile(&desired, &zones, Some(1600)).expect("it can be had");
    criterion.bench_function("compile", |bencher| bencher.iter(|| black_box(compiled())));
    let scope = Scope { complete: true, ..Scope::default() };
    let wanted = compiled();
    let nothing = Fake::default().look(&Interest::default()).expect("a fake has all to see");
    criterion.bench_function("plan all", |bencher| {
        bencher.iter(|| plan::plan(black_box(&wanted), black_box(&nothing), &scope));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = read, decide
}
criterion_main!(benches);
