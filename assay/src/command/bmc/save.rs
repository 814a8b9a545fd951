//! Edge: what is kept of a BMC in files: a log before it is cleared, a recording.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bmc::{
    hand::{Bmc, HandError},
    operation::{Outcome, log::Entry},
    record::{Trace, archive, redact},
    redfish::{client::Image, tree::Answer},
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::certs::beside;
use crate::{
    cli::bmc::verb::Clear,
    output::bmc::{found::Found, settings::Seen, value::entry},
};

/// Saves the log of a BMC, and clears it if that could be done.
pub(super) async fn clear(bmc: &mut Bmc, name: &str, clear: &Clear) -> Result<Found, HandError> {
    let entries = bmc.log().await?;
    if let Err(error) = write(&clear.save, name, &entries.value) {
        let place = clear.save.join(format!("{name}.json")).display().to_string();
        return Ok(Found::Unable {
            why: (
                format!("日志未能保存到 `{place}`，因此未清除：{error}"),
                format!("the log was not cleared, for it could not be saved as `{place}`: {error}"),
            ),
        });
    }
    Ok(Found::Acted(bmc.clear_log(clear.log_name.as_deref()).await?))
}

/// Records what a BMC tells over Redfish as `out`: an archive, or in the folder of that name.
pub(super) async fn record(bmc: &mut Bmc, name: &str, out: &Path) -> Result<Found, HandError> {
    let read = bmc.tree().await?;
    let whole = read.is_complete();
    let put = || -> std::io::Result<Found> {
        let mut key = Zeroizing::new([0; 32]);
        rustix::rand::getrandom(&mut *key, rustix::rand::GetRandomFlags::empty())?;
        let redacted = redact(&read.value, &key);
        let bytes = archive(&redacted, &Trace::default())?;
        let is_archive = out.extension().is_some_and(|ending| ending == "xz");
        let path = if is_archive { out.to_owned() } else { out.join(format!("{name}.tar.xz")) };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        // What was recorded before is kept: it may be of another firmware.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        let is = |answer: &Answer| matches!(answer, Answer::Resource(_));
        Ok(Found::Recorded {
            file: path.display().to_string(),
            resources: read.value.answers().filter(|(_, answer)| is(answer)).count(),
            replaced: redacted.replaced.len(),
            cut: redacted.cut.len(),
            whole,
        })
    };
    Ok(put().unwrap_or_else(|error| {
        let place = out.display();
        Found::Unable {
            why: (
                format!("无法写入记录 `{place}`：{error}"),
                format!("the recording `{place}` cannot be written: {error}"),
            ),
        }
    }))
}

/// A file that is not whole: it goes, whatever ends its download.
struct Partial(Option<PathBuf>);

impl Drop for Partial {
    fn drop(&mut self) {
        // It was made by us and is of no use; where it cannot be removed, it is short.
        self.0.take().map(fs::remove_file);
    }
}

/// Has a BMC bundle its logs, and keeps them as `out`, or in the folder of that name.
pub(super) async fn collect(bmc: &mut Bmc, name: &str, out: &Path) -> Result<Found, HandError> {
    let path = beside(out, name, "tar.gz");
    let shown = path.display().to_string();
    let unable = |error: &dyn std::fmt::Display| Found::Unable {
        why: (
            format!("无法写入 `{shown}`：{error}"),
            format!("`{shown}` cannot be written: {error}"),
        ),
    };
    if path.exists() {
        return Ok(Found::Unable {
            why: (
                format!("无法写入 `{shown}`：文件已存在，予以保留；用 --out 另指"),
                format!(
                    "`{shown}` cannot be written: it is there already and is kept; name another with --out"
                ),
            ),
        });
    }
    // Before the BMC is set to work. It has addresses and serial numbers, and maybe more.
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    let made = made
        .and_then(|()| fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path));
    let mut file = match made {
        Ok(file) => file,
        Err(error) => return Ok(unable(&error)),
    };
    let mut partial = Partial(Some(path.clone()));
    let acted = bmc.collect_logs(&mut file).await?;
    if acted.outcome != Outcome::Done {
        return Ok(Found::Acted(acted));
    }
    if let Err(error) = file.sync_all() {
        return Ok(unable(&error));
    }
    Ok(match Image::open(&path, None) {
        Ok(image) => {
            // It is whole now.
            partial.0 = None;
            Found::Setting(Seen::Bundle {
                file: shown,
                bytes: image.length,
                sha256: image.sha256,
                remarks: acted.remarks,
            })
        }
        Err(error) => unable(&error),
    })
}

fn write(folder: &Path, name: &str, entries: &[Entry]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    let text = json!({ "schema": "assay/bmc-log/v1", "address": name, "entries": entries });
    // One that was saved before is kept: it is of another time.
    let mut path = folder.join(format!("{name}.json"));
    let mut count = 1;
    while path.exists() {
        count += 1;
        path = folder.join(format!("{name}.{count}.json"));
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(format!("{text:#}\n").as_bytes())?;
    file.sync_all()
}
