//! A node brought from nothing to its full size, beside iproute2 and nft given the same objects
//! as three batches; and brought there once more, where there is nothing to do.
//!
//! Ours begins with the text of the file: it is read, the kernel looked at, all compiled,
//! planned, done. The batches are made beforehand of what ours came to, and two dumps show that
//! both came to the same, but for the look-ups of a key put together, which nft does not take
//! back as it tells them and theirs goes without. The start of the three processes is taken off theirs.

#![expect(clippy::disallowed_methods, reason = "a figure is the difference of two times")]

use std::time::{Duration, Instant};

use hw_tests::Need;
use hw_tests::network::dump::{differences, dump};
use hw_tests::network::full::{FULL, Ports, Size, state};
use hw_tests::network::layout::quiet;
use hw_tests::network::node::{Done, Node};
use hw_tests::network::{Bed, Space, within};
use hw_tests::sample::interval;

use super::super::storage::{Noise, absent};
use super::super::{CaseError, Effort, Figure};
use super::TOLERANCE;
use super::batches::{Batches, rules};
use super::cost::failed;
use super::load::in_turn;

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];

/// A tenth of everything, for a run of minutes.
const TENTH: Size = Size { networks: 50, groups: 200, ports: 205, remotes: 1_000 };

/// The bar of ours over the batches.
const OVER: f64 = 1.0;
/// What it is known to be, on a quiet machine of two processors: the bar is not reached, and
/// worse than this by as much as noise may do is a fault.
const KNOWN: f64 = 1.3;
/// For two dumps to be alike.
const PATIENCE: Duration = Duration::from_mins(1);
/// The bar of a sync with nothing to do, in seconds; of full size.
const SYNC: f64 = 0.5;

pub(in super::super) fn converge(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let (size, pairs) = if effort == Effort::Full { (FULL, 15) } else { (TENTH, 5) };
    let text = state(size, Ports::Veth);
    let batches = agree(&text)?;
    let noise = Noise::start();
    let mut syncs = Vec::new();
    let mut ours = || -> Result<f64, CaseError> {
        let (_bed, host) = host()?;
        let mut node = Node::open(&host).map_err(failed)?;
        let begun = Instant::now();
        node.apply(&text).map_err(failed)?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        let begun = Instant::now();
        let again = node.apply(&text).map_err(failed)?;
        syncs.push(begun.elapsed().as_secs_f64());
        if again.steps != 0 {
            return Err(failed(format!("a second application did {} steps", again.steps)));
        }
        Ok(took)
    };
    let mut theirs = || -> Result<f64, CaseError> {
        let (_bed, host) = host()?;
        let nothing = Batches::default();
        let begun = Instant::now();
        nothing.perform(&host).map_err(failed)?;
        let start = begun.elapsed();
        let begun = Instant::now();
        batches.perform(&host).map_err(failed)?;
        Ok(begun.elapsed().saturating_sub(start).as_secs_f64() * 1e3)
    };
    let found = in_turn(pairs, &mut ours, &mut theirs)?;
    let told = format!(
        "{} networks, {} ports, {} remotes, {} rules of {} groups; {}",
        size.networks,
        size.ports,
        size.remotes,
        10 * size.groups,
        size.groups,
        noise.text()
    );
    Ok(vec![over(&found, &batches, &told)?, sync(syncs, effort, &told)])
}

/// Makes a host with an underlay and nothing else.
fn host() -> Result<(Bed, Space), CaseError> {
    let mut bed = Bed::new().map_err(failed)?;
    let host = bed.space("host").map_err(failed)?;
    quiet(&host).map_err(failed)?;
    for line in [
        "ip link add u0 mtu 1600 type veth peer name u1 mtu 1600",
        "ip link set u1 addrgenmode none up",
        "ip link set u0 addrgenmode none up",
        "ip address add 10.99.0.1/24 dev u0",
    ] {
        host.line(line).map_err(failed)?;
    }
    Ok((bed, host))
}

