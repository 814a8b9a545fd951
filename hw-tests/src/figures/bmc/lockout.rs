//! A wrong password over a rack: whom it reaches, and how often.

use hw_tests::Need;

use super::super::storage::absent;
use super::super::{CaseError, Effort, Figure};
use super::rack::Rack;

const HOSTS: usize = 256;

/// A wrong password at hosts that lock their administrator at the first one, and then at the second:
/// who is locked then was tried so often.
pub(super) fn lockout(_effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let mut figures = Vec::new();
    for (protocol, more) in [("redfish", "--no-ipmi"), ("ipmi", "--one-certificate")] {
        // Of IPMI the simulator counts no wrong passwords: the program's own word is taken.
        let once = tried(protocol, more, "lockout=1")?;
        let twice =
            if protocol == "redfish" { tried(protocol, more, "lockout=2")?.locked } else { 0 };
        let held = once.refused == 3 && once.spared == HOSTS - 3;
        let confirmed = protocol == "ipmi" || (once.locked == 3 && twice == 0);
        let locked = if protocol == "redfish" {
            format!("; locked at the first try {}, at the second {twice}", once.locked)
        } else {
            String::new()
        };
        figures.push(Figure {
            what: format!("bmc: a wrong password over {HOSTS} hosts, {protocol}"),
            bar: "each tried once at most, stopped after 3 refusals".to_owned(),
            measured: format!("{} refused, {} not tried{locked}", once.refused, once.spared),
            met: Some(held && confirmed),
            broken: None,
        });
    }
    Ok(figures)
}

/// How hosts took a wrong password, and how many are locked for the right one then.
struct Tried {
    refused: usize,
    spared: usize,
    locked: usize,
}

fn tried(protocol: &str, more: &str, fault: &str) -> Result<Tried, CaseError> {
    let hosts = if more == "--one-certificate" { vec![] } else { vec![more] };
    let rack = Rack::start(HOSTS, &[hosts, vec!["--fault", fault]].concat())?;
    let wrong = rack.file("wrong");
    std::fs::write(&wrong, "mistyped\n")?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&wrong, private)?;
    let file = wrong.display().to_string();
    let words = ["--protocol", protocol, "power", "status"];
    let user = ["--user", "admin", "--password-file", &file];
    let asked = rack.ask(&rack.list(), &[&user[..], &words].concat())?;
    let (refused, spared) = (asked.count("refused"), asked.count("not-tried"));
    // The locked ones refuse the right one too, and three refusals stop a run: they come last.
    let list = std::fs::read_to_string(rack.list())?;
    let mut lines = list.lines();
    let head = lines.next().unwrap_or_default();
    let (mut last, mut first) = (Vec::new(), vec![head]);
    for (line, host) in lines.zip(&asked.hosts) {
        if host["result"] == "refused" { last.push(line) } else { first.push(line) }
    }
    first.extend(last);
    let sorted = rack.file("sorted.csv");
    std::fs::write(&sorted, first.join("\n") + "\n")?;
    let again = rack.ask(&sorted, &words)?;
    Ok(Tried { refused, spared, locked: again.count("refused") })
}
