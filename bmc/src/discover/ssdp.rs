//! The search for Redfish services on a link, and its answers (DSP0266 §12; `UPnP` Device
//! Architecture 1.1 §1.3).

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// What is searched for.
pub const TARGET: &str = "urn:dmtf-org:service:redfish-rest:1";
/// The group that is asked (`UPnP` 1.1 §1.1.1).
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// The same of IPv6, on the link (RFC 2375).
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xc);
/// The port that is asked.
pub const PORT: u16 = 1900;
/// Bytes of a message that are read; those of services have some 400.
pub const MOST: usize = 2048;

/// Returns the search: services answer within so many seconds, each when it likes.
pub fn search(seconds: u8, group: IpAddr) -> Vec<u8> {
    let host = match group {
        IpAddr::V4(ip) => format!("{ip}:{PORT}"),
        IpAddr::V6(ip) => format!("[{ip}]:{PORT}"),
    };
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: {host}\r\nMAN: \"ssdp:discover\"\r\nST: {TARGET}\r\n\
         MX: {seconds}\r\nUSER-AGENT: assay/{}\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    )
    .into_bytes()
}

/// Returns whether a datagram searches for services of ours.
pub fn is_search(datagram: &[u8]) -> bool {
    let Some((first, headers)) = message(datagram) else { return false };
    let is = |name: &str, wanted: &[&str]| {
        headers.iter().any(|(key, value)| key.eq_ignore_ascii_case(name) && wanted.contains(value))
    };
    first.starts_with("M-SEARCH ")
        && is("man", &["\"ssdp:discover\"", "ssdp:discover"])
        && is("st", &[TARGET, "ssdp:all"])
}

/// What a service answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The URL of its root (`AL`).
    pub root: String,
    /// Its UUID, in lower case (`USN`).
    pub uuid: Option<String>,
}

impl Answer {
    /// Writes it.
    pub fn datagram(&self) -> Vec<u8> {
        let mut text =
            format!("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nST: {TARGET}\r\n");
        if let Some(uuid) = &self.uuid {
            // Writing into a text does not fail.
            write!(text, "USN: uuid:{uuid}::{TARGET}\r\n").ok();
        }
        write!(text, "AL: {}\r\nEXT:\r\n\r\n", self.root).ok();
        text.into_bytes()
    }

    /// Reads a datagram; `None` of what is no answer of a Redfish service.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let (first, headers) = message(datagram)?;
        let mut words = first.split_ascii_whitespace();
        if !words.next()?.starts_with("HTTP/1.") || words.next()? != "200" {
            return None;
        }
        let header = |name: &str| {
            let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| *value)
        };
        // A service with a later minor version says so behind it.
        let kind = header("st")?;
        let rest = kind.strip_prefix(TARGET)?;
        if !rest.is_empty() && !rest.starts_with(':') {
            return None;
        }
        let uuid = header("usn").and_then(|usn| usn.strip_prefix("uuid:"));
        let uuid = uuid.and_then(|rest| rest.split("::").next()).filter(|uuid| !uuid.is_empty());
        Some(Self {
            // The specification writes AL; UPnP's own word is LOCATION.
            root: header("al").or_else(|| header("location"))?.trim_matches(['<', '>']).to_owned(),
            uuid: uuid.map(str::to_ascii_lowercase),
        })
    }

    /// Returns the port of its root: that of HTTPS where it names none; `None` where the URL is no
    /// HTTPS.
    pub fn port(&self) -> Option<u16> {
        let authority = self.authority()?;
        match authority.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
            _ => Some(443),
        }
    }

    /// Returns the host of its root, as the URL has it.
    pub fn host(&self) -> Option<&str> {
        let authority = self.authority()?;
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        };
        Some(host.trim_matches(['[', ']']))
    }

    fn authority(&self) -> Option<&str> {
        let begin = self.root.get(..8)?;
        let rest = self.root.get(8..)?;
        let authority = rest.split('/').next().filter(|name| !name.is_empty())?;
        begin.eq_ignore_ascii_case("https://").then_some(authority)
    }
}

/// A first line, and headers.
type Message<'a> = (&'a str, Vec<(&'a str, &'a str)>);

fn message(datagram: &[u8]) -> Option<Message<'_>> {
    let text = std::str::from_utf8(datagram).ok()?;
    let mut lines = text.lines();
    let first = lines.next()?;
    let headers = lines.take_while(|line| !line.is_empty());
    let headers = headers.filter_map(|line| line.split_once(':'));
    Some((first, headers.map(|(key, value)| (key.trim(), value.trim())).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_search_is_known_as_one() {
        let bytes = search(2, [239, 255, 255, 250].into());
        assert!(is_search(&bytes));
        let text = String::from_utf8(bytes).expect("text");
        assert!(
            text.starts_with("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"),
            "{text}"
        );
        assert!(!is_search(text.replace(TARGET, "upnp:rootdevice").as_bytes()));
        assert!(is_search(text.replace(TARGET, "ssdp:all").as_bytes()));
        let link = search(1, IpAddr::V6("ff02::c".parse().expect("an address")));
        assert!(link.windows(12).any(|part| part == b"[ff02::c]:19"));
    }

    #[test]
    fn an_answer_is_read_as_services_write_it() {
        // As DSP0266 §12.4 shows it, with the blanks and cases that are met.
        let text = format!(
            "HTTP/1.1 200 OK\r\nCACHE-CONTROL:1800\r\nST:{TARGET}:6\r\n\
             USN:uuid:92384634-2938-2342-8820-489239905423::{TARGET}:6\r\n\
             al: https://192.0.2.7:8443/redfish/v1/\r\nEXT:\r\n\r\n"
        );
        let read = Answer::read(text.as_bytes()).expect("an answer");
        assert_eq!(read.uuid.as_deref(), Some("92384634-2938-2342-8820-489239905423"));
        assert_eq!((read.host(), read.port()), (Some("192.0.2.7"), Some(8443)));
        let with = |root: &str| Answer { root: root.to_owned(), uuid: None };
        let cases = [
            ("https://bmc7/redfish/v1", Some(("bmc7", 443))),
            ("HTTPS://[fe80::1]:444/redfish/v1/", Some(("fe80::1", 444))),
            ("https://[2001:db8::7]/redfish/v1/", Some(("2001:db8::7", 443))),
            ("http://192.0.2.7/redfish/v1", None),
            ("https://", None),
            ("/redfish/v1", None),
            ("", None),
        ];
        for (root, expected) in cases {
            let answer = with(root);
            assert_eq!(answer.host().zip(answer.port()), expected, "{root}");
        }
        for other in ["upnp:rootdevice", &TARGET.replace(":1", ":10")] {
            assert_eq!(Answer::read(text.replace(TARGET, other).as_bytes()), None, "{other}");
        }
        assert_eq!(Answer::read(text.replace("200 OK", "404 No").as_bytes()), None);
        let own = Answer {
            root: "https://192.0.2.1/redfish/v1/".to_owned(),
            uuid: Some("ab".to_owned()),
        };
        assert_eq!(Answer::read(&own.datagram()), Some(own));
    }

    proptest! {
        #[test]
        fn any_datagram_is_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            Answer::read(&bytes);
            is_search(&bytes);
        }

        #[test]
        fn any_root_has_a_place_or_none(root in "\\PC{0,30}") {
            let answer = Answer { root, uuid: None };
            prop_assert_eq!(answer.host().is_some(), answer.authority().is_some());
            answer.port();
        }
    }
}
