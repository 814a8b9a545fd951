//! The bundled server profiles against a machine that conforms, and its mutants.

use std::path::Path;

use profiles::{Catalogue, Judgement, Outcome, Verdict, judge, overall};
use serde_json::{Value, json};

use crate::machine::{conforming, set, with};

const SERVERS: [&str; 3] = ["gd-gov-cloud/ecs-server", "gd-gov-cloud/bms-1", "gd-gov-cloud/bms-2"];

fn judged(id: &str, facts: &Value) -> Vec<Judgement> {
    judge(&Catalogue::bundled().profile(id).expect(id), facts)
}

fn of<'j>(judgements: &'j [Judgement], check: &str) -> &'j Judgement {
    judgements.iter().find(|judgement| judgement.check.ends_with(check)).expect(check)
}

fn verdict(id: &str, check: &str, facts: &Value) -> Verdict {
    of(&judged(id, facts), check).verdict
}

#[test]
fn a_conforming_machine_passes_every_row_that_can_be_measured() {
    for id in SERVERS {
        for judgement in judged(id, &conforming()) {
            let paper = ["brand", "not-oem", "temperature", "chip"];
            let wanted = if paper.iter().any(|word| judgement.check.ends_with(word)) {
                Verdict::NeedsAttestation
            } else {
                Verdict::Pass
            };
            assert_eq!(judgement.verdict, wanted, "{id}: {judgement:#?}");
            assert!(!judgement.wording.is_empty() && !judgement.expected.zh.is_empty());
            if judgement.verdict == Verdict::Pass {
                assert!(!judgement.sources.is_empty(), "{}", judgement.check);
                assert!(judgement.reasons.is_empty(), "{judgement:#?}");
            }
        }
        assert_eq!(overall(&judged(id, &conforming())).outcome, Outcome::Incomplete);
    }
}

#[test]
fn the_judgement_of_a_conforming_machine_is_the_golden_one() {
    let judged = judged("gd-gov-cloud/bms-1", &conforming());
    let text = serde_json::to_string_pretty(&judged).unwrap() + "\n";
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/bms-1.json");
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    let wanted = std::fs::read_to_string(&golden).unwrap();
    assert!(
        text == wanted,
        "ASSAY_UPDATE_GOLDEN=1 writes the judgement as it is now; read the diff"
    );
}

#[test]
fn what_falls_short_fails() {
    // (check, pointer, value): each spoils one thing below what every class asks.
    let table = [
        ("cpu", "/cpu/3/cores", json!(9)),
        ("cpu", "/cpu/3/frequency_hz/nominal", json!(2_000_000_000_u64)),
        ("brand", "/system/brand/country", json!("US")),
        ("chip", "/bmc/chip/country", json!("CA")),
        ("nic", "/nic/0/virtual", json!(true)),
        ("nic", "/nic/0/port", json!([])),
        ("hba", "/hba/0/protocol", json!("fcoe")),
    ];
    for (check, pointer, value) in table {
        let mut facts = with(pointer, value);
        // As few as class I asks, so that losing one shows.
        if check == "nic" {
            facts["inventory"]["nic"].as_array_mut().unwrap().truncate(2);
        }
        let verdict = verdict("gd-gov-cloud/bms-1", check, &facts);
        assert_eq!(verdict, Verdict::Fail, "{check} {pointer}");
    }
}

