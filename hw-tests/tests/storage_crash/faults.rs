//! What is done to a device behind its back is found at its address and by its class.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::Ordering;

use libtest_mimic::Failed;
use serde_json::Value;
use storage_bench::integrity::block::{BLOCK_BYTES, Block, Origin, header};
use storage_bench::integrity::journal::{HEADER_BYTES, Header};

use crate::lab::Lab;
use crate::writer::{Journal, Writer, classes, judge};
use crate::{CLASSES, Case, Outcome};

pub(crate) const CASES: &[Case] = &[
    ("damaged_torn_misdirected_and_future_blocks_are_found_by_class", damage),
    ("an_old_image_put_back_has_lost_its_writes", old_image),
    ("a_block_of_an_older_run_is_stale", stale),
    ("a_block_that_was_never_submitted_is_a_phantom", phantom),
];

const UNIT: u64 = BLOCK_BYTES as u64;

/// Writes `device` over and over, orderly; returns the journal.
fn written(device: &str, more: &[&str]) -> Result<Journal, Failed> {
    let journal = Journal::new()?;
    let (code, document) = Writer::start(device, &journal.path(), more)?.end()?;
    assert_eq!(code, Some(0), "{document:#}");
    Ok(journal)
}

fn origin(journal: &Path) -> Result<Origin, Failed> {
    let bytes = fs::read(journal)?;
    let head = bytes.get(..HEADER_BYTES).ok_or("a journal has a header")?;
    Ok(Header::decode(head).map_err(|error| error.to_string())?.origin)
}

/// The store behind a device.
struct Behind(File);

impl Behind {
    fn open(image: &Path) -> Result<Self, Failed> {
        Ok(Self(File::options().read(true).write(true).open(image)?))
    }

    fn read(&self, address: u64) -> Result<Block, Failed> {
        let mut block = [0; BLOCK_BYTES];
        self.0.read_exact_at(&mut block, address * UNIT)?;
        Ok(block)
    }

    fn put(&self, address: u64, block: &Block) -> Result<(), Failed> {
        Ok(self.0.write_all_at(block, address * UNIT)?)
    }
}

/// Asserts that exactly these blocks are accused, each of its class.
fn expect(document: &Value, faults: &[(u64, &str)]) {
    let listed = document["found"]["first_fault"].as_array().cloned().unwrap_or_default();
    let found: Vec<(u64, String)> = listed
        .iter()
        .map(|fault| {
            let address = fault["address_bytes"].as_u64().unwrap_or(u64::MAX) / UNIT;
            (address, fault["class"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let wanted: Vec<(u64, String)> =
        faults.iter().map(|(address, class)| (*address, (*class).to_owned())).collect();
    assert_eq!(found, wanted, "{document:#}");
}

fn found(count: u64) {
    CLASSES.fetch_add(count, Ordering::SeqCst);
}

fn damage(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let journal = written(&device, &["--passes", "3"])?;
    let origin = origin(&journal.path())?;
    let behind = Behind::open(&image)?;
    assert_eq!(header(&behind.read(10)?).generation, 3, "the image is what the device shows");

    let mut block = behind.read(10)?;
    block[2000] ^= 1;
    behind.put(10, &block)?;
    let (mut old, new) = ([0; BLOCK_BYTES], behind.read(20)?);
    origin.encode(20, 2, &mut old);
    old[..1536].copy_from_slice(&new[..1536]);
    behind.put(20, &old)?;
    behind.put(30, &behind.read(31)?)?;
    origin.encode(40, 4, &mut block);
    behind.put(40, &block)?;

    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(1), "{document:#}");
    expect(&document, &[(10, "corrupted"), (20, "torn"), (30, "misdirected"), (40, "future")]);
    let names = document["found"]["fault"].as_array().cloned().unwrap_or_default();
    assert!(names.iter().all(|name| name["zh"] != "" && name["en"] != ""), "{document:#}");
    found(4);
    Ok(None)
}

/// A device that says it flushed, and comes back as it was before.
fn old_image(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let journal = Journal::new()?;
    let more = ["--runtime", "10m", "--bs", "64k", "--flush-every", "64"];
    let mut writer = Writer::start(&device, &journal.path(), &more)?;
    writer.grown(&journal, 64 << 10)?;
    writer.signal("STOP")?;
    let old = lab.path("old");
    fs::copy(&image, &old)?;
    writer.signal("CONT")?;
    writer.grown(&journal, 256 << 10)?;
    writer.kill()?;
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(0), "before: {document:#}");

    let bytes = fs::read(&old)?;
    Behind::open(&image)?.0.write_all_at(&bytes, 0)?;
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(1), "{document:#}");
    let classes = classes(&document);
    assert_eq!(classes.len(), 1, "{classes:?}");
    assert_eq!(classes[0].0, "lost-acknowledged-write");
    found(1);
    Ok(None)
}

fn stale(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    written(&device, &["--passes", "1"])?;
    let behind = Behind::open(&image)?;
    let old = behind.read(77)?;
    let journal = written(&device, &["--passes", "1"])?;
    behind.put(77, &old)?;
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(1), "{document:#}");
    expect(&document, &[(77, "stale")]);
    found(1);
    Ok(None)
}

fn phantom(lab: &mut Lab) -> Outcome {
    let image = lab.image(64 << 20)?;
    let device = lab.loop_on(&image, &[])?;
    let journal = Journal::new()?;
    let more = ["--order", "sequential", "--threads", "1", "--bs", "4k", "--flush-every", "64"];
    let mut writer = Writer::start(&device, &journal.path(), &more)?;
    writer.grown(&journal, 8 << 10)?;
    writer.kill()?;
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(0), "{document:#}");
    let last = (64 << 20) / UNIT - 1;
    assert!(document["journal"]["intents"].as_u64() < Some(last), "killed in its first pass");

    let mut block = [0; BLOCK_BYTES];
    origin(&journal.path())?.encode(last, 1, &mut block);
    Behind::open(&image)?.put(last, &block)?;
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(1), "{document:#}");
    expect(&document, &[(last, "phantom")]);
    found(1);
    Ok(None)
}
