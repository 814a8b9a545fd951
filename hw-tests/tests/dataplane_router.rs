//! Routers of VPCs by real packets: between subnets, out under another address, in by an elastic
//! IP; and nothing from one VPC to another.

#[path = "dataplane_router/lab.rs"]
mod lab;
#[path = "dataplane_router/pace.rs"]
mod pace;

use std::process::ExitCode;

use hw_tests::network::eventually;
use hw_tests::{Need, trial};
use lab::{FAR, INSIDE, Lab, PROVIDER, connects, pings, udp};
use libtest_mimic::{Arguments, Failed};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("ping"),
    Need::Program("sysctl"),
    Need::Program("nft"),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("the_gateway_answers_on_every_node", NEEDS, gateway),
        trial("a_router_routes_between_subnets_and_groups_hold", NEEDS, between),
        trial("equal_addresses_of_two_vpcs_stay_apart", NEEDS, apart),
        trial("guests_go_out_under_an_address_they_share", NEEDS, snat),
        trial("an_elastic_ip_is_a_guests_both_ways", NEEDS, elastic),
        trial("joined_vpcs_reach_each_other_and_nothing_beyond", NEEDS, joined),
        trial("an_address_of_another_vpc_is_outside_like_any_other", NEEDS, outside),
        trial("an_acl_holds_at_the_boundary_of_its_vpc", NEEDS, acl),
        trial("damage_to_a_router_is_found_and_repaired", NEEDS, damage),
        trial("a_file_that_a_killed_run_left_is_no_room", NEEDS, empty_file),
        trial("cut_off_after_any_step_a_rerun_ends_in_the_clean_state", NEEDS, cut_off),
        trial("undone_it_is_as_it_was", NEEDS, undone),
        trial("a_hundred_routers_come_and_go", NEEDS, pace::hundred).with_ignored_flag(true),
        trial("nothing_is_left", NEEDS, nothing_left),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn must(what: &str, holds: bool) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.to_owned().into()) }
}

fn gateway() -> Result<(), Failed> {
    let lab = Lab::new([INSIDE, INSIDE])?;
    for (guest, four, six) in [
        ("a1", "10.0.0.1", "fd00:0:0:a::1"),
        ("a2", "10.0.0.1", "fd00:0:0:a::1"),
        ("c2", "10.0.1.1", "fd00:0:0:b::1"),
    ] {
        for address in [four, six] {
            must(&format!("{guest} pings {address}"), lab.pings(guest, address)?)?;
        }
        let known = lab.guest(guest).run(&["ip", "neighbour", "show"])?;
        let here: Vec<&str> =
            known.lines().filter(|line| line.contains("02:61:73:73:61:79")).collect();
        must(&format!("{guest} knows the gateway by its MAC address: {known}"), here.len() >= 2)?;
    }
    // A VPC without a router has no gateway.
    must("y1 has no router", !lab.pings("y1", "10.7.0.1")?)
}

fn between() -> Result<(), Failed> {
    let lab = Lab::new([INSIDE, INSIDE])?;
    for (from, to, four, six) in [
        ("a1", "c1", "10.0.1.11", "fd00:0:0:b::11"),
        ("a1", "c2", "10.0.1.21", "fd00:0:0:b::21"),
        ("c2", "a1", "10.0.0.11", "fd00:0:0:a::11"),
        ("a2", "c1", "10.0.1.11", "fd00:0:0:b::11"),
    ] {
        for address in [four, six] {
            let seen = connects(lab.guest(from), (lab.guest(to), address), address, 80)?;
            must(&format!("{from} connects to {address}:80, seen {seen:?}"), seen.is_some())?;
        }
    }
    // c2 admits port 80 only, from wherever.
    for from in ["a1", "a2"] {
        let to = (lab.guest("c2"), "10.0.1.21");
        let seen = connects(lab.guest(from), to, "10.0.1.21", 81)?;
        must(&format!("{from} does not connect to port 81 of c2"), seen.is_none())?;
        must(&format!("{from} does not ping c2"), !lab.pings(from, "10.0.1.21")?)?;
    }
    must("a1 pings c1", lab.pings("a1", "10.0.1.11")?)
}

