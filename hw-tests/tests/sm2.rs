//! SM2 with SM3 against `openssl`: each signs, and the other finds it signed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use hw_tests::{Need, program, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Value, json};
use tempfile::TempDir;

const OPENSSL: &[Need] = &[Need::Program("openssl")];
/// What a signature over a report is over begins so.
const DOMAIN: &[u8] = b"assay-report-v1\0";

fn main() -> ExitCode {
    let trials = vec![
        trial("openssl_finds_signed_what_assay_signed", OPENSSL, ours),
        trial("assay_finds_signed_what_openssl_signed", OPENSSL, theirs),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A report, and a key that openssl made.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Result<Self, Failed> {
        let desk = Self { dir: tempfile::tempdir()? };
        let root = desk.at("root");
        fs::create_dir_all(root.join("sys/class/dmi/id"))?;
        let (root, report) = (text(&root), text(&desk.at("report")));
        let profile = "gd-gov-cloud/ecs-server";
        program::run(&["accept", "--profile", profile, "--root", &root, "--out", &report])?;
        desk.openssl(&["genpkey", "-algorithm", "SM2", "-out", "key.pem"])?;
        desk.openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "key.pub"])?;
        fs::set_permissions(desk.at("key.pem"), fs::Permissions::from_mode(0o600))?;
        Ok(desk)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> Result<Output, Failed> {
        let output = Command::new("openssl").args(arguments).current_dir(&self.dir).output()?;
        if output.status.success() { Ok(output) } else { Err(format!("{output:?}").into()) }
    }

    fn sign(&self) -> Result<Value, Failed> {
        let (report, key) = (text(&self.at("report")), text(&self.at("key.pem")));
        let signer = ["--key", &key, "--by", "Wang", "--role", "supervisor"];
        let output = program::run(&[&["report", "sign", &report][..], &signer].concat())?;
        if output.status.code() != Some(0) {
            return Err(format!("{output:?}").into());
        }
        Ok(serde_json::from_slice(&fs::read(self.at("report/signatures.json"))?)?)
    }

    fn verify(&self) -> Result<(Option<i32>, String), Failed> {
        let (report, key) = (text(&self.at("report")), text(&self.at("key.pub")));
        let output = program::run(&["report", "verify", &report, "--key", &key])?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}

/// The options that both sides sign by.
const BY: [&str; 5] = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"];

fn ours() -> Result<(), Failed> {
    let desk = Desk::new()?;
    let signatures = desk.sign()?;
    let entry = &signatures["signatures"][0];
    if entry["statement"]["algorithm"] != "sm2" {
        return Err(format!("{entry}").into());
    }
    fs::write(desk.at("message"), message(&entry["statement"])?)?;
    let raw = unhex(entry["signature"].as_str().unwrap_or_default());
    fs::write(desk.at("signature"), der(&raw))?;
    let check = ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pub"];
    let files = ["-in", "message", "-sigfile", "signature"];
    desk.openssl(&[&check[..], &BY, &files].concat())?;
    // The control: one byte of the message more, and it is not.
    let longer = [fs::read(desk.at("message"))?, vec![b' ']].concat();
    fs::write(desk.at("message"), longer)?;
    match desk.openssl(&[&check[..], &BY, &files].concat()) {
        Ok(output) => Err(format!("openssl takes anything: {output:?}").into()),
        Err(_refused) => Ok(()),
    }
}

fn theirs() -> Result<(), Failed> {
    let desk = Desk::new()?;
    let mut signatures = desk.sign()?;
    // The same statement, but at another time: assay has not signed it.
    signatures["signatures"][0]["statement"]["at"] = json!("2026-11-27T00:00:00Z");
    let statement = signatures["signatures"][0]["statement"].clone();
    fs::write(desk.at("message"), message(&statement)?)?;
    fs::write(desk.at("report/signatures.json"), canonical(&signatures)?)?;
    let (code, said) = desk.verify()?;
    if code != Some(1) || !said.contains("altered: signatures.json") {
        return Err(format!("the control: {code:?} {said}").into());
    }
    let sign = ["pkeyutl", "-sign", "-inkey", "key.pem", "-in", "message", "-out", "signature"];
    desk.openssl(&[&sign[..], &BY].concat())?;
    let raw = raw(&fs::read(desk.at("signature"))?).ok_or("openssl's signature is no DER")?;
    signatures["signatures"][0]["signature"] = json!(hex(&raw));
    fs::write(desk.at("report/signatures.json"), canonical(&signatures)?)?;
    let (code, said) = desk.verify()?;
    if code == Some(0) && said.contains("intact, signed by ") {
        Ok(())
    } else {
        Err(format!("{code:?} {said}").into())
    }
}

/// Returns the canonical bytes of a document without numbers: `serde_json` sorts keys.
fn canonical(document: &Value) -> Result<Vec<u8>, Failed> {
    Ok(serde_json::to_vec(document)?)
}

fn message(statement: &Value) -> Result<Vec<u8>, Failed> {
    Ok([DOMAIN.to_vec(), canonical(statement)?].concat())
}

/// Returns r and s as DER has them: two integers in a sequence.
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let start = half.iter().position(|byte| *byte != 0).unwrap_or(half.len() - 1);
        let mut bytes = half[start..].to_vec();
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        [vec![2, u8::try_from(bytes.len()).unwrap_or(0)], bytes].concat()
    };
    let (r, s) = raw.split_at(raw.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(body.len()).unwrap_or(0)], body].concat()
}

/// Returns r and s of 32 bytes each from DER.
fn raw(der: &[u8]) -> Option<Vec<u8>> {
    let mut rest = der.get(2..)?;
    let mut out = Vec::new();
    for _ in 0..2 {
        let length = usize::from(*rest.get(1)?);
        let number = rest.get(2..2 + length)?;
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        out.extend(vec![0; 32_usize.checked_sub(number.len())?]);
        out.extend_from_slice(number);
        rest = &rest[2 + length..];
    }
    Some(out)
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..text.len() / 2).filter_map(|pair| digit(pair * 2)).collect()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
