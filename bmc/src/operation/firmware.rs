//! Firmware: what is installed, what is to be, and how that goes on.

use std::cmp::Ordering;

/// Firmware or software that the update service lists (DSP0268, `SoftwareInventory`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// The last part of its path, by which it is named: `BMC`.
    pub id: String,
    /// Its path.
    pub place: String,
    /// Its name.
    pub name: Option<String>,
    /// Its version, in the BMC's word.
    pub version: Option<String>,
    /// Whether it can be updated; `None` where the BMC does not tell.
    pub is_updateable: Option<bool>,
    /// The paths of what it runs on.
    pub related: Vec<String>,
    /// Whether it stands among software (`SoftwareInventory`), and not among firmware.
    pub is_software: bool,
    /// Who made it.
    pub maker: Option<String>,
    /// When it was released, as the BMC writes it.
    pub released: Option<String>,
    /// `Status.State`, in the BMC's word.
    pub state: Option<String>,
}

/// When new firmware is taken into use (DSP0266 §7.11, `OperationApplyTime`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyTime {
    /// At once.
    Immediate,
    /// When the host restarts.
    OnReset,
    /// In the window of maintenance that the BMC knows.
    AtMaintenance,
}

impl ApplyTime {
    /// Returns the word of Redfish.
    pub fn word(self) -> &'static str {
        match self {
            Self::Immediate => "Immediate",
            Self::OnReset => "OnReset",
            Self::AtMaintenance => "AtMaintenanceWindowStart",
        }
    }
}

/// How far an update is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The image is on its way: bytes that were sent, of all.
    Sending {
        /// Bytes that were sent.
        sent: u64,
        /// Bytes of the image.
        of: u64,
    },
    /// The BMC works on it.
    Working {
        /// How much is done, where it tells.
        percent: Option<u8>,
    },
    /// The BMC says nothing: it restarts, most likely.
    Away,
    /// It is looked what is installed now.
    Reading,
}

/// The version of a component before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The component's name in its list.
    pub id: String,
    /// Before; `None` where the BMC did not tell.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

impl Change {
    /// Returns whether the version is an older one than before, as far as that can be told.
    pub fn is_downgrade(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return false };
        order(after, before) == Ordering::Less
    }
}

/// Returns what changed between two lists. A component that one of them lacks counts as changed:
/// its version comes from nothing, or goes there.
pub fn changes(before: &[Component], after: &[Component]) -> Vec<Change> {
    let version = |all: &[Component], place: &str| {
        all.iter().find(|one| one.place == place).and_then(|one| one.version.clone())
    };
    let gone = before.iter().filter(|one| !after.iter().any(|other| other.place == one.place));
    let places = after.iter().chain(gone);
    places
        .map(|one| Change {
            id: one.id.clone(),
            before: version(before, &one.place),
            after: version(after, &one.place),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Orders versions as people number them: digits as numbers, the rest as text (`5.9` before
/// `5.10`).
pub fn order(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (parts(one), parts(other));
    loop {
        return match (left.next(), right.next()) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => {
                let numbers = one.parse::<u128>().ok().zip(other.parse::<u128>().ok());
                let found = match numbers {
                    Some((one, other)) => one.cmp(&other),
                    None => one.cmp(other),
                };
                if found == Ordering::Equal {
                    continue;
                }
                found
            }
        };
    }
}

/// Returns the runs of digits and of letters in a version.
fn parts(version: &str) -> impl Iterator<Item = &str> {
    let mut rest = version;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|at: char| !at.is_alphanumeric());
        let first = rest.chars().next()?;
        let is_same =
            |at: char| at.is_alphanumeric() && at.is_ascii_digit() == first.is_ascii_digit();
        let end = rest.find(|at: char| !is_same(at)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at_checked(end)?;
        rest = behind;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_people_number_them() {
        let rising = ["5.2", "5.9", "5.10", "5.10-a", "5.10-b", "6", "6.0.1", "U10"];
        for (at, one) in rising.iter().enumerate() {
            for (other_at, other) in rising.iter().enumerate() {
                assert_eq!(order(one, other), at.cmp(&other_at), "{one} {other}");
            }
        }
        assert_eq!(order("5.030.00", "5.30.0"), Ordering::Equal);
        assert_eq!(order("", "—"), Ordering::Equal);
    }

    #[test]
    fn what_changed_is_told_by_place_and_a_step_back_as_one() {
        let one = |id: &str, version: Option<&str>| Component {
            id: id.to_owned(),
            place: format!("/redfish/v1/UpdateService/FirmwareInventory/{id}"),
            version: version.map(str::to_owned),
            ..Component::default()
        };
        let before = [one("BMC", Some("2.10")), one("BIOS", Some("1.0")), one("CPLD", None)];
        let after = [one("BMC", Some("2.9")), one("BIOS", Some("1.0")), one("FPGA", Some("1"))];
        let found = changes(&before, &after);
        let told: Vec<_> = found.iter().map(|one| (one.id.as_str(), one.is_downgrade())).collect();
        assert_eq!(told, [("BMC", true), ("FPGA", false)]);
        assert_eq!(changes(&before, &before), []);
    }
}
