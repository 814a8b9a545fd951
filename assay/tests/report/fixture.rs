//! A made-up machine with everything a report can show: four sockets, 48 DIMM
//! slots, a failed row, a waived one, attested and open ones. No real machine's
//! data is in it; strings with markup stand for what firmware writes.

use std::sync::Arc;

use assay::report::{
    Inputs, Language, RenderOptions, Report,
    batch::{self, Batch},
    build, canonical,
    cover::{Cover, Location, Parties, Stage},
    decide::{self, Attestation, Making, Person, Waiver},
    digest::Digests,
    document::{Basis, CoverageRow, Environment, How},
    evidence::{EvidenceFile, Placed},
    folder::Loaded,
    render::{self, Bundle},
    verify::{State, Verification},
};
use profiles::{Case, Judgement, Level, Reason, Text, Verdict};
use serde_json::{Value, json};

pub(crate) const BOTH: RenderOptions =
    RenderOptions { language: Language::Both, junit_strict: false };

/// SMBIOS tables stand-in: any bytes do, the report only carries them.
fn table() -> Vec<u8> {
    (0..=255).cycle().take(6 * 1024).collect()
}

pub(crate) fn evidence() -> Vec<EvidenceFile> {
    let file = |path: &str, bytes: &[u8], locator: &str| EvidenceFile {
        path: path.to_owned(),
        bytes: bytes.to_owned(),
        locator: locator.to_owned(),
    };
    vec![
        file("sys/firmware/dmi/tables/DMI", &table(), "sysfs:/sys/firmware/dmi/tables/DMI"),
        file(
            "sys/firmware/dmi/tables/smbios_entry_point",
            b"_SM3_",
            "sysfs:/sys/firmware/dmi/tables/smbios_entry_point",
        ),
        file("proc/cpuinfo", b"processor\t: 0\n", "proc:/proc/cpuinfo"),
        file(
            "sys/class/fc_host/host7/supported_speeds",
            b"4 Gbit, 8 Gbit, 16 Gbit\n",
            "sysfs:/sys/class/fc_host/host7/supported_speeds",
        ),
        file("imports/storcli 导出 (1).json", b"{\"Controllers\":[]}\n", "import:storcli.json"),
    ]
}

fn dimms() -> Vec<Value> {
    let mut all = Vec::new();
    for cpu in 1..=4 {
        for channel in ["A", "B", "C", "D", "E", "F"] {
            for slot in 1..=2 {
                let number = all.len();
                let locator = format!("CPU{cpu}_DIMM_{channel}{slot}");
                let mut dimm = json!({
                    "locator": locator, "bank": format!("NODE {}", cpu - 1), "present": slot == 1,
                    "kind": "ram", "array": "0x1000", "memory_type": "DDR4",
                    "origin": {"source": 0},
                });
                if slot == 1 {
                    let speed = if cpu == 3 { 2666 } else { 2933 };
                    let part = if number == 2 { "HMA84GR7#[$<b>" } else { "HMA84GR7DJR4N-WM" };
                    let more = json!({
                        "size_bytes": 34_359_738_368_u64, "speed_mts": 2933,
                        "configured_speed_mts": speed, "manufacturer": "Hynix",
                        "part_number": part, "serial": format!("80AD01{number:02}"),
                    });
                    merge(&mut dimm, more);
                }
                if cpu == 4 && channel == "F" && slot == 1 {
                    dimm["size_bytes"] = Value::Null;
                }
                all.push(dimm);
            }
        }
    }
    all
}

fn merge(object: &mut Value, more: Value) {
    if let (Some(members), Value::Object(more)) = (object.as_object_mut(), more) {
        members.extend(more);
    }
}

fn slots() -> Vec<Value> {
    let widths = [16, 8, 8, 16, 8, 16, 8, 4];
    widths
        .iter()
        .enumerate()
        .map(|(index, width)| {
            json!({
                "locator": format!("PCIe Slot {}", index + 1), "bus": "pcie",
                "kind": format!("x{width} PCI Express 3 x{width}"), "width": width, "generation": 3,
                "in_use": if index == 7 { Value::Null } else { json!(index < 4) },
                "address": if index < 4 { json!(format!("0000:{:02x}:00.0", 0x3b + index)) } else { Value::Null },
                "origin": {"source": 0},
            })
        })
        .collect()
}

