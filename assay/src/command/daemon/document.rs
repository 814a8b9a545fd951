//! What is answered, as JSON and as figures. No I/O.

use std::collections::BTreeMap;

use dataplane::{
    daemon::{
        Daemon, Refusal,
        call::Call,
        document::{Key, kind},
        event::Event,
        loops::{Loops, reason},
        status::Status,
    },
    loops::Kind,
    spec::Fault,
    text::Text,
};
use serde_json::{Value, json};

use crate::{
    clock,
    output::{net::text_value, put as put_text},
};

/// Returns how a time is written: RFC 3339 in UTC, to the millisecond.
fn time(at_ms: u64) -> String {
    let seconds = clock::rfc3339(at_ms / 1000);
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), at_ms % 1000)
}

/// Returns how far the whole is.
fn whole(daemon: &Daemon) -> Value {
    let (applied, verified) = daemon.reached();
    json!({
        "generation": daemon.accepted().generation,
        "applied": applied,
        "verified": verified,
        "standing": daemon.standing().name(),
        "ready": daemon.is_ready(),
    })
}

/// Returns what became of a change.
pub(super) fn change(daemon: &Daemon, generation: u64, changed: bool) -> String {
    let mut document = whole(daemon);
    document["schema"] = "assay/dataplane-change/v1".into();
    document["generation"] = generation.into();
    document["changed"] = changed.into();
    document.to_string()
}

/// Returns how far the objects are that `wanted` picks; one line for each.
pub(super) fn statuses(daemon: &Daemon, wanted: &dyn Fn(&Key) -> bool) -> String {
    let mut head = whole(daemon);
    head["schema"] = "assay/dataplane-status/v1".into();
    // Object by object: a tree of all of them would be ten times the text.
    let head = head.to_string();
    let mut text = head.strip_suffix('}').unwrap_or(&head).to_owned();
    text.push_str(",\"objects\":[");
    let mut between = "\n";
    for (key, status) in daemon.statuses().filter(|(key, _status)| wanted(key)) {
        text.push_str(between);
        text.push_str(&one(&key, &status).to_string());
        between = ",\n";
    }
    text.push_str("]}\n");
    text
}

/// Returns how far one object is.
pub(super) fn status(key: &Key, status: &Status) -> String {
    let mut document = one(key, status);
    document["schema"] = "assay/dataplane-object/v1".into();
    document.to_string()
}

fn one((section, id): &Key, status: &Status) -> Value {
    json!({
        "kind": kind(section).unwrap_or(section),
        "id": id,
        "desired": status.desired,
        "applied": status.applied,
        "verified": status.verified,
        "state": status.state.name(),
        "reason": status.reason.as_ref().map(text_value),
    })
}

/// Returns the status of the answer to what was refused.
pub(super) fn code(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::NothingYet | Refusal::Stale { .. } | Refusal::NotAbove { .. } => 409,
        Refusal::NoExpectation { .. } => 428,
        Refusal::NoSuch { .. } => 404,
        Refusal::NoObject | Refusal::OtherId { .. } => 400,
        Refusal::TooLarge { .. } => 413,
        Refusal::Faults(_) | Refusal::Unfit { .. } => 422,
        _ => 500,
    }
}

/// Returns why something was refused, and what to do.
pub(super) fn refused(refusal: &Refusal) -> String {
    let mut faults = Vec::new();
    let (mut current, mut left_out) = (Value::Null, 0);
    match refusal {
        Refusal::Faults(errors) => {
            faults = errors.faults.iter().map(fault).collect();
            left_out = errors.left_out;
        }
        Refusal::NoExpectation { current: generation }
        | Refusal::Stale { current: generation, .. }
        | Refusal::NotAbove { current: generation, .. } => current = (*generation).into(),
        _ => {}
    }
    let mut told = refusal.to_string();
    let mut cause = std::error::Error::source(refusal);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    json!({
        "schema": "assay/dataplane-error/v1",
        "error": told,
        "hint": refusal.hint().as_ref().map(text_value),
        "current": current,
        "faults": faults,
        "left_out": left_out,
    })
    .to_string()
}

/// Returns what is wrong with a request itself.
pub(super) fn wrong(told: &str, hint: Option<&Text>) -> String {
    json!({
        "schema": "assay/dataplane-error/v1",
        "error": told,
        "hint": hint.map(text_value),
        "current": null,
        "faults": [],
        "left_out": 0,
    })
    .to_string()
}

fn fault(fault: &Fault) -> Value {
    json!({
        "in": fault.place.file.as_ref(),
        "line": fault.place.line,
        "pointer": fault.place.pointer,
        "about": text_value(&fault.about),
        "what": text_value(&fault.what),
        "hint": fault.hint.as_ref().map(text_value),
    })
}

/// Returns an event as a piece of a stream of events.
pub(super) fn event(event: &Event) -> String {
    let data = json!({
        "id": event.id,
        "time": time(event.at_ms),
        "kind": event.kind.name(),
        "generation": event.generation,
        "objects": event.objects,
        "text": text_value(&event.text),
        "steps": event.steps.iter().map(text_value).collect::<Vec<_>>(),
        "took_ms": event.took_ms,
    });
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.id, event.kind.name())
}

