//! The BMC of the machine that this runs on, by the driver of its kernel (`/dev/ipmi0`).
//!
//! `ipmi-rs` has the requests to the driver (`ioctl`) and nothing else of it is used: records and
//! answers are decoded here as those that come over the network are (docs/adr/0019). No session, no
//! password: the kernel lets root speak, with all that an administrator may.

use std::{io, path::Path, time::Duration};

use ipmi_rs::connection::{
    IpmiConnection, LogicalUnit, Message, Request as Asked, RequestTargetAddress,
};

use super::{Client, Options};
use crate::ipmi::{
    IpmiError,
    wire::message::{Request, Response},
};

/// Where the driver's first device is: as udev names it, and as others do.
pub const DEVICES: [&str; 3] = ["/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"];
/// How long the driver is waited for: it asks a BMC that does not answer again for some seconds.
const PATIENCE: Duration = Duration::from_secs(6);

/// What carries a request to the BMC and its answer back; it blocks.
pub trait Carrier: Send {
    /// Asks, and returns the answer.
    fn carry(&mut self, request: &Request) -> io::Result<Response>;
}

impl<C> Carrier for C
where
    C: IpmiConnection<Error = io::Error> + Send,
{
    fn carry(&mut self, request: &Request) -> io::Result<Response> {
        let Request { netfn, lun, command, data } = request;
        let message = Message::new_raw(*netfn, *command, data.clone());
        let target = RequestTargetAddress::Bmc(LogicalUnit::from_low_bits(*lun));
        let answer = self.send_recv(&mut Asked::new(message, target))?;
        let (netfn, command) = (answer.netfn_raw(), answer.cmd());
        if netfn != request.netfn | 1 || command != request.command {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an answer to something else came",
            ));
        }
        Ok(Response { netfn, command, code: answer.cc(), data: answer.data().to_vec() })
    }
}

/// The way to this machine's BMC.
pub(super) struct Local(Box<dyn Carrier>);

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Local")
    }
}

impl Local {
    /// Asks. One late answer is passed over: the driver gives the answers to what was given up to
    /// whoever asks next.
    pub(super) fn ask(
        &mut self,
        request: &Request,
        what: &'static str,
    ) -> Result<Response, IpmiError> {
        let asked = self.0.carry(request).or_else(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::Other => self.0.carry(request),
            _ => Err(error),
        });
        asked.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                IpmiError::Unanswered { what, within: PATIENCE }
            }
            _ => IpmiError::Driver { source: error },
        })
    }
}

impl Client {
    /// Opens the device of the kernel's driver; `None` where there is none.
    ///
    /// Asking blocks the thread: give it one of its own.
    pub fn local() -> Result<Option<Self>, IpmiError> {
        let Some(path) = DEVICES.iter().map(Path::new).find(|path| path.exists()) else {
            return Ok(None);
        };
        let file =
            ipmi_rs::File::new(path, PATIENCE).map_err(|source| IpmiError::Driver { source })?;
        Ok(Some(Self::carried_by(Box::new(file))))
    }

    /// Speaks to a BMC by way of `carrier`.
    pub fn carried_by(carrier: Box<dyn Carrier>) -> Self {
        Self { line: None, local: Some(Local(carrier)), options: Options::default(), records: None }
    }
}
