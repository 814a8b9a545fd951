//! Edge: the file of an image, its digest, and its bytes on their way. It is read as it is sent, a
//! piece at a time, and is never held whole.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io,
    ops::Range,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

use super::Watch;
use crate::{
    operation::firmware::Stage,
    redfish::ladder::{script::Upload, update::file_name},
};

/// Bytes that are read from the file at a time.
const PIECE: usize = 64 << 10;
/// Opened without waiting for the other end of a pipe (`O_NONBLOCK` of Linux).
const NO_WAIT: i32 = 0o4000;

/// Why a file is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum ImageError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read { source: io::Error },
    /// It is a folder, a device, a pipe.
    #[error("it is no regular file")]
    NoFile,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is another one than was meant.
    #[error("its SHA-256 is {found}, and {wanted} was expected")]
    Digest { found: String, wanted: String },
}

impl ImageError {
    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Read { .. } => ("核对路径与权限", "check the path and its permissions"),
            Self::NoFile | Self::Empty => (
                "须为非空的普通文件；压缩包请先按厂商说明解开",
                "name a file that has something in it; unpack an archive first as its maker says",
            ),
            Self::Digest { .. } => (
                "文件已损坏或不是所指的镜像：重新下载并核对",
                "the file is damaged or another one: fetch it again and compare",
            ),
        }
    }
}

/// The file of an image.
#[derive(Clone, Debug)]
pub struct Image {
    file: Arc<File>,
    /// Its name, without folders.
    pub name: String,
    /// Its bytes.
    pub length: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}

impl Image {
    /// Opens a file, once and for all, and reads it through for its digest.
    ///
    /// # Errors
    /// Where it is no regular file, has nothing in it, or has not the digest that is `wanted`.
    pub fn open(path: &Path, wanted: Option<&str>) -> Result<Self, ImageError> {
        let read = |source| ImageError::Read { source };
        let opened = File::options().read(true).custom_flags(NO_WAIT).open(path);
        let file = opened.map_err(read)?;
        let about = file.metadata().map_err(read)?;
        if !about.is_file() {
            return Err(ImageError::NoFile);
        }
        if about.len() == 0 {
            return Err(ImageError::Empty);
        }
        let (mut digest, mut at) = (Sha256::new(), 0_u64);
        let mut piece = vec![0; PIECE];
        loop {
            let count = file.read_at(&mut piece, at).map_err(read)?;
            if count == 0 {
                break;
            }
            digest.update(piece.get(..count).unwrap_or_default());
            at = at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
        let found = hex(&digest.finalize());
        if let Some(wanted) = wanted
            && !wanted.trim().eq_ignore_ascii_case(&found)
        {
            return Err(ImageError::Digest { found, wanted: wanted.trim().to_owned() });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { file: Arc::new(file), name, length: at, sha256: found })
    }

    /// Returns the file, to be served from.
    ///
    /// # Errors
    /// Where no more files can be open.
    pub fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

/// An image on its way to a BMC.
#[derive(Clone, Debug)]
pub(super) struct Cargo {
    image: Image,
    sent: Arc<AtomicU64>,
    watch: Watch,
}

impl Cargo {
    pub(super) fn new(image: Image, watch: Watch) -> Self {
        Self { image, sent: Arc::default(), watch }
    }

    /// Returns how many bytes of the image were sent by the last upload, and how many it has.
    pub(super) fn sent(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.image.length)
    }

    /// Returns the type of a body, its length, and the body.
    pub(super) fn body(&self, form: &Upload) -> (String, u64, reqwest::Body) {
        let (kind, before, behind) = match form {
            Upload::Raw => ("application/octet-stream".to_owned(), String::new(), String::new()),
            Upload::Form { part, parameters } => {
                let boundary = boundary();
                let kind = format!("multipart/form-data; boundary={boundary}");
                let before = match parameters {
                    Some(parameters) => format!(
                        "--{boundary}\r\nContent-Disposition: form-data; \
                         name=\"UpdateParameters\"\r\nContent-Type: application/json\r\n\r\n\
                         {parameters}\r\n"
                    ),
                    None => String::new(),
                };
                let name = file_name(&self.image.name);
                let before = format!(
                    "{before}--{boundary}\r\nContent-Disposition: form-data; name=\"{part}\"; \
                     filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                );
                (kind, before, format!("\r\n--{boundary}--\r\n"))
            }
        };
        self.sent.store(0, Ordering::Relaxed);
        let around = before.len().saturating_add(behind.len());
        let around = u64::try_from(around).unwrap_or(u64::MAX);
        let sending = Sending {
            before: Bytes::from(before),
            left: 0..self.image.length,
            behind: Bytes::from(behind),
            cargo: self.clone(),
        };
        (kind, around.saturating_add(self.image.length), reqwest::Body::wrap(sending))
    }
}

/// Writes bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

/// Returns a mark between the parts of a form that no image has in it: a number of 128 bits that is
/// drawn for each.
fn boundary() -> String {
    let half = || RandomState::new().hash_one(());
    format!("assay-{:016x}{:016x}", half(), half())
}

/// The bytes of a body: what stands before the image, the image, what stands behind it.
struct Sending {
    before: Bytes,
    left: Range<u64>,
    behind: Bytes,
    cargo: Cargo,
}

impl Sending {
    /// Reads the next bytes of the image.
    fn next(&mut self) -> io::Result<Bytes> {
        let size = usize::try_from(self.left.end - self.left.start).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; size];
        let count = self.cargo.image.file.read_at(&mut piece, self.left.start)?;
        if count == 0 {
            // It has become shorter: what was promised cannot be sent.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(count);
        self.left.start = self.left.start.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        self.cargo.sent.store(self.left.start, Ordering::Relaxed);
        let (sent, of) = self.cargo.sent();
        self.cargo.watch.tell(Stage::Sending { sent, of });
        Ok(piece.into())
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if !this.before.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.before)))));
        }
        if !this.left.is_empty() {
            return Poll::Ready(Some(this.next().map(Frame::data)));
        }
        if !this.behind.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.behind)))));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.before.is_empty() && self.left.is_empty() && self.behind.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let around = self.before.len().saturating_add(self.behind.len());
        let around = u64::try_from(around).unwrap_or(u64::MAX);
        SizeHint::with_exact(around.saturating_add(self.left.end - self.left.start))
    }
}