fn disks() -> Vec<Value> {
    (0..10)
        .map(|bay| {
            let ssd = bay < 2;
            let health = match bay {
                5 => json!({"passed": false, "reasons": ["grown defects 214", "self-test failed"]}),
                9 => Value::Null,
                _ => json!({"passed": true, "reasons": []}),
            };
            json!({
                "locator": format!("252:{bay}"), "name": Value::Null, "protocol": "sas",
                "kind": if ssd { "ssd" } else { "hdd" },
                "model": if ssd { "PM1643a" } else { "AL15SEB120N" },
                "serial": format!("Z8K0A1{bay:03}"), "firmware": "1403",
                "size_bytes": if ssd { 960_197_124_096_u64 } else { 1_200_243_695_616 },
                "behind": "0000:18:00.0", "health": health,
                "smart": {"host_reads": u64::MAX},
                "origin": {"source": 3},
            })
        })
        .collect()
}

pub(crate) fn facts() -> Value {
    let digest = format!("sha256:{}", Digests::of(&table()).sha256);
    let function = |n: u32, vendor: &str, device: &str| json!({"address": format!("0000:{n:02x}:00.0"), "vendor": vendor, "device": device});
    let section = |status: &str, reason: Option<&str>| match reason {
        Some(reason) => json!({"status": status, "reason": reason}),
        None => json!({"status": status}),
    };
    json!({"inventory": {
        "schema": "inventory/v1",
        "system": {
            "manufacturer": "HUAWEI", "product": "RH5885H V5", "serial": "2102310YSY10J3000017",
            "uuid": "4c4c4544-0037-5710-8052-b7c04f343332", "sku": "02311XBM",
            "brand": {"id": "huawei", "zh": "华为", "en": "Huawei", "country": "CN", "basis": ""},
        },
        "chassis": [{"manufacturer": "HUAWEI", "asset_tag": "GD-2026-00417"}],
        "firmware": [{"kind": "bios", "vendor": "INSYDE Corp.", "version": "8.01", "date": "12/20/2023"}],
        "identity": {"key": "serial:2102310YSY10J3000017", "system_serial": "2102310YSY10J3000017"},
        "cpu": (1..=4).map(|n| json!({
            "locator": format!("CPU{n:02}"), "present": true, "cores": 20, "threads": 40,
            "model": "Intel(R) Xeon(R) Gold 6138 CPU @ 2.00GHz",
            "frequency_hz": {"nominal": 2_000_000_000_u64}, "origin": {"source": 0},
        })).collect::<Vec<_>>(),
        "dimm": dimms(),
        "slot": slots(),
        "pci": [
            function(0x3b, "Intel Corporation", "Ethernet Connection X722 for 10GbE SFP+"),
            function(0x3c, "Emulex Corporation", "LPe31000/LPe32000 Series 16Gb/32Gb FC"),
            function(0x3d, "Intel Corporation", "82599ES 10-Gigabit SFI/SFP+"),
            function(0x3e, "NVIDIA Corporation", "GV100GL [Tesla V100 PCIe 32GB]"),
        ],
        "nic": [
            {"address": "0000:3b:00", "vendor": "Intel", "model": "X722", "driver": "i40e", "firmware": "4.11",
             "port": [
                {"name": "eth0", "permanent_mac": "28:6e:d4:00:00:01", "supported_bps": [1_000_000_000_u64, 10_000_000_000_u64]},
                {"name": "eth1", "permanent_mac": "28:6e:d4:00:00:02", "supported_bps": [10_000_000_000_u64]}]},
        ],
        "hba": [
            {"address": "0000:3c:00", "model": "LPe31002", "driver": "lpfc", "firmware": "12.6.240.40",
             "port": [{"name": "host7", "wwpn": "100000109b1c2d3e", "supported_bps": [16_000_000_000_u64]},
                      {"name": "host8", "wwpn": "100000109b1c2d3f", "supported_bps": [16_000_000_000_u64]}]},
        ],
        "disk": disks(),
        "sections": {
            "system": section("complete", None), "board": section("complete", None),
            "chassis": section("complete", None), "firmware": section("complete", None),
            "cpu": section("complete", None), "dimm": section("complete", None),
            "slot": section("complete", None), "pci": section("complete", None),
            "nic": section("partial", Some("eth2: ethtool netlink: operation not supported")),
            "hba": section("complete", None),
            "disk": section("partial", Some("10 drives behind megaraid_sas read from import:storcli.json, not from the drives")),
            "bmc": section("failed", Some("/dev/ipmi0: permission denied (needs root)")),
            "psu": section("complete", None), "gpu": section("complete", None),
            "tpm": section("unsupported", Some("no /sys/class/tpm")),
            "identity": section("complete", None),
        },
        "sources": [
            {"kind": "smbios", "locator": "smbios:17/0x0021", "digest": digest.clone()},
            {"kind": "smbios", "locator": "smbios:4/0x0004", "digest": digest.clone()},
            {"kind": "smbios", "locator": "smbios:9/0x0031", "digest": digest},
            {"kind": "import", "locator": "import:storcli.json#Controllers[0]"},
        ],
        "findings": [
            {"class": "degraded", "path": "dimm[24].configured_speed_mts",
             "message": "6 DIMMs of CPU 3 run at 2666 MT/s, rated 2933 MT/s",
             "message_zh": "CPU 3 的 6 条内存运行于 2666 MT/s，低于额定 2933 MT/s"},
            {"class": "value", "path": "dimm[46].size_bytes",
             "message": "size differs between sources", "message_zh": "两个来源的容量不一致",
             "claims": [{"source": 0, "value": null}, {"source": 3, "value": 34_359_738_368_u64}]},
        ],
    }})
}

