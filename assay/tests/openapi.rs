//! The description of the daemon's interfaces, made from types by utoipa and committed, so that
//! the program carries a text and no generator.
//!
//! The types are here and not in the program: its answers are written object by object, for a
//! tree of a full node's status would be ten times its text. That answers are as described is
//! held where there are answers (`hw-tests/tests/dataplane_daemon.rs`).

#![expect(dead_code, reason = "the shapes are what counts")]

use std::{fs, path::Path};

use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

/// A text in both languages.
#[derive(ToSchema)]
struct Text {
    /// Chinese.
    zh: String,
    /// English.
    en: String,
}

/// How far the whole is.
#[derive(ToSchema)]
struct Change {
    #[schema(example = "assay/dataplane-change/v1")]
    schema: String,
    /// Number of the desired state that this change made.
    generation: u64,
    /// Whether anything of the desired state is other than before.
    changed: bool,
    /// The last generation that was applied.
    applied: u64,
    /// The last generation that was read back as wanted.
    verified: u64,
    standing: Standing,
    /// Whether all that was accepted reads back as wanted.
    ready: bool,
}

/// What stands in the way of the desired state.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum Standing {
    /// Nothing was accepted yet.
    Empty,
    /// Nothing came of it yet.
    Pending,
    /// Nothing: it reads back as wanted.
    AsWanted,
    /// It was done, and reads back otherwise.
    Differs,
    /// Something of others' is in the way.
    Conflict,
    /// More than a fifth of the ports would go: to be confirmed.
    Held,
    /// A step failed, and all was undone as far as could be.
    Failed,
    /// Nothing could be found out or done.
    Unable,
}

/// How far all objects are.
#[derive(ToSchema)]
struct Statuses {
    #[schema(example = "assay/dataplane-status/v1")]
    schema: String,
    /// Number of the accepted desired state; 0 where there is none.
    generation: u64,
    applied: u64,
    verified: u64,
    standing: Standing,
    ready: bool,
    objects: Vec<Object>,
}

/// How far an object is.
#[derive(ToSchema)]
struct Object {
    #[schema(example = "ports")]
    kind: String,
    id: String,
    /// The generation that changed it last; null where it is no longer desired.
    desired: Option<u64>,
    /// The generation of it that is applied: all of it where it equals `desired`.
    applied: u64,
    /// The generation of it that reads back as wanted.
    verified: u64,
    state: State,
    /// Why it is not as wanted.
    reason: Option<Text>,
}

/// One word for how far an object is.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum State {
    Verified,
    Applied,
    Pending,
    /// It waits for its device.
    Waiting,
    /// Something is in the way, as `reason` says.
    Blocked,
    /// It is no longer desired, and may still be there.
    Going,
}

/// Why something was refused; nothing was touched.
#[derive(ToSchema)]
#[expect(clippy::struct_field_names, reason = "it is the answer's field that says what is wrong")]
struct Error {
    #[schema(example = "assay/dataplane-error/v1")]
    schema: String,
    error: String,
    hint: Option<Text>,
    /// The current generation, where another was expected.
    current: Option<u64>,
    /// What is wrong with the body; nothing of it was taken.
    faults: Vec<Fault>,
    /// How many more there are.
    left_out: u64,
}

/// Something that is wrong with a body.
#[derive(ToSchema)]
struct Fault {
    /// `body`, or `state`: an object there that the change would leave wrong.
    #[schema(rename = "in")]
    place: String,
    /// From 1.
    line: u64,
    /// JSON pointer (RFC 6901).
    pointer: Option<String>,
    about: Text,
    what: Text,
    hint: Option<Text>,
}

/// Something that happened.
#[derive(ToSchema)]
struct Event {
    id: u64,
    /// RFC 3339, UTC.
    time: String,
    /// accepted, applied, drift, opened, waits, differs, conflict, held, rolled-back, left-over,
    /// unable, revoked, loop, loop-gone, started.
    kind: String,
    generation: u64,
    /// Whom it is about.
    #[schema(example = json!(["port a1"]))]
    objects: Vec<String>,
    text: Text,
    /// What was done, or stands in the way: the first of it.
    steps: Vec<Text>,
    /// Milliseconds from when it was noticed.
    took_ms: Option<u64>,
}

/// The last calls, the newest first (norm 8.3.9.3).
#[derive(ToSchema)]
struct Calls {
    #[schema(example = "assay/dataplane-calls/v1")]
    schema: String,
    calls: Vec<Call>,
}

/// A call.
#[derive(ToSchema)]
struct Call {
    id: u64,
    time: String,
    /// Name of the interface.
    #[schema(example = "PUT /v1/{kind}/{id}")]
    interface: String,
    /// What was sent: secrets cut, and its beginning only where it is long.
    request: String,
    response: String,
    status: u16,
    error: Option<String>,
    duration_us: u64,
    caller: Caller,
}

