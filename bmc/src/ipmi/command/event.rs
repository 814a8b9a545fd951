//! What sensors' types and states are called (§42, tables 42-1 to 42-3), and how bad they are.

mod specific;

use crate::operation::log::Severity;

/// States of the generic types 0x02 to 0x0c, from the first; a mark before one says how bad it is:
/// `?` a warning, `!` critical.
const GENERIC: [&[&str]; 11] = [
    &["Transition to Idle", "Transition to Active", "Transition to Busy"],
    &["State Deasserted", "State Asserted"],
    &["Predictive Failure deasserted", "?Predictive Failure asserted"],
    &["Limit Not Exceeded", "?Limit Exceeded"],
    &["Performance Met", "?Performance Lags"],
    &[
        "Transition to OK",
        "?Transition to Non-critical from OK",
        "!Transition to Critical from less severe",
        "!Transition to Non-recoverable from less severe",
        "?Transition to Non-critical from more severe",
        "!Transition to Critical from Non-recoverable",
        "!Transition to Non-recoverable",
        "Monitor",
        "Informational",
    ],
    &["Device Absent", "Device Present"],
    &["Device Disabled", "Device Enabled"],
    &[
        "Transition to Running",
        "Transition to In Test",
        "Transition to Power Off",
        "Transition to On Line",
        "Transition to Off Line",
        "Transition to Off Duty",
        "?Transition to Degraded",
        "Transition to Power Save",
        "?Install Error",
    ],
    &[
        "Fully Redundant",
        "?Redundancy Lost",
        "?Redundancy Degraded",
        "?Non-Redundant: Sufficient from Redundant",
        "?Non-Redundant: Sufficient from Insufficient",
        "!Non-Redundant: Insufficient Resources",
        "?Redundancy Degraded from Fully Redundant",
        "?Redundancy Degraded from Non-Redundant",
    ],
    &["D0 Power State", "D1 Power State", "D2 Power State", "D3 Power State"],
];

/// States of a threshold (type 0x01).
const THRESHOLD: [&str; 12] = [
    "?Lower Non-critical going low",
    "?Lower Non-critical going high",
    "!Lower Critical going low",
    "!Lower Critical going high",
    "!Lower Non-recoverable going low",
    "!Lower Non-recoverable going high",
    "?Upper Non-critical going low",
    "?Upper Non-critical going high",
    "!Upper Critical going low",
    "!Upper Critical going high",
    "!Upper Non-recoverable going low",
    "!Upper Non-recoverable going high",
];

/// Returns a state's name, and how bad it is, of a sensor's type, an event's type, and the state's
/// number; a state without a name has its number.
pub fn state(kind: u8, event: u8, offset: u8) -> (String, Severity) {
    let at = usize::from(offset);
    let found = match event {
        0x01 => THRESHOLD.get(at).copied(),
        0x02..=0x0c => {
            GENERIC.get(usize::from(event - 2)).and_then(|states| states.get(at)).copied()
        }
        0x6f => specific::states(kind).get(at).copied(),
        _ => None,
    };
    match found.filter(|name| !name.is_empty()) {
        Some(name) => named(name),
        None => (format!("State {offset}"), Severity::Unknown),
    }
}

fn named(name: &str) -> (String, Severity) {
    if let Some(name) = name.strip_prefix('!') {
        return (name.to_owned(), Severity::Critical);
    }
    match name.strip_prefix('?') {
        Some(name) => (name.to_owned(), Severity::Warning),
        None => (name.to_owned(), Severity::Ok),
    }
}

/// Returns a sensor type's name; that of a vendor's own has its number.
pub fn kind(number: u8) -> String {
    match specific::kind(number) {
        Some(name) => name.to_owned(),
        None => format!("type {number:#04x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_names_and_severities() {
        for (kind, event, offset, name, severity) in [
            (0x0c, 0x6f, 0, "Correctable ECC", Severity::Warning),
            (0x0c, 0x6f, 1, "Uncorrectable ECC", Severity::Critical),
            (0x08, 0x6f, 3, "Power Supply AC lost", Severity::Critical),
            (0x01, 0x01, 9, "Upper Critical going high", Severity::Critical),
            (0x04, 0x0b, 1, "Redundancy Lost", Severity::Warning),
            (0x25, 0x6f, 0, "Present", Severity::Ok),
            (0x0c, 0x6f, 15, "State 15", Severity::Unknown),
            (0xc0, 0x6f, 0, "State 0", Severity::Unknown),
            (0x01, 0x70, 3, "State 3", Severity::Unknown),
        ] {
            assert_eq!(state(kind, event, offset), (name.to_owned(), severity));
        }
        assert_eq!(kind(0x0c), "Memory");
        assert_eq!(kind(0xc3), "type 0xc3");
    }
}
