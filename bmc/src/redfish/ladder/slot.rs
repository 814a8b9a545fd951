//! Slots of virtual media, below the manager and below the system, and which one is the best.

use serde_json::Value;

use super::{
    action::texts,
    script::{Method, Refusal, Reply, Script, Told},
};
use crate::{dialect::Rules, redfish::tree};

/// Slots that are looked at.
const MOST: usize = 32;

/// A slot of virtual media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its path.
    pub path: String,
    /// Its name in its collection: `Cd`, `EXT1`.
    pub id: String,
    /// What it takes: `CD`, `DVD`, `Floppy`, `USBStick`.
    pub kinds: Vec<String>,
    /// Whether something is in it; `None` where the BMC does not tell.
    pub inserted: Option<bool>,
    /// What is in it: a URL, without user and password.
    pub image: Option<String>,
    /// Whether it looks at the certificate of who serves an image; `None` where it does not tell.
    pub verifies: Option<bool>,
}

/// Reads a slot.
pub fn slot(path: &str, body: &Value) -> Slot {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let image = text("Image").or_else(|| text("ImageName")).map(bare);
    let inserted = match body.get("Inserted") {
        Some(Value::Bool(inserted)) => Some(*inserted),
        Some(Value::String(word)) => word.parse::<bool>().ok(),
        _ => None,
    };
    // Some have no `Inserted`, and say how it is connected.
    let connected = text("ConnectedVia").map(|via| via != "NotConnected");
    Slot {
        path: path.to_owned(),
        id: path.rsplit('/').next().unwrap_or_default().to_owned(),
        kinds: body.get("MediaTypes").map(texts).unwrap_or_default(),
        inserted: inserted.or(connected),
        image,
        verifies: body.get("VerifyCertificate").and_then(Value::as_bool),
    }
}

/// Returns a URL without user and password, which a BMC may show.
pub fn bare(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Returns the slots below `owners` (managers, and systems where they have some), best first: what
/// takes a CD, a DVD, anything else; free before used. Where there are none and something could
/// not be read, that is the refusal.
pub fn slots(
    script: &mut Script<'_>,
    owners: &[String],
    rules: &Rules,
) -> Told<Result<Vec<Slot>, Refusal>> {
    let mut found: Vec<Slot> = Vec::new();
    let mut refusal = None;
    let mut note = |path: &str, reply: &Reply| {
        if !reply.is_good() && !reply.is(&[404]) {
            refusal = Some(Refusal::of(Method::Get, path, reply));
        }
    };
    for (at, owner) in owners.iter().enumerate() {
        // Newer firmware has them below the system (VirtualMedia of ComputerSystem 1.13).
        if at > 0 && !rules.has("media-two-trees") {
            break;
        }
        let reply = script.get(owner)?;
        note(owner, reply);
        let link = reply.json().pointer("/VirtualMedia/@odata.id").and_then(Value::as_str);
        let Some(collection) = link.and_then(tree::path) else { continue };
        let reply = script.get(&collection)?;
        note(&collection, reply);
        let members = reply.json().get("Members").and_then(Value::as_array);
        for member in members.into_iter().flatten().take(MOST) {
            let link = member.get("@odata.id").and_then(Value::as_str);
            let Some(path) = link.and_then(tree::path) else { continue };
            if found.iter().any(|slot| slot.path == path) {
                continue;
            }
            let reply = script.get(&path)?;
            note(&path, reply);
            if reply.is_good() {
                found.push(slot(&path, reply.json()));
            }
        }
    }
    let first = rules.first("slot");
    let rank = |slot: &Slot| {
        let takes = |kind: &str| slot.kinds.iter().any(|own| own.eq_ignore_ascii_case(kind));
        let named = |word: &str| slot.id.to_ascii_uppercase().contains(word);
        let kind = match () {
            () if takes("CD") || (slot.kinds.is_empty() && named("CD")) => 0,
            () if takes("DVD") || (slot.kinds.is_empty() && named("DVD")) => 1,
            () => 2_u8,
        };
        let other = first.is_some_and(|first| !slot.id.starts_with(first));
        (other, kind, slot.inserted == Some(true))
    };
    let mut best: Vec<Slot> = Vec::new();
    if let (true, Some(refusal)) = (found.is_empty(), refusal) {
        return Ok(Err(refusal));
    }
    for slot in found {
        let at = best.iter().position(|had| rank(&slot) < rank(had)).unwrap_or(best.len());
        best.insert(at, slot);
    }
    Ok(Ok(best))
}
