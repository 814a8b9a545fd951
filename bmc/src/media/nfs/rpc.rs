//! Calls and replies of ONC RPC (RFC 5531), and the records that they come in over a connection
//! (RFC 5531 §11).

use super::xdr::{Reader, Writer};

/// Bytes that a record may have. The longest call that is answered is a few hundred bytes; one that
/// wants to write may carry what it wants written, and is refused in its own words.
const RECORD: usize = 64 << 10;
/// Bytes of a credential and of a verifier (RFC 5531 §8.2).
const AUTH: usize = 400;
const CALL: u32 = 0;
const REPLY: u32 = 1;
/// The last fragment of a record.
const LAST: u32 = 1 << 31;

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// Its number, which the reply has too.
    pub id: u32,
    /// The program.
    pub program: u32,
    /// The program's version.
    pub version: u32,
    /// The procedure.
    pub procedure: u32,
    /// What the procedure is given.
    pub arguments: &'a [u8],
}

impl<'a> Call<'a> {
    /// Reads a call. What is none, or is cut short, has no answer (`None`); another version of RPC
    /// than 2 is refused. Who the caller says it is does not count: its address does.
    pub fn read(record: &'a [u8]) -> Result<Self, Option<Vec<u8>>> {
        let mut reader = Reader::new(record);
        let (Some(id), Some(CALL), Some(version)) = (reader.u32(), reader.u32(), reader.u32())
        else {
            return Err(None);
        };
        if version != 2 {
            // MSG_DENIED, RPC_MISMATCH, lowest, highest
            let refusal = Writer::default().u32(id).u32(REPLY).u32(1).u32(0).u32(2).u32(2);
            return Err(Some(refusal.done()));
        }
        let head = (|| {
            let (program, version, procedure) = (reader.u32()?, reader.u32()?, reader.u32()?);
            for _credential_and_verifier in 0..2 {
                reader.u32()?;
                reader.opaque(AUTH)?;
            }
            Some((program, version, procedure))
        })();
        let (program, version, procedure) = head.ok_or(None)?;
        Ok(Self { id, program, version, procedure, arguments: reader.rest() })
    }

    /// Writes a call without credentials.
    pub fn bytes(&self) -> Vec<u8> {
        let head = Writer::default().u32(self.id).u32(CALL).u32(2);
        let head = head.u32(self.program).u32(self.version).u32(self.procedure);
        head.u32(0).u32(0).u32(0).u32(0).raw(self.arguments).done()
    }

    /// `MSG_ACCEPTED`, a verifier that says nothing, and how the call went.
    fn accepted(&self, how: u32) -> Writer {
        Writer::default().u32(self.id).u32(REPLY).u32(0).u32(0).u32(0).u32(how)
    }

    /// Returns the beginning of a result.
    pub fn success(&self) -> Writer {
        self.accepted(0)
    }

    /// Returns the refusal of a program that there is none of.
    pub fn unavailable(&self) -> Vec<u8> {
        self.accepted(1).done()
    }

    /// Returns the refusal of a program's version.
    pub fn mismatch(&self, lowest: u32, highest: u32) -> Vec<u8> {
        self.accepted(2).u32(lowest).u32(highest).done()
    }

    /// Returns the refusal of a procedure that there is none of.
    pub fn no_procedure(&self) -> Vec<u8> {
        self.accepted(3).done()
    }

    /// Returns the refusal of arguments that cannot be read.
    pub fn garbage(&self) -> Vec<u8> {
        self.accepted(4).done()
    }
}

/// Reads a reply that accepts the call of that number; returns the result.
pub fn result(record: &[u8], id: u32) -> Option<&[u8]> {
    let mut reader = Reader::new(record);
    let is_reply = reader.u32()? == id && reader.u32()? == REPLY && reader.u32()? == 0;
    reader.u32()?;
    reader.opaque(AUTH)?;
    (is_reply && reader.u32()? == 0).then(|| reader.rest())
}

