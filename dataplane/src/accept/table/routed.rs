//! What goes by routers: between networks, outside and in, between VPCs; and what no packet is
//! too large for.

use super::Frame::{As, At, Data, Fragments, Sized, Syn, SynAck, Udp, UdpReply, Unreachable};
use super::Seen::{Control, No, Refused, Under, Yes};
use super::{BOTH, FOUR, HONEST, Row, Step, back, between, there};
use crate::accept::world::Seat::{A1, A2, A3, B1, B2, C1, C2, GreenA, Nobody, OutA, OutB, Y1, Y2};
use crate::accept::world::State::{Besides, Elastic, NoElastic, Usual};

/// Last bytes of the addresses that guests share: of `red` on host A and B, of `green` on A.
const RED_A: u8 = 10;
const RED_B: u8 = 20;
const GREEN_A: u8 = 11;
/// Last byte of the elastic IP of `A1`.
const OWN: u8 = crate::accept::world::ELASTIC;

const PEERING: Step = Step::Change(Besides("[[peering]]\nid='p'\nvpcs=['red','blue']\n"));
const NO_MAIL: Step = Step::Change(Besides(
    "[[acl]]\nid='edge'\nvpc='red'\nin='deny'\nout='allow'\n\
     [[acl.rule]]\naction='deny'\ndirection='out'\nprotocol='tcp'\nports=25\n",
));
const NOT_FROM_THERE: Step = Step::Change(Besides(
    "[[acl]]\nid='edge'\nvpc='red'\nin='allow'\nout='allow'\n\
     [[acl.rule]]\naction='deny'\ndirection='in'\nprotocol='tcp'\nports=443\n\
     from={cidr='198.51.100.0/24'}\n",
));

