//! What a reader of the report should know about a table: damage, and claims
//! that contradict each other.

use crate::model::{Claim, Finding, FindingClass, Inventory};
use crate::smbios::walk::Damage;

/// How many places a finding lists before it only counts them.
const LISTED: usize = 8;

/// Returns `damage` as one sentence.
pub(super) fn describe(damage: &Damage) -> String {
    match damage {
        Damage::Checksum { anchor } => {
            format!("the checksum of the `{anchor}` entry point is wrong; the table was read")
        }
        Damage::Short { announced, available } => {
            format!("the entry point announces {announced} bytes, {available} are there")
        }
        Damage::Length { offset, length } => format!(
            "the structure at byte {offset:#x} claims a length of {length}: nothing behind it \
             can be read"
        ),
        Damage::Cut { offset } => {
            format!("the table ends inside the structure at byte {offset:#x}")
        }
        Damage::Unterminated { offset, handle } => {
            format!("the strings of structure 0x{handle:04X} at byte {offset:#x} do not end")
        }
        Damage::Overlong { handle, length, used } => format!(
            "structure 0x{handle:04X} claims {length} bytes, but its strings begin after {used}"
        ),
        Damage::NoEnd => "the table has no end marker (type 127)".to_owned(),
        Damage::Count { announced, walked } => {
            format!("the entry point announces {announced} structures, {walked} were found")
        }
        Damage::DuplicateHandle { handle } => {
            format!("more than one structure has the handle 0x{handle:04X}")
        }
    }
}

fn describe_zh(damage: &Damage) -> String {
    match damage {
        Damage::Checksum { anchor } => format!("入口点 `{anchor}` 校验和错误，表仍已读取"),
        Damage::Short { announced, available } => {
            format!("入口点声明 {announced} 字节，实有 {available} 字节")
        }
        Damage::Length { offset, length } => {
            format!("偏移 {offset:#x} 处的结构声明长度为 {length}，其后内容无法读取")
        }
        Damage::Cut { offset } => format!("表在偏移 {offset:#x} 处的结构中间中断"),
        Damage::Unterminated { offset, handle } => {
            format!("偏移 {offset:#x} 处结构 0x{handle:04X} 的字符串没有结束标记")
        }
        Damage::Overlong { handle, length, used } => {
            format!("结构 0x{handle:04X} 声明长度 {length} 字节，但其字符串在第 {used} 字节后开始")
        }
        Damage::NoEnd => "表缺少结束标记（类型 127）".to_owned(),
        Damage::Count { announced, walked } => {
            format!("入口点声明 {announced} 个结构，实际找到 {walked} 个")
        }
        Damage::DuplicateHandle { handle } => format!("多个结构使用同一句柄 0x{handle:04X}"),
    }
}

/// Returns a finding for each kind of damage; duplicate handles make one.
pub(super) fn of_damage(damage: &[Damage]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut handles = Vec::new();
    let mut unterminated = 0_usize;
    for damage in damage {
        match damage {
            Damage::DuplicateHandle { handle } => handles.push(*handle),
            Damage::Unterminated { .. } if unterminated > 0 => unterminated += 1,
            other => {
                unterminated += usize::from(matches!(other, Damage::Unterminated { .. }));
                findings.push(damaged(describe(other), describe_zh(other)));
            }
        }
    }
    findings.extend(duplicate_handles(&handles));
    findings
}

/// Returns the finding for handles that more than one structure has.
pub(crate) fn duplicate_handles(handles: &[u16]) -> Option<Finding> {
    if handles.is_empty() {
        return None;
    }
    let texts: Vec<String> = handles.iter().map(|handle| format!("0x{handle:04X}")).collect();
    let list = listed(&texts);
    Some(damaged(
        format!("{} handles are used more than once: {list}", handles.len()),
        format!("{} 个句柄被重复使用：{list}", handles.len()),
    ))
}

/// Returns the finding for string indices past the end, if there were any.
pub(super) fn bad_indices(places: &[String]) -> Option<Finding> {
    if places.is_empty() {
        return None;
    }
    let list = listed(places);
    Some(damaged(
        format!("{} fields refer to a string that is not there: {list}", places.len()),
        format!("{} 个字段引用了不存在的字符串：{list}", places.len()),
    ))
}

/// Returns the finding for memory arrays that claim another number of slots
/// than are described.
pub(super) fn arrays(inventory: &Inventory) -> Option<Finding> {
    let claims = inventory.memory_array.iter().map(|array| array.devices_claimed);
    let claimed: u64 = claims.collect::<Option<Vec<u32>>>()?.into_iter().map(u64::from).sum();
    let described =
        inventory.dimm.iter().filter(|dimm| dimm.kind.as_deref() != Some("flash")).count();
    if inventory.memory_array.is_empty() || u64::try_from(described).ok()? == claimed {
        return None;
    }
    let claims = inventory
        .memory_array
        .iter()
        .map(|array| Claim { source: array.origin.source, value: array.devices_claimed.into() });
    Some(Finding {
        class: FindingClass::Value,
        path: "dimm".to_owned(),
        message: format!(
            "the memory arrays claim {claimed} slots (type 16), {described} are described (type 17)"
        ),
        message_zh: format!(
            "内存阵列声明 {claimed} 个插槽（类型 16），实际描述 {described} 个（类型 17）"
        ),
        claims: claims.collect(),
    })
}

/// Returns a finding about the table as a whole.
pub(crate) fn damaged(message: String, message_zh: String) -> Finding {
    Finding {
        class: FindingClass::Damage,
        path: "smbios".to_owned(),
        message,
        message_zh,
        claims: Vec::new(),
    }
}

fn listed(places: &[String]) -> String {
    let mut list = places.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    if places.len() > LISTED {
        list.push_str(", …");
    }
    list
}
