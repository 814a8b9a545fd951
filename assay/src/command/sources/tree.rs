//! Trees of Redfish among files: a folder in the layout of DMTF's mockups, or an archive of one.

use std::path::Path;

use bmc::redfish::{
    finding::Read,
    load::{self, LoadError},
    tree::{Answer, Tree},
};
use profiles::Text;
use serde_json::{Map, Value};

use super::{Imported, Sources, Unusable, Writer};
use crate::redfish;

/// Takes `folder` if it is a tree, and says whether it is.
pub(super) fn folder(folder: &Path, sources: &mut Sources) -> bool {
    if !load::is_tree(folder) {
        return false;
    }
    let name = folder.display().to_string();
    match load::folder(folder) {
        Ok(loaded) => {
            // A folder has no bytes of its own: the evidence is what was read of it.
            let bytes = document(&loaded.value);
            take(&loaded, name, "redfish.json", bytes, sources);
        }
        Err(error) => sources.unusable.push(Unusable { name, why: why(&error) }),
    }
    true
}

/// Takes `bytes` if they are an archive of a tree; else gives them back.
pub(super) fn archive(name: &str, bytes: Vec<u8>, sources: &mut Sources) -> Option<Vec<u8>> {
    if !load::is_archive(&bytes) {
        return Some(bytes);
    }
    match load::archive(&bytes) {
        Ok(loaded) => take(&loaded, name.to_owned(), "", bytes, sources),
        // Some other archive: what it is, others may know.
        Err(LoadError::NoRoot) if !load::is_compressed(&bytes) => return Some(bytes),
        Err(error) => {
            sources.unusable.push(Unusable { name: name.to_owned(), why: why(&error) });
        }
    }
    None
}

/// Says why `bytes` are not even looked into, if they are packed in a way that is not read.
pub(super) fn compressed(bytes: &[u8]) -> Option<Text> {
    match load::archive(bytes) {
        Err(error @ LoadError::Compressed { .. }) => Some(why(&error)),
        _ => None,
    }
}

/// Maps the tree of the folder or file `name`; a folder's evidence is `file` in it.
fn take(loaded: &Read<Tree>, name: String, file: &str, bytes: Vec<u8>, sources: &mut Sources) {
    let digest = inventory::import::digest(&bytes);
    match redfish::inventory(loaded, &name, Some(digest)) {
        Ok(inventory) => {
            let name = if file.is_empty() { name } else { format!("{name}/{file}") };
            sources.imported.push(Imported { name, writer: Writer::Redfish, inventory, bytes });
        }
        Err(why) => sources.unusable.push(Unusable { name, why }),
    }
}

fn why(error: &LoadError) -> Text {
    let source = match error {
        LoadError::Read { source, .. } => source.to_string(),
        _ => String::new(),
    };
    let said = [error.in_chinese(), error.to_string()];
    let [zh, en] = match error.hint() {
        Some((hint_zh, hint_en)) => {
            let [zh, en] = said;
            [format!("{zh}{source}（{hint_zh}）"), format!("{en} {source} ({hint_en})")]
        }
        None => said,
    };
    Text::new(zh, en.replace("  ", " "))
}

/// Returns a tree as one document: what each path answered.
pub(in crate::command) fn document(tree: &Tree) -> Vec<u8> {
    let bodies = tree.answers().filter_map(|(path, answer)| match answer {
        Answer::Resource(resource) => Some((path.to_owned(), resource.body.clone())),
        _ => None,
    });
    let mut document = Map::new();
    document.extend(bodies);
    Value::Object(document).to_string().into_bytes()
}
