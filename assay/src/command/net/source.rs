//! Where a desired state is read from.

use std::{
    io::{self, Read as _},
    path::Path,
};

use dataplane::{
    desired::Desired,
    node::{self, Node, NodeError},
    plan::Scope,
    seen::{Link, Seen},
    spec::{self, File, MAX_BYTES, SpecErrors},
};

use crate::{command::read_bounded, failure::Failure, lang::text};

/// What the underlay of an empty node carries where its file does not say.
pub(super) const ASSUMED_MTU: u32 = 1500;

/// A file with a desired state.
#[derive(Debug)]
pub(super) struct Source {
    /// As the user named it.
    pub(super) name: String,
    /// What is in it.
    pub(super) text: String,
}

impl Source {
    /// Reads it; `-` is standard input.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
        let bytes = if name == "-" {
            let mut bytes = Vec::new();
            // One more than is allowed, so that the reader of the file can say so.
            let read = io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes);
            read.map(|_length| bytes)
        } else {
            read_bounded(path, most)
        };
        let cannot = || text("无法读取 `{}`", "cannot read `{}`", &[&name]);
        let bytes = bytes.map_err(|error| Failure::unable(cannot()).because(error))?;
        let text = String::from_utf8(bytes)
            .map_err(|error| Failure::usage(cannot()).because(error.utf8_error()))?;
        Ok(Self { name, text })
    }

    /// Returns what it says, be it a node's or the plan of a delivered cloud.
    pub(super) fn parse_any(&self) -> Result<File, SpecErrors> {
        spec::read_any(&self.name, &self.text)
    }

    /// Returns what it says.
    pub(super) fn parse(&self) -> Result<Desired, SpecErrors> {
        spec::read(&self.name, &self.text)
    }
}

/// Plans for a node that has nothing but its underlay's device.
pub(super) fn on_empty_node(desired: &Desired) -> Result<Node, NodeError> {
    let mut seen = Seen::default();
    if desired.node.mtu.is_none() {
        seen.links.insert(desired.node.device.clone(), underlay());
    }
    node::decide(seen, desired, &Scope { complete: true, ..Scope::default() })
}

fn underlay() -> Link {
    Link {
        index: 1,
        kind: None,
        alias: None,
        mac: None,
        mtu: ASSUMED_MTU,
        up: true,
        no_arp: false,
        generates_addresses: true,
        master: None,
        bridge_port: None,
        bridge: None,
        vxlan: None,
        peer: None,
        addresses: std::collections::BTreeSet::new(),
    }
}
