//! Tests of what a slot's type says.

use super::*;

#[test]
fn a_slot_type_says_bus_lanes_and_generation() {
    let shaped = |bus, width, generation| Shape { bus, width, generation };
    let cases = [
        ("x8 PCI Express 3 x16", shaped(Some("pcie"), Some(8), Some(3))),
        ("PCI Express 3 x16", shaped(Some("pcie"), Some(16), Some(3))),
        ("x16 PCI Express", shaped(Some("pcie"), Some(16), None)),
        ("PCI Express 6+", shaped(Some("pcie"), None, Some(6))),
        ("x4 PCI Express 3 SFF-8639 (U.2)", shaped(Some("u2"), Some(4), Some(3))),
        ("x4 M.2 Socket 3", shaped(Some("m2"), Some(4), None)),
        ("32-bit PCI", shaped(Some("pci"), None, None)),
        ("64-bit PCI-X", shaped(Some("pcix"), None, None)),
        ("x16 <OUT OF SPEC>", shaped(None, Some(16), None)),
        ("<OUT OF SPEC> <OUT OF SPEC>", shaped(None, None, None)),
        ("<OUT OF SPEC> PCI Express 2", shaped(Some("pcie"), None, Some(2))),
        ("Unknown", shaped(None, None, None)),
        ("", shaped(None, None, None)),
        ("x4 Other", shaped(Some("other"), Some(4), None)),
    ];
    for (kind, wanted) in cases {
        assert_eq!(shape(kind), wanted, "{kind}");
    }
}