#[test]
fn one_unit_below_a_bound_fails_and_the_bound_passes() {
    let dimms = |gib: u64| {
        let mut facts = conforming();
        for at in 0..48 {
            let size = if at == 0 { json!((gib - 15 * 32) << 30) } else { json!(32_u64 << 30) };
            if at % 3 == 0 {
                set(&mut facts, &format!("/dimm/{at}/size_bytes"), size);
            }
        }
        facts
    };
    assert_eq!(verdict("gd-gov-cloud/bms-1", "memory", &dimms(511)), Verdict::Fail);
    assert_eq!(verdict("gd-gov-cloud/bms-1", "memory", &dimms(512)), Verdict::Pass);
    let judged = judged("gd-gov-cloud/bms-1", &dimms(511));
    assert_eq!(of(&judged, "memory").measured.zh, "511 GiB");
    let cut = |section: &str, length: usize| {
        let mut facts = conforming();
        facts["inventory"][section].as_array_mut().unwrap().truncate(length);
        facts
    };
    for (id, check, section, least) in [
        (SERVERS[0], "dimm-slots", "dimm", 24),
        (SERVERS[1], "dimm-slots", "dimm", 48),
        (SERVERS[1], "pcie-slots", "slot", 9),
        (SERVERS[0], "nic", "nic", 3),
        (SERVERS[1], "nic", "nic", 2),
        (SERVERS[2], "nic", "nic", 4),
        (SERVERS[1], "hba", "hba", 2),
        (SERVERS[0], "cpu", "cpu", 2),
        (SERVERS[1], "cpu", "cpu", 4),
        (SERVERS[1], "storage", "disk", 2),
    ] {
        assert_eq!(verdict(id, check, &cut(section, least)), Verdict::Pass, "{id} {check}");
        assert_eq!(verdict(id, check, &cut(section, least - 1)), Verdict::Fail, "{id} {check}");
    }
}

#[test]
fn the_clocks_tolerance_is_one_percent_and_no_more() {
    for (mhz, wanted) in [(2400, Verdict::Pass), (2376, Verdict::Pass), (2375, Verdict::Fail)] {
        let mut facts = conforming();
        for at in 0..4 {
            let value = json!(mhz * 1_000_000_u64);
            set(&mut facts, &format!("/cpu/{at}/frequency_hz/nominal"), value);
        }
        assert_eq!(verdict(SERVERS[0], "cpu", &facts), wanted, "{mhz} MHz");
    }
}

#[test]
fn a_stick_of_unknown_size_passes_only_where_the_others_already_reach_it() {
    let unknown = with("/dimm/0/size_bytes", Value::Null);
    assert_eq!(verdict(SERVERS[1], "memory", &unknown), Verdict::NotMeasured);
    assert_eq!(verdict(SERVERS[2], "memory", &unknown), Verdict::Pass);
    let judged = judged(SERVERS[1], &unknown);
    let memory = of(&judged, "memory");
    assert_eq!(memory.measured.en, "≥ 480 GiB");
    assert_eq!(memory.reasons[0].text.en, "memory slots DIMM00: size unknown");
    assert!(memory.reasons[0].close.as_ref().unwrap().en.contains("dmidecode --dump-bin"));
    let removed = with("/dimm/0/present", Value::Null);
    assert_eq!(verdict(SERVERS[1], "memory", &removed), Verdict::NotMeasured);
}

#[test]
fn larger_drives_of_another_protocol_pass_by_arithmetic_and_raid_volumes_never_count() {
    let mut facts = conforming();
    for at in 0..2 {
        set(&mut facts, &format!("/disk/{at}/protocol"), json!("nvme"));
        set(&mut facts, &format!("/disk/{at}/size_bytes"), json!(1_920_383_410_176_u64));
    }
    let all = judged(SERVERS[1], &facts);
    let storage = of(&all, "storage");
    assert_eq!(storage.verdict, Verdict::Pass);
    assert!(
        storage.measured.en.contains("3840.766 GB (3840766820352 bytes)"),
        "{}",
        storage.measured.en
    );
    set(&mut facts, "/disk/1/protocol", json!("usb"));
    assert_eq!(verdict(SERVERS[1], "storage", &facts), Verdict::Fail);
    // One large drive is not two.
    facts["inventory"]["disk"].as_array_mut().unwrap().truncate(1);
    set(&mut facts, "/disk/0/size_bytes", json!(15_360_000_000_000_u64));
    assert_eq!(verdict(SERVERS[1], "storage", &facts), Verdict::Fail);
    // The same with drives behind a controller unread: nobody knows.
    let status = json!({ "status": "partial", "reason": "8 drives behind megaraid_sas" });
    set(&mut facts, "/sections/disk", status);
    assert_eq!(verdict(SERVERS[1], "storage", &facts), Verdict::NotMeasured);
    let all = judged(SERVERS[1], &facts);
    let reason = &of(&all, "storage").reasons[0];
    assert_eq!(reason.text.zh, "硬盘：采集不完整（8 drives behind megaraid_sas）");
    assert!(reason.close.as_ref().unwrap().zh.contains("storcli"));
}

