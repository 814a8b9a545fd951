//! Whether a BMC still speaks TLS that is too old: a `ClientHello` of that version is sent, and
//! the first record of the answer is read. No handshake is finished, and nothing else is sent: rustls
//! speaks no TLS below 1.2.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::reach::connect;
use crate::target::{Address, Host};

/// A version that nobody should speak any more (RFC 7568, RFC 8996).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// SSL 3.0.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
}

impl Old {
    /// All, the oldest first.
    pub const ALL: [Self; 3] = [Self::Ssl3, Self::Tls10, Self::Tls11];

    /// Returns what it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
        }
    }

    fn minor(self) -> u8 {
        match self {
            Self::Ssl3 => 0,
            Self::Tls10 => 1,
            Self::Tls11 => 2,
        }
    }
}

/// How a BMC answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It would speak that version.
    Taken,
    /// It would not: an alert, or the connection was closed.
    Refused,
    /// Nobody knows: there was no answer, or none of TLS.
    Silent,
}

/// Cipher suites that servers of those versions have (RFC 5246 appendix A.5, RFC 8422): AES and
/// 3DES by RSA, DHE, ECDHE and ECDSA, and RC4.
const SUITES: &[u16] = &[
    0xc014, 0xc013, 0xc00a, 0xc009, 0xc012, 0xc008, 0x0039, 0x0033, 0x0035, 0x002f, 0x0016, 0x000a,
    0x0005, 0x0004, // That it is no second handshake (RFC 5746 §3.3).
    0x00ff,
];

/// Writes the length of what comes in so many bytes, and it.
fn counted(out: &mut Vec<u8>, bytes: usize, content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(0).to_be_bytes();
    out.extend(length.iter().skip(4_usize.saturating_sub(bytes)));
    out.extend(content);
}

/// Writes a `ClientHello` of that version, in its record.
pub(super) fn hello(version: Old, random: &[u8; 32], name: Option<&str>) -> Vec<u8> {
    let minor = version.minor();
    let mut body = vec![3, minor];
    body.extend(random);
    // No session is taken up.
    body.push(0);
    let suites: Vec<u8> = SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    counted(&mut body, 2, &suites);
    // No compression.
    body.extend([1, 0]);
    if version != Old::Ssl3 {
        let mut extensions = Vec::new();
        if let Some(name) = name {
            let mut entry = vec![0];
            counted(&mut entry, 2, name.as_bytes());
            let mut list = Vec::new();
            counted(&mut list, 2, &entry);
            extensions.extend([0, 0]);
            counted(&mut extensions, 2, &list);
        }
        // P-256, P-384, P-521; points uncompressed (RFC 8422 §5.1).
        extensions.extend([0, 10, 0, 8, 0, 6, 0, 23, 0, 24, 0, 25]);
        extensions.extend([0, 11, 0, 2, 1, 0]);
        counted(&mut body, 2, &extensions);
    }
    let mut message = vec![1];
    counted(&mut message, 3, &body);
    // Records of a first message are of 1.0 at most (RFC 5246 appendix E.1).
    let mut record = vec![22, 3, minor.min(1)];
    counted(&mut record, 2, &message);
    record
}

/// Reads the beginning of an answer; nothing while too little is there.
pub(super) fn read(bytes: &[u8], version: Old) -> Option<Answer> {
    match bytes {
        // Alert.
        [21, 3, ..] => Some(Answer::Refused),
        // A handshake: `ServerHello`, and the version that it chose.
        [22, 3, _, _, _, 2, _, _, _, 3, minor, ..] => {
            Some(if *minor <= version.minor() { Answer::Taken } else { Answer::Refused })
        }
        [22, 3, ..] if bytes.len() < 11 => None,
        [22 | 21] | [] => None,
        _ => Some(Answer::Silent),
    }
}

/// Asks whether a BMC would speak that version.
pub async fn ask(address: &Address, version: Old, within: Duration) -> Answer {
    let asked = timeout(within, one(address, version, within)).await;
    asked.ok().flatten().unwrap_or(Answer::Silent)
}

async fn one(address: &Address, version: Old, within: Duration) -> Option<Answer> {
    let mut socket = connect(address, address.https_port(), within).await.ok()?;
    let mut random = [0; 32];
    SystemRandom::new().fill(&mut random).ok()?;
    let name = match &address.host {
        Host::Name(name) => Some(name.as_str()),
        Host::Ip(_) | Host::Link(..) => None,
    };
    socket.write_all(&hello(version, &random, name)).await.ok()?;
    let (mut got, mut part) = (Vec::new(), [0; 64]);
    loop {
        let length = match socket.read(&mut part).await {
            // Closed without a word: it will have nothing of it.
            Ok(0) | Err(_) if got.is_empty() => return Some(Answer::Refused),
            Ok(0) | Err(_) => return Some(Answer::Silent),
            Ok(length) => length,
        };
        got.extend(part.get(..length).unwrap_or_default());
        if let Some(answer) = read(&got, version) {
            return Some(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_a_hello_are_those_of_what_is_there() {
        for version in Old::ALL {
            for name in [None, Some("bmc-7.example")] {
                let bytes = hello(version, &[7; 32], name);
                let word = |at: usize| usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
                assert_eq!((bytes[0], bytes[1], bytes[5]), (22, 3, 1));
                assert_eq!(word(3), bytes.len() - 5, "{version:?}");
                assert_eq!(word(7), bytes.len() - 9, "{version:?}");
                assert_eq!((bytes[9], bytes[10]), (3, version.minor()));
                // Behind the random: no session, the suites, one compression.
                assert_eq!((bytes[43], word(44)), (0, SUITES.len() * 2));
                let behind = 46 + SUITES.len() * 2;
                assert_eq!(&bytes[behind..behind + 2], &[1, 0]);
                let rest = bytes.len() - behind - 2;
                if version == Old::Ssl3 {
                    assert_eq!(rest, 0);
                } else {
                    assert_eq!(word(behind + 2), rest - 2);
                }
            }
        }
    }

    #[test]
    fn an_answer_is_read_from_its_first_bytes() {
        let hello = [22, 3, 1, 0, 80, 2, 0, 0, 76, 3, 1, 9, 9];
        for length in 0..11 {
            assert_eq!(read(&hello[..length], Old::Tls10), None, "{length}");
        }
        assert_eq!(read(&hello, Old::Tls10), Some(Answer::Taken));
        assert_eq!(read(&hello, Old::Tls11), Some(Answer::Taken), "an older one is worse still");
        assert_eq!(read(&hello, Old::Ssl3), Some(Answer::Refused));
        assert_eq!(read(&[21, 3, 1, 0, 2, 2, 70], Old::Tls10), Some(Answer::Refused));
        for other in [&b"HTTP/1.1 400"[..], b"SSH-2.0-x", &[22, 3, 1, 0, 4, 14, 0, 0, 0, 0, 0]] {
            assert_eq!(read(other, Old::Tls11), Some(Answer::Silent));
        }
    }
}
