//! Tests of `planes`.

use super::super::PlaneName;
use super::super::testing::{Tree, status};
use super::*;

/// Two dual-port cards: a bond with VLAN over one port of each, a bridge over
/// the second port of the first, the fourth port plain.
fn tree() -> Tree {
    let mut tree = Tree::new();
    let ports = [
        ("0000:3b:00.0", "a0"),
        ("0000:3b:00.1", "a1"),
        ("0000:5e:00.0", "b0"),
        ("0000:5e:00.1", "b1"),
    ];
    for (address, name) in ports {
        tree = tree.pci("pci0000:00", address, ["0x8086", "0x1572", "0x020000"]);
        tree = tree.net(&format!("pci0000:00/{address}"), name, &[]);
    }
    tree.soft("bond0", &["a0", "b0"])
        .soft("bond0.300", &["bond0"])
        .soft("br0", &["a1"])
        .soft("lo", &[])
        .file(
            "/assay/net.json",
            r#"{"links":[
            {"name":"lo","index":1,"addresses":[]},
            {"name":"bond0","index":6,"addresses":["10.0.0.5/24"]},
            {"name":"bond0.300","index":7,"vlan":300,"addresses":["10.3.0.5/24"]},
            {"name":"br0","index":8,"addresses":["10.1.0.5/24","fd00::5/64"]},
            {"name":"b1","index":5,"addresses":["10.2.0.5/24"]}]}"#,
        )
}

fn named(names: &[&str]) -> Options {
    let planes = names.iter().map(|name| name.parse::<PlaneName>().expect("a name"));
    Options { planes: planes.collect(), ..Options::default() }
}

fn plane<'a>(planes: &'a [Plane], interface: &str) -> &'a Plane {
    planes.iter().find(|plane| plane.interface == interface).expect("the plane")
}

#[test]
fn bonds_vlans_and_bridges_lead_to_ports_and_cards() {
    let planes_seen = tree().run(planes).inventory.plane;
    let vlan = plane(&planes_seen, "bond0.300");
    assert_eq!(vlan.ports, ["a0", "b0"]);
    assert_eq!(vlan.cards, ["0000:3b:00", "0000:5e:00"]);
    assert_eq!(vlan.vlan, Some(300));
    assert_eq!(vlan.addresses, ["10.3.0.5/24"]);
    assert_eq!(plane(&planes_seen, "br0").cards, ["0000:3b:00"]);
    assert_eq!(plane(&planes_seen, "b1").ports, ["b1"]);
    assert_eq!(planes_seen.len(), 4, "an interface without addresses is no plane");
}

#[test]
fn planes_that_meet_on_a_card_are_told_also_on_different_ports() {
    let options = named(&["management=10.1.0.0/24", "storage=vlan:300", "business=b1"]);
    let collected = tree().run_with(planes, &options);
    let inventory = &collected.inventory;
    assert_eq!(plane(&inventory.plane, "br0").role.as_deref(), Some("management"));
    assert_eq!(plane(&inventory.plane, "bond0.300").role.as_deref(), Some("storage"));
    let shared: Vec<_> =
        inventory.plane_sharing.iter().map(|s| (s.card.as_str(), s.roles.clone())).collect();
    let roles = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        shared,
        [
            ("0000:3b:00", roles(&["management", "storage"])),
            ("0000:5e:00", roles(&["business", "storage"])),
        ]
    );
    assert_eq!(status(&collected, Section::PlaneSharing).0, SectionState::Complete);
}

#[test]
fn planes_on_cards_of_their_own_share_none() {
    let options = named(&["management=br0", "business=b1"]);
    let collected = tree().run_with(planes, &options);
    assert_eq!(collected.inventory.plane_sharing, []);
    assert_eq!(status(&collected, Section::PlaneSharing).0, SectionState::Complete);
}

#[test]
fn a_named_plane_that_is_not_found_leaves_sharing_unknown() {
    let options = named(&["management=br0", "storage=10.9.0.0/24"]);
    let (state, reason) = status(&tree().run_with(planes, &options), Section::PlaneSharing);
    assert_eq!(state, SectionState::Partial);
    assert_eq!(reason, "plane `storage`: no interface has an address in 10.9.0.0/24");
    let (state, _) = status(&tree().run(planes), Section::PlaneSharing);
    assert_eq!(state, SectionState::Failed, "without names nothing is known");
}

#[test]
fn a_named_plane_without_hardware_leaves_sharing_unknown() {
    let tree = tree().soft("dummy0", &[]);
    let collected = tree.run_with(planes, &named(&["management=dummy0"]));
    let (state, reason) = status(&collected, Section::PlaneSharing);
    assert_eq!(state, SectionState::Partial);
    assert_eq!(reason, "plane `management`: `dummy0` leads to no physical card");
}

#[test]
fn a_virtual_function_counts_as_its_card() {
    let tree = tree()
        .pci("pci0000:00", "0000:3b:02.0", ["0x8086", "0x154c", "0x020000"])
        .link("/sys/devices/pci0000:00/0000:3b:02.0/physfn", "../0000:3b:00.0")
        .net("pci0000:00/0000:3b:02.0", "vf0", &[]);
    let collected = tree.run_with(planes, &named(&["business=vf0"]));
    let planes = &collected.inventory.plane;
    assert_eq!(plane(planes, "vf0").cards, ["0000:3b:00"]);
}

#[test]
fn a_loop_in_a_recorded_root_ends() {
    let tree = tree().soft("x", &["y"]).soft("y", &["x"]);
    let collected = tree.run_with(planes, &named(&["business=x"]));
    assert!(plane(&collected.inventory.plane, "x").ports.is_empty());
}

#[test]
fn without_recorded_addresses_the_section_says_so() {
    let tree = Tree::new()
        .pci("pci0000:00", "0000:3b:00.0", ["0x8086", "0x1572", "0x020000"])
        .net("pci0000:00/0000:3b:00.0", "eth0", &[])
        .soft("eth0.100", &[])
        .file("/proc/net/vlan/config", "VLAN Dev name | VLAN ID\neth0.100 | 100  | eth0");
    let collected = tree.run_with(planes, &named(&["storage=vlan:100"]));
    assert_eq!(plane(&collected.inventory.plane, "eth0.100").cards, ["0000:3b:00"]);
    let (state, reason) = status(&collected, Section::Plane);
    assert_eq!((state, reason.as_str()), (SectionState::Partial, "addresses: not recorded"));
}