/// Applies a state, makes the batches of what it came to, and has both compared.
fn agree(text: &str) -> Result<Batches, CaseError> {
    let (_bed, one) = host()?;
    let mut node = Node::open(&one).map_err(failed)?;
    let Done { looked, .. } = node.apply(text).map_err(failed)?;
    let batches = Batches::of(&looked.wanted, &one).map_err(failed)?;
    let (_bed, other) = host()?;
    batches.perform(&other).map_err(failed)?;
    // Routes of the underlay follow a carrier in their own time.
    let mut told = String::new();
    let alike = within(PATIENCE, "the batches to come to the same", || {
        match differ(&one, &other) {
            Ok(None) => return true,
            Ok(Some(first)) => told = first,
            Err(error) => told = error.to_string(),
        }
        false
    });
    alike.map_err(|error| failed(format!("{error}: {told}")))?;
    if words(&one)? != words(&other)? {
        return Err(failed("the batches came to other rules"));
    }
    Ok(batches)
}

/// Returns the first difference between two namespaces, rules apart.
fn differ(one: &Space, other: &Space) -> Result<Option<String>, CaseError> {
    let mut both = (dump(one).map_err(failed)?, dump(other).map_err(failed)?);
    for dump in [&mut both.0, &mut both.1] {
        // Compared below, without what no batch can say.
        dump.insert("nft -j list ruleset", Vec::new());
    }
    Ok(differences(&both.0, &both.1).into_iter().next())
}

/// Returns the words of all rules and elements, which a set has in an order of its own.
fn words(space: &Space) -> Result<Vec<String>, CaseError> {
    let text = rules(space).map_err(failed)?;
    // Packets and bytes seen meanwhile.
    let counted = text.lines().map(|line| line.split(" packets ").next().unwrap_or(line));
    let split = |line: &str| -> Vec<String> {
        line.split([' ', ',', '\t']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let mut words: Vec<String> = counted.flat_map(split).collect();
    words.sort_unstable();
    Ok(words)
}

fn over(found: &[(f64, f64)], batches: &Batches, told: &str) -> Result<Figure, CaseError> {
    let ratios: Vec<f64> = found.iter().map(|(ours, theirs)| ours / theirs).collect();
    let of = |side: fn(&(f64, f64)) -> f64| {
        interval(&found.iter().map(side).collect::<Vec<_>>()).map_or(f64::NAN, |it| it.median)
    };
    let ratio = interval(&ratios).ok_or_else(|| failed("nothing was measured"))?;
    Ok(Figure {
        what: "dataplane: a node brought up from nothing, over `ip -batch`, `bridge -batch` and \
               `nft -f`"
            .to_owned(),
        bar: format!("≤ {OVER:.1}, the whole interval"),
        measured: format!(
            "{:.2} (95 %: {:.2}–{:.2}), {:.0} against {:.0} ms, {} pairs, batches of {}; {told}",
            ratio.median,
            ratio.low,
            ratio.high,
            of(|pair| pair.0),
            of(|pair| pair.1),
            ratios.len(),
            batches.size(),
        ),
        met: Some(ratio.high <= OVER),
        broken: Some(ratio.low > KNOWN * TOLERANCE),
    })
}

fn sync(mut syncs: Vec<f64>, effort: Effort, told: &str) -> Figure {
    syncs.sort_by(f64::total_cmp);
    let at = |part: usize| {
        syncs.get(syncs.len().saturating_sub(1) * part / 2).copied().unwrap_or(f64::NAN)
    };
    // A tenth of everything says nothing of the whole.
    let met = (effort == Effort::Full).then(|| at(2) <= SYNC);
    Figure {
        what: "dataplane: the same state once more, from its text: nothing to do".to_owned(),
        bar: format!("≤ {SYNC:.1} s, the longest; no step"),
        measured: format!(
            "{:.2} s ({:.2}–{:.2}), no step in {}; {told}",
            at(1),
            at(0),
            at(2),
            syncs.len()
        ),
        met,
        broken: Some(at(2) > SYNC * TOLERANCE),
    }
}
