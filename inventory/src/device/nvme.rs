#![expect(unsafe_code, reason = "NVME_IOCTL_ADMIN_CMD takes a structure with a data pointer")]
//! NVMe admin commands through `/dev/nvme0` (`linux/nvme_ioctl.h`).

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl, opcode};

use super::allow::AdmittedNvme;
use super::dialogue::NvmePort;
use super::{DeviceError, TIMEOUT_MS};

/// A controller's device node.
#[derive(Debug)]
pub struct NvmeDevice {
    name: String,
    file: File,
}

impl NvmeDevice {
    /// Opens `device`, `/dev/nvme0`.
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

/// `struct nvme_passthru_cmd`.
#[repr(C)]
#[derive(Debug, Default)]
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

/// One call; it returns the drive's status, 0 for success.
struct Call<'a>(&'a mut PassThrough);

// SAFETY: the opcode is the one that linux/nvme_ioctl.h defines for exactly
// this structure, whose layout the assertion above pins; the kernel reads and
// writes it and, at `addr`, `data_len` bytes, which `send` owns for the call.
unsafe impl Ioctl for Call<'_> {
    type Output = i32;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<PassThrough>(b'N', 0x41)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(
        output: IoctlOutput,
        _pointer: *mut c_void,
    ) -> rustix::io::Result<i32> {
        Ok(output)
    }
}

impl NvmePort for NvmeDevice {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&mut self, command: &AdmittedNvme, length: usize) -> Result<Vec<u8>, DeviceError> {
        let device = || self.name.clone();
        let mut data = vec![0_u8; length];
        let mut request = PassThrough {
            opcode: command.opcode,
            nsid: command.nsid,
            addr: data.as_mut_ptr().expose_provenance() as u64,
            data_len: u32::try_from(length).unwrap_or_default(),
            cdw10: command.cdw10,
            timeout_ms: TIMEOUT_MS,
            ..PassThrough::default()
        };
        // SAFETY: `Call` is right for this opcode; `request` and `data`, which
        // it points to with its true length, outlive the call, and nothing else
        // refers to them meanwhile. The command is on the list of commands that
        // only read.
        let status = unsafe { ioctl(&self.file, Call(&mut request)) };
        match status {
            Ok(0) => Ok(data),
            Ok(status) => Err(DeviceError::Failed {
                device: device(),
                command: command.name,
                answer: format!("status {status:#06x}"),
            }),
            // The driver gives up and resets the controller.
            Err(Errno::INTR | Errno::TIMEDOUT) => {
                Err(DeviceError::TimedOut { device: device(), command: command.name })
            }
            Err(error) => Err(DeviceError::NotSent {
                device: device(),
                command: command.name,
                source: error.into(),
            }),
        }
    }
}
