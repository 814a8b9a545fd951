//! A test plan on the terminal.

use std::path::Path;

use profiles::plan::{Risk, Stage};

use super::{
    Layout, Tone, put,
    table::{Cell, Table},
};
use crate::{failure::one_line, lang::text, report::plan::Plan, report::render};

/// Returns the cases with tool, time and risk, and where the plan was written.
pub fn page(plan: &Plan, files: &[&Path], layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("条款", "row"),
        layout.say("用例", "case"),
        layout.say("预期", "expected"),
        layout.say("工具", "tool"),
        layout.say("时间", "time"),
        layout.say("风险", "risk"),
        layout.say("阶段", "stages"),
    ]);
    let get = |text: &profiles::Text| one_line(text.get(layout.lang));
    for case in plan.cases() {
        let (risk, tone) = match case.risk {
            Risk::None => (layout.say("无", "none"), Tone::Faint),
            Risk::Load => (layout.say("负载", "load"), Tone::Open),
            Risk::Outage => (layout.say("中断", "outage"), Tone::Bad),
            Risk::Destroys => (layout.say("覆写", "overwrites"), Tone::Bad),
        };
        let stages: Vec<String> =
            case.stages.iter().map(|stage| get(&Stage::word(*stage))).collect();
        table.rows.push(vec![
            case.row.clone().into(),
            get(&case.title).into(),
            get(&case.expected).into(),
            get(&case.tool).into(),
            get(&render::time(case.takes_s)).into(),
            Cell::toned(risk, tone),
            stages.join(layout.say("、", ", ")).into(),
        ]);
    }
    let mut page = table.render(layout.paint, layout.columns);
    let time = render::time(plan.takes_s());
    let count = plan.cases().count().to_string();
    let line = profiles::Text::new(
        format!("\n共 {count} 项，每个被测对象{}\n", time.zh),
        format!("\n{count} cases, {} for each thing under test\n", time.en),
    );
    page.push_str(line.get(layout.lang));
    for file in files {
        let name = file.display().to_string();
        let line = text("已写入 `{}`\n", "written to `{}`\n", &[&name]);
        put(&mut page, format_args!("{}", line.get(layout.lang)));
    }
    page
}
