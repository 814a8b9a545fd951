//! Firmware and arrays at simulated hosts: of each make, and with each fault that touches them.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use bmc::{
    credential::Secret,
    operation::{
        Outcome,
        firmware::Stage,
        raid::{Level, Wanted},
    },
    redfish::client::{
        Client, Image, Insertion, Options, RedfishError, Source, Update, Updated, Watch,
    },
    simulate::template::dialects,
};
use serde_json::json;

use crate::{
    server::run,
    simulated::{connect, site},
};

/// Returns an image for simulated hosts, of some size.
fn image(folder: &tempfile::TempDir, first: &str) -> Image {
    let path = folder.path().join("bmc.bin");
    let mut content = format!("simulated-firmware {first}\n").into_bytes();
    content.resize(300_000, b'x');
    fs::write(&path, content).expect("written");
    Image::open(&path, None).expect("an image")
}

fn nowhere() -> Option<String> {
    None
}

fn wanted<'a>(image: &'a Image, targets: &'a [String]) -> Update<'a> {
    Update {
        source: Source::File { image, offer: &nowhere },
        targets,
        apply: None,
        protocol: None,
        credential: None,
        expect: None,
        settle: Duration::from_secs(20),
    }
}

/// Updates a host with the faults; returns what became of it.
fn updated(
    dialect: &str,
    faults: &str,
    first: &str,
    targets: &[&str],
) -> Result<Updated, RedfishError> {
    let folder = tempfile::tempdir().expect("a folder");
    let image = image(&folder, first);
    let targets: Vec<String> = targets.iter().map(|one| (*one).to_owned()).collect();
    let site = site(&[(dialect.to_owned(), faults.to_owned())]);
    run(async {
        let client = connect(&site.places()[0], Options::default()).await.expect("let in");
        let mut update = wanted(&image, &targets);
        if faults.contains("update-ignored") || faults.contains("update-cut=9") {
            update.settle = Duration::from_millis(100);
        }
        let updated = client.update(&update).await;
        client.close().await;
        updated
    })
}

fn versions(updated: &Updated) -> Vec<(&str, Option<&str>, Option<&str>)> {
    let changes = updated.changes.iter();
    changes.map(|one| (one.id.as_str(), one.before.as_deref(), one.after.as_deref())).collect()
}

#[test]
fn a_file_is_installed_at_every_make_that_takes_files() {
    for dialect in dialects() {
        let went = updated(&dialect, "", "CPLD 9.1", &["CPLD"]);
        // These only fetch, and nobody serves it to them here.
        if ["h3c", "inspur", "zte", "enginetech"].contains(&dialect.as_str()) {
            let Ok(Updated { outcome: Outcome::Unsupported { why }, .. }) = &went else {
                panic!("{dialect}: {went:?}")
            };
            assert!(why.1.contains("only fetches"), "{dialect}: {why:?}");
            continue;
        }
        let went = went.unwrap_or_else(|error| panic!("{dialect}: {error:?}"));
        assert_eq!(went.outcome, Outcome::Done, "{dialect}: {went:?}");
        assert_eq!(versions(&went), [("CPLD", Some("0.9"), Some("9.1"))], "{dialect}");
    }
}

#[test]
fn each_make_gets_its_own_word_for_keeping_its_settings() {
    // Simulated hosts take an image that is elsewhere for what its name says.
    let url = "https://192.0.2.1/CPLD-9.1.bin";
    let makes = [
        ("dmtf", ""),
        ("openubmc", ""),
        ("xfusion", "PreserveConfig"),
        ("h3c", "Preserve"),
        ("inspur", "PreserveConf"),
        ("ami", "SaveConfig"),
        ("zte", "PreserveConf"),
        ("enginetech", "PreserveConf"),
    ];
    let site = site(&makes.map(|(make, _)| (make.to_owned(), "update-keep".to_owned())));
    run(async {
        for (place, (make, word)) in site.places().iter().zip(makes) {
            let client = connect(place, Options::default()).await.expect("let in");
            let cpld = "/redfish/v1/UpdateService/FirmwareInventory/CPLD";
            if !word.is_empty() {
                // The host does not take less.
                let bare = json!({ "ImageURI": url, "Targets": [cpld],
                    "Oem": { "Public": { "FlashItem": "CPLD" } } });
                let action = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
                let reply = client.post(action, Some(bare)).await.expect("an answer");
                assert_eq!(reply.status, Some(400), "{make}");
                let said = reply.json().to_string();
                assert!(said.contains(&format!("parameter {word} be present")), "{make}: {said}");
            }
            let targets = ["CPLD".to_owned()];
            let update = Update {
                source: Source::Url(url),
                targets: &targets,
                apply: None,
                protocol: None,
                credential: None,
                expect: None,
                settle: Duration::from_secs(20),
            };
            let went = client.update(&update).await;
            client.close().await;
            let went = went.unwrap_or_else(|error| panic!("{make}: {error:?}"));
            assert_eq!(went.outcome, Outcome::Done, "{make}: {went:?}");
            assert_eq!(versions(&went), [("CPLD", Some("0.9"), Some("9.1"))], "{make}");
            let noted = went.notes.iter().any(|note| note.text.1.contains("its settings are kept"));
            assert_eq!(noted, !word.is_empty(), "{make}: {:?}", went.notes);
        }
    });
}

