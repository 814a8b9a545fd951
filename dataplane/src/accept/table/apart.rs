//! Networks apart, what goes to all, and what comes by the tunnel.

use super::Frame::{
    As, Ask, Claim, Ether, Flooded, Hello, Lost, Router, Tagged, Tunnel, Udp, UdpReply,
};
use super::Seen::{Answered, Control, No, Yes};
use super::{BOTH, FOUR, HONEST, INSIDE, Row, SIX, WEB, back, between, there};
use crate::accept::world::RED;
use crate::accept::world::Seat::{A1, A2, A3, B1, B2, GreenA, GreenB, GreenC};

/// A VTEP that no desired state knows.
const UNKNOWN: u8 = 66;

pub(super) const ROWS: &[Row] = &[
    // Networks apart.
    Row {
        norm: "5.2.3.1#5",
        zh: "地址重叠的两个 VPC 各按自己的规则放行（同一主机）",
        en: "two VPCs with equal addresses, each by its own rules, on one host",
        pairs: &[(A1, A2)],
        families: BOTH,
        steps: &[
            there(Udp(9000), No),
            there(Udp(6000), Yes),
            between(GreenA, GreenC, Udp(6000), No),
            between(GreenA, GreenC, Udp(9000), Yes),
        ],
    },
    Row {
        norm: "5.2.3.1#5",
        zh: "地址重叠的两个 VPC 各按自己的规则放行（跨主机）",
        en: "two VPCs with equal addresses, each by its own rules, across hosts",
        pairs: &[(A1, B2)],
        families: BOTH,
        steps: &[
            there(Udp(9000), No),
            there(Udp(6000), Yes),
            between(GreenA, GreenB, Udp(6000), No),
            between(GreenA, GreenB, Udp(9000), Yes),
        ],
    },
    Row {
        norm: "5.2.3.1#5",
        zh: "一个 VPC 的连接不在另一个 VPC 中打开任何通路",
        en: "a connection of one VPC opens nothing in the other",
        pairs: &[(A1, A2)],
        families: BOTH,
        steps: &[
            there(Udp(6000), Yes),
            between(GreenC, GreenA, UdpReply(6000), No),
            between(GreenA, GreenC, Udp(9000), Yes),
            between(GreenC, GreenA, UdpReply(9000), Yes),
        ],
    },
    Row {
        norm: "8.3.8#1",
        zh: "发往全体或无人地址的帧不出本网络",
        en: "frames to all or to nobody stay in their network",
        pairs: &[(A1, A2), (A1, B2)],
        families: BOTH,
        steps: &[
            there(Flooded(HONEST), No),
            there(Lost(HONEST), No),
            there(*HONEST, Control),
            between(GreenA, GreenB, Udp(9000), Control),
        ],
    },
    Row {
        norm: "8.3.8#1",
        zh: "带 VLAN 标签的帧不能进入别的网络",
        en: "frames with a VLAN tag get nowhere",
        pairs: &[(A1, A3), (A1, B1)],
        families: FOUR,
        steps: &[
            there(Tagged(0x8100, 0, INSIDE), No),
            there(Tagged(0x8100, 200, INSIDE), No),
            there(Tagged(0x88a8, 0, INSIDE), No),
            there(*INSIDE, Control),
        ],
    },
    Row {
        norm: "8.3.8#1",
        zh: "非 IP 协议的帧被丢弃",
        en: "frames of a protocol that is not IP are dropped",
        pairs: WEB,
        families: FOUR,
        steps: &[there(Ether(0x88b5), No), there(Ether(0x88cc), No), there(*INSIDE, Control)],
    },
    Row {
        norm: "8.3.8#1",
        zh: "冒充他人地址的 ARP 或邻居通告被丢弃",
        en: "ARP and neighbour advertisements in another's name are dropped",
        pairs: &[(A1, A2), (A1, B2)],
        families: BOTH,
        steps: &[there(Claim(A3), No), there(*HONEST, Control)],
    },
    Row {
        norm: "8.3.8#1",
        zh: "虚拟机发出的路由器通告被丢弃",
        en: "a guest's router advertisements are dropped",
        pairs: WEB,
        families: SIX,
        steps: &[there(Router, No), there(Hello, Control)],
    },
    Row {
        norm: "8.3.8#2",
        zh: "询问其他主机上的地址由本主机代答，不在隧道上泛洪",
        en: "who asks for an address on another host is answered here, and nothing is flooded",
        pairs: &[(A1, B2), (B1, A2)],
        families: BOTH,
        steps: &[there(Ask, Answered), there(*HONEST, Control)],
    },
    // The tunnel.
    Row {
        norm: "5.3.1.1#1",
        zh: "租户网络经 VXLAN 跨主机互通，往返均到",
        en: "a tenant's network spans hosts by VXLAN, there and back",
        pairs: &[(A1, B2), (B1, A2)],
        families: BOTH,
        steps: &[there(*HONEST, Yes), back(UdpReply(6000), Yes)],
    },
    Row {
        norm: "5.3.1.1#1",
        zh: "来自未知 VTEP 的伪造 VXLAN 一个也不投递",
        en: "forged VXLAN from an unknown VTEP is not delivered",
        pairs: &[(B1, A2), (A1, B2)],
        families: BOTH,
        steps: &[
            there(Tunnel(UNKNOWN, RED, HONEST), No),
            there(Tunnel(UNKNOWN, RED, &Hello), No),
            there(Tunnel(0, RED, HONEST), Control),
        ],
    },
    Row {
        norm: "5.3.1.1#1",
        zh: "没有网络使用的 VNI 不投递",
        en: "a VNI that no network has is not delivered",
        pairs: &[(B1, A2), (A1, B2)],
        families: FOUR,
        steps: &[there(Tunnel(0, 999, HONEST), No), there(Tunnel(0, RED, HONEST), Control)],
    },
    Row {
        norm: "5.3.1.1#1",
        zh: "隧道中冒用接收主机自己端口的地址的包被丢弃",
        en: "by the tunnel, an address of a port of the receiver's own host is dropped",
        pairs: &[(B1, A2)],
        families: BOTH,
        steps: &[
            there(Tunnel(0, RED, &As(None, Some(A3), HONEST)), No),
            there(Tunnel(0, RED, HONEST), Control),
        ],
    },
    Row {
        norm: "5.3.1.1#1",
        zh: "虚拟机自己发出的 VXLAN 被丢弃",
        en: "a guest's own VXLAN is dropped",
        pairs: WEB,
        families: BOTH,
        steps: &[there(Udp(4789), No), there(*INSIDE, Control)],
    },
];
