//! Two networks with the same addresses in one namespace.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use hw_tests::network::frame::{Arp, BROADCAST, Path, arp};
use hw_tests::network::layout::{Guest, Layout, Network, build};
use hw_tests::network::wire::{Wire, passes};
use hw_tests::network::{Bed, eventually};
use libtest_mimic::Failed;
use serde_json::Value;

/// How long is waited for what has to come.
const SOON: Duration = Duration::from_secs(5);

fn v4(address: IpAddr) -> std::net::Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => unreachable!("the guests' first address is IPv4"),
    }
}

/// A neighbour advertisement from one guest to another: what always passes, to be sent behind
/// a probe. (An ARP answer would not: a tunnel with `proxy` swallows those.)
fn fence(from: &Guest, to: &Guest, token: &[u8]) -> Vec<u8> {
    let IpAddr::V6(own) = from.v6 else { unreachable!("the guests' second address is IPv6") };
    from.to(to, true).advertisement(own, from.mac, token)
}

/// Returns whether a datagram from `from` to `port` of `to` is seen there.
fn udp(from: &Guest, to: &Guest, ipv6: bool, port: u16) -> Result<bool, Failed> {
    let wires = (Wire::open(&from.space, "eth0")?, Wire::open(&to.space, "eth0")?);
    let token = format!("probe-{port}-{ipv6}");
    let frame = from.to(to, ipv6).udp((4000, port), token.as_bytes());
    let behind = format!("fence{port}{ipv6}");
    let behind = (&*fence(from, to, behind.as_bytes()), behind.as_bytes());
    Ok(passes((&wires.0, &wires.1), (&frame, token.as_bytes()), behind)?)
}

/// Returns whether a connection comes about.
fn tcp(from: &Guest, to: &Guest, ipv6: bool, port: u16) -> Result<bool, Failed> {
    let address = SocketAddr::new(to.address(ipv6), port);
    let _listener = to.space.inside(|| TcpListener::bind(address))??;
    let limit = Duration::from_millis(300);
    Ok(from.space.inside(|| TcpStream::connect_timeout(&address, limit).is_ok())?)
}

pub(crate) fn judged() -> Result<(), Failed> {
    let mut bed = Bed::new()?;
    let site = build(&mut bed, Layout::fabric(2))?;
    let [red, green] = site.networks.as_slice() else { return Err("two were built".into()) };
    for (network, other) in [(red, green), (green, red)] {
        let Network { a1, a2, b1, .. } = network;
        for (from, to) in [(a1, a2), (a1, b1), (b1, a1)] {
            for ipv6 in [false, true] {
                let case = format!("{} {:?} to {:?}", network.bridge, from.v4, to.address(ipv6));
                // What the other network admits for the same address is its positive control.
                assert!(udp(from, to, ipv6, network.port)?, "{case}: UDP");
                assert!(!udp(from, to, ipv6, other.port)?, "{case}: UDP of the other");
                assert!(tcp(from, to, ipv6, network.port)?, "{case}: TCP");
                assert!(!tcp(from, to, ipv6, other.port)?, "{case}: TCP of the other");
            }
        }
    }
    Ok(())
}

pub(crate) fn zones() -> Result<(), Failed> {
    let mut bed = Bed::new()?;
    let site = build(&mut bed, Layout::fabric(2))?;
    let mut listeners = Vec::new();
    let mut streams = Vec::new();
    // The same five numbers in both networks, at the same time.
    for network in &site.networks {
        for ipv6 in [false, true] {
            let (from, to) = (&network.a1, &network.b1);
            let (own, other) =
                (from.address(ipv6), SocketAddr::new(to.address(ipv6), network.port));
            listeners.push(to.space.inside(|| TcpListener::bind(other))??);
            streams.push(from.space.inside(|| TcpStream::connect_timeout(&other, SOON))??);
            assert_eq!(
                streams.last().map(|stream| stream.local_addr().map(|at| at.ip()).ok()),
                Some(Some(own))
            );
        }
    }
    for host in &site.hosts {
        for family in ["ipv4", "ipv6"] {
            let mut found = Vec::new();
            eventually("both connections to be established", || {
                let text =
                    host.line(&format!("conntrack -L -f {family} -p tcp --state ESTABLISHED"));
                let text = text.unwrap_or_default();
                let words = text.split_whitespace();
                found = words
                    .filter_map(|word| word.strip_prefix("zone="))
                    .map(str::to_owned)
                    .collect();
                found.sort();
                found == ["1", "2"]
            })
            .map_err(|error| format!("{error}: {found:?}"))?;
        }
    }
    Ok(())
}

/// A guest that one network alone has is not reached from the other.
pub(crate) fn apart() -> Result<(), Failed> {
    let mut bed = Bed::new()?;
    let site = build(&mut bed, Layout::fabric(2))?;
    let [red, green] = site.networks.as_slice() else { return Err("two were built".into()) };
    let heard = [&green.a1, &green.a2, &green.b1].map(|guest| Wire::open(&guest.space, "eth0"));
    let from = Wire::open(&red.a1.space, "eth0")?;
    let to = Wire::open(&red.b1.space, "eth0")?;
    let own = red.a1.to(&red.b1, false);
    let frames = [
        own.udp((4000, red.port), b"of red"),
        own.udp((4000, green.port), b"of red"),
        Path { mac: (own.mac.0, BROADCAST), ..own }.udp((4000, green.port), b"of red"),
        arp(
            BROADCAST,
            red.a1.mac,
            Arp {
                operation: 1,
                sender: (red.a1.mac, v4(red.a1.v4)),
                target: ([0; 6], [10, 0, 0, 99].into()),
            },
            b"of red",
        ),
        red.a1.to(&red.b1, true).udp((4000, green.port), b"of red"),
    ];
    for frame in &frames {
        from.send(frame)?;
    }
    let control = own.udp((4000, red.port), b"behind them");
    from.send(&control)?;
    assert!(to.token(SOON, b"behind them")?.is_some(), "the control arrives");
    for wire in heard {
        let found = wire?.token(Duration::from_millis(100), b"of red")?;
        assert_eq!(found, None, "a frame of red in green");
    }
    Ok(())
}

