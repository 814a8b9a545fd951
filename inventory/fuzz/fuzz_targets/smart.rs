#![no_main]
//! Bytes of drives and of the files that tell of them, as hostile as they come.
//!
//! The first byte chooses: one page of a drive, all pages at once, a file of
//! smartctl, a file of storcli.

use inventory::import::{smartctl, storcli};
use inventory::model::Disk;
use inventory::smart::pages::{Page, Pages, apply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    match choice {
        0xff => {
            let all = Page::ALL.into_iter().map(|page| (page, rest.to_vec())).collect();
            decode(Pages(all));
        }
        0xfe => drop(smartctl::import("fuzz", rest)),
        0xfd => drop(storcli::import("fuzz", rest)),
        choice => {
            let page = Page::ALL[usize::from(*choice) % Page::ALL.len()];
            decode(Pages([(page, rest.to_vec())].into()));
        }
    }
});

fn decode(pages: Pages) {
    let mut disk = Disk::default();
    let damage = apply(&pages, &mut disk);
    disk.health = inventory::health::assess(&disk);
    assert!(damage.len() <= Page::ALL.len(), "one page has one error at most");
}
