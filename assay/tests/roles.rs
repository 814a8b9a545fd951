//! Keys, attestations and roles as their users meet them: by the command line alone.

#[path = "push/scratch.rs"]
mod scratch;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use scratch::Scratch;
use serde_json::Value;

/// One row that two roles must sign, one that anybody attests, one that passes by itself.
const PROFILE: &str = r#"
profile = "acme/roles"
version = "1"
title = { zh = "须签名的合同", en = "a contract that wants signatures" }
norm = "gd-gov-cloud"
edition = "征求意见稿"
subject = "machine"

[[row]]
id = "annex#1"
clause = "annex"
title = "附件"
item = "1"
text = "整改完成"

[[row]]
id = "annex#2"
clause = "annex"
title = "附件"
item = "2"
text = "资料齐全"

[[row]]
id = "annex#3"
clause = "annex"
title = "附件"
item = "3"
text = "型号"

[[check]]
id = "acme.remedy"
row = "annex#1"
kind = "attest"
require-role = ["supervisor", "owner"]
no_evidence = { zh = "无", en = "none" }
title = { zh = "整改", en = "remedy" }
method = { zh = "核查", en = "review" }

[[check]]
id = "acme.papers"
row = "annex#2"
kind = "attest"
level = "info"
no_evidence = { zh = "无", en = "none" }
title = { zh = "资料", en = "papers" }
method = { zh = "核查", en = "review" }

[[check]]
id = "acme.model"
row = "annex#3"
kind = "regex"
path = "inventory.system.product"
pattern = ".*"
title = { zh = "型号", en = "model" }
method = { zh = "读取", en = "read" }
"#;

/// What a user has: a home, a report, and files beside it.
struct Desk {
    scratch: Scratch,
}

impl Desk {
    /// A desk with the report of a machine that was recorded.
    fn new(name: &str) -> Self {
        let desk = Self { scratch: Scratch::new(name) };
        let root = PathBuf::from(desk.at("root/sys/class/dmi/id"));
        fs::create_dir_all(&root).expect("scratch takes a folder");
        fs::write(root.join("product_name"), "RH2288\n").expect("scratch takes a file");
        desk.scratch.file("profile.toml", PROFILE, 0o644);
        fs::write(desk.at("photo.jpg"), b"\xff\xd8\xff").expect("scratch takes a file");
        let (profile, root, out) = (desk.at("profile.toml"), desk.at("root"), desk.at("report"));
        let accepted = desk.run(&["accept", "--profile", &profile, "--root", &root, "--out", &out]);
        assert_eq!(code(&accepted), 3, "{}", both(&accepted));
        desk
    }

