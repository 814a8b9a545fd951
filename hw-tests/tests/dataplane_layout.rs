//! The layout of tenant networks, proved with iproute2 and nft alone: all networks in one
//! namespace, each with a bridge, a VXLAN device and a conntrack zone (ADR 0011).
//!
//! Facts of the kernel that the layout rests on, as assertions.

#[path = "dataplane_layout/devices.rs"]
mod devices;
#[path = "dataplane_layout/overlap.rs"]
mod overlap;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::Arguments;

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("bridge"),
    Need::Program("nft"),
    Need::Program("sysctl"),
    Need::Program("conntrack"),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("overlapping_networks_are_judged_each_by_its_own", NEEDS, overlap::judged),
        trial("a_connection_is_in_the_zone_of_its_network", NEEDS, overlap::zones),
        trial("an_address_that_another_network_has_is_not_reached", NEEDS, overlap::apart),
        trial("fragments_of_two_networks_are_never_joined", NEEDS, overlap::fragments),
        trial("a_zone_given_after_defragmentation_joins_them", NEEDS, overlap::joined),
        trial("no_request_for_an_address_is_on_the_underlay", NEEDS, overlap::quiet_underlay),
        trial("a_chain_waits_for_its_device_and_outlives_it", NEEDS, devices::absent),
        trial("bridges_call_by_their_own_flag_alone", NEEDS, devices::flags),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
