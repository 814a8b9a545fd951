//! An inventory as a person reads it: what is there, and what could not be seen.

mod devices;
mod machine;

use inventory::{
    Inventory,
    model::{Section, SectionState},
};
use profiles::Text;

use super::{
    Layout, Tone,
    table::{Cell, Table},
};

/// Returns the inventory as text.
pub fn text(inventory: &Inventory, layout: Layout) -> String {
    let mut page = Page { layout, text: String::new() };
    machine::put(inventory, &mut page);
    devices::put(inventory, &mut page);
    put_findings(inventory, &mut page);
    put_sections(inventory, &mut page);
    page.text
}

/// The text as it grows.
struct Page {
    layout: Layout,
    text: String,
}

impl Page {
    /// Begins a block.
    fn heading(&mut self, zh: &'static str, en: &'static str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let heading = self.layout.say(zh, en);
        self.text.push_str(&self.layout.paint.dye(Tone::Strong, heading));
        self.text.push('\n');
    }

    /// Adds a line.
    fn line(&mut self, line: &str) {
        self.text.push_str("  ");
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a table, where it has rows.
    fn table(&mut self, table: &Table) {
        if table.rows.is_empty() {
            return;
        }
        let columns = self.layout.columns.map(|columns| columns.saturating_sub(2));
        for line in table.render(self.layout.paint, columns).lines() {
            self.line(line);
        }
    }
}

/// Returns what is known, else a dash.
fn known(value: Option<&str>) -> Cell {
    match value {
        Some(value) => crate::failure::one_line(value).into(),
        None => Cell::toned("—", Tone::Faint),
    }
}

/// Returns a number that is known, else a dash.
fn number<N: ToString>(value: Option<N>) -> Cell {
    known(value.map(|value| value.to_string()).as_deref())
}

/// Returns what is known of `parts`, with blanks between.
fn joined<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn put_findings(inventory: &Inventory, page: &mut Page) {
    if inventory.findings.is_empty() {
        return;
    }
    page.heading("差异与损坏", "Disagreements and damage");
    for finding in &inventory.findings {
        let text = Text::new(finding.message_zh.clone(), finding.message.clone());
        let line = format!("{}: {}", finding.path, text.get(page.layout.lang));
        page.line(&crate::failure::one_line(&line));
    }
}

fn put_sections(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    let mut table = Table::default();
    for (section, status) in &inventory.sections {
        let state = match status.status {
            SectionState::Complete => continue,
            SectionState::Partial => Cell::toned(layout.say("部分", "partial"), Tone::Open),
            SectionState::Failed => Cell::toned(layout.say("未取得", "failed"), Tone::Bad),
            SectionState::Unsupported => {
                Cell::toned(layout.say("无此项", "none here"), Tone::Faint)
            }
        };
        let name = section_name(*section).get(layout.lang).to_owned();
        table.rows.push(vec![name.into(), state, known(status.reason.as_deref())]);
    }
    if table.rows.is_empty() {
        return;
    }
    page.heading("未能完整采集的部分", "What could not be read in full");
    table.head = vec![
        layout.say("部分", "section").to_owned(),
        layout.say("状态", "state").to_owned(),
        layout.say("原因", "reason").to_owned(),
    ];
    page.table(&table);
}

/// Returns a section's name.
pub fn section_name(section: Section) -> Text {
    let (zh, en) = match section {
        Section::System => ("整机", "system"),
        Section::Platform => ("平台", "platform"),
        Section::Board => ("主板", "boards"),
        Section::Chassis => ("机箱", "chassis"),
        Section::Firmware => ("固件", "firmware"),
        Section::Bmc => ("管理控制器", "BMC"),
        Section::Cpu => ("处理器", "processors"),
        Section::Cache => ("缓存", "caches"),
        Section::Topology => ("处理器拓扑", "topology"),
        Section::Dimm => ("内存条", "DIMMs"),
        Section::MemoryArray => ("内存阵列", "memory arrays"),
        Section::Memory => ("内存（内核所见）", "memory as the kernel sees it"),
        Section::Slot => ("扩展槽", "slots"),
        Section::Pci => ("PCI 设备", "PCI devices"),
        Section::Nic => ("网卡", "network cards"),
        Section::Hba => ("FC HBA 卡", "FC adapters"),
        Section::Infiniband => ("InfiniBand", "InfiniBand"),
        Section::Controller => ("存储控制器", "storage controllers"),
        Section::Disk => ("硬盘", "disks"),
        Section::Psu => ("电源", "power supplies"),
        Section::Fan => ("风扇", "fans"),
        Section::Sensor => ("传感器", "sensors"),
        Section::Gpu => ("GPU", "GPUs"),
        Section::Tpm => ("可信模块", "TPMs"),
        Section::Lldp => ("LLDP 邻居", "LLDP neighbours"),
        Section::Plane => ("IP 平面", "IP planes"),
        Section::PlaneSharing => ("平面共用网卡", "cards shared by planes"),
        Section::Identity => ("身份", "identity"),
        Section::OemStrings => ("OEM 字符串", "OEM strings"),
    };
    Text::new(zh, en)
}

#[cfg(test)]
mod tests;