/// One row in short.
#[derive(Clone, Copy)]
struct Short {
    check: &'static str,
    row: &'static str,
    item: &'static str,
    wording: &'static str,
    title: (&'static str, &'static str),
    method: (&'static str, &'static str),
    expected: (&'static str, &'static str),
    measured: (&'static str, &'static str),
    sources: &'static [&'static str],
    verdict: Verdict,
}

fn text(pair: (&str, &str)) -> Text {
    Text::new(pair.0, pair.1)
}

fn judgement(short: Short) -> Judgement {
    let clause = short.row.split('#').next().unwrap_or_default();
    let case = Case {
        check: short.check.to_owned(),
        row: short.row.to_owned(),
        clause: clause.to_owned(),
        clause_title: if clause == "5.2.1.2" {
            "物理机服务（BMS）"
        } else {
            "物理服务器 I 类"
        }
        .to_owned(),
        item: short.item.to_owned(),
        wording: short.wording.to_owned(),
        level: Level::Must,
        title: text(short.title),
        method: text(short.method),
        expected: text(short.expected),
        reading: None,
        waivable: short.wording.contains("同等"),
        points: None,
        deviation: None,
        terms: None,
        by_run: false,
        require_role: Vec::new(),
    };
    Judgement {
        case: case.into(),
        measured: text(short.measured),
        sources: short.sources.iter().map(|&s| s.to_owned()).collect(),
        verdict: short.verdict,
        reasons: Vec::new(),
        comparison: None,
        standing: None,
        out_of_scope: None,
    }
}

fn reason(zh: &str, en: &str, close: Option<(&str, &str)>) -> Reason {
    Reason { text: Text::new(zh, en), close: close.map(text) }
}

