//! Links and addresses of rtnetlink (`linux/rtnetlink.h`, `linux/if_link.h`).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Link;
use super::netlink::{Message, Writer, attributes, find};

const GET_LINK: u16 = 18;
const NEW_LINK: u16 = 16;
const GET_ADDRESS: u16 = 22;
const NEW_ADDRESS: u16 = 20;

/// The fixed part of a link message, and of an address message.
const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;

const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_PERM_ADDRESS: u16 = 54;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const VLAN_ID: u16 = 1;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

const INET: u8 = 2;
const INET6: u8 = 10;

/// Scopes from here on end at the link.
const SCOPE_LINK: u8 = 253;

/// Returns the request for all links: type and body.
pub(super) fn get_links() -> (u16, Vec<u8>) {
    (GET_LINK, Writer::new(&[0; LINK_HEADER]).body())
}

/// Returns the request for all addresses.
pub(super) fn get_addresses() -> (u16, Vec<u8>) {
    (GET_ADDRESS, Writer::new(&[0; ADDRESS_HEADER]).body())
}

/// Returns the link that `message` describes.
pub(super) fn link(message: &Message) -> Option<Link> {
    if message.kind != NEW_LINK {
        return None;
    }
    let (header, body) = message.body.split_at_checked(LINK_HEADER)?;
    let index = header.get(4..8)?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))?;
    let mut link = Link { index, ..Link::default() };
    for attribute in attributes(body) {
        match attribute.kind {
            IFLA_IFNAME => link.name = attribute.text(),
            IFLA_PERM_ADDRESS => link.permanent_address = Some(hardware(attribute.value)),
            IFLA_LINKINFO => {
                link.kind = find(attribute.value, INFO_KIND).map(|kind| kind.text());
                let data = find(attribute.value, INFO_DATA);
                if link.kind.as_deref() == Some("vlan") {
                    link.vlan = data.and_then(|data| find(data.value, VLAN_ID)?.short());
                }
            }
            _ => {}
        }
    }
    Some(link).filter(|link| !link.name.is_empty())
}

/// Returns the link's index and the address that `message` describes, where it
/// reaches beyond the link.
pub(super) fn address(message: &Message) -> Option<(u32, String)> {
    if message.kind != NEW_ADDRESS {
        return None;
    }
    let (header, body) = message.body.split_at_checked(ADDRESS_HEADER)?;
    let [family, prefix, _, scope, index @ ..] = *header.first_chunk::<ADDRESS_HEADER>()?;
    if scope >= SCOPE_LINK {
        return None;
    }
    // On a point-to-point link IFA_ADDRESS is the peer's.
    let value = find(body, IFA_LOCAL).or_else(|| find(body, IFA_ADDRESS))?.value;
    let text = match family {
        INET => Ipv4Addr::from(*value.first_chunk::<4>()?).to_string(),
        INET6 => Ipv6Addr::from(*value.first_chunk::<16>()?).to_string(),
        _ => return None,
    };
    Some((u32::from_ne_bytes(index), format!("{text}/{prefix}")))
}

/// Returns a hardware address as `00:16:3e:01:02:03`.
pub(super) fn hardware(bytes: &[u8]) -> String {
    let parts: Vec<String> = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_link_tells_its_name_id_and_permanent_address() {
        let data = Writer::default().put(VLAN_ID, &300_u16.to_ne_bytes());
        let info = Writer::default().put(INFO_KIND, b"vlan\0").nest(INFO_DATA, &data);
        let mut fixed = [0; LINK_HEADER];
        fixed[4..8].copy_from_slice(&7_u32.to_ne_bytes());
        let body = Writer::new(&fixed)
            .put(IFLA_IFNAME, b"bond0.300\0")
            .put(IFLA_PERM_ADDRESS, &[0, 0x16, 0x3e, 1, 2, 3])
            .nest(IFLA_LINKINFO, &info)
            .body();
        let link = link(&Message { kind: NEW_LINK, sequence: 1, body }).expect("a link");
        assert_eq!(link.name, "bond0.300");
        assert_eq!((link.index, link.vlan), (7, Some(300)));
        assert_eq!(link.permanent_address.as_deref(), Some("00:16:3e:01:02:03"));
    }

    #[test]
    fn only_addresses_that_reach_beyond_the_link_count() {
        let message = |scope: u8, family: u8, value: &[u8]| Message {
            kind: NEW_ADDRESS,
            sequence: 1,
            body: Writer::new(&[family, 24, 0, scope, 4, 0, 0, 0]).put(IFA_LOCAL, value).body(),
        };
        let global = address(&message(0, INET, &[192, 0, 2, 1]));
        assert_eq!(global.map(|(_, text)| text).as_deref(), Some("192.0.2.1/24"));
        assert_eq!(address(&message(253, INET6, &[0xfe; 16])), None);
        assert_eq!(address(&message(254, INET, &[127, 0, 0, 1])), None);
        assert_eq!(address(&message(0, INET6, &[1, 2, 3])), None, "too short for IPv6");
    }
}
