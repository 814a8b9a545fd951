//! What is wanted of settings of the BIOS.

use bmc::operation::bios::Wanted;
use profiles::Text;

use super::Setting;
use crate::{
    cli::bmc::settings::bios::{Bios, BiosCommand},
    failure::Failure,
    lang::text,
};

pub(super) fn of(given: &Bios) -> Result<Setting, Failure> {
    Ok(match &given.command {
        BiosCommand::Get(get) => Setting::Bios { names: get.names.clone() },
        BiosCommand::Set(set) => {
            let wanted: Vec<Wanted> =
                set.values.iter().map(|word| wanted(word)).collect::<Result<_, _>>()?;
            for (at, one) in wanted.iter().enumerate() {
                if wanted.iter().take(at).any(|other| other.name == one.name) {
                    return Err(Failure::usage(text(
                        "`{}` 出现两次",
                        "`{}` is there twice",
                        &[&one.name],
                    )));
                }
            }
            Setting::SetBios(wanted)
        }
        BiosCommand::Pending => Setting::BiosPending,
        BiosCommand::Reset => Setting::ResetBios,
        BiosCommand::Revoke => Setting::RevokeBios,
    })
}

fn wanted(word: &str) -> Result<Wanted, Failure> {
    match word.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok(Wanted { name: name.trim().to_owned(), text: value.trim().to_owned() })
        }
        _ => Err(Failure::usage(text("`{}` 不是 名称=值", "`{}` is no NAME=VALUE", &[word]))
            .hint(Text::new("例：BootMode=UEFI", "for example BootMode=UEFI"))),
    }
}
