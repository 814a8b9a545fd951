//! Edge: sessions that are open, noted in files, so that the next run closes what a killed one
//! left. A note names its process; that of a process that is alive is nobody else's.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use bmc::{hand::Session, target::Address};

/// The folder of notes.
pub(super) struct Notes {
    folder: Option<PathBuf>,
    /// This process; looked up once, there may be thousands of notes.
    me: Option<Process>,
    left: BTreeMap<String, Vec<(PathBuf, Session)>>,
}

/// A note of a session that is open; taken away when the session is closed.
pub(super) struct Note(Option<PathBuf>);

impl Notes {
    /// Reads what killed runs left, beside the file of certificates `known`.
    ///
    /// Where nothing can be kept there are no notes: a session then expires by itself.
    pub(super) fn read(known: &Path) -> Self {
        let folder = known.parent().map(|state| state.join("bmc-sessions"));
        let mut left: BTreeMap<String, Vec<(PathBuf, Session)>> = BTreeMap::new();
        let files = folder.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
        for file in files.flatten() {
            let path = file.path();
            let text = fs::read_to_string(&path).unwrap_or_default();
            if let Some((process, address, session)) = parse(&text)
                && !process.is_alive()
            {
                left.entry(address).or_default().push((path, session));
            }
        }
        if let Some(folder) = &folder {
            // Where it cannot be made there are no notes.
            fs::create_dir_all(folder).ok();
        }
        Self { folder, me: Process::me(), left }
    }

    /// Returns what a killed run left at `address`.
    pub(super) fn left(&self, address: &Address) -> &[(PathBuf, Session)] {
        self.left.get(&address.to_string()).map_or(&[], Vec::as_slice)
    }

    /// Notes a session.
    pub(super) fn note(&self, address: &Address, session: &Session) -> Note {
        let put = || {
            let folder = self.folder.as_ref()?;
            let me = self.me.as_ref()?;
            let (kind, value) = match session {
                Session::Redfish(path) => ("redfish", path.clone()),
                Session::Ipmi(id) => ("ipmi", format!("{id:#010x}")),
                Session::Subscription(path) => ("subscription", path.clone()),
            };
            let plain: String =
                address.to_string().chars().map(|c| if c == '/' { '_' } else { c }).collect();
            // A subscription is kept beside the session that made it.
            let more = if kind == "subscription" { ".events" } else { "" };
            let path = folder.join(format!("{plain}.{}{more}", me.number));
            // One write: in pieces each would be one.
            let line = format!("{} {} {address} {kind} {value}\n", me.number, me.began);
            fs::write(&path, line).ok()?;
            Some(path)
        };
        Note(put())
    }
}

impl Note {
    /// Takes the note away: the session is closed.
    pub(super) fn settled(self) {
        if let Some(path) = self.0 {
            forget(&path);
        }
    }
}

/// Takes away the note of a session that is gone.
pub(super) fn forget(path: &Path) {
    // One that stays makes a later run ask for a session that is not there.
    fs::remove_file(path).ok();
}

/// A process, told from a later one of its number by when it began.
struct Process {
    number: u32,
    began: u64,
}

impl Process {
    fn me() -> Option<Self> {
        let number = std::process::id();
        began(number).map(|began| Self { number, began })
    }

    fn is_alive(&self) -> bool {
        began(self.number) == Some(self.began)
    }
}

/// Returns when a process began, in ticks since the machine started (proc(5), field 22).
fn began(number: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The name of a program may hold blanks and brackets; it ends at the last one.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn parse(text: &str) -> Option<(Process, String, Session)> {
    let mut words = text.split_ascii_whitespace();
    let process =
        Process { number: words.next()?.parse().ok()?, began: words.next()?.parse().ok()? };
    let address = words.next()?.to_owned();
    let session = match (words.next()?, words.next()?) {
        ("redfish", path) if path.starts_with("/redfish/") => Session::Redfish(path.to_owned()),
        ("subscription", path) if path.starts_with("/redfish/") => {
            Session::Subscription(path.to_owned())
        }
        ("ipmi", id) => Session::Ipmi(u32::from_str_radix(id.strip_prefix("0x")?, 16).ok()?),
        _ => return None,
    };
    Some((process, address, session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_of_its_process_alone() {
        let me = Process::me().expect("proc");
        assert!(me.is_alive());
        assert!(!Process { began: me.began + 1, ..me }.is_alive());
        let text = "7 9 192.0.2.7:443 redfish /redfish/v1/SessionService/Sessions/5\n";
        let (process, address, session) = parse(text).expect("a note");
        assert_eq!((process.number, address.as_str()), (7, "192.0.2.7:443"));
        assert_eq!(session, Session::Redfish("/redfish/v1/SessionService/Sessions/5".to_owned()));
        let (.., session) = parse("7 9 192.0.2.7 ipmi 0x0200abcd").expect("a note");
        assert_eq!(session, Session::Ipmi(0x0200_abcd));
        for torn in ["", "7", "7 9 192.0.2.7 redfish", "7 9 a redfish http://x/", "7 9 a ipmi 12"] {
            assert!(parse(torn).is_none(), "{torn}");
        }
    }
}
