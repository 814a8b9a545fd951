//! Versions of profiles, schemas and registries.

use std::fmt;

/// `<major>.<minor>.<errata>`; the errata may be left out (DSP0272 `MinVersion`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads a version as profiles write it.
    pub fn read(text: &str) -> Option<Self> {
        Self::between(text, '.')
    }

    /// Reads the version in a type (`#Chassis.v1_2_3.Chassis`) or a file's name; a type without
    /// one is a collection or a schema that has none.
    pub fn within(text: &str) -> Option<Self> {
        text.split('.').find_map(|part| {
            let version = Self::between(part.strip_prefix('v')?, '_')?;
            (part.split('_').count() == 3).then_some(version)
        })
    }

    fn between(text: &str, mark: char) -> Option<Self> {
        let mut parts = text.split(mark).map(|part| {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<u32>().ok()).flatten()
        });
        let (major, minor) = (parts.next()??, parts.next()??);
        let errata = match parts.next() {
            Some(errata) => errata?,
            None => 0,
        };
        parts.next().is_none().then_some(Self(major, minor, errata))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_number_by_number() {
        assert!(Version::read("1.10.0") > Version::read("1.9.3"));
        assert_eq!(Version::read("1.6"), Some(Version(1, 6, 0)));
        for text in ["", "1", "1.", "1.2.3.4", "1_0_0", "1,0,0", "+1.0.0", "1.0.x"] {
            assert_eq!(Version::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_type_tells_its_version() {
        assert_eq!(Version::within("#Chassis.v1_14_0.Chassis"), Some(Version(1, 14, 0)));
        assert_eq!(Version::within("OCP_NIC.v1_0_0.json"), Some(Version(1, 0, 0)));
        assert_eq!(Version::within("#ChassisCollection.ChassisCollection"), None);
        assert_eq!(Version::within("#A.v1_2.A"), None);
    }
}
