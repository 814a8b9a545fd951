//! What is wanted of BMCs, as a value: how much it changes, and which protocol it takes.

pub(super) mod settings;

use std::{path::PathBuf, sync::Arc, time::Duration};

use bmc::{
    hand::Needs,
    interop::load::Loaded,
    operation::{boot, power, raid},
    safety::Effect,
};
use profiles::Text;
use serde_json::Value;

use self::settings::Setting;
use super::{array, console, events, firmware::Job, interop, media::offer::Offer, watch};
use crate::{
    cli::bmc::{
        BmcCommand,
        events::EventsCommand,
        firmware::FirmwareCommand,
        raid::RaidCommand,
        verb::{
            Boot, BootDevice, Clear, LogsCommand, MediaCommand, OnOff, PowerAction, RawBody,
            RawCommand, SelCommand,
        },
    },
    failure::Failure,
    lang::text,
};

/// Power is not given to a whole rack at once.
const STAGGER: Duration = Duration::from_secs(1);

/// What is wanted.
#[derive(Clone, Debug)]
pub(super) enum Verb {
    Info,
    Inventory,
    PowerStatus,
    Power(power::Action),
    BootStatus,
    Boot(boot::Override),
    MediaStatus,
    Insert {
        url: String,
        slot: Option<String>,
    },
    Eject {
        slot: Option<String>,
    },
    /// A file is inserted, and it is not known yet how the hosts get it.
    File,
    /// A file is inserted that is offered.
    Offer(Arc<Offer>),
    /// What was offered is ejected.
    Withdraw(Arc<Offer>),
    Sensors,
    Log,
    ClearLog(Clear),
    Collect {
        out: PathBuf,
    },
    Watch(watch::Watching),
    Subscriptions,
    Subscribe {
        url: String,
        context: String,
    },
    Unsubscribe {
        id: String,
    },
    Listen(events::Listening),
    Fru,
    Identify {
        on: bool,
    },
    Console(console::Wanted),
    Tasks,
    Setting(Setting),
    Probe,
    Audit {
        try_defaults: bool,
    },
    Adopt,
    /// The service is judged by profiles, the one that is named first.
    Accept {
        profiles: Arc<Vec<Loaded>>,
    },
    /// What a machine is judged by; over IPMI, or over Redfish where it is there.
    Survey {
        ipmi: bool,
    },
    ResetBmc,
    FirmwareList,
    FirmwareUpdate(Arc<Job>),
    FirmwareFollow {
        task: Option<String>,
    },
    RaidList,
    RaidCreate(Box<raid::Wanted>),
    RaidDelete {
        volumes: Vec<String>,
    },
    Record {
        out: PathBuf,
    },
    Get {
        paths: Vec<String>,
    },
    Patch {
        path: String,
        body: Value,
    },
    Post {
        path: String,
        body: Option<Value>,
    },
    Ipmi {
        netfn: u8,
        command: u8,
        data: Vec<u8>,
    },
}

