//! What an agent offers: devices named at its start, each looked at anew before it is used.

use std::path::{Path, PathBuf};

use profiles::Text;
use storage_bench::{
    agent::message::{Assignment, Listed},
    safety::{DestroyName, Permit, What},
    target::{Direct, Opened, Root, named},
};

use super::super::target::{self, Wish};
use crate::{
    cli::storage::{Agent as Arguments, Destroying},
    console::Console,
    failure::Failure,
    lang::text,
};

/// Everything that a controller may ask for.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    all: Vec<One>,
    force_signature: bool,
}

#[derive(Clone, Debug)]
struct One {
    listed: Listed,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Device(DestroyName),
    Folder(PathBuf),
}

impl Offer {
    /// Looks at what was named, and refuses what could not be used: now, not when a run
    /// of many hosts waits for it.
    pub(super) fn take(arguments: &Arguments, console: &mut Console) -> Result<Self, Failure> {
        let mut offer = Self { all: Vec::new(), force_signature: arguments.force_signature };
        let devices = arguments.allow_destroy.iter().map(|name| (name, true));
        let devices = devices.chain(arguments.allow_read.iter().map(|name| (name, false)));
        for (name, writable) in devices {
            let one = offer.device(name, writable, console)?;
            if offer.all.iter().any(|known| known.listed.serial == one.listed.serial) {
                return Err(Failure::usage(text(
                    "`{}` 列出了两次",
                    "`{}` is named twice",
                    &[name],
                )));
            }
            offer.all.push(one);
        }
        if let Some(folder) = &arguments.allow_dir {
            offer.all.push(Self::folder(folder)?);
        }
        if offer.all.is_empty() {
            return Err(Failure::usage(Text::new(
                "没有可用的设备：控制端不得使用未列出的设备",
                "nothing may be used: a controller uses what is named here and nothing else",
            ))
            .hint(Text::new(
                "以 --allow-destroy 或 --allow-read 指名设备（序列号），或以 --allow-dir 指定目录",
                "name a device by serial with --allow-destroy or --allow-read, or a folder with \
                 --allow-dir",
            )));
        }
        Ok(offer)
    }

    fn device(&self, name: &str, writable: bool, console: &mut Console) -> Result<One, Failure> {
        let parsed: DestroyName =
            name.parse().map_err(|error: storage_bench::safety::NameError| {
                let hint = error.hint();
                Failure::usage(text("无法理解 `{}`", "cannot understand `{}`", &[name]))
                    .because(error)
                    .hint_from(hint)
            })?;
        let permit = self.permit(&parsed, writable, console)?;
        let What::Block(block) = &permit.seen().what else {
            return Err(unlisted(name));
        };
        let listed = Listed {
            serial: parsed.to_string(),
            model: block.identity.model.clone().unwrap_or_default(),
            size_bytes: block.size_bytes,
            writable,
        };
        Ok(One { listed, place: Place::Device(parsed) })
    }

    fn folder(folder: &Path) -> Result<One, Failure> {
        let given = folder.display().to_string();
        let unusable = |why: &str| {
            Failure::usage(text("目录 `{}` 不可用", "folder `{}` cannot be used", &[&given]))
                .because(std::io::Error::other(why.to_owned()))
        };
        let folder = folder.canonicalize().map_err(|error| unusable(&error.to_string()))?;
        if !folder.is_dir() {
            return Err(unusable("it is no folder"));
        }
        let serial = format!("folder:{}", folder.display());
        let listed = Listed { serial, model: String::new(), size_bytes: 0, writable: true };
        Ok(One { listed, place: Place::Folder(folder) })
    }

    /// Finds the device of a name, wherever it is today, and decides on its use.
    fn permit(
        &self,
        name: &DestroyName,
        writes: bool,
        console: &mut Console,
    ) -> Result<Permit, Failure> {
        let found = named(&Root::live(), name).map_err(|error| {
            Failure::unable(Text::new("无法列出本机设备", "cannot list this host's devices"))
                .because(error)
        })?;
        // Several paths to one device are one; the decision itself refuses twins.
        let Some(first) = found.first() else { return Err(unlisted(&name.to_string())) };
        let destroy = if writes { vec![name.to_string()] } else { Vec::new() };
        let destroying = Destroying { destroy, force_signature: self.force_signature };
        let wish = Wish { path: &first.path, writes, file_bytes: None, destroying: &destroying };
        target::permit(&wish, console)
    }

    /// Returns what is told to a controller.
    pub(super) fn listed(&self) -> Vec<Listed> {
        self.all.iter().map(|one| one.listed.clone()).collect()
    }

    /// Opens what an assignment names; its identity is seen again, now and through the
    /// descriptor.
    pub(super) fn open(
        &self,
        assignment: &Assignment,
        console: &mut Console,
    ) -> Result<Opened, Failure> {
        let one = self.all.iter().find(|one| one.listed.serial == assignment.serial);
        let one = one.ok_or_else(|| unlisted(&assignment.serial))?;
        let writes = assignment.writes();
        let permit = match &one.place {
            Place::Device(name) => {
                // The session has refused it already: a controller decides nothing here.
                if writes && !one.listed.writable {
                    return Err(unlisted(&assignment.serial));
                }
                self.permit(name, writes, console)?
            }
            Place::Folder(folder) => {
                let path = folder.join(format!("assay-agent.{}", std::process::id()));
                let path = path.display().to_string();
                let destroying = Destroying::default();
                let file_bytes = assignment.file_bytes;
                let wish = Wish { path: &path, writes: true, file_bytes, destroying: &destroying };
                target::permit(&wish, console)?
            }
        };
        let direct = if assignment.direct { Direct::Required } else { Direct::Off };
        target::open(&permit, direct, "storage agent")
    }
}

fn unlisted(name: &str) -> Failure {
    Failure::usage(text("本机没有设备 `{}`", "this host has no device `{}`", &[name]))
        .hint(Text::same("`lsblk -o NAME,SERIAL,WWN,SIZE`"))
}
