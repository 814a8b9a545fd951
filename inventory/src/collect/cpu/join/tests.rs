//! Tests of `join`.

use super::*;
use crate::model::{Frequency, Origin, SourceId};

fn socket(model: Option<&str>, nominal: Option<u64>) -> Cpu {
    Cpu {
        present: Some(true),
        model: model.map(str::to_owned),
        cores: Some(8),
        frequency_hz: Frequency { nominal, current: nominal, max_claimed: None },
        origin: Origin::of(SourceId(1)),
        ..Cpu::default()
    }
}

fn package(id: i64, cores: u32, nominal: Option<u64>) -> Cpu {
    Cpu {
        present: Some(true),
        model: Some("Kernel's name".to_owned()),
        cores: Some(cores),
        threads: Some(cores * 2),
        package_id: Some(id),
        microcode: Some("0x1".to_owned()),
        frequency_hz: Frequency { nominal, current: None, max_claimed: None },
        origin: Origin::of(SourceId(2)),
        ..Cpu::default()
    }
}

#[test]
fn packages_fill_the_populated_sockets_in_order() {
    let empty = Cpu { present: Some(false), cores: Some(8), ..Cpu::default() };
    let sockets = vec![socket(None, None), empty.clone(), socket(None, None)];
    let (cpus, findings) = join(sockets, vec![package(36, 8, None), package(8442, 8, None)]);
    let ids: Vec<_> = cpus.iter().map(|cpu| cpu.package_id).collect();
    assert_eq!(ids, [Some(36), None, Some(8442)]);
    assert_eq!(cpus[1], empty, "nothing is invented for an empty socket");
    assert_eq!(cpus[0].origin.sources["package_id"], SourceId(2));
    assert_eq!(cpus[0].origin.source, SourceId(1));
    assert_eq!(cpus[0].threads, Some(16));
    assert_eq!(findings, []);
}

#[test]
fn without_sockets_packages_are_the_processors() {
    let packages = vec![package(0, 2, None)];
    assert_eq!(join(Vec::new(), packages.clone()), (packages, Vec::new()));
}

#[test]
fn different_counts_are_a_finding_and_share_only_what_is_common() {
    let sockets = vec![socket(None, None), socket(None, None)];
    let (cpus, findings) = join(sockets, vec![package(0, 8, None)]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].class, FindingClass::Missing);
    assert!(cpus.iter().all(|cpu| cpu.package_id.is_none() && cpu.microcode.is_some()));
    assert!(cpus.iter().all(|cpu| cpu.threads.is_none()));
}

#[test]
fn the_clock_in_the_name_stands_before_the_kernels_and_that_before_smbios() {
    let kernel = Some(2_600_000_000);
    let named = socket(Some("Xeon @ 2.10GHz"), Some(2_100_000_000));
    let (cpus, _) = join(vec![named], vec![package(0, 8, kernel)]);
    assert_eq!(cpus[0].frequency_hz.nominal, Some(2_100_000_000));
    let unnamed = socket(Some("EPYC 7742"), Some(3_400_000_000));
    let (cpus, _) = join(vec![unnamed], vec![package(0, 8, kernel)]);
    assert_eq!(cpus[0].frequency_hz.nominal, kernel);
    let claim = &cpus[0].origin.also["frequency_hz.nominal"][0];
    assert_eq!((claim.source, claim.value.as_u64()), (SourceId(1), Some(3_400_000_000)));
}

#[test]
fn cores_that_differ_are_a_finding_unless_firmware_switched_them_off() {
    let (cpus, findings) = join(vec![socket(None, None)], vec![package(0, 6, None)]);
    assert_eq!(findings[0].path, "cpu[0].cores");
    assert_eq!(cpus[0].cores, Some(8));
    assert_eq!(cpus[0].origin.also["cores"][0].value.as_u64(), Some(6));
    let reduced = Cpu { cores_enabled: Some(6), ..socket(None, None) };
    assert_eq!(join(vec![reduced], vec![package(0, 6, None)]).1, []);
}