#[expect(clippy::too_many_lines, reason = "a table of rows")]
pub(crate) fn judgements() -> Vec<Judgement> {
    let mut rows = vec![
        judgement(Short {
            check: "bms1.arch",
            row: "5.2.1.2#4",
            item: "2",
            wording: "要求 X86 服务器作为裸金属服务资源池，单 region 支持 256 台主机，支持挂载 EVS 服务做为数据卷。",
            title: ("处理器架构", "Processor architecture"),
            method: ("读取处理器架构", "Architecture of the processors"),
            expected: ("x86_64", "x86_64"),
            measured: ("x86_64", "x86_64"),
            sources: &["smbios:4/0x0004"],
            verdict: Verdict::Pass,
        }),
        judgement(Short {
            check: "bms1.brand",
            row: "5.3.3.1.2.1#1",
            item: "基本",
            wording: "国产品牌，非 OEM 产品",
            title: ("国产品牌，非 OEM", "Domestic brand, not OEM"),
            method: (
                "读取厂商信息并与厂商数据比对；由有权人员核查品牌授权文件",
                "Maker strings against vendor data; a person checks the brand's papers",
            ),
            expected: ("国产品牌，非 OEM 产品", "domestic brand, not an OEM product"),
            measured: ("HUAWEI（华为）", "HUAWEI (Huawei)"),
            sources: &["smbios:1/0x0001", "smbios:2/0x0002"],
            verdict: Verdict::NeedsAttestation,
        }),
        judgement(Short {
            check: "bms1.cpu.count",
            row: "5.3.3.1.2.1#2",
            item: "CPU",
            wording: "≥ 4 路 16 核，主频 2.10GHz，或同等性能配置",
            title: ("处理器路数", "Populated sockets"),
            method: ("统计 SMBIOS 类型 4 已安装处理器", "Populated sockets in SMBIOS type 4"),
            expected: ("≥ 4 路", "≥ 4"),
            measured: ("4 路", "4"),
            sources: &["smbios:4/0x0004", "smbios:4/0x0005", "smbios:4/0x0006", "smbios:4/0x0007"],
            verdict: Verdict::Pass,
        }),
        judgement(Short {
            check: "bms1.cpu.cores",
            row: "5.3.3.1.2.1#2",
            item: "CPU",
            wording: "≥ 4 路 16 核，主频 2.10GHz，或同等性能配置",
            title: ("每路核数", "Cores per socket"),
            method: ("SMBIOS 类型 4 核数", "Cores in SMBIOS type 4"),
            expected: ("每路 ≥ 16 核", "≥ 16 each"),
            measured: ("每路 20 核", "20 each"),
            sources: &["smbios:4/0x0004", "smbios:4/0x0005", "smbios:4/0x0006", "smbios:4/0x0007"],
            verdict: Verdict::Pass,
        }),
        judgement(Short {
            check: "bms1.cpu.frequency",
            row: "5.3.3.1.2.1#2",
            item: "CPU",
            wording: "≥ 4 路 16 核，主频 2.10GHz，或同等性能配置",
            title: ("处理器主频", "Base clock"),
            method: (
                "处理器名称标称主频；其次 cpuid 16h；其次 SMBIOS 当前频率",
                "Number in the processor's name, else cpuid 16h, else SMBIOS current speed",
            ),
            expected: ("≥ 2.10 GHz（容差 1 %）", "≥ 2.10 GHz (tolerance 1 %)"),
            measured: ("2.00 GHz", "2.00 GHz"),
            sources: &["smbios:4/0x0004"],
            verdict: Verdict::Fail,
        }),
        judgement(Short {
            check: "bms1.memory",
            row: "5.3.3.1.2.1#3",
            item: "内存",
            wording: "≥ 512G",
            title: ("内存容量", "Memory capacity"),
            method: (
                "累加 SMBIOS 类型 17 已安装内存条容量",
                "Sum of the populated DIMMs in SMBIOS type 17",
            ),
            expected: ("≥ 512 GiB", "≥ 512 GiB"),
            measured: (
                "≥ 736 GiB（549755813888 + … 字节；1 条容量未知）",
                "≥ 736 GiB (1 DIMM of unknown size)",
            ),
            sources: &[
                "smbios:17/0x0021",
                "smbios:17/0x0023",
                "smbios:17/0x0025",
                "smbios:17/0x0027",
            ],
            verdict: Verdict::Pass,
        }),
        judgement(Short {
            check: "bms1.disk",
            row: "5.3.3.1.2.1#4",
            item: "存储",
            wording: "≥ 2 块 900G SAS 硬盘，或同等容量配置",
            title: ("SAS 硬盘", "SAS disks"),
            method: (
                "统计容量 ≥ 900 GB 的 SAS 硬盘，含 RAID 控制器后的硬盘",
                "SAS disks of at least 900 GB, behind RAID too",
            ),
            expected: ("≥ 2 块 ≥ 900 GB", "≥ 2 of ≥ 900 GB"),
            measured: ("10 块：8 × 1.20 TB，2 × 960.19 GB", "10: 8 × 1.20 TB, 2 × 960.19 GB"),
            sources: &["import:storcli.json#Controllers[0]"],
            verdict: Verdict::Pass,
        }),
        judgement(Short {
            check: "bms1.hba",
            row: "5.3.3.1.2.1#5",
            item: "接口",
            wording: "≥ 2 张双口 16G HBA 卡，≥ 2 块双口万兆网卡",
            title: ("双口 16G HBA 卡", "Dual-port 16G HBA cards"),
            method: (
                "fc_host 支持速率，按 PCI 卡归并端口",
                "supported_speeds of fc_host, ports joined by card",
            ),
            expected: ("≥ 2 张，每张 ≥ 2 口，16 Gbit/s", "≥ 2 cards of ≥ 2 ports at 16 Gbit/s"),
            measured: ("1 张双口 16 Gbit/s", "1 dual-port card at 16 Gbit/s"),
            sources: &[
                "sysfs:/sys/class/fc_host/host7/supported_speeds",
                "sysfs:/sys/class/fc_host/host8/supported_speeds",
            ],
            verdict: Verdict::Fail,
        }),
        judgement(Short {
            check: "bms1.nic",
            row: "5.3.3.1.2.1#5",
            item: "接口",
            wording: "≥ 2 张双口 16G HBA 卡，≥ 2 块双口万兆网卡",
            title: ("双口万兆网卡", "Dual-port 10GE cards"),
            method: ("ethtool netlink 支持的链路模式", "Supported link modes by ethtool netlink"),
            expected: ("≥ 2 块，每块 ≥ 2 口，10 Gbit/s", "≥ 2 cards of ≥ 2 ports at 10 Gbit/s"),
            measured: ("1 块确认，1 块未知", "1 confirmed, 1 unknown"),
            sources: &["ethtool:eth0", "ethtool:eth1"],
            verdict: Verdict::NotMeasured,
        }),
        judgement(Short {
            check: "bms1.pcie",
            row: "5.3.3.1.2.1#6",
            item: "扩展",
            wording: "支持 ≥ 9 个 PCI-E 插槽",
            title: ("PCI-E 插槽数", "PCI Express slots"),
            method: ("统计 SMBIOS 类型 9 中的 PCI-E 插槽", "PCI Express slots in SMBIOS type 9"),
            expected: ("≥ 9 个", "≥ 9"),
            measured: ("8 个", "8"),
            sources: &["smbios:9/0x0031", "smbios:9/0x0032", "smbios:9/0x0033", "smbios:9/0x0038"],
            verdict: Verdict::Fail,
        }),
        judgement(Short {
            check: "bms1.dimm.slots",
            row: "5.3.3.1.2.1#7",
            item: "其它",
            wording: "支持 ≥ 48 个内存插槽",
            title: ("内存插槽数", "Memory slots"),
            method: ("统计 SMBIOS 类型 17（不含闪存芯片）", "SMBIOS type 17 without flash chips"),
            expected: ("≥ 48 个", "≥ 48"),
            measured: ("48 个", "48"),
            sources: &["smbios:17/0x0021", "smbios:17/0x0050"],
            verdict: Verdict::Pass,
        }),
        judgement(Short {
            check: "bms1.chip",
            row: "5.3.3.1.2.1#8",
            item: "其它",
            wording: "使用国产管理芯片",
            title: ("国产管理芯片", "Domestic management chip"),
            method: (
                "按显示功能的 PCI ID 识别管理芯片；由有权人员核查",
                "Chip by PCI id of its display function; a person confirms",
            ),
            expected: ("国产管理芯片", "domestic management chip"),
            measured: ("19e5:1711 Hi171x", "19e5:1711 Hi171x"),
            sources: &["pci:0000:05:00.0"],
            verdict: Verdict::NeedsAttestation,
        }),
        judgement(Short {
            check: "bms1.gpu.driver",
            row: "5.3.3.1.2.1#8",
            item: "其它",
            wording: "使用国产管理芯片",
            title: ("带内管理接口", "In-band management interface"),
            method: ("检查 /dev/ipmi0", "Presence of /dev/ipmi0"),
            expected: ("存在", "present"),
            measured: ("", ""),
            sources: &[],
            verdict: Verdict::NotApplicable,
        }),
        judgement(Short {
            check: "bms1.dimm.speed",
            row: "5.3.3.1.2.1#3",
            item: "内存",
            wording: "≥ 512G",
            title: ("内存按额定速率运行", "DIMMs at rated speed"),
            method: (
                "比较 SMBIOS 类型 17 配置速率与额定速率",
                "Configured against rated speed in SMBIOS type 17",
            ),
            expected: ("配置速率 = 额定速率", "configured = rated"),
            measured: ("6 条低于额定", "6 below rated"),
            sources: &["smbios:17/0x0039"],
            verdict: Verdict::Fail,
        }),
    ];
    let edit = |rows: &mut Vec<Judgement>, check: &str, edit: &dyn Fn(&mut Judgement)| {
        rows.iter_mut().filter(|row| row.check == check).for_each(edit);
    };
    edit(&mut rows, "bms1.brand", &|row| {
        row.reasons.push(reason(
            "品牌与 OEM 关系无法由数据判定",
            "data cannot decide brand and OEM relation",
            Some((
                "核查品牌授权文件与设备铭牌后确认",
                "check the brand's papers and the type plate, then attest",
            )),
        ));
    });
    edit(&mut rows, "bms1.chip", &|row| {
        row.reasons.push(reason(
            "识别为 Hi171x（海思），最终由人员确认",
            "recognised as Hi171x (HiSilicon); a person confirms",
            Some((
                "查验主板管理芯片丝印，或核查数据手册",
                "look at the chip's print, or check the data sheet",
            )),
        ));
    });
    edit(&mut rows, "bms1.nic", &|row| {
        row.reasons.push(reason(
            "eth2：内核不支持 ethtool netlink，最高速率未知",
            "eth2: the kernel knows no ethtool netlink; its best speed is unknown",
            Some((
                "以 root 在 5.6 以上内核重测，或提供 `ethtool eth2` 输出",
                "run again as root on kernel 5.6 or later",
            )),
        ));
    });
    edit(&mut rows, "bms1.cpu.frequency", &|row| {
        Arc::make_mut(&mut row.case).reading = Some(Text::new(
            "“主频 2.10GHz”读作基准主频下限，容差 1 %",
            "“主频 2.10GHz” is read as a minimum base clock, tolerance 1 %",
        ));
        row.comparison = Some(Text::new(
            "要求 4 × 16 核 × 2.10 GHz = 134.4 核·GHz；实测 4 × 20 核 × 2.00 GHz = 160.0 核·GHz",
            "wanted 4 × 16 cores × 2.10 GHz = 134.4 core·GHz; found 4 × 20 × 2.00 GHz = 160.0 core·GHz",
        ));
    });
    edit(&mut rows, "bms1.memory", &|row| {
        Arc::make_mut(&mut row.case).reading =
            Some(Text::new("规范中内存单位“G”读作 GiB", "the norm's “G” of memory is read as GiB"));
    });
    edit(&mut rows, "bms1.gpu.driver", &|row| {
        Arc::make_mut(&mut row.case).level = Level::Info;
        row.reasons.push(reason("本阶段不检查带内接口", "not checked at this stage", None));
    });
    edit(&mut rows, "bms1.dimm.speed", &|row| {
        let case = Arc::make_mut(&mut row.case);
        (case.level, case.points) = (Level::Scored, Some(5));
    });
    rows
}

