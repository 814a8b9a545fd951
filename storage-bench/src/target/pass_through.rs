#![expect(unsafe_code, reason = "SG_IO and NVME_IOCTL_IO_CMD take structures with pointers")]
//! Two commands that only read, past the block layer: PERSISTENT RESERVE IN by `SG_IO`
//! (`scsi/sg.h`) and Reservation Report by `NVME_IOCTL_IO_CMD` (`linux/nvme_ioctl.h`).
//!
//! Tried on no real device: there was none. What goes out and comes in is pure and
//! tested in `reservation`.

use std::ffi::c_void;
use std::fs::File;
use std::ptr;

use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, Updater, ioctl, opcode};

const SG_IO: Opcode = 0x2285;
/// `SG_DXFER_FROM_DEV`.
const FROM_DEVICE: i32 = -3;
const SENSE: u8 = 64;
const TIMEOUT_MS: u32 = 10_000;
/// Driver status flag that only says that there is sense data.
const DRIVER_SENSE: u16 = 8;

/// What a SCSI device answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// SCSI status, 0 for good.
    pub(super) status: u8,
    /// The data that came.
    pub(super) data: Vec<u8>,
    /// Sense data.
    pub(super) sense: Vec<u8>,
    /// Whether the command reached the device.
    pub(super) arrived: bool,
}

/// `struct sg_io_hdr`.
#[repr(C)]
struct Header {
    interface_id: i32,
    dxfer_direction: i32,
    cmd_len: u8,
    mx_sb_len: u8,
    iovec_count: u16,
    dxfer_len: u32,
    dxferp: *mut c_void,
    cmdp: *const u8,
    sbp: *mut u8,
    timeout: u32,
    flags: u32,
    pack_id: i32,
    usr_ptr: *mut c_void,
    status: u8,
    masked_status: u8,
    msg_status: u8,
    sb_len_wr: u8,
    host_status: u16,
    driver_status: u16,
    resid: i32,
    duration: u32,
    info: u32,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Header>() == 88);

/// Sends a SCSI command that transfers up to `length` bytes from the device.
pub(super) fn scsi(device: &File, command: [u8; 10], length: u16) -> rustix::io::Result<Answer> {
    let mut data = vec![0_u8; usize::from(length)];
    let mut sense = [0_u8; SENSE as usize];
    let mut header = Header {
        interface_id: i32::from(b'S'),
        dxfer_direction: FROM_DEVICE,
        cmd_len: 10,
        mx_sb_len: SENSE,
        iovec_count: 0,
        dxfer_len: u32::from(length),
        dxferp: data.as_mut_ptr().cast(),
        cmdp: command.as_ptr(),
        sbp: sense.as_mut_ptr(),
        timeout: TIMEOUT_MS,
        flags: 0,
        pack_id: 0,
        usr_ptr: ptr::null_mut(),
        status: 0,
        masked_status: 0,
        msg_status: 0,
        sb_len_wr: 0,
        host_status: 0,
        driver_status: 0,
        resid: 0,
        duration: 0,
        info: 0,
    };
    // SAFETY: SG_IO takes a `struct sg_io_hdr`, whose layout `Header` has and the
    // assertion above pins.
    let call = unsafe { Updater::<SG_IO, Header>::new(&mut header) };
    // SAFETY: the three pointers in `header` are to buffers of the lengths beside them,
    // which outlive the call and to which nothing else refers meanwhile.
    unsafe { ioctl(device, call) }?;
    let left = usize::try_from(header.resid).unwrap_or(0);
    data.truncate(data.len().saturating_sub(left));
    Ok(Answer {
        status: header.status,
        data,
        sense: sense.get(..usize::from(header.sb_len_wr)).unwrap_or_default().to_vec(),
        arrived: header.host_status == 0 && header.driver_status & !DRIVER_SENSE == 0,
    })
}

/// `struct nvme_passthru_cmd`.
#[repr(C)]
#[derive(Default)]
struct PassThrough {
    opcode: u8,
    flags: u8,
    rsvd1: u16,
    nsid: u32,
    cdw2: u32,
    cdw3: u32,
    metadata: u64,
    addr: u64,
    metadata_len: u32,
    data_len: u32,
    cdw10: u32,
    cdw11: u32,
    cdw12: u32,
    cdw13: u32,
    cdw14: u32,
    cdw15: u32,
    timeout_ms: u32,
    result: u32,
}

const _: () = assert!(size_of::<PassThrough>() == 72);

struct Call<'a>(&'a mut PassThrough);

// SAFETY: the opcode is the one that linux/nvme_ioctl.h defines for exactly this
// structure, whose layout the assertion above pins; the kernel reads and writes it and,
// at `addr`, `data_len` bytes, which `report` owns for the call.
unsafe impl Ioctl for Call<'_> {
    type Output = i32;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<PassThrough>(b'N', 0x43)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(output: IoctlOutput, _: *mut c_void) -> rustix::io::Result<i32> {
        Ok(output)
    }
}

/// Asks a namespace for its Reservation Report; returns the status, 0 for success, and
/// the data.
pub(super) fn report(
    device: &File,
    nsid: u32,
    extended: bool,
    length: u16,
) -> rustix::io::Result<(i32, Vec<u8>)> {
    let mut data = vec![0_u8; usize::from(length)];
    let mut request = PassThrough {
        opcode: 0x0e,
        nsid,
        addr: data.as_mut_ptr().expose_provenance() as u64,
        data_len: u32::from(length),
        // Dwords, counted from 0.
        cdw10: u32::from(length / 4).saturating_sub(1),
        cdw11: u32::from(extended),
        timeout_ms: TIMEOUT_MS,
        ..PassThrough::default()
    };
    // SAFETY: `Call` is right for this opcode; `request` and `data`, which it points to
    // with its true length, outlive the call, and nothing else refers to them meanwhile.
    let status = unsafe { ioctl(device, Call(&mut request)) }?;
    Ok((status, data))
}
