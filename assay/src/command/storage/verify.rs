//! `assay storage verify`: writes a volume, reads it back and judges every block; or judges,
//! by the journal, what a crash left.

mod pace;

use std::fs::File;
use std::path::Path;

use profiles::Text;
use storage_bench::{
    integrity::{
        block::{BLOCK_BYTES, MAX_GENERATION, Origin},
        elsewhere,
        generation::Width,
        order::Order,
        report::Integrity,
        run::{
            AfterCrash, Plan, VerifyError, Watch, after_crash,
            journal_file::{JournalFile, JournalFileError, Place},
            verify,
        },
    },
    safety::{BlockKind, Permit, What},
    target::{Direct, Opened},
};

use super::{
    size,
    target::{self, Wish},
    time_ns,
};
use crate::{
    cli::{
        Format,
        storage::{Verify as Arguments, WriteOrder},
    },
    clock,
    command::{layout, machine, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::{storage::verify as output, unit::memory},
    report::digest::Digests,
};
use pace::Pace;

/// A table of four bytes a block above this many blocks (1 TiB) would take over 1 GiB.
const WIDE_BLOCKS: u64 = 1 << 28;
/// Passes up to which one byte a block tells generations apart.
const NARROW_PASSES: u64 = 250;

/// Verifies, or judges.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let interrupt = machine::watch(console);
    let report = if arguments.after_crash {
        judge(arguments, &interrupt, console)?
    } else {
        write(arguments, &interrupt, console)?
    };
    match arguments.output {
        Format::Json => print_json(&report, console)?,
        Format::Text => console.print(&output::text(&report, layout(console)))?,
    }
    Ok(if report.found.faults() > 0 || report.found.unreadable > 0 {
        Exit::Failed
    } else if report.is_sound() {
        Exit::Wanted
    } else {
        Exit::Unknown
    })
}

/// Writes, reads back and judges.
fn write(
    arguments: &Arguments,
    interrupt: &Interrupt,
    console: &mut Console,
) -> Result<Integrity, Failure> {
    let file_bytes = arguments.size.as_deref().map(|given| size("--size", given)).transpose()?;
    let runtime = arguments.runtime.as_deref().map(|given| time_ns("--runtime", given));
    let runtime = runtime.transpose()?.map(std::time::Duration::from_nanos);
    let path = arguments.target.display().to_string();
    let wish = Wish { path: &path, writes: true, file_bytes, destroying: &arguments.destroying };
    let permit = target::permit(&wish, console)?;
    // What can be wrong with the request is found before anything is opened for writing.
    let bytes = match &permit.seen().what {
        What::Block(block) => block.size_bytes,
        _ => file_bytes.unwrap_or(0),
    };
    let mut plan = plan(arguments, bytes, file_bytes, atomic(arguments, &permit)?)?;
    room(arguments, &plan, runtime.is_some())?;
    let mut opened = target::open(&permit, Direct::Required, "storage verify")?;
    if opened.made().is_some() {
        settle(&arguments.target);
    }
    plan.origin.volume = volume(&permit, &opened)?;
    let journal = journal(arguments, &plan, opened.file(), console)?;
    let pace = Pace::start(console.progress, runtime, plan.io_bytes);
    let stop = interrupt.flag();
    let progress = |progress| pace.note(progress, clock::instant());
    let watch = Watch { stop: &stop, enough: pace.enough(), progress: &progress };
    let mut report = verify(opened.file(), &plan, journal.as_ref(), watch).map_err(failure)?;
    let (write_ns, read_ns) = pace.end(clock::instant());
    (report.write_ns, report.read_ns) = (Some(write_ns), read_ns);
    report.subject = Some(opened.subject().clone());
    if arguments.keep || report.found.faults() > 0 {
        opened.keep();
    }
    Ok(report)
}

