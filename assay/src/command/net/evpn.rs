//! `assay net evpn`: FRR's configuration for this node, printed, compared or written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use dataplane::{
    desired::Desired,
    evpn::{self, Difference, Line, MARK, Password, Passwords},
};
use profiles::Text;
use serde_json::{Value, json};

use super::{place::Place, source::Source};
use crate::{
    cli::{Format, net::Evpn as Arguments},
    command::print_json,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    push::secret::{Secret, SecretError},
};

/// Who may read it: FRR's group, for its password is in it.
const MODE: u32 = 0o640;

/// Prints, compares or writes.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let place = Place::of(&arguments.place)?;
    let source = super::source_or_applied(arguments.file.as_deref(), &place)?;
    let Some(desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let Some(page) = evpn::render(&desired, &Passwords::new()) else {
        let message = text("`{}` 中没有 EVPN", "there is no EVPN in `{}`", &[&source.name]);
        return Err(Failure::usage(message).hint(Text::new(
            "写明 `[node.evpn]`：`asn`、`vtep_prefixes` 和至少一个 `[[node.evpn.neighbour]]`",
            "say `[node.evpn]`: `asn`, `vtep_prefixes` and at least one `[[node.evpn.neighbour]]`",
        )));
    };
    let mut document = super::document("assay/net-evpn/v1", Some(&desired), Some(&source));
    document.insert("configuration".to_owned(), page.as_str().into());
    let mut exit = Exit::Wanted;
    let mut told = page;
    if let Some(file) = &arguments.check {
        let running = Source::read(file)?;
        let passwords = passwords(&desired, &mut |error| {
            console.note(&text(
                "不比较口令：{}",
                "a password is not compared: {}",
                &[&said(&error)],
            ));
        });
        let found = evpn::compare(&desired, &passwords, &running.text).unwrap_or_default();
        if !found.is_empty() {
            exit = Exit::Failed;
        }
        document.insert("running".to_owned(), differences(&running.name, &found));
        told = found.text();
        verdict(&running.name, &found, console);
    }
    if let Some(file) = &arguments.write {
        let changed = write(&desired, file)?;
        document.insert("written".to_owned(), json!({ "file": file, "changed": changed }));
        told.clear();
        let shown = file.display().to_string();
        console.note(&if changed {
            text(
                "已写入 `{}`；`/usr/lib/frr/frr-reload.py --reload {}` 使 FRR 生效",
                "wrote `{}`; `/usr/lib/frr/frr-reload.py --reload {}` has FRR take it",
                &[&shown, &shown],
            )
        } else {
            text("`{}` 已是如此", "`{}` says so already", &[&shown])
        });
    }
    match arguments.output {
        Format::Json => print_json(&document, console)?,
        Format::Text => console.print(&told)?,
    }
    Ok(exit)
}

fn verdict(name: &str, found: &Difference, console: &mut Console) {
    if found.is_empty() {
        console.note(&text("`{}` 与文件一致", "`{}` is as the file says", &[name]));
        return;
    }
    let count = found.missing.len().saturating_add(found.extra.len()).to_string();
    console.note(&text(
        "`{}` 有 {} 行不同（+ 缺少，- 多出）；`assay net evpn --write 文件` 写出应有的配置，再以 `/usr/lib/frr/frr-reload.py --reload 文件` 生效",
        "`{}` differs in {} lines (+ is missing, - is too much); `assay net evpn --write FILE` writes what is to be, and `/usr/lib/frr/frr-reload.py --reload FILE` has FRR take it",
        &[name, &count],
    ));
}

fn differences(name: &str, found: &Difference) -> Value {
    let lines = |lines: &[Line]| -> Vec<Value> {
        let line = |line: &Line| json!({ "within": line.within, "line": line.text });
        lines.iter().map(line).collect()
    };
    json!({
        "file": name,
        "differs": !found.is_empty(),
        "missing": lines(&found.missing),
        "extra": lines(&found.extra),
    })
}

/// Reads the passwords of neighbours; why one cannot be had is told.
fn passwords(desired: &Desired, failed: &mut dyn FnMut(SecretError)) -> Passwords {
    let mut passwords = Passwords::new();
    let neighbours = desired.node.evpn.iter().flat_map(|evpn| &evpn.neighbours);
    for (address, neighbour) in neighbours {
        let Some(file) = &neighbour.password_file else { continue };
        match password(Path::new(file)) {
            Ok(password) => drop(passwords.insert(*address, password)),
            Err(error) => failed(error),
        }
    }
    passwords
}

fn password(file: &Path) -> Result<Password, SecretError> {
    let secret = Secret::read(file)?;
    secret.word().and_then(Password::new).ok_or_else(|| SecretError::Unusable {
        file: file.to_owned(),
        why: "is no password that FRR takes: one word of 1 to 80 visible ASCII characters",
    })
}

fn said(error: &SecretError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// Puts the configuration into a file, whole or not at all; returns whether it was another.
fn write(desired: &Desired, file: &Path) -> Result<bool, Failure> {
    let shown = file.display().to_string();
    let cannot = || text("无法写入 `{}`", "cannot write `{}`", &[&shown]);
    let failed = |error: io::Error| Failure::unable(cannot()).because(error);
    let mut refused = None;
    let passwords = passwords(desired, &mut |error| refused = refused.take().or(Some(error)));
    if let Some(error) = refused {
        let hint = error.hint();
        return Err(Failure::unable(cannot()).because(error).hint_from(hint));
    }
    let page = evpn::render(desired, &passwords).unwrap_or_default();
    let before = match fs::read(file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    if let Some(before) = &before
        && !before.trim_ascii().is_empty()
        && !before.starts_with(MARK.as_bytes())
    {
        let message = text(
            "`{}` 不是本程序写成的，不覆盖",
            "`{}` was not written by this program, and is not replaced",
            &[&shown],
        );
        return Err(Failure::usage(message).hint(Text::new(
            "把其中仍需要的内容移到别处，或自行合并后用 --check 比较",
            "move it away first; or merge the two by hand, and compare with --check",
        )));
    }
    let owner = fs::metadata(file).or_else(|_absent| fs::metadata(folder(file))).map_err(failed)?;
    let same = before.as_deref() == Some(page.as_bytes());
    if same && owner.permissions().mode() & 0o777 == MODE {
        return Ok(false);
    }
    let new = beside(file);
    let put = put(&new, &page, (owner.uid(), owner.gid()))
        .and_then(|()| fs::rename(&new, file))
        .and_then(|()| File::open(folder(file))?.sync_all());
    put.inspect_err(|_error| drop(fs::remove_file(&new))).map_err(failed)?;
    Ok(true)
}

/// The file belongs to whom the one before it, or its folder, belongs to: FRR runs as a user of
/// its own.
fn put(new: &Path, page: &str, (user, group): (u32, u32)) -> io::Result<()> {
    // What a run that was killed left there may be readable to others.
    match fs::remove_file(new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (user, group) {
        fchown(&file, Some(user), Some(group))?;
    }
    file.write_all(page.as_bytes())?;
    file.set_permissions(fs::Permissions::from_mode(MODE))?;
    file.sync_all()
}

fn folder(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".assay-new");
    file.with_file_name(name)
}
