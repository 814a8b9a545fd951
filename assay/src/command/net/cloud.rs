//! `assay net accept --plan`: whether a delivered cloud keeps tenants apart, as its guests see it.

mod fleet;

use std::path::Path;

use dataplane::{
    accept::cloud::{self, Cloud},
    spec,
};

use super::source::Source;
use crate::{
    cli::{Format, net::Accept, storage::Clients},
    command::{
        layout, machine, print_json,
        wire::{
            self,
            address::{self, Address},
            call, door,
        },
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net as output,
};
use fleet::Fleet;

/// Tries what the plan says.
pub(super) fn run(arguments: &Accept, console: &mut Console) -> Result<Exit, Failure> {
    let file = arguments.plan.as_deref().unwrap_or(Path::new("-"));
    let source = Source::read(file)?;
    let cloud = match spec::cloud::read(&source.name, &source.text) {
        Ok(cloud) => cloud,
        Err(errors) => {
            let layout = layout(console);
            console.say(&output::faults(&errors, layout));
            console.note(&text(
                "`{}` 有 {} 处错误；未发出任何内容",
                "faults in `{}`: {}; nothing was sent",
                &[&source.name, &errors.count().to_string()],
            ));
            return Ok(Exit::Usage);
        }
    };
    let layout = layout(console);
    let page = output::cloud::plan(&cloud, layout);
    if arguments.dry_run {
        match arguments.output {
            Format::Json => print_json(&output::cloud::plan_document(&cloud), console)?,
            Format::Text => console.print(&page)?,
        }
        return Ok(Exit::Wanted);
    }
    let addresses = of_plan(arguments, &cloud)?;
    console.say(&page);
    let interrupt = machine::watch(console);
    let wires = call::all(&addresses)?;
    let mut fleet = Fleet::begin(wires, interrupt.flag());
    fleet.greet(&addresses)?;
    let [a, b, c, d] = wire::random::<4>().map_err(door::no_key)?;
    let base = u64::from(u32::from_be_bytes([a, b, c, d])) << 32;
    let found = fleet.keep(|fleet| cloud::run(&cloud, base, fleet));
    fleet.leave();
    let names = cloud.agents.iter().map(|agent| agent.id.as_str());
    let agents: Vec<_> = names.zip(found.agents.iter().map(Option::as_ref)).collect();
    let found = output::accept::Found {
        host: &cloud.name,
        kernel: "",
        scale: false,
        cases: &found.cases,
        agents: Some(&agents),
    };
    match arguments.output {
        Format::Json => print_json(&found.document(), console)?,
        Format::Text => {
            let page = found.page(layout);
            console.print(&page)?;
        }
    }
    Ok(found.exit())
}

/// Returns the agents in the order of the plan; all that it names, and no others.
fn of_plan(arguments: &Accept, cloud: &Cloud) -> Result<Vec<Address>, Failure> {
    let clients =
        Clients { agents: arguments.agents.clone(), agents_file: arguments.agents_file.clone() };
    let mut given = address::read(&clients)?;
    let mut addresses = Vec::new();
    for agent in &cloud.agents {
        let place = given.iter().position(|address| address.host == agent.at);
        let place = place.ok_or_else(|| {
            Failure::usage(text(
                "没有给出代理 `{}`（{}）的那一行",
                "the line of agent `{}` ({}) is not given",
                &[&agent.id, &agent.at],
            ))
            .hint(text(
                "在该虚拟机上运行 {}，把所输出的一行交给 --agents 或 --agents-file",
                "run `{}` in that guest, and give the line that it prints to --agents or \
                 --agents-file",
                &["assay net agent"],
            ))
        })?;
        addresses.push(given.swap_remove(place));
    }
    match given.first() {
        None => Ok(addresses),
        Some(other) => Err(Failure::usage(text(
            "计划中没有代理 `{}`",
            "the plan has no agent at `{}`",
            &[&other.host],
        ))),
    }
}
