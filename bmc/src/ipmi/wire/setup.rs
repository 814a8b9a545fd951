//! Messages that set a session up: Open Session and RAKP 1 to 4 (§13.17 to §13.24).

use super::{byte, double, take};

/// How a step of setting up went (table 13-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(
    /// Its number.
    pub u8,
);

#[expect(missing_docs, reason = "the names are those of the table")]
impl Status {
    pub const DONE: Self = Self(0x00);
    pub const FULL: Self = Self(0x01);
    pub const NO_SESSION: Self = Self(0x02);
    pub const AUTHENTICATION: Self = Self(0x04);
    pub const INTEGRITY: Self = Self(0x05);
    pub const INACTIVE: Self = Self(0x08);
    pub const ROLE: Self = Self(0x09);
    pub const ROLE_DENIED: Self = Self(0x0a);
    pub const ROLE_FULL: Self = Self(0x0b);
    pub const NAME_LENGTH: Self = Self(0x0c);
    pub const NAME: Self = Self(0x0d);
    pub const CHECK: Self = Self(0x0f);
    pub const CONFIDENTIALITY: Self = Self(0x10);
    pub const NO_SUITE: Self = Self(0x11);
    pub const PARAMETER: Self = Self(0x12);

    /// Whether it says that the suite will not do, and another one may.
    pub fn is_of_suite(self) -> bool {
        matches!(self.0, 0x04..=0x07 | 0x10..=0x12)
    }

    /// Whether it says that there is no room for another session now.
    pub fn is_full(self) -> bool {
        self == Self::FULL || self == Self::ROLE_FULL
    }

    /// Whether it says that the user or channel has no such privilege.
    pub fn is_of_role(self) -> bool {
        self == Self::ROLE || self == Self::ROLE_DENIED
    }
}

/// Algorithms by number: authentication, integrity, confidentiality.
pub type Algorithms = [u8; 3];

/// Asks for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// Repeated in the answer.
    pub tag: u8,
    /// The privilege that is asked for; 0 for the most that there is.
    pub privilege: u8,
    /// The number that the console gives the session.
    pub console: u32,
    /// The algorithms that are asked for.
    pub algorithms: Algorithms,
}

/// The answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenResponse {
    /// That of the request.
    pub tag: u8,
    /// How it went; what follows is told where it went well.
    pub status: Status,
    /// The privilege that may be had.
    pub privilege: u8,
    /// The number that the console gave the session.
    pub console: u32,
    /// The number that the BMC gives it.
    pub bmc: u32,
    /// The algorithms that were taken; `None` of a short answer.
    pub algorithms: Option<Algorithms>,
}

/// The console's name and random number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp1 {
    /// Repeated in the answer.
    pub tag: u8,
    /// The BMC's number of the session.
    pub bmc: u32,
    /// The console's random number.
    pub random: [u8; 16],
    /// The privilege, and 0x10 for "the name alone says who it is".
    pub role: u8,
    /// The user's name, 16 bytes at most.
    pub user: Vec<u8>,
}

/// The BMC's random number, and its proof that it knows the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp2 {
    /// That of RAKP 1.
    pub tag: u8,
    /// How it went; what follows is told where it went well.
    pub status: Status,
    /// The console's number of the session.
    pub console: u32,
    /// The BMC's random number.
    pub random: [u8; 16],
    /// The BMC's GUID.
    pub guid: [u8; 16],
    /// The proof; empty of suite 0.
    pub code: Vec<u8>,
}

/// The console's proof that it knows the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp3 {
    /// Repeated in the answer.
    pub tag: u8,
    /// How RAKP 2 was taken; another than done ends the session.
    pub status: Status,
    /// The BMC's number of the session.
    pub bmc: u32,
    /// The proof; empty of suite 0, and where it did not go well.
    pub code: Vec<u8>,
}

/// The BMC's proof that it knows its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp4 {
    /// That of RAKP 3.
    pub tag: u8,
    /// How it went.
    pub status: Status,
    /// The console's number of the session.
    pub console: u32,
    /// The proof; empty of suite 0.
    pub code: Vec<u8>,
}

impl OpenRequest {
    /// Writes it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.privilege, 0, 0];
        out.extend(self.console.to_le_bytes());
        algorithms(&mut out, self.algorithms);
        out
    }

    /// Reads it.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let [tag, privilege, _, _] = *take::<4>(&mut bytes)?;
        let console = double(&mut bytes)?;
        Some(Self { tag, privilege: privilege & 0x0f, console, algorithms: chosen(bytes)? })
    }
}

