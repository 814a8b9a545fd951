//! The sentences: what is in the way, by name, and what to do about it.

use crate::reservation::Reservations;

use super::{
    Block, BlockKind, DestroyName, How, Mark, Place, RegularFile, Seen, Sentence, Unread, Use, What,
};

type Pair = (Sentence, Sentence);

fn say(zh: impl Into<String>, en: impl Into<String>) -> Sentence {
    Sentence { zh: zh.into(), en: en.into() }
}

/// Returns what a device is known by: name, model, serial or numbers, size.
fn known(block: &Block) -> String {
    let identity = &block.identity;
    let mut words = vec![format!("`{}`", block.name)];
    words.extend(identity.model.clone());
    words.extend(identity.serial.as_ref().or(identity.wwid.as_ref()).cloned());
    match &block.kind {
        BlockKind::Loop { backing: Some(file) } => words.push(file.clone()),
        BlockKind::Mapper { name } => words.push(name.clone()),
        _ => {}
    }
    words.push(block.number.to_string());
    words.push(format!("{} B", block.size_bytes));
    words.join(", ")
}

pub(super) fn no_target(paths: usize, seen: usize) -> Pair {
    (
        say(
            format!("给出 {paths} 个测试目标，已查看 {seen} 个"),
            format!("{paths} targets were given and {seen} were looked at"),
        ),
        say("用 --filename 指定测试目标", "name the target with `--filename`"),
    )
}

pub(super) fn link(path: &str, place: &str) -> Sentence {
    say(format!("`{path}` 是链接，指向 `{place}`"), format!("`{path}` is a link to `{place}`"))
}

pub(super) fn wrong_kind(seen: &Seen, kind: &str) -> Pair {
    let word = match kind {
        "directory" => "目录",
        "FIFO" => "命名管道",
        "socket" => "套接字",
        "character device" => "字符设备",
        other => other,
    };
    (
        say(
            format!("`{}` 是{word}，不能作为测试目标", seen.path),
            format!("`{}` is a {kind} and bears no load", seen.path),
        ),
        say("指定块设备，或目录中的一个文件名", "name a block device, or a file in a directory"),
    )
}

pub(super) fn unreachable(seen: &Seen, why: &str) -> Pair {
    (
        say(
            format!("无法查看 `{}`：{why}", seen.path),
            format!("`{}` cannot be looked at: {why}", seen.path),
        ),
        say("检查路径和权限", "check the path and who may follow it"),
    )
}

pub(super) fn no_medium(seen: &Seen, block: &Block) -> Pair {
    (
        say(
            format!("`{}`（{}）大小为 0：没有介质，或未绑定", seen.path, block.name),
            format!("`{}` ({}) has size 0: no medium, or not set up", seen.path, block.name),
        ),
        say("插入介质或绑定设备后再试", "insert the medium or set the device up, then try again"),
    )
}

pub(super) fn in_use(block: &Block, used: &Use) -> Sentence {
    let (zh, en) = usage(block, used);
    say(format!("{zh}；本次只读，不写入"), format!("{en}; this run only reads"))
}

pub(super) fn read_only(block: &Block) -> Pair {
    (
        say(
            format!("设备 {} 为只读", known(block)),
            format!("device {} is read-only", known(block)),
        ),
        say(
            format!("确认可以写入后执行 blockdev --setrw /dev/{}，或改为只读测试", block.name),
            format!(
                "if it may be written, `blockdev --setrw /dev/{}`; or only read it",
                block.name
            ),
        ),
    )
}

/// Returns what uses a device, in Chinese and English.
fn usage(block: &Block, used: &Use) -> (String, String) {
    let device = &used.device;
    let of = if *device == block.name {
        (String::new(), String::new())
    } else {
        (format!("（属于 `{}`）", block.name), format!(" (of `{}`)", block.name))
    };
    match &used.how {
        How::Mounted { mount_point, filesystem, namespace } => {
            let (zh, en) = namespace.as_ref().map_or_else(
                || (String::new(), String::new()),
                |who| (format!("（进程 {who} 的命名空间）"), format!(" in the namespace of {who}")),
            );
            (
                format!("`{device}`{}已挂载到 `{mount_point}`（{filesystem}）{zh}", of.0),
                format!("`{device}`{} is mounted on `{mount_point}` ({filesystem}){en}", of.1),
            )
        }
        How::Swap => (
            format!("`{device}`{}正用作交换区", of.0),
            format!("`{device}`{} is in use as swap", of.1),
        ),
        How::Held { by, what } => (
            format!("`{device}`{}被 `{by}`（{what}）占用", of.0),
            format!("`{device}`{} is held by `{by}` ({what})", of.1),
        ),
        How::Boot { part } => (
            format!("`{device}`{}属于本机启动链：{part}", of.0),
            format!("`{device}`{} is what this system runs from: {part}", of.1),
        ),
        How::Open { pid, program } => (
            format!("`{device}`{}被进程 {pid}（{program}）以写方式打开", of.0),
            format!("`{device}`{} is open for writing in process {pid} ({program})", of.1),
        ),
    }
}