impl Verb {
    /// Reads what is wanted; nothing where it is no verb of one session (`trust`,
    /// `export`).
    pub(super) fn of(command: &BmcCommand) -> Result<Option<Self>, Failure> {
        if let Some(setting) = Setting::of(command)? {
            return Ok(Some(Self::Setting(setting)));
        }
        Ok(Some(match command {
            BmcCommand::Discover(_)
            | BmcCommand::Trust(_)
            | BmcCommand::Export(_)
            | BmcCommand::Simulate(_)
            | BmcCommand::Replay(_)
            | BmcCommand::Bios(_)
            | BmcCommand::Certs(_)
            | BmcCommand::Lockdown(_)
            | BmcCommand::Nic(_)
            | BmcCommand::Time(_)
            | BmcCommand::Users(_) => {
                return Ok(None);
            }
            BmcCommand::Info => Self::Info,
            BmcCommand::Inventory => Self::Inventory,
            BmcCommand::Power(power) => match power.action {
                PowerAction::Status => Self::PowerStatus,
                PowerAction::On => Self::Power(power::Action::On),
                PowerAction::Off => Self::Power(power::Action::Off),
                PowerAction::Soft => Self::Power(power::Action::Soft),
                PowerAction::Reset => Self::Power(power::Action::Reset),
                PowerAction::Cycle => Self::Power(power::Action::Cycle),
            },
            BmcCommand::Boot(boot) => of_boot(boot),
            BmcCommand::Media(media) => match &media.command {
                MediaCommand::Status => Self::MediaStatus,
                // Where it is served is not known yet.
                MediaCommand::Insert(insert) if insert.file().is_some() => Self::File,
                MediaCommand::Insert(insert) => {
                    Self::Insert { url: insert.url.clone(), slot: insert.slot.clone() }
                }
                MediaCommand::Eject(eject) => Self::Eject { slot: eject.slot.clone() },
            },
            BmcCommand::Sensors => Self::Sensors,
            BmcCommand::Sel(sel) => match &sel.command {
                SelCommand::List => Self::Log,
                SelCommand::Watch(given) => Self::Watch(watch::Watching::of(given)),
                SelCommand::Clear(clear) => Self::ClearLog(clear.clone()),
            },
            BmcCommand::Logs(logs) => match &logs.command {
                LogsCommand::Collect(collect) => Self::Collect { out: collect.out.clone() },
            },
            BmcCommand::Fru => Self::Fru,
            BmcCommand::Identify(identify) => Self::Identify { on: identify.wanted == OnOff::On },
            BmcCommand::Console(given) => Self::Console(console::Wanted::of(given)),
            BmcCommand::Events(given) => match &given.command {
                EventsCommand::List => Self::Subscriptions,
                EventsCommand::Subscribe(to) => {
                    Self::Subscribe { url: to.url.clone(), context: to.context.clone() }
                }
                EventsCommand::Unsubscribe(from) => Self::Unsubscribe { id: from.id.clone() },
                EventsCommand::Listen(given) => Self::Listen(events::Listening::of(given)),
            },
            BmcCommand::Tasks => Self::Tasks,
            BmcCommand::Probe => Self::Probe,
            BmcCommand::Adopt(_) => Self::Adopt,
            BmcCommand::Audit(given) => Self::Audit { try_defaults: given.try_defaults },
            BmcCommand::Accept(accept) => Self::Accept { profiles: interop::profiles(accept)? },
            BmcCommand::ResetBmc => Self::ResetBmc,
            BmcCommand::Firmware(firmware) => match &firmware.command {
                FirmwareCommand::List => Self::FirmwareList,
                // The file is opened when the hosts are known to be those that are meant.
                FirmwareCommand::Update(update) => Self::FirmwareUpdate(Arc::new(Job::of(update))),
                FirmwareCommand::Follow(follow) => {
                    Self::FirmwareFollow { task: follow.task.clone() }
                }
            },
            BmcCommand::Raid(raid) => match &raid.command {
                RaidCommand::List => Self::RaidList,
                RaidCommand::Create(create) => Self::RaidCreate(Box::new(array::wanted(create))),
                RaidCommand::Delete(delete) => {
                    Self::RaidDelete { volumes: array::named(&delete.volumes)? }
                }
            },
            BmcCommand::Record(record) => Self::Record { out: record.out.clone() },
            BmcCommand::Raw(raw) => of_raw(&raw.command)?,
        }))
    }

