//! What was collected on a site: each file, folder or report below the folders that are given is of
//! one machine, by the operator's word.
//!
//! Files of one name but for their ending are of one machine, as `A01-U12.bin` and `A01-U12.json`; a
//! folder whose files name several machines is a folder of machines. A name that is a place
//! (`A01-U12`) or an address says where the machine was found. All of it is read once.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use inventory::Inventory;
use profiles::Text;

use super::{super::super::parallel, super::via::band::read_again};
use crate::{
    command::{
        machine,
        sources::{self, Imported, Sources},
    },
    failure::Failure,
    lang::text,
    report::{evidence::EvidenceFile, folder, folder::FolderError, manifest::RESULT},
    site::{Place, place::from_name, seen},
};

/// What is of one machine.
#[derive(Debug, Default)]
pub(in crate::command) struct Set {
    /// What it is called: the name of its file or folder.
    pub(in crate::command) name: String,
    /// Where it was found, as its name or its report says.
    pub(in crate::command) place: Option<Place>,
    /// Its descriptions.
    pub(in crate::command) parts: Vec<Inventory>,
    /// What they were read from, for the evidence.
    pub(in crate::command) evidence: Vec<EvidenceFile>,
    /// What was read, for the report.
    pub(in crate::command) inputs: Vec<String>,
    /// The folder that it lies in.
    pub(in crate::command) folder: PathBuf,
}

/// Something that told nothing.
#[derive(Debug)]
pub(in crate::command) struct Unread {
    /// Its name, without its ending.
    pub(in crate::command) name: String,
    /// Its path.
    pub(in crate::command) path: String,
    /// Why.
    pub(in crate::command) why: Text,
}

/// All that was collected.
#[derive(Debug, Default)]
pub(in crate::command) struct Gathered {
    pub(in crate::command) sets: Vec<Set>,
    pub(in crate::command) unread: Vec<Unread>,
}

/// Files and folders of one name.
struct Entry {
    name: String,
    folder: PathBuf,
    paths: Vec<PathBuf>,
}

/// Reads what lies below `paths`.
pub(in crate::command) fn read(paths: &[PathBuf]) -> Result<Gathered, Failure> {
    let mut entries = Vec::new();
    let mut gathered = Gathered::default();
    for path in paths {
        of_path(path, &mut entries, &mut gathered.unread)?;
    }
    for read in parallel::each(entries, &one) {
        let Gathered { sets, unread } = read?;
        gathered.sets.extend(sets);
        gathered.unread.extend(unread);
    }
    gathered.assign();
    Ok(gathered)
}

/// Our own files among reports: what an earlier run said of all machines together.
const OWN: [&str; 4] = ["batch", "site.json", "site.csv", "site.html"];

fn of_path(path: &Path, entries: &mut Vec<Entry>, unread: &mut Vec<Unread>) -> Result<(), Failure> {
    let name = path.display().to_string();
    let cannot = |error| {
        Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&name]))
            .because(error)
            .hint(Text::new("请检查路径", "is the path right?"))
    };
    let meta = fs::metadata(path).map_err(cannot)?;
    if !meta.is_dir() || is_one(path) {
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        entries.push(Entry { name: stem(path), folder, paths: vec![path.to_owned()] });
        return Ok(());
    }
    let mut by_name: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(cannot)? {
        let entry = entry.map_err(cannot)?.path();
        let whole =
            entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if whole.starts_with('.') || OWN.contains(&whole.as_str()) || whole.starts_with("site.") {
            continue;
        }
        // `NAME.1` is a report that a later one took the place of.
        let aside = whole.rsplit_once('.').filter(|(_, number)| number.parse::<u32>().is_ok());
        if let Some((base, _)) = aside
            && entry.join(RESULT).is_file()
            && path.join(base).join(RESULT).is_file()
        {
            let why = Text::new("已有较新的测试记录", "there is a later report");
            unread.push(Unread { name: String::new(), path: entry.display().to_string(), why });
            continue;
        }
        if entry.is_dir() && is_shelf(&entry) {
            of_path(&entry, entries, unread)?;
            continue;
        }
        by_name.entry(stem(&entry)).or_default().push(entry);
    }
    for (name, mut paths) in by_name {
        tiny_sort::stable::sort(&mut paths);
        entries.push(Entry { name, folder: path.to_owned(), paths });
    }
    Ok(())
}

