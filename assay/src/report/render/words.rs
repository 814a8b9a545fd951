//! Every fixed word of a report in both languages.
//!
//! Wording is binding: the document is a test record (测试记录), clauses are
//! 符合/不符合/不适用, cases 通过/不通过, a waiver is 同等性能（容量）认可, a
//! signature by key is 完整性校验.

use inventory::model::{FindingClass, SectionState};
use profiles::{Level, Outcome, Role, Text, Verdict};

use crate::report::{
    document::{Conformity, Decision, DecisionKind, How, Row},
    sign::PublicKey,
    verdict::Ground,
};

/// A fixed word: Chinese and English.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word(pub(super) &'static str, pub(super) &'static str);

impl Word {
    /// Returns both languages.
    pub(super) fn text(self) -> Text {
        Text::new(self.0, self.1)
    }
}

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        $(pub(super) const $name: Word = Word($zh, $en);)*

        #[cfg(test)]
        pub(super) const ALL: &[Word] = &[$($name),*];
    };
}

words! {
    REPORT_TITLE: "服务器验收测试记录", "Server Acceptance Test Record";
    SELF_TEST: "自测报告", "Self-test report";
    BATCH_TITLE: "批量验收测试记录", "Batch Acceptance Test Record";
    PROJECT: "项目名称", "Project";
    PROJECT_NUMBER: "项目编号", "Project no.";
    SECTION_OF_TENDER: "标段", "Section";
    CONTRACT: "合同编号", "Contract no.";
    ANNEX: "合同附件", "Contract annex";
    REPORT_NUMBER: "记录编号", "Record no.";
    STAGE: "验收阶段", "Stage";
    PLACE: "测试地点", "Place of test";
    TEST_PERIOD: "测试时间", "Time of test";
    REVISION: "版次", "Revision";
    VERIFY_CODE: "校验码", "Verify code";
    TESTER: "测试人员", "Tester";
    CONTENTS: "目录", "Contents";
    BASIS: "测试依据", "Basis";
    SCOPE: "测试范围", "Scope";
    ENVIRONMENT: "测试环境", "Environment";
    SUMMARY: "结果总表", "Summary";
    CASES: "测试明细", "Test cases";
    NONCONFORMITIES: "不符合项与整改", "Non-conformities and remedy";
    OPEN_ITEMS: "未决项", "Open items";
    FINDINGS: "数据差异", "Findings";
    HARDWARE: "设备配置图", "Hardware maps";
    CONCLUSION: "结论", "Conclusion";
    SIGNATURES: "签字盖章", "Signatures and seals";
    APPENDIX_HARDWARE: "附录 A　设备配置清单", "Appendix A  Hardware inventory";
    APPENDIX_EVIDENCE: "附录 B　证据索引", "Appendix B  Evidence index";
    APPENDIX_COVERAGE: "附录 C　条款覆盖", "Appendix C  Clause coverage";
    APPENDIX_VERIFY: "附录 D　完整性校验", "Appendix D  Integrity check";
    NORM: "规范名称", "Norm";
    EDITION: "规范版本", "Edition";
    PROFILE: "测试规则集", "Profile";
    PROFILE_VERSION: "规则集版本", "Profile version";
    PROFILE_DIGEST: "规则集摘要", "Profile digest";
    UNIT_RULES: "单位与容差", "Units and tolerances";
    DEVIATIONS: "偏离说明", "Deviations";
    NONE: "无", "None";
    NUMBER: "序号", "No.";
    DEVICE: "设备标识", "Device";
    BRAND: "品牌", "Brand";
    MODEL: "型号", "Model";
    SERIAL: "序列号 S/N", "Serial no.";
    PART_NUMBER: "部件号 P/N", "Part no.";
    QUANTITY: "数量", "Qty";
    LOCATION: "机房 / 机柜 / U 位", "Room / rack / unit";
    ASSET_TAG: "资产编号", "Asset tag";
    TOOL: "测试工具", "Test tool";
    TOOL_COMMIT: "源码提交", "Source commit";
    BINARY: "程序摘要 SHA-256", "Executable SHA-256";
    COMMAND: "命令行", "Command line";
    HOST: "运行主机", "Host";
    KERNEL: "内核", "Kernel";
    OS: "操作系统", "Operating system";
    FIRMWARE: "固件", "Firmware";
    TIME_SOURCE: "时间来源", "Time source";
    OPERATOR: "操作人员", "Operator";
    PRIVILEGES: "运行权限", "Privileges";
    PRIVILEGED: "管理员权限", "privileged";
    UNPRIVILEGED: "普通权限（部分数据不可读）", "unprivileged (not all data readable)";
    INPUTS: "数据输入", "Inputs";
    ITEM: "测试项", "Item";
    CLAUSE: "条款", "Clause";
    CLAUSE_VERDICT: "条款结论", "Conformity";
    TOTAL: "合计", "Total";
    VERDICTS_BY_CLAUSE: "各条款结果分布", "Verdicts by clause";
    SECTIONS: "数据采集完整性", "Completeness of collected data";
    SECTION: "数据类别", "Section";
    STATUS: "状态", "Status";
    REASON: "原因", "Reason";
    CHECK: "用例编号", "Case id";
    NORM_ROW: "规范条目", "Row of the norm";
    TITLE: "用例名称", "Title";
    LEVEL: "级别", "Level";
    WORDING: "规范原文", "Wording of the norm";
    METHOD: "测试方法", "Method";
    EXPECTED: "预期", "Expected";
    MEASURED: "实测", "Measured";
    SOURCES: "数据来源", "Sources";
    VERDICT: "结论", "Verdict";
    VERDICT_CODE: "结论代码", "Verdict code";
    REASONS: "说明", "Reasons";
    TO_CLOSE: "处置", "To close";
    READING: "读法", "Reading";
    DEVIATION: "偏离", "Deviation";
    COMPARISON: "对比", "Comparison";
    EVIDENCE: "证据", "Evidence";
    DECIDED_BY: "人工结论", "Decided by";
    SAME_AS_OPERATOR: "与操作人员为同一人", "same person as the operator";
    IN_BAND: "带内", "in-band";
    OUT_OF_BAND: "带外", "out-of-band";
    IMPORTED: "导入", "import";
    MANUAL: "人工", "manual";
    POINTS: "得分", "Points";
    DESCRIPTION: "问题描述", "Description";
    REMEDY: "整改措施", "Measure";
    RESPONSIBLE: "责任人", "Owner";
    DUE: "期限", "Due";
    RETEST: "复测日期 / 结果", "Re-test date / result";
    CONFIRMED: "确认人", "Confirmed by";
    TEST_CONCLUSION: "测试结论", "Test conclusion";
    ACCEPTANCE_CONCLUSION: "验收结论", "Acceptance conclusion";
    ACCEPTANCE_BLANK: "由验收各方手写并盖章", "to be written by hand and sealed by the parties";
    CONDITIONS: "附加条件与遗留问题", "Conditions and open points";
    POSITION: "职务", "Title";
    SIGNED: "签字", "Signature";
    DATE: "日期", "Date";
    SEAL: "（盖章）", "(seal)";
    DATE_BLANK: "年　　月　　日", "YYYY / MM / DD";
    FILE: "文件", "File";
    SIZE: "大小", "Size";
    OUTCOME: "总体结果", "Outcome";
    INTERRUPTED: "本次测试中途中断，结果不完整", "This run was interrupted; its results are incomplete";
    DIMM_MAP: "内存插槽图", "DIMM map";
    SLOT_MAP: "扩展插槽图", "Slot map";
    DISK_MAP: "硬盘图", "Disk map";
    EMPTY_SLOT: "空", "empty";
    UNKNOWN: "未知", "unknown";
    DIMMS: "内存条", "DIMMs";
    PROCESSORS: "处理器", "Processors";
    DISKS: "硬盘", "Disks";
    SLOTS: "扩展插槽", "Expansion slots";
    CARDS: "网卡与 HBA 卡", "Network cards and HBAs";
    LOCATOR: "位置", "Locator";
    SPEED: "速率", "Speed";
    MAKER: "厂商", "Maker";
    KIND: "类型", "Kind";
    HEALTH: "健康", "Health";
    PORTS: "端口", "Ports";
    CORES: "核 / 线程", "Cores / threads";
    CLOCK: "主频", "Base clock";
    WIDTH: "宽度", "Width";
    ADDRESS: "地址", "Address";
    CARD: "所装设备", "Device in slot";
    GOOD: "良好", "good";
    BAD: "异常", "bad";
    IN_USE: "占用", "in use";
    CLASS: "类别", "Class";
    OBJECT: "对象", "Object";
    PREDECESSOR: "上一版次摘要", "Predecessor digest";
    RETEST_OF: "复测自", "Re-test of";
    RESULT_DIGEST: "result.json 摘要", "Digest of result.json";
    EVIDENCE_ROOT: "证据根", "Evidence root";
    ROOT: "校验根", "Root";
    MATRIX: "设备 × 条款", "Machines × clauses";
    MACHINE_COUNT: "受测设备", "machines";
    MACHINE: "设备", "Machine";
    ALL_CONFORM: "全部符合，无不符合项与未决项。", "All conform; nothing failed and nothing is open.";
    STORAGE: "存储测试", "Storage runs";
    PLAN_TITLE: "验收测试方案", "Acceptance Test Plan";
    PLAN_SCOPE: "依据与范围", "Basis and scope";
    PLAN_RISKS: "风险与前提", "Risks and what they ask for";
    PLAN_NO_RISK: "本次用例均为只读采集或查阅，不影响业务", "Every case reads or looks; nothing is put at risk";
    PLAN_CASES: "测试用例", "Test cases";
    PLAN_SIGNATURES: "方案审批", "Approval of this plan";
    RECORD_FORMS: "测试记录表（空白）", "Record forms (blank)";
    RECORD_NOTE: "每个被测对象一份；实测值填写带单位的数值，未测须写明原因", "One for each thing under test; write measured values with their units, and why what was not tested was not";
    RECORD_OBJECT: "被测对象", "Thing under test";
    TAKES: "时间", "Time";
    RISK: "风险", "Risk";
    WITNESS: "见证人", "Witness";
    BOXES: "□通过　□不通过　□未测", "□ pass  □ fail  □ not tested";
    STORAGE_CASE: "用例", "Case";
    MODE: "模式", "Mode";
    SUBJECT: "被测对象", "Subject";
    BANDWIDTH: "带宽", "Bandwidth";
    MEAN: "平均", "Mean";
    MAX: "最大", "Max";
    CPU_PER_IO: "CPU / I/O", "CPU / I/O";
    ERRORS: "错误", "Errors";
    VALIDITY: "有效性", "Validity";
    WHY_INVALID: "无效原因", "Why it is invalid";
    SNAPSHOTS: "快照影响（有快照与无快照之比）", "Cost of snapshots (with over without)";
    RATIO: "比值", "Ratio";
    LOWER_END: "95 % 下限", "95 % lower end";
    UPPER_END: "95 % 上限", "95 % upper end";
    INTERVAL: "区间（虚线：100 %；红线：95 % 限值）", "Interval (dashed: 100 %; red: limit of 95 %)";
    SUPERSEDED: "已被同一用例的后一次测试取代", "superseded by a later run of the case";
    LATENCY: "时延", "Latency";
    BATCH_REAPED: "批量收割，不与指标比较", "batch-reaped, held against no target";
    FEATURES: "引擎特性", "Engine features";
    ON: "启用", "on";
    OFF: "未启用", "off";
    UNREAD_RUNS: "次测试的数据无法读取，见 result.json", "runs do not read; see result.json";
    MARK: "标记", "Mark";
    DEVIATION_TABLE: "技术偏离表", "Table of deviations";
    NORM_ASKS: "规范要求", "Norm";
    TENDER_ASKS: "招标要求", "Tender";
    BID_SAYS: "投标响应", "Bid";
    DEVIATES: "偏离", "Deviation";
    DEVIATION_CODE: "偏离代码", "Deviation code";
    REMARK: "说明", "Remark";
    PROJECT_PEOPLE: "参建单位与人员", "Parties and people";
    PARTY_ROLE: "角色", "Role";
    UNIT: "单位", "Unit";
    NAME: "姓名", "Name";
    PHONE: "电话", "Telephone";
    STAGE_PLAN: "验收计划", "Plan of stages";
    BEFORE_DECISION: "工具判定", "Judged as";
    GROUND: "符合依据", "Conforms by";
    GROUNDS: "符合项依据", "Conforming items rest on";
    WAITING: "尚待签名", "Still to sign";
}

