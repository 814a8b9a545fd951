//! The purge that every device with discard has: all of it given back.

use std::io;

use crate::safety::Access;

use super::open::Opened;
use super::{TargetError, ioctl};

impl Opened {
    /// Discards the whole device, which has to be open for writing.
    pub fn discard(&self) -> Result<(), TargetError> {
        let cannot = |source| TargetError::Discard { path: self.subject().path.clone(), source };
        if self.access() != Access::Write {
            return Err(cannot(io::ErrorKind::PermissionDenied.into()));
        }
        ioctl::discard(self.file(), self.size_bytes()).map_err(|error| cannot(error.into()))
    }
}
