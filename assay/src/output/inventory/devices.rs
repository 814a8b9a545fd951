//! Slots, cards, disks, power, neighbours and planes.

use inventory::{Inventory, model::Disk};

use super::{Page, joined, known, number};
use crate::output::{
    Tone,
    table::{Cell, Table},
    unit,
};

/// Adds these blocks, each where there is anything to show.
pub(super) fn put(inventory: &Inventory, page: &mut Page) {
    put_slots(inventory, page);
    put_nics(inventory, page);
    put_adapters(inventory, page);
    put_controllers(inventory, page);
    put_disks(inventory, page);
    put_power(inventory, page);
    put_neighbours(inventory, page);
    put_planes(inventory, page);
}

fn put_slots(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.slot.is_empty() {
        return;
    }
    page.heading("扩展槽", "Expansion slots");
    let mut table = Table::new([
        layout.say("槽位", "slot"),
        layout.say("类型", "type"),
        layout.say("占用", "in use"),
        layout.say("地址", "address"),
    ]);
    for slot in &inventory.slot {
        let used = slot
            .in_use
            .map(|used| if used { layout.say("是", "yes") } else { layout.say("否", "no") });
        table.rows.push(vec![
            known(slot.locator.as_deref()),
            known(slot.kind.as_deref()),
            known(used),
            known(slot.address.as_deref()),
        ]);
    }
    page.table(&table);
}

fn put_nics(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.nic.is_empty() {
        return;
    }
    page.heading("网卡", "Network cards");
    let mut table = Table::new([
        layout.say("网口", "port"),
        layout.say("地址", "address"),
        layout.say("卡", "card"),
        layout.say("支持", "can do"),
        layout.say("当前", "runs at"),
        layout.say("链路", "link"),
        "MAC",
    ]);
    for nic in &inventory.nic {
        let card =
            joined([nic.vendor.as_deref(), nic.model.as_deref()]).or_else(|| nic.driver.clone());
        for port in &nic.port {
            let link = port.link.map(|up| {
                if up {
                    Cell::from(layout.say("通", "up"))
                } else {
                    Cell::toned(layout.say("断", "down"), Tone::Open)
                }
            });
            table.rows.push(vec![
                known(port.name.as_deref()),
                known(port.address.as_deref()),
                known(card.as_deref()),
                known(port.supported_bps.last().copied().map(unit::link).as_deref()),
                known(port.speed_bps.map(unit::link).as_deref()),
                link.unwrap_or_else(|| known(None)),
                known(port.permanent_mac.as_deref().or(port.mac.as_deref())),
            ]);
        }
    }
    page.table(&table);
}

fn put_adapters(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.hba.is_empty() && inventory.gpu.is_empty() && inventory.tpm.is_empty() {
        return;
    }
    page.heading("其他板卡", "Other cards");
    let mut table = Table::new([
        layout.say("种类", "kind"),
        layout.say("地址", "address"),
        layout.say("型号", "model"),
        layout.say("说明", "details"),
    ]);
    for hba in &inventory.hba {
        let ports: Vec<String> = hba
            .port
            .iter()
            .map(|port| {
                let speed = port.supported_bps.last().copied().map(unit::link);
                joined([port.wwpn.as_deref(), speed.as_deref(), port.state.as_deref()])
                    .unwrap_or_default()
            })
            .collect();
        table.rows.push(vec![
            "FC HBA".into(),
            known(hba.address.as_deref()),
            known(hba.model.as_deref()),
            known(Some(&ports.join("; "))),
        ]);
    }
    for gpu in &inventory.gpu {
        table.rows.push(vec![
            "GPU".into(),
            known(gpu.address.as_deref()),
            known(joined([gpu.vendor.as_deref(), gpu.model.as_deref()]).as_deref()),
            known(gpu.driver.as_deref()),
        ]);
    }
    for tpm in &inventory.tpm {
        table.rows.push(vec![
            "TPM".into(),
            known(None),
            known(tpm.manufacturer.as_deref()),
            known(tpm.version.as_deref()),
        ]);
    }
    page.table(&table);
}

fn put_controllers(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.controller.is_empty() {
        return;
    }
    page.heading("存储控制器", "Storage controllers");
    let mut table = Table::new([
        layout.say("地址", "address"),
        layout.say("种类", "kind"),
        layout.say("型号", "model"),
        layout.say("硬盘", "drives"),
        layout.say("卷", "volumes"),
    ]);
    for controller in &inventory.controller {
        let volumes: Vec<String> = controller
            .volume
            .iter()
            .filter_map(|volume| {
                let size = volume.size_bytes.map(unit::storage);
                joined([volume.level.as_deref(), size.as_deref(), volume.state.as_deref()])
            })
            .collect();
        let volumes = (!volumes.is_empty()).then(|| volumes.join("; "));
        let name = joined([controller.vendor.as_deref(), controller.model.as_deref()]);
        table.rows.push(vec![
            known(controller.address.as_deref()),
            known(controller.kind.as_deref()),
            known(name.as_deref()),
            number(controller.drives),
            known(volumes.as_deref()),
        ]);
    }
    page.table(&table);
}