/// Returns the word for a level.
pub(super) fn level(level: Level) -> Word {
    match level {
        Level::Must => Word("必须", "must"),
        Level::Scored => Word("评分", "scored"),
        Level::Info => Word("参考", "info"),
    }
}

/// Returns the word for a verdict that fits the head of a narrow column.
pub(super) fn short(verdict: Verdict) -> Word {
    match verdict {
        Verdict::Pass => Word("通过", "pass"),
        Verdict::Fail => Word("不通过", "fail"),
        Verdict::NotMeasured => Word("未测", "open"),
        Verdict::NeedsAttestation => Word("待确认", "to attest"),
        Verdict::Attested => Word("人工确认", "attested"),
        Verdict::Waived => Word("同等认可", "equivalent"),
        Verdict::NotApplicable => Word("不适用", "n/a"),
    }
}

/// Returns a verdict's serialised form.
pub(super) fn code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotMeasured => "not-measured",
        Verdict::NeedsAttestation => "needs-attestation",
        Verdict::Attested => "attested",
        Verdict::Waived => "waived",
        Verdict::NotApplicable => "not-applicable",
    }
}

/// Returns the word for what a clause comes to.
pub(super) fn conformity(conformity: Conformity) -> Word {
    match conformity {
        Conformity::Conform => Word("符合", "conform"),
        Conformity::NotConform => Word("不符合", "not conform"),
        Conformity::Open => Word("未测", "open"),
        Conformity::NotApplicable => Word("不适用", "not applicable"),
    }
}

