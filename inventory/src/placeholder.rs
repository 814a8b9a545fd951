//! Texts that stand where a value is missing.

/// A text as used and as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// The value; `None` where the text is a placeholder.
    pub value: Option<String>,
    /// The text as read, where the value differs.
    pub raw: Option<String>,
}

/// Trims `raw`, folds its blanks and drops placeholders.
pub fn clean(raw: &str) -> Cleaned {
    let folded = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_placeholder(&folded) {
        return Cleaned { value: None, raw: Some(raw.to_owned()) };
    }
    let raw = (folded != raw).then(|| raw.to_owned());
    Cleaned { value: Some(folded), raw }
}

/// Says whether `text` stands for a missing value.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || text == "--"
        || ["n/a", "none", "null", "unknown"].contains(&text.to_ascii_lowercase().as_str())
        || text.chars().all(|c| c == '0')
        || text.chars().all(|c| matches!(c, 'F' | 'f'))
        || text.chars().all(|c| matches!(c, 'X' | 'x'))
}
