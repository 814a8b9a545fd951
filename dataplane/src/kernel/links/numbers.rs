//! Numbers of rtnetlink that are read here, as the kernel's headers have them.

pub(in crate::kernel) const AF_UNSPEC: u8 = 0;
pub(super) const AF_INET: u8 = 2;
/// `AF_BRIDGE`.
pub const AF_BRIDGE: u8 = 7;
pub(super) const AF_INET6: u8 = 10;

pub(super) const NLM_F_REPLACE: u16 = 0x100;
pub(super) const NLM_F_EXCL: u16 = 0x200;
pub(super) const NLM_F_CREATE: u16 = 0x400;

pub(super) const RTM_NEWLINK: u16 = 16;
pub(super) const RTM_DELLINK: u16 = 17;
pub(in crate::kernel) const RTM_GETLINK: u16 = 18;
pub(in crate::kernel) const RTM_SETLINK: u16 = 19;
pub(super) const RTM_GETADDR: u16 = 22;
pub(super) const RTM_GETROUTE: u16 = 26;
pub(super) const RTM_NEWNEIGH: u16 = 28;
pub(super) const RTM_DELNEIGH: u16 = 29;
pub(super) const RTM_GETNEIGH: u16 = 30;
pub(super) const RTM_GETNEXTHOP: u16 = 106;

/// `RTEXT_FILTER_SKIP_STATS`.
pub(in crate::kernel) const EXT_SKIP_STATISTICS: u32 = 1 << 3;

pub(super) const IFF_UP: u32 = 1;
pub(super) const IFF_RUNNING: u32 = 1 << 6;
pub(super) const IFF_NOARP: u32 = 1 << 7;

pub(super) const NUD_REACHABLE: u16 = 0x02;
pub(super) const NUD_NOARP: u16 = 0x40;
pub(super) const NUD_PERMANENT: u16 = 0x80;

pub(super) const NTF_SELF: u8 = 1 << 1;
pub(super) const NTF_MASTER: u8 = 1 << 2;
pub(super) const NTF_EXT_LEARNED: u8 = 1 << 4;

pub(super) const RTN_UNICAST: u8 = 1;
pub(super) const RTPROT_KERNEL: u8 = 2;

/// `IFLA_*`, `IFLA_INET6_*`.
pub(in crate::kernel) mod link {
    pub(in crate::kernel::links) const ADDRESS: u16 = 1;
    pub(in crate::kernel) const NAME: u16 = 3;
    pub(in crate::kernel::links) const MTU: u16 = 4;
    pub(in crate::kernel::links) const LINK: u16 = 5;
    pub(in crate::kernel) const MASTER: u16 = 10;
    /// `IFLA_PROTINFO`.
    pub(in crate::kernel) const PORT: u16 = 12;
    pub(in crate::kernel) const INFO: u16 = 18;
    pub(in crate::kernel::links) const ALIAS: u16 = 20;
    pub(in crate::kernel::links) const STATISTICS: u16 = 23;
    pub(in crate::kernel::links) const FAMILIES: u16 = 26;
    pub(in crate::kernel::links) const GROUP: u16 = 27;
    pub(in crate::kernel::links) const NAMESPACE: u16 = 28;
    pub(in crate::kernel) const EXT_MASK: u16 = 29;
    pub(in crate::kernel::links) const TX_QUEUES: u16 = 31;
    pub(in crate::kernel::links) const RX_QUEUES: u16 = 32;
    pub(in crate::kernel::links) const LINK_NAMESPACE: u16 = 37;
    pub(in crate::kernel::links) const INET6_GENERATE: u16 = 8;
    pub(in crate::kernel::links) const GENERATE_NONE: u8 = 1;
}

/// `IFLA_INFO_*`, `VETH_INFO_*`.
pub(in crate::kernel) mod info {
    pub(in crate::kernel::links) const KIND: u16 = 1;
    pub(in crate::kernel::links) const DATA: u16 = 2;
    pub(in crate::kernel::links) const VETH_PEER: u16 = 1;
    pub(in crate::kernel::links) const PORT_KIND: u16 = 4;
    pub(in crate::kernel) const PORT_DATA: u16 = 5;
}

/// `IFLA_BR_*`.
pub(super) mod bridge {
    pub(in crate::kernel::links) const STP: u16 = 5;
    pub(in crate::kernel::links) const SNOOPING: u16 = 23;
    pub(in crate::kernel::links) const CALL_IPTABLES: u16 = 36;
    pub(in crate::kernel::links) const CALL_IP6TABLES: u16 = 37;
}

/// `BR_STATE_DISABLED`.
pub(in crate::kernel) const BR_DISABLED: u8 = 0;

/// `IFLA_BRPORT_*`.
pub(in crate::kernel) mod bridge_port {
    pub(in crate::kernel) const STATE: u16 = 1;
    pub(in crate::kernel::links) const LEARNING: u16 = 8;
    pub(in crate::kernel::links) const FLOOD: u16 = 9;
    pub(in crate::kernel::links) const MULTICAST_FLOOD: u16 = 27;
    pub(in crate::kernel::links) const BROADCAST_FLOOD: u16 = 30;
    pub(in crate::kernel::links) const SUPPRESS: u16 = 32;
}

/// `IFLA_VXLAN_*`.
pub(super) mod vxlan {
    pub(in crate::kernel::links) const ID: u16 = 1;
    pub(in crate::kernel::links) const LOCAL: u16 = 4;
    pub(in crate::kernel::links) const LEARNING: u16 = 7;
    pub(in crate::kernel::links) const PROXY: u16 = 11;
    pub(in crate::kernel::links) const PORT: u16 = 15;
    pub(in crate::kernel::links) const LOCAL6: u16 = 17;
}

/// `IFA_*`.
pub(super) mod address {
    pub(in crate::kernel::links) const ADDRESS: u16 = 1;
    pub(in crate::kernel::links) const LOCAL: u16 = 2;
}

/// `NDA_*`.
pub(super) mod neighbour {
    pub(in crate::kernel::links) const DESTINATION: u16 = 1;
    pub(in crate::kernel::links) const MAC: u16 = 2;
    pub(in crate::kernel::links) const MASTER: u16 = 9;
}

/// `RTA_*`.
pub(super) mod route {
    pub(in crate::kernel::links) const DESTINATION: u16 = 1;
    pub(in crate::kernel::links) const DEVICE: u16 = 4;
    pub(in crate::kernel::links) const GATEWAY: u16 = 5;
    pub(in crate::kernel::links) const HOPS: u16 = 9;
    pub(in crate::kernel::links) const VIA: u16 = 18;
}

/// `NHA_*`.
pub(super) mod nexthop {
    pub(in crate::kernel::links) const DEVICE: u16 = 5;
}
