//! The identity vector of a machine, and whether two vectors are one machine.
//!
//! No member is trusted alone: boards are swapped, serials are left as the
//! firmware's template. A machine seen before is matched by the majority of the
//! members that both sides have, so that a swapped board is a change and not a
//! new machine.

use crate::model::{Identity, Inventory};
use crate::placeholder::{is_placeholder, mac_bytes, usable_mac, usable_uuid};

/// Returns the identity vector of the machine that `inventory` describes.
pub fn identity_of(inventory: &Inventory) -> Identity {
    let system = inventory.system.as_ref();
    let hosting = inventory
        .board
        .iter()
        .find(|board| board.hosting == Some(true))
        .or_else(|| inventory.board.first());
    let chassis = inventory.chassis.iter().find_map(|chassis| serial(chassis.serial.as_deref()));
    let uuid = system.and_then(|system| system.uuid.as_deref()).filter(|uuid| usable_uuid(uuid));
    let bmc = inventory.bmc.as_ref().and_then(|bmc| bmc.mac.as_deref());
    let mut identity = Identity {
        key: None,
        system_serial: system.and_then(|system| serial(system.serial.as_deref())),
        uuid: uuid.map(str::to_ascii_lowercase),
        board_serial: hosting.and_then(|board| serial(board.serial.as_deref())),
        chassis_serial: chassis,
        bmc_mac: bmc.filter(|mac| usable_mac(mac)).map(str::to_ascii_lowercase),
        nic_mac: lowest_mac(inventory),
    };
    let key = members(&identity)
        .into_iter()
        .find_map(|(name, value)| value.map(|value| format!("{name}:{value}")));
    identity.key = key;
    identity
}

/// Returns whether two vectors are of one machine; `None` if they share no
/// member to compare.
///
/// The majority of the members that both have decides; at a tie, the first of
/// them does.
pub fn same_machine(a: &Identity, b: &Identity) -> Option<bool> {
    let mut agree = 0_usize;
    let mut differ = 0_usize;
    let mut first = None;
    for ((name, a), (_, b)) in members(a).into_iter().zip(members(b)) {
        let (Some(a), Some(b)) = (a, b) else { continue };
        let same = same_member(name, a, b);
        if same {
            agree += 1;
        } else {
            differ += 1;
        }
        first = first.or(Some(same));
    }
    if agree == differ { first } else { Some(agree > differ) }
}

/// The members in order of preference, by name.
fn members(identity: &Identity) -> [(&'static str, Option<&str>); 6] {
    [
        ("system_serial", identity.system_serial.as_deref()),
        ("uuid", identity.uuid.as_deref()),
        ("board_serial", identity.board_serial.as_deref()),
        ("chassis_serial", identity.chassis_serial.as_deref()),
        ("bmc_mac", identity.bmc_mac.as_deref()),
        ("nic_mac", identity.nic_mac.as_deref()),
    ]
}

fn same_member(name: &str, a: &str, b: &str) -> bool {
    let same = a.trim().eq_ignore_ascii_case(b.trim());
    same || (name == "uuid" && swapped(a).is_some_and(|a| a.eq_ignore_ascii_case(b.trim())))
}

/// Returns `uuid` in the other byte order: before SMBIOS 2.6, and on some
/// management controllers still, the first three fields are big-endian.
fn swapped(uuid: &str) -> Option<String> {
    let mut fields = uuid.trim().splitn(4, '-');
    let mut text = String::with_capacity(36);
    for _ in 0..3 {
        let field = fields.next()?;
        let bytes = field.as_bytes().chunks(2).rev();
        for byte in bytes {
            text.push_str(std::str::from_utf8(byte).ok()?);
        }
        text.push('-');
    }
    text.push_str(fields.next()?);
    Some(text)
}

fn serial(serial: Option<&str>) -> Option<String> {
    serial.map(str::trim).filter(|serial| !is_placeholder(serial)).map(str::to_owned)
}

/// The lowest permanent MAC address, as a number.
fn lowest_mac(inventory: &Inventory) -> Option<String> {
    inventory
        .nic
        .iter()
        .flat_map(|nic| &nic.port)
        .filter_map(|port| port.permanent_mac.as_deref())
        .filter(|mac| usable_mac(mac))
        .min_by_key(|mac| mac_bytes(mac))
        .map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests;
