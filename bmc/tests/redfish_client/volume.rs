//! Volumes: what may be made of which drives, in which form it is asked for, and what is read back.

use bmc::{
    dialect::{Marks, Rules},
    operation::{
        Outcome,
        raid::{Arrays, Controller, Drive, Init, Level, Volume, Wanted},
    },
    redfish::ladder::{
        script::{Reply, Request, Verdict},
        volume::{
            self,
            plan::{self, Declined, Plan},
        },
    },
};
use serde_json::{Value, json};

use crate::talk::{Talk, Tree, answer, error, needs, rules, status, talk, with};

const STORAGE: &str = "/redfish/v1/Systems/1/Storage/RAID1";
const VOLUMES: &str = "/redfish/v1/Systems/1/Storage/RAID1/Volumes";
const TASK: &str = "/redfish/v1/TaskService/Tasks/7";

fn drive(number: u64) -> Drive {
    Drive {
        id: format!("Disk{number}"),
        place: format!("/redfish/v1/Chassis/1/Drives/Disk{number}"),
        storage: STORAGE.to_owned(),
        serial: Some(format!("SN{number}")),
        size_bytes: Some(1000),
        media: Some("SSD".to_owned()),
        protocol: Some("SAS".to_owned()),
        state: Some("Enabled".to_owned()),
        health: Some("OK".to_owned()),
        number: Some(number),
        ..Drive::default()
    }
}

fn arrays(drives: u64) -> Arrays {
    let controller = Controller {
        id: "RAID1".to_owned(),
        place: STORAGE.to_owned(),
        volumes: Some(VOLUMES.to_owned()),
        ..Controller::default()
    };
    Arrays {
        controllers: vec![controller],
        drives: (1..=drives).map(drive).collect(),
        ..Arrays::default()
    }
}

fn wanted(level: Level, drives: &[&str]) -> Wanted {
    Wanted {
        level,
        drives: drives.iter().map(|drive| (*drive).to_owned()).collect(),
        controller: None,
        name: None,
        size_bytes: None,
        stripe_bytes: None,
        init: None,
        encrypt: false,
        mixed: false,
    }
}

fn named(count: u64) -> Vec<String> {
    (1..=count).map(|at| format!("Disk{at}")).collect()
}

fn plan_of(level: Level, count: u64) -> Plan {
    let names = named(count);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    plan::plan(&wanted(level, &names), &arrays(count)).expect("it may be made")
}

#[test]
fn each_level_has_its_least_number_of_drives_and_what_they_hold() {
    let levels = [
        (Level::Raid0, 1, 1, 1),
        (Level::Raid1, 2, 1, 1),
        (Level::Raid5, 3, 2, 1),
        (Level::Raid6, 4, 2, 1),
        (Level::Raid10, 4, 2, 2),
        (Level::Raid50, 6, 4, 2),
        (Level::Raid60, 8, 4, 2),
    ];
    for (level, least, holding, spans) in levels {
        let names = named(least);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let arrays = arrays(least);
        let mut asked = wanted(level, &names);
        assert!(plan::plan(&asked, &arrays).is_ok(), "{level:?}");
        asked.size_bytes = Some(holding * 1000);
        assert!(plan::plan(&asked, &arrays).is_ok(), "{level:?}");
        asked.size_bytes = Some(holding * 1000 + 1);
        let declined = plan::plan(&asked, &arrays);
        assert!(matches!(declined, Err(Declined::Large { .. })), "{level:?}: {declined:?}");
        if least > 1 {
            let declined = plan::plan(&wanted(level, &names[1..]), &arrays);
            assert!(matches!(declined, Err(Declined::Few { .. })), "{level:?}");
        }
        assert_eq!(level.spans(usize::try_from(least).expect("small")), spans, "{level:?}");
    }
    let odd = plan::plan(
        &wanted(Level::Raid10, &["Disk1", "Disk2", "Disk3", "Disk4", "Disk5"]),
        &arrays(5),
    );
    assert!(matches!(odd, Err(Declined::Odd { count: 5, .. })));
}

