//! Pages that drives return about themselves, decoded.
//!
//! Pure: bytes in, values out. [`pages`] names the pages and turns a drive's
//! set of them into facts; [`nvme`], [`ata`] and [`scsi`] know the layouts of
//! NVMe 1.4, ACS-4 and SPC-5/SBC-4. Asking the drive is `device`'s, judging it
//! `health`'s.

pub mod ata;
mod bytes;
pub mod nvme;
pub mod pages;
pub mod scsi;
pub(crate) mod summary;

/// Why a page could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The page ends before what it must hold.
    #[error("{page} ends at byte {have:#x}, but must have {need:#x} bytes")]
    Short {
        /// Which page.
        page: &'static str,
        /// How many bytes it must have.
        need: usize,
        /// How many it has.
        have: usize,
    },
    /// A field says something that no such page may say.
    #[error("{page}, byte {at:#x}: {message}")]
    Invalid {
        /// Which page.
        page: &'static str,
        /// Where in it.
        at: usize,
        /// What is wrong there.
        message: String,
    },
}

impl PageError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Short { .. } => {
                Some("the drive or a bridge before it cut the answer short; ask again".to_owned())
            }
            Self::Invalid { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
