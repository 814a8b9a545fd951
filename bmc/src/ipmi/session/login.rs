//! Who to be at a BMC, in the form that RAKP has.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    credential::Secret,
    ipmi::{IpmiError, privilege::Privilege},
};

/// Bytes of a name at most (§13.20).
const USER: usize = 16;
/// Bytes of a password, and of a BMC's key, at most (§13.33).
const KEY: usize = 20;

/// Who to be. Neither key is ever shown.
pub struct Login {
    /// The user's name.
    pub user: Vec<u8>,
    pub(super) password: Zeroizing<Vec<u8>>,
    pub(super) kg: Option<Zeroizing<Vec<u8>>>,
    /// The privilege that is asked for.
    pub privilege: Privilege,
}

impl Login {
    /// Takes name, password, and the BMC's key: text, or `0x` and hexadecimal digits.
    pub fn new(
        user: &str,
        password: &Secret,
        kg: Option<&Secret>,
        privilege: Privilege,
    ) -> Result<Self, IpmiError> {
        if user.len() > USER {
            return Err(IpmiError::UserLong { length: user.len() });
        }
        let password = Zeroizing::new(password.reveal().as_bytes().to_vec());
        if password.len() > KEY {
            return Err(IpmiError::PasswordLong { length: password.len() });
        }
        let kg = kg.filter(|kg| !kg.is_empty()).map(key).transpose()?;
        Ok(Self { user: user.as_bytes().to_vec(), password, kg, privilege })
    }

    /// Returns the key that the session's is made by: the BMC's, or the password where it has none.
    pub(super) fn session_key(&self) -> &[u8] {
        self.kg.as_ref().unwrap_or(&self.password)
    }
}

fn key(kg: &Secret) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
    let text = kg.reveal();
    let bytes = match text.strip_prefix("0x") {
        Some(digits) => Zeroizing::new(hexadecimal(digits).ok_or(IpmiError::KgForm)?),
        None => Zeroizing::new(text.as_bytes().to_vec()),
    };
    if bytes.len() > KEY { Err(IpmiError::KgForm) } else { Ok(bytes) }
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let pair = |pair: &[u8; 2]| {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        u8::try_from(high? << 4 | low?).ok()
    };
    if rest.is_empty() { pairs.iter().map(pair).collect() } else { None }
}

impl fmt::Debug for Login {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Login({}, …)", String::from_utf8_lossy(&self.user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(user: &str, password: &str, kg: Option<&str>) -> Result<Login, IpmiError> {
        let kg = kg.map(|kg| Secret::new(kg.to_owned()));
        let password = Secret::new(password.to_owned());
        Login::new(user, &password, kg.as_ref(), Privilege::Administrator)
    }

    #[test]
    fn what_ipmi_cannot_carry_is_refused_before_anything_is_sent() {
        assert!(matches!(
            login(&"u".repeat(17), "", None),
            Err(IpmiError::UserLong { length: 17 })
        ));
        let long = login("u", &"p".repeat(21), None);
        assert!(matches!(long, Err(IpmiError::PasswordLong { length: 21 })));
        for kg in ["0x123", "0xzz", &"k".repeat(21), &format!("0x{}", "00".repeat(21))] {
            assert!(matches!(login("u", "p", Some(kg)), Err(IpmiError::KgForm)), "{kg}");
        }
    }

    #[test]
    fn keys_are_text_or_digits_and_never_shown() {
        let one = login("root", &"p".repeat(20), Some("0x00fF10")).expect("a login");
        assert_eq!(one.session_key(), [0, 0xff, 0x10]);
        let text = login("root", "geheim", Some("kg-text")).expect("a login");
        assert_eq!(text.session_key(), b"kg-text");
        assert_eq!(login("root", "geheim", Some("")).expect("a login").session_key(), b"geheim");
        let shown = format!("{text:?}");
        assert!(shown.contains("root") && !shown.contains("geheim") && !shown.contains("kg-text"));
    }
}
