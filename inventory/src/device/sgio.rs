#![expect(unsafe_code, reason = "SG_IO takes a structure with three pointers")]
//! SCSI commands through `SG_IO` on a block device (scsi/sg.h).

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::ptr;

use rustix::fs::OFlags;
use rustix::ioctl::{Updater, ioctl};

use super::allow::Admitted;
use super::dialogue::{Reply, ScsiPort};
use super::{DeviceError, TIMEOUT_MS};

/// `SG_IO`.
const SG_IO: u32 = 0x2285;
/// `SG_DXFER_NONE`.
const NO_TRANSFER: i32 = -1;
/// `SG_DXFER_FROM_DEV`.
const FROM_DEVICE: i32 = -3;
/// Bytes kept of sense data.
const SENSE: u8 = 64;
/// Host status `DID_TIME_OUT`.
const HOST_TIMED_OUT: u16 = 3;
/// Driver status flag that only says that there is sense data.
const DRIVER_SENSE: u16 = 8;

/// A disk's device node.
#[derive(Debug)]
pub struct ScsiDevice {
    name: String,
    file: File,
}

impl ScsiDevice {
    /// Opens `device`, `/dev/sda`, without waiting for a medium.
    pub fn open(device: &str) -> Result<Self, DeviceError> {
        let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(device)
            .map_err(|source| DeviceError::Open { device: device.to_owned(), source })?;
        Ok(Self { name: device.to_owned(), file })
    }
}

/// `struct sg_io_hdr`.
#[repr(C)]
#[derive(Debug)]
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

impl ScsiPort for ScsiDevice {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&mut self, command: &Admitted<'_>, length: usize) -> Result<Reply, DeviceError> {
        let mut data = vec![0_u8; length];
        let mut sense = [0_u8; SENSE as usize];
        let mut header = Header {
            interface_id: i32::from(b'S'),
            dxfer_direction: if length == 0 { NO_TRANSFER } else { FROM_DEVICE },
            cmd_len: u8::try_from(command.cdb().len()).unwrap_or_default(),
            mx_sb_len: SENSE,
            iovec_count: 0,
            dxfer_len: u32::try_from(length).unwrap_or_default(),
            dxferp: data.as_mut_ptr().cast(),
            cmdp: command.cdb().as_ptr(),
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
        // SAFETY: SG_IO takes a `struct sg_io_hdr`, whose layout `Header` has
        // and the assertion above pins.
        let call = unsafe { Updater::<SG_IO, Header>::new(&mut header) };
        // SAFETY: the three pointers in `header` are to buffers of the lengths
        // beside them (the command is read only), which outlive the call and to
        // which nothing else refers meanwhile. The command is on the list of
        // commands that only read.
        let sent = unsafe { ioctl(&self.file, call) };
        sent.map_err(|error| DeviceError::NotSent {
            device: self.name.clone(),
            command: command.name(),
            source: error.into(),
        })?;
        if header.host_status == HOST_TIMED_OUT {
            return Err(DeviceError::TimedOut {
                device: self.name.clone(),
                command: command.name(),
            });
        }
        if header.host_status != 0 || header.driver_status & !DRIVER_SENSE != 0 {
            return Err(DeviceError::Failed {
                device: self.name.clone(),
                command: command.name(),
                answer: format!(
                    "host status {:02x}h, driver status {:02x}h",
                    header.host_status, header.driver_status
                ),
            });
        }
        let short = usize::try_from(header.resid).unwrap_or(0);
        data.truncate(length.saturating_sub(short));
        let mut sense = sense.to_vec();
        sense.truncate(usize::from(header.sb_len_wr));
        Ok(Reply { data, status: header.status, sense })
    }
}
