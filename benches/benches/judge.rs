//! How long the judge takes: 41 checks on one machine, on 10,000 machines with two
//! threads, and with the machine's JSON read first.
//!
//! The machine is made up: 4 processors, 48 memory slots, 11 expansion slots, 6 network
//! cards, 2 host bus adapters and 12 disks, as a large server has. What it meets changes
//! from machine to machine.

use std::hint::black_box;
use std::thread;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use profiles::{Catalogue, Profile, judge};
use serde_json::{Value, json};

/// The profiles that together have 41 checks, one more than the bar asks.
const PROFILES: [&str; 5] = [
    "gd-gov-cloud/ecs-server",
    "gd-gov-cloud/bms-1",
    "gd-gov-cloud/bms-2",
    "gd-gov-cloud/bms-service@class-1",
    "gd-gov-cloud/planes",
];
/// Distinct machines in memory; the 10,000 are these again and again.
const DISTINCT: usize = 250;

fn profiles() -> Vec<Profile> {
    let catalogue = Catalogue::bundled();
    let profiles: Vec<Profile> =
        PROFILES.iter().map(|id| catalogue.profile(id).expect("it is bundled")).collect();
    let checks: usize = profiles.iter().map(|profile| profile.checks.len()).sum();
    assert_eq!(checks, 42, "the bar speaks of 40 checks");
    profiles
}

/// Returns machine number `seed`; about half of them miss something.
fn machine(seed: usize) -> Value {
    let sections = [
        "system", "platform", "board", "chassis", "bmc", "cpu", "dimm", "slot", "nic", "hba",
        "disk",
    ];
    let sections: serde_json::Map<String, Value> =
        sections.iter().map(|name| ((*name).to_owned(), json!({ "status": "complete" }))).collect();
    let sources: Vec<Value> = (0..160)
        .map(|at| json!({ "kind": "smbios", "locator": format!("smbios:17/0x{at:04x}") }))
        .collect();
    let brand = json!({ "id": "x", "zh": "某", "en": "X", "country": "CN", "basis": "" });
    let origin = |at: usize| json!({ "source": at });
    let each =
        |count: usize, make: &dyn Fn(usize) -> Value| (0..count).map(make).collect::<Vec<_>>();
    let port = |at: usize| {
        json!({ "name": format!("ens{at}"), "speed_bps": null, "supported_modes": ["10000baseT/Full"],
                "supported_bps": [1_000_000_000_u64, 10_000_000_000_u64], "origin": origin(100) })
    };
    json!({ "inventory": {
        "schema": "inventory/v1", "sections": sections, "sources": sources,
        "system": { "manufacturer": "X", "product": "X1", "brand": brand, "origin": origin(0) },
        "board": [{ "manufacturer": "X", "product": "B1", "brand": brand, "origin": origin(1) }],
        "chassis": [{ "manufacturer": "X", "origin": origin(2) }],
        "bmc": { "chip": { "pci_id": "19e5:1711", "name": "Hi171x", "maker": "H", "country": "CN" },
                 "origin": origin(3) },
        "cpu": each(4, &|at| json!({
            "locator": format!("CPU{at}"), "present": true, "cores": 14 + seed % 4, "threads": 32,
            "architecture": "x86_64", "model": "Example 6300 @ 2.40GHz",
            "frequency_hz": { "nominal": 2_410_000_000_u64 }, "origin": origin(4 + at) })),
        "dimm": each(48, &|at| json!({
            "locator": format!("DIMM{at:02}"), "bank": "B", "present": at % 2 == 0, "kind": "ram",
            "size_bytes": if at % 2 == 0 { json!((16_u64 + 16 * (seed as u64 % 2)) << 30) } else { Value::Null },
            "manufacturer": "M", "part_number": "P", "serial": format!("{at}"), "speed_mts": 3200,
            "origin": origin(10 + at) })),
        "slot": each(11, &|at| json!({ "locator": format!("S{at}"), "bus": "pcie", "origin": origin(60 + at) })),
        "nic": each(6, &|at| json!({
            "address": format!("0000:{at:02x}:00"), "model": "Example 10GE", "virtual": false,
            "port": each(2, &|inner| port(at * 2 + inner)), "origin": origin(80 + at) })),
        "hba": each(1 + seed % 3, &|at| json!({
            "address": format!("0000:8{at}:00"), "model": "FC16", "protocol": "fc",
            "port": each(2, &|_| json!({ "supported_bps": [16_000_000_000_u64], "origin": origin(91) })),
            "origin": origin(90) })),
        "disk": each(12, &|at| json!({
            "locator": format!("0:{at}"), "protocol": if seed.is_multiple_of(2) { "sas" } else { "nvme" },
            "size_bytes": 900_185_481_216_u64, "model": "D", "origin": origin(110 + at) })),
    } })
}

fn all(profiles: &[Profile], facts: &Value) -> usize {
    profiles.iter().map(|profile| judge(profile, facts).len()).sum()
}

fn bench(criterion: &mut Criterion) {
    let profiles = profiles();
    let machines: Vec<Value> = (0..DISTINCT).map(machine).collect();
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(43));
    group.bench_function("1 machine × 41 checks", |bencher| {
        let mut at = 0;
        bencher.iter(|| {
            at = (at + 1) % DISTINCT;
            black_box(all(&profiles, &machines[at]))
        });
    });
    group.bench_function("1 machine × 41 checks, JSON read first", |bencher| {
        let text = serde_json::to_string(&machines[0]).expect("JSON");
        bencher.iter(|| {
            let facts: Value = serde_json::from_str(&text).expect("JSON");
            black_box(all(&profiles, &facts))
        });
    });
    group.bench_function("compile 5 profiles", |bencher| {
        bencher.iter(|| black_box(self::profiles()));
    });
    group.throughput(Throughput::Elements(430_000)).sample_size(10);
    group.bench_function("10,000 machines × 41 checks, 2 threads", |bencher| {
        bencher.iter(|| {
            let half =
                || (0..5_000).map(|at| all(&profiles, &machines[at % DISTINCT])).sum::<usize>();
            thread::scope(|scope| {
                let other = scope.spawn(half);
                black_box(half() + other.join().expect("it does not panic"))
            })
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
