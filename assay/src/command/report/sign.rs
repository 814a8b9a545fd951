//! `assay report sign`.

use profiles::{Role, Text};

use super::{super::key, folder_failure, write_failure};
use crate::{
    cli::report::Sign,
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    report::{folder, sign::Signer, write},
};

/// Signs a report's manifest.
pub(super) fn sign(arguments: &Sign, console: &mut Console) -> Result<Exit, Failure> {
    let hand = key::private(&arguments.key)?;
    let card = hand.card.as_ref();
    let who = arguments.who.clone().or_else(|| card?.by.clone());
    let role = arguments.role.as_deref().map(|role| match Role::named(role) {
        Some(party) => party.name().zh,
        None => role.to_owned(),
    });
    let role = role.or_else(|| Some(card?.role?.name().zh));
    let (Some(who), Some(role)) = (who, role) else {
        return Err(Failure::usage(Text::new(
            "没有写明由谁、以何角色签名",
            "nobody is named who signs, or no role",
        ))
        .hint(Text::new("用 --by 与 --role 写明", "name them by --by and --role")));
    };
    let loaded = folder::load(&arguments.report).map_err(folder_failure)?;
    let signer = Signer { name: who, role, stage: loaded.report.cover.stage, at: clock::now() };
    let (public, count) = write::sign(&loaded.folder, &hand.key, signer).map_err(write_failure)?;
    let (id, count) = (public.id(), count.to_string());
    let line = text(
        "已签名，密钥 {}，共 {} 个签名（完整性校验，不是法律意义上的电子签名）\n",
        "signed with key {}; {} signatures in all (integrity, not an electronic signature in law)\n",
        &[&id, &count],
    );
    let line = console.tr(&line).to_owned();
    console.print(&line)?;
    Ok(Exit::Wanted)
}
