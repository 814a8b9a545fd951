//! The help in Chinese: by command for what it does, by argument for what it takes.
//!
//! An argument of the same name means the same everywhere, unless `ARGUMENTS`
//! has it under its command too (`report render/out`).

#[cfg(feature = "bmc")]
mod bmc;
/// Without BMCs there is nothing to say of them.
#[cfg(not(feature = "bmc"))]
mod bmc {
    type Table = &'static [(&'static str, &'static str)];
    pub(super) const COMMANDS: Table = &[];
    pub(super) const AFTER: Table = &[];
    pub(super) const ARGUMENTS: Table = &[];
    /// And nothing of audits and settings.
    pub(super) mod audit {
        pub(in crate::cli::chinese) use super::{AFTER, ARGUMENTS, COMMANDS};
    }
    /// And nothing of their settings.
    pub(super) mod settings {
        pub(in crate::cli::chinese) use super::{AFTER, ARGUMENTS, COMMANDS};
    }
}
mod daemon;
mod net;
#[cfg(feature = "bmc")]
mod site;
/// Nor of delivery lists.
#[cfg(not(feature = "bmc"))]
mod site {
    pub(super) use super::bmc::{AFTER, ARGUMENTS, COMMANDS};
}
mod storage;

use clap::Command;

/// What each command does.
const COMMANDS: &[(&str, &str)] = &[
    ("", "面向政务云的裸金属交付、验收与运行工具"),
    ("accept", "按规范逐条验收本机（或他人采集的数据），并生成测试记录"),
    ("inventory", "查看、导入、记录或上报服务器的硬件清单"),
    ("inventory import", "读取其他工具的输出；同一台机器的多个来源会合并"),
    ("inventory record", "记录本机的系统文件，以便今后任何版本重放"),
    ("inventory raw", "显示全部 SMBIOS 结构及其每个字段"),
    ("inventory push", "向云管平台上报清单；送不到的存入待发队列"),
    ("profile", "列出、查看和检查表述规范的配置档"),
    ("profile list", "列出配置档"),
    ("profile show", "显示配置档的检查项：预期、方法与规范原文"),
    ("profile lint", "检查配置档：路径、单位、正则、条款、双语"),
    ("profile diff", "列出配置档或规范条款行两版之间的差异"),
    ("profile coverage", "列出规范的每一行及其检查项，或没有检查项的原因"),
    ("project", "编写和检查项目文件：由它填写项目的各份文档"),
    ("project init", "写出待填写的项目文件，每个字段附说明"),
    ("project check", "指出项目文件中的错误，或显示读到的内容"),
    ("report", "校验、重新生成、汇总、确认、签名或上报测试记录"),
    ("report plan", "出具验收测试方案与空白记录表：方法、工具、预期、时间与风险"),
    ("report render", "重新生成 HTML 等派生文件"),
    ("report verify", "检查测试记录自生成或签名以来是否被改动"),
    ("report todo", "列出每个未决项，以及由什么命令或什么人来解决"),
    ("report merge", "把多台机器的测试记录汇总成一份批次记录"),
    ("report attest", "登记某人的人工确认（书面核查或现场查验），生成新版本"),
    ("report waive", "登记某人对不符合项的同等性能（容量）认可，生成新版本"),
    ("report sign", "对记录清单签名（完整性校验，不是法律意义上的电子签名）"),
    ("report push", "向云管平台上报测试记录；送不到的存入待发队列"),
    ("attest", "登记某人对测试记录中某项的人工确认（书面核查或现场查验），生成新版本"),
    ("waive", "登记某人对不符合项的同等性能（容量）认可，生成新版本"),
    ("key", "生成、列出和查看用于签名的密钥（完整性校验）"),
    ("key new", "生成密钥，用于给人工确认和测试记录签名；只归本人，私钥从不显示"),
    ("key list", "列出本人的密钥：名称、算法、编号、归属"),
    ("key show", "用一行显示公钥，可直接用于 `report verify --key`"),
    ("completions", "输出某种 shell 的补全脚本"),
    ("man", "输出手册页，或为每条命令各写一页"),
];

/// What `--trust` takes.
const TRUST: &str = "各方公钥及其角色（TOML，由各方本人交给你）；可重复";
/// What `--key` takes where a person decides.
const SIGN_BY: &str = "用此私钥签名：文件，或 `assay key list` 中的名称；不给出即为自填未签名";