/// Loops there are.
#[derive(ToSchema)]
struct Looped {
    #[schema(example = "assay/dataplane-loops/v1")]
    schema: String,
    loops: Vec<Loop>,
    /// Probes that were sent.
    sent: u64,
    /// Probes that came in and meant nothing: forged, old, of nobody here.
    refused: u64,
}

/// A loop.
#[derive(ToSchema)]
struct Loop {
    /// The port that is closed for it, or would be.
    port: String,
    kind: LoopKind,
    /// The other port.
    with: Option<String>,
    /// The other port's node, where it is another.
    node: Option<String>,
    /// Whether the port is closed for it.
    blocked: bool,
    since: String,
    /// When it is taken for gone if nothing more is heard.
    until: String,
    /// How often it was back soon.
    strikes: u32,
    text: Text,
}

/// What a loop joins.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
enum LoopKind {
    /// A port with itself.
    OnePort,
    /// Two ports of this node.
    TwoPorts,
    /// A port of this node and one of another.
    TwoNodes,
    /// Not known: a daemon before this one closed the port.
    Kept,
}

/// A port that is open again.
#[derive(ToSchema)]
struct Lifted {
    #[schema(example = "assay/dataplane-lifted/v1")]
    schema: String,
    port: String,
}

/// Who called (`SO_PEERCRED`).
#[derive(ToSchema)]
struct Caller {
    pid: Option<i32>,
    uid: u32,
    gid: u32,
}

/// Read the desired state: `assay/network/v1` as JSON
#[utoipa::path(get, path = "/v1/state", responses(
    (status = 200, description = "The state; its generation is the ETag", body = Value),
    (status = 409, description = "None was accepted yet", body = Error)))]
fn read_state() {}

/// Replace the desired state: what it does not name goes
#[utoipa::path(put, path = "/v1/state",
    params(
        ("generation" = Option<u64>, Query, description = "Its number, above the current one; the next one where it is not said"),
        ("confirm" = Option<bool>, Query, description = "Agree that more than a fifth of the ports go")),
    request_body(content = Value, description = "`assay/network/v1` as JSON: `assay net schema`"),
    responses(
        (status = 200, description = "It is applied and reads back as wanted", body = Change),
        (status = 202, description = "It is accepted, and the status says what is in the way", body = Change),
        (status = 409, description = "Another generation is current", body = Error),
        (status = 413, description = "It is too large", body = Error),
        (status = 422, description = "It is not right, or this node cannot have it", body = Error)))]
fn replace_state() {}

/// Read an object of the desired state
#[utoipa::path(get, path = "/v1/{kind}/{id}",
    params(("kind" = String, Path, description = "acls, address-groups, eips, externals, groups, networks, peerings, ports, remotes, routers, snats, subnets or vpcs"),
        ("id" = String, Path)),
    responses((status = 200, description = "The object; the state's generation is the ETag", body = Value),
        (status = 404, description = "There is none", body = Error)))]
fn read_object() {}

/// Make or replace one object
#[utoipa::path(put, path = "/v1/{kind}/{id}",
    params(("kind" = String, Path), ("id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The generation that the caller has seen; or `expected`"),
        ("expected" = Option<u64>, Query)),
    request_body(content = Value, description = "The object as in the file; its id may be left out"),
    responses((status = 200, body = Change, description = "It is there"),
        (status = 202, body = Change, description = "It is accepted"),
        (status = 400, body = Error, description = "It is no such object"),
        (status = 409, body = Error, description = "Another generation is current"),
        (status = 422, body = Error, description = "It is not right"),
        (status = 428, body = Error, description = "The generation is not said")))]
fn put_object() {}

/// Take one object away
#[utoipa::path(delete, path = "/v1/{kind}/{id}",
    params(("kind" = String, Path), ("id" = String, Path),
        ("If-Match" = Option<String>, Header), ("expected" = Option<u64>, Query)),
    responses((status = 200, body = Change, description = "It is gone"),
        (status = 202, body = Change, description = "It is accepted"),
        (status = 404, body = Error, description = "There is none"),
        (status = 409, body = Error, description = "Another generation is current"),
        (status = 422, body = Error, description = "Others still name it"),
        (status = 428, body = Error, description = "The generation is not said")))]
fn delete_object() {}

/// Make or replace one rule of a group
#[utoipa::path(put, path = "/v1/groups/{id}/rules/{rule}",
    params(("id" = String, Path), ("rule" = String, Path),
        ("If-Match" = Option<String>, Header), ("expected" = Option<u64>, Query)),
    request_body(content = Value, description = "The rule as in the file; pointers of faults are those of its group"),
    responses((status = 200, body = Change, description = "It holds"),
        (status = 202, body = Change, description = "It is accepted"),
        (status = 409, body = Error, description = "Another generation is current"),
        (status = 422, body = Error, description = "It is not right")))]
