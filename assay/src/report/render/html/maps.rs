//! Pictures of the machine: DIMM slots by processor, disks by bay, expansion
//! slots by width.

use serde_json::Value;

use super::{
    super::words,
    hardware::{self, Dimm, Disk, Slot},
    text::{Html, Voice, label},
};

/// Width of a picture in its own units; on A4 one unit is about 0.72 pt.
const WIDTH: u32 = 700;

/// Most cells in a line.
const COLUMNS: usize = 8;

/// Height of a cell, and of the space between two.
const HEIGHT: u32 = 40;
const GAP: u32 = 5;

/// A picture with its title.
#[derive(Debug)]
pub(super) struct Picture {
    /// What it shows.
    pub(super) title: String,
    /// Counts and sizes in one line.
    pub(super) caption: String,
    /// The picture.
    pub(super) drawing: Html,
}

/// A cell of a picture.
struct Cell {
    /// Where: the locator.
    place: String,
    /// What, in large.
    main: String,
    /// More of it, in small.
    detail: String,
    /// How it is drawn: `full`, `none`, `odd`, `bad`.
    look: &'static str,
    /// All of it, for a pointer to rest on.
    whole: String,
}

/// Returns one picture per processor or memory array.
pub(super) fn dimms(voice: Voice, facts: &Value) -> Vec<Picture> {
    let all: Vec<Dimm> = hardware::dimms(facts);
    let mut groups: Vec<(String, Vec<&Dimm>)> = Vec::new();
    let key = grouping(&all);
    for dimm in &all {
        let name = key(dimm);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(dimm),
            None => groups.push((name, vec![dimm])),
        }
    }
    groups
        .into_iter()
        .map(|(title, members)| {
            let filled: Vec<_> = members.iter().filter(|dimm| dimm.present == Some(true)).collect();
            let bytes: u64 =
                filled.iter().filter_map(|d| d.size_bytes).fold(0, u64::saturating_add);
            let caption = match voice.lang() {
                profiles::Lang::Zh => format!(
                    "{} 个插槽，已装 {} 条，共 {}",
                    members.len(),
                    filled.len(),
                    hardware::binary(bytes)
                ),
                profiles::Lang::En => format!(
                    "{} slots, {} populated, {}",
                    members.len(),
                    filled.len(),
                    hardware::binary(bytes)
                ),
            };
            let cells = members.iter().map(|dimm| dimm_cell(voice, dimm)).collect::<Vec<_>>();
            Picture { title, caption, drawing: grid(&cells) }
        })
        .collect()
}

/// Returns how DIMMs are told apart: by processor where the names say so, else
/// by memory array.
fn grouping(all: &[Dimm]) -> impl Fn(&Dimm) -> String {
    let by_processor = all.iter().all(|dimm| processor(dimm).is_some());
    let arrays = all.iter().any(|dimm| dimm.array != all.first().and_then(|d| d.array.clone()));
    move |dimm: &Dimm| match (by_processor, &dimm.array) {
        (true, _) => processor(dimm).unwrap_or_default(),
        (false, Some(array)) if arrays => format!("Array {array}"),
        (false, _) => "DIMM".to_owned(),
    }
}

/// Returns the processor that a DIMM's names speak of: `CPU1_DIMM_A1`,
/// `P1-DIMMA1`, `PROC 1 DIMM 4`, `NODE 0 CHANNEL 1 DIMM 0`, and Huawei's
/// `DIMM120`, whose first digit is the socket.
fn processor(dimm: &Dimm) -> Option<String> {
    let names = [dimm.locator.as_deref(), dimm.bank.as_deref()];
    for name in names.into_iter().flatten() {
        let upper = name.to_ascii_uppercase();
        for (marker, word) in
            [("CPU", "CPU"), ("PROC", "CPU"), ("SOCKET", "CPU"), ("NODE", "NODE"), ("P", "CPU")]
        {
            let Some(at) = upper.find(marker) else { continue };
            if marker == "P" && at != 0 {
                continue;
            }
            let rest = upper.get(at.saturating_add(marker.len())..).unwrap_or_default();
            let digits: String = rest
                .trim_start_matches([' ', '_', '-'])
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if !digits.is_empty() && digits.len() <= 3 {
                return Some(format!("{word} {digits}"));
            }
        }
        if let Some(digits) = upper.strip_prefix("DIMM")
            && digits.len() == 3
            && digits.bytes().all(|b| b.is_ascii_digit())
        {
            return digits.chars().next().map(|socket| format!("CPU {socket}"));
        }
    }
    None
}

