//! `assay bmc TARGET… raid`: what is wanted, as a value.

use bmc::operation::raid::{Init, Level, Wanted};
use profiles::Text;

use crate::{
    cli::bmc::raid::{self, Create},
    failure::Failure,
    lang::text,
};

/// Returns the volume that is asked for.
pub(super) fn wanted(create: &Create) -> Wanted {
    Wanted {
        level: match create.level {
            raid::Level::Raid0 => Level::Raid0,
            raid::Level::Raid1 => Level::Raid1,
            raid::Level::Raid5 => Level::Raid5,
            raid::Level::Raid6 => Level::Raid6,
            raid::Level::Raid10 => Level::Raid10,
            raid::Level::Raid50 => Level::Raid50,
            raid::Level::Raid60 => Level::Raid60,
        },
        drives: create.drives.iter().map(|drive| drive.trim().to_owned()).collect(),
        controller: create.controller.clone(),
        name: create.name.clone(),
        size_bytes: create.size,
        stripe_bytes: create.stripe,
        init: create.init.map(|init| match init {
            raid::Init::Fast => Init::Fast,
            raid::Init::Full => Init::Full,
        }),
        encrypt: create.encrypt,
        mixed: create.mixed,
    }
}

/// Returns the volumes that are named: there is no word for all of them.
pub(super) fn named(words: &[String]) -> Result<Vec<String>, Failure> {
    for word in words {
        if word.trim().is_empty() || word.contains('*') || word.eq_ignore_ascii_case("all") {
            return Err(Failure::usage(text("`{}` 不是卷", "`{}` is no volume", &[word])).hint(
                Text::new(
                    "逐一写出卷的编号或名称：`raid list` 可查",
                    "name each volume by its id or name: `raid list` shows them",
                ),
            ));
        }
    }
    Ok(words.to_vec())
}
