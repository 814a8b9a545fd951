//! The help of `assay site` in Chinese.

/// What each command does.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("site", "编制或检查到货清单；`assay accept --site` 据此与实物比对"),
    ("site init", "由找到的机器编制一份到货清单"),
    ("site check", "读取到货清单，显示其内容，或指出有误的单元格"),
];

/// What help ends with.
pub(super) const AFTER: &[(&str, &str)] = &[
    (
        "site init",
        "--from 之下每个文件或目录为一台机器；名称如 `A01-U12` 即表明其位置。未能查全的部件不写入“配置”。\
         清单为表格（CSV，UTF-8），合同行、数量、位置由人补填。\n\
         例：assay site init --from dumps --profile gd-gov-cloud/ecs-server --out site.csv\n\
         例：assay site init --via bmc --hosts rack.csv --credential rack-a --out site.csv",
    ),
    (
        "site check",
        "列的顺序不限，中英文列名均可：合同行 contract-line、数量 quantity、型号 model、序列号 sn、管理口地址 bmc、\
         机房 room、机柜 rack、U位 u（或 机房-机柜-U位 room-rack-u 一列）、高度U height-u、机柜高度U rack-height-u、\
         规格模板 profile、配置 parts。其他列不读取，并会列出。配置的写法：\
         `2×CPU Kunpeng 920; 16×DIMM 32GiB DDR4; 2×NVMe 3.84TB; 2×NIC 25GE; BIOS 1.83; BMC 3.10`。\n\
         例：assay site check site.xlsx",
    ),
];

/// What each argument takes.
pub(super) const ARGUMENTS: &[(&str, &str)] = &[
    (
        "accept/site",
        "到货清单（CSV 或 XLSX）：与 --from 之下或 --via bmc 找到的机器比对，并按各行的配置档逐台判定；用 `assay site check FILE` 检查清单",
    ),
    ("site init/from", "采集结果的目录，其中每个文件或目录为一台机器；可重复"),
    ("site init/via", "访问清单中的 BMC：bmc"),
    ("site init/hosts", "主机清单：CSV、XLSX 或 TOML；可重复"),
    ("site init/at_a_time", "同时访问的 BMC 台数 [默认：768]"),
    ("site init/profile", "写入每行的配置档"),
    ("site init/out", "要写的文件；已有的文件绝不覆盖"),
    ("site check/list", "到货清单：CSV 或 XLSX"),
];
