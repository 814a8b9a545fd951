//! Taking many devices away.
//!
//! The kernel ends a device in two parts: under the lock that all changes of devices share, and
//! behind it, where it waits until nobody on any CPU can still see the device. That wait takes
//! 17 ms (Linux 6.18, 2 CPUs) and is the same for one device as for many that are taken away by
//! one request, for which there is only one: by the number of their group (`IFLA_GROUP`). The
//! lock is held for all of them then, and everybody else waits: 0.5 ms for a VXLAN device or a
//! pair, but another 17 ms for each bridge, which waits for readers once more under the lock
//! (`br_multicast_dev_del`). So they go in as many at a time as take no longer than [`LONGEST`],
//! counted for bridges by themselves.
//!
//! The group is one that no device has, chosen by chance, and what puts devices into it and what
//! takes it away are on their way in one piece: no end of this process comes between.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::decode;
use super::encode::{Numbers, into_group, removal_of_group};
use super::numbers::link;
use crate::address::Device;
use crate::kernel::attribute::{attributes, u32_of};
use crate::kernel::socket::{Outcome, Request};
use crate::plan::Step;

/// What a part should not take longer than, the wait behind it included.
const LONGEST: Duration = Duration::from_millis(80);

/// How many devices are taken away at a time.
#[derive(Clone, Copy, Debug)]
struct Pace {
    count: usize,
    most: usize,
}

impl Pace {
    /// Learns how long so many have taken.
    fn learn(&mut self, took: Duration) {
        if took > LONGEST {
            self.count = (self.count / 2).max(1);
        } else if took < LONGEST / 2 {
            self.count = (self.count * 2).min(self.most);
        }
    }
}

/// What is there when devices begin to be taken away, and how fast that goes.
#[derive(Debug)]
pub(super) struct There {
    groups: BTreeSet<u32>,
    bridges: BTreeSet<Device>,
    of_bridges: Pace,
    of_others: Pace,
}

impl Default for There {
    fn default() -> Self {
        Self {
            groups: BTreeSet::new(),
            bridges: BTreeSet::new(),
            of_bridges: Pace { count: 1, most: 8 },
            of_others: Pace { count: 16, most: 64 },
        }
    }
}

impl There {
    /// Returns what there is where nobody can say: each may be a bridge.
    pub(super) fn unknown() -> Self {
        let slow = Pace { count: 1, most: 1 };
        Self { of_others: slow, ..Self::default() }
    }

    /// Takes an `RTM_NEWLINK`.
    pub(super) fn hear(&mut self, body: &[u8]) {
        let mut told = attributes(body.get(16..).unwrap_or_default());
        let group = told.find(|(kind, _value)| *kind == link::GROUP);
        self.groups.extend(group.and_then(|(_kind, value)| u32_of(value)));
        let bridge = decode::link(body).filter(|heard| heard.link.bridge.is_some());
        self.bridges.extend(bridge.map(|heard| heard.name));
    }

    /// Returns a group that no device has.
    pub(super) fn free_group(&self) -> u32 {
        let mut chance = RandomState::new().hash_one(0_u8);
        loop {
            // Small ones have names in `/etc/iproute2/group`; ip(8) takes none above 2^31.
            let group = u32::try_from(chance >> 33).unwrap_or(0) | 1 << 30;
            if !self.groups.contains(&group) {
                return group;
            }
            chance = chance.rotate_left(7).wrapping_add(1);
        }
    }

    /// Returns how many of the deletions that `steps` begins with go together.
    pub(super) fn next(&mut self, steps: &[Step]) -> usize {
        let bridge = steps.first().is_some_and(|step| self.is_bridge(step));
        let count = self.pace(bridge).count;
        let deletions = steps.iter().take_while(|step| is_deletion(step));
        deletions.take_while(|step| self.is_bridge(step) == bridge).take(count).count()
    }

    /// Learns how long the deletions of `steps` have taken.
    pub(super) fn learn(&mut self, steps: &[Step], took: Duration) {
        let bridge = steps.first().is_some_and(|step| self.is_bridge(step));
        // Of the last few it says nothing.
        if steps.len() == self.pace(bridge).count {
            self.pace(bridge).learn(took);
        }
    }

    fn pace(&mut self, bridge: bool) -> &mut Pace {
        if bridge { &mut self.of_bridges } else { &mut self.of_others }
    }

    fn is_bridge(&self, step: &Step) -> bool {
        matches!(step, Step::DeleteLink { name } if self.bridges.contains(name))
    }
}

/// Whether a step takes a device away.
pub(super) fn is_deletion(step: &Step) -> bool {
    matches!(step, Step::DeleteLink { .. })
}