/// Returns the word for an outcome of a test, which is no acceptance.
pub(super) fn outcome(outcome: Outcome) -> Word {
    match outcome {
        Outcome::Accepted => Word("测试通过", "passed"),
        Outcome::NotAccepted => Word("测试不通过", "not passed"),
        Outcome::Incomplete => Word("测试未完成", "incomplete"),
    }
}

/// Returns how a person came to a decision.
pub(super) fn how(how: How) -> Word {
    match how {
        How::Document => Word("书面核查", "document review"),
        How::OnSite => Word("现场查验", "on-site inspection"),
    }
}

/// Returns a decision in one sentence.
pub(super) fn decision(decision: &Decision) -> Text {
    let Word(how_zh, how_en) = how(decision.how);
    let Text { zh, en } = match (decision.kind, decision.conform) {
        (DecisionKind::Attested, true) => Text::new("确认符合", "attested to conform"),
        (DecisionKind::Attested, false) => Text::new("确认不符合", "attested not to conform"),
        (DecisionKind::Waived, _) => Verdict::Waived.word(),
    };
    let Decision { who, role, date, reason, organisation, party, .. } = decision;
    let role_en = party.map_or_else(|| role.clone(), |party| party.name().en);
    let Text { zh: signed_zh, en: signed_en } = signed(decision);
    let unit_zh = match (organisation, decision.kind) {
        (Some(unit), DecisionKind::Waived) => format!("认可单位：{unit}，"),
        (Some(unit), DecisionKind::Attested) => format!("{unit}，"),
        (None, _) => String::new(),
    };
    let unit_en = organisation.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
    Text {
        zh: format!("{how_zh}，{zh}（{unit_zh}{who}，{role}，{date}）：{reason}〔{signed_zh}〕"),
        en: format!("{how_en}: {en} ({who}, {role_en}{unit_en}, {date}): {reason} [{signed_en}]"),
    }
}

