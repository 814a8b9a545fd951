//! Numbers of `nf_tables`, as `include/uapi/linux/netfilter/nf_tables.h` and libnftnl have them.

use super::{Base, Comparison, Ct, Family, KeyType, Meta, Point, ValueType};

/// `NFNL_SUBSYS_NFTABLES`.
pub(super) const SUBSYSTEM: u8 = 10;

/// Kinds of messages (`NFT_MSG_*`); `NFNL_MSG_BATCH_*` have no subsystem.
pub(super) mod message {
    pub(in crate::nft) const BATCH_BEGIN: u16 = 16;
    pub(in crate::nft) const BATCH_END: u16 = 17;
    pub(in crate::nft) const NEW_TABLE: u8 = 0;
    pub(in crate::nft) const DELETE_TABLE: u8 = 2;
    pub(in crate::nft) const NEW_CHAIN: u8 = 3;
    pub(in crate::nft) const DELETE_CHAIN: u8 = 5;
    pub(in crate::nft) const NEW_RULE: u8 = 6;
    pub(in crate::nft) const DELETE_RULE: u8 = 8;
    pub(in crate::nft) const NEW_SET: u8 = 9;
    pub(in crate::nft) const DELETE_SET: u8 = 11;
    pub(in crate::nft) const NEW_ELEMENTS: u8 = 12;
    pub(in crate::nft) const DELETE_ELEMENTS: u8 = 14;
}

/// `NFTA_LIST_ELEM`.
pub(super) const ITEM: u16 = 1;

/// Verdicts (`NF_*`, `NFT_*`).
pub(super) mod verdict {
    pub(in crate::nft) const DROP: i32 = 0;
    pub(in crate::nft) const ACCEPT: i32 = 1;
    pub(in crate::nft) const JUMP: i32 = -3;
    pub(in crate::nft) const GOTO: i32 = -4;
    pub(in crate::nft) const RETURN: i32 = -5;
    /// `NFT_DATA_VERDICT`, the type of a verdict map's values.
    pub(in crate::nft) const TYPE: u32 = 0xffff_ff00;
}

/// `NFT_SET_*`.
pub(super) mod set_flag {
    pub(in crate::nft) const ANONYMOUS: u32 = 0x1;
    pub(in crate::nft) const INTERVAL: u32 = 0x4;
    pub(in crate::nft) const MAP: u32 = 0x8;
    pub(in crate::nft) const CONCAT: u32 = 0x80;
}

/// `NFT_SET_ELEM_*`.
pub(super) mod element_flag {
    pub(in crate::nft) const INTERVAL_END: u32 = 1;
    pub(in crate::nft) const CATCH_ALL: u32 = 2;
}

/// The first register of 4 bytes (`NFT_REG32_00`).
pub(super) const FIRST_REGISTER: u32 = 8;

impl Family {
    /// `NFPROTO_*`.
    pub fn number(self) -> u8 {
        match self {
            Self::Inet => 1,
            Self::Netdev => 5,
        }
    }

    /// Its name in nft(8).
    pub fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Netdev => "netdev",
        }
    }

    pub(super) fn of(number: u8) -> Option<Self> {
        [Self::Inet, Self::Netdev].into_iter().find(|family| family.number() == number)
    }
}

impl Point {
    /// `NF_INET_*` or `NF_NETDEV_INGRESS`.
    pub(super) fn number(self, family: Family) -> u32 {
        match (self, family) {
            (Self::Prerouting | Self::DestinationNat, _) | (Self::Ingress, Family::Netdev) => 0,
            (Self::Input, _) => 1,
            (Self::Forward, _) => 2,
            (Self::Output, _) => 3,
            (Self::Postrouting | Self::SourceNat, _) => 4,
            (Self::Ingress, Family::Inet) => 5,
        }
    }

    /// The type of the chains there.
    pub(super) fn chain_type(self) -> &'static str {
        match self {
            Self::DestinationNat | Self::SourceNat => "nat",
            _ => "filter",
        }
    }

    pub(super) fn of(number: u32, chain_type: &str, family: Family) -> Option<Self> {
        let all: &[Self] = match family {
            Family::Netdev => &[Self::Ingress],
            Family::Inet => &[
                Self::DestinationNat,
                Self::SourceNat,
                Self::Prerouting,
                Self::Input,
                Self::Forward,
                Self::Output,
                Self::Postrouting,
                Self::Ingress,
            ],
        };
        let mut all = all.iter().copied().filter(|point| point.chain_type() == chain_type);
        all.find(|point| point.number(family) == number)
    }
}

impl Meta {
    const ALL: [Self; 6] = [
        Self::InName,
        Self::OutName,
        Self::L4Protocol,
        Self::Family,
        Self::PacketType,
        Self::EtherType,
    ];

