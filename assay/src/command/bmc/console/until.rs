//! Whether a host has said something, however what it says is cut into pieces.

/// Looks for a text.
#[derive(Debug)]
pub(super) struct Until {
    wanted: Vec<u8>,
    /// The end of what was said, shorter than the text.
    end: Vec<u8>,
}

impl Until {
    /// Looks for `wanted`, which is not empty.
    pub(super) fn new(wanted: &str) -> Self {
        Self { wanted: wanted.as_bytes().to_vec(), end: Vec::new() }
    }

    /// Takes what was said; returns whether the text is complete now.
    pub(super) fn is_seen(&mut self, said: &[u8]) -> bool {
        self.end.extend(said);
        if self.end.windows(self.wanted.len().max(1)).any(|part| part == self.wanted) {
            return true;
        }
        let keep = self.wanted.len().saturating_sub(1);
        self.end.drain(..self.end.len().saturating_sub(keep));
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_seen_wherever_it_is_cut(
            said in "[ab]{0,30}", wanted in "[ab]{1,4}", cut in 1_usize..5,
        ) {
            let mut until = Until::new(&wanted);
            let seen = said.as_bytes().chunks(cut).any(|part| until.is_seen(part));
            prop_assert_eq!(seen, said.contains(&wanted));
            prop_assert!(until.end.len() < wanted.len() + cut);
        }
    }
}
