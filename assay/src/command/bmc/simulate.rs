//! `assay bmc simulate`: BMCs that are none, with the list and the credential to try the other
//! commands on them.

mod files;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bmc::simulate::{
    knobs::{self, Knob, Knobs},
    serve::{self, ServeError, Setup},
    template::{Base, Numbers, TemplateError, dialects},
    x509::Own,
};
use profiles::Text;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::{
    cli::{
        Format,
        bmc::simulate::{Simulate, Site},
    },
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::bmc::simulate::{Shown, document, faults, page},
};

/// How often it is looked whether the operator wants it to end.
const LOOK: Duration = Duration::from_millis(50);
/// The port of the first host, where none is named.
const PORT: u16 = 8443;

/// Simulates until it is interrupted.
pub(super) fn run(
    arguments: &Simulate,
    named: bool,
    console: &mut Console,
) -> Result<Exit, Failure> {
    if arguments.site.list_faults {
        console.print(&faults(layout(console)))?;
        return Ok(Exit::Wanted);
    }
    let numbers = match &arguments.parts {
        Some(parts) => numbers(parts)?,
        None => Numbers::default(),
    };
    let known = dialects();
    let own = vec!["dmtf".to_owned()];
    let dialects = if arguments.dialects.is_empty() { &own } else { &arguments.dialects };
    if let Some(name) = dialects.iter().find(|name| !known.contains(name)) {
        let message = text("没有名为 `{}` 的品牌可模拟", "there is no dialect `{}`", &[name]);
        let all = known.join(", ");
        return Err(Failure::usage(message).hint(text("可用：{}", "there are: {}", &[&all])));
    }
    let make = |at: usize, knobs: &Knobs| {
        let name = dialects.get(at % dialects.len()).map_or("dmtf", String::as_str);
        Ok((name.to_owned(), Base::made(name, numbers, knobs).map_err(no_base)?))
    };
    serve(&arguments.site, named, dialects.len(), &make, console)
}

pub(super) fn no_base(error: TemplateError) -> Failure {
    Failure::usage(Text::new("无法模拟这样的主机", "such hosts cannot be simulated")).because(error)
}

/// Reads how much a host has.
fn numbers(parts: &str) -> Result<Numbers, Failure> {
    let mut numbers = Numbers::default();
    for part in parts.split(',').filter(|part| !part.is_empty()) {
        let (name, number) = part.split_once('=').unwrap_or((part, ""));
        let place = match name {
            "cpus" => &mut numbers.cpus,
            "dimms" => &mut numbers.dimms,
            "drives" => &mut numbers.drives,
            "nics" => &mut numbers.nics,
            "gpus" => &mut numbers.gpus,
            "power-supplies" => &mut numbers.power_supplies,
            "fans" => &mut numbers.fans,
            "log" => &mut numbers.log,
            _ => return Err(no_parts(part)),
        };
        *place = match number.parse() {
            Ok(number @ 0..=200) => number,
            _ => return Err(no_parts(part)),
        };
    }
    Ok(numbers)
}

fn no_parts(part: &str) -> Failure {
    Failure::usage(text("无法理解 --parts 中的 `{}`", "cannot use `{}` of --parts", &[part])).hint(
        Text::new(
            "写成 cpus=2,dimms=16,drives=4,nics=4,gpus=0,power-supplies=2,fans=8,log=3，每项至多 200",
            "write cpus=2,dimms=16,drives=4,nics=4,gpus=0,power-supplies=2,fans=8,log=3, up to 200 each",
        ),
    )
}

/// Reads where the first host listens.
fn listen(word: &str) -> Result<SocketAddr, Failure> {
    let whole = word.parse::<SocketAddr>();
    let bare = word.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    whole.or_else(|_| bare.map(|ip| SocketAddr::new(ip, PORT))).map_err(|error| {
        Failure::usage(text("`{}` 不是监听地址", "`{}` is no address to listen on", &[word]))
            .because(error)
            .hint(Text::new("写成 127.0.0.1:8443", "write it as 127.0.0.1:8443"))
    })
}

/// Which hosts have which faults: numbers from 1, both ends included.
struct Fault {
    first: u32,
    last: u32,
    knobs: Knobs,
}

fn fault(word: &str) -> Result<Fault, Failure> {
    let (hosts, names) =
        word.split_once(':').map_or((None, word), |(hosts, names)| (Some(hosts), names));
    let knobs = names.parse::<Knobs>().map_err(|error| {
        let (zh, en) = error.hint();
        let message = text("无法理解故障 `{}`", "cannot use the fault `{}`", &[word]);
        Failure::usage(message).because(error).hint(Text::new(zh, en))
    })?;
    let (first, last) = match hosts {
        None => (1, u32::MAX),
        Some(hosts) => {
            let (first, last) = hosts.split_once('-').unwrap_or((hosts, hosts));
            let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
            let Some((first, last)) =
                number(first).zip(number(last)).filter(|(first, last)| first <= last)
            else {
                let message = text("`{}` 不是主机编号", "`{}` are no numbers of hosts", &[hosts]);
                return Err(
                    Failure::usage(message).hint(Text::new("写成 3: 或 3-8:", "write 3: or 3-8:"))
                );
            };
            (first, last)
        }
    };
    Ok(Fault { first, last, knobs })
}

/// Makes a host: by its place from 0 and its faults; returns what it is called, too.
type Make<'m> = &'m dyn Fn(usize, &Knobs) -> Result<(String, Base), Failure>;

