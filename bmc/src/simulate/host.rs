//! A simulated BMC and its server: what they are now, and what becomes of them.
//!
//! The state is in documents, as Redfish shows them; IPMI reads and writes the same ones. Time is
//! an argument, and so is chance: keys of sessions are made of a secret that the edge gives.

mod account;
mod boot;
mod firmware;
mod light;
mod log;
mod media;
mod power;
mod task;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub(super) use account::{Login, Who, account_document};
pub(super) use media::{Inserted, Insertion};
pub(super) use power::PowerError;
pub(super) use task::Finish;

use super::{
    clock::{self, Moment},
    knobs::Knob,
    message::Work,
    template::{Base, ROOT},
};

/// Who a simulated host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its number, from 1.
    pub number: u32,
    /// Where it is reached.
    pub address: SocketAddr,
    /// The name of its administrator.
    pub user: String,
}

impl Identity {
    /// Returns its serial number.
    pub fn serial(&self) -> String {
        format!("SIM26{:06}", self.number)
    }

    pub(super) fn uuid(&self, of: &str) -> String {
        let hash = Sha256::digest(format!("{of} {}", self.number));
        let hex = hex(hash.get(..16).unwrap_or_default());
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        // The mark of a random UUID (RFC 9562 §5.4).
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    fn mac(&self, at: u8) -> String {
        let [_, high, middle, low] = self.number.to_be_bytes();
        // The bit of addresses that nobody registered.
        format!("02:53:{high:02X}:{middle:02X}:{low:02X}:{at:02X}")
    }
}

/// Something that happens by itself.
#[derive(Clone, Debug, PartialEq)]
enum Due {
    /// A system's power comes to be so.
    Power { system: String, to: &'static str },
    /// A task ends.
    Task { path: String },
    /// The light goes out.
    Dark,
    /// The BMC restarts, and says nothing for so many milliseconds.
    Restart(u32),
    /// Remote media are on.
    RemoteMedia,
}

/// A simulated host.
pub struct Host {
    pub(super) base: Arc<Base>,
    /// Documents that are not as the base has them; `None` is gone.
    changed: BTreeMap<String, Option<Value>>,
    pub(super) identity: Identity,
    accounts: BTreeMap<String, account::Account>,
    sessions: Vec<account::Session>,
    due: Vec<(Duration, Due)>,
    tasks: BTreeMap<String, task::Task>,
    pending: BTreeMap<u64, task::Pending>,
    pub(super) work: Vec<Work>,
    /// Images are fetched, and not taken on trust.
    pub(super) fetches: bool,
    secret: [u8; 32],
    counter: u64,
    pub(super) requests: u32,
    /// Resources whose first PATCH was refused.
    pub(super) refused_once: Vec<String>,
    ejected: Option<Duration>,
    /// The image that was uploaded last, by its name.
    pub(super) uploaded: Option<(String, Vec<u8>)>,
    /// The bundle of logs that was made last.
    pub(super) dumped: super::service::Bundle,
    /// Updates that were refused because the BMC is busy.
    pub(super) busy_updates: u32,
    /// Connects of virtual media that failed.
    pub(super) failed_connects: u32,
    /// How far the host's clock is off, in seconds.
    pub(super) clock_off: i64,
    /// The BMC restarts, and says nothing until then.
    pub(super) down_until: Option<Duration>,
    /// The certificate that is shown: PEM, and SHA-256.
    pub(super) certificate: (String, String),
    /// A key that was made for a request of a certificate.
    pub(super) waiting_key: Option<Vec<u8>>,
    /// A certificate and its key that count from the restart on.
    pub(super) coming_certificate: Option<(Vec<u8>, Vec<u8>)>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the rest: it has passwords.
        out.debug_struct("Host").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Sets a value below names, and makes the objects on the way.
pub(super) fn set(document: &mut Value, names: &[&str], value: Value) {
    let Some((first, rest)) = names.split_first() else {
        *document = value;
        return;
    };
    if !document.is_object() {
        *document = json!({});
    }
    if let Some(object) = document.as_object_mut() {
        set(object.entry((*first).to_owned()).or_insert(Value::Null), rest, value);
    }
}

impl Host {
    /// Makes a host; `secret` is random, and its administrator has that password.
    pub fn new(base: Arc<Base>, identity: Identity, password: &str, secret: [u8; 32]) -> Self {
        let mut host = Self {
            base,
            changed: BTreeMap::new(),
            identity,
            accounts: BTreeMap::new(),
            sessions: Vec::new(),
            due: Vec::new(),
            tasks: BTreeMap::new(),
            pending: BTreeMap::new(),
            work: Vec::new(),
            fetches: false,
            secret,
            counter: 0,
            requests: 0,
            refused_once: Vec::new(),
            ejected: None,
            uploaded: None,
            dumped: super::service::Bundle::default(),
            busy_updates: 0,
            failed_connects: 0,
            clock_off: 0,
            down_until: None,
            certificate: (String::new(), String::new()),
            waiting_key: None,
            coming_certificate: None,
        };
        host.first_account(password);
        host
    }

