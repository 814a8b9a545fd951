//! A project file on the terminal: what is wrong with it, or what was read.

use profiles::{
    Text,
    scope::{self, ScopeOut},
};

use super::{Layout, Tone, put, put_paragraph};
use crate::{
    failure::one_line,
    lang::text,
    report::{
        cover::Party,
        project::{Fault, Project},
    },
};

/// Returns what is told of a file that was written.
pub fn written(name: &str) -> Text {
    text(
        "已写入 `{0}`；填写后运行 `assay project check {0}`\n",
        "wrote `{0}`; fill it in, then run `assay project check {0}`\n",
        &[&one_line(name)],
    )
}

/// Returns one fault with its place.
pub fn fault(name: &str, fault: &Fault) -> Text {
    let line = fault.line.to_string();
    let place = text("`{}` 第 {} 行：", "`{}`, line {}: ", &[&one_line(name), &line]);
    Text::new(place.zh + &one_line(&fault.say.zh), place.en + &one_line(&fault.say.en))
}

/// Returns everything that is wrong with a project file.
pub fn faults(name: &str, faults: &[Fault], layout: Layout) -> String {
    let mut page = String::new();
    let word = layout.paint.dye(Tone::Bad, layout.say("错误", "error"));
    for one in faults {
        put(&mut page, format_args!("{word}: {}\n", fault(name, one).get(layout.lang)));
    }
    let count = faults.len().to_string();
    page.push_str(text("共 {} 处错误\n", "{} faults\n", &[&count]).get(layout.lang));
    page
}

/// Returns what was read of a project file.
pub fn read(project: &Project, scope: &[ScopeOut], layout: Layout) -> String {
    let mut page = String::new();
    let cover = &project.cover;
    let blank = layout.paint.dye(Tone::Faint, layout.say("（留白）", "(blank)"));
    let mut line = |label: &str, value: &Option<String>| {
        let value = value.as_deref().map_or_else(|| blank.clone(), one_line);
        put(&mut page, format_args!("{label}: {value}\n"));
    };
    line(layout.say("项目名称", "project"), &cover.project);
    line(layout.say("项目编号", "project no."), &cover.project_number);
    line(layout.say("合同编号", "contract no."), &cover.contract);
    line(layout.say("标段", "section"), &cover.section);
    line(layout.say("合同附件", "contract annex"), &cover.annex);
    let prefix = project.number_prefix.as_ref().map(|prefix| {
        format!("{prefix}{}", layout.say("<序列号>-<测试时间>", "<serial>-<time of test>"))
    });
    line(layout.say("记录编号", "report no."), &cover.number.clone().or(prefix));
    let stage = cover.stage.map(|stage| stage.name().get(layout.lang).to_owned());
    line(layout.say("验收阶段", "stage"), &stage);
    line(layout.say("测试地点", "place of test"), &cover.place);
    line(layout.say("机房 / 机柜 / U 位", "room / rack / unit"), &cover.location.line());
    for (_, party) in Party::ALL {
        let people: Vec<String> = cover
            .people
            .iter()
            .filter(|person| person.party == party)
            .map(|person| {
                let more = [&person.title, &person.phone].into_iter().flatten();
                let more: Vec<&str> = more.map(String::as_str).collect();
                format!("{} {}", person.name, more.join(" ")).trim_end().to_owned()
            })
            .collect();
        let name = cover.parties.name(party).clone();
        let line_of = match (name, people.is_empty()) {
            (name, true) => name,
            (name, false) => Some(format!("{}（{}）", name.unwrap_or_default(), people.join("、"))),
        };
        line(party.word().get(layout.lang), &line_of);
    }
    for planned in &cover.stages {
        let stage = planned.stage.name();
        put(
            &mut page,
            format_args!(
                "{} {}: {}\n",
                layout.say("计划", "planned"),
                stage.get(layout.lang),
                planned.days()
            ),
        );
    }
    let count: usize = scope.iter().map(|out| out.rows.len()).sum();
    let line = text(
        "不在本合同范围的规范条目或检查项 {} 个\n",
        "{} rows or checks of the norm are not in the scope of this contract\n",
        &[&count.to_string()],
    );
    page.push_str(line.get(layout.lang));
    for out in &project.scope_out {
        let out = &out.out;
        let said = scope::line(&out.reason, &out.agreed);
        let line = format!("{}: {}", out.rows.join(" "), said.get(layout.lang));
        put_paragraph(&mut page, "- ", &one_line(&line), layout);
    }
    page
}
