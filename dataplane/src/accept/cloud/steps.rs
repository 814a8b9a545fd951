//! What is done for a case, in order.

use std::net::{IpAddr, SocketAddr};

use super::order::How;
use super::{After, Change, Cloud, Kind, Traffic, Trial, What};
use crate::address::Mac;
use crate::text::Text;

/// Whether a probe arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It must, and its answer too.
    Yes,
    /// It must not, anywhere.
    No,
    /// It does wherever something does: the control of those around it.
    Control,
    /// It must, from one of these addresses.
    Under(Vec<IpAddr>),
    /// It is too large: who sends it is told.
    Refused,
    /// It is looked at, and not judged.
    Either,
}

/// A probe to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shot {
    pub(super) from: usize,
    /// Whom it is for.
    pub(super) at: usize,
    /// Address that it is sent from, and to.
    pub(super) own: IpAddr,
    pub(super) to: SocketAddr,
    /// Where it is listened for.
    pub(super) ear: Option<SocketAddr>,
    pub(super) how: How,
    pub(super) source: Option<IpAddr>,
    pub(super) mac: Option<Mac>,
    pub(super) bytes: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Send(Shot, Wanted),
    /// It is sent again until it arrives, or until it does not.
    Until(Shot, bool),
    /// Something is said by the connection that the step opened.
    Say(usize, Wanted),
    /// The cloud is told something; what is begun is undone.
    Tell(Vec<String>),
    Undo(Vec<String>),
}

/// Returns why a case cannot be measured, where the plan does not have what it takes.
pub(super) fn missing(case: &Trial) -> Option<Text> {
    match &case.what {
        What::Deny if case.control.is_none() => Some(Text::of(
            "没有对照（control）：未到达不能说明问题",
            "there is no `control`: that it does not arrive proves nothing",
            &[],
        )),
        What::Change(change) if change.hook.is_none() => Some(Text::of(
            "没有命令（hook），须由人在云平台上改动",
            "there is no `hook`: the cloud has to be changed by hand",
            &[],
        )),
        What::Change(Change { undo: None, after, .. })
            if *after != After::Allow && case.control.is_none() =>
        {
            Some(Text::of(
                "没有恢复命令（undo），也没有对照（control）：改动后未到达不能说明问题",
                "there is neither `undo` nor `control`: that it does not arrive then proves nothing",
                &[],
            ))
        }
        _ => None,
    }
}

/// Returns what is done; nothing where an end has no address of the family.
pub(super) fn steps(cloud: &Cloud, case: &Trial, four: bool) -> Option<Vec<Step>> {
    let probe = shot(cloud, case, four, case.probe)?;
    let control = match case.control {
        Some(traffic) => Some(Step::Send(shot(cloud, case, four, traffic)?, Wanted::Control)),
        None => None,
    };
    let mut steps = Vec::new();
    match &case.what {
        What::Allow => steps.push(Step::Send(probe, Wanted::Yes)),
        What::Deny => {
            steps.extend(control.clone());
            steps.push(Step::Send(probe, Wanted::No));
            steps.extend(control);
        }
        What::Isolated { twin, twin_from } => {
            let other = Trial { from: *twin_from, to: *twin, ..case.clone() };
            let other = Step::Send(shot(cloud, &other, four, case.probe)?, Wanted::Control);
            steps.push(other.clone());
            steps.push(Step::Send(probe.clone(), Wanted::Yes));
            steps.push(other);
            steps.push(Step::Send(probe, Wanted::Yes));
        }
        What::Forged { mac, source } => {
            let honest = Shot { how: How::Frame, ..probe.clone() };
            let forged = Shot { mac: *mac, source: *source, ..honest.clone() };
            // The answer to a plain one tells the next hop.
            steps.push(Step::Send(probe, Wanted::Control));
            steps.push(Step::Send(honest.clone(), Wanted::Control));
            steps.push(Step::Send(forged, Wanted::No));
            steps.push(Step::Send(honest, Wanted::Control));
        }
        What::Snat(addresses) => {
            let fit = addresses.iter().copied().filter(|it| it.is_ipv4() == four);
            steps.push(Step::Send(probe, Wanted::Under(fit.collect())));
        }
        What::Elastic(out) => {
            let elastic = cloud.agents.get(case.to)?.elastic?;
            let inward = Trial { by_elastic: true, ..case.clone() };
            steps.push(Step::Send(shot(cloud, &inward, four, case.probe)?, Wanted::Yes));
            let outward = Trial { from: case.to, to: case.from, ..case.clone() };
            let outward = shot(cloud, &outward, four, *out)?;
            steps.push(Step::Send(outward, Wanted::Under(vec![elastic])));
        }
        What::Mtu(bytes) => {
            let whole = Shot { how: How::Frame, bytes: *bytes, ..probe.clone() };
            let more = Shot { bytes: bytes.saturating_add(1), ..whole.clone() };
            steps.push(Step::Send(probe, Wanted::Control));
            steps.push(Step::Send(whole.clone(), Wanted::Yes));
            steps.push(Step::Send(more, Wanted::Refused));
            steps.push(Step::Send(whole, Wanted::Control));
        }
        What::Change(change) => {
            changed(cloud, four, change, (&probe, control.as_ref()), &mut steps)?;
        }
    }
    Some(steps)
}

