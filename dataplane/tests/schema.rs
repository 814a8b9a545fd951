//! The schema that is committed is that of the shape below, and the shape is that of the reader:
//! same fields, same files.

use std::collections::BTreeSet;

use dataplane::spec;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What a node is to have: `network.toml`, or JSON of the same shape.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
#[schemars(title = "assay/network/v1")]
struct Wanted {
    /// The version of this format.
    schema: Schema,
    /// What groups mean where they say nothing; there is no default.
    semantics: Semantics,
    node: Node,
    #[serde(default)]
    vpc: Vec<Vpc>,
    #[serde(default)]
    network: Vec<Layer2>,
    #[serde(default)]
    subnet: Vec<Subnet>,
    #[serde(default)]
    port: Vec<Card>,
    #[serde(default)]
    remote: Vec<Remote>,
    #[serde(default)]
    group: Vec<Group>,
    #[serde(default)]
    addresses: Vec<Addresses>,
    #[serde(default)]
    external: Vec<External>,
    #[serde(default)]
    router: Vec<Router>,
    #[serde(default)]
    snat: Vec<Snat>,
    #[serde(default)]
    eip: Vec<Elastic>,
    #[serde(default)]
    peering: Vec<Peering>,
    #[serde(default)]
    acl: Vec<Acl>,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum Schema {
    #[serde(rename = "assay/network/v1")]
    V1,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Semantics {
    /// Free inside a group, closed between groups (norm 5.2.3.2).
    Norm,
    /// Only what a rule permits.
    Openstack,
}

/// Letters, digits, `-`, `_` and `.`.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Id(#[schemars(regex(pattern = r"^[A-Za-z0-9._-]{1,64}$"))] String);

/// Name of a network device: 1 to 15 bytes without `/`, `:` and spaces.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Device(#[schemars(regex(pattern = r"^[^/:\s]{1,15}$"))] String);

/// IPv4 or IPv6 address.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Address(String);

/// Range of addresses without bits beyond its prefix: `10.0.0.0/24`.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Cidr(#[schemars(regex(pattern = r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$"))] String);

/// MAC address of a card: neither multicast nor zero.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Mac(#[schemars(regex(pattern = r"^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$"))] String);

/// This node's place in the underlay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Node {
    name: String,
    /// Device by which VXLAN comes and goes.
    device: Device,
    /// Address of its tunnel end.
    vtep: Address,
    /// UDP port of VXLAN; 4789.
    #[schemars(range(min = 1))]
    port: Option<u16>,
    /// Largest packet of the underlay in bytes; what the device says.
    #[schemars(range(min = 576, max = 65535))]
    mtu: Option<u32>,
    /// Ports of other nodes are learned by FRR, for all networks; they are written down.
    evpn: Option<Evpn>,
    /// How it looks for loops outside of its bridges; not at all.
    loop_detection: Option<LoopDetection>,
}

/// How FRR distributes ports: BGP EVPN (RFC 8365). Tunnels are of IPv4.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Evpn {
    /// Autonomous system of this node.
    #[schemars(range(min = 1, max = 4_294_967_294_u32))]
    asn: u32,
    /// BGP identifier, written as an IPv4 address; the VTEP's.
    router_id: Option<Address>,
    /// Where tunnel ends of other nodes are; VXLAN from elsewhere is dropped.
    #[schemars(length(min = 1))]
    vtep_prefixes: Vec<Cidr>,
    /// Ask peers to keep what they learned while BGP starts anew here; true.
    graceful_restart: Option<bool>,
    /// BGP peers: route reflectors, or other nodes.
    #[schemars(length(min = 1))]
    neighbour: Vec<Neighbour>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Neighbour {
    address: Address,
    remote_asn: RemoteAsn,
    /// This node's address that it is spoken to from; what the route says.
    source: Option<Address>,
    /// How many hops away it may be; of another AS.
    #[schemars(range(min = 1))]
    hops: Option<u8>,
    /// Notice its absence by BFD; false.
    bfd: Option<bool>,
    /// File with the password of the session (RFC 2385), for its owner's eyes alone.
    password_file: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape is what counts")]
enum RemoteAsn {
    /// This one.
    Number(#[schemars(range(min = 1, max = 4_294_967_294_u32))] u32),
    /// That of this node, or any other.
    Word(AsnWord),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AsnWord {
    Internal,
    External,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct LoopDetection {
    /// Seconds from one probe of a port to its next; 5.
    #[schemars(range(min = 1, max = 300))]
    interval: Option<u32>,
    /// What is done about a loop; `report`.
    action: Option<LoopAction>,
    /// Seconds without a sign of the loop after which a closed port is opened; 30.
    #[schemars(range(min = 5, max = 3600))]
    recovery: Option<u32>,
    /// Most frames in a second that a port may send to all stations or to a group; 10,000.
    #[schemars(range(min = 100, max = 100_000_000))]
    storm_limit: Option<u32>,
    /// File with a secret that all nodes share, of 16 bytes or more; without it loops by way of
    /// another node are not found.
    #[schemars(regex(pattern = r"^/"))]
    key_file: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LoopAction {
    /// It is told.
    Report,
    /// A port of it is closed too.
    Block,
}

/// A tenant: addresses of its networks do not overlap, those of others may.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Vpc {
    id: Id,
}

/// One broadcast domain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Layer2 {
    id: Id,
    vpc: Id,
    #[schemars(range(min = 1, max = 16_777_215))]
    vni: u32,
    /// Largest packet of its guests in bytes; that of the underlay less 50 (IPv4) or 70 (IPv6).
    #[schemars(range(min = 576, max = 65535))]
    mtu: Option<u32>,
    /// With EVPN: route targets, such as `65000:100`; what FRR makes of AS and VNI.
    #[serde(default)]
    route_targets: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Subnet {
    id: Id,
    network: Id,
    cidr: Cidr,
    gateway: Option<Address>,
}

/// A guest's card on this node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Card {
    id: Id,
    network: Id,
    device: Device,
    kind: Kind,
    /// The end that the guest takes; for `veth`, and only for it.
    peer: Option<Device>,
    mac: Mac,
    ips: Vec<Address>,
    groups: Vec<Id>,
    /// Further addresses that it may send from and be reached at.
    #[serde(default)]
    allowed: Vec<Allowed>,
    /// Whether groups and anti-spoofing hold for it; true.
    port_security: Option<bool>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Made by this program.
    Veth,
    /// Made by the hypervisor.
    Tap,
    /// A card of a bare-metal tenant.
    Physical,
    /// A virtual function, by its representor.
    Vf,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Allowed {
    cidr: Cidr,
    /// The port's.
    mac: Option<Mac>,
}

/// A guest's card on another node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Remote {
    id: Id,
    network: Id,
    /// Tunnel end of its node; left out with EVPN, which says it, and else needed.
    vtep: Option<Address>,
    mac: Mac,
    ips: Vec<Address>,
    groups: Vec<Id>,
}

/// A security group: what its rules permit, and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Group {
    id: Id,
    vpc: Id,
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Rule {
    id: Option<Id>,
    direction: Direction,
    protocol: Protocol,
    /// With `tcp`, `udp` and `sctp`; all ports.
    ports: Option<Ports>,
    /// With `icmp` and `icmpv6`; all types.
    icmp_type: Option<u8>,
    /// With `icmp_type`; all codes.
    icmp_code: Option<u8>,
    /// Both.
    family: Option<Family>,
    /// With `in`; anyone.
    from: Option<Peer>,
    /// With `out`; anyone.
    to: Option<Peer>,
}

/// Seen from the guest.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Direction {
    In,
    Out,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape is what counts")]
enum Protocol {
    Name(ProtocolName),
    Number(u8),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ProtocolName {
    Any,
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmpv6,
}

/// `443`, or `"8000-8080"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the shape is what counts")]
enum Ports {
    One(#[schemars(range(min = 1))] u16),
    Range(#[schemars(regex(pattern = r"^[0-9]+( *- *[0-9]+)?$"))] String),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Family {
    Ipv4,
    Ipv6,
}

/// The other end, said in one way.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "the shape is what counts")]
enum Peer {
    /// Members of a group of the same VPC.
    Group(Id),
    Cidr(Cidr),
    /// A group of addresses.
    Addresses(Id),
}

/// Addresses that rules name together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Addresses {
    id: Id,
    cidrs: Vec<Cidr>,
}

/// A network of a provider, as this node reaches it; IPv4 only.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct External {
    id: Id,
    /// Device of this node that it is reached by. It stays as it is: routers get devices of
    /// their own on it (macvlan), with addresses of their own.
    device: Device,
    cidr: Cidr,
    /// The provider's router.
    gateway: Address,
}

/// The router of a VPC: it has the `gateway` of every subnet of the VPC, the same on every node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Router {
    id: Id,
    vpc: Id,
    /// Where it leaves the VPC on this node; nowhere.
    external: Option<Id>,
    /// With `external`: its own address there.
    address: Option<Address>,
}

/// Guests that go out under an address they share.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Snat {
    id: Id,
    vpc: Id,
    /// Of the VPC; all of IPv4.
    subnets: Option<Vec<Id>>,
    /// What others see; the router's own address.
    address: Option<Address>,
}

/// An external address that is one guest's, both ways.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Elastic {
    id: Id,
    address: Address,
    /// Whose it is; nobody's.
    port: Option<Id>,
    /// With `port`: which of its addresses, where it has several of IPv4.
    ip: Option<Address>,
}

/// Two VPCs whose subnets reach each other; groups hold across it. Their subnets do not overlap.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Peering {
    id: Id,
    /// Two VPCs that have routers.
    vpcs: [Id; 2],
}

/// What may pass the boundary of a VPC: to and from other VPCs and outside, by its router. It is
/// stateful: answers pass with what they answer. Groups are asked besides.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Acl {
    id: Id,
    /// One ACL for each at most.
    vpc: Id,
    /// What becomes of what comes in and no rule decides; there is no default.
    r#in: Action,
    /// The same of what goes out.
    out: Action,
    /// In order: the first that matches decides.
    #[serde(default)]
    rule: Vec<AclRule>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct AclRule {
    id: Option<Id>,
    action: Action,
    /// Seen from the VPC.
    direction: Direction,
    protocol: Protocol,
    /// With `tcp`, `udp` and `sctp`; all ports.
    ports: Option<Ports>,
    /// With `icmp` and `icmpv6`; all types.
    icmp_type: Option<u8>,
    /// With `icmp_type`; all codes.
    icmp_code: Option<u8>,
    /// Both.
    family: Option<Family>,
    /// With `in`; anyone outside. No group.
    from: Option<Peer>,
    /// With `out`; anyone outside. No group.
    to: Option<Peer>,
}

const COMMITTED: &str = include_str!("../schema/network-v1.json");
const FULL: &str = include_str!("spec/good/full.toml");
const EVPN: &str = include_str!("spec/good/evpn.toml");

/// Writes the schema where it is committed, when asked to.
#[test]
fn the_committed_schema_is_that_of_the_shape() {
    let mut schema = schemars::schema_for!(Wanted).to_value();
    without_null(&mut schema);
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/network-v1.json");
        std::fs::write(path, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
        return;
    }
    let committed: Value = serde_json::from_str(COMMITTED).unwrap();
    assert!(
        committed == schema,
        "the shape changed: ASSAY_UPDATE_GOLDEN=1 cargo test -p dataplane --test schema"
    );
}

/// Takes `null` out: what is optional is left out, and never null.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Array(types)) = entries.get_mut("type") {
                types.retain(|one| one != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    entries.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(any)) = entries.get_mut("anyOf") {
                any.retain(|one| one != &serde_json::json!({ "type": "null" }));
                if let [Value::Object(only)] = any.as_slice() {
                    let only = only.clone();
                    entries.remove("anyOf");
                    entries.extend(only);
                }
            }
            entries.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Collects the names of fields of every table in a schema.
fn fields(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                found.extend(properties.keys().cloned());
            }
            entries.values().for_each(|entry| fields(entry, found));
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        _ => {}
    }
}

