//! Edge: sessions that are open, noted in a file of this process, so that the next run closes what a
//! killed one left. A file is named for its process; that of a process that is alive is nobody
//! else's. A line says that a session was opened (`+`) or closed (`-`): one file of many lines, for
//! ten thousand files that come and go take ext4 four seconds.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    rc::Rc,
};

use bmc::{hand::Session, target::Address};

/// The folder of notes.
pub(super) struct Notes {
    folder: Option<PathBuf>,
    /// This process; looked up once, there may be thousands of notes.
    me: Option<Process>,
    /// The file of this process, made with its first note.
    own: OnceCell<Option<Rc<Own>>>,
    left: BTreeMap<String, Vec<Left>>,
    /// The files of processes that are gone.
    stale: Vec<PathBuf>,
}

/// The file that this process notes in; it goes with the last note, if all it says is closed.
struct Own {
    path: PathBuf,
    file: File,
}

/// A note of a session that is open; taken back when the session is closed.
pub(super) struct Note(Option<(Rc<Own>, String)>);

/// A session that a killed run left.
pub(super) struct Left {
    /// Which.
    pub(super) session: Session,
    /// Where it is noted, and how.
    file: PathBuf,
    said: String,
}

impl Notes {
    /// Reads what killed runs left, beside the file of certificates `known`.
    ///
    /// Where nothing can be kept there are no notes: a session then expires by itself.
    pub(super) fn read(known: &Path) -> Self {
        let folder = known.parent().map(|state| state.join("bmc-sessions"));
        let mut left: BTreeMap<String, Vec<Left>> = BTreeMap::new();
        let mut stale = Vec::new();
        let files = folder.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
        for file in files.flatten() {
            let path = file.path();
            let name = file.file_name();
            let Some(process) = name.to_str().and_then(Process::parse) else { continue };
            if process.is_alive() {
                continue;
            }
            for said in open(&fs::read_to_string(&path).unwrap_or_default()) {
                if let Some((address, session)) = parse(said) {
                    let one = Left { session, file: path.clone(), said: said.to_owned() };
                    left.entry(address).or_default().push(one);
                }
            }
            stale.push(path);
        }
        if let Some(folder) = &folder {
            // Where it cannot be made there are no notes.
            fs::create_dir_all(folder).ok();
        }
        Self { folder, me: Process::me(), own: OnceCell::new(), left, stale }
    }

    /// Returns what a killed run left at `address`.
    pub(super) fn left(&self, address: &Address) -> &[Left] {
        self.left.get(&address.to_string()).map_or(&[], Vec::as_slice)
    }

    /// Notes a session.
    pub(super) fn note(&self, address: &Address, session: &Session) -> Note {
        let put = || {
            let own = self.own.get_or_init(|| self.make().ok().map(Rc::new)).as_ref()?;
            let (kind, value) = match session {
                Session::Redfish(path) => ("redfish", path.clone()),
                Session::Ipmi(id) => ("ipmi", format!("{id:#010x}")),
                Session::Subscription(path) => ("subscription", path.clone()),
            };
            let said = format!("{address} {kind} {value}");
            own.say('+', &said).ok()?;
            Some((Rc::clone(own), said))
        };
        Note(put())
    }

    fn make(&self) -> io::Result<Own> {
        let (Some(folder), Some(me)) = (&self.folder, &self.me) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        // A run may have noted sessions before, of the same process.
        let path = folder.join(format!("{}.{}", me.number, me.began));
        let file = File::options().append(true).create(true).open(&path)?;
        Ok(Own { path, file })
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        self.stale.iter().for_each(|path| tidy(path));
    }
}

impl Own {
    /// One write for a line: in pieces it could be torn.
    fn say(&self, sign: char, said: &str) -> io::Result<()> {
        (&self.file).write_all(format!("{sign} {said}\n").as_bytes())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        tidy(&self.path);
    }
}

impl Note {
    /// Takes the note back: the session is closed.
    pub(super) fn settled(self) {
        if let Some((own, said)) = self.0 {
            // One that stays makes a later run ask for a session that is not there.
            own.say('-', &said).ok();
        }
    }
}

impl Left {
    /// Takes back the note of a session that is gone.
    pub(super) fn forget(&self) {
        // One that stays makes a later run ask for a session that is not there.
        if let Ok(mut file) = File::options().append(true).open(&self.file) {
            file.write_all(format!("- {}\n", self.said).as_bytes()).ok();
        }
    }
}

