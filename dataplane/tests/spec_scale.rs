//! A node at its full size: 500 VPCs, 2,048 ports, 10,000 remote ports, 2,000 groups with 20,000
//! rules. Read whole, judged by the ten thousand, and refused as quickly when all of it is wrong.

use std::fmt::Write as _;

use dataplane::firewall::judge::Judge;
use dataplane::kernel::Connection;
use dataplane::spec;

const VPCS: usize = 500;
const PORTS: usize = 2048;
const REMOTES: usize = 10_000;
const GROUPS: usize = 2000;

/// The address of the nth station of a network, and its MAC address.
fn station(number: usize) -> (String, String) {
    let [.., high, low] = u32::try_from(number + 10).expect("few").to_be_bytes();
    (format!("10.0.{high}.{low}"), format!("02:00:00:00:{high:02x}:{low:02x}"))
}

fn full_size() -> String {
    let mut text = String::from(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
         node = { name = \"n\", device = \"u0\", vtep = \"10.99.0.1\" }\n",
    );
    let mut add = |section: std::fmt::Arguments<'_>| {
        text.write_fmt(section).expect("a String takes everything");
    };
    for n in 0..VPCS {
        add(format_args!("[[vpc]]\nid = \"v{n}\"\n"));
        add(format_args!("[[network]]\nid = \"n{n}\"\nvpc = \"v{n}\"\nvni = {}\n", n + 1));
        add(format_args!(
            "[[subnet]]\nid = \"s{n}\"\nnetwork = \"n{n}\"\ncidr = \"10.0.0.0/16\"\n"
        ));
    }
    for n in 0..GROUPS {
        add(format_args!("[[group]]\nid = \"g{n}\"\nvpc = \"v{}\"\n", n % VPCS));
        for rule in 1..=10 {
            let other = (n + rule * VPCS) % GROUPS;
            add(format_args!(
                "[[group.rule]]\ndirection = \"in\"\nprotocol = \"tcp\"\nports = {rule}\n\
                 from = {{ group = \"g{other}\" }}\n"
            ));
        }
    }
    for n in 0..PORTS + REMOTES {
        let (ip, mac) = station(n / VPCS);
        let group = n % VPCS + n / VPCS % (GROUPS / VPCS) * VPCS;
        let kind = if n < PORTS {
            format!("[[port]]\ndevice = \"t{n}\"\nkind = \"tap\"\n")
        } else {
            "[[remote]]\nvtep = \"10.99.0.2\"\n".to_owned()
        };
        add(format_args!(
            "{kind}id = \"p{n}\"\nnetwork = \"n{}\"\nmac = \"{mac}\"\nips = [\"{ip}\"]\n\
             groups = [\"g{group}\"]\n",
            n % VPCS
        ));
    }
    text
}

#[test]
fn a_full_size_state_is_read_whole_and_judged() {
    let state = spec::read("full.toml", &full_size()).expect("it is right");
    let sizes = [state.networks.len(), state.ports.len(), state.remotes.len(), state.groups.len()];
    assert_eq!(sizes, [VPCS, PORTS, REMOTES, GROUPS]);
    let judge = Judge::new(&state);
    let mut passing = 0;
    for n in 0..50_000 {
        let connection = Connection {
            zone: 1,
            id: 0,
            source: station(5 + n % 7).0.parse().expect("an address"),
            destination: station(n % 4).0.parse().expect("an address"),
            protocol: 6,
            ports: Some((40_000, 1 + u16::try_from(n % 20).expect("small"))),
            icmp: None,
        };
        passing += usize::from(judge.still_permitted(&format!("n{}", n % VPCS), &connection));
    }
    assert!(passing > 5_000 && passing < 45_000, "{passing} of 50000 pass");
}

#[test]
fn a_full_size_state_that_is_all_wrong_is_refused_with_its_count() {
    let text = full_size().replace("vpc = \"v", "vpc = \"w").replace("vni = ", "vni = 99999999");
    let errors = spec::read("full.toml", &text).expect_err("nothing is right");
    assert_eq!(errors.faults.len(), 200);
    assert!(errors.count() >= VPCS * 2 + GROUPS, "{}", errors.count());
}