/// Judges what is there by the journal.
fn judge(
    arguments: &Arguments,
    interrupt: &Interrupt,
    console: &mut Console,
) -> Result<Integrity, Failure> {
    let Some(journal) = &arguments.journal else {
        return Err(Failure::usage(Text::new("没有给出日志", "no journal was given")));
    };
    let path = arguments.target.display().to_string();
    let wish =
        Wish { path: &path, writes: false, file_bytes: None, destroying: &arguments.destroying };
    let permit = target::permit(&wish, console)?;
    let atomic_bytes = atomic(arguments, &permit)?;
    let opened = target::open(&permit, Direct::Required, "storage verify --after-crash")?;
    let options = AfterCrash {
        size_bytes: opened.size_bytes(),
        volume: Some(volume(&permit, &opened)?),
        threads: arguments.threads,
        atomic_bytes,
        width: Width::Full,
    };
    let pace = Pace::start(console.progress, None, 0);
    let stop = interrupt.flag();
    let progress = |progress| pace.note(progress, clock::instant());
    let watch = Watch { stop: &stop, enough: pace.enough(), progress: &progress };
    let mut report = after_crash(opened.file(), &options, journal, watch).map_err(failure)?;
    let (_, read_ns) = pace.end(clock::instant());
    report.read_ns = read_ns;
    report.subject = Some(opened.subject().clone());
    Ok(report)
}

/// Returns what is to be done to a target of `bytes`, but for whose blocks they are.
fn plan(
    arguments: &Arguments,
    bytes: u64,
    asked: Option<u64>,
    atomic_bytes: u32,
) -> Result<Plan, Failure> {
    if let Some(asked) = asked.filter(|asked| *asked > bytes) {
        return Err(Failure::usage(text(
            "--size 为 {} 字节，目标只有 {} 字节",
            "--size is {} bytes, the target has {}",
            &[&asked.to_string(), &bytes.to_string()],
        )));
    }
    let io_bytes = size("--bs", &arguments.bs)?;
    let passes = match (&arguments.runtime, arguments.passes) {
        (Some(_), _) => MAX_GENERATION,
        (None, passes) => passes.unwrap_or(1),
    };
    // What is left of a device behind its last whole block is no block.
    let span_bytes = asked.unwrap_or(bytes - bytes % BLOCK_BYTES as u64);
    let narrow = span_bytes / BLOCK_BYTES as u64 > WIDE_BLOCKS && passes <= NARROW_PASSES;
    let plan = Plan {
        origin: Origin { volume: 0, run: drawn()?, seed: drawn()? },
        start_bytes: 0,
        span_bytes,
        io_bytes: u32::try_from(io_bytes).unwrap_or(u32::MAX),
        threads: arguments.threads,
        passes,
        order: match arguments.order {
            WriteOrder::Random => Order::Random,
            WriteOrder::Sequential => Order::Sequential,
        },
        flush_every: arguments.flush_every,
        atomic_bytes,
        width: if narrow { Width::Modulo } else { Width::Full },
    };
    plan.check().map_err(failure)?;
    Ok(plan)
}

/// Returns what the target is held to write whole when power fails.
fn atomic(arguments: &Arguments, permit: &Permit) -> Result<u32, Failure> {
    let Some(given) = &arguments.atomic else {
        return Ok(match &permit.seen().what {
            What::Block(block) => block.physical_block_bytes.clamp(512, 4096),
            _ => 512,
        });
    };
    let bytes = size("--atomic", given)?;
    u32::try_from(bytes).ok().filter(|bytes| matches!(bytes, 512 | 1024 | 2048 | 4096)).ok_or_else(
        || {
            Failure::usage(text(
                "--atomic 应为 512、1k、2k 或 4k，而不是 `{}`",
                "--atomic is 512, 1k, 2k or 4k, not `{}`",
                &[given],
            ))
        },
    )
}

/// Refuses a journal that cannot fit where it is to be.
fn room(arguments: &Arguments, plan: &Plan, timed: bool) -> Result<(), Failure> {
    let Some(journal) = &arguments.journal else { return Ok(()) };
    let folder = journal.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let free = rustix::fs::statvfs(folder).map_err(|error| {
        let name = folder.display().to_string();
        Failure::usage(text(
            "无法使用日志目录 `{}`",
            "cannot use the journal's folder `{}`",
            &[&name],
        ))
        .because(std::io::Error::from(error))
    })?;
    let free = free.f_bavail.saturating_mul(free.f_frsize);
    let needed = plan.journal_bytes();
    if timed || needed <= free {
        // How much a time-bound run writes is not known: where the room ends, it ends.
        return Ok(());
    }
    let name = journal.display().to_string();
    Err(Failure::usage(text(
        "日志 `{}` 需约 {}，所在文件系统只剩 {}",
        "journal `{}` needs about {}, its filesystem has {} left",
        &[&name, &memory(needed), &memory(free)],
    ))
    .hint(Text::new(
        "增大 --bs 或减少 --passes，日志随写次数增长",
        "raise --bs or lower --passes: the journal grows with every write",
    )))
}

