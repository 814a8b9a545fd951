//! The text shows what is there, and what could not be seen.

use inventory::model::{Cpu, Dimm, Disk, DiskHealth, System};
use profiles::Lang;

use super::*;
use crate::output::Paint;

fn server() -> Inventory {
    let cpu = |locator: &str, present| Cpu {
        locator: Some(locator.to_owned()),
        present: Some(present),
        model: present.then(|| "Kunpeng 920".to_owned()),
        cores: present.then_some(48),
        ..Cpu::default()
    };
    let dimm = |present| Dimm {
        present: Some(present),
        kind: Some("ram".to_owned()),
        size_bytes: present.then_some(32 << 30),
        memory_type: Some("DDR4".to_owned()),
        ..Dimm::default()
    };
    let mut inventory = Inventory {
        system: Some(System {
            manufacturer: Some("HUAWEI".to_owned()),
            product: Some("TaiShan\u{1b}[31m 200".to_owned()),
            ..System::default()
        }),
        cpu: vec![cpu("CPU1", true), cpu("CPU2", true), cpu("CPU3", false)],
        dimm: vec![dimm(true), dimm(true), dimm(false)],
        disk: vec![Disk {
            name: Some("sda".to_owned()),
            size_bytes: Some(900_185_481_216),
            health: Some(DiskHealth {
                passed: Some(false),
                reasons: vec!["12 pending sectors".to_owned()],
                ..DiskHealth::default()
            }),
            ..Disk::default()
        }],
        ..Inventory::default()
    };
    let reason = Some("permission denied (needs root)".to_owned());
    inventory.set_section(Section::Dimm, SectionState::Partial, reason);
    inventory.set_section(Section::Cpu, SectionState::Complete, None);
    inventory
}

fn page(lang: Lang) -> String {
    text(&server(), Layout { lang, paint: Paint::Plain, columns: None })
}

#[test]
fn equal_parts_are_counted_and_empty_places_are_not_parts() {
    let page = page(Lang::En);
    assert!(page.contains("  2      Kunpeng 920  48"), "{page}");
    assert!(page.contains("  empty sockets: 1"), "{page}");
    assert!(page.contains("  total 64 GiB, slots used 2 / 3"), "{page}");
    assert!(page.contains("900.18 GB"), "{page}");
    assert!(page.contains("12 pending sectors"), "{page}");
}

#[test]
fn what_could_not_be_read_is_said_with_its_reason() {
    let english = page(Lang::En);
    assert!(english.contains("DIMMs    partial  permission denied (needs root)"), "{english}");
    let chinese = page(Lang::Zh);
    assert!(chinese.contains("内存条  部分  permission denied (needs root)"), "{chinese}");
}

#[test]
fn text_from_the_machine_cannot_drive_the_terminal() {
    assert!(!page(Lang::En).contains('\u{1b}'));
}
