//! What was found of BMCs by asking everybody, as text, JSON, CSV, and as a list of hosts.

use std::{collections::BTreeSet, num::NonZeroU16, time::Duration};

use bmc::{
    discover::{By, Heard, Ipmi, Kind, Redfish, Seen},
    ipmi::{Pong, command::device},
};
use profiles::{Lang, Text};
use serde_json::{Value, json};

use super::page::quoted;
use crate::output::{
    Layout, Tone, put,
    table::{Cell, Table},
};

/// Where no more were asked than these, each that is silent is named.
const FEW: usize = 16;

/// An address that was asked.
#[derive(Debug)]
pub struct Asked {
    /// What it was found to be.
    pub seen: Seen,
    /// How it came to be asked.
    pub by: BTreeSet<By>,
    /// What it answered to a search.
    pub heard: Option<Heard>,
    /// The port of IPMI that was asked, where it is not the usual one.
    pub ipmi_port: Option<NonZeroU16>,
}

/// All that were asked.
#[derive(Debug)]
pub struct Sweep {
    /// Each address, in their order.
    pub asked: Vec<Asked>,
    /// How long it took.
    pub took: Duration,
}

impl Sweep {
    /// Returns those that are BMCs.
    pub fn bmcs(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|one| one.seen.kind() == Kind::Bmc)
    }

    /// Returns those that are told of.
    fn told(&self) -> impl Iterator<Item = &Asked> {
        let few = self.asked.len() <= FEW;
        self.asked.iter().filter(move |one| few || one.seen.kind() != Kind::Silent)
    }

    fn count(&self, kind: Kind) -> usize {
        self.asked.iter().filter(|one| one.seen.kind() == kind).count()
    }
}

/// Each kind: its word, and what it is called in Chinese and in English.
const KINDS: [(Kind, &str, &str, &str, Option<Tone>); 5] = [
    (Kind::Bmc, "bmc", "BMC", "BMC", Some(Tone::Good)),
    (Kind::Web, "web-server", "网页服务，不是 BMC", "web server, no BMC", None),
    (Kind::Other, "other", "不是 Redfish", "no Redfish", None),
    (Kind::Closed, "closed", "端口未开放", "ports closed", None),
    (Kind::Silent, "silent", "无应答", "silent", None),
];

fn word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(known, ..)| *known == kind).map_or("", |(_, word, ..)| word)
}

/// Cells of an address, the same for people and for spreadsheets.
struct Row {
    redfish: String,
    ipmi: String,
    vendor: String,
    product: String,
    uuid: String,
    pin: String,
}

impl Row {
    fn of(one: &Asked) -> Self {
        let mut row = Self {
            redfish: String::new(),
            ipmi: String::new(),
            vendor: String::new(),
            product: String::new(),
            uuid: one.heard.as_ref().and_then(|heard| heard.uuid.clone()).unwrap_or_default(),
            pin: String::new(),
        };
        match &one.seen.redfish {
            Redfish::Service(service) => {
                let said = |text: &Option<String>| text.clone().unwrap_or_default();
                row.redfish = service.version.clone().unwrap_or_else(|| "?".to_owned());
                (row.vendor, row.product) = (said(&service.vendor), said(&service.product));
                if let Some(uuid) = &service.uuid {
                    row.uuid.clone_from(uuid);
                }
                row.pin = service.pin.map(|pin| pin.to_string()).unwrap_or_default();
            }
            Redfish::Else { pin, .. } => {
                row.pin = pin.map(|pin| pin.to_string()).unwrap_or_default();
            }
            Redfish::Nothing { .. } => {}
        }
        if let Ipmi::Answers(pong) = &one.seen.ipmi {
            version(pong).clone_into(&mut row.ipmi);
            if row.vendor.is_empty() {
                maker(pong).unwrap_or_default().clone_into(&mut row.vendor);
            }
        }
        row
    }
}

