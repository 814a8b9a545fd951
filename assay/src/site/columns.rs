//! The columns of a delivery list, by the names that suppliers give them.

use bmc::sheet::narrow;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Contract,
    Quantity,
    Model,
    Serial,
    Address,
    Place,
    Room,
    Rack,
    Unit,
    Height,
    RackHeight,
    Profile,
    Parts,
}

/// Names of columns in lower case, without spaces, hyphens and underscores; the first two are those
/// that lists are written with, in Chinese and in English.
pub(super) const NAMES: [(Column, &[&str]); 13] = [
    (
        Column::Contract,
        &[
            "合同行",
            "contract-line",
            "contractline",
            "合同行号",
            "合同项",
            "合同序号",
            "合同清单行",
            "采购行",
            "行号",
            "contract",
            "line",
            "poline",
        ],
    ),
    (
        Column::Quantity,
        &["数量", "quantity", "台数", "合同数量", "订货数量", "采购数量", "qty", "ordered"],
    ),
    (
        Column::Model,
        &["型号", "model", "设备型号", "产品型号", "规格型号", "整机型号", "产品名称", "product"],
    ),
    (
        Column::Serial,
        &[
            "序列号",
            "sn",
            "s/n",
            "serial",
            "serialnumber",
            "sn号",
            "设备序列号",
            "整机序列号",
            "产品序列号",
            "出厂编号",
        ],
    ),
    (
        Column::Address,
        &[
            "管理口地址",
            "bmc",
            "bmc地址",
            "bmcip",
            "bmcip地址",
            "bmcaddress",
            "管理口ip",
            "管理口ip地址",
            "管理ip",
            "管理地址",
            "带外地址",
            "带外ip",
            "带外ip地址",
            "带外管理ip",
            "带外管理地址",
            "address",
            "地址",
        ],
    ),
    (
        Column::Place,
        &[
            "机房-机柜-U位",
            "room-rack-u",
            "机房机柜u位",
            "roomracku",
            "位置",
            "安装位置",
            "机位",
            "机架位置",
            "location",
            "place",
            "position",
        ],
    ),
    (Column::Room, &["机房", "room", "机房名称", "机房号", "机房编号"]),
    (Column::Rack, &["机柜", "rack", "机架", "机柜号", "机柜编号", "机柜名称"]),
    (Column::Unit, &["U位", "u", "起始u位", "u位号", "unit"]),
    (
        Column::Height,
        &["高度U", "height-u", "heightu", "高度", "设备高度", "u高", "占用u数", "占u数", "height"],
    ),
    (
        Column::RackHeight,
        &[
            "机柜高度U",
            "rack-height-u",
            "rackheightu",
            "机柜高度",
            "机柜u数",
            "机柜总u数",
            "rackheight",
        ],
    ),
    (Column::Profile, &["规格模板", "profile", "配置档", "验收配置档", "验收模板"]),
    (
        Column::Parts,
        &[
            "配置",
            "parts",
            "配置清单",
            "期望配置",
            "标准配置",
            "硬件配置",
            "配置明细",
            "部件",
            "expectedparts",
            "configuration",
        ],
    ),
];

impl Column {
    /// Returns the name that lists are written with.
    pub(super) fn name(self, chinese: bool) -> &'static str {
        let names = NAMES.iter().find(|(column, _)| *column == self).map(|(_, names)| *names);
        let name = names.and_then(|names| names.get(usize::from(!chinese)));
        name.copied().unwrap_or_default()
    }
}

/// Returns the column of that name, where it is one that is read.
pub(super) fn column(name: &str) -> Option<Column> {
    let narrow = narrow(name);
    // `序列号（SN）`: what stands in brackets says it once more; `高度(U)` has its unit there.
    let bare = narrow.trim();
    let bare = match bare.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((before, _)) if !before.trim().is_empty() => before,
        _ => bare,
    };
    let is_plain = |at: &char| !at.is_whitespace() && !matches!(at, '-' | '_' | '*' | ':');
    let plain = |text: &str| text.chars().filter(is_plain).collect::<String>().to_lowercase();
    let bare = plain(bare);
    let known = NAMES.iter().find(|(_, names)| names.iter().any(|name| plain(name) == bare));
    known.map(|(column, _)| *column)
}
