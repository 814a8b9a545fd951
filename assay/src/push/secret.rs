//! Edge: files with secrets. Their owner alone may read them; what they hold is
//! never printed, logged or stored elsewhere.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// A token, or a key. It has no `Debug` and no `Display`.
#[expect(missing_debug_implementations, reason = "nothing may print it")]
pub struct Secret(Vec<u8>);

/// No token and no PEM file is larger.
const LARGEST: u64 = 1024 * 1024;

/// Why a secret could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum SecretError {
    /// The file cannot be opened or read.
    #[error("cannot read `{}`", file.display())]
    Read { file: PathBuf, source: io::Error },
    /// Others could have read it, or put something else there.
    #[error("`{}` {why}", file.display())]
    Exposed { file: PathBuf, why: String },
    /// There is nothing in it that can be used.
    #[error("`{}` {why}", file.display())]
    Unusable { file: PathBuf, why: &'static str },
}

impl SecretError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exposed { file, .. } => Some(format!("chmod 600 {}", file.display())),
            Self::Read { .. } | Self::Unusable { .. } => None,
        }
    }
}

impl Secret {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, SecretError> {
        let cannot = |source| SecretError::Read { file: path.to_owned(), source };
        // A pipe must not hang us: it is opened without waiting, then refused.
        let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
        let file =
            OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(cannot)?;
        check(path, &file)?;
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
        if bytes.len() as u64 > LARGEST {
            return Err(SecretError::Unusable {
                file: path.to_owned(),
                why: "is larger than a token or a PEM file",
            });
        }
        Ok(Self(bytes))
    }

    /// Returns it as one word, without the end of its line.
    pub fn word(&self) -> Option<&str> {
        std::str::from_utf8(self.0.trim_ascii()).ok()
    }

    /// Returns it as the value of a header, `Bearer TOKEN`, marked so that no
    /// library prints it.
    pub fn bearer(&self, path: &Path) -> Result<reqwest::header::HeaderValue, SecretError> {
        let unusable = |why| SecretError::Unusable { file: path.to_owned(), why };
        let token = self.0.trim_ascii();
        if token.is_empty() {
            return Err(unusable("is empty"));
        }
        // RFC 6750 §2.1: visible characters only.
        if !token.iter().all(u8::is_ascii_graphic) {
            return Err(unusable("holds more than one token: one line without blanks is wanted"));
        }
        let mut value = b"Bearer ".to_vec();
        value.extend_from_slice(token);
        let mut value = reqwest::header::HeaderValue::from_bytes(&value)
            .map_err(|_invalid| unusable("holds what cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Returns it as text, where it is text.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Returns it as a client's certificate and key.
    pub fn identity(&self, path: &Path) -> Result<reqwest::Identity, SecretError> {
        reqwest::Identity::from_pem(&self.0).map_err(|_invalid| SecretError::Unusable {
            file: path.to_owned(),
            why: "does not hold a certificate and its private key in PEM",
        })
    }
}

/// Refuses a file that others may read, or that somebody else put there.
fn check(path: &Path, file: &File) -> Result<(), SecretError> {
    let meta =
        file.metadata().map_err(|source| SecretError::Read { file: path.to_owned(), source })?;
    let exposed = |why: String| Err(SecretError::Exposed { file: path.to_owned(), why });
    if !meta.is_file() {
        return Err(SecretError::Unusable { file: path.to_owned(), why: "is not a file" });
    }
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user && meta.uid() != 0 {
        return exposed(format!("belongs to user {}, not to you", meta.uid()));
    }
    if meta.mode() & 0o077 != 0 {
        return exposed(format!("may be read by others (mode {:03o})", meta.mode() & 0o777));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn file(name: &str, content: &str, mode: u32) -> PathBuf {
        let path = std::env::temp_dir().join(format!("assay-secret-{}-{name}", std::process::id()));
        fs::write(&path, content).expect("the temporary folder takes a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path
    }

    #[test]
    fn a_token_that_others_may_read_is_refused() {
        for mode in [0o644, 0o640, 0o604, 0o620] {
            let path = file("open", "token", mode);
            let error = Secret::read(&path).err().expect("it is exposed");
            assert!(matches!(error, SecretError::Exposed { .. }), "{mode:o}: {error}");
            fs::remove_file(path).expect("it is there");
        }
    }

    #[test]
    fn a_token_becomes_a_header_that_does_not_show_it() {
        let path = file("token", "  s3cret\n", 0o600);
        let value = Secret::read(&path).and_then(|secret| secret.bearer(&path));
        let value = value.expect("it is a token");
        assert_eq!(value.as_bytes(), b"Bearer s3cret");
        assert!(!format!("{value:?}").contains("s3cret"));
        fs::remove_file(path).expect("it is there");
    }

    #[test]
    fn what_is_no_token_is_named() {
        for (name, content) in [("none", " \n"), ("two", "a b"), ("lines", "a\nb")] {
            let path = file(name, content, 0o600);
            let error = Secret::read(&path).and_then(|secret| secret.bearer(&path));
            let error = error.expect_err("it is no token");
            assert!(matches!(error, SecretError::Unusable { .. }), "{name}: {error}");
            fs::remove_file(path).expect("it is there");
        }
    }
}