fn apart() -> Result<(), Failed> {
    let lab = Lab::new([INSIDE, INSIDE])?;
    // Both have a guest 10.0.0.11 and one 10.0.1.21; each reaches its own.
    let blue = udp(lab.guest("x2"), "10.0.1.21:80")?;
    let red = udp(lab.guest("c1"), "10.0.1.11:9")?;
    let from = udp(lab.guest("a1"), "10.0.0.11:9")?;
    from.send_to(b"to red", "10.0.1.11:9")?;
    let mut bytes = [0; 32];
    must("c1 hears a1", red.recv_from(&mut bytes).is_ok())?;
    from.send_to(b"to red c2", "10.0.1.21:80")?;
    must("x2 of blue hears nothing of a1", blue.recv_from(&mut bytes).is_err())?;
    let x1 = udp(lab.guest("x1"), "10.0.0.11:9")?;
    x1.send_to(b"to blue", "10.0.1.21:80")?;
    must("x2 hears x1", blue.recv_from(&mut bytes).is_ok())?;
    // 10.0.1.11 is of red only.
    x1.send_to(b"to nobody", "10.0.1.11:9")?;
    must("c1 of red hears nothing of x1", red.recv_from(&mut bytes).is_err())
}

/// With a way out for `red`, on host A as .10 and on host B as .20.
fn out(host: usize, more: &str) -> String {
    format!(
        "[[external]]\nid = \"internet\"\ndevice = \"ext0\"\ncidr = \"203.0.113.0/24\"\n\
         gateway = \"{PROVIDER}\"\n[[router]]\nid = \"r\"\nvpc = \"red\"\nexternal = \"internet\"\n\
         address = \"203.0.113.{}\"\n[[router]]\nid = \"b\"\nvpc = \"blue\"\n{more}",
        10 * (host + 1)
    )
}

const SNAT: &str = "[[snat]]\nid = \"out\"\nvpc = \"red\"\nsubnets = [\"red-a4\"]\n";

fn snat() -> Result<(), Failed> {
    let [a, b] = [out(0, SNAT), out(1, SNAT)];
    let lab = Lab::new([&a, &b])?;
    for (guest, address) in [("a1", "203.0.113.10"), ("a2", "203.0.113.20")] {
        let seen = connects(lab.guest(guest), (&lab.outside, FAR), FAR, 7)?;
        must(&format!("{guest} is seen as {address}: {seen:?}"), seen == Some(address.parse()?))?;
        must(&format!("{guest} pings outside"), lab.pings(guest, FAR)?)?;
    }
    // Not of the subnets that may.
    must("c1 does not get out", !lab.pings("c1", FAR)?)?;
    must("x1 of blue does not get out", !lab.pings("x1", FAR)?)?;
    // From outside: neither by the shared address nor by a guest's own.
    let seen = connects(&lab.outside, (lab.guest("a1"), "10.0.0.11"), "203.0.113.10", 80)?;
    must("nobody gets in by the shared address", seen.is_none())?;
    lab.outside.line("ip route add 10.0.0.0/24 via 203.0.113.10")?;
    let seen = connects(&lab.outside, (lab.guest("a1"), "10.0.0.11"), "10.0.0.11", 80)?;
    must("nobody gets in by a guest's own address", seen.is_none())?;
    // An ICMP error about a translated packet finds its sender.
    let asks = udp(lab.guest("a1"), "10.0.0.11:9")?;
    asks.connect(format!("{FAR}:9"))?;
    asks.send(b"nobody listens there")?;
    let refused = asks.recv(&mut [0; 8]).err().map(|error| error.kind());
    must(
        &format!("a1 hears that nobody listens: {refused:?}"),
        refused == Some(std::io::ErrorKind::ConnectionRefused),
    )
}

