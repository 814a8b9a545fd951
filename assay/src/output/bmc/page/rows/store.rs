//! Rows of firmware and of arrays.

use bmc::operation::{
    firmware::{Change, Component},
    raid::Arrays,
};
use profiles::Lang;

use super::{parts::size, pick, yes_no};
use crate::output::{Tone, table::Cell};

/// The columns of what is installed.
pub(super) const COMPONENTS: &[(&str, &str)] = &[
    ("部件", "component"),
    ("版本", "version"),
    ("可更新", "updateable"),
    ("名称", "name"),
    ("类别", "kind"),
    ("用于", "runs on"),
    ("发布", "released"),
];

/// The columns of what an update changed.
pub(super) const CHANGES: &[(&str, &str)] =
    &[("部件", "component"), ("原版本", "before"), ("现版本", "after")];

/// The columns of controllers, drives and volumes.
pub(super) const ARRAYS: &[(&str, &str)] = &[
    ("类别", "kind"),
    ("编号", "id"),
    ("名称", "name"),
    ("容量", "size"),
    ("级别/介质", "level or media"),
    ("状态", "state"),
    ("成员/所在卷", "members or volume"),
    ("热备", "spares"),
    ("缓存", "cache"),
];

/// Returns the row of a component.
pub(super) fn component(one: &Component, lang: Lang) -> Vec<Cell> {
    let said = |text: &Option<String>| Cell::from(text.clone().unwrap_or_default());
    let kind = if one.is_software { ("软件", "software") } else { ("固件", "firmware") };
    vec![
        one.id.as_str().into(),
        said(&one.version),
        yes_no(one.is_updateable, lang).into(),
        said(&one.name),
        pick(lang, kind).into(),
        ends(&one.related).into(),
        said(&one.released),
    ]
}

/// Returns the row of a change.
pub(super) fn change(one: &Change) -> Vec<Cell> {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let tone = one.is_downgrade().then_some(Tone::Bad);
    vec![one.id.as_str().into(), said(&one.before).into(), Cell { text: said(&one.after), tone }]
}

/// Returns the rows of what there is of storage: each controller, then its drives and volumes.
pub(super) fn arrays(found: &Arrays, lang: Lang) -> Vec<Vec<Cell>> {
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut rows = Vec::new();
    let mut add = |kind: (&str, &str), cells: [String; 8]| {
        rows.push(std::iter::once(pick(lang, kind)).chain(cells).map(Cell::from).collect());
    };
    for controller in &found.controllers {
        let cache = size(controller.cache_bytes);
        add(
            ("控制器", "controller"),
            [
                controller.id.clone(),
                said(&controller.name),
                String::new(),
                controller.levels.join(" "),
                said(&controller.health),
                String::new(),
                String::new(),
                cache,
            ],
        );
        for volume in found.volumes.iter().filter(|one| one.storage == controller.place) {
            let cache = [&volume.reads, &volume.writes].map(said).join(" ");
            add(
                ("卷", "volume"),
                [
                    volume.id.clone(),
                    said(&volume.name),
                    size(volume.size_bytes),
                    said(&volume.level),
                    state(volume.state.as_deref(), volume.health.as_deref()),
                    ends(&volume.drives),
                    ends(&volume.spares),
                    cache.trim().to_owned(),
                ],
            );
        }
        for drive in found.drives.iter().filter(|one| one.storage == controller.place) {
            let within = found.volumes.iter().filter(|one| one.drives.contains(&drive.place));
            let mut volumes: Vec<&str> = within.map(|one| one.id.as_str()).collect();
            if volumes.is_empty() {
                volumes = drive.volumes.iter().filter_map(|path| path.rsplit('/').next()).collect();
            }
            let standing = drive.standing.clone();
            add(
                ("硬盘", "drive"),
                [
                    drive.id.clone(),
                    said(&drive.model.clone().or_else(|| drive.name.clone())),
                    size(drive.size_bytes),
                    [&drive.protocol, &drive.media].map(said).join(" ").trim().to_owned(),
                    standing
                        .unwrap_or_else(|| state(drive.state.as_deref(), drive.health.as_deref())),
                    volumes.join(" "),
                    said(&drive.spare),
                    String::new(),
                ],
            );
        }
    }
    rows
}

fn state(state: Option<&str>, health: Option<&str>) -> String {
    [state, health].map(Option::unwrap_or_default).join(" ").trim().to_owned()
}

/// Returns the ends of paths, by which people name what is there.
fn ends(paths: &[String]) -> String {
    let ends: Vec<&str> = paths.iter().filter_map(|path| path.rsplit('/').next()).collect();
    ends.join(" ")
}