/// What each argument takes.
const ARGUMENTS: &[(&str, &str)] = &[
    ("lang", "消息与报告的语言 [默认：按 LANG；报告为双语]"),
    ("log", "把该级别（error、warn、info、debug、trace）的日志写到标准错误"),
    ("profile", "所依据的配置档：`assay profile list` 中的编号，或 TOML 文件"),
    ("from", "验收他人采集的数据：二进制转储、文本、JSON 文件，或放这些文件的目录；可重复"),
    ("live", "给出 --from 时也查看本机"),
    ("root", "查看记录下来的根目录（目录，或 `inventory record` 生成的 FILE.tar.zst）"),
    (
        "storage",
        "一并判定这些运行：`assay storage run --out` 的 storage/v1 JSON，或 `assay storage accept` 的 runs.json；可重复",
    ),
    ("network", "一并判定 `assay net accept --output json` 的结果；可重复"),
    ("accept/out", "测试记录写到哪个目录"),
    ("output", "标准输出写什么：text 给人看，json 给程序"),
    ("report_lang", "测试记录的语言 [默认：同 --lang，否则双语]"),
    (
        "project",
        "项目文件（TOML，`assay project init` 可写出）：项目、合同、各方、阶段、不在本合同范围的条目",
    ),
    ("stage", "验收阶段，优先于项目文件：到货、加电、初验、试运行、终验"),
    ("project init/file", "要写的文件；`-` 输出到标准输出"),
    ("project check/file", "项目文件"),
    ("operator", "测试人员姓名"),
    ("plane", "为 IP 平面命名：角色=网段、角色=vlan:N 或 角色=网口；可重复"),
    ("lldp", "侦听 LLDP 邻居（需要 root）[给出而不带值：35 秒]"),
    ("inventory import/lldp", "LLDP 抓包（pcap），或 `lldpcli -f json0` 的 JSON"),
    ("wake_disks", "也查询休眠的硬盘（会使其起转）"),
    ("section_timeout", "采集的每个部分最多用多少秒"),
    ("force_same", "序列号或 UUID 不同的来源也当作同一台机器"),
    ("smbios", "SMBIOS 表：`dmidecode --dump-bin`、裸表或 Windows RSMB 块"),
    ("dmidecode", "`dmidecode` 的文本"),
    ("lshw", "`lshw -json` 的 JSON"),
    ("smartctl", "`smartctl -j` 的 JSON，或 `smartctl -x` 的文本"),
    ("storcli", "`storcli … J` 的 JSON"),
    ("inventory import/files", "自动识别种类的文件或目录"),
    ("inventory record/out", "要写的文件（tar，zstd 压缩）"),
    ("mask", "把序列号、UUID 和地址换成稳定的替身"),
    ("kind", "只显示这种类型的结构；可重复"),
    ("inventory push/files", "要上报的清单文件 [默认：查看本机]"),
    ("to", "POST 到哪个地址（https；http 只限本机）"),
    ("token_file", "存放 bearer 令牌的文件；只许属主可读"),
    ("client_cert", "客户端证书与私钥的 PEM 文件；只许属主可读"),
    ("ca", "要信任的证书机构（PEM），代替系统自带的"),
    ("insecure_http", "用 http 发往其他机器：不加密，也不验证对方身份"),
    ("flush", "按顺序发送待发队列；不采集新内容"),
    ("requeue", "把被拒收的文件放回队列"),
    ("spool", "待发队列目录 [默认：root 为 /var/lib/assay/spool，否则在用户状态目录下]"),
    ("spool_max_count", "队列最多容纳多少份"),
    ("spool_max_mib", "队列最多容纳多少 MiB"),
    ("timeout", "一次请求最多用多少秒"),
    ("retry_for", "最多重试多少秒，之后留在队列"),
    ("profiles", "要检查的配置档：编号或 TOML 文件 [默认：全部内置]"),
    ("open", "只列既无检查项也无原因的行"),
    ("with", "一并计入的其他配置档（TOML）"),
    ("report", "测试记录：其目录，或其 result.json"),
    ("reports", "各机器的测试记录"),
    ("report merge/out", "批次记录写到哪个目录"),
    ("report verify/key", "必须已签名的公钥（由其本人交给你）：一行文字或文件；可重复"),
    ("require_signature", "没有签名的测试记录不予通过"),
    ("attest/trust", TRUST),
    ("waive/trust", TRUST),
    ("report attest/trust", TRUST),
    ("report waive/trust", TRUST),
    ("report verify/trust", TRUST),
    ("report merge/trust", TRUST),
    ("report sign/key", "签名用的私钥（PEM，只许属主可读）：文件，或 `assay key list` 中的名称"),
    ("report sign/who", "签名的人或单位 [默认：密钥所记]"),
    ("attest/key", SIGN_BY),
    ("waive/key", SIGN_BY),
    ("report attest/key", SIGN_BY),
    ("report waive/key", SIGN_BY),
    ("key new/name", "密钥名称"),
    ("key show/name", "密钥名称"),
    ("key show/card", "按 --trust 文件的条目显示：含角色、单位、姓名"),
    ("key new/algorithm", "签名算法：Ed25519，或 SM2（配 SM3）"),
    (
        "key new/role",
        "以何角色签名：owner 建设、contractor 承建、supervisor 监理、user 使用、tester 测评单位",
    ),
    ("key new/org", "所代表的单位"),
    ("key new/by", "持有人姓名"),
    ("expect", "纸质页面上的校验码"),
    ("junit_strict", "junit.xml 中把未决的必须项计为失败（否则“跳过”会被当作通过）"),
    ("retest_of", "本次是哪份测试记录的复测"),
    ("conform", "是否符合：yes 符合，no 不符合（计为不通过）"),
    ("how", "怎样确认：document 书面核查，on-site 现场查验"),
    ("who", "确认人或认可人姓名 [默认：密钥所记]"),
    ("organisation", "其单位；waive 时为认可单位 [默认：密钥所记]"),
    ("check", "检查项编号，或规范的行号；可重复"),
    ("role", "其角色：建设、承建、监理、使用、测评单位，或职务 [默认：密钥所记]"),
    ("date", "日期 [默认：今天]"),
    ("evidence", "作为凭据的文件：照片、证书、测试结果；可重复"),
    ("reason", "所见所查，或为何同等"),
    (
        "profile diff/old",
        "旧版：`assay profile list` 中的编号、TOML 文件、规范编号，或条款行的 JSON 文件",
    ),
    ("profile diff/new", "新版"),
    ("report plan/profile", "方案所依据的配置档：编号或 TOML 文件；可重复"),
    ("report plan/out", "写到哪个文件：HTML，A4 横向"),
    ("report plan/records", "空白记录表另存为 CSV"),
    ("shell", "哪种 shell"),
    ("man/out", "每条命令写一页到哪个目录"),
    ("help", "显示帮助"),
    ("version", "显示版本"),
];