fn dimm_cell(voice: Voice, dimm: &Dimm) -> Cell {
    let unknown = words::UNKNOWN.text();
    let place = dimm.locator.clone().unwrap_or_else(|| "?".to_owned());
    let (main, look) = match (dimm.present, dimm.size_bytes) {
        (Some(false), _) => (words::EMPTY_SLOT.text().get(voice.lang()).to_owned(), "none"),
        (_, Some(size)) => (hardware::binary(size), "full"),
        (_, None) => (unknown.get(voice.lang()).to_owned(), "odd"),
    };
    let detail = match (look, dimm.configured_speed_mts, dimm.speed_mts) {
        ("none", _, _) | (_, None, None) => String::new(),
        (_, Some(now), Some(rated)) if now < rated => format!("▼{now} / {rated} MT/s"),
        (_, Some(speed), _) | (_, None, Some(speed)) => format!("{speed} MT/s"),
    };
    let maker = [&dimm.manufacturer, &dimm.part_number, &dimm.serial];
    let maker: Vec<&str> = maker.into_iter().flatten().map(String::as_str).collect();
    let whole = format!("{place}: {main} {detail} {}", maker.join(" "));
    Cell { place, main, detail, look, whole }
}

/// Returns the picture of all disks, by bay.
pub(super) fn disks(voice: Voice, facts: &Value) -> Option<Picture> {
    let all: Vec<Disk> = hardware::disks(facts);
    let bytes: u64 = all.iter().filter_map(|disk| disk.size_bytes).fold(0, u64::saturating_add);
    let title = words::DISKS.text().get(voice.lang()).to_owned();
    let caption = match voice.lang() {
        profiles::Lang::Zh => format!("{} 块，共 {}", all.len(), hardware::decimal(bytes)),
        profiles::Lang::En => format!("{} disks, {}", all.len(), hardware::decimal(bytes)),
    };
    let cells: Vec<Cell> = all.iter().map(|disk| disk_cell(voice, disk)).collect();
    (!cells.is_empty()).then(|| Picture { title, caption, drawing: grid(&cells) })
}

fn disk_cell(voice: Voice, disk: &Disk) -> Cell {
    let passed = disk.health.as_ref().and_then(|health| health.passed);
    let (sign, look) = match passed {
        Some(true) => ("✓", "full"),
        Some(false) => ("✗", "bad"),
        None => ("?", "full"),
    };
    let place = disk.locator.clone().or_else(|| disk.name.clone()).unwrap_or_default();
    let unknown = || words::UNKNOWN.text().get(voice.lang()).to_owned();
    let main = disk.size_bytes.map_or_else(unknown, hardware::decimal);
    let look = if disk.size_bytes.is_none() && look == "full" { "odd" } else { look };
    let kind = [&disk.kind, &disk.protocol];
    let kind: Vec<String> = kind.into_iter().flatten().map(|text| text.to_uppercase()).collect();
    let detail = format!("{sign} {}", kind.join(" · "));
    let model = disk.model.as_deref().unwrap_or_default();
    let serial = disk.serial.as_deref().unwrap_or_default();
    let whole = format!("{place}: {main} {detail} {model} {serial}");
    Cell { place, main, detail, look, whole }
}