fn elastic() -> Result<(), Failed> {
    let eip = |port: &str| {
        format!("{SNAT}[[eip]]\nid = \"www\"\naddress = \"203.0.113.99\"\nport = \"{port}\"\n")
    };
    let [a, b] = [out(0, &eip("a1")), out(1, SNAT)];
    let mut lab = Lab::new([&a, &b])?;
    let elastic = "203.0.113.99";
    let seen = connects(&lab.outside, (lab.guest("a1"), "10.0.0.11"), elastic, 80)?;
    must(&format!("outside gets to a1: {seen:?}"), seen == Some(PROVIDER.parse()?))?;
    let seen = connects(lab.guest("a1"), (&lab.outside, FAR), FAR, 7)?;
    must(&format!("a1 is seen as {elastic}: {seen:?}"), seen == Some(elastic.parse()?))?;
    must("outside pings it", pings(&lab.outside, elastic)?)?;
    // From its own VPC too.
    let seen = connects(lab.guest("c1"), (lab.guest("a1"), "10.0.0.11"), elastic, 80)?;
    must(&format!("c1 gets to a1 by it: {seen:?}"), seen.is_some())?;
    // An error of a guest about a translated packet is seen from the elastic IP.
    let asks = udp(&lab.outside, &format!("{PROVIDER}:9"))?;
    asks.connect(format!("{elastic}:9"))?;
    asks.send(b"nobody listens there")?;
    let refused = asks.recv(&mut [0; 8]).err().map(|error| error.kind());
    must(
        &format!("outside hears that nobody listens: {refused:?}"),
        refused == Some(std::io::ErrorKind::ConnectionRefused),
    )?;
    // It moves to another guest at once, and connections with the first are cut.
    let [first, second] =
        [udp(lab.guest("a1"), "10.0.0.11:5")?, udp(lab.guest("c1"), "10.0.1.11:5")?];
    let asks = udp(&lab.outside, &format!("{PROVIDER}:5"))?;
    let mut bytes = [0; 8];
    asks.send_to(b"one", format!("{elastic}:5"))?;
    must("a1 hears it", first.recv_from(&mut bytes).is_ok())?;
    let [a, b] = [out(0, &eip("c1")), out(1, SNAT)];
    lab.apply([&a, &b])?;
    asks.send_to(b"two", format!("{elastic}:5"))?;
    must("c1 hears it now", second.recv_from(&mut bytes).is_ok())?;
    must("a1 hears it no more", first.recv_from(&mut bytes).is_err())
}

fn joined() -> Result<(), Failed> {
    let green = "[[router]]\nid = \"g\"\nvpc = \"green\"\n";
    let joined =
        format!("{green}[[peering]]\nid = \"red-green\"\nvpcs = [\"red\", \"green\"]\n{SNAT}");
    let alone = [out(0, green), out(1, green)];
    let mut lab = Lab::new([&alone[0], &alone[1]])?;
    must("a1 does not reach y1 yet", !lab.pings("a1", "10.7.0.31")?)?;
    let both = [out(0, &joined), out(1, &joined)];
    lab.apply([&both[0], &both[1]])?;
    for (from, to, address) in [
        ("a1", "y1", "10.7.0.31"),
        ("a1", "y1", "fd00:0:0:7::31"),
        ("y1", "a1", "10.0.0.11"),
        ("a2", "y1", "10.7.0.31"),
        ("a2", "y1", "fd00:0:0:7::31"),
        ("y1", "c2", "10.0.1.21"),
    ] {
        let seen = connects(lab.guest(from), (lab.guest(to), address), address, 80)?;
        must(&format!("{from} connects to {address}: {seen:?}"), seen.is_some())?;
    }
    // Groups hold across it, and the others' way out is not theirs.
    let seen = connects(lab.guest("y1"), (lab.guest("c2"), "10.0.1.21"), "10.0.1.21", 81)?;
    must("y1 does not connect to port 81 of c2", seen.is_none())?;
    must("a1 gets out", lab.pings("a1", FAR)?)?;
    must("y1 does not get out by red", !lab.pings("y1", FAR)?)?;
    must("x1 of blue is not joined", !lab.pings("x1", "10.7.0.31")?)?;
    lab.apply([&alone[0], &alone[1]])?;
    must("a1 does not reach y1 any more", !lab.pings("a1", "10.7.0.31")?)
}