#[test]
fn drives_that_are_not_known_to_be_free_and_sound_are_not_taken() {
    type Change = fn(&mut Arrays);
    let cases: [(Change, &str); 17] = [
        (|all| all.drives[0].id = "X".to_owned(), "there is no drive `Disk1`"),
        (|all| all.drives[1].id = "Disk1".to_owned(), "`Disk1` is several"),
        (
            |all| {
                let drives = vec![all.drives[0].place.clone()];
                all.volumes.push(Volume { id: "V1".to_owned(), drives, ..Volume::default() });
            },
            "drive `Disk1` is in the volume `V1`",
        ),
        (
            |all| all.drives[1].volumes = vec![format!("{VOLUMES}/9")],
            "drive `Disk2` is in the volume `9`",
        ),
        (|all| all.drives[0].spare = Some("Global".to_owned()), "is a hot spare (Global)"),
        (
            |all| {
                let spares = vec![all.drives[0].place.clone()];
                all.volumes.push(Volume { id: "V1".to_owned(), spares, ..Volume::default() });
            },
            "is a hot spare (V1)",
        ),
        (|all| all.drives[0].is_failing = Some(true), "free and sound: FailurePredicted"),
        (|all| all.drives[0].health = Some("Warning".to_owned()), "Health Warning"),
        (|all| all.drives[0].health = None, "Health ?, State Enabled"),
        (
            |all| all.drives[0].state = Some("UnavailableOffline".to_owned()),
            "State UnavailableOffline",
        ),
        (|all| all.drives[0].standing = Some("Online".to_owned()), "free and sound: Online"),
        (|all| all.drives[0].standing = Some("JBOD".to_owned()), "free and sound: JBOD"),
        (|all| all.drives[0].media = Some("HDD".to_owned()), "several kinds (SAS HDD, SAS SSD)"),
        (|all| all.drives[0].protocol = None, "several kinds (? SSD, SAS SSD)"),
        (|all| all.drives[0].size_bytes = None, "size of drive `Disk1` is not known"),
        (
            |all| all.drives[0].storage = "/redfish/v1/Systems/1/Storage/B".to_owned(),
            "several controllers: B, RAID1",
        ),
        (|all| all.controllers[0].levels = vec!["RAID0".to_owned()], "makes RAID0, and not RAID1"),
    ];
    let asked = wanted(Level::Raid1, &["Disk1", "Disk2"]);
    for (change, said) in cases {
        let mut all = arrays(2);
        change(&mut all);
        let declined = plan::plan(&asked, &all).expect_err(said);
        assert!(declined.to_string().contains(said), "{declined}: {said}");
        assert!(!declined.in_chinese().is_empty());
    }
    let twice = plan::plan(&wanted(Level::Raid1, &["Disk1", "SN1"]), &arrays(2));
    assert!(matches!(twice, Err(Declined::Twice { .. })), "{twice:?}");
    let mut none = arrays(2);
    none.controllers[0].volumes = None;
    assert!(matches!(plan::plan(&asked, &none), Err(Declined::NoVolumes { .. })));
    // What its controller calls free is, though nobody tells its health.
    let mut free = arrays(2);
    free.drives[0].health = None;
    free.drives[0].standing = Some("UnconfiguredGood".to_owned());
    assert!(plan::plan(&asked, &free).is_ok());
    // Drives of several kinds are taken where that was said.
    let mut mixed = arrays(2);
    mixed.drives[0].media = Some("HDD".to_owned());
    assert!(plan::plan(&Wanted { mixed: true, ..asked.clone() }, &mixed).is_ok());
    // A controller that is named has to have them.
    let elsewhere = Wanted { controller: Some("B".to_owned()), ..asked };
    assert!(plan::plan(&elsewhere, &arrays(2)).is_err());
}

