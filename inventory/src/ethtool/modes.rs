//! Link modes by number, where the kernel gives no names (before 5.6), and what
//! names of modes mean.

/// Returns the names of the bits that are set in `words`.
pub(super) fn names(words: &[u32]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for bit in 0..32_usize {
            if word >> bit & 1 == 1 {
                let index = at.saturating_mul(32).saturating_add(bit);
                let name = MODES.get(index).map(|name| (*name).to_owned());
                names.push(name.unwrap_or_else(|| format!("bit{index}")));
            }
        }
    }
    names
}

/// Returns the speed in bit/s that a mode's name tells: `10000baseT/Full`.
///
/// Properties that share the set (`Autoneg`, `TP`, `10000baseR_FEC`) are none.
pub fn speed_of(mode: &str) -> Option<u64> {
    if !(mode.ends_with("/Full") || mode.ends_with("/Half")) {
        return None;
    }
    let (digits, _) = mode.split_once("base")?;
    let megabits: u64 = digits.parse().ok()?;
    megabits.checked_mul(1_000_000).filter(|speed| *speed > 0)
}

/// Returns ethtool's letters of Wake-on-LAN modes; `d` where there is none.
pub fn wake_letters(bits: u32) -> String {
    let letters: String = "pumbagsf"
        .chars()
        .enumerate()
        .filter(|(at, _)| bits >> at & 1 == 1)
        .map(|(_, c)| c)
        .collect();
    if letters.is_empty() { "d".to_owned() } else { letters }
}

/// `enum ethtool_link_mode_bit_indices`, in the kernel's spelling.
const MODES: &[&str] = &[
    "10baseT/Half",
    "10baseT/Full",
    "100baseT/Half",
    "100baseT/Full",
    "1000baseT/Half",
    "1000baseT/Full",
    "Autoneg",
    "TP",
    "AUI",
    "MII",
    "FIBRE",
    "BNC",
    "10000baseT/Full",
    "Pause",
    "Asym_Pause",
    "2500baseX/Full",
    "Backplane",
    "1000baseKX/Full",
    "10000baseKX4/Full",
    "10000baseKR/Full",
    "10000baseR_FEC",
    "20000baseMLD2/Full",
    "20000baseKR2/Full",
    "40000baseKR4/Full",
    "40000baseCR4/Full",
    "40000baseSR4/Full",
    "40000baseLR4/Full",
    "56000baseKR4/Full",
    "56000baseCR4/Full",
    "56000baseSR4/Full",
    "56000baseLR4/Full",
    "25000baseCR/Full",
    "25000baseKR/Full",
    "25000baseSR/Full",
    "50000baseCR2/Full",
    "50000baseKR2/Full",
    "100000baseKR4/Full",
    "100000baseSR4/Full",
    "100000baseCR4/Full",
    "100000baseLR4_ER4/Full",
    "50000baseSR2/Full",
    "1000baseX/Full",
    "10000baseCR/Full",
    "10000baseSR/Full",
    "10000baseLR/Full",
    "10000baseLRM/Full",
    "10000baseER/Full",
    "2500baseT/Full",
    "5000baseT/Full",
    "None",
    "RS",
    "BASER",
    "50000baseKR/Full",
    "50000baseSR/Full",
    "50000baseCR/Full",
    "50000baseLR_ER_FR/Full",
    "50000baseDR/Full",
    "100000baseKR2/Full",
    "100000baseSR2/Full",
    "100000baseCR2/Full",
    "100000baseLR2_ER2_FR2/Full",
    "100000baseDR2/Full",
    "200000baseKR4/Full",
    "200000baseSR4/Full",
    "200000baseLR4_ER4_FR4/Full",
    "200000baseDR4/Full",
    "200000baseCR4/Full",
    "100baseT1/Full",
    "1000baseT1/Full",
    "400000baseKR8/Full",
    "400000baseSR8/Full",
    "400000baseLR8_ER8_FR8/Full",
    "400000baseDR8/Full",
    "400000baseCR8/Full",
    "LLRS",
    "100000baseKR/Full",
    "100000baseSR/Full",
    "100000baseLR_ER_FR/Full",
    "100000baseCR/Full",
    "100000baseDR/Full",
    "200000baseKR2/Full",
    "200000baseSR2/Full",
    "200000baseLR2_ER2_FR2/Full",
    "200000baseDR2/Full",
    "200000baseCR2/Full",
    "400000baseKR4/Full",
    "400000baseSR4/Full",
    "400000baseLR4_ER4_FR4/Full",
    "400000baseDR4/Full",
    "400000baseCR4/Full",
    "100baseFX/Half",
    "100baseFX/Full",
    "10baseT1L/Full",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modes_name_tells_its_speed_and_a_property_has_none() {
        let cases = [
            ("10000baseT/Full", Some(10_000_000_000)),
            ("100000baseLR4_ER4/Full", Some(100_000_000_000)),
            ("10baseT/Half", Some(10_000_000)),
            ("10000baseR_FEC", None),
            ("Autoneg", None),
            ("base/Full", None),
            ("99999999999999999999baseT/Full", None),
        ];
        for (mode, want) in cases {
            assert_eq!(speed_of(mode), want, "{mode}");
        }
    }

    #[test]
    fn numbers_and_names_agree_with_the_kernels_header() {
        assert_eq!(names(&[1 << 12, 1 << 9]), ["10000baseT/Full", "1000baseX/Full"]);
        assert_eq!(MODES[92], "10baseT1L/Full");
        assert_eq!(MODES[75], "100000baseKR/Full");
        assert_eq!(names(&[0, 0, 0, 0, 1]), ["bit128"]);
    }

    #[test]
    fn wake_modes_are_written_in_letters() {
        assert_eq!(wake_letters(0), "d");
        assert_eq!(wake_letters(0b10_0000), "g");
        assert_eq!(wake_letters(0b1010_1111), "pumbgf");
    }
}
