//! Pushes against a receiver that refuses, hangs, resets and restarts, and with
//! our own process killed at any instruction: each document arrives once by key.
#![expect(clippy::disallowed_methods, reason = "waiting for a condition needs a deadline")]

#[path = "push/receiver.rs"]
mod receiver;
#[path = "push/scratch.rs"]
mod scratch;
#[path = "push/tls.rs"]
mod tls;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use receiver::{Mood, Receiver};
use scratch::Scratch;

/// Returns `assay` with these arguments and nothing of the caller's environment
/// that would change where it writes or what it says.
fn assay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    assay(arguments).output().expect("the program starts")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn document(folder: &Path, number: u32) -> String {
    let path = folder.join(format!("{number}.json"));
    let text = format!(
        "{{\"schema\":\"inventory/v1\",\"system\":{{\"serial\":\"S{number}\",\"origin\":{{\"source\":0}}}},\
         \"sources\":[{{\"kind\":\"import\",\"locator\":\"import:{number}\"}}]}}"
    );
    fs::write(&path, text).expect("the scratch folder takes files");
    path.display().to_string()
}

/// The keys of the entries in a folder of the spool.
fn keys(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.expect("listed").file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "entry"))
        .collect();
    names.sort();
    names.iter().filter_map(|name| name.split('-').nth(1).map(str::to_owned)).collect()
}

#[test]
fn what_is_delivered_is_the_document_with_its_key_and_token() {
    let scratch = Scratch::new("delivered");
    let receiver = Receiver::start();
    let token = scratch.file("token", "s3cret-token\n", 0o600);
    let file = document(scratch.path(), 7);
    let spool = scratch.join("spool");
    let output = run(&[
        "inventory",
        "push",
        &file,
        "--to",
        &receiver.url(),
        "--token-file",
        &token,
        "--spool",
        &spool,
    ]);
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "delivered 1, waiting 0, refused 0\n");
    let taken = receiver.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].body, fs::read(&file).expect("it is there"));
    assert_eq!(taken[0].header("authorization"), Some("Bearer s3cret-token"));
    assert_eq!(taken[0].header("content-type"), Some("application/json"));
    assert_eq!(taken[0].header("assay-schema"), Some("inventory/v1"));
    assert_eq!(taken[0].header("idempotency-key").map(str::len), Some(64));
    assert_eq!(keys(&scratch.path().join("spool/queue")), Vec::<String>::new());
}