    /// Has the host fetch the images that it is told to insert.
    #[must_use]
    pub fn fetching(mut self) -> Self {
        self.fetches = true;
        self
    }

    /// Tells the host which certificate it shows: DER.
    pub fn shows(&mut self, der: &[u8]) {
        let fingerprint: Vec<String> =
            Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect();
        self.certificate = (super::x509::pem("CERTIFICATE", der), fingerprint.join(":"));
    }

    /// Returns who the host is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns whether a knob is turned.
    pub(super) fn has(&self, knob: Knob) -> bool {
        self.base.knobs.has(knob)
    }

    /// Returns how far a knob is turned, or else `usual`.
    pub(super) fn knob(&self, knob: Knob, usual: u32) -> u32 {
        self.base.knobs.value(knob).unwrap_or(usual)
    }

    /// Returns a document as it is held.
    pub(super) fn raw(&self, path: &str) -> Option<&Value> {
        match self.changed.get(path) {
            Some(changed) => changed.as_ref(),
            None => self.base.documents.get(path),
        }
    }

    /// Returns a document, to be changed.
    pub(super) fn edit(&mut self, path: &str) -> Option<&mut Value> {
        if !self.changed.contains_key(path) {
            let document = self.base.documents.get(path)?.clone();
            self.changed.insert(path.to_owned(), Some(document));
        }
        self.changed.get_mut(path)?.as_mut()
    }

    pub(super) fn put(&mut self, path: String, mut document: Value) {
        set(&mut document, &["@odata.id"], path.as_str().into());
        self.changed.insert(path, Some(document));
    }

    pub(super) fn remove(&mut self, path: &str) {
        if self.base.documents.contains_key(path) {
            self.changed.insert(path.to_owned(), None);
        } else {
            self.changed.remove(path);
        }
    }

    /// Returns the paths of the documents right below `path`, in the order of their numbers.
    pub(super) fn children(&self, path: &str) -> Vec<String> {
        let below = format!("{path}/");
        let is_child = |child: &str| {
            child.strip_prefix(&below).is_some_and(|id| !id.is_empty() && !id.contains('/'))
        };
        let own = self.base.documents.range(below.clone()..).map(|(path, _)| path.as_str());
        let own = own.take_while(|path| path.starts_with(&below));
        let own = own.filter(|path| !self.changed.contains_key(*path));
        let changed = self.changed.range(below.clone()..);
        let changed = changed.take_while(|(path, _)| path.starts_with(&below));
        let changed = changed.filter(|(_, body)| body.is_some()).map(|(path, _)| path.as_str());
        let all = own.chain(changed).filter(|path| is_child(path));
        let mut all: Vec<String> = all.map(str::to_owned).collect();
        tiny_sort::stable::sort_by(&mut all, |one, other| {
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        });
        all
    }

    /// Returns the members of a collection; a recorded one says itself what it has.
    pub(super) fn members(&self, path: &str) -> Vec<String> {
        let recorded = self.base.documents.get(path).filter(|_| !self.base.made);
        let Some(listed) = recorded.and_then(|body| body["Members"].as_array()) else {
            return self.children(path);
        };
        let gone = |path: &str| self.changed.get(path).is_some_and(Option::is_none);
        let listed = listed.iter().filter_map(|member| member["@odata.id"].as_str());
        let mut all: Vec<String> = listed.filter(|path| !gone(path)).map(str::to_owned).collect();
        let new = self.children(path).into_iter();
        all.extend(new.filter(|child| !self.base.documents.contains_key(child)));
        all
    }

    /// Returns a document with what differs by host filled in.
    pub(super) fn document(&self, path: &str, now: Moment) -> Option<Value> {
        let mut document = self.raw(path)?.clone();
        if self.base.made {
            self.fill(&mut document, now);
        }
        Some(document)
    }

