//! What `assay key` says on the terminal. Nothing here has seen a private key.

use super::{
    Layout,
    table::{Cell, Table},
};
use crate::{failure::one_line, report::trust::Card};

/// Returns keys by their names as a table.
pub fn list(cards: &[(String, Card)], layout: Layout) -> String {
    if cards.is_empty() {
        return format!(
            "{}\n",
            layout.say(
                "没有密钥；`assay key new` 生成",
                "there are no keys; `assay key new` makes one"
            )
        );
    }
    let mut table = Table::new([
        layout.say("名称", "name"),
        layout.say("算法", "algorithm"),
        layout.say("编号", "id"),
        layout.say("角色", "role"),
        layout.say("单位", "unit"),
        layout.say("姓名", "person"),
    ]);
    for (name, card) in cards {
        let role = card.role.map(|role| role.name().get(layout.lang).to_owned());
        let or_none = |text: Option<&String>| -> Cell {
            text.map_or_else(|| "—".to_owned(), |text| one_line(text)).into()
        };
        table.row([
            one_line(name).into(),
            card.key.algorithm().word().into(),
            card.key.id().into(),
            or_none(role.as_ref()),
            or_none(card.org.as_ref()),
            or_none(card.by.as_ref()),
        ]);
    }
    table.render(layout.paint, layout.columns)
}