pub(super) fn used(block: &Block, used: &Use) -> Pair {
    let (zh, en) = usage(block, used);
    let remedy = match &used.how {
        How::Mounted { mount_point, .. } => say(
            format!("确认数据不再需要后执行 umount {mount_point}"),
            format!("`umount {mount_point}`, if its data is not needed"),
        ),
        How::Swap => say(
            format!("执行 swapoff /dev/{}", used.device),
            format!("`swapoff /dev/{}`", used.device),
        ),
        How::Held { by, what } => say(
            format!("测试 /dev/{by} 本身，或先停用它（{what}）"),
            format!("test /dev/{by} itself, or stop it first ({what})"),
        ),
        How::Boot { .. } => {
            say("另选一块非系统盘", "choose another disk: this one carries the system")
        }
        How::Open { pid, program } => {
            say(format!("停止进程 {pid}（{program}）"), format!("stop process {pid} ({program})"))
        }
    };
    (say(zh, en), remedy)
}

pub(super) fn busy(block: &Block) -> Pair {
    (
        say(
            format!("设备 {} 无法独占打开：内核中有使用者", known(block)),
            format!(
                "device {} cannot be opened exclusively: the kernel has a user of it",
                known(block)
            ),
        ),
        say(
            format!("查找使用者：lsblk /dev/{0}；fuser -v /dev/{0}", block.name),
            format!("look for its user: `lsblk /dev/{0}`, `fuser -v /dev/{0}`", block.name),
        ),
    )
}

pub(super) fn reserved(block: &Block, reservations: &Reservations) -> Pair {
    let keys: Vec<String> = reservations.keys.iter().map(|key| format!("{key:#018x}")).collect();
    let keys = keys.join(", ");
    let held = reservations.held.as_ref().map_or(String::new(), |held| {
        let key = held.key.map_or(String::new(), |key| format!(" {key:#018x}"));
        format!("; held{key}: {}", held.kind)
    });
    (
        say(
            format!("设备 {} 已被其他主机登记预留键：{keys}{held}", known(block)),
            format!("device {} has keys of other hosts registered: {keys}{held}", known(block)),
        ),
        say(
            "这是共享盘：请在登记该键的主机或集群中释放（sg_persist 或 nvme resv-report 可查看）",
            "it is shared: have the host or cluster with that key let go of it \
             (`sg_persist -ik`, `nvme resv-report`)",
        ),
    )
}

pub(super) fn unknown(block: &Block, unread: &Unread) -> Pair {
    let (zh, en) = unread.source.words();
    let why = &unread.why;
    (
        say(
            format!("无法确认 {} 是否可写：{zh}读取失败（{why}）", known(block)),
            format!(
                "whether {} may be written is not known: {en} cannot be read: {why}",
                known(block)
            ),
        ),
        say(
            "以 root 身份运行，并检查该设备是否正常",
            "run as root, and see whether the device works",
        ),
    )
}

pub(super) fn unread(unread: &Unread) -> Sentence {
    let (zh, en) = unread.source.words();
    let why = &unread.why;
    say(format!("{zh}未能全部读取：{why}"), format!("{en} could not all be read: {why}"))
}

pub(super) fn ambiguous(block: &Block) -> Pair {
    let twins = block.twins.iter().map(|twin| format!("`{twin}`")).collect::<Vec<_>>().join(", ");
    let wwid = block.identity.wwid.as_ref();
    (
        say(
            format!("{} 与 {twins} 序列号相同", known(block)),
            format!("{} and {twins} have the same serial", known(block)),
        ),
        wwid.map_or_else(
            || {
                say(
                    "没有 WWID 可区分：移除其中一块后再试",
                    "no WWID tells them apart: remove the other one first",
                )
            },
            |wwid| say(format!("改用 WWID：{wwid}"), format!("name it by its WWID: {wwid}")),
        ),
    )
}