fn put_disks(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.disk.is_empty() {
        return;
    }
    page.heading("硬盘", "Disks");
    let mut table = Table::new([
        layout.say("硬盘", "disk"),
        layout.say("接口", "bus"),
        layout.say("种类", "kind"),
        layout.say("容量", "size"),
        layout.say("型号", "model"),
        layout.say("序列号", "serial"),
        layout.say("健康", "health"),
    ]);
    for disk in &inventory.disk {
        table.rows.push(vec![
            known(disk.name.as_deref().or(disk.locator.as_deref())),
            known(disk.protocol.as_deref()),
            known(kind(disk).as_deref()),
            known(disk.size_bytes.map(unit::storage).as_deref()),
            known(joined([disk.vendor.as_deref(), disk.model.as_deref()]).as_deref()),
            known(disk.serial.as_deref()),
            health(disk, layout),
        ]);
    }
    page.table(&table);
}

fn kind(disk: &Disk) -> Option<String> {
    let rpm = disk.rpm.map(|rpm| format!("{rpm} rpm"));
    joined([disk.kind.as_deref(), rpm.as_deref()])
}

fn health(disk: &Disk, layout: crate::output::Layout) -> Cell {
    let Some(health) = &disk.health else { return known(None) };
    match health.passed {
        _ if !health.reasons.is_empty() => Cell::toned(
            crate::failure::one_line(&health.reasons.join("; ")),
            if health.passed == Some(false) { Tone::Bad } else { Tone::Open },
        ),
        Some(true) => Cell::toned(layout.say("正常", "good"), Tone::Good),
        Some(false) => Cell::toned(layout.say("故障", "failing"), Tone::Bad),
        None => known(None),
    }
}

fn put_power(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if !inventory.psu.is_empty() {
        page.heading("电源", "Power supplies");
        let mut table = Table::new([
            layout.say("位置", "place"),
            layout.say("型号", "model"),
            layout.say("功率", "power"),
            layout.say("状态", "status"),
        ]);
        for psu in &inventory.psu {
            let absent = (psu.present == Some(false)).then(|| layout.say("空", "empty"));
            let name = psu.part_number.as_deref().or(psu.name.as_deref());
            let watts = psu.power_mw.map(|milliwatt| format!("{} W", milliwatt / 1000));
            table.rows.push(vec![
                known(psu.locator.as_deref()),
                known(joined([psu.manufacturer.as_deref(), name]).as_deref()),
                known(watts.as_deref()),
                known(absent.or(psu.status.as_deref())),
            ]);
        }
        page.table(&table);
    }
    if !inventory.fan.is_empty() {
        page.heading("风扇", "Fans");
        let mut table = Table::new([layout.say("风扇", "fan"), layout.say("转速", "rpm")]);
        for fan in &inventory.fan {
            table.rows.push(vec![known(Some(&fan.name)), number(fan.rpm)]);
        }
        page.table(&table);
    }
}

fn put_neighbours(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.lldp.is_empty() {
        return;
    }
    page.heading("LLDP 邻居", "LLDP neighbours");
    let mut table = Table::new([
        layout.say("网口", "port"),
        layout.say("邻居", "neighbour"),
        layout.say("对端网口", "its port"),
        "VLAN",
    ]);
    for neighbour in &inventory.lldp {
        table.rows.push(vec![
            known(neighbour.interface.as_deref()),
            known(neighbour.system_name.as_deref().or(neighbour.chassis_id.as_deref())),
            known(neighbour.port_id.as_deref()),
            number(neighbour.port_vlan),
        ]);
    }
    page.table(&table);
}

fn put_planes(inventory: &Inventory, page: &mut Page) {
    let layout = page.layout;
    if inventory.plane.is_empty() {
        return;
    }
    page.heading("IP 平面", "IP planes");
    let mut table = Table::new([
        layout.say("平面", "plane"),
        layout.say("网口", "interface"),
        layout.say("地址", "addresses"),
        layout.say("物理网口", "physical ports"),
        layout.say("网卡", "cards"),
    ]);
    for plane in &inventory.plane {
        table.rows.push(vec![
            known(plane.role.as_deref()),
            known(Some(&plane.interface)),
            known(Some(&plane.addresses.join(" "))),
            known(Some(&plane.ports.join(" "))),
            known(Some(&plane.cards.join(" "))),
        ]);
    }
    page.table(&table);
    for shared in &inventory.plane_sharing {
        page.line(&format!(
            "{} {}: {}",
            layout.say("共用网卡", "one card for several planes:"),
            shared.card,
            shared.roles.join(", ")
        ));
    }
}
