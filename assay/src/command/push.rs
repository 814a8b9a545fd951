//! What `inventory push` and `report push` have in common: queue, deliver, tell.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use profiles::Text;
use serde::Serialize;

use crate::{
    cli::{Format, push::Delivery as Arguments},
    clock,
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
    progress::Progress,
    push::{
        Delivery, Document, Limits, Options, Route, Spool, SpoolError,
        client::{Client, ClientError},
        deliver::{Waiting, deliver},
        entry::Entry,
        spool::RefusedEntry,
    },
    report::todo::quoted,
};

/// Queues what `documents` returns (nothing for `--flush` and `--requeue`) and
/// delivers.
///
/// The route and the spool are looked at before anything is collected: a wrong
/// URL must not cost a minute first.
pub(super) fn push(
    arguments: &Arguments,
    console: &mut Console,
    documents: impl FnOnce(&mut Console) -> Result<Vec<Document>, Failure>,
) -> Result<Exit, Failure> {
    let timeout = Duration::from_secs(arguments.timeout);
    let route = arguments.to.as_deref().map(|url| route(url, arguments)).transpose()?;
    if let Some(route) = &route {
        Client::new(route, timeout).map_err(|error| unusable(&route.url, error))?;
    }
    let folder = match &arguments.spool {
        Some(folder) => folder.clone(),
        None => default_spool()?,
    };
    let limits = Limits {
        count: arguments.spool_max_count,
        bytes: arguments.spool_max_mib.saturating_mul(1 << 20),
    };
    let spool = Spool::open(&folder, limits).map_err(spool_failure)?;
    let collects = !arguments.flush && !arguments.requeue;
    if arguments.requeue {
        let moved = spool.requeue().map_err(spool_failure)?.to_string();
        console.note(&text("{} 份已放回队列", "{} documents are back in the queue", &[&moved]));
    }
    if let (Some(route), true) = (&route, collects) {
        for document in documents(console)? {
            let entry = Entry { route: route.clone(), queued_at: clock::now(), document };
            spool.enqueue(&entry).map_err(spool_failure)?;
        }
    }
    if arguments.requeue && !arguments.flush && route.is_none() {
        return Ok(Exit::Wanted);
    }
    let options = Options {
        timeout,
        retry_for: Duration::from_secs(arguments.retry_for),
        only_route: route.is_some(),
        route,
    };
    let delivery = {
        let step =
            Text::new("正在发送（Ctrl-C：留在队列）", "sending (Ctrl-C leaves the rest queued)");
        let _progress = Progress::start(console.progress, console.tr(&step));
        deliver(&spool, &options).map_err(spool_failure)?
    };
    tell(&spool, &delivery, arguments, console)
}

fn route(url: &str, arguments: &Arguments) -> Result<Route, Failure> {
    let absolute = |path: &Option<PathBuf>| -> Result<Option<PathBuf>, Failure> {
        let Some(path) = path else { return Ok(None) };
        let name = path.display().to_string();
        if path.to_str().is_none() {
            return Err(Failure::usage(text(
                "路径 `{}` 不是 UTF-8",
                "path `{}` is not UTF-8",
                &[&name],
            )));
        }
        std::path::absolute(path).map(Some).map_err(|error| {
            Failure::usage(text("路径 `{}` 无效", "path `{}` is unusable", &[&name])).because(error)
        })
    };
    Ok(Route {
        url: url.to_owned(),
        token_file: absolute(&arguments.token_file)?,
        client_cert: absolute(&arguments.client_cert)?,
        ca: absolute(&arguments.ca)?,
        insecure_http: arguments.insecure_http,
    })
}

fn unusable(url: &str, error: ClientError) -> Failure {
    let message = text("无法使用接收端 `{}`", "cannot use endpoint `{}`", &[url]);
    // A URL that may hold a password is not repeated.
    let message = match &error {
        ClientError::Endpoint(_) => Text::new("无法使用该接收端", "cannot use this endpoint"),
        _ => message,
    };
    let hint = error.hint();
    let failure = Failure::usage(message).because(error);
    match hint {
        Some((zh, en)) => failure.hint(Text::new(zh, en)),
        None => failure,
    }
}

fn spool_failure(error: SpoolError) -> Failure {
    let hint = error.hint();
    let failure = match &error {
        SpoolError::Hostile { .. } => {
            Failure::usage(Text::new("为安全起见，不使用该队列", "refusing to use this spool"))
        }
        SpoolError::Full { .. } | SpoolError::TooLarge { .. } => {
            Failure::unable(Text::new("未存入队列，也未发送", "neither queued nor sent"))
        }
        _ => Failure::unable(Text::new("无法使用队列", "cannot use the spool")),
    };
    let failure = failure.because(error);
    match hint {
        Some((zh, en)) => failure.hint(Text::new(zh, en)),
        None => failure,
    }
}

/// Returns where documents wait when nobody says where.
fn default_spool() -> Result<PathBuf, Failure> {
    super::state_folder().map(|state| state.join("spool")).ok_or_else(|| {
        Failure::usage(Text::new(
            "没有主目录，不知队列放在哪里",
            "there is no home folder for the spool",
        ))
        .hint(Text::new("用 --spool 给出目录", "name a folder with --spool"))
    })
}

