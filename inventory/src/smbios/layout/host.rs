//! Types 31, 38, 42 to 44: boot integrity, IPMI, host interfaces, TPM.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::structure::decode;
use super::super::words::{self, Words, set_bits};
use super::super::{Structure, Value};
use super::{Field, Layout, Named, handle, hex32, list, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[
    Layout::new(31, "Boot Integrity Services Entry Point", INTEGRITY),
    Layout::new(38, "IPMI Device Information", IPMI),
    Layout::new(42, "Management Controller Host Interface", HOST).and(protocols),
    Layout::new(43, "TPM Device", TPM),
    Layout::new(44, "Processor Additional Information", ADDITIONAL),
];

const INTEGRITY: &[Field] = &[
    with("Checksum", 0x00, |s, _| {
        let sum = s.formatted().iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        Some(Value::Word(if sum == 0 { "OK" } else { "Invalid" }))
    }),
    with("16-bit Entry Point Address", 0x08, |s, at| {
        let (offset, segment) = (s.u16(at)?, s.u16(at + 2)?);
        Some(owned(format!("{segment:04X}:{offset:04X}")))
    }),
    with("32-bit Entry Point Address", 0x0C, hex32),
];

const IPMI: &[Field] = &[
    word("Interface Type", 0x04, words::IPMI_INTERFACE),
    with("Specification Version", 0x05, |s, at| {
        s.u8(at).map(|bcd| owned(format!("{}.{}", bcd >> 4, bcd & 0xF)))
    }),
    with("I2C Slave Address", 0x06, |s, at| {
        s.u8(at).map(|address| owned(format!("0x{:02x}", address >> 1)))
    }),
    with("NV Storage Device Address", 0x07, |s, at| {
        s.u8(at).filter(|&address| address != 0xFF).map(|address| Value::Number(address.into()))
    }),
    with("NV Storage Device", 0x07, |s, at| {
        s.u8(at).filter(|&address| address == 0xFF).map(|_| Value::Word("Not Present"))
    }),
    with("Base Address", 0x08, base_address),
    with("Register Spacing", 0x10, |s, at| {
        let modifier = s.u8(at).filter(|_| !is_ssif(s))?;
        Some(words::REGISTER_SPACING.value((modifier >> 6).into()))
    }),
    with("Interrupt Polarity", 0x10, |s, at| {
        interrupt(s, at).map(|m| Value::Word(if m & 2 == 0 { "Active Low" } else { "Active High" }))
    }),
    with("Interrupt Trigger Mode", 0x10, |s, at| {
        interrupt(s, at).map(|m| Value::Word(if m & 1 == 0 { "Edge" } else { "Level" }))
    }),
    with("Interrupt Number", 0x11, |s, at| {
        let number = s.u8(at).filter(|&number| number != 0)?;
        Some(Value::Number(number.into()))
    }),
];

const HOST: &[Field] = &[word("Host Interface Type", 0x04, words::HOST_INTERFACE)];

const TPM: &[Field] = &[
    with("Vendor ID", 0x04, |s, at| {
        let id = s.bytes::<4>(at)?;
        let shown = id.into_iter().take_while(|&byte| byte != 0);
        Some(owned(
            shown.map(|b| if (32..127).contains(&b) { char::from(b) } else { '.' }).collect(),
        ))
    }),
    with("Specification Version", 0x08, |s, at| {
        s.bytes::<2>(at).map(|[major, minor]| owned(format!("{major}.{minor}")))
    }),
    with("Firmware Revision", 0x0A, |s, at| match s.u8(0x08)? {
        // TPM 1.2 gives it in two bytes of a structure of its own.
        1 => s.bytes::<2>(at + 2).map(|[major, minor]| owned(format!("{major}.{minor}"))),
        2 => {
            let revision = s.u32(at)?;
            Some(owned(format!("{}.{}", revision >> 16, revision & 0xFFFF)))
        }
        _ => None,
    }),
    text("Description", 0x12),
    with("Characteristics", 0x13, |s, at| {
        let bits = s.u64(at)?;
        Some(if bits & 4 != 0 {
            list(std::iter::once("TPM Device characteristics not supported"))
        } else {
            list(set_bits(words::TPM, bits))
        })
    }),
    with("OEM-specific Information", 0x1B, hex32),
];

const ADDITIONAL: &[Field] = &[
    handle("Referenced Handle", 0x04),
    with("Processor Type", 0x07, |s, at| s.u8(at).map(|code| ARCHITECTURE.value(code.into()))),
    with("Processor-Specific Data", 0x08, |s, at| {
        let bytes = s.formatted().get(at..)?;
        (!bytes.is_empty()).then(|| {
            owned(bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" "))
        })
    }),
];

/// Processor architectures of type 44 (DSP0134 §7.45.1).
const ARCHITECTURE: Words = Words(&[(
    0,
    &[
        "Reserved",
        "IA32",
        "x64",
        "Itanium",
        "32-bit Arm",
        "64-bit Arm",
        "32-bit RISC-V",
        "64-bit RISC-V",
        "128-bit RISC-V",
        "32-bit LoongArch",
        "64-bit LoongArch",
    ],
)]);

fn is_ssif(s: &Structure<'_>) -> bool {
    s.u8(0x04) == Some(0x04)
}