#[test]
fn an_update_goes_through_whatever_the_bmc_does_meanwhile() {
    let faults = [
        "update-busy=2",
        "update-cut=1",
        "update-restart=1500,task-time=1000",
        "update-push",
        "update-push,update-cut=1",
        "task-no-location",
        "task-id-only",
        "task-200-success",
        "task-state-unknown",
        "task-messages-object",
        "task-percent-text",
        "task-gone",
        "session-lost=25",
        "conn-close",
        "latency=30",
        "busy-503=2",
        "type-na",
        "etag-required",
    ];
    for fault in faults {
        let went = updated("dmtf", fault, "BMC 2.5", &["BMC"]);
        let went = went.unwrap_or_else(|error| panic!("{fault}: {error:?}"));
        assert_eq!(went.outcome, Outcome::Done, "{fault}: {went:?}");
        assert_eq!(versions(&went), [("BMC", Some("1.00"), Some("2.5"))], "{fault}");
    }
}

#[test]
fn what_is_not_installed_is_never_told_to_be() {
    let went = updated("dmtf", "update-ignored", "BMC 2.5", &["BMC"]).expect("an answer");
    assert!(matches!(&went.outcome, Outcome::NotKept { found, .. } if found == "BMC 1.00"));
    // The same version is no other one.
    let folder = tempfile::tempdir().expect("a folder");
    let image = image(&folder, "BMC 1.00");
    let site = site(&[("dmtf".to_owned(), String::new())]);
    run(async {
        let client = connect(&site.places()[0], Options::default()).await.expect("let in");
        let targets = ["BMC".to_owned()];
        let update = Update { settle: Duration::from_millis(1500), ..wanted(&image, &targets) };
        let went = client.update(&update).await.expect("an answer");
        assert!(matches!(went.outcome, Outcome::NotKept { .. }), "{went:?}");
        // Unless it is what is expected: then nothing is even sent.
        let update = Update { expect: Some("1.00"), ..update };
        let went = client.update(&update).await.expect("an answer");
        assert_eq!(went.outcome, Outcome::Done);
        assert!(went.notes[0].text.1.contains("nothing was sent"), "{went:?}");
        client.close().await;
    });
}

