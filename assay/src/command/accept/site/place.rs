//! Puts what a comparison came to beside the reports: `site.json`, `site.csv`, `site.html`.
//!
//! What an earlier run left there is a record: it moves aside, as reports do.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use profiles::Text;

use crate::{
    failure::Failure,
    lang::text,
    output::site as output,
    report::{
        Language,
        render::{delivery_page, table},
    },
    site::Delivery,
};

/// Writes the three; returns the place of the page.
pub(super) fn write(
    out: &Path,
    delivery: &Delivery<'_>,
    language: Language,
) -> Result<PathBuf, Failure> {
    let document = serde_json::to_vec_pretty(&output::document(delivery))
        .map_err(super::super::super::no_json)?;
    let page = delivery_page(delivery, language).map_err(|error| {
        Failure::unable(Text::new("无法生成页面", "the page cannot be made")).because(error)
    })?;
    let table = table(output::rows(delivery, language).into_iter());
    let place = out.join("site.html");
    for (path, bytes) in [
        (out.join("site.json"), document.as_slice()),
        (out.join("site.csv"), table.as_slice()),
        (place.clone(), page.as_bytes()),
    ] {
        replace(&path, bytes).map_err(|error| {
            let name = path.display().to_string();
            Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
        })?;
    }
    Ok(place)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above)?;
    }
    let ending =
        path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    let mut number = 1_u32;
    while fs::symlink_metadata(path).is_ok() {
        // `site.1.json`: its ending stays, so that it still opens.
        let aside = path.with_extension(format!("{number}.{ending}"));
        if fs::symlink_metadata(&aside).is_err() {
            fs::rename(path, &aside)?;
        }
        number = number.saturating_add(1);
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