/// What the reader says it knows, table by table, when it is given a field that it does not.
fn known(text: &str) -> BTreeSet<String> {
    let errors = spec::read("f", text).expect_err("`qqqqqqqqqq` is no field");
    let lists = errors.faults.iter().filter(|fault| fault.what.en.contains("`qqqqqqqqqq`"));
    let names = lists.filter_map(|fault| fault.hint.as_ref()?.en.strip_prefix("known here: "));
    names.flat_map(|names| names.split(", ")).map(str::to_owned).collect()
}

#[test]
fn the_reader_knows_the_fields_of_the_schema_and_no_others() {
    let mut in_schema = BTreeSet::new();
    fields(&serde_json::from_str(COMMITTED).unwrap(), &mut in_schema);
    let odd = "qqqqqqqqqq = 1\n";
    let mut text = format!("{odd}{}", FULL.replace("{ cidr", "{ qqqqqqqqqq = 1, cidr"));
    for header in [
        "[node]",
        "[node.loop_detection]",
        "[[vpc]]",
        "[[network]]",
        "[[subnet]]",
        "[[port]]",
        "[[remote]]",
        "[[group]]",
        "[[group.rule]]",
        "[[addresses]]",
        "[[external]]",
        "[[router]]",
        "[[snat]]",
        "[[eip]]",
        "[[peering]]",
        "[[acl]]",
        "[[acl.rule]]",
    ] {
        assert!(text.contains(header), "{header}");
        text = text.replace(header, &format!("{header}\n{odd}"));
    }
    let mut read = known(&text);
    let mut text = EVPN.to_owned();
    for header in ["[node.evpn]", "[[node.evpn.neighbour]]"] {
        assert!(text.contains(header), "{header}");
        text = text.replace(header, &format!("{header}\n{odd}"));
    }
    read.extend(known(&text));
    assert_eq!(read, in_schema);
}

#[test]
fn what_the_reader_takes_is_of_the_shape() {
    let value: Value = toml::from_str(FULL).unwrap();
    Wanted::deserialize(&value).unwrap();
}
