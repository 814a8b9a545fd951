//! The columns and rows of each finding.

mod audit;
mod interop;
mod parts;
mod probe;
mod store;

use bmc::{
    operation::{boot, identity::Identity, log, sensor},
    redfish::client::Subscription,
};
use profiles::Lang;

use super::{
    super::{
        adoption,
        found::{Found, Met},
    },
    power,
};
use crate::{
    failure::one_line,
    output::{
        Tone,
        table::{Cell, Table},
    },
};

/// Returns whether the finding is a text of its own.
pub(super) fn is_plain(met: &Met) -> bool {
    matches!(met, Met::Found { found: Found::Raw { .. } | Found::Judged(_), .. })
}

/// Returns whether it was a change.
pub(super) fn is_act(met: &Met) -> bool {
    match met {
        Met::Found { found, .. } => found.acted().is_some(),
        Met::Earlier(earlier) => earlier.head.is_empty(),
        _ => false,
    }
}

/// Returns whether it is told even where it is not as wanted.
pub(super) fn is_told(met: &Met) -> bool {
    matches!(met, Met::Found { found: Found::Audit(_) | Found::Adopted(_), .. })
}

/// Returns that text.
pub(super) fn plain(met: &Met, lang: Lang) -> String {
    match met {
        Met::Found { found: Found::Raw { text, .. }, .. } => format!("{text}\n"),
        Met::Found { found: Found::Judged(judged), .. } => interop::plain(judged, lang),
        _ => String::new(),
    }
}

/// Returns a row for each requirement, where hosts were judged by a profile.
pub(super) fn listing(hosts: &[(&str, &Met)], lang: Lang) -> Option<Table> {
    interop::listing(hosts, lang)
}

/// Returns the table of one host.
pub(super) fn one(met: &Met, lang: Lang) -> Table {
    if let Met::Found { found: Found::Probe(cells), .. } = met {
        return probe::one(cells, lang);
    }
    let mut table = Table { head: head(met, lang).unwrap_or_default(), rows: rows(met, lang) };
    // Much of one thing reads better down than across.
    if let [row] = table.rows.as_slice()
        && row.len() > 4
    {
        let pairs = table.head.iter().zip(row);
        let down = pairs.filter(|(_, cell)| !cell.text.is_empty());
        let down = down.map(|(name, cell)| vec![Cell::from(name.clone()), cell.clone()]).collect();
        table = Table {
            head: vec![pick(lang, ("项目", "what")), pick(lang, ("内容", "found"))],
            rows: down,
        };
    }
    if table.rows.is_empty() && !table.head.is_empty() {
        let nothing = pick(lang, ("（没有）", "(none)"));
        let mut row = vec![Cell::from(nothing)];
        row.resize(table.head.len(), Cell::default());
        table.rows.push(row);
    }
    table
}

fn pick(lang: Lang, pair: (&str, &str)) -> String {
    match lang {
        Lang::Zh => pair.0.to_owned(),
        Lang::En => pair.1.to_owned(),
    }
}

/// Returns the headings of a finding.
#[expect(clippy::too_many_lines, reason = "an arm for each finding, and nothing else")]
pub(super) fn head(met: &Met, lang: Lang) -> Option<Vec<String>> {
    let found = match met {
        Met::Found { found, .. } => found,
        Met::Earlier(earlier) => return Some(earlier.head.clone()),
        _ => return None,
    };
    let names: &[(&str, &str)] = match found {
        Found::Probe(_) => return Some(probe::head(lang)),
        Found::Judged(_) => return Some(interop::head(lang)),
        Found::Identity(_) => &[
            ("厂商", "maker"),
            ("型号", "model"),
            ("序列号", "serial"),
            ("资产号", "asset"),
            ("BMC", "BMC"),
            ("BMC 固件", "BMC firmware"),
            ("BIOS", "BIOS"),
            ("BMC 名称", "BMC name"),
            ("协议", "protocol"),
            ("方言", "dialect"),
            ("电源", "power"),
            ("健康", "health"),
            ("UUID", "UUID"),
        ],
        Found::Power(..) => &[("电源", "power"), ("功率", "draw")],
        Found::Boot(_) => &[("启动自", "boots from"), ("时效", "lasting"), ("固件", "firmware")],
        Found::Raw { .. } => &[("应答", "answer")],
        Found::Recorded { .. } => &[
            ("文件", "file"),
            ("资源", "resources"),
            ("替换", "stand-ins"),
            ("去除", "cut"),
            ("完整", "complete"),
        ],
        Found::Acted(_)
        | Found::Unable { .. }
        | Found::Console(_)
        | Found::Watched { .. }
        | Found::Surveyed(_) => &[],
        Found::Adopted(_) => adoption::HEAD,
        Found::Audit(_) => audit::HEAD,
        Found::Components(_) => store::COMPONENTS,
        Found::Renewed(_) => store::CHANGES,
        Found::Arrays(_) => store::ARRAYS,
        Found::Sensors(_) => &[
            ("传感器", "sensor"),
            ("读数", "reading"),
            ("状态", "state"),
            ("下限 紧急/严重/轻微", "lower nr/cr/nc"),
            ("上限 轻微/严重/紧急", "upper nc/cr/nr"),
        ],
        Found::Log(_) => &[
            ("日志", "log"),
            ("编号", "id"),
            ("时间", "time"),
            ("级别", "severity"),
            ("来源", "origin"),
            ("内容", "message"),
        ],
        Found::Inventory(_) => parts::HEAD,
        Found::Frus(_) => {
            &[("部件", "part"), ("区域", "area"), ("字段", "field"), ("内容", "text")]
        }
        Found::Setting(seen) => seen.head(),
        Found::Media(_) => {
            &[("槽位", "slot"), ("类型", "takes"), ("已插入", "inserted"), ("镜像", "image")]
        }
        Found::Subscriptions(_) => &[
            ("编号", "id"),
            ("发往", "to"),
            ("标记", "context"),
            ("协议", "protocol"),
            ("类型", "kind"),
            ("状态", "state"),
        ],
        Found::Tasks(_) => &[
            ("任务", "task"),
            ("名称", "name"),
            ("状态", "state"),
            ("进度", "done"),
            ("消息", "message"),
        ],
    };
    Some(names.iter().map(|name| pick(lang, *name)).collect())
}

