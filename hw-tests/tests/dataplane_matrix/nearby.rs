//! What lies beside the networks: the node itself, and its other cards.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use hw_tests::network::frame::{Arp, BROADCAST, Mac, Path, arp};
use hw_tests::network::wire::Wire;
use hw_tests::network::{Space, within};
use libtest_mimic::Failed;

use super::cases::{Family, Frame, Seat};
use super::packet::{Making, address, on_underlay, vxlan};
use super::site::{EXCHANGE, Site, mac_of};

const SOON: Duration = Duration::from_secs(5);
const NEVER: Duration = Duration::from_millis(200);
const RED: u32 = 100;

/// Whether a socket hears exactly these bytes.
fn hears(socket: &UdpSocket, limit: Duration, wanted: &[u8]) -> Result<bool, Failed> {
    socket.set_read_timeout(Some(limit))?;
    let mut bytes = [0; 64];
    while let Ok(length) = socket.recv(&mut bytes) {
        if bytes.get(..length) == Some(wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The MAC address of the bridge of network red.
fn bridge(host: &Space) -> Result<Mac, Failed> {
    Ok(mac_of(host, dataplane::naming::bridge("red").as_str())?)
}

/// Nothing of a guest's comes to its node, neither by the bridge's MAC address nor to all.
pub(crate) fn node() -> Result<(), Failed> {
    let site = Site::new(true, Family::V4)?;
    let [host, other] = &site.hosts;
    let bridge = bridge(host)?;
    let from = site.wire(Seat::A1).ok_or("it has a card")?;
    for (family, own, far) in
        [(Family::V4, "10.99.0.1", "10.99.0.2"), (Family::V6, "fd99::1", "fd99::2")]
    {
        let own: IpAddr = own.parse()?;
        let at = SocketAddr::new(own, 5005);
        let socket = host.inside(|| UdpSocket::bind(at))??;
        let from_far = other
            .inside(|| UdpSocket::bind(SocketAddr::new(far.parse()?, 0)).map_err(Failed::from))??;
        let ip = (address(Seat::A1, family), own);
        for to in [bridge, BROADCAST] {
            let path = Path { mac: (Seat::A1.mac(), to), ip };
            from.send(&path.udp((4000, 5005), b"of a guest"))?;
            from.send(&path.echo(false, 7, b"of a guest"))?;
        }
        assert!(!hears(&socket, NEVER, b"of a guest")?, "{family:?}: a guest reached its node");
        from_far.send_to(b"of a node", at)?;
        assert!(hears(&socket, SOON, b"of a node")?, "{family:?}: the control, by the underlay");
    }
    // Nor does the node answer: not to ARP, not to echo.
    let asked = Arp {
        operation: 1,
        sender: (Seat::A1.mac(), [10, 0, 0, 11].into()),
        target: ([0; 6], [10, 99, 0, 1].into()),
    };
    from.send(&arp(BROADCAST, Seat::A1.mac(), asked, b""))?;
    let answer = from.hear(NEVER, |frame| frame.get(6..12) == Some(&bridge))?;
    assert_eq!(answer, None, "the node answers a guest");
    Ok(())
}

/// VXLAN of a known VTEP, but by another card of the node than the underlay's.
pub(crate) fn other_card() -> Result<(), Failed> {
    let site = Site::new(true, Family::V4)?;
    let [a, b] = &site.hosts;
    a.line(&format!("ip link add m0 mtu 1600 type veth peer name m0 mtu 1600 netns {}", b.name()))?;
    for host in [a, b] {
        host.line("ip link set m0 addrgenmode none up")?;
        // A packet with the address of another card's network would end before any rule.
        for of in ["all", "m0", "u0", "default"] {
            host.line(&format!("sysctl -qw net.ipv4.conf.{of}.rp_filter=0"))?;
        }
    }
    let heard = site.wire(Seat::A4).ok_or("it has a card")?;
    let inner = |token: [u8; 8]| {
        let (from, to, family) = (Seat::B1, Seat::A4, Family::V4);
        Making { from, to, family, number: 30_000, token }.frames(&Frame::Udp(5005))
    };
    let ends: (IpAddr, IpAddr) = ("10.99.0.2".parse()?, "10.99.0.1".parse()?);
    let send = |card: &str, token: [u8; 8]| -> Result<(), Failed> {
        let wire = Wire::open(b, card)?;
        let macs = (mac_of(b, card)?, mac_of(a, card)?);
        for frame in inner(token) {
            wire.send(&on_underlay(macs, ends, &vxlan(RED, &frame)))?;
        }
        Ok(())
    };
    // That what comes by that card reaches the node at all, and nothing but our rules stops it.
    let socket = a.inside(|| UdpSocket::bind("10.99.0.1:5005"))??;
    let (wire, macs) = (Wire::open(b, "m0")?, (mac_of(b, "m0")?, mac_of(a, "m0")?));
    let plain = Path { mac: macs, ip: ends }.udp((4000, 5005), b"by m0");
    within(SOON, "a datagram by the other card", || {
        wire.send(&plain).is_ok() && matches!(hears(&socket, NEVER, b"by m0"), Ok(true))
    })?;
    send("m0", *b"by-m0---")?;
    send("u0", *b"by-u0---")?;
    let mut seen = false;
    let control = heard.hear(SOON, |frame| {
        seen |= hw_tests::network::wire::holds(frame, b"by-m0---");
        hw_tests::network::wire::holds(frame, b"by-u0---")
    })?;
    assert!(control.is_some(), "the control, by the underlay's card");
    seen |= heard.token(NEVER, b"by-m0---")?.is_some();
    assert!(!seen, "VXLAN by another card was taken");
    Ok(())
}

/// A node that routes does not route what a guest sends to its bridge, not even a packet of a
/// connection that the guest has with another.
pub(crate) fn routed() -> Result<(), Failed> {
    let mut site = Site::new(true, Family::V4)?;
    let ends = (Seat::A1, Seat::A2);
    assert!(site.exchange(ends, 6000)?, "they have a connection");
    let [host, other] = &site.hosts;
    for setting in ["ip_forward=1", "conf.all.rp_filter=0", "conf.default.rp_filter=0"] {
        host.line(&format!("sysctl -qw net.ipv4.{setting}"))?;
    }
    let bridge = bridge(host)?;
    let name = dataplane::naming::bridge("red");
    host.line(&format!("sysctl -qw net.ipv4.conf.{name}.rp_filter=0"))?;
    host.line("ip route add 10.0.0.0/24 via 10.99.0.2 dev u0")?;
    let outside = Wire::open(other, "u0")?;
    let from = site.wire(Seat::A1).ok_or("it has a card")?;
    let ip = (address(Seat::A1, Family::V4), address(Seat::A2, Family::V4));
    let path = Path { mac: (Seat::A1.mac(), bridge), ip };
    for ports in [(EXCHANGE, 6000), (4000, 6000)] {
        from.send(&path.udp(ports, b"to be routed"))?;
    }
    let own = host.inside(|| UdpSocket::bind("10.99.0.1:0"))??;
    own.send_to(b"of the node", "10.0.0.12:6000")?;
    let mut seen = false;
    let control = outside.hear(SOON, |frame| {
        seen |= hw_tests::network::wire::holds(frame, b"to be routed");
        hw_tests::network::wire::holds(frame, b"of the node")
    })?;
    assert!(control.is_some(), "the control, by the node's own route");
    seen |= outside.token(NEVER, b"to be routed")?.is_some();
    assert!(!seen, "a guest's packet was routed");
    Ok(())
}
