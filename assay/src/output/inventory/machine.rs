//! The machine as a whole, its processors and its memory.

use std::collections::BTreeMap;

use inventory::{
    Inventory,
    model::{Cpu, Dimm},
};

use super::{Page, joined, known, number};
use crate::output::{table::Table, unit};

/// Adds these blocks.
pub(super) fn put(inventory: &Inventory, page: &mut Page) {
    put_system(inventory, page);
    put_processors(inventory, page);
    put_memory(inventory, page);
}

fn put_system(inventory: &Inventory, page: &mut Page) {
    page.heading("整机", "Machine");
    let layout = page.layout;
    let mut rows: Vec<(&str, Option<String>)> = Vec::new();
    if let Some(system) = &inventory.system {
        let name = joined([system.manufacturer.as_deref(), system.product.as_deref()]);
        rows.push((layout.say("型号", "model"), name));
        if let Some(brand) = &system.brand {
            let brand = format!("{} / {} ({})", brand.zh, brand.en, brand.country);
            rows.push((layout.say("品牌", "brand"), Some(brand)));
        }
        rows.push((layout.say("序列号", "serial"), system.serial.clone()));
        rows.push(("UUID", system.uuid.clone()));
    }
    for board in &inventory.board {
        let name = joined([board.manufacturer.as_deref(), board.product.as_deref()]);
        rows.push((layout.say("主板", "board"), name));
    }
    for chassis in &inventory.chassis {
        let name = joined([chassis.manufacturer.as_deref(), chassis.kind.as_deref()]);
        rows.push((layout.say("机箱", "chassis"), name));
    }
    for firmware in &inventory.firmware {
        let parts = [&firmware.vendor, &firmware.version, &firmware.date];
        rows.push((layout.say("固件", "firmware"), joined(parts.map(|part| part.as_deref()))));
    }
    if let Some(bmc) = &inventory.bmc {
        let chip = bmc.chip.as_ref().map(|chip| format!("{} {}", chip.maker, chip.name));
        let parts = [chip.as_deref(), bmc.firmware.as_deref(), bmc.interface.as_deref()];
        rows.push((layout.say("管理控制器", "BMC"), joined(parts)));
    }
    if let Some(platform) = &inventory.platform {
        let parts = [&platform.architecture, &platform.kernel, &platform.os];
        rows.push((layout.say("运行平台", "running"), joined(parts.map(|part| part.as_deref()))));
        if let Some(hypervisor) = &platform.hypervisor {
            rows.push((layout.say("虚拟机", "guest of"), Some(hypervisor.clone())));
        }
    }
    let mut table = Table::default();
    for (name, value) in rows.into_iter().filter(|(_, value)| value.is_some()) {
        table.rows.push(vec![name.into(), known(value.as_deref())]);
    }
    if table.rows.is_empty() {
        page.line(layout.say("（未取得）", "(nothing known)"));
    }
    put_pairs(&table, page);
}

/// Adds a table of names and values, which needs no headings.
fn put_pairs(table: &Table, page: &mut Page) {
    let widest = table.rows.iter().filter_map(|row| row.first());
    let widest = widest.map(|cell| crate::output::width::of(&cell.text)).max().unwrap_or(0);
    for row in &table.rows {
        if let [name, value] = row.as_slice() {
            let name = crate::output::width::pad(&name.text, widest);
            page.line(format!("{name}  {}", value.text).trim_end());
        }
    }
}

/// Equal sockets are one row: what differs is what a reader looks for.
fn put_processors(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.cpu.is_empty() && inventory.topology.is_none() {
        return;
    }
    page.heading("处理器", "Processors");
    let mut kinds: Vec<(&Cpu, u32)> = Vec::new();
    let mut empty = 0_u32;
    for cpu in &inventory.cpu {
        if cpu.present == Some(false) {
            empty += 1;
        } else if let Some((_, count)) = kinds.iter_mut().find(|(known, _)| is_same(known, cpu)) {
            *count += 1;
        } else {
            kinds.push((cpu, 1));
        }
    }
    let mut table = Table::new([
        layout.say("数量", "count"),
        layout.say("型号", "model"),
        layout.say("核", "cores"),
        layout.say("线程", "threads"),
        layout.say("主频", "base clock"),
    ]);
    for (cpu, count) in kinds {
        table.rows.push(vec![
            number(Some(count)),
            known(cpu.model.as_deref()),
            number(cpu.cores),
            number(cpu.threads),
            known(cpu.frequency_hz.nominal.map(unit::frequency).as_deref()),
        ]);
    }
    page.table(&table);
    if empty > 0 {
        page.line(&format!("{} {empty}", layout.say("空插座", "empty sockets:")));
    }
    if let Some(topology) = &inventory.topology {
        let show = |value: Option<u32>| value.map_or("—".to_owned(), |value| value.to_string());
        page.line(&format!(
            "{} {} / {} / {}; NUMA {}",
            layout.say("内核所见：插座/核/线程", "the kernel sees sockets/cores/threads:"),
            show(topology.packages),
            show(topology.cores),
            show(topology.threads_present),
            show(topology.numa_nodes),
        ));
    }
}

fn is_same(a: &Cpu, b: &Cpu) -> bool {
    let facts = |cpu: &Cpu| (cpu.model.clone(), cpu.cores, cpu.threads, cpu.frequency_hz.nominal);
    facts(a) == facts(b)
}

fn put_memory(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.dimm.is_empty() && inventory.memory.is_none() {
        return;
    }
    page.heading("内存", "Memory");
    let sticks: Vec<&Dimm> =
        inventory.dimm.iter().filter(|dimm| dimm.kind.as_deref() != Some("flash")).collect();
    let present = sticks.iter().filter(|dimm| dimm.present == Some(true)).count();
    let total: u64 = sticks.iter().filter_map(|dimm| dimm.size_bytes).fold(0, u64::saturating_add);
    if !sticks.is_empty() {
        page.line(&format!(
            "{} {}, {} {present} / {}",
            layout.say("合计", "total"),
            unit::memory(total),
            layout.say("已插", "slots used"),
            sticks.len(),
        ));
    }
    // Equal sticks are one row with their places counted.
    let mut kinds: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for dimm in sticks.iter().filter(|dimm| dimm.present != Some(false)) {
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
        let speed = |value: Option<u64>| or_dash(value.map(|value| format!("{value} MT/s")));
        let key = vec![
            or_dash(dimm.size_bytes.map(unit::memory)),
            or_dash(dimm.memory_type.clone()),
            speed(dimm.speed_mts),
            speed(dimm.configured_speed_mts),
            or_dash(joined([dimm.manufacturer.as_deref(), dimm.part_number.as_deref()])),
        ];
        *kinds.entry(key).or_default() += 1;
    }
    let mut table = Table::new([
        layout.say("数量", "count"),
        layout.say("容量", "size"),
        layout.say("类型", "type"),
        layout.say("额定", "rated"),
        layout.say("运行", "runs at"),
        layout.say("厂家与型号", "maker and part"),
    ]);
    for (key, count) in kinds {
        let cells = key.iter().map(|text| crate::failure::one_line(text).into());
        table.rows.push(std::iter::once(number(Some(count))).chain(cells).collect());
    }
    page.table(&table);
    if let Some(usable) = inventory.memory.as_ref().and_then(|memory| memory.usable_bytes) {
        page.line(&format!(
            "{} {}",
            layout.say("内核可用", "usable by the kernel:"),
            unit::memory(usable)
        ));
    }
}
