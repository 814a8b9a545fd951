//! Recognising a file by its content.
//!
//! The content decides; the name only breaks a tie that content cannot, a bare
//! SMBIOS table with a single structure.

use super::Kind;

/// How much of a text is looked at.
const HEAD: usize = 64 * 1024;

/// Anchors of SMBIOS entry points.
const ANCHORS: [&[u8]; 3] = [b"_SM3_", b"_SM_", b"_DMI_"];

/// First four bytes of captures: pcap in µs and ns, both byte orders; pcapng.
const CAPTURES: [[u8; 4]; 5] = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

/// Returns what wrote the file `name` with the content `bytes`, where it can be told.
pub fn detect(name: &str, bytes: &[u8]) -> Option<Kind> {
    if CAPTURES.iter().any(|magic| bytes.starts_with(magic)) {
        return Some(Kind::Lldp);
    }
    if ANCHORS.iter().any(|anchor| bytes.starts_with(anchor)) || is_windows_block(bytes) {
        return Some(Kind::Smbios);
    }
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        Some(b'{' | b'[') => return detect_json(text),
        Some(_) => {}
        None => return None,
    }
    if let Some(kind) = detect_text(text) {
        return Some(kind);
    }
    let structures = whole_structures(bytes);
    let named = ["dmi", "smbios"].iter().any(|word| name.to_ascii_lowercase().contains(word));
    (structures >= 2 || (structures == 1 && named)).then_some(Kind::Smbios)
}

fn detect_text(text: &[u8]) -> Option<Kind> {
    let lines = || text.split(|byte| *byte == b'\n').take(200);
    if lines().any(|line| {
        line.starts_with(b"# dmidecode ")
            || (line.starts_with(b"Handle 0x") && contains(line, b", DMI type "))
    }) {
        return Some(Kind::Dmidecode);
    }
    // The banner, then one of the section headings: a log that merely mentions
    // the program has not both.
    lines()
        .any(|line| line.starts_with(b"smartctl ") || line.starts_with(b"=== START OF "))
        .then_some(Kind::Smartctl)
}

/// Keys that beside `device` only smartctl writes. Exports that went through other hands have
/// often lost the head of the document, `json_format_version` and `smartctl`.
const SMARTCTL: [&[u8]; 6] = [
    b"json_format_version",
    b"smart_status",
    b"smart_support",
    b"ata_smart_attributes",
    b"nvme_smart_health_information_log",
    b"scsi_error_counter_log",
];

fn detect_json(text: &[u8]) -> Option<Kind> {
    let keys = outer_keys(text);
    let has = |name: &[u8]| keys.contains(&name);
    if has(b"schema") && contains(text, b"\"inventory/v") {
        Some(Kind::Inventory)
    } else if has(b"smartctl") || (has(b"device") && SMARTCTL.iter().any(|key| has(key))) {
        Some(Kind::Smartctl)
    } else if has(b"Controllers") {
        Some(Kind::Storcli)
    } else if has(b"lldp") {
        Some(Kind::Lldp)
    } else if has(b"id") && has(b"class") {
        Some(Kind::Lshw)
    } else {
        None
    }
}

/// Returns the keys of the outermost object, or of the first objects of the
/// outermost array. Broken JSON gives the keys before and after the break:
/// older releases of lshw write such.
fn outer_keys(text: &[u8]) -> Vec<&[u8]> {
    let array = text.first() == Some(&b'[');
    let wanted = if array { 2_usize } else { 1 };
    let mut depth = 0_usize;
    let mut keys = Vec::new();
    let mut at = 0_usize;
    while let Some(byte) = text.get(at) {
        at = at.saturating_add(1);
        match byte {
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let start = at;
                while let Some(inner) = text.get(at) {
                    match inner {
                        b'\\' => at = at.saturating_add(2),
                        b'"' => break,
                        _ => at = at.saturating_add(1),
                    }
                }
                let string = text.get(start..at).unwrap_or_default();
                at = at.saturating_add(1);
                let rest = text.get(at..).unwrap_or_default().trim_ascii_start();
                if depth == wanted && rest.first() == Some(&b':') {
                    keys.push(string);
                }
            }
            _ => {}
        }
    }
    keys
}

/// Says whether `bytes` are what Windows returns for the provider `RSMB`: four
/// bytes of version, the length of the table, the table.
fn is_windows_block(bytes: &[u8]) -> bool {
    let Some((header, table)) = bytes.split_first_chunk::<8>() else { return false };
    let [_, major, _, _, a, b, c, d] = *header;
    let length = u32::from_le_bytes([a, b, c, d]);
    (2..=3).contains(&major)
        && usize::try_from(length).is_ok_and(|length| length == table.len())
        && whole_structures(table) >= 1
}

/// Counts the structures at the start of a bare table, up to two. Stops at the
/// first that cannot be one.
fn whole_structures(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut count = 0;
    while count < 2 {
        let [kind, length, ..] = *rest else { break };
        // Types 44 to 125 are reserved: a text would pass for one of these.
        if length < 4 || (44..126).contains(&kind) {
            break;
        }
        let Some(strings) = rest.get(usize::from(length)..) else { break };
        let Some(end) = strings.windows(2).position(|pair| pair == [0, 0]) else { break };
        rest = strings.get(end.saturating_add(2)..).unwrap_or_default();
        count += 1;
    }
    count
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