/// Takes a file away that says nothing to be open.
fn tidy(path: &Path) {
    // What cannot be read or taken away is looked at again by the next run.
    if fs::read_to_string(path).is_ok_and(|text| open(&text).is_empty()) {
        fs::remove_file(path).ok();
    }
}

/// Returns what a file says to be open; a last line that was torn does not count.
fn open(text: &str) -> BTreeSet<&str> {
    let mut open = BTreeSet::new();
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        if let Some(said) = line.strip_prefix("+ ") {
            open.insert(said);
        } else if let Some(said) = line.strip_prefix("- ") {
            open.remove(said);
        }
    }
    open
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

    /// Reads the name of a file of notes.
    fn parse(name: &str) -> Option<Self> {
        let (number, began) = name.split_once('.')?;
        Some(Self { number: number.parse().ok()?, began: began.parse().ok()? })
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

fn parse(said: &str) -> Option<(String, Session)> {
    let mut words = said.split_ascii_whitespace();
    let address = words.next()?.to_owned();
    let session = match (words.next()?, words.next()?) {
        ("redfish", path) if path.starts_with("/redfish/") => Session::Redfish(path.to_owned()),
        ("subscription", path) if path.starts_with("/redfish/") => {
            Session::Subscription(path.to_owned())
        }
        ("ipmi", id) => Session::Ipmi(u32::from_str_radix(id.strip_prefix("0x")?, 16).ok()?),
        _ => return None,
    };
    Some((address, session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_of_its_process_alone() {
        let me = Process::me().expect("proc");
        assert!(me.is_alive());
        assert!(!Process { began: me.began + 1, ..me }.is_alive());
        assert!(Process::parse("7.9").is_some_and(|one| (one.number, one.began) == (7, 9)));
        for name in ["", "7", "7.", "192.0.2.7:443.17", "known"] {
            assert!(Process::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_line_is_a_session() {
        let said = "192.0.2.7:443 redfish /redfish/v1/SessionService/Sessions/5";
        let (address, session) = parse(said).expect("a note");
        assert_eq!(address, "192.0.2.7:443");
        assert_eq!(session, Session::Redfish("/redfish/v1/SessionService/Sessions/5".to_owned()));
        let (_, session) = parse("192.0.2.7 ipmi 0x0200abcd").expect("a note");
        assert_eq!(session, Session::Ipmi(0x0200_abcd));
        for torn in ["", "a", "192.0.2.7 redfish", "a redfish http://x/", "a ipmi 12"] {
            assert!(parse(torn).is_none(), "{torn}");
        }
    }

    #[test]
    fn open_is_what_was_opened_and_not_closed() {
        assert_eq!(open("+ a\n+ b\n- a\n+ c"), ["b"].into(), "the last line is torn");
        assert_eq!(open("+ a\n- a\n+ a\n- x\n"), ["a"].into(), "used again");
        assert!(open("").is_empty() && open("+ a\n- a\n").is_empty());
    }

    #[test]
    fn what_a_killed_run_left_is_closed_one_by_one() {
        let state = tempfile::tempdir().expect("a folder");
        let (known, folder) = (state.path().join("known"), state.path().join("bmc-sessions"));
        let me = Process::me().expect("proc");
        let address: Address = "192.0.2.7".parse().expect("an address");
        let note = Notes::read(&known).note(&address, &Session::Ipmi(7));
        let file = folder.join(format!("{}.{}", me.number, me.began));
        assert!(Notes::read(&known).left(&address).is_empty(), "it is alive");
        // As if it had been killed, with another one open.
        let dead = folder.join(format!("{}.{}", me.number, me.began + 1));
        let text = fs::read_to_string(&file).expect("a file") + "+ 192.0.2.8 ipmi 0x00000009\n";
        fs::write(&dead, text).expect("it is written");
        // Other notes of the same process, as a second round of a command has, leave these alone.
        Notes::read(&known).note(&address, &Session::Ipmi(8)).settled();
        assert!(file.exists(), "the first is open");
        note.settled();
        assert!(!file.exists(), "nothing is open");
        let notes = Notes::read(&known);
        let [one] = notes.left(&address) else { panic!("one was left") };
        assert_eq!(one.session, Session::Ipmi(7));
        one.forget();
        drop(notes);
        assert!(dead.exists(), "the other is open still");
        let notes = Notes::read(&known);
        assert!(notes.left(&address).is_empty());
        let other: Address = "192.0.2.8".parse().expect("an address");
        notes.left(&other).iter().for_each(Left::forget);
        drop(notes);
        assert!(!dead.exists());
    }
}
