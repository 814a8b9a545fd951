#![expect(unsafe_code, reason = "memory that the kernel writes while we run")]
//! The memory that data passes through, cut into slots of which each belongs to one operation.
//!
//! A [`Slot`] is the right to touch its part: it is given away when its operation is queued
//! and comes back with the completion, so that safe code cannot look at memory the kernel is
//! writing. One mapping, populated at once; huge pages gained nothing (1553 against 1541 ns).

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// What buffers are aligned to and a multiple of: enough for any direct I/O.
const PAGE: u64 = 4096;
/// The largest piece of memory that can be registered at once (kernel `SZ_1G`).
const PIECE: u64 = 1 << 30;

/// The right to use one part of the buffers: no operation is using it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slot(u32);

impl Slot {
    /// Returns its number, from 0.
    #[inline]
    pub(crate) fn index(&self) -> u32 {
        self.0
    }

    /// Takes back the slot of an operation that is complete. Only for an engine, and once for
    /// each completion.
    #[inline]
    pub(super) fn returned(index: u32) -> Self {
        Self(index)
    }
}

/// The memory of all slots.
#[derive(Debug)]
pub(crate) struct Buffers {
    start: NonNull<u8>,
    bytes: usize,
    slot_bytes: usize,
    slots: u32,
}

// SAFETY: the mapping belongs to this value alone and is not tied to the thread that made it.
unsafe impl Send for Buffers {}

impl Buffers {
    /// Maps and populates `slots` buffers of at least `slot_bytes` each.
    pub(crate) fn new(slots: u32, slot_bytes: u32) -> io::Result<Self> {
        let slot_bytes = u64::from(slot_bytes).max(1).next_multiple_of(PAGE);
        let total = slot_bytes * u64::from(slots.max(1));
        let too_large = |_| io::Error::from(io::ErrorKind::OutOfMemory);
        let bytes = usize::try_from(total).map_err(too_large)?;
        let slot_bytes = usize::try_from(slot_bytes).map_err(too_large)?;
        let (access, flags) =
            (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::POPULATE);
        // SAFETY: without MAP_FIXED and with a null address the kernel chooses a range that
        // nothing uses.
        let start = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, flags) }?;
        let start = NonNull::new(start.cast::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, bytes, slot_bytes, slots: slots.max(1) })
    }

    /// Returns how many slots there are.
    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }

    /// Returns bytes `skip..length` of what `slot` carries.
    ///
    /// # Panics
    ///
    /// When the slot is none of these buffers or shorter: the kernel must not be given
    /// memory that is not there.
    #[inline]
    pub(crate) fn bytes(&mut self, slot: &mut Slot, skip: u32, length: u32) -> &mut [u8] {
        let start = self.pointer(slot, skip, length);
        // SAFETY: `pointer` proved that the range lies in the mapping, which lives as long as
        // `self` and is initialised (anonymous memory is zero). No other reference exists:
        // `slot` is borrowed uniquely, there is one `Slot` for each part, and while an
        // operation uses the part its `Slot` is with the engine.
        unsafe { std::slice::from_raw_parts_mut(start, (length - skip) as usize) }
    }

    /// Returns where bytes `skip..length` of `slot` are, for the kernel.
    ///
    /// # Panics
    ///
    /// As [`Buffers::bytes`].
    #[inline]
    pub(crate) fn pointer(&self, slot: &Slot, skip: u32, length: u32) -> *mut u8 {
        assert!(
            slot.0 < self.slots && length as usize <= self.slot_bytes && skip <= length,
            "an operation fits the buffer of its slot"
        );
        let offset = slot.0 as usize * self.slot_bytes + skip as usize;
        // SAFETY: the slot's number is below `slots` and `skip` at most `slot_bytes`, so that
        // the offset is at most `bytes`, the length of the one mapping.
        unsafe { self.start.as_ptr().add(offset) }
    }

    /// Returns the pieces to register, each of whole slots and at most 1 GiB, and how many
    /// slots a piece has.
    pub(super) fn pieces(&self) -> (Vec<libc::iovec>, u32) {
        let each = (PIECE / self.slot_bytes as u64).clamp(1, u64::from(self.slots));
        let each = u32::try_from(each).unwrap_or(self.slots);
        let pieces = (0..self.slots).step_by(each as usize).map(|first| {
            let count = each.min(self.slots - first) as usize;
            let start = self.pointer(&Slot(first), 0, 0).cast::<c_void>();
            libc::iovec { iov_base: start, iov_len: count * self.slot_bytes }
        });
        (pieces.collect(), each)
    }

    /// Leaves the memory to the kernel for ever: an operation that never returned may write
    /// to it.
    pub(crate) fn abandon(&mut self) {
        (self.bytes, self.slots) = (0, 0);
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        // SAFETY: the range is the mapping made by `new`, unmapped only here; slices of it
        // borrow `self` and so are gone, and an engine drops its buffers only when no
        // operation is in flight, else it abandons them.
        let _unmapped = unsafe { munmap(self.start.as_ptr().cast::<c_void>(), self.bytes) };
    }
}

/// Returns the slots of new buffers, the first on top.
pub(crate) fn slots(buffers: &Buffers) -> Vec<Slot> {
    (0..buffers.slots).rev().map(Slot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_do_not_overlap_and_are_aligned_for_direct_io() {
        let mut buffers = Buffers::new(3, 5000).unwrap();
        let mut all = slots(&buffers);
        for slot in &mut all {
            let fill = u8::try_from(slot.index()).unwrap() + 1;
            buffers.bytes(slot, 0, 5000).fill(fill);
        }
        for slot in &mut all {
            let fill = u8::try_from(slot.index()).unwrap() + 1;
            assert_eq!(buffers.pointer(slot, 0, 1).addr() % 4096, 0);
            assert!(buffers.bytes(slot, 0, 5000).iter().all(|byte| *byte == fill));
        }
    }

    #[test]
    #[should_panic(expected = "fits the buffer")]
    fn a_longer_operation_than_its_buffer_is_not_handed_to_the_kernel() {
        let buffers = Buffers::new(1, 4096).unwrap();
        buffers.pointer(&Slot(0), 0, 4097);
    }

    #[test]
    fn pieces_cover_all_slots_once() {
        let buffers = Buffers::new(7, 4096).unwrap();
        let (pieces, each) = buffers.pieces();
        assert_eq!((pieces.len(), each), (1, 7));
        assert_eq!(pieces[0].iov_len, 7 * 4096);
    }
}