/// Returns by which key a decision is signed, or that it is not.
pub(super) fn signed(decision: &Decision) -> Text {
    let Some(signature) = &decision.signature else {
        return Text::new("自填未签名", "self-entered, unsigned");
    };
    let key = PublicKey::of(&signature.algorithm, &signature.public_key);
    let key = key.map_or_else(|| "?".to_owned(), |key| key.id());
    Text::new(
        format!("密钥 {key} 签名，用于完整性校验"),
        format!("signed with key {key}, for integrity"),
    )
}

/// Returns why a row is open, or what else to know: the judge's reasons, and who has to sign.
pub(in crate::report) fn reasons(row: &Row) -> Vec<Text> {
    let mut all: Vec<Text> =
        row.judgement.reasons.iter().map(|reason| reason.text.clone()).collect();
    all.extend(waiting(row));
    all
}

/// Returns who still has to sign an entry on the row.
pub(super) fn waiting(row: &Row) -> Option<Text> {
    let Text { zh, en } = Role::list(&row.waiting);
    (!row.waiting.is_empty()).then(|| {
        Text::new(
            format!("已有登记，尚待用可信密钥签名：{zh}"),
            format!("entries are recorded; still to sign with a trusted key: {en}"),
        )
    })
}

/// Returns what a row that conforms rests on.
pub(super) fn ground(ground: Ground) -> Word {
    match ground {
        Ground::Measured => Word("实测", "measured"),
        Ground::Read => Word("读取", "read"),
        Ground::Attested => Word("人工确认", "attested"),
        Ground::Waived => Word("同等认可", "waived"),
    }
}