fn outside() -> Result<(), Failed> {
    let more = |host: usize, more: &str| {
        let green = format!(
            "[[router]]\nid = \"g\"\nvpc = \"green\"\nexternal = \"internet\"\n\
             address = \"203.0.113.{}\"\n",
            10 * (host + 1) + 1
        );
        out(host, &format!("{SNAT}{green}{more}"))
    };
    let [a, b] = [more(0, ""), more(1, "")];
    let mut lab = Lab::new([&a, &b])?;
    let far = "10.7.0.31";
    let mut bytes = [0; 8];
    // The provider's network has the address that y1 of green has, and a1 of red reaches that.
    lab.outside.line(&format!("ip address add {far}/32 dev lo"))?;
    let [theirs, there] = [udp(lab.guest("y1"), "10.7.0.31:9")?, udp(&lab.outside, "10.7.0.31:9")?];
    let asks = udp(lab.guest("a1"), "10.0.0.11:9")?;
    asks.send_to(b"one", "10.7.0.31:9")?;
    let seen = there.recv_from(&mut bytes).ok().map(|(_count, from)| from.ip());
    must(&format!("outside hears a1: {seen:?}"), seen == Some("203.0.113.10".parse()?))?;
    must("y1 hears nothing", theirs.recv_from(&mut bytes).is_err())?;
    // Even where the provider sends it back, by green's own router.
    drop(there);
    lab.outside.line(&format!("ip address del {far}/32 dev lo"))?;
    lab.outside.line("ip route add 10.7.0.0/24 via 203.0.113.11")?;
    asks.send_to(b"two", "10.7.0.31:9")?;
    must("y1 still hears nothing", theirs.recv_from(&mut bytes).is_err())?;
    lab.outside.line("ip route del 10.7.0.0/24 via 203.0.113.11")?;
    // Who does not want it outside says so.
    let acl = "[[acl]]\nid = \"edge\"\nvpc = \"red\"\nin = \"allow\"\nout = \"allow\"\n\
               [[acl.rule]]\naction = \"deny\"\ndirection = \"out\"\nprotocol = \"any\"\n\
               to = { cidr = \"10.0.0.0/8\" }\n";
    let [a, b] = [more(0, acl), more(1, acl)];
    lab.apply([&a, &b])?;
    lab.outside.line(&format!("ip address add {far}/32 dev lo"))?;
    let there = udp(&lab.outside, "10.7.0.31:9")?;
    asks.send_to(b"three", "10.7.0.31:9")?;
    must("outside hears nothing then", there.recv_from(&mut bytes).is_err())?;
    must("a1 gets out otherwise", lab.pings("a1", FAR)?)
}

fn acl() -> Result<(), Failed> {
    let joined = "[[router]]\nid = \"g\"\nvpc = \"green\"\n[[peering]]\nid = \"red-green\"\n\
                  vpcs = [\"red\", \"green\"]\n[[eip]]\nid = \"www\"\naddress = \"203.0.113.99\"\n\
                  port = \"a1\"\n";
    let rules = "[[acl]]\nid = \"edge\"\nvpc = \"red\"\nin = \"deny\"\nout = \"allow\"\n\
                 [[acl.rule]]\naction = \"deny\"\ndirection = \"out\"\nprotocol = \"tcp\"\nports = 25\n\
                 [[acl.rule]]\naction = \"deny\"\ndirection = \"in\"\nprotocol = \"tcp\"\nports = 81\n\
                 [[acl.rule]]\naction = \"allow\"\ndirection = \"in\"\nprotocol = \"tcp\"\nports = \"80-90\"\n";
    let file = |host| out(host, &format!("{SNAT}{joined}{rules}"));
    let [a, b] = [file(0), file(1)];
    let mut lab = Lab::new([&a, &b])?;
    let (a1, y1) = ((lab.guest("a1"), "10.0.0.11"), (lab.guest("y1"), "10.7.0.31"));
    let outside = (&lab.outside, FAR);
    let elastic = "203.0.113.99";
    for (what, seen, passes) in [
        // Answers pass: nothing is said of the ports that they come back to.
        ("a1 gets out", connects(a1.0, outside, FAR, 7)?, true),
        ("a1 sends no mail", connects(a1.0, outside, FAR, 25)?, false),
        ("outside gets to port 80", connects(&lab.outside, a1, elastic, 80)?, true),
        ("outside does not get to port 81", connects(&lab.outside, a1, elastic, 81)?, false),
        ("outside does not get to port 79", connects(&lab.outside, a1, elastic, 79)?, false),
        ("y1 of the joined VPC gets to port 80", connects(y1.0, a1, a1.1, 80)?, true),
        ("y1 does not get to port 79", connects(y1.0, a1, a1.1, 79)?, false),
        ("a1 gets to y1", connects(a1.0, y1, y1.1, 79)?, true),
        // By way of the other host, the two directions pass different routers.
        ("y1 gets to c2", connects(y1.0, (lab.guest("c2"), "10.0.1.21"), "10.0.1.21", 80)?, true),
        ("a2 gets to y1", connects(lab.guest("a2"), y1, y1.1, 79)?, true),
        (
            "y1 does not get to a2",
            connects(y1.0, (lab.guest("a2"), "10.0.0.21"), "10.0.0.21", 79)?,
            false,
        ),
        // Within the VPC it is not asked.
        ("a1 gets to c1", connects(a1.0, (lab.guest("c1"), "10.0.1.11"), "10.0.1.11", 79)?, true),
    ] {
        must(&format!("{what}: {seen:?}"), seen.is_some() == passes)?;
    }
    // A rule that is gone cuts what it had let by.
    let [hears, asks] =
        [udp(lab.guest("y1"), "10.7.0.31:5")?, udp(lab.guest("a1"), "10.0.0.11:5")?];
    let mut bytes = [0; 8];
    asks.send_to(b"one", "10.7.0.31:5")?;
    must("y1 hears a1", hears.recv_from(&mut bytes).is_ok())?;
    hears.send_to(b"two", "10.0.0.11:5")?;
    must("a1 hears the answer", asks.recv_from(&mut bytes).is_ok())?;
    let closed = |host| file(host).replace("out = \"allow\"", "out = \"deny\"");
    lab.apply([&closed(0), &closed(1)])?;
    hears.send_to(b"three", "10.0.0.11:5")?;
    must("a1 hears no more", asks.recv_from(&mut bytes).is_err())
}