impl OpenResponse {
    /// Writes it; one that did not go well is 8 bytes long.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.status.0, self.privilege, 0];
        out.extend(self.console.to_le_bytes());
        if let (Status::DONE, Some(chosen)) = (self.status, self.algorithms) {
            out.extend(self.bmc.to_le_bytes());
            algorithms(&mut out, chosen);
        }
        out
    }

    /// Reads it, the short form too; some BMCs send but two bytes of one that did not go well.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let [tag, status] = *take::<2>(&mut bytes)?;
        let status = Status(status);
        let mut answer = Self { tag, status, privilege: 0, console: 0, bmc: 0, algorithms: None };
        if let Some([privilege, _]) = take::<2>(&mut bytes) {
            answer.privilege = privilege & 0x0f;
            answer.console = double(&mut bytes).unwrap_or(0);
        }
        if let Some(bmc) = double(&mut bytes) {
            answer.bmc = bmc;
            answer.algorithms = chosen(bytes);
        }
        Some(answer)
    }
}

/// Writes three payloads of 8 bytes: type, reserved, length, algorithm, reserved.
fn algorithms(out: &mut Vec<u8>, [authentication, integrity, confidentiality]: Algorithms) {
    for (kind, number) in [(0, authentication), (1, integrity), (2, confidentiality)] {
        out.extend([kind, 0, 0, 8, number, 0, 0, 0]);
    }
}

/// Reads them; a length of 0 asks for any, and is read as none.
fn chosen(mut bytes: &[u8]) -> Option<Algorithms> {
    let mut all = [0; 3];
    for (at, number) in (0_u8..).zip(&mut all) {
        let [kind, _, _, _, algorithm, _, _, _] = *take::<8>(&mut bytes)?;
        if kind != at {
            return None;
        }
        *number = algorithm & 0x3f;
    }
    Some(all)
}

impl Rakp1 {
    /// Writes it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag, 0, 0, 0];
        out.extend(self.bmc.to_le_bytes());
        out.extend(self.random);
        let length = u8::try_from(self.user.len()).unwrap_or(u8::MAX);
        out.extend([self.role, 0, 0, length]);
        out.extend(&self.user);
        out
    }

    /// Reads it.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let [tag, _, _, _] = *take::<4>(&mut bytes)?;
        let bmc = double(&mut bytes)?;
        let random = *take(&mut bytes)?;
        let [role, _, _, length] = *take::<4>(&mut bytes)?;
        let user = bytes.get(..usize::from(length))?.to_vec();
        Some(Self { tag, bmc, random, role, user })
    }
}

impl Rakp2 {
    /// Writes it; one that did not go well is 8 bytes long.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.status.0, 0, 0];
        out.extend(self.console.to_le_bytes());
        if self.status == Status::DONE {
            out.extend(self.random);
            out.extend(self.guid);
            out.extend(&self.code);
        }
        out
    }

    /// Reads it.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let (tag, status, console) = outcome(&mut bytes)?;
        let (mut random, mut guid) = ([0; 16], [0; 16]);
        if status == Status::DONE {
            random = *take(&mut bytes)?;
            guid = *take(&mut bytes)?;
        }
        Some(Self { tag, status, console, random, guid, code: bytes.to_vec() })
    }
}

impl Rakp3 {
    /// Writes it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.status.0, 0, 0];
        out.extend(self.bmc.to_le_bytes());
        out.extend(&self.code);
        out
    }

    /// Reads it.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let (tag, status, bmc) = outcome(&mut bytes)?;
        Some(Self { tag, status, bmc, code: bytes.to_vec() })
    }
}

impl Rakp4 {
    /// Writes it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![self.tag, self.status.0, 0, 0];
        out.extend(self.console.to_le_bytes());
        out.extend(&self.code);
        out
    }

    /// Reads it.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let (tag, status, console) = outcome(&mut bytes)?;
        Some(Self { tag, status, console, code: bytes.to_vec() })
    }
}

/// Reads tag, status and the receiver's number of the session; some BMCs leave out all behind a
/// status that did not go well.
fn outcome(bytes: &mut &[u8]) -> Option<(u8, Status, u32)> {
    let tag = byte(bytes)?;
    let status = Status(byte(bytes)?);
    let session = take::<2>(bytes).and_then(|_| double(bytes));
    match session {
        Some(session) => Some((tag, status, session)),
        None if status != Status::DONE => Some((tag, status, 0)),
        None => None,
    }
}