    /// `NFT_META_*`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::EtherType => 1,
            Self::InName => 6,
            Self::OutName => 7,
            Self::Family => 15,
            Self::L4Protocol => 16,
            Self::PacketType => 19,
        }
    }

    pub(super) fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.number() == number)
    }
}

impl Ct {
    /// `NFT_CT_ZONE`.
    pub(super) const ZONE: u32 = 17;

    /// `NFT_CT_*`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::State => 0,
            Self::Status => 2,
        }
    }

    pub(super) fn of(number: u32) -> Option<Self> {
        [Self::State, Self::Status].into_iter().find(|key| key.number() == number)
    }
}

impl Base {
    /// `NFT_PAYLOAD_*`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Link => 0,
            Self::Network => 1,
            Self::Transport => 2,
        }
    }

    pub(super) fn of(number: u32) -> Option<Self> {
        [Self::Link, Self::Network, Self::Transport]
            .into_iter()
            .find(|base| base.number() == number)
    }
}

impl Comparison {
    const ALL: [Self; 6] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
    ];

    /// `NFT_CMP_*`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Equal => 0,
            Self::NotEqual => 1,
            Self::Less => 2,
            Self::LessOrEqual => 3,
            Self::Greater => 4,
            Self::GreaterOrEqual => 5,
        }
    }

    pub(super) fn of(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.number() == number)
    }
}

impl KeyType {
    const ALL: [Self; 7] = [
        Self::InterfaceName,
        Self::Ipv4,
        Self::Ipv6,
        Self::Ether,
        Self::Protocol,
        Self::Port,
        Self::CtState,
    ];
    /// Bits of a number in the number of a concatenation.
    const BITS: u32 = 6;

    /// `enum nft_datatypes`.
    fn number(self) -> u32 {
        match self {
            Self::Ipv4 => 7,
            Self::Ipv6 => 8,
            Self::Ether => 9,
            Self::Protocol => 12,
            Self::Port => 13,
            Self::CtState => 26,
            Self::InterfaceName => 41,
            Self::Other { number, .. } => number,
        }
    }

    /// Its bytes, without padding.
    pub fn length(self) -> u32 {
        match self {
            Self::Protocol => 1,
            Self::Port => 2,
            Self::Ipv4 | Self::CtState => 4,
            Self::Ether => 6,
            Self::Ipv6 | Self::InterfaceName => 16,
            Self::Other { length, .. } => length,
        }
    }

    /// `enum byteorder` of libnftnl: 1 of this host, 2 of the network.
    pub(super) fn byte_order(self) -> u32 {
        match self {
            Self::InterfaceName | Self::CtState | Self::Other { .. } => 1,
            Self::Ipv4 | Self::Ipv6 | Self::Ether | Self::Protocol | Self::Port => 2,
        }
    }

    /// The number of a key with these parts.
    pub(super) fn number_of(parts: &[Self]) -> u32 {
        parts.iter().fold(0, |number, part| number.wrapping_shl(Self::BITS) | part.number())
    }

    /// Parts of a key by its number; one that is not known where they are not these types, or
    /// not so long.
    pub(super) fn parts_of(number: u32, length: u32) -> Vec<Self> {
        let other = Self::Other { number, length };
        let (mut parts, mut rest) = (Vec::new(), number);
        while rest != 0 {
            let last = rest & ((1 << Self::BITS) - 1);
            let Some(part) = Self::ALL.into_iter().find(|part| part.number() == last) else {
                return vec![other];
            };
            parts.push(part);
            rest >>= Self::BITS;
        }
        parts.reverse();
        if Self::length_of(&parts) == length { parts } else { vec![other] }
    }

    /// Bytes of a key with these parts.
    pub(super) fn length_of(parts: &[Self]) -> u32 {
        match parts {
            [one] => one.length(),
            more => more
                .iter()
                .fold(0, |sum, part| sum.saturating_add(part.length().next_multiple_of(4))),
        }
    }
}

impl ValueType {
    /// `enum nft_datatypes`: a zone is an `integer`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Verdict => verdict::TYPE,
            Self::Zone => 4,
            Self::Ipv4 => KeyType::Ipv4.number(),
            Self::Mark => 19,
            Self::Other { number, .. } => number,
        }
    }

    /// Its bytes; none for verdicts.
    pub(super) fn length(self) -> u32 {
        match self {
            Self::Verdict => 0,
            Self::Zone => 2,
            Self::Ipv4 | Self::Mark => 4,
            Self::Other { length, .. } => length,
        }
    }

    pub(super) fn of(number: u32, length: u32) -> Self {
        match (number, length) {
            (verdict::TYPE, _) => Self::Verdict,
            (4, 2) => Self::Zone,
            (7, 4) => Self::Ipv4,
            (19, 4) => Self::Mark,
            _ => Self::Other { number, length },
        }
    }
}
