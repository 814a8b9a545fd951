//! Numbers of profiles, groups, lists of ranges and pairs of them, as keys of sets have them.
//!
//! 48 bits of FNV-1a: `nft list` shows them as MAC addresses, for it has no other type of so few
//! bytes. They follow from what they are numbers of, and never go to something else: what is
//! stale is taken away later than what is new comes.

use super::{Build, CompileError};
use crate::naming::{self, NamingError};

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(pub(super) [u8; 6]);

impl Id {
    /// Returns the number of what a text in parts names.
    pub(super) fn of<'t>(parts: impl IntoIterator<Item = &'t str>) -> Self {
        let [_, _, rest @ ..] = naming::number(parts).to_be_bytes();
        Self(rest)
    }

    /// Returns the number of what a text in parts names, and sees that it is of nothing else.
    pub(super) fn given<'t>(
        build: &mut Build,
        parts: impl IntoIterator<Item = &'t str>,
        what: &str,
    ) -> Result<Self, CompileError> {
        let id = Self::of(parts);
        build.names.give(id.text(), what)?;
        Ok(id)
    }

    /// Returns the number of what two numbers are together.
    pub(super) fn pair(self, other: Self) -> Self {
        Self::of([self.text().as_str(), other.text().as_str()])
    }

    /// Returns it as part of a key.
    pub(super) fn padded(self) -> [u8; 8] {
        let mut padded = [0; 8];
        padded.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        padded
    }

    pub(super) fn text(self) -> String {
        let number = self.0.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{number:012x}")
    }

    /// Returns the refusal of two things that would have one number.
    pub(super) fn collision(self, first: String, second: String) -> CompileError {
        NamingError::Collision { name: self.text(), first, second }.into()
    }
}