/// Returns the version of IPMI that is told.
fn version(pong: &Pong) -> &'static str {
    match (pong.told, pong.ipmi_2, pong.ipmi_1_5) {
        (true, true, _) => "2.0",
        (true, false, true) => "1.5",
        _ if pong.presence => "?",
        _ => "",
    }
}

fn maker(pong: &Pong) -> Option<&'static str> {
    pong.manufacturer.and_then(device::maker)
}

/// Returns what was found for people.
pub fn page(sweep: &Sweep, layout: Layout) -> String {
    let tr = |zh: &'static str, en: &'static str| match layout.lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut table = Table::new([
        tr("地址", "address"),
        tr("是什么", "what"),
        "Redfish",
        "IPMI",
        tr("厂商", "vendor"),
        tr("产品", "product"),
        "UUID",
        "SHA-256",
    ]);
    let mut text = String::new();
    let mut hints: Vec<((&str, &str), Vec<String>)> = Vec::new();
    let mut remarks = Vec::new();
    for one in sweep.told() {
        let kind = one.seen.kind();
        let what = KINDS.iter().find(|(known, ..)| *known == kind).map_or_else(
            Cell::default,
            |(_, _, zh, en, tone)| Cell { text: tr(zh, en).to_owned(), tone: *tone },
        );
        let address = one.seen.address.to_string();
        let row = Row::of(one);
        table.row([
            Cell::from(address.as_str()),
            what,
            row.redfish.into(),
            row.ipmi.into(),
            row.vendor.into(),
            row.product.into(),
            row.uuid.into(),
            row.pin.into(),
        ]);
        if let Redfish::Else { error, .. } = &one.seen.redfish {
            let said = Text::new(error.in_chinese(), error.to_string());
            remarks.push(format!("{address}: {}", said.get(layout.lang)));
        }
        if let Some(root) = one.heard.as_ref().and_then(|heard| heard.elsewhere.as_ref()) {
            let said = tr(
                "它所报的根在别处，未查看：",
                "the root that it names is elsewhere, and was not asked: ",
            );
            remarks.push(format!("{address}: {said}{}", crate::failure::one_line(root)));
        }
        if let Some(next) = one.seen.next() {
            match hints.iter_mut().find(|(known, _)| *known == next) {
                Some((_, addresses)) => addresses.push(address),
                None => hints.push((next, vec![address])),
            }
        }
    }
    if !table.rows.is_empty() {
        text.push_str(&table.render(layout.paint, layout.columns));
    }
    for remark in remarks {
        put(&mut text, format_args!("{remark}\n"));
    }
    for ((zh, en), addresses) in hints {
        let first = addresses.first().map_or("", String::as_str);
        let more = addresses.len() - 1;
        let whose = match layout.lang {
            _ if more == 0 => first.to_owned(),
            Lang::Zh => format!("{first} 等 {} 台", addresses.len()),
            Lang::En => format!("{first} and {more} more"),
        };
        put(&mut text, format_args!("  {}: {whose}: {}\n", tr("下一步", "next"), tr(zh, en)));
    }
    text.push_str(&sum(sweep, layout.lang));
    text
}

/// Counts the addresses by what they are.
fn sum(sweep: &Sweep, lang: Lang) -> String {
    let counts = KINDS.iter().filter_map(|(kind, _, zh, en, _)| {
        let count = sweep.count(*kind);
        (count > 0).then(|| {
            format!(
                "{} {count}",
                match lang {
                    Lang::Zh => zh,
                    Lang::En => en,
                }
            )
        })
    });
    let counts: Vec<String> = counts.collect();
    let seconds = format!("{}.{}", sweep.took.as_secs(), sweep.took.subsec_millis() / 100);
    let sum = Text::new(
        format!("共询问 {} 个地址，用时 {seconds} 秒：{}", sweep.asked.len(), counts.join("，")),
        format!("asked {} addresses in {seconds} s: {}", sweep.asked.len(), counts.join(", ")),
    );
    format!("{}\n", sum.get(lang).trim_end_matches([':', '：', ' ']))
}