fn put_rule() {}

/// Take one rule of a group away; connections that only it permitted are cut
#[utoipa::path(delete, path = "/v1/groups/{id}/rules/{rule}",
    params(("id" = String, Path), ("rule" = String, Path),
        ("If-Match" = Option<String>, Header), ("expected" = Option<u64>, Query)),
    responses((status = 200, body = Change, description = "It is gone"),
        (status = 404, body = Error, description = "There is none"),
        (status = 409, body = Error, description = "Another generation is current")))]
fn delete_rule() {}

/// How far all objects are
#[utoipa::path(get, path = "/v1/status", responses((status = 200, body = Statuses)))]
fn statuses() {}

/// How far the objects of a kind are
#[utoipa::path(get, path = "/v1/status/{kind}", params(("kind" = String, Path)),
    responses((status = 200, body = Statuses)))]
fn statuses_of() {}

/// How far an object is
#[utoipa::path(get, path = "/v1/status/{kind}/{id}", params(("kind" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Error, description = "There is none")))]
fn status() {}

/// Loops that guests or cables have made outside of the node's bridges
#[utoipa::path(get, path = "/v1/loops", responses((status = 200, body = Looped)))]
fn loops() {}

/// Open a port that is closed for a loop; its next probe closes it again where that is still there
#[utoipa::path(delete, path = "/v1/loops/{id}", params(("id" = String, Path, description = "The port")),
    responses((status = 200, body = Lifted, description = "It is open"),
        (status = 404, body = Error, description = "It is not closed for a loop")))]
fn lift() {}

/// What happens, from now on or behind a number, as server-sent events
#[utoipa::path(get, path = "/v1/events",
    params(("after" = Option<u64>, Query, description = "Also those that are kept behind this number"),
        ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = Event)))]
fn events() {}

/// The last calls
#[utoipa::path(get, path = "/v1/calls", responses((status = 200, body = Calls)))]
fn calls() {}

/// Whether this process lives
#[utoipa::path(get, path = "/healthz", responses((status = 200, content_type = "text/plain", body = String)))]
fn alive() {}

/// Whether all that was accepted reads back as wanted
#[utoipa::path(get, path = "/readyz", responses(
    (status = 200, content_type = "text/plain", body = String, description = "It does"),
    (status = 503, content_type = "text/plain", body = String, description = "Not yet")))]
fn ready() {}

/// Figures for Prometheus
#[utoipa::path(get, path = "/metrics", responses((status = 200, content_type = "text/plain", body = String)))]
fn metrics() {}

/// This description
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = Value)))]
fn description() {}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "assay daemon dataplane",
        version = "1",
        description = "Tenant networks of one node, on a unix socket. Who may connect may change \
                       the node. Nothing is touched before a whole desired state was accepted; \
                       what was accepted outlives the daemon."
    ),
    paths(
        read_state,
        replace_state,
        read_object,
        put_object,
        delete_object,
        put_rule,
        delete_rule,
        statuses,
        statuses_of,
        status,
        loops,
        lift,
        events,
        calls,
        alive,
        ready,
        metrics,
        description
    ),
    components(schemas(Event))
)]
struct Api;

#[test]
fn the_description_is_that_of_the_types() {
    let mut made: Value = serde_json::to_value(Api::openapi()).expect("it is JSON");
    // A project that is not published has no licence field of utoipa's making.
    if let Some(info) = made["info"].as_object_mut() {
        info.remove("license");
    }
    let made = serde_json::to_string_pretty(&made).expect("it is JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/dataplane-v1.json");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        fs::write(&path, &made).expect("the folder can be written");
        return;
    }
    assert!(
        made == kept,
        "the types changed: ASSAY_UPDATE_GOLDEN=1 cargo test -p assay --test openapi"
    );
}

#[test]
fn every_interface_is_described_with_its_methods() {
    let made = Api::openapi();
    let described: usize = made.paths.paths.values().map(methods).sum();
    let routes = include_str!("../src/command/daemon/route.rs");
    let (_before, all) = routes.split_once("const ALL").expect("the list is there");
    let (all, _behind) = all.split_once("];").expect("it ends");
    for path in made.paths.paths.keys() {
        assert!(all.contains(&format!("(\"{path}\"")), "{path} is no interface");
    }
    let served =
        all.matches("GET").count() + all.matches("PUT").count() + all.matches("DELETE").count();
    assert_eq!(described, served);
}

fn methods(path: &utoipa::openapi::PathItem) -> usize {
    [&path.get, &path.put, &path.delete].into_iter().flatten().count()
}
