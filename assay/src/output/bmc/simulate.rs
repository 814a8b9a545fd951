//! Simulated hosts as text and as JSON: where they are, and how to talk to them.

use std::path::PathBuf;

use bmc::simulate::{knobs, serve::Place};
use profiles::{Lang, Text};
use serde_json::{Value, json};

use crate::output::{Layout, put, table::Table};

/// Hosts that are shown one by one; of more the list is in its file.
const MOST_SHOWN: usize = 40;

/// A simulated host.
#[derive(Debug)]
pub struct Shown {
    /// Where it is.
    pub place: Place,
    /// What it is taken for.
    pub dialect: String,
    /// The names of its faults.
    pub faults: Vec<String>,
}

/// The files that were written.
#[derive(Debug)]
pub struct Paths {
    /// The list of hosts.
    pub list: PathBuf,
    /// The credential.
    pub credentials: PathBuf,
}

/// Returns the table of hosts, and what to do next.
pub fn page(shown: &[Shown], user: &str, paths: &Paths, layout: Layout) -> String {
    let tr = |zh: &'static str, en: &'static str| match layout.lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut table = Table::new([
        "BMC",
        tr("序列号", "serial"),
        tr("品牌", "dialect"),
        tr("故障", "faults"),
        "SHA-256",
    ]);
    for one in shown.iter().take(MOST_SHOWN) {
        table.row([
            one.place.address.to_string().into(),
            one.place.serial.as_str().into(),
            one.dialect.as_str().into(),
            one.faults.join(", ").into(),
            one.place.pin.to_string().into(),
        ]);
    }
    let mut text = table.render(layout.paint, layout.columns);
    if shown.len() > MOST_SHOWN {
        let rest = shown.len() - MOST_SHOWN;
        let more = Text::new(format!("…另有 {rest} 台\n"), format!("… and {rest} more\n"));
        text.push_str(more.get(layout.lang));
    }
    let (list, credentials) = (paths.list.display(), paths.credentials.display());
    let lines = [
        Text::new(
            format!("清单 {list}；用户 {user}，密码在 {credentials}"),
            format!("list {list}; user {user}, the password is in {credentials}"),
        ),
        Text::new(
            format!(
                "接着试：assay bmc --hosts {list} --credentials {credentials} info（按 Ctrl-C 结束模拟）"
            ),
            format!(
                "try next: assay bmc --hosts {list} --credentials {credentials} info (Ctrl-C ends the \
                 simulation)"
            ),
        ),
    ];
    for line in lines {
        put(&mut text, format_args!("{}\n", line.get(layout.lang)));
    }
    text
}

/// Returns the same for programs: `assay/bmc-simulate/v1`.
pub fn document(shown: &[Shown], user: &str, paths: &Paths) -> Value {
    let host = |one: &Shown| {
        json!({ "address": one.place.address.to_string(), "serial": one.place.serial,
            "dialect": one.dialect, "faults": one.faults, "sha256": one.place.pin.to_string() })
    };
    let hosts: Vec<Value> = shown.iter().map(host).collect();
    json!({ "schema": "assay/bmc-simulate/v1", "user": user, "list": paths.list,
        "credentials": paths.credentials, "hosts": hosts })
}

/// Returns the table of faults.
pub fn faults(layout: Layout) -> String {
    let tr = |zh: &'static str, en: &'static str| match layout.lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut table = Table::new([tr("名称", "name"), "=N", tr("作用", "what it does")]);
    for (_, name, usual, zh, en) in knobs::ALL {
        let usual = if *usual == 1 { String::new() } else { usual.to_string() };
        table.row([(*name).into(), usual.into(), tr(zh, en).into()]);
    }
    table.render(layout.paint, layout.columns)
}