/// Returns the word for a section's status.
pub(super) fn section_state(state: SectionState) -> Word {
    match state {
        SectionState::Complete => Word("完整", "complete"),
        SectionState::Partial => Word("部分", "partial"),
        SectionState::Failed => Word("失败", "failed"),
        SectionState::Unsupported => Word("不支持", "unsupported"),
    }
}

/// Returns a section's status in its serialised form.
pub(super) fn section_code(state: SectionState) -> &'static str {
    match state {
        SectionState::Complete => "complete",
        SectionState::Partial => "partial",
        SectionState::Failed => "failed",
        SectionState::Unsupported => "unsupported",
    }
}

/// How a reader verifies a report, and what that proves.
pub(super) const VERIFY_STEPS: &[Word] = &[
    Word(
        "运行下列命令：逐字节核对每个文件的 SHA-256 与 SM3 摘要，并由 result.json 重新生成页面比对。",
        "Run the command below: it compares every byte by SHA-256 and SM3 digests, and makes the \
         pages again from result.json.",
    ),
    Word(
        "将每页页脚的校验码与电子件核对。未签名时，能改写整个目录者亦能改写清单；校验码应另行留存（如纸质件）。",
        "Compare the verify code in each page's footer with the electronic copy. Without a \
         signature, whoever can rewrite the whole folder can rewrite its manifest: keep the \
         code elsewhere, as on paper.",
    ),
    Word(
        "密钥签名仅用于完整性校验，公钥由核对方自备；不代替签字盖章。",
        "A signature by key serves the integrity check only, with a public key that the reader \
         brings; it does not replace signature and seal.",
    ),
    Word(
        "校验证明数据自生成后未被改动，不证明测量结果本身的真实性。",
        "The check proves that nothing changed since; it does not prove that a measurement is true.",
    ),
];