/// What a push came to, for programs.
#[derive(Serialize)]
struct Told<'a> {
    schema: &'static str,
    spool: String,
    delivered: Vec<&'a str>,
    waiting: usize,
    held: Vec<HeldRoute<'a>>,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct HeldRoute<'a> {
    url: &'a str,
    state: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Refused {
    key: String,
    file: String,
    why: String,
}

fn tell(
    spool: &Spool,
    delivery: &Delivery,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let queued = spool.queued().map_err(spool_failure)?.len();
    let refused = spool.refused().map_err(spool_failure)?;
    if arguments.output == Format::Json {
        let told = Told {
            schema: "assay-push/v1",
            spool: spool.path().display().to_string(),
            delivered: delivery.delivered.iter().map(|name| name.key.as_str()).collect(),
            waiting: queued,
            held: delivery.waiting.iter().map(|(url, why)| held(url, why)).collect(),
            refused: refused.iter().map(refused_entry).collect(),
        };
        let json = serde_json::to_string_pretty(&told).map_err(|error| {
            Failure::unable(Text::new("无法写成 JSON", "cannot write this as JSON")).because(error)
        })?;
        console.print(&format!("{json}\n"))?;
    } else {
        let counts =
            [delivery.delivered.len(), queued, refused.len()].map(|count| count.to_string());
        let [delivered, waiting, dead] = &counts;
        let line = text(
            "已送达 {}，待发 {}，被拒收 {}\n",
            "delivered {}, waiting {}, refused {}\n",
            &[delivered, waiting, dead],
        );
        let line = console.tr(&line).to_owned();
        console.print(&line)?;
    }
    if undelivered(delivery, arguments, queued) {
        say_what_waits(spool.path(), delivery, arguments, console);
    }
    for entry in &refused {
        let (file, why) = (entry.path.display().to_string(), one_line(&entry.why));
        console.note(&text(
            "接收端拒收，已留存 `{}`：{}",
            "refused by the receiver and kept as `{}`: {}",
            &[&file, &why],
        ));
    }
    Ok(exit(delivery, arguments, queued, &refused))
}

/// What a receiver refused for good is exit 1. To push is to deliver: what still waits is safe
/// in the spool, but whether the receiver will have it is not known, exit 3.
fn exit(delivery: &Delivery, arguments: &Arguments, queued: usize, dead: &[RefusedEntry]) -> Exit {
    let clearing = arguments.flush || arguments.requeue;
    if !delivery.refused.is_empty() || (clearing && !dead.is_empty()) {
        return Exit::Failed;
    }
    if undelivered(delivery, arguments, queued) { Exit::Unknown } else { Exit::Wanted }
}

/// Returns whether something that this call was to deliver still waits.
fn undelivered(delivery: &Delivery, arguments: &Arguments, queued: usize) -> bool {
    // A call for one endpoint answers for that one's documents only.
    let asked_for_all = arguments.to.is_none() && queued > 0;
    delivery.busy || !delivery.waiting.is_empty() || asked_for_all
}

fn say_what_waits(spool: &Path, delivery: &Delivery, arguments: &Arguments, console: &mut Console) {
    if delivery.busy {
        console.note(&Text::new("另一个进程正在发送", "another process is delivering"));
    }
    for (url, waiting) in &delivery.waiting {
        let why = waiting_words(waiting);
        console.note(&match waiting {
            Waiting::Later(_) => {
                text("`{}` 暂时送不到（{}）", "`{}` cannot be reached now ({})", &[url, &why])
            }
            Waiting::Blocked(_) => text(
                "`{}` 不接收（{}）；检查地址、令牌与证书",
                "`{}` takes nothing from us ({}); check URL, token and certificates",
                &[url, &why],
            ),
            Waiting::Unusable(_) => {
                text("无法发往 `{}`（{}）", "cannot send to `{}` ({})", &[url, &why])
            }
        });
    }
    let folder = spool.display().to_string();
    let elsewhere = arguments.spool.as_ref().map(|_| format!(" --spool {}", quoted(&folder)));
    let flush = format!("assay inventory push --flush{}", elsewhere.unwrap_or_default());
    console.note(&text(
        "未送达的保存在队列 `{}`，之后用 `{}` 发送",
        "what was not delivered is kept in `{}`; `{}` sends it later",
        &[&folder, &flush],
    ));
}

fn waiting_words(waiting: &Waiting) -> String {
    match waiting {
        Waiting::Later(why) | Waiting::Blocked(why) => one_line(why),
        Waiting::Unusable(error) => one_line(&error.to_string()),
    }
}

fn held<'a>(url: &'a str, waiting: &Waiting) -> HeldRoute<'a> {
    let state = match waiting {
        Waiting::Later(_) => "later",
        Waiting::Blocked(_) => "blocked",
        Waiting::Unusable(_) => "unusable",
    };
    HeldRoute { url, state, why: waiting_words(waiting) }
}

fn refused_entry(entry: &RefusedEntry) -> Refused {
    Refused {
        key: entry.name.key.clone(),
        file: entry.path.display().to_string(),
        why: one_line(&entry.why),
    }
}