#[test]
fn a_section_that_is_not_complete_passes_only_minima_already_reached() {
    for (status, passes) in [
        ("complete", true),
        ("partial", true),
        ("failed", false),
        ("unsupported", false),
        ("odd", false),
    ] {
        let facts = with("/sections/dimm", json!({ "status": status }));
        for check in ["memory", "dimm-slots"] {
            let verdict = verdict(SERVERS[1], check, &facts);
            let wanted = if passes { Verdict::Pass } else { Verdict::NotMeasured };
            assert_eq!(verdict, wanted, "{status} {check}");
        }
    }
    let nothing = json!({ "inventory": {} });
    for id in SERVERS {
        for judgement in judged(id, &nothing) {
            assert!(judgement.verdict.is_open(), "{judgement:#?}");
            assert!(judgement.reasons.iter().any(|reason| reason.close.is_some()));
        }
    }
}

#[test]
fn a_removed_brand_needs_a_person_and_never_passes() {
    for pointer in ["/system/brand", "/system/manufacturer", "/system/brand/country"] {
        let facts = with(pointer, Value::Null);
        assert_eq!(verdict(SERVERS[0], "brand", &facts), Verdict::NeedsAttestation, "{pointer}");
    }
    assert_eq!(
        verdict(SERVERS[0], "chip", &with("/bmc/chip", Value::Null)),
        Verdict::NeedsAttestation
    );
}

#[test]
fn evidence_that_was_not_collected_is_named_with_what_collects_it() {
    let mut facts = conforming();
    facts["inventory"]["sections"].as_object_mut().unwrap().remove("bmc");
    let all = judged(SERVERS[0], &facts);
    let reasons = &of(&all, "chip").reasons;
    assert_eq!(reasons.len(), 2, "{reasons:#?}");
    assert_eq!(reasons[1].text.zh, "管理控制器：未采集");
    assert!(reasons[1].close.as_ref().unwrap().en.contains("PCI id"));
}

#[test]
fn only_a_foreign_maker_is_refuted_and_one_of_hong_kong_macao_or_taiwan_is_for_a_person() {
    let maker = [("brand", "/system/brand/country"), ("chip", "/bmc/chip/country")];
    for (id, (check, pointer)) in SERVERS.iter().flat_map(|id| maker.map(|maker| (id, maker))) {
        for (country, wanted) in [
            ("CN", Verdict::NeedsAttestation),
            ("HK", Verdict::NeedsAttestation),
            ("MO", Verdict::NeedsAttestation),
            ("TW", Verdict::NeedsAttestation),
            ("US", Verdict::Fail),
            ("JP", Verdict::Fail),
        ] {
            let facts = with(pointer, json!(country));
            assert_eq!(verdict(id, check, &facts), wanted, "{id} {check} {country}");
        }
    }
}

#[test]
fn a_board_of_another_brand_is_shown_as_a_hint() {
    let all = judged(SERVERS[0], &with("/board/0/brand/id", json!("supermicro")));
    let reasons = &of(&all, "not-oem").reasons;
    assert!(
        reasons.iter().any(|reason| reason.text.zh.contains("可能为 OEM 产品")),
        "{reasons:#?}"
    );
    let all = judged(SERVERS[0], &conforming());
    assert!(
        !of(&all, "not-oem")
            .reasons
            .iter()
            .any(|reason| reason.text.zh.contains("可能为 OEM 产品"))
    );
}

