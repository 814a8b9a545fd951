//! What others do between two steps of an apply: all is as before, or what is not is named.

use std::collections::BTreeSet;

use dataplane::apply::{Applied, Run, apply};
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::real::Real;
use dataplane::kernel::{Connection, Interest, Kernel, KernelError, StepError};
use dataplane::naming;
use dataplane::plan::Step;
use dataplane::seen::Seen;
use hw_tests::network::Space;
use hw_tests::network::dump::differences;
use libtest_mimic::Failed;

use crate::node::{Lab, converge, look, read, same};
use crate::state::{Which, text};

/// What another program does at some step.
struct Deed {
    what: &'static str,
    /// Before the first step whose words begin with these.
    before: &'static str,
    /// `{b}` and `{v}` stand for bridge and VXLAN device of network `n5`, which is new.
    does: &'static [&'static str],
    /// What takes it back afterwards.
    back: &'static [&'static str],
    /// What is said of it.
    errno: i32,
    /// Whether all could be undone.
    whole: bool,
}

const ENODEV: i32 = 19;
const EEXIST: i32 = 17;
const EBUSY: i32 = 16;

const DEEDS: &[Deed] = &[
    Deed {
        what: "a name of ours is taken",
        before: "make bridge `{b}`",
        does: &["ip link add {b} type bridge"],
        back: &["ip link del {b}"],
        errno: EEXIST,
        whole: true,
    },
    Deed {
        what: "the name of a guest's end is taken",
        before: "make veth `p8`",
        does: &["ip link add q8 type veth peer name other"],
        back: &["ip link del q8"],
        errno: EEXIST,
        whole: true,
    },
    Deed {
        what: "a tap is somebody's",
        before: "make `t0` a port",
        does: &["ip link add mv link t0 type macvlan"],
        back: &["ip link del mv"],
        errno: EBUSY,
        whole: true,
    },
    Deed {
        what: "the new bridge vanishes",
        before: "make `{v}` a port",
        does: &["ip link del {b}"],
        back: &[],
        errno: ENODEV,
        whole: true,
    },
    Deed {
        what: "a tap vanishes",
        before: "make `t0` a port",
        does: &["ip link del t0"],
        back: &[],
        errno: ENODEV,
        whole: false,
    },
];

pub(crate) fn others() -> Result<(), Failed> {
    let (bridge, vxlan) = (naming::bridge("n5"), naming::vxlan("n5"));
    let fill = |text: &str| text.replace("{b}", bridge.as_str()).replace("{v}", vxlan.as_str());
    let mut failed = Vec::new();
    for deed in DEEDS {
        if let Err(error) = one(deed, &fill) {
            failed.push(format!("{}: {}", deed.what, error.message().unwrap_or_default()));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

fn one(deed: &Deed, fill: &dyn Fn(&str) -> String) -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut real = lab.real()?;
    converge(&mut real, &read(&text(Which::One))?)?;
    let desired = read(&text(Which::Other))?;
    let node = look(&mut real, &desired)?;
    let before = lab.dump()?;
    let lines: Vec<String> = deed.does.iter().map(|line| fill(line)).collect();
    let words = fill(deed.before);
    let mut crowd = Crowd { real, space: &lab.space, words, lines, failed: None };
    let run = Run { generation: 1, digest: "", past: &Past::default() };
    let applied = apply(&mut crowd, &node.plan, run, &mut NoLog)?;
    if let Some(failed) = crowd.failed {
        return Err(failed);
    }
    assert!(crowd.lines.is_empty(), "no step begins with `{}`", crowd.words);
    let mut left = BTreeSet::new();
    match applied {
        Applied::Done { .. } => return Err("nothing failed".into()),
        Applied::RolledBack { because, .. } => assert_eq!(because.errno, deed.errno, "{because}"),
        Applied::Stuck { because, left: those, .. } => {
            assert_eq!(because.errno, deed.errno, "{because}");
            left.extend(those.into_iter().map(|left| left.undo.en));
        }
    }
    println!("{}: {} left over", deed.what, left.len());
    for line in deed.back {
        lab.space.line(&fill(line))?;
    }
    let differ = differences(&before, &lab.dump()?);
    if deed.whole {
        assert!(left.is_empty(), "{left:?}");
        same("after the rollback", &before, &lab.dump()?)?;
    } else {
        // What is gone has its name in what is left over.
        assert!(!left.is_empty() && left.iter().all(|it| it.contains("`t0`")), "{left:?}");
        assert!(differ.iter().all(|line| line.contains("t0")), "{differ:#?}");
        lab.tap(0)?;
    }
    // Once they have let go, the next run ends as it should.
    converge(&mut lab.real()?, &desired)?;
    Ok(())
}

/// A kernel that others use too.
struct Crowd<'a> {
    real: Real,
    space: &'a Space,
    /// Before the step that begins with these words,
    words: String,
    /// these lines are done.
    lines: Vec<String>,
    failed: Option<Failed>,
}

impl Kernel for Crowd<'_> {
    fn look(&mut self, interest: &Interest) -> Result<Seen, KernelError> {
        self.real.look(interest)
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>> {
        let said = |step: &Step| dataplane::plan::text::step(step).en;
        let at = steps.iter().position(|step| said(step).starts_with(&self.words));
        let Some(at) = at.filter(|_at| !self.lines.is_empty()) else {
            return self.real.perform(steps);
        };
        let (first, rest) = steps.split_at(at);
        let mut outcomes = self.real.perform(first);
        for line in std::mem::take(&mut self.lines) {
            if let Err(error) = self.space.line(&line) {
                self.failed = Some(error.into());
            }
        }
        if outcomes.iter().all(Result::is_ok) {
            outcomes.extend(self.real.perform(rest));
        }
        outcomes
    }

    fn connections(&mut self, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError> {
        self.real.connections(zones)
    }

    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError> {
        self.real.cut(connections)
    }
}