#[test]
fn a_volume_is_named_by_its_id_its_own_name_or_its_path_and_never_all_of_them() {
    let volume = |id: &str, name: &str| Volume {
        id: id.to_owned(),
        place: format!("{VOLUMES}/{id}"),
        name: Some(name.to_owned()),
        ..Volume::default()
    };
    let mut all = arrays(0);
    all.volumes =
        vec![volume("1", "os"), volume("2", "data"), volume("3", "data"), volume("4", "1")];
    let find = |word: &str| {
        let found = plan::volumes(&[word.to_owned()], &all);
        found.map(|found| found.iter().map(|one| one.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(find("os"), Ok(vec!["1".to_owned()]));
    assert_eq!(find("2"), Ok(vec!["2".to_owned()]));
    assert_eq!(find(&format!("{VOLUMES}/3")), Ok(vec!["3".to_owned()]));
    for word in ["data", "1"] {
        assert!(matches!(find(word), Err(Declined::Ambiguous { .. })), "{word}");
    }
    for word in ["all", "*", "", "OS", "5"] {
        assert!(matches!(find(word), Err(Declined::NoVolume { .. })), "{word}");
    }
}

/// A collection that takes volumes, and makes them as they are asked for.
fn makes(request: &Request, tree: &mut Tree) -> Option<Reply> {
    match (request.method.name(), request.path.as_str()) {
        ("POST", VOLUMES) => {
            let sent = request.body.clone().expect("a body");
            let links = |at: &str| sent.pointer(at).cloned().unwrap_or_else(|| json!([]));
            let mut made = sent.clone();
            let oem = made.as_object_mut().and_then(|own| own.remove("Oem"));
            made["Links"] = json!({ "Drives": links("/Links/Drives") });
            if let Some(Value::Array(drives)) = sent.get("Drives") {
                made["Links"]["Drives"] = drives.clone().into();
            }
            if let Some(level) = oem.and_then(|oem| {
                oem.as_object()?.values().find_map(|own| own.get("VolumeRaidLevel").cloned())
            }) {
                made["RAIDType"] = level;
            }
            let path = format!("{VOLUMES}/1");
            tree.insert(path.clone(), made);
            tree.insert(VOLUMES.to_owned(), json!({ "Members": [{ "@odata.id": path }] }));
            Some(with(status(202), "location", TASK))
        }
        ("DELETE", path) => {
            tree.remove(path);
            tree.insert(VOLUMES.to_owned(), json!({ "Members": [] }));
            Some(with(status(202), "location", TASK))
        }
        _ => None,
    }
}

fn tree() -> Value {
    json!({ VOLUMES: { "Members": [] }, TASK: { "TaskState": "Completed" } })
}

fn create(
    plan: &Plan,
    rules: &Rules,
    own: &mut dyn FnMut(&Request, &mut Tree) -> Option<Reply>,
) -> Talk<Verdict> {
    talk(&tree(), own, &|script| volume::create(script, plan, rules))
}

fn sent(went: &Talk<Verdict>) -> Vec<Value> {
    let posts = went.changes().into_iter().filter(|(method, ..)| *method == "POST");
    posts.filter_map(|(_, _, body)| body.cloned()).collect()
}

fn links(count: u64) -> Value {
    (1..=count)
        .map(|at| json!({ "@odata.id": format!("/redfish/v1/Chassis/1/Drives/Disk{at}") }))
        .collect()
}

#[test]
fn a_volume_is_asked_for_by_its_level_and_links_and_read_back() {
    let mut plan = plan_of(Level::Raid5, 3);
    plan.name = Some("data".to_owned());
    plan.size_bytes = Some(1500);
    plan.stripe_bytes = Some(65536);
    plan.encrypt = true;
    let went = create(&plan, &rules(""), &mut makes);
    assert!(went.is_done(), "{:?}", went.end);
    let expected = json!({ "RAIDType": "RAID5", "Links": { "Drives": links(3) }, "Name": "data",
        "CapacityBytes": 1500, "StripSizeBytes": 65536, "Encrypted": true });
    assert_eq!(sent(&went), [expected]);
}

#[test]
fn a_form_that_is_not_understood_is_followed_by_the_next_and_a_refusal_by_none() {
    let refuses = |name: &'static str| {
        move |request: &Request, tree: &mut Tree| {
            let has = request.body.as_ref().is_some_and(|body| body.get(name).is_some());
            if has {
                return Some(error(400, "PropertyUnknown", "It is not known."));
            }
            makes(request, tree)
        }
    };
    let plan = plan_of(Level::Raid1, 2);
    let went = create(&plan, &rules(""), &mut refuses("Links"));
    assert!(went.is_done());
    assert_eq!(sent(&went)[1], json!({ "RAIDType": "RAID1", "Drives": links(2) }));
    let went = create(&plan, &rules(""), &mut refuses("RAIDType"));
    assert!(went.is_done(), "{:?}", went.end);
    assert_eq!(sent(&went)[2], json!({ "VolumeType": "Mirrored", "Drives": links(2) }));
    // What is wrong with the drives is wrong in every form.
    let mut busy = |request: &Request, _: &mut Tree| {
        (request.method.name() == "POST").then(|| error(400, "ResourceInUse", "It is in use."))
    };
    let went = create(&plan, &rules(""), &mut busy);
    assert!(went.end.is_err());
    assert_eq!(sent(&went).len(), 1);
}

#[test]
fn a_collection_that_says_what_its_members_take_is_asked_in_that_form() {
    let caps = "/redfish/v1/Systems/1/Storage/RAID1/Volumes/Capabilities";
    let mut tree = tree();
    tree[VOLUMES]["@Redfish.CollectionCapabilities"] = json!({ "Capabilities": [
        { "CapabilitiesObject": { "@odata.id": caps } }] });
    for (body, first) in [
        (json!({ "RAIDType@Redfish.RequiredOnCreate": true, "Links": {} }), "Links"),
        (json!({ "RAIDType@Redfish.RequiredOnCreate": true, "Drives": [] }), "Drives"),
        (json!({ "VolumeType@Redfish.RequiredOnCreate": true }), "VolumeType"),
    ] {
        tree[caps] = body;
        let plan = plan_of(Level::Raid1, 2);
        let went = talk(&tree, &mut makes, &|script| volume::create(script, &plan, &rules("")));
        assert!(went.is_done(), "{first}: {:?}", went.end);
        let sent = sent(&went);
        assert_eq!(sent.len(), 1, "{first}");
        assert!(sent[0].get(first).is_some(), "{first}: {}", sent[0]);
    }
}

#[test]
fn ibmc_is_told_the_numbers_of_drives() {
    let mut plan = plan_of(Level::Raid10, 4);
    plan.namespace = Some("Huawei".to_owned());
    plan.init = Some(Init::Full);
    plan.name = Some("os".to_owned());
    needs("raid-numbers", &rules("Huawei"), &|rules| {
        let went = create(&plan, rules, &mut makes);
        let expected = json!({ "Oem": { "Huawei": { "VolumeRaidLevel": "RAID10",
            "Drives": [1, 2, 3, 4], "SpanNumber": 2, "VolumeName": "os",
            "InitializationMode": "FullInit" } } });
        assert!(went.notes.iter().all(|note| !note.guessed), "it was recorded: {:?}", went.notes);
        went.is_done() && sent(&went) == [expected]
    });
    // xFusion has its own name there, and that it is so there is inferred.
    plan.namespace = Some("xFusion".to_owned());
    let went = create(&plan, &rules("xFusion"), &mut makes);
    assert!(went.notes.iter().any(|note| note.quirk == Some("raid-numbers") && note.guessed));
    assert!(sent(&went)[0].pointer("/Oem/xFusion/Drives").is_some());
}

#[test]
fn hdm_is_told_a_list_of_disks() {
    let marks = Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["H3C".to_owned()],
        ..Marks::default()
    };
    let plan = plan_of(Level::Raid1, 2);
    needs("raid-disks", &Rules::of(&marks), &|rules| {
        let went = create(&plan, rules, &mut makes);
        let expected = json!({ "Oem": { "Level": "RAID 1", "SpanNum": 1, "NumDrives": 2,
            "PhysicalDiskList": [{ "group_id": 0, "id": 1 }, { "group_id": 0, "id": 2 }] } });
        went.is_done() && sent(&went) == [expected]
    });
    let note = create(&plan, &Rules::of(&marks), &mut makes).notes.remove(0);
    assert_eq!((note.quirk, note.guessed), (Some("raid-disks"), true));
    let (chinese, english) = note.told();
    assert!(english.ends_with("disks (guessed: no recording of this make shows it)"), "{english}");
    assert!(chinese.ends_with("PhysicalDiskList（推测：没有该厂商的录制样本佐证）"), "{chinese}");
}

#[test]
fn a_volume_that_is_answered_and_not_there_is_not_kept_and_another_is_none_of_ours() {
    let mut lies = |request: &Request, _: &mut Tree| {
        (request.method.name() == "POST").then(|| answer(200, json!({ "cc": 0, "Status": "OK" })))
    };
    let plan = plan_of(Level::Raid1, 2);
    let went = create(&plan, &rules(""), &mut lies);
    assert_eq!(
        went.end,
        Ok(Outcome::NotKept { sent: "RAID1 × 2".to_owned(), found: "-".to_owned() })
    );
    let mut other = |request: &Request, tree: &mut Tree| {
        let reply = makes(request, tree);
        if let Some(made) = tree.get_mut(&format!("{VOLUMES}/1")) {
            made["RAIDType"] = "RAID0".into();
        }
        reply
    };
    let went = create(&plan, &rules(""), &mut other);
    assert!(matches!(&went.end, Ok(Outcome::NotKept { found, .. }) if found == "RAID0 × 2"));
    // A task that failed says why.
    let mut tree = tree();
    tree[TASK] = json!({ "TaskState": "Exception", "Messages": [{ "Message": "Out of groups." }] });
    let went = talk(&tree, &mut makes, &|script| volume::create(script, &plan, &rules("")));
    assert_eq!(went.end.as_ref().expect_err("failed").said.text, "Out of groups.");
}

#[test]
fn a_new_volume_is_prepared_by_the_action_that_it_advertises() {
    let target = format!("{VOLUMES}/1/Actions/Volume.Initialize");
    let action = target.clone();
    let mut own = move |request: &Request, tree: &mut Tree| {
        if request.path == action {
            assert_eq!(request.body, Some(json!({ "InitializeType": "Slow" })));
            return Some(with(status(202), "location", TASK));
        }
        let reply = makes(request, tree);
        if let Some(made) = tree.get_mut(&format!("{VOLUMES}/1")) {
            made["Actions"] = json!({ "#Volume.Initialize": { "target": action } });
        }
        reply
    };
    let plan = Plan { init: Some(Init::Full), ..plan_of(Level::Raid1, 2) };
    let went = create(&plan, &rules(""), &mut own);
    assert!(went.is_done(), "{:?}", went.end);
    assert_eq!(went.changes().last().map(|(_, path, _)| *path), Some(target.as_str()));
}

#[test]
fn a_volume_is_removed_and_looked_for() {
    let path = format!("{VOLUMES}/1");
    let mut tree = tree();
    tree[VOLUMES]["Members"] = json!([{ "@odata.id": path }]);
    tree[&path] = json!({ "@odata.etag": "W/\"1\"" });
    let remove = |own: &mut dyn FnMut(&Request, &mut Tree) -> Option<Reply>| {
        talk(&tree, own, &|script| volume::delete(script, &path, VOLUMES, &rules("")))
    };
    let went = remove(&mut makes);
    assert!(went.is_done());
    assert_eq!(went.changes().len(), 1);
    // With a tag where one is demanded.
    let went = remove(&mut |request, tree| {
        let bare = request.method.name() == "DELETE" && request.if_match.is_none();
        if bare { Some(status(428)) } else { makes(request, tree) }
    });
    assert!(went.is_done(), "{:?}", went.end);
    let went = remove(&mut |request, _| (request.method.name() == "DELETE").then(|| status(204)));
    assert_eq!(went.end, Ok(Outcome::NotKept { sent: "-".to_owned(), found: "1".to_owned() }));
    let went = remove(&mut |request, _| {
        (request.method.name() == "DELETE").then(|| error(409, "ResourceInUse", "It boots."))
    });
    assert_eq!(went.end.as_ref().expect_err("refused").said.text, "It boots.");
}