pub(super) const ROWS: &[Row] = &[
    Row {
        norm: "5.2.3.1#1",
        zh: "同一 VPC 的多个子网经路由互通，安全组仍然有效",
        en: "networks of one VPC reach each other by its router, and groups hold",
        pairs: &[(A1, C1), (A1, C2), (B1, C1)],
        families: BOTH,
        steps: &[
            there(Udp(6001), No),
            there(*HONEST, Yes),
            back(UdpReply(6000), Yes),
            there(Syn(3306), Yes),
            back(SynAck(3306), Yes),
            there(Data(3306), Yes),
        ],
    },
    Row {
        norm: "5.2.3.1#1",
        zh: "SNAT：以共用的公网地址访问外部，应答返回",
        en: "SNAT: out under an address that guests share, and answers come back",
        pairs: &[(A3, OutA)],
        families: FOUR,
        steps: &[
            there(Udp(53), Under(RED_A)),
            back(At(RED_A, &UdpReply(53)), Yes),
            there(Syn(80), Under(RED_A)),
            back(At(RED_A, &SynAck(80)), Yes),
            there(Data(80), Under(RED_A)),
            there(Fragments(54), Under(RED_A)),
        ],
    },
    Row {
        norm: "5.2.3.1#1",
        zh: "SNAT：另一主机的虚拟机以该主机的公网地址访问外部",
        en: "SNAT: guests of the other host go out under an address of that host",
        pairs: &[(B1, OutB)],
        families: FOUR,
        steps: &[there(Udp(53), Under(RED_B)), back(At(RED_B, &UdpReply(53)), Yes)],
    },
    Row {
        norm: "5.2.3.1#1",
        zh: "SNAT：外部不能经共用地址或内部地址发起访问",
        en: "SNAT: from outside nothing begins, by the shared address or a guest's own",
        pairs: &[(OutA, A3)],
        families: FOUR,
        steps: &[
            there(At(RED_A, &Syn(443)), No),
            there(Syn(443), No),
            back(Udp(53), Under(RED_A)),
            there(At(RED_A, &UdpReply(53)), Control),
        ],
    },
    Row {
        norm: "5.2.3.1#1",
        zh: "SNAT：关于已转换连接的 ICMP 差错送达发起者，其余不送达",
        en: "SNAT: an ICMP error about a connection finds who began it, and no other is let in",
        pairs: &[(A3, OutA)],
        families: FOUR,
        steps: &[
            back(At(RED_A, &Unreachable(53)), No),
            there(Udp(53), Under(RED_A)),
            back(At(RED_A, &Unreachable(55)), No),
            back(At(RED_A, &Unreachable(53)), Yes),
        ],
    },
    Row {
        norm: "5.2.3.1#1",
        zh: "没有 SNAT 的 VPC 不能访问外部",
        en: "a VPC without SNAT does not get out",
        pairs: &[(Y1, OutA)],
        families: FOUR,
        steps: &[there(Udp(53), No), there(Syn(80), No), between(A3, OutA, Udp(53), Under(RED_A))],
    },
    Row {
        norm: "5.2.3.1#1",
        zh: "超过外部网络 MTU 的包不被悄悄丢弃，发送者得到告知",
        en: "a packet too large for the outside is not lost in silence: its sender is told",
        pairs: &[(A3, OutA)],
        families: FOUR,
        steps: &[there(Sized(53, 1500), Refused), there(Sized(53, 1400), Under(RED_A))],
    },
    Row {
        norm: "5.3.1.1#1",
        zh: "与网络 MTU 等长的包整包送达，跨主机与跨子网",
        en: "a packet as large as the MTU of the network arrives whole, across hosts and networks",
        pairs: &[(A1, A2), (A1, B2), (B1, A2), (A1, C1), (A1, C2)],
        families: BOTH,
        steps: &[there(Sized(6000, 1550), Yes)],
    },
    Row {
        norm: "5.2.3.2#1",
        zh: "冒用他人地址的包不能出到外部",
        en: "packets with another's address do not get out",
        pairs: &[(A1, OutA)],
        families: FOUR,
        steps: &[
            there(As(None, Some(A3), &Udp(53)), No),
            there(As(None, Some(Nobody), &Udp(53)), No),
            there(As(Some(A3), Some(A3), &Udp(53)), No),
            there(Udp(53), Under(OWN)),
        ],
    },
    Row {
        norm: "5.2.3.1#5",
        zh: "地址重叠的两个 VPC 同时访问外部，各以自己的公网地址，应答各归其主",
        en: "two VPCs with equal addresses go out at once, each under its own, and answers find theirs",
        pairs: &[(GreenA, OutA)],
        families: FOUR,
        steps: &[
            there(Udp(53), Under(GREEN_A)),
            between(A1, OutA, Udp(53), Under(OWN)),
            back(At(GREEN_A, &UdpReply(53)), Yes),
            between(OutA, A1, At(OWN, &UdpReply(53)), Yes),
        ],
    },
    // Elastic IPs.
    Row {
        norm: "5.2.3.5#1",
        zh: "弹性 IP：外部可访问所绑定的虚拟机，只限安全组放行的端口",
        en: "elastic IP: outside gets to its guest, and to what its groups permit only",
        pairs: &[(OutA, A1)],
        families: FOUR,
        steps: &[
            there(At(OWN, &Udp(6000)), No),
            there(At(OWN, &Syn(80)), No),
            there(At(OWN, &Syn(443)), Yes),
            back(SynAck(443), Under(OWN)),
            there(At(OWN, &Data(443)), Yes),
        ],
    },
    Row {
        norm: "5.2.3.5#5",
        zh: "弹性 IP：虚拟机访问外部以其为源地址，差错与分片同样转换",
        en: "elastic IP: its guest goes out under it, and errors and fragments are translated too",
        pairs: &[(A1, OutA)],
        families: FOUR,
        steps: &[
            there(Udp(53), Under(OWN)),
            back(At(OWN, &UdpReply(53)), Yes),
            back(At(OWN, &Unreachable(53)), Yes),
            there(Fragments(54), Under(OWN)),
        ],
    },
    Row {
        norm: "5.2.3.5#5",
        zh: "弹性 IP：本 VPC 内也可经其访问",
        en: "elastic IP: reached from inside its VPC too",
        pairs: &[(A3, A1)],
        families: FOUR,
        steps: &[there(At(OWN, &Syn(443)), Yes), back(At(RED_A, &SynAck(443)), Yes)],
    },
    Row {
        norm: "5.2.3.5#2",
        zh: "弹性 IP：换绑即到另一虚拟机，解绑即不可达",
        en: "elastic IP: bound to another guest it is that one's at once, unbound it is nobody's",
        pairs: &[(OutA, A1)],
        families: FOUR,
        steps: &[
            there(At(OWN, &Syn(443)), Yes),
            back(SynAck(443), Under(OWN)),
            Step::Change(Elastic(Some(A3))),
            between(OutA, A3, At(OWN, &Syn(443)), Yes),
            back(Udp(53), Under(RED_A)),
            Step::Change(Elastic(None)),
            there(At(OWN, &Syn(443)), No),
            there(At(OWN, &Data(443)), No),
            Step::Change(Usual),
            there(At(OWN, &Syn(443)), Control),
        ],
    },
    Row {
        norm: "5.2.3.5#3",
        zh: "弹性 IP：解绑并删除后不可达，原虚拟机改以共用的公网地址访问外部",
        en: "elastic IP: unbound and deleted it is nobody's, and its guest goes out under the shared one",
        pairs: &[(OutA, A1)],
        families: FOUR,
        steps: &[
            there(At(OWN, &Syn(443)), Yes),
            Step::Change(Elastic(None)),
            Step::Change(NoElastic),
            there(At(OWN, &Syn(443)), No),
            there(At(OWN, &Data(443)), No),
            back(Udp(53), Under(RED_A)),
            Step::Change(Usual),
            there(At(OWN, &Syn(443)), Control),
        ],
    },
    Row {
        norm: "5.2.3.5#5",
        zh: "弹性 IP：外部访问它即转换到虚拟机，虚拟机访问外部即转换为它",
        en: "elastic IP: from outside it is translated to its guest, and from its guest to it",
        pairs: &[(OutA, A1)],
        families: FOUR,
        steps: &[
            there(At(OWN, &Syn(443)), Yes),
            back(SynAck(443), Under(OWN)),
            back(Syn(80), Under(OWN)),
            there(At(OWN, &SynAck(80)), Yes),
            back(Data(80), Under(OWN)),
        ],
    },
    // Joined VPCs.
    Row {
        norm: "5.2.3.1#2",
        zh: "对等连接：建立即互通，安全组仍然有效；未加入的 VPC 不通；撤销即不通",
        en: "peering: joined VPCs reach each other, groups hold, others are not let in, and it ends",
        pairs: &[(A1, Y1), (A1, Y2), (B1, Y1)],
        families: BOTH,
        steps: &[
            there(Udp(7000), No),
            PEERING,
            there(Udp(7000), Yes),
            back(UdpReply(7000), Yes),
            there(Udp(7100), No),
            between(GreenA, Y1, Udp(7000), No),
            between(A1, Y1, Udp(7001), Yes),
            back(Syn(443), Yes),
            Step::Change(Usual),
            there(Udp(7000), No),
            back(UdpReply(7000), No),
            PEERING,
            there(Udp(7002), Control),
            back(UdpReply(7002), Control),
        ],
    },
    // ACLs.
    Row {
        norm: "5.2.3.1#6",
        zh: "ACL：禁止的流出不放行，其余及其应答放行",
        en: "ACL: what it denies does not get out; the rest does, and its answers come in",
        pairs: &[(A3, OutA)],
        families: FOUR,
        steps: &[
            NO_MAIL,
            there(Syn(25), No),
            there(Syn(80), Under(RED_A)),
            back(At(RED_A, &SynAck(80)), Yes),
            Step::Change(Usual),
            there(Syn(25), Under(RED_A)),
        ],
    },
    Row {
        norm: "5.2.3.1#6",
        zh: "ACL：新增的禁止规则切断现有连接，VPC 内部不受影响",
        en: "ACL: a denial more cuts what goes on, and nothing within the VPC",
        pairs: &[(OutA, A1)],
        families: FOUR,
        steps: &[
            there(At(OWN, &Syn(443)), Yes),
            back(SynAck(443), Under(OWN)),
            between(A2, A1, Udp(5005), Yes),
            NOT_FROM_THERE,
            there(At(OWN, &Data(443)), No),
            between(B1, A1, Syn(443), Yes),
            between(A1, A2, UdpReply(5005), Yes),
            Step::Change(Usual),
            there(At(OWN, &Syn(443)), Control),
            back(SynAck(443), Under(OWN)),
        ],
    },
];
