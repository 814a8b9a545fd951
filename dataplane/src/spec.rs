//! The file that says what a node is to have, and its reading: all of it is right, or none of it
//! is taken.
//!
//! TOML, or JSON of the same shape; `schema/network-v1.json` describes it. Whatever is wrong is
//! told at once, each with its line, what is wrong and what to do. What the format does not have
//! is an unknown field: nothing is read past.

use std::sync::Arc;

pub use fault::{Fault, Place, SpecErrors};

use crate::accept::cloud::Cloud;
use crate::desired::Desired;

mod acl;
pub mod cloud;
mod evpn;
mod fault;
mod fields;
mod group;
mod json;
mod loops;
mod node;
mod peering;
mod read;
mod routing;
mod settle;
mod station;

/// More than any node needs: 10,000 remote ports take 2 MB.
pub const MAX_BYTES: usize = 64 << 20;

/// Returns what `text`, which the user knows as `name`, says that a node is to have.
pub fn read(name: &str, text: &str) -> Result<Desired, SpecErrors> {
    whole(name, text, read::desired)
}

/// What a file is about, by its `schema`.
#[derive(Clone, Debug)]
pub enum File {
    /// A node's tenant networks.
    Node(Box<Desired>),
    /// What is to be tried between guests of a delivered cloud.
    Cloud(Cloud),
}

/// Returns what `text` says, whichever of the two it is; without a schema, a node's.
pub fn read_any(name: &str, text: &str) -> Result<File, SpecErrors> {
    whole(name, text, any)
}

fn any<'n>(root: &'n node::Node<'n>, faults: &mut fault::Faults<'n>) -> Option<File> {
    let schema = match &root.value {
        node::Value::Table(table) => table.get("schema"),
        _ => None,
    };
    match schema.map(|node| &node.value) {
        Some(node::Value::Text(schema)) if schema == cloud::SCHEMA => {
            cloud::cloud(root, faults).map(File::Cloud)
        }
        _ => read::desired(root, faults).map(|desired| File::Node(Box::new(desired))),
    }
}

/// Reads a whole file by the reader of its root.
fn whole<T>(
    name: &str,
    text: &str,
    reader: for<'n> fn(&'n node::Node<'n>, &mut fault::Faults<'n>) -> Option<T>,
) -> Result<T, SpecErrors> {
    let mut read = None;
    let wrong = faults(name, text, &mut |root, faults| read = reader(root, faults));
    match read {
        Some(read) if wrong.faults.is_empty() => Ok(read),
        _ => Err(wrong),
    }
}

/// Told of the root of a file, and of what is wrong with it so far.
type Reader<'r> = &'r mut dyn for<'n> FnMut(&'n node::Node<'n>, &mut fault::Faults<'n>);

/// Returns what is wrong with a file.
fn faults(name: &str, text: &str, reader: Reader<'_>) -> SpecErrors {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = node::Lines::of(text);
    let mut faults = fault::Faults::new(&lines);
    if text.len() > MAX_BYTES {
        let (zh, en) = ("文件有 {0} 字节，最多 {1}", "the file has {0} bytes, more than {1}");
        faults.add(0, zh, en, &[&text.len(), &MAX_BYTES]);
        return errors(name, faults, None);
    }
    let root = match node::parse(text, &lines) {
        Ok(root) => root,
        Err(wrong) => {
            let form = if node::is_json(text) { "JSON" } else { "TOML" };
            for error in wrong {
                let (zh, en) = ("不是合法的 {0}：{1}", "not {0}: {1}");
                faults.add(error.at, zh, en, &[&form, &error.message]);
            }
            return errors(name, faults, None);
        }
    };
    reader(&root, &mut faults);
    errors(name, faults, node::is_json(text).then_some(&root))
}

fn errors(name: &str, faults: fault::Faults<'_>, json: Option<&node::Node<'_>>) -> SpecErrors {
    let file: Arc<str> = Arc::from(name);
    let fault::Faults { mut found, left_out, lines, .. } = faults;
    tiny_sort::stable::sort_by_key(&mut found, |fault| fault.at);
    let placed = |fault: fault::Found| {
        let pointer = json.and_then(|root| node::pointer(root, fault.at));
        fault.placed(&file, lines, pointer)
    };
    SpecErrors { faults: found.into_iter().map(placed).collect(), left_out }
}
