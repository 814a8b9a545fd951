//! `assay bmc --hosts FILE adopt`: one BMC after the other, from the factory's state into service.

mod enter;
mod host;
mod journal;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use bmc::{
    credential::{Credential, Secret},
    lockout::Ledger,
    redfish::client::Farewells,
    trust::Material,
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use profiles::Text;
use serde_json::json;
use tokio::runtime::Builder;

use self::{host::Run, journal::Journal};
use super::{
    access::{Keys, of_environment, of_password_file},
    certs,
    sessions::Notes,
    subjects::Host,
};
use crate::{
    cli::bmc::{Bmc, BmcCommand, adopt::Adopt},
    console::Console,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::bmc::found::{Found, Met},
    progress::Progress,
};

/// How long sessions are waited for that are being closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// Returns what is asked for, if it is this.
pub(super) fn of(command: &BmcCommand) -> Option<&Adopt> {
    match command {
        BmcCommand::Adopt(adopt) => Some(adopt),
        _ => None,
    }
}

/// Names the credential of the factory as the one to come by.
pub(super) fn name_credential(arguments: &Bmc) -> crate::cli::bmc::Access {
    let mut access = arguments.access.clone();
    if let Some(name) = of(&arguments.command).and_then(|adopt| adopt.factory_credential.clone()) {
        access.credential = Some(name);
    }
    access
}

/// Refuses a list that says nothing of some host, before anything is sent.
pub(super) fn check(command: &BmcCommand, hosts: &[Host]) -> Result<(), Failure> {
    let Some(given) = of(command) else { return Ok(()) };
    if hosts.iter().any(|host| host.listed.is_none()) {
        let refused = Text::new("没有对任何主机做任何事", "nothing was done to any host");
        return Err(Failure::usage(refused)
            .because("adopt is for the hosts of a list")
            .hint(Text::new("用 --hosts 给出清单", "name a list with --hosts")));
    }
    let names = given.new_user.is_some() || given.new_credential.is_some();
    let without = |host: &&Host| {
        let listed = host.listed.as_ref();
        listed.and_then(|listed| listed.adopt.credential.as_ref()).is_none()
    };
    if !names && let Some(host) = hosts.iter().find(without) {
        let address = host.address.to_string();
        return Err(Failure::usage(text(
            "没有给出 {} 的新管理员",
            "no new administrator is named for {}",
            &[&address],
        ))
        .hint(Text::new(
            "给出 --new-user 或 --new-credential，或在清单中写 new-credential 列",
            "name --new-user or --new-credential, or a column new-credential in the list",
        )));
    }
    if given.new_user.is_some()
        && given.new_password_env.is_none()
        && given.new_password_file.is_none()
    {
        return Err(Failure::usage(Text::new("--new-user 没有密码", "--new-user has no password"))
            .hint(Text::new(
                "加 --new-password-env 或 --new-password-file",
                "add --new-password-env or --new-password-file",
            )));
    }
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "what is refused is in the order it is told")]
/// Does it; the answers are in the order of the hosts.
pub(super) fn run(
    given: &Adopt,
    arguments: &Bmc,
    hosts: &[Host],
    mut keys: Keys,
    console: &mut Console,
) -> Result<Vec<Met>, Failure> {
    let unable = |error: std::io::Error| {
        Failure::unable(Text::new("无法开始连接", "cannot begin to connect")).because(error)
    };
    let listed = hosts.iter();
    let listed = listed.filter_map(|host| host.listed.as_ref()?.adopt.credential.as_deref());
    let mut names = BTreeSet::new();
    names.extend(listed.chain(given.new_credential.as_deref()));
    if !names.is_empty() {
        keys.add(&arguments.access, &names)?;
    }
    let new = new(given)?;
    if let Some(host) = hosts.iter().find(|host| keys.of(host).credential.is_none()) {
        let address = host.address.to_string();
        return Err(Failure::usage(text(
            "没有 {} 的出厂凭据",
            "there is no credential of the factory for {}",
            &[&address],
        ))
        .hint(Text::new(
            "用 --factory-credential、--user，或清单的 credential 列",
            "name --factory-credential, --user, or a column credential in the list",
        )));
    }
    // Every file is read before the first host is asked.
    let mut materials = BTreeMap::new();
    for host in hosts {
        if let Some(folder) = &given.cert_dir {
            let name = host.address.to_string();
            materials.insert(name.clone(), material(folder, &name)?);
        }
    }
    let list = hosts.iter().map(|host| {
        let listed = host.listed.as_ref();
        let adopt = listed.map(|listed| &listed.adopt);
        json!({ "address": host.address.to_string(),
            "serial": listed.and_then(|one| one.serial.clone()),
            "new": adopt.and_then(|one| one.network).map(|one| one.to_string()),
            "gateway": adopt.and_then(|one| one.gateway).map(|one| one.to_string()),
            "name": adopt.and_then(|one| one.name.clone()),
            "credential": adopt.and_then(|one| one.credential.clone()),
            "certificate": materials.get(&host.address.to_string())
                .map(|material: &Material| material.pin.to_string()) })
    });
    let wanted = json!({ "hosts": list.collect::<Vec<_>>(), "user": given.new_user,
        "credential": given.new_credential, "ntp": given.ntp });
    let journal = Journal::open(&given.journal, &wanted)?;
    let interrupt = Interrupt::watch().map_err(unable)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let run = Run {
        notes: Notes::read(&keys.place),
        keys: &keys,
        access: &arguments.access,
        given,
        new,
        materials,
        journal,
        ledger: Ledger::default().into(),
        farewells: Farewells::default(),
        interrupt,
    };
    let step = Text::new("正在纳管", "taking into service");
    let progress = Progress::start(console.progress, console.tr(&step));
    let mut met: Vec<Option<Met>> = hosts.iter().map(|_| None).collect();
    let at_a_time = usize::from(arguments.at_a_time.unwrap_or(1));
    runtime.block_on(async {
        let mut waiting = hosts.iter().enumerate();
        let one = |(at, host): (usize, &'_ Host)| {
            let (run, host) = (&run, host.clone());
            async move { (at, Box::pin(run.one(&host)).await) }
        };
        let mut working: FuturesUnordered<_> = waiting.by_ref().take(at_a_time).map(one).collect();
        let mut ended = 0_usize;
        while let Some((at, answer)) = working.next().await {
            ended += 1;
            let counts = [ended, hosts.len()].map(|count| count.to_string());
            let [done, all] = counts.each_ref().map(String::as_str);
            progress.step(console.tr(&text(
                "正在纳管：{0}/{1} 台",
                "taking into service: {0} of {1} hosts",
                &[done, all],
            )));
            if let Some(place) = met.get_mut(at) {
                *place = Some(answer);
            }
            // After the operator asked to stop nobody is begun any more.
            if !run.interrupt.asked()
                && let Some(next) = waiting.next()
            {
                working.push(one(next));
            }
        }
        run.farewells.settle(FAREWELL).await;
    });
    let met: Vec<Met> = met.into_iter().map(|met| met.unwrap_or(Met::Interrupted)).collect();
    if met.iter().any(is_open) {
        console.note(&Text::new(
            "有主机未完成：排除原因后用同样的命令继续，已完成的步骤不再重做",
            "some are not whole: mend what is said and run the same command again; what is done is \
             not done again",
        ));
    }
    Ok(met)
}

fn is_open(met: &Met) -> bool {
    match met {
        Met::Found { found: Found::Adopted(adoption), .. } => adoption.reason().is_some(),
        _ => true,
    }
}

/// Returns the new administrator that options name.
fn new(given: &Adopt) -> Result<Option<Credential>, Failure> {
    let Some(user) = &given.new_user else { return Ok(None) };
    let password = match (&given.new_password_env, &given.new_password_file) {
        (Some(variable), _) => of_environment(variable)?,
        (None, Some(file)) => of_password_file(file)?,
        (None, None) => Secret::new(String::new()),
    };
    Ok(Some(Credential { user: user.clone(), password }))
}

/// Reads the certificate of a host, and its key if there is one.
fn material(folder: &Path, name: &str) -> Result<Material, Failure> {
    let of = |ending: &str| folder.join(format!("{name}.{ending}"));
    let key = Some(of("key")).filter(|path| path.exists());
    certs::read(&of("pem"), key.as_deref()).map_err(|(zh, en)| Failure::usage(Text::new(zh, en)))
}