/// Writes the mark of a record of that length, which is one fragment.
pub fn mark(length: usize) -> [u8; 4] {
    (u32::try_from(length).unwrap_or_default() & !LAST | LAST).to_be_bytes()
}

/// The records of a connection, as its bytes come in.
#[derive(Clone, Debug)]
pub struct Records {
    /// Bytes that were not read yet.
    waiting: Vec<u8>,
    /// The fragments of the record that has begun.
    record: Vec<u8>,
    /// Bytes that a record may have.
    most: usize,
}

/// A record is longer than is taken: the connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record is too long")]
pub struct TooLong;

impl Default for Records {
    fn default() -> Self {
        Self::up_to(RECORD)
    }
}

impl Records {
    /// Takes records of so many bytes.
    pub fn up_to(most: usize) -> Self {
        Self { waiting: Vec::new(), record: Vec::new(), most }
    }

    /// Takes bytes that came in. The records in them are to be taken before the next come, so no
    /// more is kept than a record and what came last.
    pub fn came(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Returns the next whole record, if there is one.
    pub fn record(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        loop {
            let Some((mark, rest)) = self.waiting.split_first_chunk::<4>() else {
                return Ok(None);
            };
            let mark = u32::from_be_bytes(*mark);
            let length = usize::try_from(mark & !LAST).unwrap_or(usize::MAX);
            if length > self.most.saturating_sub(self.record.len()) {
                return Err(TooLong);
            }
            let Some(fragment) = rest.get(..length) else { return Ok(None) };
            self.record.extend_from_slice(fragment);
            self.waiting.drain(..length.saturating_add(4));
            if mark & LAST != 0 {
                return Ok(Some(std::mem::take(&mut self.record)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_version_of_rpc_is_refused_and_no_call_has_no_answer() {
        let call = Call { id: 7, program: 1, version: 2, procedure: 3, arguments: &[1, 2, 3, 4] };
        let bytes = call.bytes();
        assert_eq!(Call::read(&bytes), Ok(call));
        let mut old = bytes.clone();
        old[11] = 1;
        let refusal = Call::read(&old).expect_err("refused").expect("answered");
        assert_eq!(
            refusal,
            [0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
        );
        let mut reply = bytes.clone();
        reply[7] = 1;
        assert_eq!(Call::read(&reply), Err(None));
        for short in 0..bytes.len() - 4 {
            assert_eq!(Call::read(&bytes[..short]), Err(None), "{short}");
        }
    }

    #[test]
    fn a_length_beyond_what_is_taken_is_refused_before_its_bytes_come() {
        let mut records = Records::default();
        records.came(&[0xff; 4]);
        assert_eq!(records.record(), Err(TooLong));
        // Many fragments make no longer record than one.
        let mut records = Records::up_to(6);
        records.came(&[0, 0, 0, 4, 1, 2, 3, 4]);
        assert_eq!(records.record(), Ok(None));
        records.came(&[0x80, 0, 0, 4]);
        assert_eq!(records.record(), Err(TooLong));
    }

    proptest! {
        #[test]
        fn records_come_out_as_they_went_in_however_they_are_cut(
            all in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6),
            fragment in 1_usize..9, piece in 1_usize..11,
        ) {
            let mut wire = Vec::new();
            for record in &all {
                let parts: Vec<&[u8]> = record.chunks(fragment).collect();
                for part in &parts {
                    wire.extend(u32::try_from(part.len()).expect("small").to_be_bytes());
                    wire.extend_from_slice(part);
                }
                wire.extend(mark(0));
            }
            let (mut records, mut found) = (Records::up_to(40), Vec::new());
            for piece in wire.chunks(piece) {
                records.came(piece);
                while let Some(record) = records.record().expect("short enough") {
                    found.push(record);
                }
            }
            prop_assert_eq!(found, all);
        }
    }
}