fn damage() -> Result<(), Failed> {
    let joined = "[[router]]\nid = \"g\"\nvpc = \"green\"\n[[peering]]\nid = \"red-green\"\n\
                  vpcs = [\"red\", \"green\"]\n";
    let files = [0, 1].map(|host| out(host, &format!("{SNAT}{joined}")));
    let mut lab = Lab::new([&files[0], &files[1]])?;
    let whole = |lab: &Lab| -> Result<bool, Failed> {
        Ok(lab.pings("a1", "10.0.1.11")?
            && lab.pings("a1", "fd00:0:0:b::11")?
            && lab.pings("a1", FAR)?
            && lab.pings("a1", "10.7.0.31")?)
    };
    must("all is well", whole(&lab)?)?;
    let room = lab.room_of(0, "red")?;
    let name = |kind: &str| {
        let links = lab.in_room(&room, "ip -brief link")?;
        let mut names = links.lines().filter_map(|line| line.split(['@', ' ']).next());
        let name = names.find(|name| name.starts_with(kind)).map(str::to_owned);
        name.ok_or_else(|| Failed::from(format!("no `{kind}` in {links}")))
    };
    let (end, uplink, peer) = (name("asg")?, name("asx")?, name("asy")?);
    for what in [
        "sysctl -qw net.ipv4.ip_forward=0".to_owned(),
        "nft flush ruleset".to_owned(),
        "nft delete chain inet assay as_fwd".to_owned(),
        "nft flush chain inet assay as_snat".to_owned(),
        format!("ip link set {end} down"),
        format!("ip link delete {end}"),
        format!("ip address flush dev {end}"),
        format!("ip link set {end} mtu 1000"),
        format!("ip link delete {uplink}"),
        format!("ip address flush dev {uplink}"),
        format!("ip link set {uplink} address 02:00:00:00:00:77"),
        "ip route flush proto 97".to_owned(),
        format!("ip link delete {peer}"),
        format!("ip address add 10.0.0.99/32 dev {end}"),
        "ip route add 192.0.2.0/24 dev lo proto 97".to_owned(),
    ] {
        lab.in_room(&room, &what)?;
        must(&format!("`{what}` is seen"), !lab.is_as_wanted(&files[0])?)?;
        lab.apply([&files[0], &files[1]]).map_err(|error| format!("`{what}`: {error:?}"))?;
        must(&format!("`{what}` is repaired"), whole(&lab)?)?;
    }
    // Its name, by who knows only ip(8): who has it open names it again, and nothing else.
    lab.hosts[0].run(&["ip", "netns", "delete", &room])?;
    must("its end is seen", !lab.is_as_wanted(&files[0])?)?;
    must("it goes on without", whole(&lab)?)?;
    lab.apply([&files[0], &files[1]])?;
    must("it is named again", lab.rooms(0)?.contains(&room) && whole(&lab)?)?;
    // And where nobody has it open, all of it.
    lab.forget(0)?;
    lab.hosts[0].run(&["ip", "netns", "delete", &room])?;
    must("its end is seen", !lab.is_as_wanted(&files[0])?)?;
    // The kernel ends it in the background, and its pairs may go in the middle of a run, which
    // then takes itself back.
    eventually("the room to be made again", || lab.apply([&files[0], &files[1]]).is_ok())?;
    must("it is made again", whole(&lab)?)
}