#[expect(clippy::too_many_lines, reason = "a whole report reads best in one piece")]
pub(crate) fn inputs() -> Inputs {
    Inputs {
        volume: None,
        cover: Cover {
            project: Some("某省“数字政府”政务云平台二期扩容项目".to_owned()),
            contract: Some("GDZWY-2026-SB-017".to_owned()),
            annex: Some("附件三《设备配置清单》".to_owned()),
            number: Some("CSJL-2026-1123-001".to_owned()),
            stage: Some(Stage::Preliminary),
            place: Some("省政务云数据中心 3 号楼".to_owned()),
            parties: Parties {
                owner: Some("某省政务服务数据管理局".to_owned()),
                contractor: Some("某某信息技术股份有限公司".to_owned()),
                supervisor: Some("某某工程监理有限公司".to_owned()),
                user: None,
                assessor: None,
            },
            location: Location {
                room: Some("A302".to_owned()),
                rack: Some("C07".to_owned()),
                unit: Some("U11-14".to_owned()),
            },
            notes: vec!["试运行期内补齐第二张 HBA 卡，并提交整改记录。".to_owned()],
            ..Cover::default()
        },
        basis: Basis {
            norm: Text::new(
                "广东省“数字政府”政务云平台建设规范",
                "Construction norm of the government cloud platform, Guangdong “Digital Government”",
            ),
            edition: Text::new("征求意见稿", "draft for comment"),
            profile: "gd-gov-cloud/bms-1".to_owned(),
            title: Text::new("物理服务器 I 类", "Physical server, class I"),
            version: "1.0.0".to_owned(),
            digest: Digests::of(b"profile").sha256,
            unit_rules: vec![
                Text::new("内存“G”按 GiB（2^30 字节）计", "“G” of memory is GiB (2^30 bytes)"),
                Text::new(
                    "硬盘“G”按 GB（10^9 字节）计，容差 0 %",
                    "“G” of disks is GB (10^9 bytes), tolerance 0 %",
                ),
                Text::new(
                    "主频容差 1 %；FC“16G”按内核速率等级 16 Gbit/s 计",
                    "base clock tolerance 1 %; FC “16G” is the kernel's class of 16 Gbit/s",
                ),
            ],
            deviations: Vec::new(),
            selected: None,
        },
        environment: Environment {
            tool_version: "0.1.0".to_owned(),
            tool_commit: Some("401be16d0c1f3a7b".to_owned()),
            binary_sha256: Some(Digests::of(b"binary").sha256),
            command:
                "assay accept --profile gd-gov-cloud/bms-1 --cover cover.toml --from storcli.json"
                    .to_owned(),
            hostname: Some("bms-c07-11".to_owned()),
            kernel: Some("4.19.90-52.22.v2207.ky10".to_owned()),
            os: Some("Kylin Linux Advanced Server V10".to_owned()),
            architecture: Some("x86_64".to_owned()),
            started_at: "2026-11-23T10:15:02+08:00".to_owned(),
            finished_at: "2026-11-23T10:15:09+08:00".to_owned(),
            time_source: Some(Text::new(
                "系统时钟，NTP 已同步（偏差 3 ms）",
                "system clock, kept by NTP (offset 3 ms)",
            )),
            operator: Some("李工".to_owned()),
            privileged: Some(false),
            inputs: vec!["live".to_owned(), "storcli.json".to_owned()],
        },
        interrupted: None,
        judgements: judgements(),
        facts: facts(),
        evidence: evidence(),
        coverage: vec![CoverageRow {
            row: "5.2.1.2#3".to_owned(),
            item: "物理机服务".to_owned(),
            reason: Text::new(
                "云平台功能，由平台测试覆盖",
                "a function of the platform; tested with it",
            ),
        }],
        ..Inputs::default()
    }
}

