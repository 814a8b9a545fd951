//! `assay net explain`: whether a packet passes, by the file alone.

use dataplane::{
    accept::trial::{self, Trial},
    desired::Desired,
    firewall::{
        explain::{Answer, Explained, Question, explain},
        judge::Judge,
        protocol::{self, ICMP, ICMPV6},
    },
};
use profiles::Text;

use super::place::{self, Place};
use crate::{
    cli::{Format, net::Explain as Arguments},
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net::explain as output,
};

/// Explains.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    fitting(arguments)?;
    let place = Place::of(&arguments.place)?;
    let source = super::source_or_applied(arguments.file.as_deref(), &place)?;
    let Some(desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let question = Question {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        network: arguments.network.clone(),
        protocol: arguments.proto.0,
        destination_port: arguments.dport,
        icmp: arguments.icmp_type.map(|icmp| (icmp.0, icmp.1)),
        source: arguments.src,
    };
    let answer = explain(&Judge::new(&desired), &question).map_err(|error| {
        let message = error.message();
        Failure::usage(Text::new(message.zh, message.en)).hint_from(error.hint())
    })?;
    let tried = if arguments.probe { tried(&desired, arguments, &answer)? } else { Vec::new() };
    match arguments.output {
        Format::Json => {
            let mut document =
                super::document("assay/net-explain/v1", Some(&desired), Some(&source));
            document.extend(output::fields(&answer));
            if arguments.probe {
                document.insert("probe".to_owned(), output::tried_fields(&tried));
            }
            print_json(&document, console)?;
        }
        Format::Text => {
            let layout = layout(console);
            let mut page = output::page(&answer, layout);
            output::put_tried(&mut page, &tried, layout);
            console.print(&page)?;
        }
    }
    if tried.iter().any(|one| one.agrees() == Some(false)) {
        return Ok(Exit::Failed);
    }
    if tried.iter().any(|one| one.agrees().is_none()) {
        return Ok(Exit::Unknown);
    }
    Ok(if answer.passes { Exit::Wanted } else { Exit::Failed })
}

/// Sends each packet between copies of its ports.
fn tried<'a>(
    desired: &Desired,
    arguments: &Arguments,
    answer: &'a Answer,
) -> Result<Vec<output::Tried<'a>>, Failure> {
    place::may_try()?;
    let try_one = |packet: &'a Explained| {
        let trial = Trial {
            from: packet.out.port.as_deref().unwrap_or(&arguments.from),
            to: packet.inward.port.as_deref().unwrap_or(&arguments.to),
            addresses: (packet.source, packet.destination),
            protocol: arguments.proto.0,
            port: arguments.dport,
            icmp: arguments.icmp_type.map(|icmp| (icmp.0, icmp.1)),
        };
        let arrived = trial::arrives(desired, &trial);
        output::Tried { packet, arrived }
    };
    Ok(answer.packets.iter().map(try_one).collect())
}

/// Refuses what the protocol does not have: passed over, it would answer another question.
fn fitting(arguments: &Arguments) -> Result<(), Failure> {
    let number = arguments.proto.0;
    let name = protocol::name(number);
    if arguments.dport.is_some() && !protocol::has_ports(number) {
        return Err(Failure::usage(text(
            "协议 {} 没有端口号（--dport）",
            "protocol {} has no ports (--dport)",
            &[&name],
        )));
    }
    if arguments.probe && arguments.dport.is_none() && protocol::has_ports(number) {
        return Err(Failure::usage(text(
            "协议 {} 的报文要有端口号才能实发：--probe 须与 --dport 同用",
            "a packet of {} takes a port to be sent: `--probe` goes with `--dport`",
            &[&name],
        )));
    }
    if arguments.icmp_type.is_some() && !matches!(number, ICMP | ICMPV6) {
        return Err(Failure::usage(text(
            "协议 {} 没有 ICMP 类型（--icmp-type）",
            "protocol {} has no ICMP type (--icmp-type)",
            &[&name],
        )));
    }
    Ok(())
}