/// Makes the journal, and says what it is good for.
fn journal(
    arguments: &Arguments,
    plan: &Plan,
    target: &File,
    console: &mut Console,
) -> Result<Option<JournalFile>, Failure> {
    let Some(path) = &arguments.journal else {
        console.note(&Text::new(
            "没有 --journal：只验证本次写读，掉电之后无从判定",
            "no --journal: what is written now is verified, a crash could not be judged",
        ));
        return Ok(None);
    };
    let place = if arguments.journal_same_device { Place::SameDevice } else { Place::Elsewhere };
    let made = JournalFile::create(path, &plan.header(), target, place);
    let made = made.map_err(|error| failure(error.into()))?;
    let in_memory = File::open(path).and_then(|file| elsewhere::is_in_memory(&file));
    if in_memory.unwrap_or(false) {
        console.note(&text(
            "日志 `{}` 在内存中：本机掉电即失，只能判定程序被杀或盘自身的故障",
            "journal `{}` is in memory: it is gone when this host loses power, and serves for a \
             killed program or a failing disk only",
            &[&path.display().to_string()],
        ));
    }
    Ok(Some(made))
}

/// Makes the name of a file that was just made survive a power loss.
fn settle(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Where a folder cannot be flushed the file is lost with the power, and then missed.
    drop(File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()));
}

/// Returns what blocks carry as the name of their volume: the same in every run, after a
/// reboot too.
fn volume(permit: &Permit, opened: &Opened) -> Result<u128, Failure> {
    let seen = permit.seen();
    let name = match &seen.what {
        What::Block(block) => {
            let own = match (&block.identity.wwid, &block.identity.serial, &block.kind) {
                (Some(wwid), _, _) => format!("wwid {wwid}"),
                (None, Some(serial), _) => format!("serial {serial}"),
                (None, None, BlockKind::Loop { backing: Some(file) }) => format!("loop {file}"),
                (None, None, BlockKind::Mapper { name }) => format!("mapped {name}"),
                (None, None, _) => format!("device {}", block.name),
            };
            let part = match block.kind {
                BlockKind::Partition { start_bytes, .. } => start_bytes,
                _ => 0,
            };
            format!("{own} from {part} of {}", block.size_bytes)
        }
        What::File(file) => format!("file {} of {}", file.id.inode, opened.size_bytes()),
        _ => {
            let Some(id) = opened.made() else {
                return Err(Failure::unable(text("目标无从指认", "the target has no name", &[])));
            };
            format!("file {} of {}", id.inode, opened.size_bytes())
        }
    };
    let digest = Digests::of(name.as_bytes()).sha256;
    Ok(digest.get(..32).and_then(|head| u128::from_str_radix(head, 16).ok()).unwrap_or(0))
}

/// Returns a number drawn by chance: two runs with the same one would not be told apart.
fn drawn() -> Result<u64, Failure> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).map_err(
        |error| {
            Failure::unable(text("系统不给随机数", "the system gives no random numbers", &[]))
                .because(std::io::Error::from(error))
        },
    )?;
    Ok(u64::from_le_bytes(bytes))
}

/// A verification that did not begin.
fn failure(error: VerifyError) -> Failure {
    let hint = error.hint();
    let refused = match &error {
        VerifyError::Journal(JournalFileError::Exists { path }) => {
            text("日志 `{}` 已存在，不覆盖", "journal `{}` exists and is kept", &[path])
        }
        VerifyError::Journal(JournalFileError::SameDevice { path, device }) => text(
            "拒绝：日志 `{}` 与被测目标在同一块盘上（{}），盘坏则日志同失",
            "refused: journal `{}` is on the disk that is verified ({}), and would fail with it",
            &[path, &device.to_string()],
        ),
        VerifyError::Journal(JournalFileError::OtherVolume { path }) => text(
            "拒绝：日志 `{}` 不是这个目标的",
            "refused: journal `{}` is not this target's",
            &[path],
        ),
        VerifyError::Plan { .. } => {
            let message = text("无法这样验证", "cannot verify this way", &[]);
            return Failure::usage(message).because(error).hint_from(hint);
        }
        _ => {
            let message = text("无法验证", "cannot verify", &[]);
            return Failure::unable(message).because(error).hint_from(hint);
        }
    };
    Failure::usage(refused).hint_from(hint)
}
