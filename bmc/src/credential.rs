//! Names and passwords for BMCs: held so that no message, log or panic can show them.

use std::fmt;

use zeroize::Zeroizing;

/// A password. It has no `Display`, its `Debug` says nothing of it, and its memory is wiped.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a password as it was read.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Takes a password from a file: one line, its end left out.
    pub fn of_line(text: String) -> Self {
        let text = Zeroizing::new(text);
        Self(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// Shows the password to what sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
}

/// Who to be at a BMC.
#[derive(Debug)]
pub struct Credential {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let password = Secret::of_line("Huawei12#$\r\n".to_owned());
        assert_eq!(password.reveal(), "Huawei12#$");
        let credential = Credential { user: "Administrator".to_owned(), password };
        let shown = format!("{credential:?} {:#?}", credential.password);
        assert!(!shown.contains("Huawei") && shown.contains("Administrator"), "{shown}");
    }
}
