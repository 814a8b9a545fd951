//! Two states of one node that differ in everything that can differ.

use std::fmt::Write as _;

const STATIONS: u32 = 40;
const WRITTEN: &str = "a String takes everything";

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    One,
    Other,
}

/// Returns a state: networks `n0` to `n4` in the one, `n2` to `n6` in the other, with ports, taps,
/// remote stations and groups.
pub(crate) fn text(which: Which) -> String {
    let other = which == Which::Other;
    let mut text = String::from(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
         node = { name = \"n\", device = \"u0\", vtep = \"10.99.0.1\" }\n",
    );
    let networks = if other { 2..7 } else { 0..5 };
    for n in networks.clone() {
        // Two of those that stay exchange their numbers, one gets another MTU.
        let vni = match (n, other) {
            (3, true) => 104,
            (4, true) => 103,
            _ => 100 + n,
        };
        let mtu = if n == 2 && other { "mtu = 1400\n" } else { "" };
        write!(
            text,
            "[[vpc]]\nid = \"v{n}\"\n[[network]]\nid = \"n{n}\"\nvpc = \"v{n}\"\nvni = {vni}\n{mtu}\
             [[subnet]]\nid = \"s{n}\"\nnetwork = \"n{n}\"\ncidr = \"10.0.0.0/24\"\n\
             [[subnet]]\nid = \"x{n}\"\nnetwork = \"n{n}\"\ncidr = \"fd00::/64\"\n\
             [[group]]\nid = \"a{n}\"\nvpc = \"v{n}\"\n[[group]]\nid = \"b{n}\"\nvpc = \"v{n}\"\n\
             [[group.rule]]\ndirection = \"in\"\nprotocol = \"tcp\"\nports = {}\n\
             from = {{ group = \"a{n}\" }}\n",
            if other { 443 } else { 80 },
        )
        .expect(WRITTEN);
        if other {
            text += "[[group.rule]]\ndirection = \"in\"\nprotocol = \"udp\"\nports = 53\n\
                     from = { cidr = \"192.0.2.0/24\" }\n";
        }
    }
    let first = networks.start;
    for at in 0..STATIONS {
        // One in eight is only in this state, and where it is follows from the state too.
        if at % 8 == u32::from(other) {
            continue;
        }
        let network = first + (at + u32::from(other && at % 3 == 0)) % 5;
        let host = at + 10;
        let kind = match at {
            0..4 => format!("[[port]]\ndevice = \"t{at}\"\nkind = \"tap\"\n"),
            4..16 => format!("[[port]]\ndevice = \"p{at}\"\nkind = \"veth\"\npeer = \"q{at}\"\n"),
            _ => format!("[[remote]]\nvtep = \"10.99.0.{}\"\n", if other { 3 } else { 2 }),
        };
        let group = if at % 2 == u32::from(other) { 'a' } else { 'b' };
        write!(
            text,
            "{kind}id = \"p{at}\"\nnetwork = \"n{network}\"\nmac = \"02:00:00:00:00:{host:02x}\"\n\
             ips = [\"10.0.0.{host}\", \"fd00::{host:x}\"]\ngroups = [\"{group}{network}\"]\n"
        )
        .expect(WRITTEN);
    }
    text
}