#[test]
fn a_refusal_is_one_sentence_in_the_words_of_the_bmc() {
    for (dialect, fault, first, said) in [
        ("dmtf", "", "BMC 2.5 Huawei", "is for Huawei servers"),
        ("huawei", "", "BMC 7.0 Lenovo", "is for Lenovo servers"),
        ("dmtf", "update-refused", "BMC 2.5", "is for other servers"),
        ("dmtf", "", "FPGA 2.5", "which is not here"),
        ("dmtf", "", "BIOS 2.5", "not for the target"),
        ("dmtf", "task-fails", "BMC 2.5", "as it was told to"),
    ] {
        let error = updated(dialect, fault, first, &["BMC"]).expect_err(first);
        let RedfishError::GaveUp { .. } = &error else { panic!("{first}: {error:?}") };
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.in_chinese().starts_with("BMC 已受理"), "{}", error.in_chinese());
    }
    // Where every upload breaks off it is not installed, whatever of it was on the way.
    match updated("dmtf", "update-cut=9", "BMC 2.5", &["BMC"]) {
        Err(RedfishError::Cut { sent, of: 300_000 }) => assert!(sent < 300_000, "{sent}"),
        Ok(Updated { outcome: Outcome::NotKept { found, .. }, .. }) => {
            assert_eq!(found, "BMC 1.00");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_meant_is_declined_before_anything_is_sent() {
    for (targets, said) in [
        (&["GPU"][..], "there is no component `GPU`; there are: BMC, BIOS, CPLD, RAID1"),
        (&["BMC", "nothing"], "there is no component `nothing`"),
    ] {
        let error = updated("dmtf", "", "BMC 2.5", targets).expect_err("declined");
        assert!(matches!(error, RedfishError::Declined { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// Updates a host by the address of an image; returns what became of it, and of doing it again.
fn fetched(dialect: &str, faults: &str, url: &str) -> [Result<Updated, RedfishError>; 2] {
    let site = site(&[(dialect.to_owned(), faults.to_owned())]);
    let (targets, password) = (["CPLD".to_owned()], Secret::new("p@ss/w".to_owned()));
    run(async {
        let client = connect(&site.places()[0], Options::default()).await.expect("let in");
        let update = Update {
            source: Source::Url(url),
            targets: &targets,
            apply: None,
            protocol: None,
            credential: url.starts_with("sftp").then_some(("images", &password)),
            expect: None,
            settle: Duration::from_secs(2),
        };
        let both = [client.update(&update).await, client.update(&update).await];
        client.close().await;
        both
    })
}

#[test]
fn a_task_whose_states_are_numbers_is_followed_to_its_end() {
    let url = "nfs://192.0.2.1/CPLD-9.1.bin";
    let [went, again] = fetched("inspur", "", url);
    let went = went.expect("an answer");
    assert_eq!(went.outcome, Outcome::Done, "{went:?}");
    assert_eq!(versions(&went), [("CPLD", Some("0.9"), Some("9.1"))]);
    let told = went.notes.iter().find(|note| note.quirk == Some("task-state-number"));
    assert!(told.is_some_and(|note| note.guessed), "{went:?}");
    // The one that has ended is in nobody's way.
    assert!(matches!(again, Ok(Updated { outcome: Outcome::NotKept { .. }, .. })), "{again:?}");
    let [failed, _] = fetched("inspur", "task-fails", url);
    assert!(
        matches!(&failed, Err(RedfishError::GaveUp { said, .. })
        if said.text.contains("as it was told to")),
        "{failed:?}"
    );
}

#[test]
fn hdm_fetches_as_whom_the_url_names_and_nobody_is_told_who() {
    let [went, _] = fetched("h3c", "", "sftp://192.0.2.1/CPLD-9.1.bin");
    let went = went.expect("an answer");
    assert_eq!(versions(&went), [("CPLD", Some("0.9"), Some("9.1"))], "{went:?}");
    assert!(!format!("{went:?}").contains("p%40ss"), "{went:?}");
    // What the BMC says of the image has its address.
    let [failed, _] = fetched("h3c", "", "sftp://192.0.2.1/what.bin");
    let error = failed.expect_err("it is no firmware");
    let shown = format!("{error} {} {error:?}", error.in_chinese());
    assert!(shown.contains("sftp://192.0.2.1/what.bin") && !shown.contains("ss%2F"), "{shown}");
}

#[test]
fn what_no_recording_of_a_make_shows_is_told_to_be_guessed() {
    let makes = [("huawei", false), ("xfusion", true), ("h3c", true)];
    let site = site(&makes.map(|(make, _)| (make.to_owned(), String::new())));
    run(async {
        for (place, (make, guessed)) in site.places().iter().zip(makes) {
            let client = connect(place, Options::default()).await.expect("let in");
            let wanted = volume(Level::Raid1, &["Disk1", "Disk2"]);
            let with = Insertion::default();
            let both = [
                client.insert("nfs://192.0.2.1/os.iso", &with).await,
                client.create_volume(&wanted).await,
            ];
            client.close().await;
            for acted in both {
                let notes = acted.expect("an answer").notes;
                assert!(notes.iter().any(|note| note.quirk.is_some()), "{make}: {notes:?}");
                let told = notes.iter().any(|note| note.guessed);
                assert_eq!(told, guessed, "{make}: {notes:?}");
            }
        }
    });
}

#[test]
fn an_update_that_runs_is_followed_and_no_other_is_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = image(&folder, "CPLD 3");
    let site = site(&[("dmtf".to_owned(), "task-time=3000".to_owned())]);
    let stages = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&stages);
    run(async {
        let first = connect(&site.places()[0], Options::default()).await.expect("let in");
        let error = first.follow(None).await.expect_err("none runs");
        assert!(matches!(error, RedfishError::Missing { what: "update that runs" }), "{error:?}");
        assert!(matches!(first.follow(Some("77")).await, Err(RedfishError::Missing { .. })));
        // Stopped after it was sent, as by Ctrl-C.
        let update = wanted(&image, &[]);
        drop(tokio::time::timeout(Duration::from_millis(900), first.update(&update)).await);
        let options = Options {
            watch: Watch::new(move |stage| told.lock().expect("no panic").push(stage)),
            ..Options::default()
        };
        let second = connect(&site.places()[0], options).await.expect("let in");
        let error = second.update(&update).await.expect_err("one runs");
        assert!(error.to_string().contains("an update runs already"), "{error}");
        let (task, followed) = second.follow(None).await.expect("it runs");
        assert_eq!(followed.outcome, Outcome::Done);
        let (_, read) = second.components().await.expect("a list");
        let cpld = read.value.iter().find(|one| one.id == "CPLD").expect("a CPLD");
        assert_eq!(cpld.version.as_deref(), Some("3"));
        // One that has ended has, however it is named.
        let id = task.rsplit('/').next().expect("an id").to_owned();
        let (again, ended) = second.follow(Some(&id)).await.expect("it is there");
        assert_eq!((again, ended.outcome), (task, Outcome::Done));
        first.close().await;
        second.close().await;
    });
    let stages = stages.lock().expect("no panic");
    let percent = |stage: &Stage| match stage {
        Stage::Working { percent } => *percent,
        _ => None,
    };
    let told: Vec<u8> = stages.iter().filter_map(percent).collect();
    assert!(told.len() > 1 && told.is_sorted(), "{stages:?}");
}

fn volume(level: Level, drives: &[&str]) -> Wanted {
    Wanted {
        level,
        drives: drives.iter().map(|drive| (*drive).to_owned()).collect(),
        controller: None,
        name: Some("os".to_owned()),
        size_bytes: None,
        stripe_bytes: None,
        init: None,
        encrypt: false,
        mixed: false,
    }
}

async fn made_and_removed(client: &Client) -> Result<(), String> {
    let said = |error: RedfishError| error.to_string();
    let wanted = volume(Level::Raid1, &["Disk1", "Disk2"]);
    let acted = client.create_volume(&wanted).await.map_err(said)?;
    if acted.outcome != Outcome::Done {
        return Err(format!("{acted:?}"));
    }
    let (_, read) = client.arrays().await.map_err(said)?;
    let [made] = read.value.volumes.as_slice() else {
        return Err(format!("{:?}", read.value.volumes));
    };
    if made.level.as_deref() != Some("RAID1") || made.drives.len() != 2 {
        return Err(format!("{made:?}"));
    }
    // Its drives are in use now, and a name that nobody has removes nothing.
    for wrong in [
        client.create_volume(&volume(Level::Raid0, &["Disk2"])).await,
        client.delete_volumes(&["all".to_owned()]).await,
        client.delete_volumes(&[made.id.clone(), "nothing".to_owned()]).await,
    ] {
        if !matches!(wrong, Err(RedfishError::Declined { .. })) {
            return Err(format!("{wrong:?}"));
        }
    }
    let acted = client.delete_volumes(std::slice::from_ref(&made.id)).await.map_err(said)?;
    let told = acted.notes.iter().any(|note| note.text.1.contains("RAID1"));
    let (_, read) = client.arrays().await.map_err(said)?;
    if acted.outcome != Outcome::Done || !told || !read.value.volumes.is_empty() {
        return Err(format!("{acted:?} {:?}", read.value.volumes));
    }
    Ok(())
}

#[test]
fn a_volume_is_made_and_removed_at_every_make_and_in_every_form() {
    let faults = [
        "volume-old",
        "volume-beside",
        "volume-cc",
        "task-no-location",
        "task-200-success",
        "task-gone",
        "etag-required",
        "action-200",
        "latency=20",
        "session-lost=40",
    ];
    let makes = dialects().into_iter().map(|name| (name, String::new()));
    let faults = faults.iter().map(|fault| ("dmtf".to_owned(), (*fault).to_owned()));
    let hosts: Vec<(String, String)> = makes.chain(faults).collect();
    let site = site(&hosts);
    run(async {
        for (at, host) in hosts.iter().enumerate() {
            let client = connect(&site.places()[at], Options::default()).await.expect("let in");
            let went = made_and_removed(&client).await;
            client.close().await;
            assert_eq!(went, Ok(()), "{host:?}");
        }
    });
}

#[test]
fn a_volume_whose_answer_has_another_code_than_0_is_refused_in_the_words_of_the_bmc() {
    let site = site(&[("inspur".to_owned(), "volume-cc-fails".to_owned())]);
    run(async {
        let client = connect(&site.places()[0], Options::default()).await.expect("let in");
        let acted = client.create_volume(&volume(Level::Raid1, &["Disk1", "Disk2"])).await;
        let (_, read) = client.arrays().await.expect("a list");
        client.close().await;
        let error = acted.expect_err("refused");
        assert!(matches!(error, RedfishError::Refused { status: 200, .. }), "{error:?}");
        assert!(error.to_string().contains("The controller has no volume left"), "{error}");
        assert!(read.value.volumes.is_empty());
    });
}

#[test]
fn a_volume_that_is_answered_and_not_made_is_told() {
    let site = site(&[("dmtf".to_owned(), "volume-lost".to_owned())]);
    run(async {
        let options = Options { total: Duration::from_secs(20), ..Options::default() };
        let client = connect(&site.places()[0], options).await.expect("let in");
        let acted = client.create_volume(&volume(Level::Raid1, &["Disk1", "Disk2"])).await;
        client.close().await;
        let acted = acted.expect("an answer");
        assert!(matches!(acted.outcome, Outcome::NotKept { .. }), "{acted:?}");
    });
}