/// Returns the rows of a finding.
#[expect(clippy::too_many_lines, reason = "an arm for each finding, and nothing else")]
pub(super) fn rows(met: &Met, lang: Lang) -> Vec<Vec<Cell>> {
    let found = match met {
        Met::Found { found, .. } => found,
        Met::Earlier(earlier) => {
            let cells = |row: &Vec<String>| row.iter().map(|text| text.as_str().into()).collect();
            return earlier.rows.iter().map(cells).collect();
        }
        _ => return Vec::new(),
    };
    match found {
        Found::Identity(identity) => vec![of_identity(identity, lang)],
        Found::Power(state, draw) => {
            let tone = if state.is_some() { None } else { Some(Tone::Bad) };
            let state = Cell { text: pick(lang, power(*state)), tone };
            let draw =
                draw.as_ref().filter(|draw| draw.active).map(|draw| format!("{} W", draw.watts));
            vec![vec![state, draw.unwrap_or_default().into()]]
        }
        Found::Boot(seen) => vec![of_boot(*seen, lang)],
        // One line: what reads as JSON is asked for as JSON.
        Found::Raw { text, .. } => vec![vec![one_line(text).into()]],
        Found::Acted(_)
        | Found::Unable { .. }
        | Found::Console(_)
        | Found::Watched { .. }
        | Found::Surveyed(_) => Vec::new(),
        Found::Adopted(one) => adoption::rows(one, lang),
        Found::Audit(audited) => audit::rows(audited, lang),
        Found::Components(read) => {
            read.value.iter().map(|one| store::component(one, lang)).collect()
        }
        Found::Renewed(renewed) => renewed.changes.iter().map(store::change).collect(),
        Found::Arrays(read) => store::arrays(&read.value, lang),
        Found::Sensors(read) => read.value.iter().map(|one| of_sensor(one, lang)).collect(),
        Found::Log(read) => read.value.iter().map(|entry| of_entry(entry, lang)).collect(),
        Found::Inventory(read) => parts::rows(&read.value, lang),
        Found::Frus(read) => {
            let fields =
                read.value.iter().flat_map(|fru| fru.fields.iter().map(move |field| (fru, field)));
            fields
                .map(|(fru, field)| {
                    let cells = [fru.name.as_str(), field.area, &field.name, &field.text];
                    cells.map(Cell::from).to_vec()
                })
                .collect()
        }
        Found::Recorded { file, resources, replaced, cut, whole } => vec![vec![
            file.as_str().into(),
            resources.to_string().into(),
            replaced.to_string().into(),
            cut.to_string().into(),
            yes_no(Some(*whole), lang).into(),
        ]],
        Found::Setting(seen) => seen.rows(lang),
        Found::Media(slots) => slots
            .iter()
            .map(|slot| {
                vec![
                    slot.id.as_str().into(),
                    slot.kinds.join(", ").into(),
                    yes_no(slot.inserted, lang).into(),
                    slot.image.clone().unwrap_or_default().into(),
                ]
            })
            .collect(),
        Found::Subscriptions(all) => {
            let said = |text: &Option<String>| Cell::from(text.clone().unwrap_or_default());
            let row = |one: &Subscription| {
                let more = [&one.destination, &one.context, &one.protocol, &one.kind, &one.state];
                let mut row = vec![Cell::from(one.id.as_str())];
                row.extend(more.map(said));
                row
            };
            all.iter().map(row).collect()
        }
        Found::Probe(cells) => vec![probe::row(cells, lang)],
        Found::Judged(judged) => vec![interop::row(judged)],
        Found::Tasks(tasks) => tasks
            .iter()
            .map(|task| {
                let percent = task.percent.map(|percent| format!("{percent} %"));
                vec![
                    task.path.rsplit('/').next().unwrap_or_default().into(),
                    task.name.as_str().into(),
                    task.state.as_str().into(),
                    percent.unwrap_or_default().into(),
                    task.message.as_str().into(),
                ]
            })
            .collect(),
    }
}

