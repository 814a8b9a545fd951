//! `assay net accept`: whether this dataplane keeps tenants apart on this kernel.

use dataplane::{
    accept::{self, site},
    kernel::{Interest, Kernel as _},
    node::NodeError,
    seen::{Link, Seen},
};

use super::{
    node_failure,
    place::{self, Place, Wish},
};
use crate::{
    cli::{
        Format,
        net::{Accept, Place as Where},
    },
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net::accept as output,
};

/// Finds out.
pub(super) fn run(arguments: &Accept, console: &mut Console) -> Result<Exit, Failure> {
    place::may_try()?;
    let place = Place::of(&Where { fabric_netns: arguments.fabric_netns.clone(), state: None })?;
    let seen = place.open(Wish::Look)?.look(&Interest::default());
    let ports = tenant_ports(&seen.map_err(|error| node_failure(NodeError::Kernel(error)))?);
    if ports > 0 && !arguments.disruptive {
        return Err(Failure::usage(text(
            "本节点有 {} 个租户端口，检验会占用其处理器时间；未运行",
            "this node has tenant ports, and trying its kernel takes processor time of theirs: {}; \
             nothing was run",
            &[&ports.to_string()],
        ))
        .hint(text(
            "在没有租户的节点上运行，或给出 {}",
            "run it on a node without tenants, or with {}",
            &["--disruptive"],
        )));
    }
    let run = site::on_site(|mut site| accept::run(&mut site));
    let mut cases = run.unwrap_or_else(|why| accept::unmeasured(&why));
    cases.extend(accept::loops::run(&|_| (), true));
    if arguments.scale {
        cases.extend(accept::scale::run());
    }
    let uname = rustix::system::uname();
    let found = output::Found {
        host: &uname.nodename().to_string_lossy(),
        kernel: &uname.release().to_string_lossy(),
        scale: arguments.scale,
        cases: &cases,
        agents: None,
    };
    match arguments.output {
        Format::Json => print_json(&found.document(), console)?,
        Format::Text => {
            let layout = layout(console);
            console.print(&found.page(layout))?;
        }
    }
    Ok(found.exit())
}

/// How many devices are ports of networks that are ours; made by us or by others.
fn tenant_ports(seen: &Seen) -> usize {
    let of_ours = |link: &Link| {
        let master = link.master.as_ref().and_then(|master| seen.links.get(master));
        master.is_some_and(|master| master.network().is_some()) && link.network().is_none()
    };
    seen.links.values().filter(|link| link.port().is_some() || of_ours(link)).count()
}
