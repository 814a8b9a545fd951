//! Locators of one place, as different firmware and tools spell it.

/// A locator, taken apart as far as its spelling allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The processor or node it belongs to, where the locator names one.
    pub(super) group: Option<String>,
    /// The rest: channel and number, `A1`.
    pub(super) rest: String,
}

/// Words that only say what kind of thing is there.
const NOISE: [&str; 12] = [
    "DIMM", "DIMMS", "SLOT", "SOCKET", "CHANNEL", "CH", "MEMORY", "MEM", "BANK", "DDR", "DDR4",
    "DDR5",
];

/// Words that name the processor a number after them belongs to.
const GROUPS: [&str; 6] = ["CPU", "PROC", "PROCESSOR", "NODE", "P", "S"];

/// Returns letters and digits in upper case.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Takes a locator apart: `CPU1_DIMM_A1`, `P1-DIMMA1` and `P1-A1` are processor
/// 1, place `A1`; `DIMM_A1` is place `A1` of a processor it does not name.
///
/// Returns `None` where nothing but noise is left.
pub(super) fn place(locator: &str) -> Option<Place> {
    let words = words(locator);
    let mut group = None;
    let mut rest = String::new();
    let mut at = 0_usize;
    while let Some(word) = words.get(at) {
        at = at.saturating_add(1);
        if group.is_none()
            && rest.is_empty()
            && GROUPS.contains(&word.as_str())
            && let Some(number) = words.get(at).filter(|next| is_number(next))
        {
            at = at.saturating_add(1);
            group = Some(number.trim_start_matches('0').to_owned());
            continue;
        }
        if NOISE.contains(&word.as_str()) {
            continue;
        }
        // `DIMMA1` comes as one word of letters.
        let word = NOISE.iter().find_map(|noise| word.strip_prefix(noise)).unwrap_or(word);
        rest.push_str(word);
    }
    (!rest.is_empty()).then_some(Place { group, rest })
}

/// Says whether two places can be the same one: equal, but for a group that
/// only one of them names.
pub(super) fn is_same(one: &Place, other: &Place) -> bool {
    let groups_agree = match (&one.group, &other.group) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    groups_agree && one.rest == other.rest
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

/// Splits at everything that is neither letter nor digit, and between the two.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let kind = if c.is_ascii_digit() {
            Some(true)
        } else if c.is_alphanumeric() {
            Some(false)
        } else {
            None
        };
        match (kind, last == kind, words.last_mut()) {
            (None, _, _) => {}
            (Some(_), true, Some(word)) => word.extend(c.to_uppercase()),
            _ => words.push(c.to_uppercase().collect()),
        }
        last = kind;
    }
    words
}