#[test]
fn sources_that_disagree_need_a_person_only_where_it_changes_the_verdict() {
    let claim = |gib: u64| json!({ "source": 10, "also": { "size_bytes": [{ "source": 1, "value": gib << 30 }] } });
    let facts = with("/dimm/0/origin", claim(16));
    let all = judged(SERVERS[1], &facts);
    let memory = of(&all, "memory");
    assert_eq!(memory.verdict, Verdict::NeedsAttestation);
    let text = &memory.reasons[0].text.en;
    assert_eq!(
        text,
        "memory slots DIMM00 size: sources disagree: \
         32 GiB [smbios:17/0x000a] / 16 GiB [smbios:17/0x0001]"
    );
    // 256 GiB are reached either way, and an equal claim is no disagreement.
    assert_eq!(verdict(SERVERS[2], "memory", &facts), Verdict::Pass);
    assert_eq!(verdict(SERVERS[1], "memory", &with("/dimm/0/origin", claim(32))), Verdict::Pass);
}

#[test]
fn what_no_source_vouches_for_does_not_count() {
    for origin in [Value::Null, json!({}), json!({ "source": 4096 })] {
        let facts = with("/dimm/0/origin", origin);
        assert_eq!(verdict(SERVERS[1], "memory", &facts), Verdict::NotMeasured);
        assert_eq!(verdict(SERVERS[1], "dimm-slots", &facts), Verdict::NotMeasured);
    }
}

#[test]
fn the_cpu_row_can_be_waived_and_shows_what_is_compared() {
    let facts = with("/cpu/0/cores", json!(8));
    let all = judged(SERVERS[1], &facts);
    let cpu = of(&all, "cpu");
    assert_eq!((cpu.verdict, cpu.waivable), (Verdict::Fail, true));
    let comparison = &cpu.comparison.as_ref().unwrap().en;
    assert!(comparison.contains("cores in all: found 80, demanded 64"), "{comparison}");
    assert!(comparison.contains("found 192 GHz, demanded 134.4 GHz"), "{comparison}");
    assert!(all.iter().filter(|judgement| judgement.waivable).count() == 1);
}

#[test]
fn planes_are_judged_when_they_are_named() {
    let id = "gd-gov-cloud/planes";
    assert_eq!(verdict(id, "cards", &conforming()), Verdict::Pass);
    let shared = json!([{ "card": "0000:00:00", "roles": ["business", "storage"], "origin": { "source": 8 } }]);
    assert_eq!(verdict(id, "cards", &with("/plane_sharing", shared)), Verdict::Fail);
    let unnamed = with("/plane/2/role", Value::Null);
    assert_eq!(verdict(id, "cards", &unnamed), Verdict::NotMeasured);
    let all = judged(id, &unnamed);
    assert!(
        of(&all, "cards").reasons[0].close.as_ref().unwrap().en.contains("--plane management=")
    );
    let partial = with("/sections/plane_sharing", json!({ "status": "partial" }));
    assert_eq!(verdict(id, "cards", &partial), Verdict::NotMeasured);
}

#[test]
fn the_bare_metal_pool_wants_x86() {
    let id = "gd-gov-cloud/bms-service@class-1";
    assert_eq!(verdict(id, "x86", &conforming()), Verdict::Pass);
    let arm = with("/cpu/2/architecture", json!("aarch64"));
    assert_eq!(verdict(id, "x86", &arm), Verdict::Fail);
    assert_eq!(verdict(id, "x86", &with("/cpu/2/architecture", Value::Null)), Verdict::NotMeasured);
    let partial = with("/sections/cpu", json!({ "status": "partial" }));
    assert_eq!(verdict(id, "x86", &partial), Verdict::NotMeasured);
}

#[test]
fn a_flavour_is_judged_by_its_own_numbers() {
    let mut facts = with("/topology/threads_online", json!(4));
    facts["inventory"]["memory"] =
        json!({ "usable_bytes": 8_000_000_000_u64, "origin": { "source": 1 } });
    facts["inventory"]["sections"]["memory"] = json!({ "status": "complete" });
    facts["inventory"]["sections"].as_object_mut().unwrap().remove("dimm");
    let verdict =
        |id: &str, check: &str| verdict(&format!("gd-gov-cloud/ecs-flavor@{id}"), check, &facts);
    assert_eq!(verdict("basic-4c8g", "vcpu"), Verdict::Pass);
    assert_eq!(verdict("general-8c16g", "vcpu"), Verdict::Fail);
    // 8·10⁹ usable bytes prove 4 GiB, and neither prove nor refute 8 GiB.
    assert_eq!(verdict("basic-2c4g", "memory"), Verdict::Pass);
    assert_eq!(verdict("basic-4c8g", "memory"), Verdict::NotMeasured);
    assert_eq!(verdict("basic-4c8g", "disk"), Verdict::Pass);
}

