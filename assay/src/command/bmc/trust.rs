//! `assay bmc TARGET… trust`: the certificates of BMCs, shown before any credential is sent.

use std::{collections::BTreeMap, sync::Arc};

use bmc::{
    client::{Patience, ReachError, certificate},
    target::Address,
    trust::{Pin, Standing},
};
use profiles::Text;
use tokio::{runtime::Builder, sync::Semaphore, task::JoinSet};

use super::{known, subjects::Host};
use crate::{
    cli::bmc::{Access, Print, Trust},
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::bmc::trust::{Looked, Outcome, csv, document, page},
    progress::Progress,
};

/// Hosts that are looked at at a time.
const AT_A_TIME: usize = 64;

/// Shows the certificates of the hosts, and stores or forgets them.
pub(super) fn run(
    arguments: &Trust,
    access: &Access,
    output: Print,
    hosts: &[Host],
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = known::place(access.known.as_ref())?;
    let mut known = known::read(&path)?;
    if arguments.forget {
        let forgotten = hosts.iter().filter(|host| known.forget(&host.address)).count();
        if forgotten > 0 {
            known::write(&path, &known)?;
        }
        let (forgotten, all) = (forgotten.to_string(), hosts.len().to_string());
        console.note(&text(
            "已删除 {0} 台的证书记录（共指 {1} 台）",
            "forgot the certificates of {0} hosts, of {1} named",
            &[&forgotten, &all],
        ));
        return Ok(Exit::Wanted);
    }
    let shown = {
        let step = Text::new("正在查看证书", "looking at certificates");
        let _progress = Progress::start(console.progress, console.tr(&step));
        look(hosts)?
    };
    let mut looked = Vec::new();
    let mut learned = false;
    for (host, shown) in hosts.iter().zip(shown) {
        let outcome = match shown {
            Ok(shown) => {
                let standing = expected(host, shown.pin)
                    .unwrap_or_else(|| known.standing(&host.address, shown.pin));
                let stored = arguments.store
                    && standing == Standing::New
                    && known.learn(&host.address, shown.pin);
                learned |= stored;
                Outcome::Shown { pin: shown.pin, tls: shown.tls, standing, stored }
            }
            Err(error) => Outcome::Unreached(error),
        };
        looked.push(Looked { address: host.address.to_string(), outcome });
    }
    if learned {
        known::write(&path, &known)?;
    }
    match output {
        Print::Json => print_json(&document(&looked), console)?,
        Print::Csv => console.print(&csv(&looked))?,
        Print::Text => console.print(&page(&looked, layout(console)))?,
    }
    let changed = |one: &Looked| {
        matches!(one.outcome, Outcome::Shown { standing: Standing::Changed { .. }, .. })
    };
    let unreached = |one: &Looked| matches!(one.outcome, Outcome::Unreached(_));
    Ok(if looked.iter().any(changed) {
        Exit::Failed
    } else if looked.iter().any(unreached) {
        Exit::Unknown
    } else {
        Exit::Wanted
    })
}

/// What the certificate is to the one that the list of hosts names, if it does.
fn expected(host: &Host, seen: Pin) -> Option<Standing> {
    let pin = host.listed.as_ref()?.pin?;
    Some(if pin == seen { Standing::Known } else { Standing::Changed { was: pin } })
}

/// Looks at all hosts, some at a time; the answers are in the order of the hosts.
fn look(hosts: &[Host]) -> Result<Vec<Result<certificate::Shown, ReachError>>, Failure> {
    let unable = |error: std::io::Error| {
        Failure::unable(Text::new("无法开始连接", "cannot begin to connect")).because(error)
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let patience = Patience::default();
    let mut shown = BTreeMap::new();
    runtime.block_on(async {
        let turns = Arc::new(Semaphore::new(AT_A_TIME));
        let mut tasks = JoinSet::new();
        for (at, host) in hosts.iter().enumerate() {
            let (address, turns): (Address, _) = (host.address.clone(), Arc::clone(&turns));
            tasks.spawn(async move {
                // The semaphore is never closed.
                let _turn = turns.acquire().await;
                (at, certificate::look(&address, patience).await)
            });
        }
        while let Some(ended) = tasks.join_next().await {
            // A look that broke is no host that said nothing.
            let (at, answer) = ended.map_err(|error| unable(error.into()))?;
            shown.insert(at, answer);
        }
        Ok(())
    })?;
    Ok(shown.into_values().collect())
}
