//! Names of PCI devices, from the id database compiled into the program.
//!
//! The database is kept compressed (0.3 MB; as tables it is 3.2 MB of the
//! executable) and unpacked once, when the first name is asked for.

use std::sync::OnceLock;

use crate::unpack::unpack;

/// `data/pci.ids.md` says what it is and under which licence.
const PACKED: &[u8] = include_bytes!("../data/pci.ids.zst");

/// The names of a PCI function, as far as the database knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The vendor's name.
    pub vendor: Option<&'static str>,
    /// The device's name.
    pub device: Option<&'static str>,
    /// The subsystem's name: the card, where its maker registered it.
    pub subsystem: Option<&'static str>,
}

/// Returns the names of the function with these ids, each four hex digits in
/// lower case, as `8086`.
pub fn names(vendor: &str, device: &str, subsystem: Option<(&str, &str)>) -> Names {
    let Some((name, body)) = vendor_entry(database(), vendor) else { return Names::default() };
    let mut names = Names { vendor: Some(name), ..Names::default() };
    let mut inside = false;
    for line in body.lines() {
        let Some(entry) = line.strip_prefix('\t') else { continue };
        if let Some(entry) = entry.strip_prefix('\t') {
            let found = inside && subsystem.is_some_and(|ids| is_pair(entry, ids));
            if found {
                names.subsystem = entry.split_once("  ").map(|(_, name)| name.trim());
                break;
            }
        } else if inside {
            break;
        } else if let Some(name) = entry.strip_prefix(device).filter(|_| is_id(device)) {
            names.device = Some(name.trim());
            inside = true;
        }
    }
    names
}

/// Returns the name of the vendor with this id.
pub fn vendor(id: &str) -> Option<&'static str> {
    vendor_entry(database(), id).map(|(name, _)| name)
}

/// Returns a vendor's name, and its lines.
fn vendor_entry<'a>(text: &'a str, id: &str) -> Option<(&'a str, &'a str)> {
    if !is_id(id) {
        return None;
    }
    let start = text.find(&format!("\n{id}  "))?.checked_add(1)?;
    let (head, rest) = text.get(start..)?.split_once('\n')?;
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if !line.starts_with(['\t', '#']) {
            break;
        }
        end += line.len();
    }
    Some((head.get(6..)?.trim(), rest.get(..end)?))
}

fn is_id(id: &str) -> bool {
    id.len() == 4 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_pair(entry: &str, (vendor, device): (&str, &str)) -> bool {
    let mut words = entry.split(' ');
    words.next() == Some(vendor) && words.next() == Some(device)
}

fn database() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        // Were it damaged, devices would go without names.
        String::from_utf8(unpack(PACKED)).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_and_its_card_have_their_names() {
        let names = names("8086", "1521", Some(("8086", "0001")));
        assert_eq!(names.vendor, Some("Intel Corporation"));
        assert_eq!(names.device, Some("I350 Gigabit Network Connection"));
        assert_eq!(names.subsystem, Some("Ethernet Server Adapter I350-T4"));
    }

    #[test]
    fn management_chips_of_both_kinds_are_known() {
        assert!(names("19e5", "1711", None).device.is_some_and(|name| name.contains("Hi171x")));
        assert!(names("1a03", "2000", None).device.is_some_and(|name| name.contains("ASPEED")));
    }

    #[test]
    fn what_is_no_id_has_no_name() {
        for id in ["", "808", "80866", "zzzz", "\n808", "8086\n", "C 01", "0002"] {
            assert_eq!(vendor(id), None, "{id:?}");
        }
        assert_eq!(names("8086", "zzzz", None).device, None);
        assert_eq!(names("8086", "", None).device, None);
    }

    #[test]
    fn a_subsystem_of_another_device_is_not_taken() {
        assert_eq!(names("1af4", "1000", Some(("8086", "0001"))).subsystem, None);
    }
}
