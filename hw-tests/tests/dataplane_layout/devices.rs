//! Chains, flags and membership while devices come and go.

use std::time::Duration;

use hw_tests::network::Bed;
use hw_tests::network::frame::ethernet;
use hw_tests::network::layout::{Layout, build};
use hw_tests::network::wire::{Wire, passes};
use libtest_mimic::Failed;

/// Closes a device that may not be there.
const CLOSED: &str = "table netdev assay {
 chain as_spoof {
  counter drop;
 }
 chain as_p_t {
  type filter hook ingress device \"t0\" priority -100; policy drop;
  jump as_spoof;
 }
}
";

pub(crate) fn absent() -> Result<(), Failed> {
    let mut bed = Bed::new()?;
    let host = bed.space("host")?;
    // Kernels before 6.16 refuse a chain whose device is not there, and lose one whose device
    // goes.
    host.feed(&["nft", "-f", "-"], CLOSED)?;
    let dropped = || -> Result<u64, Failed> {
        let listed = host.json(&["nft", "-j", "list", "chain", "netdev", "assay", "as_spoof"])?;
        let objects = listed["nftables"].as_array().cloned().unwrap_or_default();
        let count = objects
            .iter()
            .find_map(|object| object["rule"]["expr"][0]["counter"]["packets"].as_u64());
        count.ok_or_else(|| "the chain has a counter".into())
    };
    let mut before = dropped()?;
    assert_eq!(before, 0);
    for round in 0..3 {
        host.line("ip link add t0 type veth peer name t1")?;
        host.line("ip link set t0 addrgenmode none up")?;
        host.line("ip link set t1 addrgenmode none up")?;
        let (from, to) = (Wire::open(&host, "t1")?, Wire::open(&host, "t0")?);
        from.send(&ethernet([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], 0x88b5, b"a frame"))?;
        assert!(to.token(Duration::from_secs(5), b"a frame")?.is_some(), "it reached the device");
        let after = dropped()?;
        assert_eq!(after, before + 1, "round {round}: bound by name, from the first frame");
        before = after;
        host.line("ip link delete t0")?;
        let chains = host.json(&["nft", "-j", "list", "chains", "netdev"])?;
        assert!(chains.to_string().contains("as_p_t"), "round {round}: it outlives its device");
    }
    Ok(())
}

/// Sysctls are 0; a bridge with the flag is judged and one without is not.
pub(crate) fn flags() -> Result<(), Failed> {
    for groups in [true, false] {
        let mut bed = Bed::new()?;
        let site = build(&mut bed, Layout { groups, ..Layout::fabric(1) })?;
        let [network] = site.networks.as_slice() else { return Err("one was built".into()) };
        for host in &site.hosts {
            for what in ["iptables", "ip6tables", "arptables"] {
                let name = format!("net.bridge.bridge-nf-call-{what}");
                assert_eq!(host.run(&["sysctl", "-n", &name])?.trim(), "0", "{name}");
            }
            let links = host.json(&["ip", "-j", "-d", "link", "show", "type", "bridge"])?;
            let data = &links[0]["linkinfo"]["info_data"];
            for flag in ["nf_call_iptables", "nf_call_ip6tables"] {
                assert_eq!(data[flag].as_u64(), Some(u64::from(groups)), "{flag}: {data}");
            }
        }
        if !groups {
            // Judged nowhere, so that the rules below are what decides in the other round.
            let rules = "table inet assay {\n chain as_fwd {\n  type filter hook forward \
                         priority 0; policy drop;\n }\n}\n";
            site.hosts[0].feed(&["nft", "-f", "-"], rules)?;
        }
        let wires =
            (Wire::open(&network.a1.space, "eth0")?, Wire::open(&network.a2.space, "eth0")?);
        for ipv6 in [false, true] {
            let path = network.a1.to(&network.a2, ipv6);
            let probe = path.udp((4000, 1), b"not admitted");
            let fence = path.udp((4000, network.port), b"the fence");
            let seen =
                passes((&wires.0, &wires.1), (&probe, b"not admitted"), (&fence, b"the fence"))?;
            assert_eq!(seen, !groups, "groups {groups}, IPv6 {ipv6}");
        }
    }
    Ok(())
}