pub(super) fn no_identity(block: &Block) -> Pair {
    (
        say(
            format!("设备 {} 没有序列号和 WWID，无法确认是哪一块盘", known(block)),
            format!(
                "device {} has neither serial nor WWID: nothing says which disk it is",
                known(block)
            ),
        ),
        say(
            "为虚拟机磁盘设置 serial，或在其上的文件中测试",
            "give a virtual disk a serial, or test a file on it",
        ),
    )
}

pub(super) fn not_named(block: &Block, name: Option<&DestroyName>) -> Pair {
    let name = name.map_or_else(|| "SERIAL".to_owned(), ToString::to_string);
    (
        say(
            format!("将写入 {}，但没有 --destroy 指名该设备", known(block)),
            format!("{} would be written, and no `--destroy` names it", known(block)),
        ),
        say(
            format!("核对盘签后，如确认可以覆盖：--destroy {name}"),
            format!("if this is the disk by its label, and may be overwritten: `--destroy {name}`"),
        ),
    )
}

pub(super) fn names_nothing(name: &DestroyName, seen: &[Seen]) -> Pair {
    let blocks = seen.iter().filter_map(|seen| match &seen.what {
        What::Block(block) => Some(known(block)),
        _ => None,
    });
    let blocks: Vec<String> = blocks.collect();
    let (zh, en) = if blocks.is_empty() {
        ("目标中没有块设备".to_owned(), "no target is a block device".to_owned())
    } else {
        (
            format!("目标是：{}", blocks.join("；")),
            format!("the targets are: {}", blocks.join("; ")),
        )
    };
    (
        say(
            format!("--destroy {name} 与任何目标都不相符；{zh}"),
            format!("`--destroy {name}` names none of the targets; {en}"),
        ),
        say(
            "核对序列号，以及是否在正确的主机上",
            "compare the serial, and see whether this is the right machine",
        ),
    )
}

fn place_of(block: &Block, mark: &Mark) -> (String, String) {
    if mark.device == block.name {
        (format!("`{}`", block.name), format!("`{}`", block.name))
    } else {
        (
            format!("`{}` 中的 {}", block.name, mark.device),
            format!("{} of `{}`", mark.device, block.name),
        )
    }
}

pub(super) fn signature(block: &Block, mark: &Mark) -> Pair {
    let (zh, en) = place_of(block, mark);
    let what = &mark.signature;
    (
        say(format!("{zh} 上有内容：{what}"), format!("{en} has contents: {what}")),
        say(
            "确认不再需要后用 --force-signature，或先执行 wipefs",
            "if it is not needed: `--force-signature`, or `wipefs` first",
        ),
    )
}

pub(super) fn lost(mark: &Mark) -> Sentence {
    let (device, what) = (&mark.device, &mark.signature);
    say(format!("将丢失：{device} 上的 {what}"), format!("will be lost: {what} on {device}"))
}

pub(super) fn not_blank(block: &Block) -> Sentence {
    say(
        format!("`{}` 首尾有数据，但未识别出格式；将被覆盖", block.name),
        format!("`{}` holds bytes of no format we know; they will be lost", block.name),
    )
}

pub(super) fn not_in_plan(path: &str) -> Pair {
    (
        say(
            format!("`{path}` 不在已展示的计划中"),
            format!("`{path}` is not in the plan that was shown"),
        ),
        say("重新制定计划并核对", "plan again and read what it says"),
    )
}