/// The machine as the run left it.
pub(crate) fn first() -> (Report, Vec<Placed>) {
    build(inputs())
}

pub(crate) fn person(who: &str, role: &str, unit: &str) -> Person {
    Person {
        who: who.to_owned(),
        role: role.to_owned(),
        party: profiles::Role::named(role),
        organisation: Some(unit.to_owned()),
        date: "2026-11-24".to_owned(),
    }
}

pub(crate) fn making(report: &Report) -> Making<'static> {
    Making {
        predecessor: Digests::of(&canonical::to_bytes(report).expect("it is JSON")),
        at: "2026-11-24T09:00:00+08:00".to_owned(),
        by: Some("李工".to_owned()),
        signing: decide::Signing::default(),
    }
}

/// The machine after a person attested its brand and another waived its clock.
pub(crate) fn decided() -> (Report, Vec<Placed>) {
    let (report, mut placed) = first();
    let attestation = Attestation {
        check: "bms1.brand".to_owned(),
        conform: true,
        how: How::OnSite,
        person: person("王监理", "总监理工程师", "某某工程监理有限公司"),
        reason: "核对设备铭牌、装箱单与品牌授权书，均为原厂产品。".to_owned(),
        evidence: vec![EvidenceFile {
            path: "铭牌 照片.jpg".to_owned(),
            bytes: b"\xff\xd8\xff".to_vec(),
            locator: "attested:铭牌 照片.jpg".to_owned(),
        }],
    };
    let (report, more) = decide::attest(&report, vec![attestation], making(&report)).expect("open");
    placed.extend(more);
    let waiver = Waiver {
        check: "bms1.cpu.frequency".to_owned(),
        how: How::Document,
        person: person("张处", "信息化处处长", "某省政务服务数据管理局"),
        reason: "SPECrate2017_int_base 实测 402，高于 4 × Gold 6130 的 372，性能不低于要求。"
            .to_owned(),
        evidence: Vec::new(),
    };
    let (report, more) = decide::waive(&report, vec![waiver], making(&report)).expect("failed");
    placed.extend(more);
    (report, placed)
}