/// Returns the word for what a finding is about.
pub(super) fn finding(class: FindingClass) -> Word {
    match class {
        FindingClass::Value => Word("数值不一致", "values differ"),
        FindingClass::Identity => Word("标识不一致", "identities differ"),
        FindingClass::Missing => Word("一方缺失", "missing in one source"),
        FindingClass::Damage => Word("数据损坏", "damaged data"),
        FindingClass::Degraded => Word("降级运行", "degraded"),
    }
}

/// Returns the name of a section of the facts.
pub(super) fn section(name: &str) -> Text {
    let Word(zh, en) = match name {
        "system" => Word("整机", "System"),
        "platform" => Word("运行平台", "Platform"),
        "board" => Word("主板", "Boards"),
        "chassis" => Word("机箱", "Chassis"),
        "firmware" => Word("固件", "Firmware"),
        "bmc" => Word("管理控制器", "Management controller"),
        "cpu" => Word("处理器", "Processors"),
        "cache" => Word("缓存", "Caches"),
        "topology" => Word("处理器拓扑", "Topology"),
        "dimm" => Word("内存条", "DIMMs"),
        "memory_array" => Word("内存阵列", "Memory arrays"),
        "memory" => Word("系统内存", "Memory"),
        "slot" => Word("扩展插槽", "Slots"),
        "pci" => Word("PCI 设备", "PCI devices"),
        "nic" => Word("网卡", "Network cards"),
        "hba" => Word("光纤卡", "FC adapters"),
        "infiniband" => Word("InfiniBand", "InfiniBand"),
        "controller" => Word("存储控制器", "Storage controllers"),
        "disk" => Word("硬盘", "Disks"),
        "psu" => Word("电源", "Power supplies"),
        "fan" => Word("风扇", "Fans"),
        "sensor" => Word("传感器", "Sensors"),
        "gpu" => Word("图形加速卡", "GPUs"),
        "tpm" => Word("可信模块", "TPM"),
        "lldp" => Word("LLDP 邻居", "LLDP neighbours"),
        "plane" => Word("网络平面", "IP planes"),
        "plane_sharing" => Word("平面共用网卡", "Shared planes"),
        "identity" => Word("设备标识", "Identity"),
        "oem_strings" => Word("OEM 字符串", "OEM strings"),
        other => return Text::same(other),
    };
    Text::new(zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_both_languages() {
        for Word(zh, en) in ALL {
            assert!(!zh.is_empty() && !en.is_empty(), "{zh}/{en}");
            assert!(en.chars().all(|c| u32::from(c) < 0x3000), "{en}");
        }
    }

    #[test]
    fn every_section_of_an_inventory_has_a_chinese_name() {
        let schema = inventory::Inventory::json_schema().to_string();
        for name in ["dimm", "plane_sharing", "oem_strings"] {
            assert!(schema.contains(&format!("\"{name}\"")), "{name}");
        }
        let properties = inventory::Inventory::json_schema()["properties"].clone();
        let not_sections = ["schema", "collected_at", "sections", "sources", "findings"];
        for name in properties.as_object().unwrap().keys() {
            if !not_sections.contains(&name.as_str()) {
                let named = section(name);
                assert!(named.zh != *name, "section `{name}` has no Chinese name");
            }
        }
    }

    #[test]
    fn the_document_never_calls_itself_an_inspection_report() {
        for Word(zh, en) in ALL {
            assert!(!zh.contains("检测报告") && !zh.contains("电子签名"), "{zh}");
            assert!(!en.to_lowercase().contains("inspection report"), "{en}");
        }
    }
}