pub(super) fn changed(path: &str, (what, then, now): &(&'static str, String, String)) -> Pair {
    (
        say(
            format!("`{path}` 已不是计划中的设备：{what} 由 {then} 变为 {now}"),
            format!("`{path}` is not what the plan showed: {what} was {then} and is {now}"),
        ),
        say("重新制定计划并核对", "plan again and read what it says"),
    )
}

pub(super) fn same_device(first: &str, second: &str) -> Pair {
    (
        say(
            format!("`{first}` 与 `{second}` 是同一设备或互相重叠"),
            format!("`{first}` and `{second}` are one device, or overlap"),
        ),
        say("只指定其中一个", "name one of them"),
    )
}

pub(super) fn file_exists(path: &str) -> Pair {
    (
        say(
            format!("文件 `{path}` 已存在，且不是本次测试创建的"),
            format!("file `{path}` exists, and this run did not make it"),
        ),
        say("换一个不存在的文件名，或只读测试", "name a file that does not exist, or only read it"),
    )
}

pub(super) fn read_only_place(seen: &Seen, place: &Place) -> Pair {
    let mount = &place.mount_point;
    (
        say(
            format!("`{}` 所在文件系统（`{mount}`，{}）只读", seen.path, place.filesystem),
            format!(
                "`{}` is on a read-only filesystem (`{mount}`, {})",
                seen.path, place.filesystem
            ),
        ),
        say("换一个可写的文件系统", "choose a filesystem that can be written"),
    )
}

pub(super) fn empty_file(path: &str) -> Pair {
    (
        say(
            format!("文件 `{path}` 长度为 0，无内容可读"),
            format!("file `{path}` has nothing to read"),
        ),
        say("先写满该文件，或另选文件", "fill it first, or choose another"),
    )
}

pub(super) fn holes(file: &RegularFile) -> Sentence {
    let (length, allocated) = (file.size_bytes, file.allocated_bytes);
    say(
        format!("文件有空洞（长度 {length} B，已分配 {allocated} B）：读空洞不产生磁盘 IO"),
        format!(
            "the file has holes ({allocated} of {length} bytes are on the disk): \
             reading a hole asks no disk"
        ),
    )
}

pub(super) fn dangling(path: &str, place: &str) -> Pair {
    (
        say(
            format!("`{path}` 是失效链接，指向不存在的 `{place}`"),
            format!("`{path}` is a link to `{place}`, which does not exist"),
        ),
        say("修正链接，或直接指定目标", "mend the link, or name its target"),
    )
}

pub(super) fn no_directory(path: &str) -> Pair {
    (
        say(
            format!("`{path}` 不存在，其所在目录也不存在"),
            format!("`{path}` does not exist, and neither does its directory"),
        ),
        say(
            "检查路径；需要时先创建目录",
            "check the path; make the directory first if it is meant",
        ),
    )
}

pub(super) fn not_found(path: &str, place: &Place, writes: bool) -> Pair {
    let (zh, en) = if writes {
        (
            format!("（{}，其中不能创建测试文件）", place.filesystem),
            format!("; it is on {}, where no file is made", place.filesystem),
        )
    } else {
        (String::new(), String::new())
    };
    (
        say(format!("`{path}` 不存在{zh}"), format!("`{path}` does not exist{en}")),
        say("检查路径；lsblk 列出块设备", "check the path; `lsblk` lists block devices"),
    )
}

pub(super) fn no_size(path: &str) -> Pair {
    (
        say(
            format!("`{path}` 不存在，将创建，但未给出大小"),
            format!("`{path}` does not exist and would be made, but no size is given"),
        ),
        say("用 --size 给出文件大小", "give its size with `--size`"),
    )
}

pub(super) fn no_permission(path: &str, directory: &str) -> Pair {
    (
        say(
            format!("不能在目录 `{directory}` 中创建 `{path}`：无写权限"),
            format!("`{path}` cannot be made: no permission to write in `{directory}`"),
        ),
        say("换一个目录或用户", "choose another directory or user"),
    )
}

pub(super) fn no_space(path: &str, place: &Place, needed: u64) -> Pair {
    let (free, mount) = (place.free_bytes, &place.mount_point);
    (
        say(
            format!("`{path}` 需要 {needed} B，`{mount}` 只剩 {free} B"),
            format!("`{path}` needs {needed} bytes, and `{mount}` has {free} left"),
        ),
        say("减小 --size，或换一个文件系统", "lower `--size`, or choose another filesystem"),
    )
}

pub(super) fn in_memory(path: &str, filesystem: &str) -> Sentence {
    say(
        format!("`{path}` 在内存文件系统 {filesystem} 上：测的是内存，不是磁盘"),
        format!("`{path}` is on {filesystem}, in memory: no disk is measured"),
    )
}

pub(super) fn may_cache(path: &str, filesystem: &str) -> Sentence {
    say(
        format!("`{path}` 在 {filesystem} 上：直接 IO 可能仍经过缓存"),
        format!("`{path}` is on {filesystem}, which may cache despite direct IO"),
    )
}
