//! Tests of `cpu`.

use super::super::testing::{Tree, status};
use super::*;

fn tree(cpus: &[(u32, i64, i64, &str)]) -> Tree {
    cpus.iter().fold(Tree::new(), |tree, (id, package, core, siblings)| {
        let base = format!("{CPU}/cpu{id}/topology");
        tree.files(
            &base,
            &[
                ("physical_package_id", &package.to_string()),
                ("core_id", &core.to_string()),
                ("thread_siblings_list", siblings),
            ],
        )
    })
}

#[test]
fn packages_are_told_apart_whatever_their_numbers() {
    let tree =
        tree(&[(0, 36, 0, "0-1"), (1, 36, 0, "0-1"), (2, 8442, 0, "2-3"), (3, 8442, 0, "2-3")])
            .file(&format!("{CPU}/present"), "0-3");
    let collected = tree.run(cpu);
    let topology = collected.inventory.topology.as_ref().expect("a topology");
    assert_eq!((topology.packages, topology.cores), (Some(2), Some(2)));
    assert_eq!((topology.threads_online, topology.smt), (Some(4), Some(true)));
    let ids: Vec<_> = collected.inventory.cpu.iter().map(|cpu| cpu.package_id).collect();
    assert_eq!(ids, [Some(36), Some(8442)]);
    assert_eq!(status(&collected, Section::Topology).0, SectionState::Complete);
}

#[test]
fn pairs_that_share_a_list_but_not_a_number_are_two_cores() {
    let tree = tree(&[(0, 0, 0, "0-1"), (1, 0, 1, "0-1")]);
    let topology = tree.run(cpu).inventory.topology.expect("a topology");
    assert_eq!((topology.cores, topology.smt), (Some(2), Some(false)));
}

#[test]
fn offline_processors_are_counted_and_said() {
    let tree = tree(&[(0, 0, 0, "0"), (2, 0, 1, "2")]).file(&format!("{CPU}/present"), "0-3");
    let collected = tree.run(cpu);
    let topology = collected.inventory.topology.as_ref().expect("a topology");
    assert_eq!((topology.threads_online, topology.threads_present), (Some(2), Some(4)));
    let (state, reason) = status(&collected, Section::Topology);
    assert_eq!(state, SectionState::Partial);
    assert_eq!(reason, "2 of 4 processors are offline: their cores are not seen");
}

#[test]
fn the_kernels_base_clock_is_taken_where_the_name_has_none() {
    let files = [("base_frequency", "2600000"), ("cpuinfo_max_freq", "3400000")];
    let tree = tree(&[(0, 0, 0, "0")]).files(&format!("{CPU}/cpu0/cpufreq"), &files);
    let cpu0 = tree.run(cpu).inventory.cpu.remove(0);
    assert_eq!(cpu0.frequency_hz.nominal, Some(2_600_000_000));
    assert_eq!(cpu0.frequency_hz.max_claimed, Some(3_400_000_000));
    assert!(!cpu0.origin.sources.contains_key("frequency_hz.nominal"));
    let named = "processor : 0\nmodel name : Xeon CPU @ 2.10GHz\n";
    let cpu0 = tree.file("/proc/cpuinfo", named).run(cpu).inventory.cpu.remove(0);
    assert_eq!(cpu0.frequency_hz.nominal, Some(2_100_000_000));
    assert!(cpu0.origin.sources.contains_key("frequency_hz.nominal"));
}

#[test]
fn nodes_count_where_they_have_processors_or_memory() {
    let node = "/sys/devices/system/node";
    let tree = tree(&[(0, 0, 0, "0")])
        .file(&format!("{node}/node0/cpulist"), "0")
        .file(&format!("{node}/node1/cpulist"), "")
        .file(&format!("{node}/node1/meminfo"), "Node 1 MemTotal:  16384 kB")
        .file(&format!("{node}/node2/cpulist"), "")
        .file(&format!("{node}/node2/meminfo"), "Node 2 MemTotal:  0 kB")
        .file(&format!("{node}/possible"), "0-3");
    assert_eq!(tree.run(cpu).inventory.topology.expect("a topology").numa_nodes, Some(2));
}

#[test]
fn a_root_without_processors_says_so() {
    let collected = Tree::new().run(cpu);
    let (state, reason) = status(&collected, Section::Topology);
    assert_eq!(state, SectionState::Unsupported);
    assert_eq!(reason, "no /sys/devices/system/cpu");
    let bare = Tree::new().dir(&format!("{CPU}/cpu0")).run(cpu);
    assert_eq!(status(&bare, Section::Topology).0, SectionState::Failed);
}
