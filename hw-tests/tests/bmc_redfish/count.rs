//! Counts the parts of a tree straight from its files, by membership of collections: nothing of
//! `bmc` is used, so that the two can be held against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

/// The bodies of a tree by path.
pub(crate) struct Files(BTreeMap<String, Value>);

/// Parts that are there, and those with slots that are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) present: usize,
    pub(crate) listed: usize,
}

impl Count {
    fn of(parts: &[&Value]) -> Self {
        let is_there = |part: &&&Value| part["Status"]["State"] != "Absent";
        Self { present: parts.iter().filter(is_there).count(), listed: parts.len() }
    }

    fn add(&mut self, other: Self) {
        self.present += other.present;
        self.listed += other.listed;
    }
}

impl Files {
    /// Reads the files below `root`, in which `redfish` lies.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.join("redfish")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("index.json")
                    && let Ok(body) = serde_json::from_slice(&fs::read(&path)?)
                {
                    let place = folder.strip_prefix(root).map_err(io::Error::other)?;
                    files.insert(format!("/{}", place.display()), body);
                }
            }
        }
        Ok(Self(files))
    }

    /// Returns what a link leads to; links may end with a slash.
    fn target(&self, link: &Value) -> Option<&Value> {
        self.0.get(link["@odata.id"].as_str()?.trim_end_matches('/'))
    }

    /// Returns the bodies that the links of an array lead to, or that stand there themselves.
    fn linked<'a>(&'a self, links: &'a Value) -> Vec<&'a Value> {
        let links = links.as_array().into_iter().flatten();
        let stands =
            |link: &'a Value| link.as_object().filter(|fields| fields.len() > 2).map(|_| link);
        links.filter_map(|link| self.target(link).or_else(|| stands(link))).collect()
    }

    /// Returns the members of the collection that `owner` links to.
    fn members<'a>(&'a self, owner: &'a Value, key: &str) -> Vec<&'a Value> {
        self.target(&owner[key]).map(|found| self.linked(&found["Members"])).unwrap_or_default()
    }

    fn root(&self) -> &Value {
        self.0.get("/redfish/v1").unwrap_or(&Value::Null)
    }

    fn systems(&self) -> Vec<&Value> {
        self.members(self.root(), "Systems")
    }

    fn chassis(&self) -> Vec<&Value> {
        self.members(self.root(), "Chassis")
    }

    /// Processors that run systems.
    pub(crate) fn processors(&self) -> Count {
        let all = self.systems().into_iter().flat_map(|system| self.members(system, "Processors"));
        let is_cpu = |one: &&Value| matches!(one["ProcessorType"].as_str(), None | Some("CPU"));
        Count::of(&all.filter(is_cpu).collect::<Vec<_>>())
    }

    /// Memory modules.
    pub(crate) fn modules(&self) -> Count {
        let all = self.systems().into_iter().flat_map(|system| self.members(system, "Memory"));
        Count::of(&all.collect::<Vec<_>>())
    }

    /// Drives: of storage and of chassis, each once by its serial number; else what the oldest
    /// schema lists.
    pub(crate) fn drives(&self) -> Count {
        let mut drives = Vec::new();
        for system in self.systems() {
            for key in ["Storage", "Storages"] {
                for storage in self.members(system, key) {
                    drives.extend(self.linked(&storage["Drives"]));
                }
            }
        }
        for chassis in self.chassis() {
            drives.extend(self.members(chassis, "Drives"));
            drives.extend(self.linked(&chassis["Links"]["Drives"]));
        }
        let mut seen = BTreeSet::new();
        drives.retain(|drive| {
            let name = drive["SerialNumber"].as_str().or_else(|| drive["@odata.id"].as_str());
            name.is_none_or(|name| seen.insert(name.to_owned()))
        });
        if drives.is_empty() {
            for system in self.systems() {
                for simple in self.members(system, "SimpleStorage") {
                    drives.extend(simple["Devices"].as_array().into_iter().flatten());
                }
            }
        }
        Count::of(&drives)
    }

    /// Network adapters.
    pub(crate) fn adapters(&self) -> Count {
        let adapters: Vec<_> = self
            .chassis()
            .into_iter()
            .flat_map(|chassis| self.members(chassis, "NetworkAdapters"))
            .collect();
        Count::of(&adapters)
    }

    /// Power supplies: of each chassis, by the schema that lists more.
    pub(crate) fn supplies(&self) -> Count {
        self.of_chassis("Power", "PowerSubsystem", "PowerSupplies")
    }

    /// Fans, likewise.
    pub(crate) fn fans(&self) -> Count {
        self.of_chassis("Thermal", "ThermalSubsystem", "Fans")
    }

    fn of_chassis(&self, old: &str, new: &str, list: &str) -> Count {
        let mut count = Count::default();
        for chassis in self.chassis() {
            let old = self.target(&chassis[old]).map_or(&Value::Null, |found| &found[list]);
            let old: Vec<&Value> = old.as_array().into_iter().flatten().collect();
            let new = self.target(&chassis[new]).map(|found| self.members(found, list));
            let new = new.unwrap_or_default();
            count.add(Count::of(if old.len() > new.len() { &old } else { &new }));
        }
        count
    }

    /// Firmware.
    pub(crate) fn firmware(&self) -> Count {
        let service = self.target(&self.root()["UpdateService"]).unwrap_or(&Value::Null);
        Count::of(&self.members(service, "FirmwareInventory"))
    }
}