    fn at(&self, name: &str) -> String {
        self.scratch.join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(arguments).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        command.env("XDG_STATE_HOME", self.at("state")).current_dir(self.scratch.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Records a word on the row that roles must sign.
    fn attest(&self, more: &[&str]) -> Output {
        let report = self.at("report");
        let mut words = vec!["attest", &report, "--row", "acme.remedy", "--note", "seen"];
        words.extend(more);
        self.run(&words)
    }

    fn result(&self) -> Value {
        let bytes = fs::read(self.at("report/result.json")).expect("the report is there");
        serde_json::from_slice(&bytes).expect("it is JSON")
    }

    fn verdict(&self, check: &str) -> String {
        let result = self.result();
        let rows = result["rows"].as_array().expect("rows is a list");
        let row = rows.iter().find(|row| row["judgement"]["check"] == check);
        row.expect("the row is there")["verdict"].as_str().expect("a word").to_owned()
    }

    /// Makes a key; returns what `--trust` takes of it.
    fn key(&self, name: &str, algorithm: &str, role: &str) -> String {
        let made = self.run(&[
            "key",
            "new",
            name,
            "--algorithm",
            algorithm,
            "--role",
            role,
            "--org",
            "unit",
            "--by",
            name,
        ]);
        assert_eq!(code(&made), 0, "{}", both(&made));
        let card = self.run(&["key", "show", name, "--card"]);
        assert_eq!(code(&card), 0, "{}", both(&card));
        text(&card.stdout)
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8")
}

fn both(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn two_roles_sign_with_their_keys_and_only_then_the_row_is_attested() {
    let desk = Desk::new("roles-two");
    let report = desk.at("report");
    let trust = desk.at("trust.toml");
    let cards = [desk.key("wang", "sm2", "监理"), desk.key("li", "ed25519", "owner")].concat();
    fs::write(&trust, &cards).expect("scratch takes a file");

    let unsigned =
        desk.attest(&["--role", "owner", "--org", "unit", "--by", "li", "--trust", &trust]);
    assert_eq!(code(&unsigned), 3, "{}", both(&unsigned));
    assert!(text(&unsigned.stdout).contains("self-entered, unsigned"), "{}", both(&unsigned));
    assert!(text(&unsigned.stdout).contains("still to sign with a trusted key: supervisor, owner"));
    // Signed, but by nobody that is vouched for in this call.
    let blind = desk.attest(&["--key", "wang"]);
    assert_eq!(code(&blind), 3, "{}", both(&blind));
    assert!(text(&blind.stdout).contains("is not among the trusted ones"), "{}", both(&blind));
    assert_eq!(desk.verdict("acme.remedy"), "needs-attestation");

    let photo = desk.at("photo.jpg");
    let owner = desk.attest(&["--key", "li", "--trust", &trust, "--evidence", &photo]);
    // The supervisor's word of before counts now that its key is vouched for.
    assert_eq!(code(&owner), 0, "{}", both(&owner));
    assert_eq!(desk.verdict("acme.remedy"), "attested");
    let grounds = &desk.result()["summary"]["grounds"];
    assert_eq!(grounds["attested"], 1);
    assert_eq!(grounds["unsigned"], 0);
    assert!(
        text(&owner.stdout).contains("conforming by: measured 0, read 1, attested 1, waived 0")
    );

    let blind = desk.run(&["report", "verify", &report]);
    assert_eq!(code(&blind), 3, "nobody vouched for the keys: {}", both(&blind));
    assert!(text(&blind.stdout).contains("not checked (give their keys by --trust): acme.remedy"));
    let vouched = desk.run(&["report", "verify", &report, "--trust", &trust]);
    assert_eq!(code(&vouched), 0, "{}", both(&vouched));
    fs::write(&trust, desk.run(&["key", "show", "li", "--card"]).stdout).expect("it is ours");
    let half = desk.run(&["report", "verify", &report, "--trust", &trust]);
    assert_eq!(code(&half), 1, "{}", both(&half));
    assert!(text(&half.stdout).contains("`acme.remedy` by supervisor"), "{}", both(&half));
}

#[test]
fn verify_tells_signed_unsigned_and_signed_by_another() {
    let desk = Desk::new("roles-verify");
    let report = desk.at("report");
    desk.key("wang", "sm2", "supervisor");
    desk.key("li", "ed25519", "owner");
    let line = |name: &str| text(&desk.run(&["key", "show", name]).stdout).trim().to_owned();
    let (wang, li) = (line("wang"), line("li"));
    assert!(wang.starts_with("sm2:04") && li.starts_with("ed25519:"), "{wang} {li}");
    let verify = |more: &[&str]| {
        let mut words = vec!["report", "verify", report.as_str()];
        words.extend(more);
        let output = desk.run(&words);
        (code(&output), text(&output.stdout))
    };
    let (exit, said) = verify(&["--require-signature"]);
    assert!(exit == 1 && said.contains("intact, unsigned"), "{exit}: {said}");
    let (exit, said) = verify(&["--key", &wang]);
    assert!(exit == 1 && said.contains(": unsigned"), "{exit}: {said}");
    let signed = desk.run(&["report", "sign", &report, "--key", "wang"]);
    assert_eq!(code(&signed), 0, "{}", both(&signed));
    let (exit, said) = verify(&["--key", &wang]);
    assert!(exit == 0 && said.contains("intact, signed by "), "{exit}: {said}");
    let (exit, said) = verify(&["--require-signature"]);
    assert!(exit == 0 && said.contains("not checked: no key given"), "{exit}: {said}");
    let (exit, said) = verify(&["--key", &li]);
    assert!(exit == 1 && said.contains("it carries signatures of "), "{exit}: {said}");
    for wrong in ["sm2:04", "nobody", "/nowhere.pub"] {
        let output = desk.run(&["report", "verify", &report, "--key", wrong]);
        assert_eq!(code(&output), 2, "{wrong}: {}", both(&output));
    }
}

#[test]
fn a_key_is_for_its_owner_alone_and_is_never_printed_or_replaced() {
    let desk = Desk::new("roles-keys");
    let none = desk.run(&["key", "list"]);
    assert!(code(&none) == 0 && text(&none.stdout).contains("there are no keys"));
    for algorithm in ["ed25519", "sm2"] {
        desk.key(algorithm, algorithm, "tester");
        let place = PathBuf::from(desk.at("state")).join("assay/keys");
        let pem = place.join(format!("{algorithm}.pem"));
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(&pem) & 0o777, 0o600, "{algorithm}");
        assert_eq!(mode(&place) & 0o777, 0o700);
        let secret = fs::read_to_string(&pem).expect("it is ours");
        let again = desk.run(&["key", "new", algorithm]);
        assert_eq!(code(&again), 2, "{}", both(&again));
        assert_eq!(fs::read_to_string(&pem).expect("it is there"), secret, "it stays");
        let body = secret.lines().nth(1).expect("PEM has lines");
        for words in [
            &["key", "list"][..],
            &["key", "show", algorithm],
            &["key", "list", "--output", "json"],
        ] {
            assert!(!both(&desk.run(words)).contains(body), "{words:?}");
        }
    }
    let list = desk.run(&["key", "list", "--output", "json"]);
    let list: Value = serde_json::from_slice(&list.stdout).expect("it is JSON");
    assert_eq!(list["schema"], "assay-keys/v1");
    assert_eq!(list["keys"][1]["algorithm"], "sm2");
    assert_eq!(list["keys"][1]["role"], "tester");
    for wrong in [
        &["key", "new", "../x"][..],
        &["key", "new", "a b"],
        &["key", "show", "x"],
        &["key", "new", "y", "--role", "boss"],
    ] {
        let output = desk.run(wrong);
        assert_eq!(code(&output), 2, "{wrong:?}: {}", both(&output));
    }
    // A file that others may read is refused, whoever made it.
    let pem = desk.at("state/assay/keys/sm2.pem");
    fs::set_permissions(&pem, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let output = desk.attest(&["--key", "sm2"]);
    assert!(code(&output) == 2 && both(&output).contains("chmod 600"), "{}", both(&output));
}

#[test]
fn a_wrong_word_is_named_and_nothing_is_recorded() {
    let desk = Desk::new("roles-wrong");
    desk.key("li", "ed25519", "owner");
    let before = desk.result();
    let cases: [(&[&str], &str); 6] = [
        (&["--role", "superviser", "--by", "x"], "there is no role `superviser`"),
        (&["--role", "tester", "--by", "x"], "decided by supervisor, owner only"),
        (&["--role", "owner"], "nobody is named who decides"),
        (&["--by", "x"], "no role is named"),
        (&["--key", "li", "--role", "supervisor"], "key `li` is that of the owner"),
        (&["--key", "none", "--role", "owner", "--by", "x"], "there is no key `none`"),
    ];
    for (words, said) in cases {
        let output = desk.attest(words);
        assert_eq!(code(&output), 2, "{words:?}: {}", both(&output));
        assert!(text(&output.stderr).contains(said), "{words:?}: {}", both(&output));
    }
    assert_eq!(desk.result(), before);
}

#[test]
fn both_spellings_are_one_command_and_a_row_is_named_by_the_norm_too() {
    let desk = Desk::new("roles-spelling");
    let report = desk.at("report");
    let output = desk.run(&[
        "report",
        "attest",
        &report,
        "--check",
        "annex#2",
        "--conform",
        "yes",
        "--how",
        "on-site",
        "--who",
        "Li",
        "--role",
        "档案管理员",
        "--reason",
        "read",
    ]);
    assert_eq!(code(&output), 0, "{}", both(&output));
    assert!(text(&output.stdout).contains("self-entered, unsigned"), "{}", both(&output));
    assert_eq!(desk.verdict("acme.papers"), "attested");
    assert_eq!(desk.result()["summary"]["grounds"]["unsigned"], 1);
    let again = desk.run(&[
        "attest",
        &report,
        "--row",
        "acme.papers",
        "--by",
        "x",
        "--role",
        "user",
        "--note",
        "x",
    ]);
    assert_eq!(code(&again), 2, "{}", both(&again));
}