/// All files of a report, the documents of earlier revisions made up.
pub(crate) fn bundle(report: &Report, placed: &[Placed], options: RenderOptions) -> Bundle {
    let files = placed.iter().map(|file| (file.entry.path.clone(), file.bytes.clone())).collect();
    render::bundle(report, files, options).expect("it renders")
}

/// A batch of `count` machines of which the second is untouched and the third
/// lacks nothing.
pub(crate) fn batch(count: usize) -> Batch {
    let loaded = (0..count).map(|n| {
        let (mut report, _) = if n % 3 == 1 { first() } else { decided() };
        if n % 3 == 2 {
            for row in &mut report.rows {
                row.verdict = Verdict::Pass;
                row.judgement.verdict = Verdict::Pass;
                row.decision = None;
            }
            report.summary = assay::report::verdict::summary(&report.rows, false);
        }
        report.subject = format!("serial:2102310YSY10J{n:07}");
        report.devices[0].id.clone_from(&report.subject);
        report.devices[0].serial = Some(format!("2102310YSY10J{n:07}"));
        report.devices[0].location = Some(format!("A302 / C{:02} / U11", n % 40));
        let bytes = canonical::to_bytes(&report).expect("it is JSON");
        Loaded {
            folder: format!("machine-{n}").into(),
            digests: Digests::of(&bytes),
            verification: Verification {
                state: State::IntactUnsigned,
                code: None,
                root: None,
                revision: Some(report.revision.number),
                reproduced: true,
                alterations: Vec::new(),
                unvouched: Vec::new(),
            },
            report,
        }
    });
    let options = batch::Options {
        cover: inputs().cover,
        number_prefix: None,
        at: "2026-11-25T09:00:00+08:00".to_owned(),
        tool_version: "0.1.0".to_owned(),
    };
    batch::merge(loaded.collect(), options).expect("different machines")
}
