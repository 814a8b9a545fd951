//! Firmware and arrays as JSON.

use bmc::operation::{
    firmware::{Change, Component},
    raid::Arrays,
};
use serde_json::{Value, json};

pub(super) fn component(one: &Component) -> Value {
    json!({
        "id": one.id,
        "path": one.place,
        "name": one.name,
        "version": one.version,
        "updateable": one.is_updateable,
        "kind": if one.is_software { "software" } else { "firmware" },
        "related": one.related,
        "manufacturer": one.maker,
        "released": one.released,
        "state": one.state,
    })
}

pub(super) fn change(one: &Change) -> Value {
    json!({
        "id": one.id,
        "before": one.before,
        "after": one.after,
        "downgrade": one.is_downgrade(),
    })
}

pub(super) fn arrays(found: &Arrays) -> Value {
    let controllers = found.controllers.iter().map(|one| {
        json!({
            "id": one.id, "path": one.place, "name": one.name, "version": one.version,
            "levels": one.levels, "volumes": one.volumes, "cache_bytes": one.cache_bytes,
            "health": one.health,
        })
    });
    let drives = found.drives.iter().map(|one| {
        json!({
            "id": one.id, "path": one.place, "storage": one.storage, "name": one.name,
            "model": one.model, "serial": one.serial, "size_bytes": one.size_bytes,
            "media": one.media, "protocol": one.protocol, "state": one.state,
            "health": one.health, "standing": one.standing, "spare": one.spare,
            "failing": one.is_failing, "number": one.number, "volumes": one.volumes,
        })
    });
    let volumes = found.volumes.iter().map(|one| {
        json!({
            "id": one.id, "path": one.place, "storage": one.storage, "name": one.name,
            "level": one.level, "size_bytes": one.size_bytes, "stripe_bytes": one.stripe_bytes,
            "drives": one.drives, "spares": one.spares, "state": one.state,
            "health": one.health, "reads": one.reads, "writes": one.writes,
            "encrypted": one.is_encrypted, "boot": one.is_boot,
        })
    });
    json!({
        "controllers": controllers.collect::<Vec<_>>(),
        "drives": drives.collect::<Vec<_>>(),
        "volumes": volumes.collect::<Vec<_>>(),
    })
}
