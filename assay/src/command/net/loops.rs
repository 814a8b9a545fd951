//! `assay net loops`: whether tenants have made loops, found by probes without a daemon; and
//! `assay net unblock`: what the daemon has closed for one.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

use dataplane::{
    daemon::loops::reason,
    desired::loops::{Action, LoopDetection},
    loops::{Finding, Key},
};
use profiles::{Lang, Text};
use serde_json::{Value, json};

use super::{
    place::{Place, Wish},
    source::Source,
};
use crate::{
    cli::{
        Format,
        net::{Loops, Unblock},
    },
    clock,
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
    output::net::{say, text_value},
};

/// Fewest bytes of a secret.
const SECRET: usize = 16;

/// Reads a secret that nodes share.
pub(in crate::command) fn shared_key(path: &str) -> io::Result<Key> {
    let secret = fs::read(path)?;
    let secret = secret.trim_ascii();
    if secret.len() < SECRET {
        return Err(io::Error::other(format!("a secret has {SECRET} bytes or more")));
    }
    Ok(Key::of(secret))
}

/// Sends probes for a while, and tells of the loops that were found; closes nothing.
pub(super) fn run(arguments: &Loops, console: &mut Console) -> Result<Exit, Failure> {
    let place = Place::of(&arguments.place)?;
    let source = match &arguments.file {
        Some(file) => Source::read(file)?,
        None => place.applied()?,
    };
    let Some(mut desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let key_file = desired.node.loops.as_ref().and_then(|loops| loops.key_file.clone());
    let shared = key_file.as_deref().map(shared_key).transpose().map_err(|error| {
        let path = key_file.as_deref().unwrap_or_default();
        Failure::unable(text("无法使用密钥文件 `{}`", "cannot use key file `{}`", &[path]))
            .because(error)
    })?;
    // Each port is heard at least twice.
    let interval = (arguments.seconds / 3).clamp(1, 300);
    let recovery = 3600;
    desired.node.loops = Some(LoopDetection {
        interval,
        action: Action::Report,
        recovery,
        storm_limit: 0,
        key_file,
    });
    drop(place.open(Wish::Look)?);
    let cannot = |error: io::Error| {
        Failure::unable(Text::new("无法收发探测帧", "cannot send and hear probes")).because(error)
    };
    let mut guard = place.guard().map_err(cannot)?;
    guard.look_only();
    guard.take(&desired, shared);
    let end = clock::instant() + Duration::from_secs(arguments.seconds.into());
    while clock::instant() < end {
        guard.turn().map_err(cannot)?;
    }
    let detector = guard.detector();
    let mut found = BTreeMap::new();
    found.extend(detector.findings());
    let sent = guard.ports_sent();
    let ports = desired.ports.len();
    match arguments.output {
        Format::Json => {
            let loops: Vec<Value> = found.iter().map(|(port, it)| value(port, it)).collect();
            let document = json!({
                "schema": "assay/net-loops/v1",
                "node": desired.node.name,
                "ports": ports,
                "probed": sent,
                "across_nodes": desired.node.loops.as_ref().is_some_and(|it| it.key_file.is_some()),
                "loops": loops,
            });
            print_json(&document, console)?;
        }
        Format::Text => {
            let layout = layout(console);
            let mut page = String::new();
            for (port, finding) in &found {
                page.push_str(&say(&reason(port, finding), layout));
                page.push('\n');
            }
            let (zh, en) = (
                "已探测 {0} / {1} 个端口，发现环路 {2} 处",
                "ports probed: {0} of {1}; loops found: {2}",
            );
            let told = dataplane::text::Text::of(zh, en, &[&sent, &ports, &found.len()]);
            page.push_str(&say(&told, layout));
            page.push('\n');
            console.print(&page)?;
        }
    }
    Ok(match () {
        () if !found.is_empty() => Exit::Failed,
        // What was not probed is not known.
        () if sent < ports => Exit::Unknown,
        () => Exit::Wanted,
    })
}

fn value(port: &str, finding: &Finding) -> Value {
    json!({
        "port": port,
        "kind": finding.kind.name(),
        "text": text_value(&reason(port, finding)),
    })
}

/// Lists what the daemon found, or has a port opened.
pub(super) fn unblock(arguments: &Unblock, console: &mut Console) -> Result<Exit, Failure> {
    let (method, path) = match &arguments.port {
        Some(port) => ("DELETE", format!("/v1/loops/{port}")),
        None => ("GET", "/v1/loops".to_owned()),
    };
    let shown = arguments.socket.display().to_string();
    let cannot = |error: io::Error| {
        Failure::unable(text("无法连接 `{}`", "cannot connect to `{}`", &[&shown]))
            .because(error)
            .hint(Text::new(
                "守护进程在运行吗？没有守护进程时：ip link set dev DEVICE type bridge_slave state 3",
                "does `assay daemon dataplane` run? Without it: `ip link set dev DEVICE type \
                 bridge_slave state 3`",
            ))
    };
    let mut stream = UnixStream::connect(&arguments.socket).map_err(cannot)?;
    let request = format!("{method} {path} HTTP/1.0\r\nHost: node\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(cannot)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(cannot)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let code = head.split(' ').nth(1).unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    if code != "200" {
        let told = one_line(body["error"].as_str().unwrap_or(head));
        let message = text("`{}` 拒绝：{1}", "`{}` refuses: {1}", &[&shown, &told]);
        return Err(Failure::usage(message));
    }
    if arguments.output == Format::Json {
        print_json(&body, console)?;
        return Ok(Exit::Wanted);
    }
    let zh = console.lang == Lang::Zh;
    let mut page = String::new();
    for found in body["loops"].as_array().into_iter().flatten() {
        let told = &found["text"][if zh { "zh" } else { "en" }];
        page.push_str(found["since"].as_str().unwrap_or_default());
        page.push(' ');
        page.push_str(&one_line(told.as_str().unwrap_or_default()));
        if let (Some(until), Some(true)) = (found["until"].as_str(), found["blocked"].as_bool()) {
            page.push_str(if zh {
                "；若不再听到，恢复于 "
            } else {
                "; opens, if nothing more is heard, at "
            });
            page.push_str(until);
        }
        page.push('\n');
    }
    if page.is_empty() {
        page.push_str(match (&arguments.port, zh) {
            (Some(_), true) => "已开通\n",
            (Some(_), false) => "it is open\n",
            (None, true) => "没有环路\n",
            (None, false) => "no loops\n",
        });
    }
    console.print(&page)?;
    Ok(Exit::Wanted)
}
