#![expect(unsafe_code, reason = "rustix knows no ioctl of block devices")]
//! Questions to an open block device, and one order (`linux/fs.h`).

use std::os::fd::AsFd;

use rustix::io;
use rustix::ioctl::{Getter, Setter, ioctl, opcode};

/// Returns the size in bytes. The kernel declares it with the size of a pointer
/// (`_IOR(0x12, 114, size_t)`) and writes 64 bits.
pub(super) fn size_bytes(device: impl AsFd) -> io::Result<u64> {
    // SAFETY: BLKGETSIZE64 writes one u64 to the pointer it gets, whatever the size in
    // its number is, and `Getter` passes a pointer to a u64.
    let call = unsafe { Getter::<{ opcode::read::<usize>(0x12, 114) }, u64>::new() };
    // SAFETY: the call only writes to its own output, as said above.
    unsafe { ioctl(device, call) }
}

/// Returns the kernel's count of media for the device; kernels before 5.15 have none.
pub(super) fn disk_sequence(device: impl AsFd) -> io::Result<u64> {
    // SAFETY: BLKGETDISKSEQ is `_IOR(0x12, 128, __u64)` and writes one u64.
    let call = unsafe { Getter::<{ opcode::read::<u64>(0x12, 128) }, u64>::new() };
    // SAFETY: the call only writes to its own output, as said above.
    unsafe { ioctl(device, call) }
}

/// Discards the first `bytes` of the device.
pub(super) fn discard(device: impl AsFd, bytes: u64) -> io::Result<()> {
    // SAFETY: BLKDISCARD is `_IO(0x12, 119)` and reads two u64, start and length, from the
    // pointer it gets; `Setter` passes a pointer to both.
    let call = unsafe { Setter::<{ opcode::none(0x12, 119) }, [u64; 2]>::new([0, bytes]) };
    // SAFETY: the call only reads its own input, as said above.
    unsafe { ioctl(device, call) }
}
