//! The accepted desired state on disk, as lines: first a whole state, then what changed it.
//!
//! What is accepted is on disk before its caller is told so; a line that was torn by a kill or
//! a power loss was told to nobody, and is not read. Lines are those of the
//! [`journal`]: a sum, a space, JSON.

use std::io;

use serde_json::{Value, json};

use super::document::{Document, Edit};
use crate::journal;

/// Where the accepted desired state is kept.
pub trait Store {
    /// Puts a line in the place of all that is there; on disk when it returns.
    fn replace(&mut self, line: &str) -> io::Result<()>;
    /// Adds a line; on disk when it returns, and not there at all where it fails. Returns
    /// whether so much was added that all should be written anew.
    fn append(&mut self, line: &str) -> io::Result<bool>;
}

/// A desired state that was accepted.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// Its number; 0 where there is none.
    pub generation: u64,
    /// What it says.
    pub document: Document,
    /// Whether someone has agreed that many ports go.
    pub confirmed: bool,
}

/// Returns the line of a whole state.
pub fn whole(accepted: &Accepted) -> String {
    let Accepted { generation, confirmed, .. } = accepted;
    let mut text = format!(
        "{}{{\"generation\":{generation},\"confirmed\":{confirmed},\"state\":",
        journal::ROOM
    );
    // A full node's is megabytes: it is written once, and not copied from text to text. Line
    // breaks stand between words only, and are not needed: JSON has none within a text.
    accepted.document.write(&mut text);
    text.push('}');
    journal::line_in_place(text)
}

/// Returns the line of an edit.
pub fn edit(edit: &Edit, generation: u64, confirmed: bool) -> String {
    let (section, id) = &edit.key;
    let text = edit.text.as_deref().map(|text| text.replace(['\n', '\r'], " "));
    let head =
        json!({ "generation": generation, "confirmed": confirmed, "section": section, "id": id });
    let head = head.to_string();
    let head = head.strip_suffix('}').unwrap_or(&head);
    journal::line(&format!("{head},\"object\":{}}}", text.as_deref().unwrap_or("null")))
}

/// Reads what is there: nothing where its first line is not whole, and no more than its sound
/// beginning.
pub fn decode(bytes: &[u8]) -> Option<Accepted> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut accepted = first(journal::sound(lines.next()?)?)?;
    for line in lines {
        let Some((generation, confirmed, edit)) = journal::sound(line).and_then(next) else {
            break;
        };
        accepted.document.take(&edit, generation);
        (accepted.generation, accepted.confirmed) = (generation, confirmed);
    }
    Some(accepted)
}

fn first(line: &str) -> Option<Accepted> {
    let members = super::document::members(line)?;
    let member =
        |name: &str| members.iter().find(|(own, _value)| own == name).map(|(_name, value)| *value);
    let generation = member("generation")?.parse().ok()?;
    let document = Document::of(member("state")?, generation)?;
    Some(Accepted { generation, document, confirmed: member("confirmed")? == "true" })
}

fn next(line: &str) -> Option<(u64, bool, Edit)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let word = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let object = value.get("object")?;
    let text = (!object.is_null()).then(|| object.to_string());
    let generation = value.get("generation")?.as_u64()?;
    let confirmed = value.get("confirmed")?.as_bool()?;
    Some((generation, confirmed, Edit { key: (word("section")?, word("id")?), text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<String> {
        let document = Document::of("{\"a\":1,\n\"port\":[{\"id\":\"p\"}]}", 4).unwrap();
        let accepted = Accepted { generation: 4, document, confirmed: true };
        let key = |id: &str| ("port".to_owned(), id.to_owned());
        let put = Edit { key: key("q"), text: Some("{\"id\":\n\"q\"}".to_owned()) };
        let delete = Edit { key: key("p"), text: None };
        vec![whole(&accepted), edit(&put, 5, true), edit(&delete, 6, false)]
    }

    #[test]
    fn what_is_written_is_read_back() {
        let read = decode(lines().concat().as_bytes()).unwrap();
        assert_eq!((read.generation, read.confirmed), (6, false));
        let expected = Document::of("{\"a\":1,\"port\":[{\"id\":\"q\"}]}", 0).unwrap();
        assert!(read.document.equals(&expected), "{read:?}");
        assert!(decode(lines()[0].as_bytes()).unwrap().confirmed);
    }

    #[test]
    fn torn_anywhere_it_is_what_was_whole() {
        let lines = lines();
        let text = lines.concat();
        let ends = [lines[0].len(), lines[0].len() + lines[1].len()];
        for length in 0..text.len() {
            let read = decode(&text.as_bytes()[..length]);
            let generation = read.map(|read| read.generation);
            let expected = match length {
                length if length < ends[0] => None,
                length if length < ends[1] => Some(4),
                _ => Some(5),
            };
            assert_eq!(generation, expected, "{length}");
        }
    }

    #[test]
    fn a_byte_that_changed_ends_what_is_read() {
        let whole = lines().concat().into_bytes();
        for at in 0..whole.len() {
            let mut torn = whole.clone();
            torn[at] ^= 0x11;
            assert_ne!(decode(&torn).map(|read| read.generation), Some(6), "{at}");
        }
    }
}
