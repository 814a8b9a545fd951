//! Recorded trees, served as the BMCs that they are of.

use std::{fs, path::Path, process::Command};

use hw_tests::corpus;
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

use crate::site::Site;

/// Archives, the system of each, and how many of its resources are looked at.
const TREES: [(&str, &str); 3] = [
    ("lenovo-sr670v2", "/Systems/1"),
    ("huawei-2288hv5", "/Systems/1"),
    ("dmtf-rackmount1", "/Systems/437XR1138R2"),
];
/// Resources of a tree that are compared; each is a process of curl.
const COMPARED: usize = 60;

/// Returns the files of a tree by path.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if path.ends_with("index.json") {
            found.push(path);
        }
    }
    Ok(())
}

pub(crate) fn trees() -> Result<(), Failed> {
    for (name, system) in TREES {
        let archive = corpus::folder("redfish").join(format!("{name}.tar.xz"));
        let unpacked = TempDir::new()?;
        let tar =
            Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(unpacked.path()).status()?;
        assert!(tar.success(), "{name}");
        let mut all = Vec::new();
        files(unpacked.path(), &mut all)?;
        all.sort();
        let folder = TempDir::new()?;
        let archive = archive.display().to_string();
        let site = Site::within(folder.path(), "replay", "127.0.0.1:0", &[&archive, "--no-ipmi"])?;
        let mut compared = 0;
        let step = all.len().div_ceil(COMPARED);
        for file in all.iter().step_by(step) {
            let text = fs::read_to_string(file)?;
            let Ok(recorded) = serde_json::from_str::<Value>(&text) else { continue };
            let path = file.display().to_string();
            let Some((_, place)) = path.split_once("/redfish/v1") else { continue };
            let place = place.trim_end_matches("/index.json");
            let mut seen = site.get(0, place)?;
            let mut recorded = recorded;
            for body in [&mut seen, &mut recorded] {
                if let Some(body) = body.as_object_mut() {
                    // Tags and counts are the service's, as of now.
                    for name in ["@odata.etag", "Members@odata.count", "Members"] {
                        body.remove(name);
                    }
                }
            }
            assert_eq!(seen, recorded, "{name} {place}");
            compared += 1;
        }
        println!("{name}: {compared} of {} resources compared", all.len());
        assert!(compared > 15, "{name}: {compared}");
        // And it has a state.
        let tag = serde_json::json!({ "AssetTag": "A17" });
        assert_eq!(site.patch(0, system, &tag)?, 200, "{name}");
        assert_eq!(site.get(0, system)?["AssetTag"], "A17", "{name}");
    }
    Ok(())
}
