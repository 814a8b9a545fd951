//! Edge: what is open is closed, one by one; what was open is in a file first, and that file alone
//! says what is opened again.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use bmc::{
    hand::{Bmc, HandError},
    operation::{Outcome, lockdown::Item},
};
use serde_json::{Value, json};

use crate::{
    command::read_small,
    output::bmc::{
        found::Found,
        settings::{Closing, Seen},
    },
};

const SCHEMA: &str = "assay/bmc-lockdown/v1";

/// Closes what is to be closed.
pub(super) async fn on(bmc: &mut Bmc, name: &str, save: &Path) -> Result<Found, HandError> {
    let items = bmc.services().await?;
    let due: Vec<Item> = items.iter().filter(|item| item.is_due()).cloned().collect();
    if !due.is_empty()
        && let Err(error) = write(&file_of(save, name), name, &due)
    {
        return Ok(unable(
            (
                "状态未能保存，因此什么都没有关闭",
                "nothing was closed, for its state could not be saved",
            ),
            &error.to_string(),
        ));
    }
    let mut closing = Vec::new();
    for item in items {
        let became = if item.is_due() { Some(set(bmc, &item, false).await?) } else { None };
        closing.push(Closing { item, became });
    }
    Ok(Found::Setting(Seen::Lockdown(closing)))
}

/// Opens what the state file says was open.
pub(super) async fn off(bmc: &mut Bmc, name: &str, save: &Path) -> Result<Found, HandError> {
    let saved = match read(&file_of(save, name), name) {
        Ok(saved) => saved,
        Err(why) => {
            return Ok(unable(("状态文件无法使用", "the state file cannot be used"), &why));
        }
    };
    let items = bmc.services().await?;
    let mut closing = Vec::new();
    for (what, pointer) in saved {
        // Only what is there now, under the same name: a file opens nothing else.
        let found = items.iter().find(|item| item.name == what && item.pointer == pointer);
        let Some(item) = found else { continue };
        let item = Item { wanted: Some(true), why: None, ..item.clone() };
        let became = if item.is_due() { Some(set(bmc, &item, true).await?) } else { None };
        closing.push(Closing { item, became });
    }
    Ok(Found::Setting(Seen::Lockdown(closing)))
}

/// Sets one; a refusal is told, and the next one is set all the same.
async fn set(
    bmc: &mut Bmc,
    item: &Item,
    open: bool,
) -> Result<Result<Outcome, (String, String)>, HandError> {
    match bmc.set_service(item, open).await {
        Ok(acted) => Ok(Ok(acted.outcome)),
        Err(error) if error.refused() => Err(error),
        Err(error) => Ok(Err((error.in_chinese(), error.to_string()))),
    }
}

/// Returns the state file of one host.
fn file_of(save: &Path, name: &str) -> PathBuf {
    let is_file = save.extension().is_some() && !save.is_dir();
    if is_file { save.to_owned() } else { save.join(format!("{name}.json")) }
}

fn write(path: &Path, name: &str, due: &[Item]) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let items: Vec<Value> = due
        .iter()
        .map(|item| json!({ "name": item.name, "pointer": item.pointer, "open": item.open }))
        .collect();
    let text = json!({ "schema": SCHEMA, "address": name, "items": items });
    // One that is there is of a time when more was open: it is not written over.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(format!("{text:#}\n").as_bytes())?;
    file.sync_all()
}

/// Reads names and places of what was open.
fn read(path: &Path, name: &str) -> Result<Vec<(String, String)>, String> {
    let bytes = read_small(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text: Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    if text["schema"] != SCHEMA {
        return Err(format!("{}: schema is not {SCHEMA}", path.display()));
    }
    if text["address"] != name {
        return Err(format!("{}: it is of {}", path.display(), text["address"]));
    }
    let items = text["items"].as_array().cloned().unwrap_or_default();
    let word = |item: &Value, key: &str| item[key].as_str().map(str::to_owned);
    let open = items.iter().filter(|item| item["open"] == true);
    Ok(open.filter_map(|item| Some((word(item, "name")?, word(item, "pointer")?))).collect())
}

fn unable((zh, en): (&str, &str), why: &str) -> Found {
    Found::Unable { why: (format!("{zh}：{why}"), format!("{en}: {why}")) }
}