/// What the top-level help ends with.
const EXIT_CODES: &str = "\
退出码：0 符合要求；1 有必须项不通过，或发现差异、改动；2 用法错误，或因安全而拒绝；3 无法查明或无法完成；
4 已回滚；5 回滚不完整。
从这里开始：assay accept --profile gd-gov-cloud/ecs-server";

const DIFF_AFTER: &str = "\
退出码：0 没有差异；1 有差异。
示例：assay profile diff gd-gov-cloud/bms-1 contract-7.toml
示例：assay profile diff gd-gov-cloud 下一版条款行.json";

/// How a help page is laid out, with its headings in Chinese.
const TEMPLATE: &str = "\
{before-help}{about-with-newline}
用法: {usage}

{all-args}{after-help}";

/// Returns `command` with its help in Chinese.
pub fn localise(command: Command) -> Command {
    let mut command = walk(command, "");
    command.build();
    walk(command, "")
}

fn walk(command: Command, path: &str) -> Command {
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .mut_args(|argument| {
            let id = argument.get_id().to_string();
            let heading = if matches!(id.as_str(), "lang" | "log") {
                "各命令通用"
            } else if argument.is_positional() {
                "参数"
            } else {
                "选项"
            };
            let argument = argument.help_heading(heading);
            match argument_help(path, &id) {
                Some(help) => argument.help(help).long_help(None),
                None => argument,
            }
        });
    if let Some(about) = about(path) {
        command = command.about(about).long_about(None);
    }
    if let Some(after) = after(path) {
        command = command.after_help(after);
    }
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| walk(sub, path.trim_start()));
    }
    command
}

/// Returns what the command at `path` does, in Chinese.
pub(super) fn about(path: &str) -> Option<&'static str> {
    if path == "help" || path.ends_with(" help") || path.starts_with("help ") {
        return Some("显示本命令或子命令的帮助");
    }
    COMMANDS
        .iter()
        .chain(bmc::COMMANDS)
        .chain(bmc::settings::COMMANDS)
        .chain(bmc::audit::COMMANDS)
        .chain(daemon::COMMANDS)
        .chain(net::COMMANDS)
        .chain(site::COMMANDS)
        .chain(storage::COMMANDS)
        .find(|(name, _)| *name == path)
        .map(|(_, text)| *text)
}

/// Returns what the help of the command at `path` ends with, in Chinese.
pub(super) fn after(path: &str) -> Option<&'static str> {
    match path {
        "" => return Some(EXIT_CODES),
        "profile diff" => return Some(DIFF_AFTER),
        _ => {}
    }
    let mut all = bmc::AFTER
        .iter()
        .chain(bmc::settings::AFTER)
        .chain(bmc::audit::AFTER)
        .chain(daemon::AFTER)
        .chain(net::AFTER)
        .chain(site::AFTER)
        .chain(storage::AFTER);
    all.find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// Returns what argument `id` of the command at `path` takes, in Chinese.
pub(super) fn argument_help(path: &str, id: &str) -> Option<&'static str> {
    let own = format!("{path}/{id}");
    let find = |name: &str| {
        ARGUMENTS
            .iter()
            .chain(bmc::ARGUMENTS)
            .chain(bmc::settings::ARGUMENTS)
            .chain(bmc::audit::ARGUMENTS)
            .chain(daemon::ARGUMENTS)
            .chain(net::ARGUMENTS)
            .chain(site::ARGUMENTS)
            .chain(storage::ARGUMENTS)
            .find(|(key, _)| *key == name)
            .map(|(_, text)| *text)
    };
    find(&own).or_else(|| find(id))
}