/// Serves hosts until it is interrupted; those take turns to be of so many makes.
pub(super) fn serve(
    site: &Site,
    named: bool,
    turns: usize,
    make: Make<'_>,
    console: &mut Console,
) -> Result<Exit, Failure> {
    if named {
        let message = Text::new("模拟的主机不用 TARGET 指定", "simulated hosts take no TARGET");
        return Err(Failure::usage(message).hint(Text::new(
            "用 --listen 与 --hosts N 说明在哪里、有几台",
            "say where they are with --listen and how many with --hosts N",
        )));
    }
    let listen = listen(&site.listen)?;
    let faults = site.faults.iter().map(|word| fault(word)).collect::<Result<Vec<_>, _>>()?;
    // Hosts that are alike share what they are made of.
    let mut made: BTreeMap<(usize, Vec<usize>), (String, Arc<Base>)> = BTreeMap::new();
    let mut hosts = Vec::new();
    for at in 0..usize::try_from(site.hosts).unwrap_or(usize::MAX) {
        let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        let mut knobs = Knobs::default();
        let mut which = Vec::new();
        for (index, fault) in faults.iter().enumerate() {
            if (fault.first..=fault.last).contains(&number) {
                knobs = knobs.with(&fault.knobs);
                which.push(index);
            }
        }
        let key = (at % turns.max(1), which);
        if !made.contains_key(&key) {
            let (name, base) = make(at, &knobs)?;
            made.insert(key.clone(), (name, Arc::new(base)));
        }
        if let Some((name, base)) = made.get(&key) {
            hosts.push((name.clone(), Arc::clone(base), knobs));
        }
    }
    let folder = files::Folder::open(&site.out)?;
    let password = folder.password(site)?;
    let certificates = certificates(site, listen, &hosts, &folder)?;
    let setup = Setup {
        listen,
        hosts: hosts.iter().map(|(_, base, _)| Arc::clone(base)).collect(),
        user: site.user.clone(),
        password,
        ipmi: !site.no_ipmi,
        fetches: site.fetch_media,
        certificates,
    };
    allow_files();
    let interrupt = Interrupt::watch().map_err(|error| {
        Failure::unable(Text::new("无法接收信号", "cannot watch for signals")).because(error)
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| no_site(ServeError::Start { source }))?;
    runtime.block_on(async {
        let mut running = serve::Site::start(&setup).map_err(no_site)?;
        if let Some(interface) = &site.ssdp {
            running.announce(interface).map_err(no_site)?;
        }
        let shown = running.places().iter().zip(&hosts).map(|(place, (dialect, _, knobs))| Shown {
            place: place.clone(),
            dialect: dialect.clone(),
            faults: names(knobs),
        });
        let shown: Vec<Shown> = shown.collect();
        let paths = folder.write(site, &setup.password, &shown)?;
        match site.output {
            Format::Json => print_json(&document(&shown, &site.user, &paths), console)?,
            Format::Text => console.print(&page(&shown, &site.user, &paths, layout(console)))?,
        }
        if !listen.ip().is_loopback() {
            console.note(&Text::new(
                "模拟的主机可从其他机器到达",
                "other machines can reach the simulated hosts",
            ));
        }
        tokio::select! {
            () = running.run() => {}
            () = until(&interrupt) => {}
        }
        Ok(Exit::Wanted)
    })
}

fn no_site(error: ServeError) -> Failure {
    let (zh, en) = error.hint();
    let message = Text::new("无法模拟", "cannot simulate");
    Failure::unable(message).because(error).hint(Text::new(zh, en))
}

async fn until(interrupt: &Interrupt) {
    while !interrupt.asked() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Returns the names of knobs that are turned.
fn names(knobs: &Knobs) -> Vec<String> {
    let turned = knobs::ALL.iter().filter_map(|(knob, name, usual, ..)| {
        let value = knobs.value(*knob)?;
        Some(if value == *usual { (*name).to_owned() } else { format!("{name}={value}") })
    });
    turned.collect()
}

/// Has as many files open as may be: each connection is one.
fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it may not, there are as many as there were.
    setrlimit(Resource::Nofile, most).ok();
}

fn certificates(
    site: &Site,
    listen: SocketAddr,
    hosts: &[(String, Arc<Base>, Knobs)],
    folder: &files::Folder,
) -> Result<Vec<Own>, Failure> {
    let count = if site.one_certificate { 1 } else { hosts.len() };
    let mut kept = folder.certificates()?;
    let mut all = Vec::new();
    for (at, (_, base, _)) in hosts.iter().take(count).enumerate() {
        let number = at + 1;
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let ip = match listen.ip() {
            IpAddr::V4(ip) if ip.is_loopback() && listen.port() != 0 => {
                IpAddr::V4(u32::from(ip).saturating_add(at).into())
            }
            ip => ip,
        };
        let expired = base.knobs().has(Knob::TlsExpired);
        let own = format!("bmc-{number}");
        let subject = base.subject().unwrap_or(&own);
        let label = format!("{number} {ip} {subject}{}", if expired { " expired" } else { "" });
        let own = match kept.remove(&label) {
            Some(own) => own,
            None => serve::certificate(subject, ip, expired).map_err(no_site)?,
        };
        all.push((label, own));
    }
    folder.keep(&all)?;
    Ok(all.into_iter().map(|(_, own)| own).collect())
}