fn changed(
    cloud: &Cloud,
    four: bool,
    change: &Change,
    (probe, control): (&Shot, Option<&Step>),
    steps: &mut Vec<Step>,
) -> Option<()> {
    let (before, after) = match change.after {
        After::Allow => (Wanted::No, Wanted::Yes),
        After::Deny { .. } => (Wanted::Yes, Wanted::No),
        After::Moved(_) => (Wanted::Yes, Wanted::Yes),
    };
    let then = match change.after {
        After::Moved(other) => {
            let own = cloud.address(other, four)?;
            Shot { at: other, ear: Some(SocketAddr::new(own, probe.to.port())), ..probe.clone() }
        }
        _ => probe.clone(),
    };
    steps.extend(control.cloned());
    steps.push(Step::Send(probe.clone(), before.clone()));
    let mut held = None;
    if change.after == (After::Deny { held: true }) {
        held = Some(steps.len());
        steps.push(Step::Send(Shot { how: How::Hold, ..probe.clone() }, Wanted::Yes));
    }
    steps.push(Step::Tell(change.hook.clone()?));
    steps.push(Step::Until(then.clone(), after != Wanted::No));
    steps.push(Step::Send(then, after));
    steps.extend(held.map(|line| Step::Say(line, Wanted::No)));
    steps.extend(control.cloned());
    if let Some(undo) = &change.undo {
        steps.push(Step::Undo(undo.clone()));
        let back = before != Wanted::No;
        steps.push(Step::Until(probe.clone(), back));
        steps.push(Step::Send(probe.clone(), if back { Wanted::Control } else { Wanted::No }));
        steps.extend(control.filter(|_| !back).cloned());
    }
    Some(())
}

fn shot(cloud: &Cloud, case: &Trial, four: bool, traffic: Traffic) -> Option<Shot> {
    let to = cloud.target(case, four, traffic.port)?;
    let inner = cloud.address(case.to, four)?;
    let how = match traffic.kind {
        Kind::Udp => How::Udp,
        Kind::Tcp => How::Tcp,
        Kind::Echo => How::Echo,
        Kind::Fragments => How::Fragments,
    };
    Some(Shot {
        from: case.from,
        at: case.to,
        own: cloud.address(case.from, four)?,
        to,
        ear: (how != How::Echo).then(|| SocketAddr::new(inner, traffic.port)),
        how,
        source: None,
        mac: None,
        bytes: 0,
    })
}
