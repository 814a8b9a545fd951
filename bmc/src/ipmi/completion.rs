//! Codes with which a BMC ends a command (§5.2, table 5-2).

/// Returns what a code means: in Chinese, and in English.
pub fn meaning(code: u8) -> (&'static str, &'static str) {
    match code {
        0x00 => ("完成", "done"),
        0xc0 => ("BMC 忙", "it is busy"),
        0xc1 => ("命令不支持", "it has no such command"),
        0xc2 => ("该 LUN 不支持此命令", "it has no such command for that LUN"),
        0xc3 => ("处理超时", "it timed out"),
        0xc4 => ("空间不足", "it is out of space"),
        0xc5 => ("预留已取消", "the reservation was cancelled"),
        0xc6 => ("请求数据被截断", "the request's data were cut short"),
        0xc7 => ("请求长度不符", "the request has a wrong length"),
        0xc8 => ("请求过长", "the request is too long"),
        0xc9 => ("参数超出范围", "a parameter is out of range"),
        0xca => ("无法返回所要的字节数", "it cannot return so many bytes"),
        0xcb => ("所指的对象不存在", "what was named is not there"),
        0xcc => ("请求中有无效字段", "a field of the request is invalid"),
        0xcd => ("该对象不支持此命令", "the command is illegal for that sensor or record"),
        0xce => ("无法给出应答", "it could not give an answer"),
        0xcf => ("重复的请求", "it had that request already"),
        0xd0 => ("SDR 存储正在更新", "its SDR repository is being updated"),
        0xd1 => ("BMC 正在更新固件", "its firmware is being updated"),
        0xd2 => ("BMC 正在初始化", "it is starting"),
        0xd3 => ("目标不可用", "the destination is unavailable"),
        0xd4 => (
            "权限不足，或该信道禁止此命令",
            "the privilege is too low, or the command is forbidden on this channel",
        ),
        0xd5 => ("当前状态下不能执行", "it cannot do that in its present state"),
        0xd6 => ("该功能已停用", "that function is disabled"),
        0xff => ("未说明的错误", "an error without a name"),
        0x01..=0x7e => ("厂商自定义错误", "an error of the vendor's own"),
        0x80..=0xbe => ("该命令特有的错误", "an error of that command's own"),
        0x7f | 0xbf | 0xd7..=0xfe => ("保留的完成码", "a code that means nothing"),
    }
}

/// What the user can do about a code: in Chinese, and in English.
pub(super) fn hint(code: u8) -> (&'static str, &'static str) {
    match code {
        0xc0 | 0xc3 | 0xce | 0xd0 | 0xd1 | 0xd2 => ("稍后再试", "try again later"),
        0xd4 => (
            "用管理员权限登录，或在 BMC 中为该信道放行此命令",
            "log in as an administrator, or let the channel have that command in the BMC",
        ),
        0xd5 => ("先查看电源状态", "look at the power state first"),
        0xc1 | 0xc2 | 0xd6 => {
            ("该 BMC 没有此功能；试用 Redfish", "this BMC does not have it; try Redfish")
        }
        _ => ("升级 BMC 固件，或试用 Redfish", "update the BMC's firmware, or try Redfish"),
    }
}
