//! Plans of every tier: ids that stay, rows that exist, arithmetic, and what is missing.

use std::collections::BTreeMap;

use super::*;
use crate::workload::{Distribution, Order};

const GB: u64 = 1_000_000_000;
const TIB: u64 = 1 << 40;

/// A target that every case can be run on.
fn target() -> TargetFacts {
    TargetFacts {
        size_bytes: 100 * TIB,
        block_bytes: 512,
        may_write: true,
        filled: false,
        usable_bytes: Some(PETABYTE),
        cache_bytes: Some(TIB),
        cache_share_bytes: Some(TIB / 8),
        clients: 4,
        snapshot_hooks: true,
        reported_use: true,
        array_setting: Some("both".to_owned()),
    }
}

fn planned(tier: Tier, target: &TargetFacts) -> Plan {
    plan(tier, target, &Options::default()).unwrap()
}

fn find<'a>(plan: &'a Plan, id: &str) -> &'a Case {
    plan.case.iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"))
}

fn codes(case: &Case) -> Vec<&str> {
    case.missing.iter().map(|doubt| doubt.code.as_str()).collect()
}

#[test]
fn the_ids_of_cases_stay() {
    let expected = [
        "evs-normal.ends",
        "evs-normal.fill",
        "evs-normal.cap.qd1",
        "evs-normal.cap.qd32",
        "evs-normal.cap.write.qd32",
        "evs-high.ends",
        "evs-high.fill",
        "evs-high.cap.qd1",
        "evs-high.cap.qd32",
        "evs-high.cap.write.qd32",
        "evs-ultra.ends",
        "evs-ultra.fill",
        "evs-ultra.cap.qd1",
        "evs-ultra.cap.qd32",
        "evs-ultra.cap.write.qd32",
        "ssd-array.fill",
        "ssd-array.latency",
        "ssd-array.blocks.4k",
        "ssd-array.blocks.8k",
        "ssd-array.blocks.16k",
        "ssd-array.blocks.32k",
        "ssd-array.reduction.none.1",
        "ssd-array.reduction.none.2",
        "ssd-array.reduction.none.3",
        "ssd-array.reduction.dedup.1",
        "ssd-array.reduction.dedup.2",
        "ssd-array.reduction.dedup.3",
        "ssd-array.reduction.compress.1",
        "ssd-array.reduction.compress.2",
        "ssd-array.reduction.compress.3",
        "ssd-array.reduction.both.1",
        "ssd-array.reduction.both.2",
        "ssd-array.reduction.both.3",
        "distributed-volume.fill",
        "distributed-volume.random-8k",
        "distributed-volume.sequential-1m",
        "distributed-volume.snapshot.max",
        "distributed-volume.snapshot.abba",
        "distributed-volume.snapshot.first-write",
        "distributed-system.fill",
        "distributed-system.random-8k",
        "distributed-system.sequential-write-1m",
    ];
    let found = Tier::ALL.map(|tier| planned(tier, &target()).case);
    let found: Vec<String> = found.into_iter().flatten().map(|case| case.id).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_row_is_one_of_the_norm_and_every_norm_row_is_answered() {
    let mut answered = BTreeMap::new();
    for tier in Tier::ALL {
        for case in planned(tier, &target()).case {
            assert!(case.id.starts_with(tier.name()), "{}", case.id);
            for row in case.rows {
                answered.entry(row).or_insert(case.id.clone());
            }
        }
    }
    let rows: Vec<&str> = answered.keys().map(String::as_str).collect();
    let expected = [
        "5.2.2.1#1",
        "5.2.2.1#11",
        "5.2.2.1#2",
        "5.2.2.1#3",
        "5.2.2.1#9",
        "5.3.3.2.1.2#7",
        "5.3.3.2.1.2#8",
        "5.3.3.2.1.2#9",
        "5.3.3.2.2#20",
        "5.3.3.2.2#25",
        "5.3.3.2.2#26",
        "5.3.3.2.2#27",
        "5.3.3.2.2#28",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn with_everything_at_hand_nothing_is_missing_and_everything_open_is_told() {
    for tier in Tier::ALL {
        let plan = planned(tier, &target());
        for case in &plan.case {
            // An array is set to one of four at a time.
            let set = case.id.starts_with("ssd-array.reduction") && !case.id.contains(".both.");
            let missing = if set { vec!["array-set-otherwise"] } else { Vec::new() };
            assert_eq!(codes(case), missing, "{}", case.id);
            assert!(case.least_ns > 0 && case.most_ns >= case.least_ns, "{}", case.id);
            assert!(
                case.rows.is_empty() || !case.judged.is_empty() || case.id.contains("snapshot")
            );
            for open in &case.open {
                assert!(plan.open.contains(open));
                for text in [&open.name, &open.value, &open.why] {
                    assert!(!text.zh.is_empty() && !text.en.is_empty(), "{open:?}");
                }
            }
            if let Some(load) = &case.load {
                assert!(load.workload.span_bytes <= target().size_bytes);
                assert_eq!(load.workload.span_bytes % 4096, 0);
            }
        }
        assert!(!plan.open.is_empty());
    }
}

#[test]
fn caps_are_those_of_the_norm_and_reached_is_judged_with_a_queue_only() {
    for (tier, cap) in [(Tier::EvsNormal, 800), (Tier::EvsHigh, 2_500), (Tier::EvsUltra, 10_000)] {
        let plan = planned(tier, &target());
        for (name, reached) in [("cap.qd1", false), ("cap.qd32", true), ("cap.write.qd32", true)] {
            let case = find(&plan, &format!("{tier}.{name}"));
            assert_eq!(case.cap_iops, Some(cap));
            let paths: Vec<&str> = case.judged.iter().map(|judged| judged.path.as_str()).collect();
            assert!(paths.contains(&"cap.kept"));
            assert_eq!(paths.contains(&"cap.reached"), reached, "{}", case.id);
            let load = case.load.as_ref().unwrap();
            assert!(load.runtime_ns >= crate::cap::REACHED_OVER_NS && load.mode == Mode::Latency);
        }
    }
}

#[test]
fn targets_of_a_system_are_scaled_with_its_capacity_and_the_arithmetic_is_told() {
    let target = TargetFacts { usable_bytes: Some(5 * PETABYTE / 2), ..target() };
    let judged = |tier: Tier, id: &str| find(&planned(tier, &target), id).judged[0].clone();
    let volume = judged(Tier::DistributedVolume, "distributed-volume.random-8k");
    assert_eq!((volume.value, volume.bound), (250_000, Bound::AtLeast));
    assert_eq!(volume.arithmetic.as_deref(), Some("100,000 / PB × 2.5 PB = 250,000"));
    let system = judged(Tier::DistributedSystem, "distributed-system.random-8k");
    assert_eq!(system.value, 3_000_000);
    let sequential = judged(Tier::DistributedVolume, "distributed-volume.sequential-1m");
    assert_eq!(sequential.value, 3_750 * 1_000_000);
    assert_eq!(sequential.other_reading, Some(3_750 << 20));
    let writes = judged(Tier::DistributedSystem, "distributed-system.sequential-write-1m");
    assert_eq!((writes.value, writes.other_reading), (37_500_000_000, Some((75 << 30) / 2)));
}

#[test]
fn the_hot_set_is_half_of_the_share_and_the_cold_set_twenty_caches() {
    let plan = planned(Tier::DistributedVolume, &target());
    let load = find(&plan, "distributed-volume.random-8k").load.clone().unwrap();
    let Order::Random { distribution: Distribution::HotCold { hot_bytes, hot_percent }, .. } =
        load.workload.order
    else {
        panic!("{:?}", load.workload.order)
    };
    assert_eq!((hot_bytes, hot_percent, load.warm_reads), (TIB / 16, 70, 2));
    let size = |size_bytes| {
        let plan = planned(Tier::DistributedVolume, &TargetFacts { size_bytes, ..target() });
        codes(find(&plan, "distributed-volume.random-8k")).contains(&"volume-too-small")
    };
    assert!(!size(20 * TIB + TIB / 16));
    assert!(size(20 * TIB + TIB / 16 - 1));
    // The cold sets of a system's four volumes count together.
    let each = |size_bytes| {
        let plan = planned(Tier::DistributedSystem, &TargetFacts { size_bytes, ..target() });
        codes(find(&plan, "distributed-system.random-8k")).contains(&"volume-too-small")
    };
    assert!(!each(5 * TIB + TIB / 16) && each(5 * TIB + TIB / 16 - 1));
}

#[test]
fn what_is_not_at_hand_leaves_its_cases_not_measured_and_no_others() {
    let missing = |tier: Tier, change: fn(&mut TargetFacts)| {
        let mut target = target();
        change(&mut target);
        let plan = planned(tier, &target);
        let cases = plan.case.iter().filter(|case| !case.missing.is_empty());
        cases.map(|case| format!("{} {}", case.id, codes(case).join(" "))).collect::<Vec<_>>()
    };
    let volume = Tier::DistributedVolume;
    assert_eq!(
        missing(volume, |t| t.snapshot_hooks = false),
        [
            "distributed-volume.snapshot.max needs-hooks",
            "distributed-volume.snapshot.abba needs-hooks",
            "distributed-volume.snapshot.first-write needs-hooks",
        ]
    );
    assert_eq!(
        missing(volume, |t| t.cache_bytes = None),
        ["distributed-volume.random-8k needs-cache-size",]
    );
    assert_eq!(
        missing(volume, |t| t.usable_bytes = None),
        [
            "distributed-volume.random-8k needs-usable-capacity",
            "distributed-volume.sequential-1m needs-usable-capacity",
        ]
    );
    assert_eq!(
        missing(Tier::DistributedSystem, |t| t.clients = 1),
        [
            "distributed-system.random-8k needs-clients",
            "distributed-system.sequential-write-1m needs-clients",
        ]
    );
    assert_eq!(missing(Tier::SsdArray, |t| t.reported_use = false).len(), 12);
    assert_eq!(missing(Tier::EvsHigh, |t| t.may_write = false).len(), 5);
    assert_eq!(
        missing(Tier::EvsHigh, |t| (t.may_write, t.filled) = (false, true)),
        ["evs-high.ends needs-destroy", "evs-high.cap.write.qd32 needs-destroy"],
        "reads of a filled volume need no leave to write, and nothing is filled again"
    );
}

#[test]
fn finished_cases_are_skipped_and_totals_are_of_the_rest() {
    let all = planned(Tier::EvsNormal, &target());
    let finished = ["evs-normal.fill", "evs-normal.ends"].map(str::to_owned);
    let options = Options { finished: finished.into(), ..Options::default() };
    let rest = plan(Tier::EvsNormal, &target(), &options).unwrap();
    assert_eq!((rest.case.len(), rest.finished.len()), (3, 2));
    assert_eq!(rest.most_ns, 3 * 100 * GB, "three times 90 s and a ramp of 10");
    let fill = find(&all, "evs-normal.fill");
    assert_eq!(fill.most_written_bytes, 100 * TIB);
    assert!(all.most_ns > rest.most_ns + fill.most_ns);
    // Writes at the cap for 100 s.
    assert_eq!(rest.most_written_bytes, 800 * 4096 * 100);
}

#[test]
fn what_cannot_be_run_counts_for_nothing() {
    let target = TargetFacts { may_write: false, ..target() };
    let plan = planned(Tier::EvsNormal, &target);
    assert_eq!((plan.most_ns, plan.most_written_bytes, plan.case.len()), (0, 0, 5));
}

#[test]
fn a_plan_of_nights_cuts_the_fill_and_keeps_cases_whole() {
    let night: Window = "22:00-06:00".parse().unwrap();
    let target = TargetFacts { size_bytes: 10 * TIB, ..target() };
    let options = Options { window: Some((night, 12 * 3600)), ..Options::default() };
    let nights = plan(Tier::EvsUltra, &target, &options).unwrap();
    assert!(nights.too_long.is_empty());
    // 10 TiB at 200 MB/s are 15.3 hours: two nights, and the ends and caps whole.
    let pieces = |id: &str| nights.slot.iter().filter(|slot| slot.case == id).count();
    assert_eq!((pieces("evs-ultra.fill"), pieces("evs-ultra.cap.qd32")), (2, 1));
    assert_eq!(nights.slot[0].begins_in_ns, 10 * 3600 * GB);
    let noon: Window = "12:00-12:01".parse().unwrap();
    let options = Options { window: Some((noon, 0)), ..Options::default() };
    let short = plan(Tier::EvsUltra, &target, &options).unwrap();
    assert_eq!(short.too_long.len(), 3, "{:?}", short.too_long);
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let refused = |size_bytes, block_bytes| {
        let target = TargetFacts { size_bytes, block_bytes, ..target() };
        plan(Tier::EvsHigh, &target, &Options::default()).err()
    };
    assert!(matches!(refused(0, 512), Some(PlanError::TooSmall { .. })));
    assert!(matches!(refused(LEAST_BYTES - 1, 512), Some(PlanError::TooSmall { .. })));
    assert_eq!(refused(LEAST_BYTES, 0), None);
    assert_eq!(refused(GB, 4096), None);
    assert_eq!(refused(GB, 8192), Some(PlanError::Block { block_bytes: 8192 }));
    let error = "evs-super".parse::<Tier>().unwrap_err();
    assert_eq!(error.to_string(), "there is no tier `evs-super`");
    assert!(error.hint().unwrap().contains("evs-ultra"));
    for tier in Tier::ALL {
        assert_eq!(tier.name().parse(), Ok(tier));
        assert_eq!(serde_json::to_value(tier).unwrap(), tier.name());
    }
}

#[test]
fn a_reduction_is_asked_for_only_where_a_feature_is_on_and_the_data_allows() {
    let plan = planned(Tier::SsdArray, &target());
    for (setting, ratio, least) in [
        ("none", 1, None),
        ("none", 3, None),
        ("dedup", 1, None),
        ("dedup", 2, Some(1_200)),
        ("compress", 3, Some(1_200)),
        ("both", 1, None),
        ("both", 2, Some(1_200)),
    ] {
        let case = find(&plan, &format!("ssd-array.reduction.{setting}.{ratio}"));
        let judged = case.judged.iter().find(|one| one.path == "reduction.reported_milli").unwrap();
        let expected = least.map_or((Bound::AtMost, 1_050), |least| (Bound::AtLeast, least));
        assert_eq!((judged.bound, judged.value), expected, "{}", case.id);
    }
}

#[test]
fn a_plan_made_short_is_short_and_keeps_its_cases() {
    for tier in Tier::ALL {
        let whole = planned(tier, &target());
        let mut short = whole.clone();
        shorten(&mut short);
        let ids = |plan: &Plan| plan.case.iter().map(|case| case.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&short), ids(&whole));
        for (case, whole) in short.case.iter().zip(&whole.case) {
            assert!(case.most_ns <= whole.most_ns && case.most_ns >= 1, "{}", case.id);
            assert!(case.most_ns < 1_000_000_000_000, "{}: {}", case.id, case.most_ns);
            let span = case.load.as_ref().map_or(0, |load| load.workload.span_bytes);
            assert!(case.method != Method::Fill || span <= 1 << 30);
        }
        let runs = short.case.iter().filter(|case| case.missing.is_empty());
        assert_eq!(short.most_ns, runs.map(|case| case.most_ns).sum::<u64>());
        assert!(short.most_ns * 20 < whole.most_ns, "{tier}");
    }
}