    /// Returns its name in documents.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Inventory => "inventory",
            Self::PowerStatus => "power status",
            Self::Power(power::Action::On) => "power on",
            Self::Power(power::Action::Off) => "power off",
            Self::Power(power::Action::Soft) => "power soft",
            Self::Power(power::Action::Reset) => "power reset",
            Self::Power(power::Action::Cycle) => "power cycle",
            Self::BootStatus => "boot status",
            Self::Boot(_) => "boot",
            Self::MediaStatus => "media status",
            Self::Insert { .. } | Self::File | Self::Offer(_) => "media insert",
            Self::Eject { .. } | Self::Withdraw(_) => "media eject",
            Self::Sensors => "sensors",
            Self::Log => "sel list",
            Self::ClearLog(_) => "sel clear",
            Self::Collect { .. } => "logs collect",
            Self::Watch(_) => "sel watch",
            Self::Subscriptions => "events list",
            Self::Subscribe { .. } => "events subscribe",
            Self::Unsubscribe { .. } => "events unsubscribe",
            Self::Listen(_) => "events listen",
            Self::Fru => "fru",
            Self::Identify { on: true } => "identify on",
            Self::Identify { on: false } => "identify off",
            Self::Console(_) => "console",
            Self::Setting(setting) => setting.name(),
            Self::Tasks => "tasks",
            Self::Probe => "probe",
            Self::Adopt => "adopt",
            Self::Audit { .. } => "audit",
            Self::Accept { .. } | Self::Survey { .. } => "accept",
            Self::ResetBmc => "reset-bmc",
            Self::FirmwareList => "firmware list",
            Self::FirmwareUpdate(_) => "firmware update",
            Self::FirmwareFollow { .. } => "firmware follow",
            Self::RaidList => "raid list",
            Self::RaidCreate(_) => "raid create",
            Self::RaidDelete { .. } => "raid delete",
            Self::Record { .. } => "record",
            Self::Get { .. } => "raw get",
            Self::Patch { .. } => "raw patch",
            Self::Post { .. } => "raw post",
            Self::Ipmi { .. } => "raw ipmi",
        }
    }

    /// Returns how much it changes.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Setting(setting) => setting.effect(),
            Self::Info
            | Self::Inventory
            | Self::PowerStatus
            | Self::BootStatus
            | Self::MediaStatus
            | Self::Sensors
            | Self::Log
            | Self::Watch(_)
            | Self::Subscriptions
            | Self::Fru
            | Self::Tasks
            | Self::Accept { .. }
            | Self::Record { .. }
            | Self::Probe
            | Self::Audit { try_defaults: false }
            | Self::Survey { .. }
            | Self::FirmwareList
            | Self::FirmwareFollow { .. }
            | Self::RaidList
            | Self::Get { .. } => Effect::Read,
            Self::Power(_)
            | Self::Boot(_)
            | Self::Insert { .. }
            | Self::Eject { .. }
            | Self::File
            | Self::Offer(_)
            | Self::Withdraw(_)
            | Self::Identify { .. }
            // The bundle of before is gone.
            | Self::Collect { .. }
            // Opened, it changes nothing; but what is typed does, and as the operator means it: one
            // host that is named, none of a network, and none that is in service.
            | Self::Console(_)
            // A subscription is ended again; whoever listens may make one of its own.
            | Self::Subscribe { .. }
            | Self::Listen(_) => Effect::Change,
            // What raw bytes do nobody can tell.
            Self::ClearLog(_)
            // It may be another's, and cannot be made again as it was.
            | Self::Unsubscribe { .. }
            // A refusal counts at the BMC, and may lock a user.
            | Self::Audit { try_defaults: true }
            | Self::Adopt
            | Self::ResetBmc
            | Self::FirmwareUpdate(_)
            | Self::RaidCreate(_)
            | Self::RaidDelete { .. }
            | Self::Patch { .. }
            | Self::Post { .. }
            | Self::Ipmi { .. } => Effect::Destroy,
        }
    }

    /// Returns which protocol it takes.
    pub(super) fn needs(&self) -> Needs {
        match self {
            // IPMI has no word for HTTP (IPMI 2.0 table 28-14).
            Self::Boot(wanted) if wanted.device == boot::Device::Http => Needs::Redfish,
            Self::Boot(_)
            | Self::Info
            | Self::PowerStatus
            | Self::Power(_)
            | Self::BootStatus
            | Self::Sensors
            | Self::Log
            | Self::Watch(_)
            | Self::ClearLog(_)
            | Self::Identify { .. }
            | Self::Probe
            | Self::Audit { .. }
            | Self::Adopt
            | Self::Survey { ipmi: false }
            | Self::ResetBmc => Needs::Either,
            Self::Inventory
            | Self::MediaStatus
            | Self::Insert { .. }
            | Self::Eject { .. }
            | Self::File
            | Self::Offer(_)
            | Self::Withdraw(_)
            | Self::Collect { .. }
            | Self::Tasks
            | Self::Accept { .. }
            | Self::FirmwareList
            | Self::FirmwareUpdate(_)
            | Self::FirmwareFollow { .. }
            | Self::RaidList
            | Self::RaidCreate(_)
            | Self::RaidDelete { .. }
            | Self::Subscriptions
            | Self::Subscribe { .. }
            | Self::Unsubscribe { .. }
            | Self::Listen(_)
            | Self::Record { .. }
            | Self::Get { .. }
            | Self::Patch { .. }
            | Self::Post { .. } => Needs::Redfish,
            Self::Setting(setting) => setting.needs(),
            Self::Fru | Self::Console(_) | Self::Survey { ipmi: true } | Self::Ipmi { .. } => {
                Needs::Ipmi
            }
        }
    }

    /// Returns whether it goes on until somebody ends it, and ends well when it is asked to stop.
    pub(super) fn lasts(&self) -> bool {
        matches!(self, Self::Console(_) | Self::Watch(_) | Self::Listen(_))
    }

    /// Returns the time between two hosts of several.
    pub(super) fn stagger(&self) -> Duration {
        match self {
            Self::Power(power::Action::On | power::Action::Reset | power::Action::Cycle) => STAGGER,
            _ => Duration::ZERO,
        }
    }

    /// Returns how long one host may take in all, unless it is said.
    pub(super) fn total(&self) -> Duration {
        match self {
            // A large image over a slow line, and a BMC that writes it and restarts.
            Self::FirmwareUpdate(_) | Self::FirmwareFollow { .. } => Duration::from_hours(2),
            Self::RaidCreate(_) | Self::RaidDelete { .. } => Duration::from_mins(30),
            Self::Collect { .. } => Duration::from_hours(1),
            _ => Duration::from_mins(10),
        }
    }

    /// Says what is being done.
    pub(super) fn step(&self) -> Text {
        match self.effect() {
            Effect::Read => Text::new("正在读取", "reading"),
            Effect::Change | Effect::Destroy => Text::new("正在执行", "doing it"),
        }
    }
}