fn empty_file() -> Result<(), Failed> {
    let mut lab = Lab::new([INSIDE, INSIDE])?;
    let room = lab.room_of(0, "red")?;
    lab.destroy()?;
    std::fs::write(std::path::Path::new("/run/netns").join(&room), "")?;
    must("an empty file is no room", lab.is_empty(0)?)?;
    lab.apply([INSIDE, INSIDE])?;
    must("it is taken for one then", lab.rooms(0)?.contains(&room))?;
    let alias = lab.in_room(&room, "ip link show lo")?;
    must(&format!("it says whose it is: {alias}"), alias.contains("assay:router:red"))
}

/// Everything that routers have.
fn everything() -> String {
    let more = "[[router]]\nid = \"g\"\nvpc = \"green\"\n[[peering]]\nid = \"red-green\"\n\
                vpcs = [\"red\", \"green\"]\n[[eip]]\nid = \"www\"\naddress = \"203.0.113.99\"\n\
                port = \"a1\"\n[[acl]]\nid = \"edge\"\nvpc = \"red\"\nin = \"deny\"\nout = \"allow\"\n";
    out(0, &format!("{SNAT}{more}"))
}

fn cut_off() -> Result<(), Failed> {
    let mut lab = Lab::bare()?;
    let file = everything();
    let clean = lab.clean(&file)?;
    lab.destroy()?;
    let (mut steps, mut at) = (1, 0);
    while at < steps {
        steps = lab.begin(&file, at)?;
        let seen = lab.clean(&file)?;
        if seen != clean {
            return Err(format!("cut off before step {at}: {seen:#?}").into());
        }
        lab.destroy()?;
        // Not all of them, for each takes more than a second.
        at += 11;
    }
    must(&format!("there are steps of rooms: {steps}"), steps > 60)
}

fn undone() -> Result<(), Failed> {
    let mut lab = Lab::bare()?;
    let before = lab.seen()?;
    lab.there_and_back(&everything())?;
    let after = lab.seen()?;
    if before != after {
        return Err(format!("before {before:#?}, after {after:#?}").into());
    }
    // And from what is there, back to it.
    let alone = out(0, SNAT);
    let before = lab.clean(&alone)?;
    lab.there_and_back(&everything())?;
    let after = lab.seen()?;
    if before != after {
        return Err(format!("before {before:#?}, after {after:#?}").into());
    }
    Ok(())
}

fn nothing_left() -> Result<(), Failed> {
    let [a, b] = [out(0, SNAT), out(1, SNAT)];
    let mut lab = Lab::new([&a, &b])?;
    must("ip lists a namespace for each router", lab.rooms(0)?.len() == 2)?;
    must("y1 needs none", lab.rooms(1)?.len() == 2)?;
    lab.destroy()?;
    for host in 0..2 {
        must("no namespace is left", lab.rooms(host)?.is_empty())?;
        let links = lab.hosts[host].run(&["ip", "-brief", "link"])?;
        let left: Vec<&str> = links.lines().filter(|line| line.starts_with("as")).collect();
        must(&format!("no device is left: {left:?}"), left.is_empty())?;
        let tables = lab.hosts[host].run(&["nft", "list", "tables"])?;
        must(&format!("no rule is left: {tables}"), tables.trim().is_empty())?;
    }
    Ok(())
}