/// Returns the same for spreadsheets: a line an address that is told of.
pub fn csv(sweep: &Sweep) -> String {
    let mut text = "address,what,redfish,ipmi,vendor,product,uuid,sha256,found-by\r\n".to_owned();
    for one in sweep.told() {
        let row = Row::of(one);
        let address = one.seen.address.to_string();
        let by = by(one).join(" ");
        let what = word(one.seen.kind());
        let cells: [&str; 9] = [
            &address,
            what,
            &row.redfish,
            &row.ipmi,
            &row.vendor,
            &row.product,
            &row.uuid,
            &row.pin,
            &by,
        ];
        let line: Vec<String> = cells.into_iter().map(quoted).collect();
        put(&mut text, format_args!("{}\r\n", line.join(",")));
    }
    text
}

fn by(one: &Asked) -> Vec<&'static str> {
    let word = |by: &By| match by {
        By::Address => "address",
        By::Ssdp => "ssdp",
        By::Link => "link-local",
    };
    one.by.iter().map(word).collect()
}

/// Returns the BMCs as a list of hosts. Fingerprints are not in it: one that was only seen would
/// count as one that was compared.
pub fn list(sweep: &Sweep) -> String {
    let mut text = "address,serial,rack,u,dialect,in-service,credential,ipmi-port\r\n".to_owned();
    for one in sweep.bmcs() {
        let port = one.ipmi_port.map(|port| port.to_string()).unwrap_or_default();
        put(&mut text, format_args!("{},,,,,,,{port}\r\n", one.seen.address));
    }
    text
}

/// Returns the same for programs: `assay/bmc-discover/v1`.
pub fn document(sweep: &Sweep) -> Value {
    let mut counts = serde_json::Map::new();
    counts.extend(
        KINDS.iter().map(|(kind, word, ..)| ((*word).to_owned(), Value::from(sweep.count(*kind)))),
    );
    let found: Vec<Value> = sweep.told().map(host).collect();
    let took = u64::try_from(sweep.took.as_millis()).unwrap_or(u64::MAX);
    json!({ "schema": "assay/bmc-discover/v1", "asked": sweep.asked.len(), "took_ms": took,
            "counts": counts, "found": found })
}

fn host(one: &Asked) -> Value {
    let redfish = match &one.seen.redfish {
        Redfish::Service(service) => json!({
            "version": service.version, "vendor": service.vendor, "product": service.product,
            "uuid": service.uuid, "hidden": service.hidden,
            "sha256": service.pin.map(|pin| pin.to_string()),
        }),
        Redfish::Else { .. } | Redfish::Nothing { .. } => Value::Null,
    };
    let https = match &one.seen.redfish {
        Redfish::Service(_) => Value::Null,
        Redfish::Else { pin, error } => json!({
            "sha256": pin.map(|pin| pin.to_string()),
            "reason": { "zh": error.in_chinese(), "en": error.to_string() },
        }),
        Redfish::Nothing { closed } => json!({ "closed": closed }),
    };
    let ipmi = match &one.seen.ipmi {
        Ipmi::Answers(pong) => json!({
            "version": version(pong), "presence": pong.presence, "anonymous": pong.anonymous,
            "nameless": pong.nameless, "kg": pong.kg, "unauthenticated": pong.unauthenticated,
            "manufacturer": pong.manufacturer, "maker": maker(pong),
        }),
        Ipmi::Nothing { .. } => Value::Null,
    };
    let next = one.seen.next().map(|(zh, en)| json!({ "zh": zh, "en": en }));
    let elsewhere = one.heard.as_ref().and_then(|heard| heard.elsewhere.as_ref());
    json!({
        "address": one.seen.address.to_string(), "what": word(one.seen.kind()),
        "found_by": by(one), "redfish": redfish, "https": https, "ipmi": ipmi,
        "announced_uuid": one.heard.as_ref().and_then(|heard| heard.uuid.as_ref()),
        "announced_elsewhere": elsewhere, "next": next,
    })
}