#[test]
fn the_token_is_neither_logged_nor_spooled() {
    let scratch = Scratch::new("secret");
    let receiver = Receiver::start();
    receiver.set(Mood::Status(503));
    let token = scratch.file("token", "s3cret-token", 0o600);
    let file = document(scratch.path(), 1);
    let spool = scratch.join("spool");
    let output = run(&[
        "inventory",
        "push",
        &file,
        "--to",
        &receiver.url(),
        "--token-file",
        &token,
        "--spool",
        &spool,
        "--retry-for",
        "0",
        "--log",
        "trace",
    ]);
    assert_eq!(code(&output), Some(3), "{output:?}");
    assert!(!stderr(&output).contains("s3cret-token"), "{}", stderr(&output));
    for name in fs::read_dir(scratch.path().join("spool/queue")).expect("a queue") {
        let path = name.expect("listed").path();
        let bytes = fs::read(&path).expect("ours");
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret-token"), "{}", path.display());
        assert_eq!(fs::metadata(&path).expect("ours").permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_cannot_be_delivered_waits_and_is_flushed_in_order() {
    let scratch = Scratch::new("order");
    let receiver = Receiver::start();
    receiver.set(Mood::Refuse);
    let spool = scratch.join("spool");
    let url = receiver.url();
    for number in 0..4 {
        let file = document(scratch.path(), number);
        let output =
            run(&["inventory", "push", &file, "--to", &url, "--spool", &spool, "--retry-for", "0"]);
        assert_eq!(code(&output), Some(3), "{output:?}");
        let kept =
            format!("kept in `{spool}`; `assay inventory push --flush --spool {spool}` sends");
        assert!(stderr(&output).contains(&kept), "{}", stderr(&output));
    }
    let waiting = keys(&scratch.path().join("spool/queue"));
    assert_eq!(waiting.len(), 4);
    let flush = ["inventory", "push", "--flush", "--spool", &spool, "--retry-for", "0"];
    assert_eq!(code(&run(&flush)), Some(3));
    receiver.set(Mood::Take);
    assert_eq!(code(&run(&flush)), Some(0));
    assert_eq!(receiver.keys(), waiting);
    assert_eq!(code(&run(&flush)), Some(0), "an empty queue is as wanted");
}

#[test]
fn a_document_that_is_refused_for_good_is_kept_and_named_and_holds_up_nothing() {
    let scratch = Scratch::new("refused");
    let receiver = Receiver::start();
    let (first, second) = (document(scratch.path(), 1), document(scratch.path(), 2));
    let (url, spool) = (receiver.url(), scratch.join("spool"));
    receiver.set(Mood::StatusOnce(422));
    let push = ["inventory", "push", &first, &second, "--to", &url, "--spool", &spool];
    let output = run(&push);
    assert_eq!(code(&output), Some(1), "{output:?}");
    assert!(stderr(&output).contains("answered 422: no such rack"), "{}", stderr(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "delivered 1, waiting 0, refused 1\n");
    let kept = keys(&scratch.path().join("spool/refused"));
    assert_eq!(kept.len(), 1);
    let flush = ["inventory", "push", "--flush", "--spool", &spool];
    assert_eq!(code(&run(&flush)), Some(1), "it stays visible");
    assert_eq!(
        code(&run(&["inventory", "push", "--requeue", "--flush", "--spool", &spool])),
        Some(0)
    );
    assert_eq!(receiver.keys().last(), kept.first());
}

#[test]
fn a_refused_credential_keeps_everything_and_is_tried_once() {
    for status in [401, 403, 302] {
        let scratch = Scratch::new(&format!("status-{status}"));
        let receiver = Receiver::start();
        receiver.set(Mood::Status(status));
        let (first, second) = (document(scratch.path(), 1), document(scratch.path(), 2));
        let (url, spool) = (receiver.url(), scratch.join("spool"));
        let output = run(&["inventory", "push", &first, &second, "--to", &url, "--spool", &spool]);
        assert_eq!(code(&output), Some(3), "{output:?}");
        assert_eq!(receiver.requests(), 1, "{status}");
        assert_eq!(keys(&scratch.path().join("spool/queue")).len(), 2, "{status}");
    }
}

#[test]
fn a_receiver_that_hangs_or_breaks_off_costs_time_not_documents() {
    for mood in [Mood::Hang, Mood::ResetInAnswer, Mood::Reset, Mood::Status(500), Mood::Garbage] {
        let scratch = Scratch::new(&format!("{mood:?}").replace(['(', ')'], ""));
        let receiver = Receiver::start();
        receiver.set(mood);
        let file = document(scratch.path(), 1);
        let (url, spool) = (receiver.url(), scratch.join("spool"));
        let start = Instant::now();
        let output = run(&[
            "inventory",
            "push",
            &file,
            "--to",
            &url,
            "--spool",
            &spool,
            "--timeout",
            "1",
            "--retry-for",
            "1",
        ]);
        assert!(start.elapsed() < Duration::from_secs(8), "{mood:?}: {:?}", start.elapsed());
        assert_eq!(code(&output), Some(3), "{mood:?}: {output:?}");
        assert_eq!(keys(&scratch.path().join("spool/queue")).len(), 1, "{mood:?}");
        receiver.set(Mood::Take);
        let output = run(&["inventory", "push", "--flush", "--spool", &spool]);
        assert_eq!(code(&output), Some(0), "{mood:?}: {output:?}");
        assert_eq!(receiver.distinct().len(), 1, "{mood:?}");
    }
}

#[test]
fn a_full_spool_is_exit_3_and_drops_nothing() {
    let scratch = Scratch::new("full");
    let receiver = Receiver::start();
    receiver.set(Mood::Refuse);
    let (url, spool) = (receiver.url(), scratch.join("spool"));
    let push = |number| {
        let file = document(scratch.path(), number);
        run(&[
            "inventory",
            "push",
            &file,
            "--to",
            &url,
            "--spool",
            &spool,
            "--spool-max-count",
            "2",
            "--retry-for",
            "0",
        ])
    };
    assert_eq!([code(&push(1)), code(&push(2))], [Some(3), Some(3)]);
    let before = keys(&scratch.path().join("spool/queue"));
    let output = push(3);
    assert_eq!(code(&output), Some(3), "{output:?}");
    assert!(stderr(&output).contains("is full: 2 documents"), "{}", stderr(&output));
    assert_eq!(keys(&scratch.path().join("spool/queue")), before);
}

#[test]
fn wrong_use_is_refused_before_anything_is_queued() {
    let scratch = Scratch::new("wrong");
    let file = document(scratch.path(), 1);
    let open = scratch.file("open", "token", 0o644);
    let spool = scratch.join("spool");
    let cases: [(&[&str], &str); 6] = [
        (&["--to", "http://cloud.example/"], "unencrypted"),
        (&["--to", "nonsense"], "is not a URL"),
        (&["--to", "https://me:hunter2@cloud.example/"], "user name or a password"),
        (&["--to", "https://cloud.example/", "--token-file", &open], "may be read by others"),
        (
            &["--to", "https://cloud.example/", "--token-file", "/nonexistent"],
            "cannot read `/nonexistent`",
        ),
        (&["--to", "https://cloud.example/", "--ca", &file], "holds no certificate"),
    ];
    for (arguments, said) in cases {
        let mut words = vec!["inventory", "push", file.as_str(), "--spool", spool.as_str()];
        words.extend(arguments);
        let output = run(&words);
        assert_eq!(code(&output), Some(2), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
        assert!(!stderr(&output).contains("hunter2"));
    }
    assert_eq!(keys(&scratch.path().join("spool/queue")), Vec::<String>::new());
}

#[test]
fn a_spool_that_is_not_ours_alone_is_refused() {
    let scratch = Scratch::new("hostile");
    let file = document(scratch.path(), 1);
    let spool = scratch.join("spool");
    let push = ["inventory", "push", &file, "--to", "http://127.0.0.1:9/", "--spool", &spool];
    let refused = |why: &str| {
        let output = run(&push);
        assert_eq!(code(&output), Some(2), "{why}: {output:?}");
        assert!(stderr(&output).contains(why), "{why}: {}", stderr(&output));
    };
    let elsewhere = scratch.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("made");
    symlink(&elsewhere, &spool).expect("made");
    refused("is a link");
    fs::remove_file(&spool).expect("there");
    fs::create_dir(&spool).expect("made");
    fs::set_permissions(&spool, fs::Permissions::from_mode(0o777)).expect("ours");
    refused("is open to others");
    assert_eq!(fs::read_dir(&elsewhere).expect("there").count(), 0);
}

#[test]
fn the_receiver_must_prove_who_it_is_and_a_client_certificate_proves_who_we_are() {
    let scratch = Scratch::new("tls");
    let (ours, foreign) = (tls::Authority::new(), tls::Authority::new());
    let server = ours.sign("localhost");
    let client = scratch.file("client.pem", &ours.sign("client").pem(), 0o600);
    let exposed = scratch.file("exposed.pem", &ours.sign("client").pem(), 0o644);
    let ca = scratch.file("ca.pem", &ours.pem(), 0o644);
    let other = scratch.file("other.pem", &foreign.pem(), 0o644);
    let file = document(scratch.path(), 1);
    let spool = scratch.join("spool");
    let (address, server) = tls::serve(&server, &ours, 4);
    let url = format!("https://localhost:{}/v1", address.port());
    let push = |more: &[&str]| {
        let mut words = vec!["inventory", "push", file.as_str(), "--to", url.as_str()];
        words.extend(["--spool", spool.as_str(), "--retry-for", "0"]);
        words.extend(more);
        run(&words)
    };
    assert_eq!(code(&push(&["--ca", &ca, "--client-cert", &exposed])), Some(2));
    let unknown = push(&["--ca", &other, "--client-cert", &client]);
    assert_eq!(code(&unknown), Some(3), "{unknown:?}");
    assert!(stderr(&unknown).contains("does not prove who it is"), "{}", stderr(&unknown));
    assert_eq!(keys(&scratch.path().join("spool/queue")).len(), 1, "kept");
    let elsewhere = format!("https://127.0.0.1:{}/v1", address.port());
    let wrong_name = run(&[
        "inventory",
        "push",
        &file,
        "--to",
        &elsewhere,
        "--spool",
        &scratch.join("spool2"),
        "--ca",
        &ca,
        "--client-cert",
        &client,
        "--retry-for",
        "0",
    ]);
    assert_eq!(code(&wrong_name), Some(3), "{wrong_name:?}");
    let nobody = push(&["--ca", &ca]);
    assert_ne!(String::from_utf8_lossy(&nobody.stdout), "delivered 1, waiting 0, refused 0\n");
    let proven = push(&["--ca", &ca, "--client-cert", &client]);
    assert_eq!(code(&proven), Some(0), "{proven:?}");
    assert_eq!(server.join().expect("it does not panic"), 1);
}

/// How many documents the killing goes on for; the full count is 1,000.
fn count() -> u32 {
    std::env::var("ASSAY_PUSH_COUNT").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

/// A small generator: the test is the same on every run but for the machine's timing.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn every_document_arrives_once_by_key_though_the_receiver_fails_and_we_are_killed() {
    let scratch = Scratch::new("killed");
    let mut receiver = Receiver::start();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let (url, spool) = (receiver.url(), scratch.join("spool"));
    let mut killed = 0;
    for number in 0..count() {
        let file = document(scratch.path(), number);
        let moods = [
            Mood::Take,
            Mood::Take,
            Mood::Refuse,
            Mood::Hang,
            Mood::Reset,
            Mood::ResetInAnswer,
            Mood::Status(500),
            Mood::Status(503),
        ];
        let mood = moods[usize::try_from(chance.below(8)).expect("small")];
        receiver.set(mood);
        if chance.below(10) == 0 {
            receiver.restart();
        }
        // Until our process says that it has the document (0: delivered, 3: in the spool), it is
        // ours to ask again.
        loop {
            let mut child = assay(&[
                "inventory",
                "push",
                &file,
                "--to",
                &url,
                "--spool",
                &spool,
                "--timeout",
                "1",
                "--retry-for",
                "0",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
            if chance.below(2) == 0 {
                // Anywhere from before its first instruction to after its last.
                let end = Instant::now() + Duration::from_micros(chance.below(40_000));
                while Instant::now() < end && child.try_wait().expect("ours").is_none() {
                    std::thread::yield_now();
                }
                child.kill().expect("ours");
                killed += 1;
            }
            match child.wait().expect("ours").code() {
                Some(0 | 3) => break,
                Some(code) => panic!("{number} under {mood:?}: exit {code}"),
                None => receiver.set(Mood::Take),
            }
        }
    }
    receiver.set(Mood::Take);
    let output = run(&["inventory", "push", "--flush", "--spool", &spool]);
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert!(killed > count() / 4, "only {killed} kills");
    let distinct: BTreeSet<Vec<u8>> = receiver.distinct().into_values().collect();
    let wanted: BTreeSet<Vec<u8>> = (0..count())
        .map(|number| fs::read(scratch.path().join(format!("{number}.json"))).expect("there"))
        .collect();
    assert_eq!(distinct.len(), wanted.len());
    assert!(distinct == wanted, "every document arrived as it was, once by key");
    assert_eq!(keys(&scratch.path().join("spool/queue")), Vec::<String>::new());
    assert_eq!(keys(&scratch.path().join("spool/refused")), Vec::<String>::new());
}
