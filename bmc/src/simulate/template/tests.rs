//! What simulated hosts are made of.

use super::*;

#[test]
fn every_dialect_is_whole() {
    for name in dialects() {
        let base = Base::made(&name, Numbers::default(), &Knobs::default()).expect("made");
        for (path, body) in &base.documents {
            assert_eq!(body["@odata.id"].as_str(), Some(path.as_str()), "{name}");
            let text = body.to_string();
            assert!(!text.contains("\"$") && !text.contains("~/"), "{name} {path}: {text}");
            links(body, &mut |link| {
                let link = link.split('#').next().unwrap_or_default();
                assert!(base.documents.contains_key(link), "{name}: {path} links {link}");
            });
        }
        for path in [&base.system, &base.manager, &base.chassis] {
            assert!(base.documents.contains_key(path), "{name} {path}");
        }
    }
}

fn links(value: &Value, see: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(all) => all.iter().for_each(|value| links(value, see)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(link) if name == "@odata.id" => see(link),
                    _ => links(value, see),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn there_is_as_much_as_was_asked_for() {
    let numbers = Numbers { cpus: 4, dimms: 32, drives: 12, gpus: 8, ..Numbers::default() };
    let base = Base::made("xfusion", numbers, &Knobs::default()).expect("made");
    let below = |place: &str| {
        let place = format!("{}/{place}/", base.system);
        base.documents.keys().filter(|path| path.starts_with(&place)).count()
    };
    assert_eq!(below("Processors"), 12);
    assert_eq!(below("Memory"), 32);
    assert_eq!(below("Storages/RAID1/Drives"), 12);
    let system = base.documents.get(&base.system).expect("a system");
    // As iBMC counts them.
    assert_eq!(system["ProcessorSummary"]["Count"], 1);
    assert_eq!(system["ProcessorSummary"]["CoreCount"], 128);
    assert_eq!(system["Manufacturer"], "xFusion");
    assert!(matches!(
        Base::made("nobody", numbers, &Knobs::default()),
        Err(TemplateError::Dialect { .. })
    ));
}