#[test]
fn a_flash_chip_is_no_slot_and_a_slot_of_unknown_kind_is_in_doubt() {
    let mut facts = with("/dimm/0/kind", json!("flash"));
    assert_eq!(verdict(SERVERS[1], "dimm-slots", &facts), Verdict::Fail);
    set(&mut facts, "/dimm/0/kind", Value::Null);
    assert_eq!(verdict(SERVERS[1], "dimm-slots", &facts), Verdict::NotMeasured);
    assert_eq!(verdict(SERVERS[0], "dimm-slots", &facts), Verdict::Pass);
}

#[test]
fn what_sources_count_differently_is_not_passed_and_both_counts_are_told() {
    let claim = |source: u32, value: u32| json!({ "source": source, "value": value });
    let mut facts = conforming();
    facts["inventory"]["findings"] = json!([{
        "class": "missing", "path": "dimm", "message": "48 in band, 47 by the BMC",
        "message_zh": "带内 48，BMC 47", "claims": [claim(5, 48), claim(6, 47)],
    }]);
    let judgements = judged("gd-gov-cloud/bms-1", &facts);
    for check in ["memory", "dimm-slots"] {
        let judgement = of(&judgements, check);
        assert_eq!(judgement.verdict, Verdict::NeedsAttestation, "{judgement:#?}");
        let told = &judgement.reasons[0].text.en;
        for said in ["48 [smbios:17/0x0005]", "47 [smbios:17/0x0006]"] {
            assert!(told.contains(said), "{told}");
        }
    }
    // What rests on other sections stands.
    assert_eq!(of(&judgements, "cpu").verdict, Verdict::Pass);
    // A part that one source lacks is told of, and is no dispute over how many there are; nor are
    // two sources that count alike.
    for claims in [json!([claim(5, 48)]), json!([claim(5, 48), claim(6, 48)])] {
        facts["inventory"]["findings"][0]["claims"] = claims;
        assert_eq!(verdict("gd-gov-cloud/bms-1", "memory", &facts), Verdict::Pass);
    }
    // What fails by all that there is fails still.
    facts["inventory"]["findings"][0]["claims"] = json!([claim(5, 2), claim(6, 1)]);
    let dimms = facts["inventory"]["dimm"].as_array_mut().expect("memory");
    dimms.truncate(2);
    assert_eq!(verdict("gd-gov-cloud/bms-1", "memory", &facts), Verdict::Fail);
}

#[test]
fn an_intake_that_alarms_below_45_degrees_refutes_the_operating_range() {
    let intake = |name: &str, critical: i64| {
        json!({ "name": name, "place": "intake", "temperature_mc": 24_000,
                "critical_mc": critical, "origin": { "source": 7 } })
    };
    for (id, check) in
        [("gd-gov-cloud/ecs-server", "temperature"), ("gd-gov-cloud/bms-2", "temperature")]
    {
        for (limits, wanted) in [
            (vec![42_000], Verdict::Fail),
            (vec![45_000], Verdict::NeedsAttestation),
            (vec![48_000], Verdict::NeedsAttestation),
            (vec![48_000, 40_000], Verdict::Fail),
        ] {
            let mut facts = conforming();
            facts["inventory"]["sections"]["sensor"] = json!({ "status": "complete" });
            let sensors = limits.iter().map(|limit| intake("Inlet Temp", *limit));
            facts["inventory"]["sensor"] = sensors.collect();
            assert_eq!(verdict(id, check, &facts), wanted, "{id} {limits:?}");
        }
        // Where nothing measures it, papers decide.
        assert_eq!(verdict(id, check, &conforming()), Verdict::NeedsAttestation);
    }
}
