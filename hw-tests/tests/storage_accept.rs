//! `assay storage accept` on devices made here: what it does beside the load. Everything is
//! run with `--fast`, so that whatever comes out is INVALID; that is asserted too.

#[path = "storage_accept/array.rs"]
mod array;
#[path = "storage_accept/devices.rs"]
mod devices;
#[path = "storage_accept/filled.rs"]
mod filled;
#[path = "storage_accept/snapshots.rs"]
mod snapshots;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::Arguments;

const ZRAM: &[Need] =
    &[Need::Root, Need::Path { path: "/sys/class/zram-control/hot_add", package: "linux-image" }];
const BTRFS: &[Need] =
    &[Need::Root, Need::Program("mkfs.btrfs"), Need::Program("btrfs"), Need::Program("losetup")];

fn main() -> ExitCode {
    let trials = vec![
        trial("snapshots_of_btrfs_are_compared", BTRFS, snapshots::of_btrfs),
        trial("a_hook_that_fails_is_invalid_by_its_own_words", ZRAM, snapshots::failing),
        trial("an_interrupt_leaves_no_snapshot_and_blocks_go_on", ZRAM, snapshots::interrupted),
        trial("a_killed_acceptance_forgets_no_snapshot", ZRAM, snapshots::killed),
        trial("a_filled_volume_is_filled_again_only_where_it_changed", ZRAM, filled::once),
        trial("reduction_is_what_zram_says_it_made_of_the_data", ZRAM, array::reduction),
        trial("hits_are_those_of_the_counters", ZRAM, array::hits),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
