//! A BMC on a port of this machine: TLS, sessions that are counted, resources, and a rule for what
//! it does in its own way.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use bmc::{
    client::Trust,
    credential::Secret,
    redfish::client::{Client, Options, RedfishError},
    target::Address,
    trust::Pin,
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::talk::{Tree, merge};

pub(crate) const USER: &str = "admin";
pub(crate) const PASSWORD: &str = "Pass-1";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// The connection it came on.
    pub(crate) connection: usize,
}

impl Came {
    pub(crate) fn has_credential(&self) -> bool {
        self.headers.contains_key("authorization")
            || self.headers.contains_key("x-auth-token")
            || self.body.get("Password").is_some()
    }
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Nothing is answered for so long.
    pub(crate) after: Duration,
    /// The connection breaks in place of an answer.
    pub(crate) breaks: bool,
}

pub(crate) fn said(status: u16, body: &Value) -> Said {
    Said { status, body: body.to_string().into_bytes(), ..Said::default() }
}

pub(crate) fn page(status: u16) -> Said {
    let body = b"<!DOCTYPE html><html><title>Login</title></html>".to_vec();
    Said {
        status,
        headers: vec![("content-type", "text/html".to_owned())],
        body,
        ..Said::default()
    }
}

/// What a BMC does in its own way; `None` is the usual.
pub(crate) type Own = dyn Fn(&mut State, &Came) -> Option<Said> + Send + Sync;

/// What a BMC is.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tree: Tree,
    pub(crate) sessions: BTreeSet<String>,
    pub(crate) made: usize,
    pub(crate) came: Vec<Came>,
    pub(crate) connections: usize,
    in_flight: usize,
    pub(crate) most_in_flight: usize,
}

/// A BMC.
pub(crate) struct Server {
    shared: Arc<Mutex<State>>,
    place: SocketAddr,
    certificate: CertificateDer<'static>,
}

/// A service with one system that can be turned on and off.
pub(crate) fn plain() -> Value {
    let link = |path: &str| json!({ "@odata.id": path });
    json!({
        "/redfish/v1/": { "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
            "RedfishVersion": "1.8.0", "Systems": link("/redfish/v1/Systems"),
            "Managers": link("/redfish/v1/Managers"),
            "Links": { "Sessions": link(SESSIONS) } },
        "/redfish": { "v1": "/redfish/v1/" },
        "/redfish/v1/Systems": { "Members": [link("/redfish/v1/Systems/1")] },
        "/redfish/v1/Systems/1": { "@odata.type": "#ComputerSystem.v1_5_0.ComputerSystem",
            "PowerState": "Off", "Manufacturer": "Example", "SerialNumber": "SN1",
            "Links": { "ManagedBy": [link("/redfish/v1/Managers/1")] },
            "Actions": { "#ComputerSystem.Reset": {
                "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset" } } },
        "/redfish/v1/Managers": { "Members": [link("/redfish/v1/Managers/1")] },
        "/redfish/v1/Managers/1": { "@odata.type": "#Manager.v1_5_0.Manager",
            "FirmwareVersion": "1.2.3" },
    })
}

impl Server {
    pub(crate) fn start(tree: &Value, own: &'static Own) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("made");
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let certificate: CertificateDer<'static> = made.cert.into();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .expect("a server");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let tree = tree.as_object().expect("paths and bodies").clone().into_iter();
        // Each resource has its own link (DSP0266 §7.5.1).
        let linked = tree.map(|(path, mut body)| {
            body["@odata.id"] = path.trim_end_matches('/').into();
            (path, body)
        });
        let tree = linked.collect();
        let shared = Arc::new(Mutex::new(State { tree, ..State::default() }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let place = listener.local_addr().expect("its address");
        listener.set_nonblocking(true).expect("set");
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((socket, _)) = listener.accept().await {
                    let (shared, acceptor) = (Arc::clone(&for_thread), acceptor.clone());
                    tokio::spawn(async move {
                        let Ok(stream) = acceptor.accept(socket).await else { return };
                        let number = {
                            let mut state = lock(&shared);
                            state.connections += 1;
                            state.connections
                        };
                        let service = service_fn(move |request| {
                            serve(Arc::clone(&shared), own, number, request)
                        });
                        let io = TokioIo::new(stream);
                        http1::Builder::new().serve_connection(io, service).await.ok();
                    });
                }
            });
        });
        Self { shared, place, certificate }
    }

    pub(crate) fn address(&self) -> Address {
        self.place.to_string().parse().expect("an address")
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::Pin(Pin::of(&self.certificate))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared)
    }

    /// Connects with the right password.
    pub(crate) async fn connect(&self, options: Options) -> Result<Client, RedfishError> {
        self.connect_with(PASSWORD, options).await
    }

    pub(crate) async fn connect_with(
        &self,
        password: &str,
        options: Options,
    ) -> Result<Client, RedfishError> {
        let password = Secret::new(password.to_owned());
        Client::connect(&self.address(), Some((USER, &password)), self.trust(), options).await
    }
}

fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a request that is being answered.
struct Flight(Arc<Mutex<State>>);

impl Drop for Flight {
    fn drop(&mut self) {
        lock(&self.0).in_flight -= 1;
    }
}

async fn serve(
    shared: Arc<Mutex<State>>,
    own: &'static Own,
    connection: usize,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let headers = head.headers.iter().map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let came = Came {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        headers: headers.collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        connection,
    };
    let said = {
        let mut state = lock(&shared);
        state.in_flight += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        state.came.push(came.clone());
        let said = own(&mut state, &came);
        said.unwrap_or_else(|| usual(&mut state, &came))
    };
    let _flight = Flight(Arc::clone(&shared));
    tokio::time::sleep(said.after).await;
    if said.breaks {
        return Err(std::io::ErrorKind::ConnectionReset.into());
    }
    let mut response = Response::builder().status(said.status);
    for (name, value) in &said.headers {
        response = response.header(*name, value);
    }
    Ok(response.body(Full::new(Bytes::from(said.body))).expect("an answer"))
}

/// What a BMC that follows the standard does.
pub(crate) fn usual(state: &mut State, came: &Came) -> Said {
    let open = matches!(came.path.as_str(), "/redfish" | "/redfish/v1" | "/redfish/v1/");
    if came.method == "POST" && came.path == SESSIONS {
        return enter(state, came);
    }
    let token = came.headers.get("x-auth-token");
    if !open && !token.is_some_and(|token| state.sessions.contains(token)) {
        return said(401, &json!({ "error": { "code": "Base.1.8.NoValidSession" } }));
    }
    if let Some(id) = came.path.strip_prefix(&format!("{SESSIONS}/")) {
        return match came.method.as_str() {
            "DELETE" if state.sessions.remove(id) => said(204, &Value::Null),
            "GET" if state.sessions.contains(id) => said(200, &json!({ "UserName": USER })),
            _ => said(404, &json!({})),
        };
    }
    let path = match came.path.as_str() {
        "/redfish/v1" => "/redfish/v1/",
        path => path,
    };
    if came.method == "POST" && path.ends_with("ComputerSystem.Reset") {
        let off = came.body["ResetType"] == "ForceOff";
        let system = state.tree.get_mut("/redfish/v1/Systems/1").expect("a system");
        system["PowerState"] = if off { "Off" } else { "On" }.into();
        return said(204, &Value::Null);
    }
    match (came.method.as_str(), state.tree.get_mut(path)) {
        (_, None) => said(404, &json!({})),
        ("GET", Some(body)) => said(200, body),
        ("PATCH", Some(body)) => {
            merge(body, &came.body);
            said(200, body)
        }
        _ => said(405, &json!({})),
    }
}

fn enter(state: &mut State, came: &Came) -> Said {
    if came.body["UserName"] != USER || came.body["Password"] != PASSWORD {
        return said(
            401,
            &json!({ "error": { "code": "Base.1.8.NoValidSession",
            "message": "The user name or password is incorrect." } }),
        );
    }
    state.made += 1;
    let id = format!("s{}", state.made);
    state.sessions.insert(id.clone());
    let headers = vec![
        ("x-auth-token", id.clone()),
        ("location", format!("{SESSIONS}/{id}")),
        ("content-type", "application/json".to_owned()),
    ];
    Said { headers, ..said(201, &json!({ "UserName": USER, "Id": id })) }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(future)
}
