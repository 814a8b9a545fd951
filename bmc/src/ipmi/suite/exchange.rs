//! What both sides say while they set a session up, and the codes over it (§13.31, §13.32).

use ring::hmac;
use zeroize::Zeroizing;

use super::{Digest, Keys, Suite, same};

/// Bit of a role: the name alone says who the user is, whatever the privilege.
pub const NAME_ONLY: u8 = 0x10;

/// All that RAKP messages are made of; both sides hold the same when they are done.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The suite.
    pub suite: Suite,
    /// The console's number of the session.
    pub console: u32,
    /// The BMC's number of the session.
    pub bmc: u32,
    /// The console's random number.
    pub console_random: [u8; 16],
    /// The BMC's random number.
    pub bmc_random: [u8; 16],
    /// The BMC's GUID.
    pub guid: [u8; 16],
    /// The role, as RAKP 1 has it.
    pub role: u8,
    /// The user's name.
    pub user: Vec<u8>,
}

impl Exchange {
    /// Returns the code of RAKP 2: the BMC's proof that it knows the password.
    pub fn rakp2(&self, password: &[u8]) -> Vec<u8> {
        self.whole(password, |exchange, digest, key| {
            let (console, bmc) = (exchange.console.to_le_bytes(), exchange.bmc.to_le_bytes());
            let head = exchange.head();
            digest.code(
                key,
                &[
                    &console,
                    &bmc,
                    &exchange.console_random,
                    &exchange.bmc_random,
                    &exchange.guid,
                    &head,
                    &exchange.user,
                ],
            )
        })
    }

    /// Returns the code of RAKP 3: the console's proof.
    pub fn rakp3(&self, password: &[u8]) -> Vec<u8> {
        self.whole(password, |exchange, digest, key| {
            let (console, head) = (exchange.console.to_le_bytes(), exchange.head());
            digest.code(key, &[&exchange.bmc_random, &console, &head, &exchange.user])
        })
    }

    /// Returns whether `code` is that of RAKP 2 for a password.
    pub fn is_rakp2(&self, password: &[u8], code: &[u8]) -> bool {
        self.is(&self.rakp2(password), code)
    }

    /// Returns whether `code` is that of RAKP 3 for a password.
    pub fn is_rakp3(&self, password: &[u8], code: &[u8]) -> bool {
        self.is(&self.rakp3(password), code)
    }

    /// Makes the session's keys; `kg` is the BMC's key, or the password where it has none.
    pub fn keys(&self, kg: &[u8]) -> Keys {
        let Some(digest) = self.suite.digest() else {
            return Keys::none(self.suite);
        };
        let head = self.head();
        let code = digest.code(kg, &[&self.console_random, &self.bmc_random, &head, &self.user]);
        let session = Zeroizing::new(code.as_ref().to_vec());
        Keys::of(self.suite, digest, &session)
    }

    /// Returns the code of RAKP 4: the BMC's proof that it knows its key.
    pub fn rakp4(&self, keys: &Keys) -> Vec<u8> {
        let bmc = self.bmc.to_le_bytes();
        keys.session_code(&[&self.console_random, &bmc, &self.guid])
    }

    /// Returns whether `code` is that of RAKP 4.
    pub fn is_rakp4(&self, keys: &Keys, code: &[u8]) -> bool {
        self.is(&self.rakp4(keys), code)
    }

    fn is(&self, ours: &[u8], theirs: &[u8]) -> bool {
        self.suite.digest().is_none() || same(ours, theirs)
    }

    /// Role and length of the name.
    fn head(&self) -> [u8; 2] {
        [self.role, u8::try_from(self.user.len()).unwrap_or(u8::MAX)]
    }

    fn whole(&self, key: &[u8], code: fn(&Self, Digest, &[u8]) -> hmac::Tag) -> Vec<u8> {
        let digest = self.suite.digest();
        digest.map_or_else(Vec::new, |digest| code(self, digest, key).as_ref().to_vec())
    }
}