    fn fill(&self, value: &mut Value, now: Moment) {
        match value {
            Value::String(text) if text.contains('@') => {
                if text == "@port@" {
                    *value = self.identity.address.port().into();
                } else {
                    *text = self.filled(text, now);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.fill(value, now)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.fill(value, now)),
            _ => {}
        }
    }

    fn filled(&self, text: &str, now: Moment) -> String {
        let mut parts = text.split('@');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        let mut plain = true;
        for part in parts {
            // What stands between two marks is a name, or else text with its mark.
            let value = if plain { self.named(part, now) } else { None };
            if let Some(value) = value {
                filled.push_str(&value);
                plain = false;
            } else {
                if plain {
                    filled.push('@');
                }
                filled.push_str(part);
                plain = true;
            }
        }
        filled
    }

    fn named(&self, name: &str, now: Moment) -> Option<String> {
        let identity = &self.identity;
        Some(match name {
            "serial" => identity.serial(),
            "uuid" => identity.uuid("host"),
            "bmcuuid" => identity.uuid("bmc"),
            "name" => format!("server-{}", identity.number),
            "bmcname" => format!("bmc-{}", identity.number),
            "ip" => identity.address.ip().to_string(),
            "now" => clock::date(self.unix(now)),
            "certificate" => self.certificate.0.clone(),
            "fingerprint" => self.certificate.1.clone(),
            _ => identity.mac(name.strip_prefix("mac:")?.parse().ok()?),
        })
    }

    /// Returns what the BMC's clock says.
    pub(super) fn unix(&self, now: Moment) -> u64 {
        now.unix.as_secs().saturating_add_signed(self.clock_off)
    }

    /// Returns a word that nobody guesses.
    pub(super) fn key(&mut self) -> String {
        self.counter += 1;
        let hash = Sha256::new().chain_update(self.secret).chain_update(self.counter.to_be_bytes());
        hex(hash.finalize().get(..16).unwrap_or_default())
    }

    /// Returns a number that was not had before.
    pub(super) fn ticket(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Does what is due by now.
    pub(super) fn advance(&mut self, now: Moment) {
        while let Some(at) = self.next_due(now.elapsed) {
            let (at, due) = self.due.swap_remove(at);
            // As it would have been, had somebody looked then.
            let late = now.elapsed.saturating_sub(at);
            let then = Moment { elapsed: at, unix: now.unix.saturating_sub(late) };
            match due {
                Due::Power { system, to } => self.comes_to_be(&system, to, then),
                Due::Task { path } => self.ends(&path, then),
                Due::Dark => self.light(false),
                Due::Restart(ms) => self.restart_for(ms, then),
                Due::RemoteMedia => self.remote_media_on(),
            }
        }
        if self.down_until.is_some_and(|until| until <= now.elapsed) {
            self.down_until = None;
        }
    }

    /// Does what is due by now, though nobody asks.
    pub fn pass(&mut self, now: Moment) {
        self.advance(now);
    }

    /// Returns when something is due next.
    pub fn next(&self) -> Option<Duration> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    /// Returns which of what is due comes first, if it is due by then.
    fn next_due(&self, by: Duration) -> Option<usize> {
        let due = self.due.iter().enumerate().filter(|(_, (at, _))| *at <= by);
        due.min_by_key(|(_, (at, _))| *at).map(|(at, _)| at)
    }

    /// Returns an identifier that no child of `path` has.
    pub(super) fn free_id(&self, path: &str) -> u64 {
        let ids = self.children(path).into_iter();
        let ids = ids.filter_map(|child| child.rsplit('/').next()?.parse::<u64>().ok());
        ids.max().map_or(1, |last| last + 1)
    }

    /// Restarts the BMC: sessions are lost, and it says nothing for a while.
    pub(super) fn restart(&mut self, now: Moment) {
        self.restart_for(self.knob(Knob::PowerTime, 1000), now);
    }

    fn restart_for(&mut self, ms: u32, now: Moment) {
        let sessions: Vec<String> = self.sessions.iter().map(|one| one.path.clone()).collect();
        for path in &sessions {
            self.remove(path);
        }
        self.sessions.clear();
        if let Some((der, key)) = self.coming_certificate.take() {
            self.shows(&der);
            self.work.push(Work::Certificate { der, key });
        }
        self.down_until = Some(later(ms, now));
    }

    /// Returns whether the BMC restarts now, so that nothing answers.
    pub(super) fn is_away(&mut self, now: Moment) -> bool {
        self.advance(now);
        self.down_until.is_some()
    }
}

/// Returns the moment that is so many milliseconds away.
fn later(ms: u32, now: Moment) -> Duration {
    now.elapsed + Duration::from_millis(ms.into())
}

/// Writes bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text
}

/// Returns the object that a value is, or an empty one.
pub(super) fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Returns the root of a service that all hosts have.
pub(super) fn below(path: &str) -> String {
    format!("{ROOT}/{path}")
}

#[cfg(test)]
mod tests;
