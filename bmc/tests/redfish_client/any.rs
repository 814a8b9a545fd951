//! Whatever a BMC answers, each ladder has an end and none breaks.

use bmc::{
    credential::Secret,
    operation::{
        boot::{Device, Lasting, Override},
        power::Action,
    },
    redfish::ladder::{
        boot, eject, insert,
        message::Said,
        power, property,
        script::{Body, Method, Reply, Request, Script, Told},
        session, slot, task,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::talk::{Tree, rules, talk};

const SYSTEM: &str = "/redfish/v1/Systems/1";

/// Names that ladders look for, so that what is made is looked at.
const NAMES: &[&str] = &[
    "@odata.id",
    "@odata.etag",
    "@odata.type",
    "@Message.ExtendedInfo",
    "@Redfish.ActionInfo",
    "@Redfish.Settings",
    "Actions",
    "AllowableValues",
    "Boot",
    "BootSourceOverrideEnabled",
    "BootSourceOverrideMode",
    "BootSourceOverrideTarget",
    "ConnectedVia",
    "Entries",
    "Huawei",
    "Id",
    "Image",
    "IndicatorLED",
    "Inserted",
    "LocationIndicatorActive",
    "MediaTypes",
    "Members",
    "Message",
    "MessageArgs",
    "MessageId",
    "Messages",
    "Name",
    "Oem",
    "Parameters",
    "PowerState",
    "RelatedProperties",
    "ResetType@Redfish.AllowableValues",
    "SettingsObject",
    "TaskState",
    "VirtualMedia",
    "#ComputerSystem.Reset",
    "#LogService.ClearLog",
    "#Manager.Reset",
    "#VirtualMedia.EjectMedia",
    "#VirtualMedia.InsertMedia",
    "#VirtualMedia.VmmControl",
    "code",
    "error",
    "target",
];
const TEXTS: &[&str] = &[
    "",
    "/redfish/v1/Systems/1",
    "/redfish/v1/Managers/1/VirtualMedia",
    "//x",
    "On",
    "Off",
    "Once",
    "Continuous",
    "Disabled",
    "Completed",
    "Running",
    "CD",
    "Base.1.0.Success",
    "...",
    "100%",
    "W/\"",
    "ConnectionOccupied",
    "session limit",
    "中文",
    "TransferProtocolType is missing",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        proptest::sample::select(TEXTS).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let name = proptest::sample::select(NAMES).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

fn reply() -> impl Strategy<Value = Reply> {
    let status = proptest::sample::select(
        &[
            None,
            Some(200),
            Some(201),
            Some(202),
            Some(204),
            Some(400),
            Some(401),
            Some(403),
            Some(404),
            Some(405),
            Some(409),
            Some(412),
            Some(415),
            Some(428),
            Some(500),
            Some(503),
        ][..],
    );
    let header =
        proptest::option::of(proptest::sample::select(&["\"a\"", "W/\"a-gzip\"", "a, b", ""][..]));
    let location = proptest::option::of(proptest::sample::select(TEXTS));
    (status, header, location, value()).prop_map(|(status, etag, location, body)| {
        let pairs = [("etag", etag), ("location", location)];
        let headers = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        Reply { status, headers: headers.collect(), body: Body::Json(body), ..Reply::default() }
    })
}

/// Lets a ladder talk to a BMC that gives these answers again and again.
fn ends<T>(replies: &[Reply], ladder: &dyn Fn(&mut Script<'_>) -> Told<T>) {
    let mut at = 0;
    let mut own = |request: &Request, _: &mut Tree| {
        at += 1;
        // Reads go on with the round, so that what was read differs from one to the next.
        let turn = if request.method == Method::Get { at } else { at / 2 };
        replies.get(turn % replies.len()).cloned()
    };
    talk(&json!({}), &mut own, ladder);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_ladder_has_an_end(replies in proptest::collection::vec(reply(), 1..12), own in any::<bool>()) {
        let rules = rules(if own { "Huawei" } else { "" });
        let owners = [SYSTEM.to_owned(), "/redfish/v1/Managers/1".to_owned()];
        let password = Secret::new("x".to_owned());
        let image = insert::Image { url: "http://192.0.2.1/x.iso", slot: None, credential: None, unsigned: false };
        for action in [Action::On, Action::Off, Action::Soft, Action::Reset, Action::Cycle] {
            ends(&replies, &|script| power::power(script, SYSTEM, action, &rules));
        }
        for device in [Device::None, Device::Pxe, Device::Http] {
            let wanted = Override { device, lasting: Lasting::Persistent, firmware: None };
            ends(&replies, &|script| boot::set(script, SYSTEM, wanted, &rules));
        }
        ends(&replies, &|script| insert::insert(script, &owners, &image, &rules));
        ends(&replies, &|script| eject::eject(script, &owners, None, &rules));
        ends(&replies, &|script| property::light(script, &owners, true, &rules));
        ends(&replies, &|script| property::clear(script, SYSTEM, &rules));
        ends(&replies, &|script| property::restart(script, SYSTEM, &rules));
        for reply in &replies {
            let with = session::Login {
                user: "u", password: &password, root: reply.json(), rules: &rules, stale: Some(SYSTEM),
            };
            ends(&replies, &|script| session::login(script, &with));
            let said = Said::of(reply.json());
            prop_assert!(said.text.chars().count() <= 300);
            prop_assert!(!said.to_string().is_empty() && !said.in_chinese().is_empty());
            task::standing(reply, &rules);
            task::place(reply, &rules);
            slot::slot(SYSTEM, reply.json());
        }
    }
}
