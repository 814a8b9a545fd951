//! HTTP/1.1 to one BMC over TLS: the only place where Redfish meets a socket.
//!
//! reqwest over the TLS of [`crate::client`]; what is wrong with a connection is said as everywhere.
//! No proxy, no redirect to another host, no compression: an `ETag` is that of the plain body.

mod download;
mod parse;
mod reason;
mod upload;

use std::{
    hash::{BuildHasher, RandomState},
    io,
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use reqwest::{Url, header, redirect::Policy};
use rustls::ClientConfig;
use tokio::{sync::Semaphore, time::timeout};

use self::parse::{json, reply};
use super::{Options, RedfishError, image::Cargo};
use crate::{
    client::{Patience, ReachError, resolve},
    redfish::{
        ladder::{
            retry::{self, Breaker},
            script::{Body, Method, Reply, Request},
        },
        tree::MOST_BYTES,
    },
    target::{Address, Host},
};

/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(5);
/// Redirects within the host that are followed.
const REDIRECTS: usize = 3;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum As {
    /// Nobody.
    Nobody,
    /// A header, `X-Auth-Token` or `Authorization`, that is not shown.
    Header(&'static str, header::HeaderValue),
}

/// The name that stands in URLs for a host that has none there: one on a link (RFC 6874 is
/// withdrawn). It is resolved by us alone.
const LINKED: &str = "bmc.invalid";

/// One BMC's HTTP.
pub(super) struct Edge {
    address: Address,
    config: Mutex<ClientConfig>,
    patience: Patience,
    first_byte: Duration,
    total: Duration,
    /// The host as it stands in URLs, and its port.
    host: String,
    client: Mutex<Option<reqwest::Client>>,
    /// When an answer came last: after [`IDLE`] the next one takes a new connection.
    last: Mutex<Option<Instant>>,
    /// How many requests may be in flight.
    at_once: usize,
    all: Semaphore,
    /// One change at a time.
    changes: Semaphore,
    breaker: Mutex<Breaker>,
    /// Connections are closed after each answer: asked for, or a kept one broke.
    closes: AtomicBool,
    began: Instant,
    /// The image that uploads are of.
    cargo: Mutex<Option<Cargo>>,
}

/// How an exchange failed.
enum Failure {
    /// Nothing was sent, or it was not taken.
    Before(RedfishError),
    /// It was sent on a connection that then broke.
    After(io::Error),
}

impl Edge {
    pub(super) fn new(address: &Address, config: ClientConfig, options: &Options) -> Self {
        let host = match &address.host {
            Host::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
            Host::Link(..) => LINKED.to_owned(),
        };
        let host = match address.https_port() {
            443 => host,
            port => format!("{host}:{port}"),
        };
        Self {
            address: address.clone(),
            config: Mutex::new(config),
            host,
            client: Mutex::default(),
            last: Mutex::default(),
            at_once: options.at_once.max(1),
            all: Semaphore::new(options.at_once.max(1)),
            changes: Semaphore::new(1),
            breaker: Mutex::default(),
            closes: AtomicBool::new(!options.keeps),
            began: now(),
            cargo: Mutex::default(),
            first_byte: options.first_byte,
            patience: options.patience,
            total: options.total,
        }
    }

    /// Returns another one to the same BMC, or to where it is now, by the same certificate.
    pub(super) fn again(&self, address: &Address, options: &Options) -> Self {
        Self::new(address, self.config_now().clone(), options)
    }

    fn config_now(&self) -> std::sync::MutexGuard<'_, ClientConfig> {
        self.config.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Trusts another certificate from now on: the BMC was given it.
    pub(super) fn trusts(&self, config: ClientConfig) {
        *self.config_now() = config;
        *self.client_now() = None;
    }

    /// Returns where the BMC is.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the client, made when it is first asked for.
    pub(super) async fn client(&self) -> Result<reqwest::Client, RedfishError> {
        if let Some(client) = self.client_now().as_ref() {
            return Ok(client.clone());
        }
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(self.config_now().clone())
            .http1_only()
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .no_proxy()
            .referer(false)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(self.at_once)
            .connect_timeout(self.patience.connect + self.patience.handshake)
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")));
        if let Host::Link(..) = &self.address.host {
            let places = resolve(&self.address).await?;
            builder = builder.resolve_to_addrs(LINKED, &places);
        }
        let made = builder.build().map_err(|error| RedfishError::Broken {
            path: String::new(),
            source: io::Error::other(error),
        })?;
        Ok(self.client_now().get_or_insert(made).clone())
    }

    fn client_now(&self) -> std::sync::MutexGuard<'_, Option<reqwest::Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps no connection from now on: a kept one upsets some BMCs.
    fn stop_keeping(&self) {
        self.closes.store(true, Ordering::Relaxed);
        // Those that are idle go with the client that has them.
        *self.client_now() = None;
    }

    /// Returns how much time is left of the whole.
    pub(super) fn left(&self) -> Duration {
        self.total.saturating_sub(now().saturating_duration_since(self.began))
    }

    /// Sends a request, again where that does no harm, and returns its reply. Redirects within the
    /// host are followed for reads.
    pub(super) async fn send(&self, request: &Request, who: &As) -> Result<Reply, RedfishError> {
        self.send_within(request, who, self.first_byte).await
    }

    /// Sends a request whose answer may begin so late.
    pub(super) async fn send_within(
        &self,
        request: &Request,
        who: &As,
        first_byte: Duration,
    ) -> Result<Reply, RedfishError> {
        let all = async {
            // A gate is never closed; without one the request goes all the same.
            let _alone = match request.method {
                Method::Get => None,
                _ => self.changes.acquire().await.ok(),
            };
            let _turn = self.all.acquire().await.ok();
            self.patiently(request, who, first_byte).await
        };
        match timeout(self.left(), all).await {
            Ok(reply) => reply,
            Err(_) => Err(RedfishError::Deadline { within: self.total }),
        }
    }

    /// Sends a request even where no time is left and whatever else is under way.
    pub(super) async fn farewell(&self, request: &Request, who: &As) -> Option<()> {
        self.exchange(request, &request.path, who, self.left().max(self.first_byte))
            .await
            .ok()
            .map(|_reply| ())
    }

    async fn patiently(
        &self,
        request: &Request,
        who: &As,
        first_byte: Duration,
    ) -> Result<Reply, RedfishError> {
        let mut path = request.path.clone();
        let (mut sent, mut broke, mut redirects) = (0, 0, 0);
        loop {
            self.locked(|breaker| breaker.may_ask(now()))
                .map_err(|times| RedfishError::Hung { times })?;
            sent += 1;
            let reply = match self.exchange(request, &path, who, first_byte).await {
                Ok(reply) => reply,
                Err(Failure::Before(error)) => {
                    let silent = matches!(error, RedfishError::Silent { .. })
                        || matches!(&error, RedfishError::Reach(reach) if matches!(reach, ReachError::NoAnswer { .. } | ReachError::Stalled { .. }));
                    if silent {
                        self.locked(|breaker| breaker.was_silent(now()));
                    }
                    return Err(error);
                }
                Err(Failure::After(_)) if request.method == Method::Get && broke == 0 => {
                    self.stop_keeping();
                    broke += 1;
                    continue;
                }
                Err(Failure::After(source)) => {
                    self.stop_keeping();
                    return Err(RedfishError::Broken { path, source });
                }
            };
            self.locked(Breaker::answered);
            if let Some(to) = redirect(&reply) {
                if request.method != Method::Get || redirects == REDIRECTS {
                    return Ok(reply);
                }
                redirects += 1;
                path = self.within(&path, &to).ok_or(RedfishError::Elsewhere { path, to })?;
                continue;
            }
            let wait = retry::again(request.method, &reply, sent, wall(), jitter());
            match wait {
                Some(wait) if wait < self.left() => tokio::time::sleep(wait).await,
                _ => return Ok(reply),
            }
        }
    }

    /// Returns the path of a redirect, if it stays on this host.
    fn within(&self, from: &str, to: &str) -> Option<String> {
        let here = self.host.as_str();
        let path = match to.strip_prefix("https://") {
            Some(rest) => {
                let (authority, path) = rest.split_once('/')?;
                let same = |name: &str| {
                    name.trim_end_matches(":443")
                        .eq_ignore_ascii_case(here.trim_end_matches(":443"))
                };
                if !same(authority) {
                    return None;
                }
                format!("/{path}")
            }
            None => to.to_owned(),
        };
        let sound = path.starts_with("/redfish")
            && path.bytes().all(|byte| byte.is_ascii_graphic())
            && path != from;
        sound.then_some(path)
    }

    async fn exchange(
        &self,
        request: &Request,
        path: &str,
        who: &As,
        first_byte: Duration,
    ) -> Result<Reply, Failure> {
        let client = self.client().await.map_err(Failure::Before)?;
        let message = self
            .message(&client, request, path, who)
            .map_err(|error| Failure::After(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        // A new connection has time of its own.
        let is_new = self.closes.load(Ordering::Relaxed)
            || self.last().is_none_or(|last| now().saturating_duration_since(last) >= IDLE);
        let connecting = self.patience.connect + self.patience.handshake;
        let within = if is_new { first_byte.saturating_add(connecting) } else { first_byte };
        let silent = || RedfishError::Silent { path: path.to_owned(), within: first_byte };
        let sending = client.execute(message);
        let answer = match &request.upload {
            None => timeout(within, sending).await.map_err(drop),
            Some(_) => self.uploading(sending).await,
        };
        let mut answer = match answer {
            Err(()) => return Err(Failure::Before(silent())),
            Ok(Err(error)) if error.is_connect() => {
                return Err(Failure::Before(RedfishError::Reach(self.reason(error).await)));
            }
            Ok(Err(error)) => return Err(Failure::After(io::Error::other(error.without_url()))),
            Ok(Ok(answer)) => answer,
        };
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let body = match timeout(self.left(), self.read(answer)).await {
            Ok(body) => body.map_err(Failure::After)?,
            Err(_) => return Err(Failure::Before(silent())),
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now());
        let body = body.map_or(Body::TooLarge, |body| json(&body, &headers));
        Ok(reply(status, &headers, body))
    }

    fn last(&self) -> Option<Instant> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn message(
        &self,
        client: &reqwest::Client,
        request: &Request,
        path: &str,
        who: &As,
    ) -> Result<reqwest::Request, Box<dyn std::error::Error + Send + Sync>> {
        let url = Url::parse(&format!("https://{}{path}", self.host))?;
        let method = reqwest::Method::from_bytes(request.method.name().as_bytes())?;
        let mut message = client
            .request(method, url)
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_ENCODING, "identity")
            .header("OData-Version", "4.0");
        if self.closes.load(Ordering::Relaxed) {
            message = message.header(header::CONNECTION, "close");
        }
        if let As::Header(name, value) = who {
            message = message.header(*name, value);
        }
        if let Some(etag) = &request.if_match {
            message = message.header(header::IF_MATCH, etag);
        }
        if let Some(form) = &request.upload {
            let cargo = self.cargo().ok_or("no image is at hand")?;
            let (kind, length, body) = cargo.body(form);
            message = message
                .header(header::CONTENT_TYPE, kind)
                .header(header::CONTENT_LENGTH, length)
                .body(body);
            return Ok(message.build()?);
        }
        match &request.body {
            Some(body) => {
                message =
                    message.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
            }
            // A POST without a body says so: some servers wait for one else.
            None if request.method == Method::Post => {
                message = message.header(header::CONTENT_LENGTH, "0");
            }
            None => {}
        }
        Ok(message.build()?)
    }

    /// Reads a body; `None` where it is too large.
    async fn read(&self, mut answer: reqwest::Response) -> Result<Option<Vec<u8>>, io::Error> {
        let mut bytes = Vec::new();
        loop {
            match timeout(self.first_byte, answer.chunk()).await {
                Ok(Ok(Some(data))) => {
                    if bytes.len() + data.len() > MOST_BYTES {
                        return Ok(None);
                    }
                    bytes.extend_from_slice(&data);
                }
                Ok(Ok(None)) => return Ok(Some(bytes)),
                Ok(Err(error)) => return Err(io::Error::other(error.without_url())),
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns where a redirect leads.
fn redirect(reply: &Reply) -> Option<String> {
    let moved = reply.is(&[301, 302, 303, 307, 308]);
    reply.header("location").filter(|_| moved).map(str::to_owned)
}

/// Returns the time: this is an edge.
#[expect(clippy::disallowed_methods, reason = "an edge reads the clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "an edge reads the clock")]
fn wall() -> SystemTime {
    SystemTime::now()
}

/// Returns a number that differs from one call to the next, to spread what is sent.
fn jitter() -> u8 {
    let [byte, ..] = RandomState::new().hash_one(()).to_le_bytes();
    byte
}
