//! `assay bmc TARGET… firmware update`: one host first, then some at a time, and no more after the
//! first that is not as wanted.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bmc::{
    hand::{Bmc, HandError},
    media::{self, serve::Server},
    operation::firmware::ApplyTime,
    redfish::client::{Image, Source, Update},
};
use profiles::Text;

use super::{
    access::Keys,
    fleet::{self, Way},
    media::place,
    subjects::Host,
    verb::Verb,
};
use crate::{
    cli::{
        self,
        bmc::{
            BmcCommand,
            firmware::{self, Apply, FirmwareCommand},
        },
    },
    console::Console,
    failure::Failure,
    lang::text,
    output::bmc::{
        found::{Found, Met},
        served::size,
    },
};

/// Hosts at a time after the first, unless it is said.
const AT_A_TIME: u16 = 8;

/// An update that is wanted of hosts, and the image that they share.
#[derive(Debug)]
pub(super) struct Job {
    asked: firmware::Update,
    image: Option<Image>,
    hosts: Vec<Host>,
    /// Where the image is served, once a BMC has to fetch it.
    offered: Mutex<Option<Offered>>,
}

/// An image that is served.
#[derive(Debug)]
struct Offered {
    server: Server,
    /// The URL of each host, by its name.
    urls: BTreeMap<String, String>,
    /// The hosts in the order of what they read.
    names: Vec<String>,
}

impl Job {
    /// Returns what is asked for; no file is opened.
    pub(super) fn of(asked: &firmware::Update) -> Self {
        Self { asked: asked.clone(), image: None, hosts: Vec::new(), offered: Mutex::default() }
    }

    fn offered(&self) -> std::sync::MutexGuard<'_, Option<Offered>> {
        // What is behind it is made whole or not at all.
        self.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns where a host can fetch the image; serving begins with the first that has to.
    fn offer(&self, name: &str) -> Option<String> {
        let image = self.image.as_ref()?;
        let mut offered = self.offered();
        if offered.is_none() {
            let places =
                place::find(&self.hosts, self.asked.serve, &media::name(&image.name)).ok()?;
            let file = image.file().ok()?;
            let server = Server::start(file, places.guests, places.listeners).ok()?;
            let names = self.hosts.iter().map(|host| host.address.to_string()).collect();
            *offered = Some(Offered { server, urls: places.urls, names });
        }
        offered.as_ref()?.urls.get(name).cloned()
    }

    /// Returns what a host fetched, where it had to: in Chinese, and in English.
    fn fetched(&self, name: &str) -> Option<(String, String)> {
        let offered = self.offered();
        let offered = offered.as_ref()?;
        let at = offered.names.iter().position(|own| own == name)?;
        let reads = offered.server.tally().reads.into_iter().nth(at)?;
        let (sent, length) = (size(reads.distinct()), size(offered.server.length()));
        Some((
            format!("由本机提供镜像：BMC 读取了 {length} 中的 {sent}"),
            format!("the image was served by this machine: the BMC read {sent} of {length}"),
        ))
    }
}

/// Opens the image of an update, if it is one, and tells what it is.
pub(super) fn open(
    command: &BmcCommand,
    hosts: &[Host],
    console: &mut Console,
) -> Result<Option<Job>, Failure> {
    let BmcCommand::Firmware(firmware::Firmware { command: FirmwareCommand::Update(asked) }) =
        command
    else {
        return Ok(None);
    };
    let mut job = Job { hosts: hosts.to_vec(), ..Job::of(asked) };
    let Some(path) = asked.file() else {
        if asked.sha256.is_some() {
            let message = Text::new(
                "--sha256 只用于文件：BMC 自行读取的镜像无法由本程序核对",
                "--sha256 is for a file: this program does not see what a BMC fetches itself",
            );
            return Err(Failure::usage(message));
        }
        return Ok(Some(job));
    };
    let image = Image::open(path, asked.sha256.as_deref()).map_err(|error| {
        let name = path.display().to_string();
        let (zh, en) = error.hint();
        let message = text("无法使用镜像 `{}`", "cannot use the image `{}`", &[&name]);
        Failure::usage(message).because(error).hint(Text::new(zh, en))
    })?;
    console.note(&text(
        "镜像 {0}：{1}，SHA-256 {2}",
        "image {0}: {1}, SHA-256 {2}",
        &[&image.name, &size(image.length), &image.sha256],
    ));
    job.image = Some(image);
    Ok(Some(job))
}

/// Updates the hosts: the first alone, then some at a time; those that come after one that is not
/// as wanted are not begun.
pub(super) fn run(
    job: Job,
    hosts: &[Host],
    keys: &Keys,
    arguments: &cli::bmc::Bmc,
    console: &mut Console,
) -> Result<Vec<Met>, Failure> {
    let verb = Verb::FirmwareUpdate(Arc::new(job));
    let at_a_time = arguments.at_a_time.unwrap_or(AT_A_TIME);
    let (mut met, mut rest, mut count) = (Vec::new(), hosts, 1_usize);
    while !rest.is_empty() {
        let (batch, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        let way = Way::of(arguments).with(at_a_time);
        let came = fleet::run(batch, keys, way, &verb, console)?;
        let is_bad = came.iter().any(Met::is_bad);
        met.extend(came);
        rest = after;
        if is_bad {
            break;
        }
        count = at_a_time.into();
    }
    if !rest.is_empty() {
        let left = rest.len().to_string();
        console.note(&text(
            "有主机未如预期，其余 {} 台未开始",
            "a host is not as wanted: {} others were not begun",
            &[&left],
        ));
    }
    met.extend(rest.iter().map(|_| Met::Held));
    Ok(met)
}

/// Updates one BMC.
pub(super) async fn update(bmc: &mut Bmc, name: &str, job: &Job) -> Result<Found, HandError> {
    let asked = &job.asked;
    let offer = || job.offer(name);
    let source = match (&job.image, asked.file()) {
        (Some(image), _) => Source::File { image, offer: &offer },
        (None, None) => Source::Url(&asked.image),
        (None, Some(_)) => return Ok(Found::Unable { why: super::media::no_way() }),
    };
    let wanted = Update {
        source,
        targets: &asked.targets,
        apply: asked.apply.map(|apply| match apply {
            Apply::Immediate => ApplyTime::Immediate,
            Apply::OnReset => ApplyTime::OnReset,
            Apply::AtMaintenance => ApplyTime::AtMaintenance,
        }),
        protocol: asked.fetch_by.as_deref(),
        credential: None,
        expect: asked.expect.as_deref(),
        settle: Duration::from_secs(asked.settle.into()),
    };
    let mut renewed = bmc.update_firmware(&wanted).await?;
    renewed.acted.remarks.extend(job.fetched(name));
    Ok(Found::Renewed(Box::new(renewed)))
}
