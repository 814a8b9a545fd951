//! A set of 100,000 elements, loaded by netlink and by `nft -f` in turn, and one member changed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dataplane::kernel::rules;
use dataplane::nft::{Batch, Change, Element, Elements, Family, Key, KeyType, Set, SetShape};
use libtest_mimic::Failed;

use crate::lab::Lab;

const ELEMENTS: u32 = 100_000;
const PAIRS: usize = 9;
const CHANGES: usize = 1_000;
const NAME: &str = "as_g_full";

fn address(number: u32) -> [u8; 4] {
    (0x0a00_0000 + number).to_be_bytes()
}

fn element(number: u32) -> Element {
    Element { key: Key::from_slice(&address(number)), last: None }
}

fn batch() -> Batch {
    let family = Family::Inet;
    let elements: Elements = (0..ELEMENTS).map(|number| (element(number), None)).collect();
    let key = vec![KeyType::Ipv4];
    let set = Set { key, value: None, interval: false, elements: elements.clone() };
    let shape = set.shape();
    let changes = vec![
        Change::AddTable(family),
        Change::AddSet { family, name: NAME.to_owned(), set },
        Change::AddElements { family, set: NAME.to_owned(), shape, elements },
    ];
    Batch { changes }
}

fn listing() -> String {
    let mut text = format!("table inet assay {{ set {NAME} {{ type ipv4_addr; elements = {{\n");
    for number in 0..ELEMENTS {
        let [a, b, c, d] = address(number);
        writeln!(text, "{a}.{b}.{c}.{d},").expect("a text takes all");
    }
    text + "}\n}\n}\n"
}

pub(crate) fn compare() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("full.nft");
    std::fs::write(&file, listing())?;
    let file = file.to_str().ok_or("a path that is text")?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let batch = batch();
    for pair in 0..PAIRS {
        // In turn, the first of a pair by turns too.
        let mut both = [Duration::ZERO; 2];
        for side in if pair % 2 == 0 { [0, 1] } else { [1, 0] } {
            let lab = Lab::new()?;
            let mut socket = lab.socket()?;
            let begun = now();
            if side == 0 {
                rules::perform(&mut socket, &batch)?;
            } else {
                lab.space.run(&["nft", "-f", file])?;
            }
            both[side] = begun.elapsed();
            let seen = rules::look(&mut socket)?
                .0
                .inet
                .and_then(|table| Some(table.sets.get(NAME)?.elements.len()));
            assert_eq!(seen, usize::try_from(ELEMENTS).ok());
        }
        ours.push(both[0]);
        theirs.push(both[1]);
        ratios.push(both[1].as_secs_f64() / both[0].as_secs_f64());
    }
    ours.sort();
    theirs.sort();
    ratios.sort_by(f64::total_cmp);
    let middle = PAIRS / 2;
    println!(
        "{ELEMENTS} elements: {:?} by netlink, {:?} by `nft -f`; {:.1} times as fast ({:.1} to {:.1})",
        ours[middle],
        theirs[middle],
        ratios[middle],
        ratios[0],
        ratios[PAIRS - 1]
    );
    changes()?;
    if ratios[middle] < 5.0 {
        return Err("less than five times as fast".into());
    }
    Ok(())
}

/// One member more and one less, in the full set.
fn changes() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut socket = lab.socket()?;
    rules::perform(&mut socket, &batch())?;
    let shape = SetShape { interval: false, concatenated: false };
    let (family, set) = (Family::Inet, NAME.to_owned());
    let mut times = Vec::new();
    for _ in 0..CHANGES {
        let elements: Elements = [(element(ELEMENTS), None)].into_iter().collect();
        let (set, again) = (set.clone(), elements.clone());
        let add = Change::AddElements { family, set: set.clone(), shape, elements };
        let delete = Change::DeleteElements { family, set, shape, elements: again };
        for change in [add, delete] {
            let begun = now();
            rules::perform(&mut socket, &Batch { changes: vec![change] })?;
            times.push(begun.elapsed());
        }
    }
    times.sort();
    let (half, most) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("one member of {ELEMENTS}: half within {half:?}, 99 % within {most:?}");
    if most > Duration::from_millis(2) {
        return Err("one member takes more than 2 ms".into());
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a figure is the difference of two times")]
fn now() -> Instant {
    Instant::now()
}