/// Sends the first half of a datagram in one network and the second in the other, with the
/// same addresses and identification; returns whether the joined one comes out of either.
fn mixed(zone_priority: i32, ipv6: bool) -> Result<bool, Failed> {
    let mut bed = Bed::new()?;
    let site = build(&mut bed, Layout { zone_priority, ..Layout::fabric(2) })?;
    let [red, green] = site.networks.as_slice() else { return Err("two were built".into()) };
    let open = |guest: &Guest| Wire::open(&guest.space, "eth0");
    let (from_red, from_green) = (open(&red.a1)?, open(&green.a1)?);
    let heard = [open(&red.b1)?, open(&green.b1)?];
    let path = red.a1.to(&red.b1, ipv6);
    // Each network's own two halves are joined: the control.
    for (from, to, port) in [(&from_red, &heard[0], red.port), (&from_green, &heard[1], green.port)]
    {
        for half in path.fragments(port, (4000, port), b"whole-12whole-34") {
            from.send(&half)?;
        }
        assert!(to.token(SOON, b"whole-34")?.is_some(), "fragments of one network pass");
    }
    let [head, _] = path.fragments(77, (4000, red.port), b"head-red-tail---");
    let [_, tail] = path.fragments(77, (4000, red.port), b"head-red-tail---");
    from_red.send(&head)?;
    from_green.send(&tail)?;
    for (from, to, network) in [(&from_red, &heard[0], red), (&from_green, &heard[1], green)] {
        let fence = fence(&network.a1, &network.b1, b"behind them");
        from.send(&fence)?;
        let mut seen = false;
        let last = to.hear(SOON, |frame| {
            seen |= hw_tests::network::wire::holds(frame, b"-tail---");
            hw_tests::network::wire::holds(frame, b"behind them")
        })?;
        assert!(last.is_some(), "the fence arrives");
        if seen {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn fragments() -> Result<(), Failed> {
    for ipv6 in [false, true] {
        assert!(!mixed(-450, ipv6)?, "IPv6 {ipv6}");
    }
    Ok(())
}

/// Why the zone has to be given before: otherwise halves of two tenants make a whole.
pub(crate) fn joined() -> Result<(), Failed> {
    for ipv6 in [false, true] {
        assert!(mixed(-300, ipv6)?, "IPv6 {ipv6}");
    }
    Ok(())
}

/// The tunnel answers requests for addresses that it knows, and keeps others to itself.
pub(crate) fn quiet_underlay() -> Result<(), Failed> {
    let mut bed = Bed::new()?;
    let site = build(&mut bed, Layout::fabric(1))?;
    let [network] = site.networks.as_slice() else { return Err("one was built".into()) };
    let underlay = Wire::open(&site.hosts[1], "u0")?;
    let from = Wire::open(&network.a1.space, "eth0")?;
    let sender = (network.a1.mac, v4(network.a1.v4));
    for last in [21, 99] {
        let said = Arp { operation: 1, sender, target: ([0; 6], [10, 0, 0, last].into()) };
        from.send(&arp(BROADCAST, network.a1.mac, said, b""))?;
    }
    let asked = format!("fd00::{}", 21).parse::<std::net::Ipv6Addr>()?;
    let group = Path {
        mac: (network.a1.mac, [0x33, 0x33, 0xff, 0, 0, 0x21]),
        ip: (network.a1.v6, "ff02::1:ff00:21".parse()?),
    };
    from.send(&group.solicitation(asked, network.a1.mac, b""))?;
    // Answers for 10.0.0.21 and fd00::21, by the tunnel of the guest's own host.
    let is = |frame: &[u8], kind: &[u8]| frame.get(12..14) == Some(kind);
    let arp_answer = |frame: &[u8]| {
        is(frame, &[8, 6])
            && frame.get(20..22) == Some(&[0, 2])
            && frame.get(28..32) == Some(&[10, 0, 0, 21])
    };
    assert!(from.hear(SOON, arp_answer)?.is_some(), "ARP is answered");
    let control = network.a1.to(&network.b1, false).udp((4000, network.port), b"behind them");
    from.send(&control)?;
    let mut told: Vec<Value> = Vec::new();
    let last = underlay.hear(SOON, |frame| {
        // Behind 14 of Ethernet, 20 of IPv4, 8 of UDP and 8 of VXLAN is the guest's frame.
        if is(frame, &[8, 0]) && frame.get(36..38) == Some(&4789_u16.to_be_bytes()) {
            let kind = frame.get(62..64).unwrap_or_default().to_vec();
            if kind != [8, 0] {
                told.push(kind.into());
            }
        }
        hw_tests::network::wire::holds(frame, b"behind them")
    })?;
    assert!(last.is_some(), "the control arrives");
    assert_eq!(told, Vec::<Value>::new(), "ARP or IPv6 of a tenant on the underlay");
    Ok(())
}
