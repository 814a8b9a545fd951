//! Whether descriptions can be of one machine.

use super::MergeError;
use super::compare::same_uuid;
use super::locator::folded;
use crate::model::Inventory;
use crate::placeholder;

/// An identifier of a machine, and who gives it.
struct Mark {
    value: String,
    source: String,
}

/// Refuses descriptions with different usable serial numbers or UUIDs.
pub(super) fn check(parts: &[Inventory]) -> Result<(), MergeError> {
    let serial = |one: &str, other: &str| folded(one) == folded(other);
    agree("serial number", &marks(parts, "serial"), serial)?;
    agree("UUID", &marks(parts, "uuid"), same_uuid)
}

/// Says whether two descriptions are of one machine, by what each names it: `None` where they have
/// nothing in common that tells machines apart.
pub fn same_machine(one: &Inventory, other: &Inventory) -> Option<bool> {
    let serials = marks(std::slice::from_ref(one), "serial")
        .into_iter()
        .zip(marks(std::slice::from_ref(other), "serial"))
        .map(|(one, other)| folded(&one.value) == folded(&other.value));
    let uuids = marks(std::slice::from_ref(one), "uuid")
        .into_iter()
        .zip(marks(std::slice::from_ref(other), "uuid"))
        .map(|(one, other)| same_uuid(&one.value, &other.value));
    serials.chain(uuids).reduce(|one, other| one && other)
}

fn agree(
    what: &'static str,
    marks: &[Mark],
    same: impl Fn(&str, &str) -> bool,
) -> Result<(), MergeError> {
    let Some((one, others)) = marks.split_first() else { return Ok(()) };
    match others.iter().find(|other| !same(&one.value, &other.value)) {
        None => Ok(()),
        Some(other) => Err(MergeError::DifferentMachines {
            what,
            one: one.value.clone(),
            one_source: one.source.clone(),
            other: other.value.clone(),
            other_source: other.source.clone(),
        }),
    }
}

/// Returns what each description says, in an order of its own.
fn marks(parts: &[Inventory], field: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = parts
        .iter()
        .filter_map(|part| {
            let system = part.system.as_ref()?;
            let value = match field {
                "serial" => system.serial.clone()?,
                _ => system.uuid.clone()?,
            };
            let index = system.origin.sources.get(field).unwrap_or(&system.origin.source).0;
            let source = usize::try_from(index).ok().and_then(|index| part.sources.get(index));
            let source = source.map_or_else(|| "?".to_owned(), |source| source.locator.clone());
            is_usable(field, &value).then_some(Mark { value, source })
        })
        .collect();
    tiny_sort::stable::sort_by(&mut marks, |one, other| {
        (&one.value, &one.source).cmp(&(&other.value, &other.source))
    });
    marks
}

/// Says whether an identifier tells machines apart.
fn is_usable(field: &str, value: &str) -> bool {
    match field {
        "uuid" => placeholder::usable_uuid(value),
        _ => !folded(value).is_empty() && !placeholder::is_placeholder(value),
    }
}
