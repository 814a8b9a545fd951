//! `assay net show`: networks, ports, what holds for them and what has gone through them.

use dataplane::{
    desired::Desired,
    kernel::{Interest, Kernel as _},
    node::NodeError,
};
use profiles::Text;

use super::{
    node_failure,
    place::{Place, Wish},
    source::Source,
};
use crate::{
    cli::{Format, net::Show as Arguments},
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net::show::{self as output, Network, Subject},
};

/// Shows.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let place = Place::of(&arguments.place)?;
    let source = match &arguments.file {
        Some(file) => Some(Source::read(file)?),
        // Without what was applied there is still what the kernel has.
        None => place.applied().ok(),
    };
    let desired = match &source {
        None => None,
        Some(source) => match super::settle(source, arguments.output, console)? {
            None => return Ok(Exit::Usage),
            desired => desired,
        },
    };
    let mut kernel = place.open(Wish::Look)?;
    let ports = desired.iter().flat_map(|desired: &Desired| desired.ports.values());
    let mut interest = Interest::default();
    interest.devices.extend(ports.map(|port| port.device.clone()));
    let cannot = |error| node_failure(NodeError::Kernel(error));
    let seen = kernel.look(&interest).map_err(cannot)?;
    let counters = kernel.counters().map_err(cannot)?;
    let subject = Subject { seen: &seen, desired: desired.as_ref(), counters: &counters };
    let mut networks = subject.networks();
    known(arguments, &networks, desired.is_some())?;
    networks.retain_mut(|network| network.keep(&arguments.vpc, &arguments.port));
    tiny_sort::stable::sort_by(&mut networks, |one, other| one.vpc().cmp(&other.vpc()));
    match arguments.output {
        Format::Json => {
            let mut document =
                super::document("assay/net-show/v1", desired.as_ref(), source.as_ref());
            document.extend(output::fields(&subject, &networks));
            print_json(&document, console)?;
        }
        Format::Text => {
            let layout = layout(console);
            let single = !arguments.port.is_empty();
            console.print(&output::page(&subject, &networks, single, layout))?;
        }
    }
    Ok(Exit::Wanted)
}

/// Refuses names that nothing has.
fn known(arguments: &Arguments, networks: &[Network<'_>], desired: bool) -> Result<(), Failure> {
    let hint = || Text::new("`assay net show` 列出全部", "`assay net show` lists them all");
    for vpc in &arguments.vpc {
        if !desired {
            return Err(Failure::usage(Text::new(
                "内核不知道 VPC：给出文件才能用 --vpc",
                "the kernel knows no VPCs: --vpc takes a file",
            )));
        }
        if !networks.iter().any(|network| network.vpc() == Some(vpc)) {
            let message = text("本节点没有 VPC `{}`", "there is no VPC `{}` on this node", &[vpc]);
            return Err(Failure::usage(message).hint(hint()));
        }
    }
    for port in &arguments.port {
        if !networks.iter().any(|network| network.port_ids().any(|id| id == port)) {
            let message =
                text("本节点没有端口 `{}`", "there is no port `{}` on this node", &[port]);
            return Err(Failure::usage(message).hint(hint()));
        }
    }
    Ok(())
}