/// An `SMBus` address for SSIF; else memory or I/O space by the lowest bit, which
/// the modifier then replaces.
fn base_address(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let address = s.u64(at)?;
    if is_ssif(s) {
        return Some(owned(format!("0x{:02X} (SMBus)", (address >> 1) & 0x7F)));
    }
    let space = if address & 1 == 0 { "Memory-mapped" } else { "I/O" };
    let lowest = s.u8(0x10).map_or(0, |modifier| u64::from((modifier >> 4) & 1));
    Some(owned(format!("0x{:016X} ({space})", (address & !1) | lowest)))
}

/// The modifier byte, if it says that there is an interrupt.
fn interrupt(s: &Structure<'_>, at: usize) -> Option<u8> {
    s.u8(at).filter(|modifier| modifier & 8 != 0 && !is_ssif(s))
}

/// The device behind a network interface, and how Redfish is reached over it
/// (DSP0270 §9).
fn protocols<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let Some([kind, length]) = s.bytes::<2>(0x04) else { return };
    let length = usize::from(length);
    let Some(data) = s.formatted().get(6..6 + length) else { return };
    if kind == 0x40 {
        device(data, named);
    } else if kind == 0xF0
        && let Some(&[a, b, c, d]) = data.first_chunk::<4>()
    {
        named.push(("Vendor ID".into(), owned(format!("0x{a:02X}{b:02X}{c:02X}{d:02X}"))));
    }
    let mut at = 6 + length + 1;
    for _ in 0..s.u8(6 + length).unwrap_or(0) {
        let Some([protocol, size]) = s.bytes::<2>(at) else { return };
        let Some(record) = s.formatted().get(at + 2..at + 2 + usize::from(size)) else { return };
        let name = words::HOST_PROTOCOL.value(protocol.into());
        named.push(("Protocol ID".into(), owned(format!("{protocol:02x} ({name})"))));
        if protocol == 4 {
            redfish(s, record, named);
        }
        at += 2 + usize::from(size);
    }
}

fn device<'a>(data: &'a [u8], named: &mut Named<'a>) {
    let Some((&kind, ids)) = data.split_first() else { return };
    named.push(("Device Type".into(), words::HOST_DEVICE.value(kind.into())));
    // The second layout of each puts its own length first.
    let (names, skip): (&[&str], usize) = match kind {
        2 => (&["idVendor", "idProduct"], 0),
        3 => (&["VendorID", "DeviceID", "SubVendorID", "SubDeviceID"], 0),
        4 => (&["idVendor", "idProduct"], 1),
        5 => (&["VendorID", "DeviceID", "SubVendorID", "SubDeviceID"], 1),
        _ => return,
    };
    let ids = ids.get(skip..).unwrap_or_default();
    for (name, id) in names.iter().zip(ids.chunks_exact(2)) {
        let [low, high] = id else { continue };
        let id = u16::from_le_bytes([*low, *high]);
        named.push(((*name).into(), owned(format!("0x{id:04x}"))));
    }
}

fn redfish<'a>(s: &Structure<'a>, record: &'a [u8], named: &mut Named<'a>) {
    fn chunk<const N: usize>(record: &[u8], at: usize) -> Option<[u8; N]> {
        record.get(at..)?.first_chunk::<N>().copied()
    }
    let Some(mut uuid) = chunk::<16>(record, 0) else { return };
    if s.version().at_least(2, 6) {
        for field in [0..4, 4..6, 6..8] {
            uuid.get_mut(field).unwrap_or_default().reverse();
        }
    }
    named.push(("Service UUID".into(), owned(super::uuid_text(uuid))));
    let mut endpoint = |at: usize, names: [&'static str; 2], address: [&'static str; 2]| {
        let Some([assigned, format]) = chunk::<2>(record, at) else { return };
        named.push((names[0].into(), words::ASSIGNMENT.value(assigned.into())));
        let version = match format {
            1 => "IPv4",
            2 => "IPv6",
            _ => "Unknown",
        };
        named.push((names[1].into(), Value::Word(version)));
        for (name, at) in address.into_iter().zip([at + 2, at + 18]) {
            let Some(bytes) = chunk::<16>(record, at) else { return };
            let text = match format {
                1 => Ipv4Addr::from(chunk::<4>(&bytes, 0).unwrap_or_default()).to_string(),
                2 => Ipv6Addr::from(bytes).to_string(),
                _ => continue,
            };
            named.push((format!("{version} {name}").into(), owned(text)));
        }
    };
    let host = ["Host IP Assignment Type", "Host IP Address Format"];
    endpoint(16, host, ["Address", "Mask"]);
    let service = ["Redfish Service IP Discovery Type", "Redfish Service IP Address Format"];
    endpoint(50, service, ["Redfish Service Address", "Redfish Service Mask"]);
    let Some(port) = chunk::<2>(record, 84).map(u16::from_le_bytes) else { return };
    named.push(("Redfish Service Port".into(), Value::Number(port.into())));
    let Some(vlan) = chunk::<4>(record, 86).map(u32::from_le_bytes) else { return };
    named.push(("Redfish Service Vlan".into(), Value::Number(vlan.into())));
    let Some(&length) = record.get(90) else { return };
    let name = record.get(91..).unwrap_or_default();
    let name = name.get(..usize::from(length)).unwrap_or(name);
    named.push(("Redfish Service Hostname".into(), Value::Text(decode(name))));
}
