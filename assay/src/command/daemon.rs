//! `assay daemon dataplane`: two threads, one that owns the kernel and one that answers calls.

mod calls;
mod keep;
mod notify;
mod reply;
mod route;
mod serve;

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use dataplane::{
    keeper::{Disk, Keeper, Refused},
    kernel::{
        KernelError,
        probe::{self, Need},
        real::judges_bridged_packets,
        watch::Caller as Wake,
    },
    node::NodeError,
};
use profiles::Text;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    low_level::pipe,
};

use self::{
    keep::{Eyes, Keeping, Shared},
    notify::Notify,
    serve::Server,
};
use super::net::{
    self,
    place::{Place, Wish},
    source::Source,
};
use crate::{
    cli::{
        Format,
        daemon::{Daemon, Dataplane},
    },
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    report::digest::Digests,
};

/// The description of the interface (`OpenAPI` 3.1).
const DESCRIPTION: &str = include_str!("../../schema/dataplane-openapi.json");

/// Does what `assay daemon …` asks for.
pub(super) fn run(arguments: &Daemon, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Daemon::Dataplane(arguments) => dataplane(arguments, console),
    }
}

fn dataplane(arguments: &Dataplane, console: &mut Console) -> Result<Exit, Failure> {
    if arguments.listen.is_some() {
        return Err(Failure::usage(Text::new(
            "守护进程没有 TCP，拒绝 --listen：只在 unix 套接字上提供服务（--socket）",
            "refused: the daemon has no TCP and serves a unix socket only (--socket)",
        )));
    }
    let notify = Notify::of_process().unwrap_or_default();
    let place = Place::of(&arguments.place)?;
    let real = place.open(Wish::Change)?;
    // Its folder is open to all, that of the journal to nobody.
    if let Some(folder) = arguments.socket.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| no_socket(&arguments.socket, error))?;
    }
    let disk = Disk::new(place.folder().to_owned(), place.lock()?);
    try_kernel()?;
    let mut watch = place.watch().map_err(|error| {
        let message = Text::new("无法侦听内核的变化", "cannot hear what changes in the kernel");
        Failure::unable(message).because(error)
    })?;
    // Rounds change rules and read them back: they need not be told.
    if let Ok(port) = real.filter_port() {
        watch.except(port);
    }
    let keeper = Keeper::load(&disk, digest).map_err(|error| {
        let folder = place.folder().display().to_string();
        Failure::unable(text(
            "无法读取 `{}` 中已接受的状态；未作任何改动",
            "cannot read the accepted state in `{}`; nothing was touched",
            &[&folder],
        ))
        .because(error)
    })?;
    let (sender, asks) = mpsc::channel();
    let wake = watch.caller();
    let shared = Arc::new(Shared::default());
    let eyes = Eyes { real, watch };
    let to = Arc::clone(&shared);
    let mut keeping =
        Keeping { keeper, eyes, disk, asks, shared: to, notify, told: 0, again: None };
    if let Some(file) = &arguments.file
        && !first_state(file, &mut keeping, console)?
    {
        return Ok(Exit::Usage);
    }
    let listener = listen(&arguments.socket)?;
    let end = signals().map_err(cannot_begin)?;
    let server = Arc::new(Server {
        asks: sender,
        wake: wake.clone(),
        shared: Arc::clone(&shared),
        calls: std::sync::Mutex::default(),
        open: AtomicUsize::new(0),
    });
    let ended = both(keeping, listener, end, server, &shared, &wake);
    drop(fs::remove_file(&arguments.socket));
    ended.map_err(|error| {
        let message = Text::new(
            "守护进程无法继续；内核保持现状",
            "the daemon cannot go on; the kernel stays as it is",
        );
        Failure::unable(message).because(error)
    })?;
    Ok(Exit::Wanted)
}