/// What takes devices away in one piece.
#[derive(Debug)]
pub(super) struct Removal {
    /// One for each device that is there, and one for all of them.
    pub(super) requests: Vec<Request>,
    /// Whether each of the devices is there.
    there: Vec<bool>,
}

impl Removal {
    pub(super) fn new(steps: &[Step], numbers: &mut dyn Numbers, group: u32) -> Self {
        let mut requests = Vec::new();
        let mut there = Vec::new();
        for step in steps {
            let number = match step {
                Step::DeleteLink { name } => numbers.of(name),
                _ => None,
            };
            requests.extend(number.map(|number| into_group(number, group)));
            there.push(number.is_some());
        }
        requests.push(removal_of_group(group));
        Self { requests, there }
    }

    /// Says for each of the devices what became of it, where they were taken away: nothing for
    /// one that was not there to begin with. `None` where the kernel refused to take the group
    /// away.
    pub(super) fn told(&self, mut outcomes: Vec<Outcome>) -> Option<Vec<Option<Outcome>>> {
        let whole = outcomes.pop()?;
        let any = outcomes.iter().any(Result::is_ok);
        if whole.is_err() && any {
            return None;
        }
        let mut outcomes = outcomes.into_iter();
        let there = self.there.iter();
        Some(there.map(|there| if *there { outcomes.next() } else { None }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::StepError;

    fn deletions(names: &[&str]) -> Vec<Step> {
        names.iter().map(|name| Step::DeleteLink { name: name.parse().unwrap() }).collect()
    }

    /// Knows the devices whose names begin with `p` and `b`, by their second letter.
    struct Lettered;

    impl Numbers for Lettered {
        fn of(&mut self, device: &Device) -> Option<u32> {
            let name = device.as_str();
            let known = name.starts_with(['p', 'b']);
            name.get(1..).and_then(|number| number.parse().ok()).filter(|_number| known)
        }

        fn choose(&mut self, _device: &Device) -> u32 {
            0
        }
    }

    #[test]
    fn bridges_go_by_themselves_and_slower() {
        let bridges = ["b1", "b2", "b3"].map(|name| name.parse().unwrap()).into();
        let mut there = There { bridges, ..There::default() };
        let steps = deletions(&["p1", "p2", "b1", "b2", "b3", "p3"]);
        assert_eq!(there.next(&steps), 2);
        assert_eq!(there.next(&steps[2..]), 1, "a bridge");
        let quick = Duration::from_millis(1);
        there.learn(&steps[2..3], quick);
        assert_eq!(there.next(&steps[2..]), 2);
        there.learn(&steps[2..4], quick);
        assert_eq!(there.next(&steps[2..]), 3, "no more than there are");
        there.learn(&steps[2..5], 2 * LONGEST);
        assert_eq!(there.next(&steps[2..]), 3, "what was no whole part says nothing");
        there.of_bridges.learn(2 * LONGEST);
        there.of_bridges.learn(2 * LONGEST);
        there.of_bridges.learn(2 * LONGEST);
        assert_eq!(there.next(&steps[2..]), 1);
        let many = deletions(&["p1"; 100]);
        assert_eq!(there.next(&many), 16);
        let other = [Step::Rules(crate::nft::Batch::default())];
        assert_eq!(
            there.next(&[deletions(&["p1"]), other.to_vec(), deletions(&["p2"])].concat()),
            1
        );
    }

    #[test]
    fn each_device_is_told_of_by_itself() {
        let steps = deletions(&["p1", "gone", "p2"]);
        let removal = Removal::new(&steps, &mut Lettered, 1 << 30);
        assert_eq!(removal.requests.len(), 3, "two into the group, and the group");
        let refused = || Err(StepError { errno: 19, said: None });
        let told = removal.told(vec![Ok(()), refused(), Ok(())]).unwrap();
        assert_eq!(told, [Some(Ok(())), None, Some(refused())]);
        // Nobody was in the group: that has its own reasons.
        let told = removal.told(vec![refused(), refused(), refused()]).unwrap();
        assert_eq!(told, [Some(refused()), None, Some(refused())]);
        assert_eq!(removal.told(vec![Ok(()), Ok(()), refused()]), None);
    }

    #[test]
    fn a_group_is_one_that_nobody_has() {
        let there = There::default();
        let group = there.free_group();
        assert!((1 << 30..1 << 31).contains(&group));
        let taken = There { groups: (0..3).map(|_| there.free_group()).collect(), ..there };
        assert!(!taken.groups.contains(&taken.free_group()));
    }
}