fn yes_no(is: Option<bool>, lang: Lang) -> String {
    match is {
        Some(true) => pick(lang, ("是", "yes")),
        Some(false) => pick(lang, ("否", "no")),
        None => pick(lang, ("未知", "unknown")),
    }
}

fn of_identity(identity: &Identity, lang: Lang) -> Vec<Cell> {
    let said = |text: &Option<String>| Cell::from(text.clone().unwrap_or_default());
    vec![
        said(&identity.manufacturer),
        said(&identity.model),
        said(&identity.serial),
        said(&identity.asset),
        said(&identity.bmc_model),
        said(&identity.bmc_version),
        said(&identity.bios_version),
        said(&identity.host_name),
        identity.protocol.as_str().into(),
        said(&identity.dialect),
        pick(lang, power(identity.power)).into(),
        said(&identity.health),
        said(&identity.uuid),
    ]
}

fn of_boot(seen: boot::Seen, lang: Lang) -> Vec<Cell> {
    let device = match seen.device {
        Some(boot::Device::None) => ("无覆盖，按固件顺序", "no override: as its firmware has it"),
        Some(boot::Device::Pxe) => ("网络（PXE）", "network (PXE)"),
        Some(boot::Device::Http) => ("网络（HTTP）", "network (HTTP)"),
        Some(boot::Device::Disk) => ("硬盘", "disk"),
        Some(boot::Device::Cd) => ("光盘", "CD"),
        Some(boot::Device::Bios) => ("BIOS 设置", "set-up of its firmware"),
        None => ("未知", "unknown"),
    };
    let lasting = match seen.lasting {
        Some(boot::Lasting::Once) => ("仅下次", "once"),
        Some(boot::Lasting::Persistent) => ("持续", "until changed"),
        None => ("", ""),
    };
    let firmware = match seen.firmware {
        Some(boot::Firmware::Uefi) => "UEFI",
        Some(boot::Firmware::Legacy) => "BIOS",
        None => "",
    };
    vec![pick(lang, device).into(), pick(lang, lasting).into(), firmware.into()]
}

fn of_sensor(one: &sensor::Sensor, lang: Lang) -> Vec<Cell> {
    use sensor::State;
    let reading = match one.reading {
        Some(value) => format!("{} {}", number(value), one.unit.as_deref().unwrap_or_default()),
        None => one.asserted.join(", "),
    };
    let (word, tone) = match one.state {
        State::Ok => (("正常", "ok"), Some(Tone::Good)),
        State::Warning => (("警告", "warning"), Some(Tone::Bad)),
        State::Critical => (("严重", "CRITICAL"), Some(Tone::Bad)),
        State::Unavailable => (("无读数", "no reading"), None),
        State::Unknown => (("未知", "unknown"), None),
    };
    let limits = |limits: [Option<f64>; 3]| {
        if limits.iter().all(Option::is_none) {
            return String::new();
        }
        limits.map(|limit| limit.map_or_else(|| "-".to_owned(), number)).join(" / ")
    };
    let at = &one.thresholds;
    vec![
        one.name.as_str().into(),
        reading.trim_end().into(),
        Cell { text: pick(lang, word), tone },
        limits([at.lower_non_recoverable, at.lower_critical, at.lower_non_critical]).into(),
        limits([at.upper_non_critical, at.upper_critical, at.upper_non_recoverable]).into(),
    ]
}

/// Writes a reading with as many digits as say something.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn of_entry(entry: &log::Entry, lang: Lang) -> Vec<Cell> {
    use log::Severity;
    let (word, tone) = match entry.severity {
        Severity::Unknown => (("", ""), None),
        Severity::Ok => (("正常", "ok"), None),
        Severity::Warning => (("警告", "warning"), Some(Tone::Bad)),
        Severity::Critical => (("严重", "CRITICAL"), Some(Tone::Bad)),
    };
    vec![
        entry.log.rsplit('/').next().unwrap_or_default().into(),
        entry.id.as_str().into(),
        entry.time.clone().unwrap_or_default().into(),
        Cell { text: pick(lang, word), tone },
        entry.origin.clone().unwrap_or_default().into(),
        entry.message.as_str().into(),
    ]
}
