//! The cases, as values: which row of the norm, who sends what to whom, and whether it arrives.
//!
//! Every probe that must not arrive has one behind it, from the same host to the same, that
//! must: its control. A control that is lost leaves the case unmeasured, for then nothing else
//! would have arrived either.

use super::world::Family::{self, V4, V6};
use super::world::Seat::{
    self, A1, A2, A3, A4, A6, B1, B2, B4, B6, GreenA, GreenB, GreenC, Nobody,
};
use super::world::{RED, State};

/// A packet. Ports of the one who begins are the case's own, so that no case meets another's
/// connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A datagram to a port.
    Udp(u16),
    /// Its answer, from the port.
    UdpReply(u16),
    /// The segment that opens a connection to a port.
    Syn(u16),
    /// The second of the handshake, from the port.
    SynAck(u16),
    /// One with data, to the port.
    Data(u16),
    /// One with data, from the port.
    DataReply(u16),
    /// An echo request.
    Echo,
    /// The answer to it.
    EchoReply,
    /// "Port unreachable" about the datagram that the receiver sent to a port.
    Unreachable(u16),
    /// A datagram to a port in two fragments.
    Fragments(u16),
    /// A neighbour advertisement of the sender's own address: what always passes.
    Hello,
    /// An ARP answer, or in IPv6 an advertisement, that another's address is here.
    Claim(Seat),
    /// ARP to all, or a solicitation: who has the receiver's address?
    Ask,
    /// A router's advertisement.
    Router,
    /// A DHCP server's answer.
    DhcpServer,
    /// With the addresses of others: MAC, IP.
    As(Option<Seat>, Option<Seat>, &'static Frame),
    /// To all stations, whatever its IP header says.
    Flooded(&'static Frame),
    /// To a MAC address that nobody has.
    Lost(&'static Frame),
    /// With a VLAN tag: type of the tag, number.
    Tagged(u16, u16, &'static Frame),
    /// Of a protocol that is not IP.
    Ether(u16),
    /// In VXLAN on the underlay, from the card of the sender's host: last byte of the VTEP that
    /// it says it is from, its own for 0, and VNI.
    Tunnel(u8, u32, &'static Frame),
}

/// Whether a packet arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It must.
    Yes,
    /// It must not, anywhere.
    No,
    /// It does wherever something does: the control of those before it.
    Control,
    /// It is answered on the sender's own host, and is not seen on the other one.
    Answered,
}

/// One end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The first of the row's pair.
    From,
    /// The second.
    To,
    /// Whatever the pair is.
    At(Seat),
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(End, End, Frame, Seen),
    /// Both hosts get another desired state.
    Change(State),
    /// The second of the pair is in this group alone.
    Join(&'static str),
}

/// Cases that are alike: one for each pair and family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Of the norm.
    pub(super) norm: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    pub(super) pairs: &'static [(Seat, Seat)],
    pub(super) families: &'static [Family],
    pub(super) steps: &'static [Step],
}

const fn there(frame: Frame, seen: Seen) -> Step {
    Step::Send(End::From, End::To, frame, seen)
}

const fn back(frame: Frame, seen: Seen) -> Step {
    Step::Send(End::To, End::From, frame, seen)
}

const fn between(from: Seat, to: Seat, frame: Frame, seen: Seen) -> Step {
    Step::Send(End::At(from), End::At(to), frame, seen)
}

use Frame::{
    As, Ask, Claim, Data, DataReply, DhcpServer, Echo, EchoReply, Ether, Flooded, Fragments, Hello,
    Lost, Router, Syn, SynAck, Tagged, Tunnel, Udp, UdpReply, Unreachable,
};
use Seen::{Answered, Control, No, Yes};

const BOTH: &[Family] = &[V4, V6];
const FOUR: &[Family] = &[V4];
const SIX: &[Family] = &[V6];

/// From `web` to `db`, on one host and across.
const WEB_DB: &[(Seat, Seat)] = &[(A1, A2), (B1, A2)];
/// Inside `web`.
const WEB: &[(Seat, Seat)] = &[(A1, A3), (A1, B1)];
/// What `db` admits from `web`.
const HONEST: &Frame = &Udp(6000);
/// What only those inside one group admit.
const INSIDE: &Frame = &Udp(9999);
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
    // Guests, one by one.
    Row {
        norm: "5.2.3.2#1",
        zh: "冒用他人 MAC 地址的包被丢弃",
        en: "packets with another's MAC address are dropped",
        pairs: &[(A1, A2), (A1, B2)],
        families: BOTH,
        steps: &[
            there(As(Some(Nobody), None, HONEST), No),
            there(As(Some(A3), None, HONEST), No),
            there(*HONEST, Control),
        ],
    },
    Row {
        norm: "5.2.3.2#1",
        zh: "冒用同组他人 IP 地址的包被丢弃",
        en: "packets with the IP address of another of the group are dropped",
        pairs: &[(A1, A2), (A1, B2)],
        families: BOTH,
        steps: &[there(As(None, Some(A3), HONEST), No), there(*HONEST, Control)],
    },
    Row {
        norm: "5.2.3.2#1",
        zh: "虚拟机充当 DHCP 服务器的应答被丢弃",
        en: "a guest's answers as a DHCP server are dropped",
        pairs: WEB,
        families: BOTH,
        steps: &[there(DhcpServer, No), there(*INSIDE, Control)],
    },
    Row {
        norm: "5.2.3.2#1",
        zh: "未加入安全组的端口不收不发",
        en: "a port in no group neither gets nor sends anything",
        pairs: &[(A1, A6), (A1, B6)],
        families: BOTH,
        steps: &[
            there(Udp(5005), No),
            there(Syn(443), No),
            there(Echo, No),
            there(Hello, Control),
            back(Udp(5005), No),
            back(Syn(443), No),
            back(Hello, Control),
        ],
    },
    // In and out.
    Row {
        norm: "5.2.3.2#2",
        zh: "流入：只放行授权的 TCP 端口",
        en: "in: the TCP port that is permitted, and no other",
        pairs: &[(A1, A2), (A1, B2), (B1, A2)],
        families: BOTH,
        steps: &[there(Syn(3307), No), there(Udp(3306), No), there(Syn(3306), Yes)],
    },
    Row {
        norm: "5.2.3.2#2",
        zh: "流出：接收方允许而发送方未授权的包不放行",
        en: "out: what the receiver would admit, and no rule of the sender permits",
        pairs: &[(A2, A1), (A2, B1)],
        families: BOTH,
        steps: &[there(Syn(443), No), there(Udp(5005), Yes)],
    },
    Row {
        norm: "5.2.3.2#2",
        zh: "已建立连接的应答放行，未建立的不放行",
        en: "answers of a connection pass, and none without one",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            back(UdpReply(6000), No),
            there(*HONEST, Yes),
            back(UdpReply(6000), Yes),
            there(*HONEST, Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#2",
        zh: "TCP 握手与数据放行，从未开始的连接不放行",
        en: "a TCP handshake and data pass; data of a connection that was never begun does not",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            there(Data(3307), No),
            back(SynAck(3306), No),
            there(Syn(3306), Yes),
            back(SynAck(3306), Yes),
            there(Data(3306), Yes),
            back(DataReply(3306), Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#2",
        zh: "属于连接的 ICMP 差错放行，其余不放行",
        en: "ICMP errors about a connection pass, and no others",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            back(Unreachable(6000), No),
            there(*HONEST, Yes),
            back(Unreachable(6001), No),
            back(Unreachable(6000), Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#2",
        zh: "分片与整包同样判断",
        en: "fragments are judged as whole packets are",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[there(Fragments(6001), No), there(Fragments(6000), Yes)],
    },
    // Members and rules.
    Row {
        norm: "5.2.3.2#3",
        zh: "云主机加入安全组后即按其规则放行，移出后即不放行",
        en: "a guest that joins a group is under its rules at once, and no more when it leaves",
        pairs: &[(A1, A6), (A1, B6)],
        families: FOUR,
        steps: &[
            there(Udp(6000), No),
            there(Hello, Control),
            Step::Join("db"),
            there(Udp(6000), Yes),
            there(Udp(6001), No),
            there(Udp(6000), Yes),
            Step::Change(State::Usual),
            there(Udp(6000), No),
            there(Hello, Control),
        ],
    },
    Row {
        norm: "5.2.3.2#4",
        zh: "以安全组为来源的规则：组内成员放行，非成员不放行",
        en: "a rule from a group: its members pass, others do not",
        pairs: &[(A4, A2), (A4, B2)],
        families: BOTH,
        steps: &[
            there(*HONEST, No),
            there(Syn(3306), No),
            Step::Send(End::At(A1), End::To, *HONEST, Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#4",
        zh: "撤销规则即切断其现有连接，不影响其他连接",
        en: "a rule taken back cuts its live connections, and no others",
        pairs: WEB_DB,
        families: FOUR,
        steps: &[
            there(*HONEST, Yes),
            back(UdpReply(6000), Yes),
            there(Syn(3306), Yes),
            back(SynAck(3306), Yes),
            there(Data(3306), Yes),
            Step::Change(State::Without("db-udp")),
            there(*HONEST, No),
            back(UdpReply(6000), No),
            there(Data(3306), Yes),
            back(DataReply(3306), Yes),
            Step::Change(State::Usual),
            there(*HONEST, Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#4",
        zh: "新增规则即放行，现有连接不断",
        en: "a rule more permits at once, and cuts nothing",
        pairs: WEB_DB,
        families: FOUR,
        steps: &[
            there(Syn(3306), Yes),
            back(SynAck(3306), Yes),
            there(Data(3306), Yes),
            there(Udp(6100), No),
            there(Data(3306), Yes),
            Step::Change(State::With("db", "direction='in'\nprotocol='udp'\nports=6100\n")),
            there(Udp(6100), Yes),
            back(DataReply(3306), Yes),
            Step::Change(State::Usual),
            there(Udp(6100), No),
            there(Data(3306), Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#5",
        zh: "同一安全组内访问不受限制",
        en: "free within a group",
        pairs: WEB,
        families: BOTH,
        steps: &[
            there(*INSIDE, Yes),
            there(Syn(9998), Yes),
            back(SynAck(9998), Yes),
            there(Echo, Yes),
            back(EchoReply, Yes),
            back(Udp(9997), Yes),
        ],
    },
    Row {
        norm: "5.2.3.2#5",
        zh: "不同安全组之间默认禁止访问",
        en: "closed between groups where no rule says otherwise",
        pairs: &[(A1, A4), (A1, B4)],
        families: BOTH,
        steps: &[
            there(*INSIDE, No),
            there(Syn(9998), No),
            there(Echo, No),
            there(Udp(5005), Control),
            back(Udp(9997), No),
            back(Syn(443), Control),
        ],
    },
    // A tenant's own policies.
    Row {
        norm: "8.3.8#3",
        zh: "自定义端口范围：两端放行，越界不放行",
        en: "a range of ports: both ends pass, and nothing beyond",
        pairs: WEB_DB,
        families: BOTH,
        steps: &[
            there(Syn(7999), No),
            there(Syn(8011), No),
            there(Syn(8000), Yes),
            there(Syn(8010), Yes),
        ],
    },
    Row {
        norm: "8.3.8#3",
        zh: "自定义来源网段：网段内放行",
        en: "a CIDR: who is in it passes",
        pairs: &[(A2, A1), (A2, B1)],
        families: BOTH,
        steps: &[there(Udp(5005), Yes)],
    },
    Row {
        norm: "8.3.8#3",
        zh: "自定义来源网段：网段外不放行",
        en: "a CIDR: who is not in it does not pass",
        pairs: &[(B2, A1), (B2, B1)],
        families: FOUR,
        steps: &[there(Udp(5005), No), there(Echo, Control)],
    },
    Row {
        norm: "8.3.8#3",
        zh: "自定义 ICMP 类型：请求与应答放行，反向请求不放行",
        en: "a type of ICMP: echo and its answer pass, echo the other way does not",
        pairs: &[(A2, A1), (A2, B1)],
        families: BOTH,
        steps: &[back(Echo, No), back(*HONEST, Control), there(Echo, Yes), back(EchoReply, Yes)],
    },
    Row {
        norm: "8.3.8#3",
        zh: "不设隐含规则（openstack 语义）：同组之间也需规则",
        en: "nothing implicit (semantics openstack): within a group, too, it takes a rule",
        pairs: WEB,
        families: FOUR,
        steps: &[Step::Change(State::Openstack), there(*INSIDE, No), there(Syn(443), Control)],
    },
];

impl End {
    pub(super) fn of(self, (from, to): (Seat, Seat)) -> Seat {
        match self {
            Self::From => from,
            Self::To => to,
            Self::At(seat) => seat,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deny_has_its_control_behind_it() {
        for row in ROWS {
            for pair in row.pairs {
                for (at, step) in row.steps.iter().enumerate() {
                    let Step::Send(from, to, _, No) = step else { continue };
                    let way = (from.of(*pair).host(), to.of(*pair).host());
                    let mut behind = row.steps.iter().skip(at + 1);
                    let has = behind.any(|step| match step {
                        Step::Send(from, to, _, Yes | Control) => {
                            (from.of(*pair).host(), to.of(*pair).host()) == way
                        }
                        _ => false,
                    });
                    assert!(has, "{} {pair:?}: step {at}", row.en);
                }
            }
        }
    }

    #[test]
    fn there_are_cases_enough_for_every_row_of_the_norm() {
        let count: usize = ROWS.iter().map(|row| row.pairs.len() * row.families.len()).sum();
        assert!((60..=120).contains(&count), "{count}");
        let rows = ["5.2.3.1#5", "5.2.3.2#1", "5.2.3.2#2", "5.2.3.2#3", "5.2.3.2#4", "5.2.3.2#5"];
        for row in rows.iter().chain(&["5.3.1.1#1", "8.3.8#1", "8.3.8#2", "8.3.8#3"]) {
            assert!(ROWS.iter().any(|case| case.norm == *row), "{row}");
        }
    }
}
