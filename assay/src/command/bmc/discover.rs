//! `assay bmc [TARGET…] discover`: which BMCs there are, by what they tell anybody.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    num::NonZeroU16,
    path::Path,
    time::Duration,
};

use bmc::{
    discover::{self, By, Heard, SearchError, Waits},
    safety::{self, Consent, Effect, Permit},
    target::Address,
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use profiles::Text;
use tokio::{runtime::Builder, sync::Semaphore, time::sleep};

use super::{refused, stop::Stop, subjects, subjects::Host, told};
use crate::{
    cli::bmc::{Bmc, Print, discover::Discover},
    clock,
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::bmc::discover::{Asked, Sweep, csv, document, list, page},
    progress::Progress,
};

/// Addresses that are asked at a time, unless it is said; each takes two descriptors.
const AT_A_TIME: u16 = 256;
/// The time between two addresses: a network is swept, not stormed.
const PACE: Duration = Duration::from_millis(5);

/// An address that is to be asked.
struct Candidate {
    address: Address,
    ipmi_port: Option<NonZeroU16>,
    by: BTreeSet<By>,
    heard: Option<Heard>,
}

/// Finds BMCs.
pub(super) fn run(
    given: &Discover,
    arguments: &Bmc,
    hosts: &[Host],
    console: &mut Console,
) -> Result<Exit, Failure> {
    let searches = given.ssdp || !given.link_local.is_empty();
    if hosts.is_empty() && !searches {
        return Err(Failure::usage(Text::new("没有说明在哪里查找", "nothing says where to look"))
            .hint(Text::new(
                "写地址、地址段、网段，或用 --ssdp --interface IF、--link-local IF",
                "name addresses, a range or a network, or use --ssdp --interface IF, --link-local IF",
            )));
    }
    let consent = Consent { yes_hosts: arguments.yes_hosts, dry_run: arguments.dry_run };
    if !hosts.is_empty() {
        match safety::decide(Effect::Read, &subjects::of(hosts), consent) {
            Ok(Permit::Act) => {}
            Ok(Permit::Tell) => return told("discover", hosts, arguments.output, console),
            Err(refusal) => return Err(refused(refusal, hosts, console)),
        }
    } else if arguments.dry_run {
        return told("discover", hosts, arguments.output, console);
    }
    let unable = |error: std::io::Error| {
        Failure::unable(Text::new("无法开始查找", "cannot begin to look")).because(error)
    };
    let stop = Stop::new(Interrupt::watch().map_err(unable)?);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(unable)?;
    let step = Text::new("正在查找 BMC", "looking for BMCs");
    let progress = Progress::start(console.progress, console.tr(&step));
    let began = clock::instant();
    let (asked, interrupted) = runtime.block_on(async {
        let mut watch = std::pin::pin!(stop.watch());
        let mut work = std::pin::pin!(look(given, arguments, hosts, &progress, &stop));
        let mut watched = false;
        loop {
            tokio::select! {
                () = &mut watch, if !watched => watched = true,
                found = &mut work => break found.map(|found| (found, watched)),
            }
        }
    })?;
    drop(progress);
    let sweep = Sweep { asked, took: began.elapsed() };
    match arguments.output {
        Print::Json => print_json(&document(&sweep), console)?,
        Print::Csv => console.print(&csv(&sweep))?,
        Print::Text => console.print(&page(&sweep, layout(console)))?,
    }
    if let Some(path) = &given.write {
        write(path, &sweep, console)?;
    }
    Ok(match (interrupted, sweep.bmcs().count()) {
        (true, _) => Exit::Unknown,
        (false, 0) => Exit::Failed,
        (false, _) => Exit::Wanted,
    })
}

/// Searches the links, and asks everybody who was named or answered.
async fn look(
    given: &Discover,
    arguments: &Bmc,
    hosts: &[Host],
    progress: &Progress,
    stop: &Stop,
) -> Result<Vec<Asked>, Failure> {
    let mut all: BTreeMap<Address, Candidate> = BTreeMap::new();
    let port = arguments.access.ipmi_port;
    let mut add = |address: &Address, ipmi_port, by, heard: Option<Heard>| {
        let one = all.entry(address.clone()).or_insert_with(|| Candidate {
            address: address.clone(),
            ipmi_port,
            by: BTreeSet::new(),
            heard: None,
        });
        one.by.insert(by);
        one.heard = one.heard.take().or(heard);
    };
    for host in hosts {
        let listed = host.listed.as_ref().and_then(|listed| listed.ipmi_port);
        add(&host.address, port.or(listed), By::Address, None);
    }
    let within = Duration::from_secs(given.wait.into());
    for interface in &given.interface {
        for heard in
            discover::by_ssdp(interface, within).await.map_err(|error| unsearched(&error))?
        {
            let address = heard.address.clone();
            add(&address, port, By::Ssdp, Some(heard));
        }
    }
    for interface in &given.link_local {
        for address in
            discover::by_link(interface, within).await.map_err(|error| unsearched(&error))?
        {
            add(&address, port, By::Link, None);
        }
    }
    let turns = Semaphore::new(arguments.at_a_time.unwrap_or(AT_A_TIME).into());
    let count = all.len();
    let mut asking: FuturesUnordered<_> = (0_u32..)
        .zip(all.into_values())
        .map(|(at, one)| {
            let turns = &turns;
            async move {
                sleep(PACE.saturating_mul(at)).await;
                // It is never closed.
                let _turn = turns.acquire().await.ok();
                let seen = discover::ask(&one.address, one.ipmi_port, Waits::default()).await;
                let port = one.ipmi_port;
                Asked { seen, by: one.by, heard: one.heard, ipmi_port: port }
            }
        })
        .collect();
    let mut asked = Vec::new();
    loop {
        tokio::select! {
            () = stop.asked() => break,
            one = asking.next() => match one {
                Some(one) => asked.push(one),
                None => break,
            },
        }
        progress.step(&format!("{}/{count}", asked.len()));
    }
    tiny_sort::stable::sort_by(&mut asked, |one, other| one.seen.address.cmp(&other.seen.address));
    Ok(asked)
}

fn unsearched(error: &SearchError) -> Failure {
    let (zh, en) = error.hint();
    let message = Text::new(error.in_chinese(), error.to_string());
    let failure = match error {
        SearchError::NoInterface { .. } => Failure::usage(message),
        _ => Failure::unable(message),
    };
    let failure = match std::error::Error::source(error) {
        Some(source) => failure.because(source.to_string()),
        None => failure,
    };
    failure.hint(Text::new(zh, en))
}

/// Writes the BMCs as a list of hosts.
fn write(path: &Path, sweep: &Sweep, console: &mut Console) -> Result<(), Failure> {
    let name = path.display().to_string();
    if sweep.bmcs().next().is_none() {
        console.note(&text(
            "没有 BMC，未写 `{}`",
            "there is no BMC; `{}` was not written",
            &[&name],
        ));
        return Ok(());
    }
    let put = || {
        let mut file = std::fs::File::create_new(path)?;
        file.write_all(list(sweep).as_bytes())?;
        file.sync_all()
    };
    put().map_err(|error| {
        let failure =
            text("无法写入主机清单 `{}`", "cannot write the list of hosts `{}`", &[&name]);
        Failure::unable(failure).because(error)
    })?;
    let count = sweep.bmcs().count().to_string();
    console.note(&text(
        "已把 {0} 台写入 `{1}`；填好机柜、U 位、序列号与凭据后用 --hosts 读入",
        "wrote {0} hosts to `{1}`; fill in rack, u, serial and credential, and read it with --hosts",
        &[&count, &name],
    ));
    Ok(())
}
