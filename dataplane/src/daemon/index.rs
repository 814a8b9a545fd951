//! Which objects are of which VPC, and who has which name of a device: a change of one object
//! finds its VPC by this, where going through all objects of a full node would take milliseconds.

use std::collections::BTreeMap;

use super::part;
use crate::address::Device;
use crate::desired::Desired;

/// Objects of a desired state by their VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    vpcs: BTreeMap<String, Objects>,
    /// How many ports have a device, as it or as its other end.
    devices: BTreeMap<Device, usize>,
}

/// Ids of a VPC's objects, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Objects {
    pub(super) networks: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) ports: Vec<String>,
    pub(super) remotes: Vec<String>,
}

impl Index {
    /// Returns that of a whole desired state.
    pub(super) fn of(desired: &Desired) -> Self {
        let mut index = Self::default();
        for (id, network) in &desired.networks {
            index.objects(&network.vpc).networks.push(id.clone());
        }
        for id in desired.groups.keys() {
            index.add(desired, "group", id);
        }
        for id in desired.ports.keys() {
            index.add(desired, "port", id);
        }
        for id in desired.remotes.keys() {
            index.add(desired, "remote", id);
        }
        index
    }

    /// Returns the objects of a VPC; none where there is nothing of it.
    pub(super) fn of_vpc(&self, vpc: &str) -> Option<&Objects> {
        self.vpcs.get(vpc)
    }

    /// Returns how many ports have a device, as it or as its other end.
    pub(super) fn count(&self, device: &Device) -> usize {
        self.devices.get(device).copied().unwrap_or_default()
    }

    /// Takes in a group, port or remote port that is in `desired` now.
    pub(super) fn add(&mut self, desired: &Desired, section: &str, id: &str) {
        self.change(desired, section, id, true);
    }

    /// Takes out one that is about to go from `desired`, or to be another.
    pub(super) fn remove(&mut self, desired: &Desired, section: &str, id: &str) {
        self.change(desired, section, id, false);
    }

    fn change(&mut self, desired: &Desired, section: &str, id: &str, there: bool) {
        let of_network = |network: &str| desired.networks.get(network).map(|it| it.vpc.as_str());
        let vpc = match section {
            "group" => desired.groups.get(id).map(|group| group.vpc.as_str()),
            "port" => desired.ports.get(id).and_then(|port| of_network(&port.network)),
            "remote" => desired.remotes.get(id).and_then(|remote| of_network(&remote.network)),
            _ => None,
        };
        let Some(vpc) = vpc else { return };
        let objects = self.objects(vpc);
        let ids = match section {
            "group" => &mut objects.groups,
            "port" => &mut objects.ports,
            _ => &mut objects.remotes,
        };
        let place = ids.partition_point(|own| own.as_str() < id);
        match (ids.get(place).is_some_and(|own| own == id), there) {
            (false, true) => ids.insert(place, id.to_owned()),
            (true, false) => drop(ids.remove(place)),
            _ => return,
        }
        let Some(port) = desired.ports.get(id).filter(|_port| section == "port") else { return };
        for device in part::names(port) {
            let count = self.devices.entry(device.clone()).or_default();
            *count = if there { count.saturating_add(1) } else { count.saturating_sub(1) };
            if *count == 0 {
                self.devices.remove(device);
            }
        }
    }

    fn objects(&mut self, vpc: &str) -> &mut Objects {
        self.vpcs.entry(vpc.to_owned()).or_default()
    }
}
