//! A part of the span and the places in it: which offsets a block of some size can have.
//!
//! Two ways to count: *places* are all aligned offsets at which a block of a given size
//! still fits; *slots* lie side by side, each as large as the largest block, so that no
//! byte belongs to two. What is drawn with repetition is drawn among places, what is ranked
//! or visited once among slots. A last part that holds no whole block is never touched.

/// A block size, ready to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its length in bytes, above 0.
    pub length: u32,
    /// Alignment units it touches, above 0.
    units: u32,
    /// Bytes it has in the last of them, above 0.
    tail: u32,
}

impl Block {
    /// Returns a block of `length` at offsets that are multiples of `align`; both above 0.
    pub(super) fn new(length: u32, align: u32) -> Self {
        let units = length.div_ceil(align);
        Self { length, units, tail: length - (units - 1) * align }
    }

    /// Returns the places from its own to the first behind it.
    #[inline]
    pub(super) fn units(self) -> u64 {
        u64::from(self.units)
    }
}

/// A part of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    /// Its first byte.
    start: u64,
    /// Whole alignment units in it.
    units: u64,
    /// Bytes after the last whole one.
    rest: u32,
    align: u32,
}

impl Area {
    /// Returns the part of `bytes` from `start`.
    pub(super) fn new(start: u64, bytes: u64, align: u32) -> Self {
        let rest = u32::try_from(bytes % u64::from(align)).expect("a remainder is below an u32");
        Self { start, units: bytes / u64::from(align), rest, align }
    }

    /// Returns how many places a block has; it must fit.
    #[inline]
    pub(super) fn places(&self, block: Block) -> u64 {
        let beyond = u64::from(block.tail > self.rest);
        self.units + 2 - u64::from(block.units) - beyond
    }

    /// Returns the offset of a place.
    #[inline]
    pub(super) fn place(&self, at: u64) -> u64 {
        self.start + at * u64::from(self.align)
    }

    /// Returns the slots for blocks up to `largest`.
    pub(super) fn slots(&self, largest: Block) -> Slots {
        let places = self.places(largest);
        let each = u64::from(largest.units);
        Slots {
            start: self.start,
            each_bytes: each * u64::from(self.align),
            count: places.div_ceil(each),
        }
    }
}

/// Slots side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slots {
    start: u64,
    each_bytes: u64,
    /// How many.
    pub count: u64,
}

impl Slots {
    /// Returns the offset of a slot.
    #[inline]
    pub(super) fn slot(&self, at: u64) -> u64 {
        self.start + at * self.each_bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_and_slots_are_those_that_counting_finds(
            bytes in 1..4_000_u64, align in 1..40_u32, length in 1..200_u32,
        ) {
            prop_assume!(u64::from(length) <= bytes);
            let (area, block) = (Area::new(100, bytes, align), Block::new(length, align));
            let fits = |offset: &u64| *offset + u64::from(length) <= 100 + bytes;
            let places: Vec<u64> =
                (0..bytes).map(|at| 100 + at * u64::from(align)).take_while(fits).collect();
            prop_assert_eq!(area.places(block), places.len() as u64);
            let last = area.place(area.places(block) - 1);
            prop_assert_eq!(Some(&last), places.last());

            let step = length.next_multiple_of(align) as usize / align as usize;
            let slots = area.slots(block);
            let found: Vec<u64> = (0..slots.count).map(|at| slots.slot(at)).collect();
            let expected: Vec<u64> = places.into_iter().step_by(step).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
