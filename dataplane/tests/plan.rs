//! Plans, over random states and a kernel in memory: they lead where they should, from wherever
//! they are cut off, and never by way of an open window.

#[path = "plan/state.rs"]
mod state;

use std::panic::{AssertUnwindSafe, catch_unwind};

use dataplane::apply::{Applied, Run, apply};
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::Kernel;
use dataplane::kernel::fake::{Fake, Killed};
use dataplane::naming;
use dataplane::nft::{Element, Ruleset, Table, Value};
use dataplane::plan::{Plan, Scope, Step, plan};
use dataplane::seen::Seen;
use dataplane::verify::verify;
use dataplane::wanted::Wanted;
use dataplane::{address::Device, desired::Desired};
use proptest::prelude::*;
use state::{Random, compared, desired, node, wanted};

const ALL: Scope =
    Scope { complete: true, confirmed: true, began: std::collections::BTreeSet::new() };

fn run(fake: &mut Fake, plan: &Plan) -> Applied {
    let run = Run { generation: 1, digest: "", past: &Past::default() };
    apply(fake, plan, run, &mut NoLog).expect("nothing is in the way")
}

fn planned(fake: &Fake, wanted: &Wanted) -> Plan {
    let plan = plan(wanted, &fake.seen, &ALL);
    assert_eq!(plan.conflicts, [], "a plan without conflicts");
    plan
}

/// Applies and expects it to work.
fn converge(fake: &mut Fake, wanted: &Wanted) {
    let plan = planned(fake, wanted);
    let applied = run(fake, &plan);
    assert_eq!(applied, Applied::Done { steps: plan.steps.len() }, "{plan:#?}");
}

/// A node that has one state and is to have another.
struct Case {
    fake: Fake,
    old: Desired,
    new: Desired,
}

fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let mut fake = node(&mut random);
    let (old, new) = (desired(&mut random), desired(&mut random));
    if random.below(8) != 0 {
        converge(&mut fake, &wanted(&old));
        return Case { fake, old, new };
    }
    let empty = Desired { ports: [].into(), remotes: [].into(), ..old };
    Case { fake, old: empty, new }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_plan_of_an_applied_state_is_empty(seed: u64) {
        let mut case = case(seed);
        let wanted = wanted(&case.new);
        converge(&mut case.fake, &wanted);
        let residue = verify(&mut case.fake, &wanted, &ALL).unwrap();
        prop_assert!(residue.is_empty(), "{residue:#?}");
        let asked = case.fake.asked;
        let again = run(&mut case.fake, &residue);
        prop_assert_eq!((again, case.fake.asked), (Applied::Done { steps: 0 }, asked));
    }

    #[test]
    fn edits_end_where_a_direct_apply_does(seed: u64) {
        let mut random = Random::new(seed);
        let start = node(&mut random);
        let mut fake = start.clone();
        for _ in 0..4 {
            converge(&mut fake, &wanted(&desired(&mut random)));
        }
        let last = wanted(&desired(&mut random));
        converge(&mut fake, &last);
        let mut direct = start.clone();
        converge(&mut direct, &last);
        prop_assert_eq!(compared(&fake.seen), compared(&direct.seen));
        converge(&mut fake, &Wanted::default());
        prop_assert_eq!(compared(&fake.seen), compared(&start.seen));
    }

    #[test]
    fn apply_then_undo_is_identity(seed: u64) {
        let mut case = case(seed);
        let before = case.fake.seen.clone();
        let plan = planned(&case.fake, &wanted(&case.new));
        let steps: Vec<Step> = plan.steps.iter().map(|planned| planned.step.clone()).collect();
        prop_assert!(case.fake.perform(&steps).iter().all(Result::is_ok));
        for planned in plan.steps.iter().rev() {
            prop_assert_eq!(&planned.lost, &None);
            for undo in &*planned.undo() {
                let result = case.fake.perform(std::slice::from_ref(undo));
                prop_assert_eq!(result, vec![Ok(())], "{:#?}", undo);
            }
        }
        prop_assert_eq!(case.fake.seen, before);
    }

    #[test]
    fn no_step_opens_a_window(seed: u64) {
        let mut case = case(seed);
        let (old, new) = (wanted(&case.old), wanted(&case.new));
        case.fake.history = Some(vec![case.fake.seen.clone()]);
        converge(&mut case.fake, &new);
        for seen in case.fake.history.take().unwrap() {
            guarded(&seen, &[(&case.old, &old), (&case.new, &new)]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_failure_at_any_step_leaves_what_was_there(seed: u64) {
        let case = case(seed);
        let (old, new) = (wanted(&case.old), wanted(&case.new));
        let plan = planned(&case.fake, &new);
        for at in 0..plan.steps.len() {
            let mut fake = case.fake.clone();
            fake.fail = Some((fake.asked + at, 12));
            fake.history = Some(Vec::new());
            let applied = run(&mut fake, &plan);
            prop_assert!(matches!(applied, Applied::RolledBack { .. }), "{applied:#?}");
            prop_assert_eq!(&fake.seen, &case.fake.seen, "{:#?}", plan.steps[at]);
            for seen in fake.history.take().unwrap() {
                guarded(&seen, &[(&case.old, &old), (&case.new, &new)]);
            }
        }
    }

    #[test]
    fn where_an_undo_fails_too_everything_left_is_named(seed: u64) {
        let case = case(seed);
        let (old, new) = (wanted(&case.old), wanted(&case.new));
        let plan = planned(&case.fake, &new);
        for at in 1..plan.steps.len() {
            // The kernel refuses everything from some step on, and then recovers.
            let mut fake = Failing { fake: case.fake.clone(), from: case.fake.asked + at };
            fake.fake.history = Some(Vec::new());
            let run = Run { generation: 1, digest: "", past: &Past::default() };
            let applied = apply(&mut fake, &plan, run, &mut NoLog).unwrap();
            let undos: usize = plan.steps[..at].iter().map(|planned| planned.undo().len()).sum();
            let Applied::Stuck { left, .. } = applied else { panic!("{applied:#?}") };
            prop_assert_eq!(left.len(), undos);
            for seen in fake.fake.history.take().unwrap() {
                guarded(&seen, &[(&case.old, &old), (&case.new, &new)]);
            }
            let mut after = fake.fake;
            converge(&mut after, &new);
            let mut clean = case.fake.clone();
            converge(&mut clean, &new);
            prop_assert_eq!(compared(&after.seen), compared(&clean.seen));
        }
    }

    #[test]
    fn a_kill_at_any_step_and_a_rerun_end_in_the_clean_state(seed: u64) {
        let case = case(seed);
        let new = wanted(&case.new);
        let plan = planned(&case.fake, &new);
        let mut clean = case.fake.clone();
        converge(&mut clean, &new);
        for at in 0..plan.steps.len() {
            let mut fake = case.fake.clone();
            fake.die = Some(fake.asked + at);
            let killed = catch_unwind(AssertUnwindSafe(|| run(&mut fake, &plan))).unwrap_err();
            prop_assert!(killed.is::<Killed>());
            converge(&mut fake, &new);
            prop_assert_eq!(compared(&fake.seen), compared(&clean.seen), "{}", at);
            prop_assert!(verify(&mut fake, &new, &ALL).unwrap().is_empty());
        }
    }
}

/// A kernel that refuses everything from some step on.
struct Failing {
    fake: Fake,
    from: usize,
}

impl Kernel for Failing {
    fn look(
        &mut self,
        interest: &dataplane::kernel::Interest,
    ) -> Result<Seen, dataplane::kernel::KernelError> {
        self.fake.look(interest)
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), dataplane::kernel::StepError>> {
        let mut results = Vec::new();
        for step in steps {
            if self.fake.asked >= self.from {
                results.push(Err(dataplane::kernel::StepError { errno: 12, said: None }));
                break;
            }
            results.extend(self.fake.perform(std::slice::from_ref(step)));
        }
        results
    }

    fn connections(
        &mut self,
        zones: &std::collections::BTreeSet<u16>,
    ) -> Result<Vec<dataplane::kernel::Connection>, dataplane::kernel::KernelError> {
        self.fake.connections(zones)
    }

    fn cut(
        &mut self,
        connections: &[dataplane::kernel::Connection],
    ) -> Result<usize, dataplane::kernel::KernelError> {
        self.fake.cut(connections)
    }
}

/// Every port that is up in a bridge has all rules that name it, of one of the states.
fn guarded(seen: &Seen, states: &[(&Desired, &Wanted)]) {
    for (device, link) in &seen.links {
        let port = link.up && link.vxlan.is_none() && link.gateway().is_none();
        let Some(bridge) = link.master.as_ref().filter(|_| port) else {
            continue;
        };
        let whole = states.iter().any(|(desired, wanted)| {
            let mut ports = desired.ports.values();
            let port = ports.find(|port| port.device == *device);
            port.is_some_and(|port| {
                naming::bridge(&port.network) == *bridge
                    && has_all(&seen.ruleset, &wanted.ruleset, device, bridge, port)
            })
        });
        assert!(whole, "`{device}` is open in {bridge}: {seen:#?}");
    }
    for (vpc, room) in &seen.rooms {
        let open = room.devices.values().any(|link| link.up);
        let whole = states.iter().any(|(_desired, wanted)| {
            let wanted = wanted.rooms.get(vpc).and_then(|room| room.ruleset.inet.as_ref());
            let have = room.ruleset.inet.as_ref();
            wanted.zip(have).is_some_and(|(wanted, have)| {
                let mut chains = wanted.chains.iter();
                chains.all(|(name, chain)| have.chains.get(name) == Some(chain))
            })
        });
        assert!(!open || (whole && room.forwards), "the router of {vpc} is open: {room:#?}");
    }
}

fn has_all(
    have: &Ruleset,
    want: &Ruleset,
    device: &Device,
    bridge: &Device,
    port: &dataplane::desired::Port,
) -> bool {
    let about = |element: &Element| {
        let of_device = element.key.starts_with(&device.padded());
        let of_station = port.addresses.iter().any(|address| {
            let mut key = bridge.padded().to_vec();
            match address {
                std::net::IpAddr::V4(address) => key.extend(address.octets()),
                std::net::IpAddr::V6(address) => key.extend(address.octets()),
            }
            element.key.as_slice() == key
        });
        of_device || of_station
    };
    let elements = |table: &Table| -> Vec<(String, Element, Option<Value>)> {
        let all = table.sets.iter().flat_map(|(name, set)| {
            set.elements.iter().map(|(key, value)| (name.clone(), key.clone(), value.clone()))
        });
        all.filter(|(_name, element, _value)| about(element)).collect()
    };
    [(&have.inet, &want.inet), (&have.netdev, &want.netdev)].into_iter().all(|(have, want)| {
        let Some(want) = want else { return true };
        let Some(have) = have else { return false };
        let there = elements(have);
        let named = elements(want).iter().all(|element| there.contains(element));
        // Where packets enter, and what they meet first, is all there.
        let based = want.chains.iter().filter(|(_name, chain)| {
            let hook = chain.hook.as_ref();
            hook.is_some_and(|hook| hook.device.as_deref().is_none_or(|of| of == device.as_str()))
        });
        let mut based = based.map(|(name, chain)| have.chains.get(name) == Some(chain));
        named && based.all(|same| same)
    })
}
