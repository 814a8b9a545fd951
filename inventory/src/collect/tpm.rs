//! Trusted platform modules.

use crate::Sysroot;
use crate::model::{Origin, Section, SourceKind, Tpm};

use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Tpm];

const CLASS: &str = "/sys/class/tpm";

/// Collects TPMs.
pub(crate) fn tpm(root: &Sysroot, _options: &Options, builder: &Builder) {
    let names = match root.list(CLASS) {
        Ok(names) => names,
        Err(error) => {
            let (state, reason) = read::refused(CLASS, &error);
            builder.section(Section::Tpm, state, reason);
            return;
        }
    };
    let mut reasons = Vec::new();
    for name in names {
        let base = format!("{CLASS}/{name}");
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{base}"));
        let caps = first(root, &[format!("{base}/caps"), format!("{base}/device/caps")]);
        let description = read::text(root, &format!("{base}/device/description"));
        let version = version(root, &base, caps.as_deref(), description.as_deref());
        if version.is_none() {
            reasons.push(format!("{name}: its version is not told"));
        }
        let tpm = Tpm {
            version: version.map(str::to_owned),
            manufacturer: caps.as_deref().and_then(manufacturer),
            description,
            origin: Origin::of(source),
        };
        builder.edit(|inventory| inventory.tpm.push(tpm));
    }
    let (state, reason) = read::settled(&reasons);
    builder.section(Section::Tpm, state, reason);
}

fn first(root: &Sysroot, paths: &[String]) -> Option<String> {
    paths.iter().find_map(|path| read::text(root, path))
}

/// Returns the major version: `tpm_version_major` since 5.6; only 1.2 has
/// `caps`; else the firmware's description.
fn version(
    root: &Sysroot,
    base: &str,
    caps: Option<&str>,
    description: Option<&str>,
) -> Option<&'static str> {
    match read::text(root, &format!("{base}/tpm_version_major")).as_deref() {
        Some("1") => return Some("1.2"),
        Some("2") => return Some("2.0"),
        _ => {}
    }
    let says = |version: &str| {
        caps.is_some_and(|caps| caps.contains(version))
            || description.is_some_and(|text| text.contains(version))
    };
    if says("2.0") {
        return Some("2.0");
    }
    (says("1.2") || caps.is_some()).then_some("1.2")
}

/// Returns the four letters in `Manufacturer: 0x49465800`.
fn manufacturer(caps: &str) -> Option<String> {
    let digits = caps.lines().find_map(|line| line.strip_prefix("Manufacturer:"))?.trim();
    let number = u32::from_str_radix(digits.strip_prefix("0x")?, 16).ok()?;
    let letters: String = number
        .to_be_bytes()
        .iter()
        .filter(|b| b.is_ascii_graphic())
        .map(|b| char::from(*b))
        .collect();
    (!letters.is_empty()).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manufacturer_is_four_letters_in_a_number() {
        assert_eq!(
            manufacturer("Manufacturer: 0x49465800\nTCG version: 1.2\n").as_deref(),
            Some("IFX")
        );
        assert_eq!(manufacturer("Manufacturer: 0x00000000\n"), None);
        assert_eq!(manufacturer("Manufacturer: zz\n"), None);
        assert_eq!(manufacturer(""), None);
    }
}
