//! The last generation of every block, in four bytes or one.
//!
//! One byte holds a generation modulo 255; the full number stands in the block's header,
//! and comes back here from the highest generation of the run, as long as no block is
//! more than 254 behind it. 1 TiB takes 1 GiB, or 256 MiB.

use super::block::MAX_GENERATION;

/// How many bytes a block's generation takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// Four bytes: any distance between blocks.
    #[default]
    Full,
    /// One byte: all blocks within 254 of the highest.
    Modulo,
}

impl Width {
    /// Returns the memory that a table of `blocks` takes.
    pub fn bytes(self, blocks: u64) -> u64 {
        match self {
            Self::Full => blocks.saturating_mul(4),
            Self::Modulo => blocks,
        }
    }
}

/// The last generation of every block; 0 where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generations {
    cells: Cells,
    highest: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cells {
    Full(Vec<u32>),
    Modulo(Vec<u8>),
}

/// What one byte counts to before it begins again at 1; 0 means never.
const CYCLE: u64 = 255;

impl Generations {
    /// Returns a table of `blocks`, none of them written.
    ///
    /// # Errors
    /// [`TooLarge`] where this machine has no such memory to give.
    pub fn new(blocks: u64, width: Width) -> Result<Self, TooLarge> {
        let refused = || TooLarge { blocks, bytes: width.bytes(blocks) };
        let length = usize::try_from(blocks).ok().ok_or_else(refused)?;
        let cells = match width {
            Width::Full => Cells::Full(zeroed(length).ok_or_else(refused)?),
            Width::Modulo => Cells::Modulo(zeroed(length).ok_or_else(refused)?),
        };
        Ok(Self { cells, highest: 0 })
    }

    /// Returns how many blocks it has.
    pub fn blocks(&self) -> u64 {
        match &self.cells {
            Cells::Full(cells) => cells.len() as u64,
            Cells::Modulo(cells) => cells.len() as u64,
        }
    }

    /// Returns the generation of `block`; 0 where it was never set, or is not in the table.
    #[inline]
    pub fn get(&self, block: u64) -> u64 {
        let Ok(at) = usize::try_from(block) else { return 0 };
        match &self.cells {
            Cells::Full(cells) => cells.get(at).copied().map_or(0, u64::from),
            Cells::Modulo(cells) => match cells.get(at).copied() {
                None | Some(0) => 0,
                Some(cell) => unfold(cell, self.highest),
            },
        }
    }

    /// Sets the generation of `block` unless it is higher already.
    ///
    /// Blocks that are not in the table and generations above [`MAX_GENERATION`] are left out.
    #[inline]
    pub fn raise(&mut self, block: u64, generation: u64) {
        if generation == 0 || generation > MAX_GENERATION || generation <= self.get(block) {
            return;
        }
        let Ok(at) = usize::try_from(block) else { return };
        match &mut self.cells {
            Cells::Full(cells) => {
                let Some(cell) = cells.get_mut(at) else { return };
                // At most 28 bits, as was asked above.
                *cell = u32::try_from(generation).unwrap_or(u32::MAX);
            }
            Cells::Modulo(cells) => {
                let Some(cell) = cells.get_mut(at) else { return };
                *cell = fold(generation);
            }
        }
        self.highest = self.highest.max(generation);
    }

    /// Returns the highest generation of all blocks.
    pub fn highest(&self) -> u64 {
        self.highest
    }
}

/// Returns zeroes, or `None` where the memory is not to be had: `vec!` would abort.
fn zeroed<T: Copy + Default>(length: usize) -> Option<Vec<T>> {
    let mut cells = Vec::new();
    cells.try_reserve_exact(length).ok()?;
    cells.resize(length, T::default());
    Some(cells)
}

fn fold(generation: u64) -> u8 {
    u8::try_from(1 + (generation - 1) % CYCLE).unwrap_or(u8::MAX)
}

/// Returns the highest generation up to `highest` that folds to `cell`.
fn unfold(cell: u8, highest: u64) -> u64 {
    let behind = (CYCLE + u64::from(fold(highest.max(1))) - u64::from(cell)) % CYCLE;
    highest.saturating_sub(behind)
}

/// There is not enough memory for a table of generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the generations of {blocks} blocks take {bytes} bytes, which this machine does not have")]
pub struct TooLarge {
    /// Blocks that were asked for.
    pub blocks: u64,
    /// What they take.
    pub bytes: u64,
}

impl TooLarge {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        Some("verify a part of the volume with `--offset` and `--size`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_no_machine_can_hold_is_an_error() {
        let error = Generations::new(u64::MAX / 8, Width::Full).unwrap_err();
        assert!(error.hint().is_some());
    }

    #[test]
    fn what_was_never_written_has_generation_0() {
        for width in [Width::Full, Width::Modulo] {
            let mut table = Generations::new(3, width).unwrap();
            table.raise(1, 300);
            table.raise(9, 301);
            assert_eq!([0, 1, 2, 9].map(|block| table.get(block)), [0, 300, 0, 0]);
            assert_eq!(table.highest(), 300);
        }
    }

    proptest! {
        #[test]
        fn one_byte_says_what_four_say_while_no_block_is_far_behind(
            start in 1_u64..100_000,
            steps in prop::collection::vec((0_u64..8, 0_u64..20), 0..200),
        ) {
            let mut full = Generations::new(8, Width::Full).unwrap();
            let mut modulo = Generations::new(8, Width::Modulo).unwrap();
            let mut generation = start;
            for (block, more) in steps {
                for at in 0..8 {
                    if at == block || generation > full.get(at) + 200 {
                        full.raise(at, generation);
                        modulo.raise(at, generation);
                    }
                }
                generation += more;
                for block in 0..8 {
                    if full.get(block) + 254 >= full.highest() {
                        prop_assert_eq!(full.get(block), modulo.get(block));
                    }
                }
            }
        }
    }
}