/// Returns whether a folder is of one machine whatever is in it: a report, or a recorded root.
fn is_one(path: &Path) -> bool {
    path.join(RESULT).is_file()
        || machine::is_recorded_root(path, &[])
        || bmc::redfish::load::is_tree(path)
}

/// Returns whether a folder has reports in it.
fn is_shelf(path: &Path) -> bool {
    let has = |entry: fs::DirEntry| entry.path().join(RESULT).is_file();
    !is_one(path) && fs::read_dir(path).is_ok_and(|entries| entries.flatten().any(has))
}

/// Returns a name without its ending; of an address the last number is no ending.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if path.is_dir() {
        return name;
    }
    let known = ["tar.xz", "tar.zst", "tar.gz"];
    let ending = known.iter().find_map(|ending| name.strip_suffix(&format!(".{ending}")));
    let short = ending.or_else(|| name.rsplit_once('.').map(|(stem, _)| stem));
    short.filter(|stem| !stem.is_empty()).unwrap_or(&name).to_owned()
}

/// A description, and where it was read.
struct Piece {
    path: PathBuf,
    inventory: Inventory,
    evidence: Vec<EvidenceFile>,
    input: String,
    place: Option<Place>,
}

/// Reads one entry.
fn one(entry: Entry) -> Result<Gathered, Failure> {
    let Entry { name, folder, paths } = entry;
    let mut gathered = Gathered::default();
    let mut pieces = Vec::new();
    for path in &paths {
        if path.join(RESULT).is_file() || path.ends_with(RESULT) {
            report(path, &name, &mut pieces, &mut gathered.unread)?;
        } else {
            let found = sources::gather(std::slice::from_ref(path))?;
            pieces.extend(pieces_of(found, &name, &mut gathered.unread)?);
        }
    }
    let base = match paths.as_slice() {
        [only] if only.is_dir() => only.clone(),
        _ => folder.clone(),
    };
    split(pieces, &name, &base, &folder, &mut gathered.sets);
    Ok(gathered)
}

fn pieces_of(found: Sources, name: &str, unread: &mut Vec<Unread>) -> Result<Vec<Piece>, Failure> {
    let mut pieces = Vec::new();
    unread.extend(found.unusable.into_iter().map(|file| Unread {
        name: name.to_owned(),
        path: file.name,
        why: file.why,
    }));
    for root in found.roots {
        let opened = machine::open_root(Some(&root))?;
        let options = inventory::collect::Options::default();
        let collected = inventory::collect::collect(&opened.sysroot, &options, &|_| {});
        let evidence = collected.evidence.into_iter().map(|file| EvidenceFile {
            path: file.path,
            bytes: file.bytes,
            locator: file.locator,
        });
        pieces.push(Piece {
            inventory: collected.inventory,
            evidence: evidence.collect(),
            input: root.display().to_string(),
            path: root,
            place: None,
        });
    }
    for Imported { name, writer, inventory, bytes } in found.imported {
        let locator = format!("import:{name}");
        pieces.push(Piece {
            evidence: vec![EvidenceFile { path: super::super::file_name(&name), bytes, locator }],
            input: format!("{writer}: {name}"),
            path: PathBuf::from(name),
            inventory,
            place: None,
        });
    }
    Ok(pieces)
}