/// Returns the loops there are.
pub(super) fn loops(loops: &Loops) -> String {
    let found = loops.found.iter().map(|(port, finding)| {
        let (with, node) = match &finding.kind {
            Kind::Port(port) => (Some(port), None),
            Kind::Node(node, port) => (Some(port), Some(node)),
            Kind::Own | Kind::Before => (None, None),
        };
        json!({
            "port": port,
            "kind": finding.kind.name(),
            "with": with,
            "node": node,
            "blocked": finding.blocked,
            "since": time(finding.since_ms),
            "until": time(finding.until_ms),
            "strikes": finding.strikes,
            "text": text_value(&reason(port, finding)),
        })
    });
    json!({
        "schema": "assay/dataplane-loops/v1",
        "loops": found.collect::<Vec<_>>(),
        "sent": loops.counts.sent,
        "refused": loops.counts.refused,
    })
    .to_string()
}

/// Returns that a port is open.
pub(super) fn lifted(port: &str) -> String {
    json!({ "schema": "assay/dataplane-lifted/v1", "port": port }).to_string()
}

/// Returns the log of calls, the last one first.
pub(super) fn calls(daemon: &Daemon) -> String {
    let mut text = "{\"schema\":\"assay/dataplane-calls/v1\",\"calls\":[".to_owned();
    let mut between = "\n";
    for call in daemon.calls.all().rev() {
        text.push_str(between);
        text.push_str(&self::call(call).to_string());
        between = ",\n";
    }
    text.push_str("]}\n");
    text
}

fn call(call: &Call) -> Value {
    let caller = &call.caller;
    json!({
        "id": call.id,
        "time": time(call.at_ms),
        "interface": call.interface,
        "request": call.request,
        "response": call.response,
        "status": call.status,
        "error": call.error,
        "duration_us": call.duration_us,
        "caller": { "pid": caller.process, "uid": caller.user, "gid": caller.group },
    })
}

/// Returns figures as Prometheus reads them (text format 0.0.4). `resident` is what memory
/// this process has, in bytes.
pub(super) fn metrics(daemon: &Daemon, resident: Option<u64>) -> String {
    let mut text = String::new();
    let mut put = |name: &str, kind: &str, help: &str, values: &[(String, u64)]| {
        let name = format!("assay_dataplane_{name}");
        put_text(&mut text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        for (labels, value) in values {
            put_text(&mut text, format_args!("{name}{labels} {value}\n"));
        }
    };
    let bare = |value: u64| vec![(String::new(), value)];
    let (applied, verified) = daemon.reached();
    let generations =
        [("accepted", daemon.accepted().generation), ("applied", applied), ("verified", verified)];
    let generations = generations.map(|(of, value)| (format!("{{of=\"{of}\"}}"), value));
    put("generation", "gauge", "Number of the desired state.", &generations);
    let help = "Whether all that was accepted reads back as wanted.";
    put("ready", "gauge", help, &bare(daemon.is_ready().into()));
    let mut objects: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for ((section, _id), status) in daemon.statuses() {
        let name = kind(&section).unwrap_or(&section).to_owned();
        *objects.entry((name, status.state.name())).or_default() += 1;
    }
    let objects: Vec<(String, u64)> = objects
        .into_iter()
        .map(|((kind, state), count)| (format!("{{kind=\"{kind}\",state=\"{state}\"}}"), count))
        .collect();
    put("objects", "gauge", "Objects of the desired state by how far they are.", &objects);
    let counts = daemon.counts;
    put(
        "tasks_total",
        "counter",
        "Times that the kernel was looked at and planned for.",
        &bare(counts.tasks),
    );
    put("steps_total", "counter", "Steps that the kernel was asked for.", &bare(counts.steps));
    put("drifts_total", "counter", "Times that a difference was mended.", &bare(counts.drifts));
    put("failures_total", "counter", "Tasks that failed.", &bare(counts.failures));
    let help = "Connections that were cut as no longer permitted.";
    put("connections_cut_total", "counter", help, &bare(counts.cut));
    let blocked = daemon.loops.found.values().filter(|finding| finding.blocked).count();
    let loops = [("found", daemon.loops.found.len()), ("blocked", blocked)];
    let loops = loops.map(|(state, count)| {
        (format!("{{state=\"{state}\"}}"), u64::try_from(count).unwrap_or(u64::MAX))
    });
    put("loops", "gauge", "Ports that are looped outside, and closed for it.", &loops);
    put("loops_total", "counter", "Loops that were found.", &bare(daemon.loops.total));
    let probes = daemon.loops.counts;
    put("loop_probes_total", "counter", "Probes for loops that were sent.", &bare(probes.sent));
    let help = "Probes that came in and meant nothing: forged, old, of nobody here.";
    put("loop_probes_refused_total", "counter", help, &bare(probes.refused));
    put("events_total", "counter", "Events so far.", &bare(daemon.events.last()));
    if let Some(resident) = resident {
        put("resident_bytes", "gauge", "Memory of this process.", &bare(resident));
    }
    text
}