/// Runs both threads until a signal comes or one of them fails.
fn both(
    keeping: Keeping,
    listener: UnixListener,
    end: UnixStream,
    server: Arc<Server>,
    shared: &Shared,
    wake: &Wake,
) -> io::Result<()> {
    let over = end.try_clone()?;
    thread::scope(|scope| {
        let keeper =
            thread::Builder::new().name("keeper".to_owned()).spawn_scoped(scope, move || {
                let ended = keeping.run();
                // Where it failed, nobody is left to answer calls either.
                drop(over.shutdown(std::net::Shutdown::Both));
                ended
            })?;
        let served = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(
            |runtime| {
                runtime.block_on(async {
                    let listener = tokio::net::UnixListener::from_std(listener)?;
                    let end = tokio::net::UnixStream::from_std(end)?;
                    serve::serve(listener, end, server).await
                })
            },
        );
        shared.stop.store(true, Ordering::SeqCst);
        wake.call()?;
        let kept = keeper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        served.and(kept)
    })
}

/// Takes the first full state from a file, where none has been accepted yet; returns whether the
/// daemon can begin.
fn first_state(file: &Path, keeping: &mut Keeping, console: &mut Console) -> Result<bool, Failure> {
    let source = Source::read(file)?;
    if let Some((generation, _)) = keeping.keeper.state() {
        let generation = generation.to_string();
        console.note(&text(
            "未采用 `{}`：第 {} 代状态已被接受",
            "`{}` is not taken: generation {} is accepted already",
            &[&source.name, &generation],
        ));
        return Ok(true);
    }
    if net::settle(&source, Format::Text, console)?.is_none() {
        return Ok(false);
    }
    let (eyes, disk) = (&mut keeping.eyes, &mut keeping.disk);
    let taken = keeping.keeper.replace(eyes, disk, &source.text, (None, false), clock::unix_ms());
    match taken {
        Ok(_generation) => Ok(true),
        Err(Refused::Node(error)) => Err(net::node_failure(error)),
        Err(error) => {
            let hint = error.hint();
            let message = Text::new("未接受文件中的状态", "the file is not accepted");
            Err(Failure::usage(message).because(error).hint_from(hint))
        }
    }
}

fn digest(text: &str) -> String {
    format!("sha256:{}", Digests::of(text.as_bytes()).sha256)
}

/// Tries out what the kernel can; without the right to, what can be seen from outside.
fn try_kernel() -> Result<(), Failure> {
    let kernel = |error| net::node_failure(NodeError::Kernel(error));
    match probe::features() {
        Ok(features) => {
            let needed = |(need, _): &(Need, _)| *need != Need::Vxlan6;
            let Some((need, missing)) = features.missing().find(needed) else { return Ok(()) };
            let name = need.name().0;
            let (zh, en) = (&missing.reason, &missing.hint);
            Err(Failure::unable(Text::new(
                format!("缺少 {name}：{}；未作任何改动", zh.zh),
                format!("{name} is missing: {}; nothing was touched", zh.en),
            ))
            .hint(Text::new(en.zh.clone(), en.en.clone())))
        }
        Err(KernelError::Io { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {
            judges_bridged_packets().map_err(kernel)
        }
        Err(error) => Err(kernel(error)),
    }
}

/// Opens the socket: for root and its group, and for one daemon.
fn listen(path: &Path) -> Result<UnixListener, Failure> {
    let no = |error| no_socket(path, error);
    match fs::symlink_metadata(path) {
        Ok(about) if about.file_type().is_socket() => {
            if UnixStream::connect(path).is_ok() {
                return Err(no(io::ErrorKind::AddrInUse.into()));
            }
            // Of a daemon that was killed.
            fs::remove_file(path).map_err(no)?;
        }
        Ok(_) => return Err(no(io::ErrorKind::AlreadyExists.into())),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(no)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(no)?;
    listener.set_nonblocking(true).map_err(no)?;
    Ok(listener)
}

fn no_socket(path: &Path, error: io::Error) -> Failure {
    let shown = path.display().to_string();
    let message = text(
        "无法在 `{}` 上监听；未作任何改动",
        "cannot listen at `{}`; nothing was touched",
        &[&shown],
    );
    Failure::unable(message).because(error)
}

/// Returns what can be read from once this program is told to end.
fn signals() -> io::Result<UnixStream> {
    let (end, told) = UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM] {
        pipe::register(signal, told.try_clone()?)?;
    }
    end.set_nonblocking(true)?;
    Ok(end)
}

fn cannot_begin(error: io::Error) -> Failure {
    Failure::unable(Text::new("无法开始", "cannot begin")).because(error)
}