/// Reads what a report of an earlier run was judged by, and where it says the machine stands.
fn report(
    path: &Path,
    name: &str,
    pieces: &mut Vec<Piece>,
    unread: &mut Vec<Unread>,
) -> Result<(), Failure> {
    let loaded = match folder::load(path) {
        Ok(loaded) => loaded,
        // A report on many machines is of none.
        Err(FolderError::Kind { .. }) => return Ok(()),
        Err(error) => {
            let why = Text::same(error.to_string());
            unread.push(Unread { name: name.to_owned(), path: path.display().to_string(), why });
            return Ok(());
        }
    };
    let at = &loaded.report.cover.location;
    let written = [&at.room, &at.rack, &at.unit].into_iter().flatten().cloned().collect::<Vec<_>>();
    let place = Place::read(&written.join("-")).map(|(place, _)| place);
    let (inventory, evidence, input) = read_again(&loaded)?;
    let path = loaded.folder;
    pieces.push(Piece { path, inventory, evidence: vec![evidence], input, place });
    Ok(())
}

/// Puts together what is of one machine; where the descriptions name several, each has its own part
/// of the folder.
fn split(pieces: Vec<Piece>, name: &str, base: &Path, folder: &Path, sets: &mut Vec<Set>) {
    let mut serials: Vec<&str> =
        pieces.iter().filter_map(|piece| seen::serial(&piece.inventory)).collect();
    tiny_sort::stable::sort(&mut serials);
    serials.dedup();
    if pieces.is_empty() {
        return;
    }
    let part = |path: &Path| -> Option<PathBuf> {
        let rest = path.strip_prefix(base).ok()?;
        Some(base.join(rest.components().next()?))
    };
    let mut groups: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    if serials.len() > 1 {
        for piece in pieces {
            let below = part(&piece.path).map_or_else(|| name.to_owned(), |path| stem(&path));
            groups.entry(below).or_default().push(piece);
        }
        // One name for all of them: nothing more tells them apart, and each is by itself.
        let is_last = groups.len() == 1;
        for (below, pieces) in groups {
            let deeper =
                pieces.first().and_then(|piece| part(&piece.path)).filter(|path| path.is_dir());
            match deeper {
                Some(deeper) => split(pieces, &below, &deeper, base, sets),
                None if is_last || pieces.len() == 1 => {
                    sets.extend(pieces.into_iter().map(|piece| set(vec![piece], &below, base)));
                }
                None => split(pieces, &below, base, base, sets),
            }
        }
        return;
    }
    sets.push(set(pieces, name, folder));
}

fn set(pieces: Vec<Piece>, name: &str, folder: &Path) -> Set {
    let mut set = Set { name: name.to_owned(), folder: folder.to_owned(), ..Set::default() };
    for Piece { inventory, evidence, input, place, .. } in pieces {
        set.parts.push(inventory);
        set.evidence.extend(evidence);
        set.inputs.push(input);
        set.place = set.place.or(place);
    }
    set.place = from_name(name).or(set.place);
    set
}

impl Gathered {
    /// Gives what names no machine, as a disk's own report, to the one machine of its folder.
    fn assign(&mut self) {
        let mut named: Vec<Set> = Vec::new();
        let mut nameless: Vec<Set> = Vec::new();
        for set in self.sets.drain(..) {
            let is_named = set.parts.iter().any(|part| part.system.is_some());
            if is_named { named.push(set) } else { nameless.push(set) }
        }
        let mut by_folder: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
        for (at, set) in named.iter().enumerate() {
            by_folder.entry(set.folder.clone()).or_default().push(at);
        }
        for set in nameless {
            let only = match by_folder.get(&set.folder).map(Vec::as_slice) {
                Some([only]) => named.get_mut(*only),
                _ => None,
            };
            match only {
                Some(known) => {
                    known.parts.extend(set.parts);
                    known.evidence.extend(set.evidence);
                    known.inputs.extend(set.inputs);
                }
                None => self.unread.push(Unread {
                    path: set.inputs.join(", "),
                    name: set.name,
                    why: Text::new(
                        "没有写明属于哪台机器",
                        "says nothing of the machine that it is of",
                    ),
                }),
            }
        }
        self.sets = named;
    }
}