/// Draws cells in lines of equal length.
fn grid(cells: &[Cell]) -> Html {
    let lines = cells.len().div_ceil(COLUMNS).max(1);
    // Cells keep their width where a group is small, so that groups compare.
    let columns = if lines == 1 { COLUMNS } else { cells.len().div_ceil(lines).max(6) };
    let columns = u32::try_from(columns).unwrap_or(1);
    let width = WIDTH.saturating_add(GAP).checked_div(columns).unwrap_or(WIDTH);
    let box_width = width.saturating_sub(GAP);
    let units = usize::try_from(box_width.saturating_sub(8)).unwrap_or(0);
    let mut out = String::new();
    let (mut left, mut top) = (0_u32, 0_u32);
    for cell in cells {
        if left.saturating_add(box_width) > WIDTH {
            left = 0;
            top = top.saturating_add(HEIGHT).saturating_add(GAP);
        }
        let middle = left.saturating_add(box_width.checked_div(2).unwrap_or(0));
        let text = |class: &str, y: u32, content: &str, unit_tenths: usize| {
            let room = units.saturating_mul(10).checked_div(unit_tenths).unwrap_or(0);
            format!(
                "<text class=\"{class}\" x=\"{middle}\" y=\"{}\">{}</text>",
                top.saturating_add(y),
                label(content, room)
            )
        };
        let piece = format!(
            "<g class=\"c c-{}\"><title>{}</title><rect x=\"{left}.5\" y=\"{top}.5\" width=\"{}\" \
             height=\"{}\" rx=\"2\"/>{}{}{}</g>",
            cell.look,
            label(&cell.whole, 200),
            box_width.saturating_sub(1),
            HEIGHT.saturating_sub(1),
            text("place", 10, &cell.place, 44),
            text("main", if cell.detail.is_empty() { 28 } else { 24 }, &cell.main, 66),
            text("detail", 35, &cell.detail, 40),
        );
        out.push_str(&piece);
        left = left.saturating_add(width);
    }
    let height = top.saturating_add(HEIGHT);
    Html(format!("<svg class=\"map\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">{out}</svg>"))
}

/// Returns the picture of the expansion slots, as long as they are wide.
pub(super) fn slots(voice: Voice, facts: &Value) -> Option<Picture> {
    let all: Vec<Slot> = hardware::slots(facts);
    if all.is_empty() {
        return None;
    }
    let used = all.iter().filter(|slot| slot.in_use == Some(true)).count();
    let caption = match voice.lang() {
        profiles::Lang::Zh => format!("{} 个插槽，占用 {used}", all.len()),
        profiles::Lang::En => format!("{} slots, {used} in use", all.len()),
    };
    let line = 19_u32;
    let mut out = String::new();
    let mut top = 0_u32;
    for slot in &all {
        let lanes = slot.width.unwrap_or(1).clamp(1, 16);
        let length = lanes.saturating_mul(9).saturating_add(6);
        let look = match slot.in_use {
            Some(true) => "full",
            Some(false) => "none",
            None => "odd",
        };
        let name = slot.locator.as_deref().unwrap_or("?");
        let device = hardware::in_slot(facts, slot);
        let state = match (slot.in_use, device) {
            (_, Some(device)) => device,
            (Some(true), None) => words::IN_USE.text().get(voice.lang()).to_owned(),
            (Some(false), None) => words::EMPTY_SLOT.text().get(voice.lang()).to_owned(),
            (None, None) => words::UNKNOWN.text().get(voice.lang()).to_owned(),
        };
        let base = top.saturating_add(12);
        let piece = format!(
            "<g class=\"c c-{look}\"><title>{}</title>\
             <text class=\"name\" x=\"0\" y=\"{base}\">{}</text>\
             <rect x=\"170.5\" y=\"{}.5\" width=\"{length}\" height=\"11\" rx=\"1.5\"/>\
             <text class=\"lanes\" x=\"332\" y=\"{base}\">{}</text>\
             <text class=\"name\" x=\"400\" y=\"{base}\">{}</text></g>",
            label(&format!("{name} {}", slot.address.as_deref().unwrap_or_default()), 120),
            label(name, 32),
            top.saturating_add(2),
            label(&hardware::lanes(slot), 12),
            label(&state, 58),
        );
        out.push_str(&piece);
        top = top.saturating_add(line);
    }
    let title = words::SLOTS.text().get(voice.lang()).to_owned();
    let drawing =
        Html(format!("<svg class=\"map\" viewBox=\"0 0 {WIDTH} {top}\" role=\"img\">{out}</svg>"));
    Some(Picture { title, caption, drawing })
}