fn of_boot(wanted: &Boot) -> Verb {
    let device = match wanted.device {
        BootDevice::Status => return Verb::BootStatus,
        BootDevice::None => boot::Device::None,
        BootDevice::Pxe => boot::Device::Pxe,
        BootDevice::Http => boot::Device::Http,
        BootDevice::Disk => boot::Device::Disk,
        BootDevice::Cd => boot::Device::Cd,
        BootDevice::Bios => boot::Device::Bios,
    };
    let lasting = if wanted.persistent { boot::Lasting::Persistent } else { boot::Lasting::Once };
    let firmware = match (wanted.uefi, wanted.legacy) {
        (true, _) => Some(boot::Firmware::Uefi),
        (_, true) => Some(boot::Firmware::Legacy),
        (false, false) => None,
    };
    Verb::Boot(boot::Override { device, lasting, firmware })
}

fn of_raw(command: &RawCommand) -> Result<Verb, Failure> {
    Ok(match command {
        RawCommand::Get(get) => {
            let paths = get.paths.iter().map(|path| path_of(path)).collect::<Result<_, _>>()?;
            Verb::Get { paths }
        }
        RawCommand::Patch(patch) => {
            let body = body_of(patch)?.ok_or_else(|| {
                Failure::usage(Text::new("没有请求体", "there is no body"))
                    .hint(Text::new("在路径之后写 JSON", "write it after the path, as JSON"))
            })?;
            Verb::Patch { path: path_of(&patch.path)?, body }
        }
        RawCommand::Post(post) => Verb::Post { path: path_of(&post.path)?, body: body_of(post)? },
        RawCommand::Ipmi(raw) => {
            let bytes: Vec<u8> =
                raw.bytes.iter().map(|word| byte(word)).collect::<Result<_, _>>()?;
            match bytes.split_first_chunk() {
                Some(([netfn, command], data)) if *netfn < 0x40 => {
                    Verb::Ipmi { netfn: *netfn, command: *command, data: data.to_vec() }
                }
                _ => {
                    return Err(Failure::usage(Text::new(
                        "网络功能码应小于 0x40，其后为命令码和数据",
                        "a network function below 0x40 is wanted, then the command and its data",
                    )));
                }
            }
        }
    })
}

/// Returns a path on the BMC: nothing is sent to another host.
fn path_of(path: &str) -> Result<String, Failure> {
    let sound = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    sound.then(|| path.to_owned()).ok_or_else(|| {
        Failure::usage(text("`{}` 不是 BMC 上的路径", "`{}` is no path on the BMC", &[path]))
            .hint(Text::new("例：/redfish/v1/Systems", "for example /redfish/v1/Systems"))
    })
}

fn body_of(raw: &RawBody) -> Result<Option<Value>, Failure> {
    let parse = |text: &String| {
        serde_json::from_str(text).map_err(|error| {
            Failure::usage(Text::new("请求体不是 JSON", "the body is no JSON")).because(error)
        })
    };
    raw.body.as_ref().map(parse).transpose()
}

fn byte(word: &str) -> Result<u8, Failure> {
    let parsed = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_error| {
        Failure::usage(text("`{}` 不是一个字节", "`{}` is no byte", &[word]))
            .hint(Text::new("写 0 到 255，或 0x00 到 0xff", "write 0 to 255, or 0x00 to 0xff"))
    })
}
