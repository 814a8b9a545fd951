//! Edge: events are received over HTTP, from the BMCs that are meant alone, each under a path of its
//! own that cannot be guessed.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bmc::{media::serve::Guest, redfish::event};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    command::bmc::media::place::Places,
    output::bmc::feed::{Told, What},
};

/// Bytes of a message.
const MOST: usize = 1 << 20;
/// Connections at once, of all.
const CONNECTIONS: usize = 256;
/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where events are received; it ends with this.
#[derive(Debug)]
pub(super) struct Reception {
    urls: BTreeMap<String, String>,
    doors: Vec<JoinHandle<()>>,
}

/// What all connections share.
struct Hall {
    guests: Vec<Guest>,
    names: Vec<String>,
    feed: Option<mpsc::UnboundedSender<Told>>,
    room: Semaphore,
}

impl Reception {
    /// Begins to receive; to be called within a runtime.
    pub(super) fn begin(
        places: Places,
        names: Vec<String>,
        feed: Option<mpsc::UnboundedSender<Told>>,
    ) -> io::Result<Self> {
        let room = Semaphore::new(CONNECTIONS);
        let hall = Arc::new(Hall { guests: places.guests, names, feed, room });
        let mut doors = Vec::new();
        for listener in places.listeners {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            doors.push(tokio::spawn(receive(listener, Arc::clone(&hall))));
        }
        Ok(Self { urls: places.urls, doors })
    }

    /// Returns the URL that a host sends its events to.
    pub(super) fn url(&self, name: &str) -> Option<String> {
        self.urls.get(name).cloned()
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        for door in &self.doors {
            door.abort();
        }
    }
}

#[expect(clippy::infinite_loop, reason = "it ends with the task that it is")]
async fn receive(listener: TcpListener, hall: Arc<Hall>) {
    loop {
        match listener.accept().await {
            Ok((socket, from)) => {
                let known = |guest: &Guest| guest.from.contains(&from.ip().to_canonical());
                // Whoever is none of them is hung up on.
                if hall.guests.iter().any(known) {
                    tokio::spawn(admit(socket, from, Arc::clone(&hall)));
                }
            }
            // Too many files are open: it may be better in a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn admit(socket: TcpStream, from: SocketAddr, hall: Arc<Hall>) {
    let Ok(_room) = hall.room.try_acquire() else { return };
    let from = from.ip().to_canonical();
    let within = Arc::clone(&hall);
    let service = service_fn(move |asked| {
        let hall = Arc::clone(&within);
        async move { Ok::<_, io::Error>(take(asked, from, &hall).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(socket), service);
    // A connection that breaks is the BMC's matter.
    drop(connection.await);
}

/// Takes a message; nothing is told to who does not know the path.
async fn take(mut asked: Request<Incoming>, from: IpAddr, hall: &Hall) -> Response<String> {
    let answer = |status: StatusCode| {
        let mut answer = Response::new(String::new());
        *answer.status_mut() = status;
        answer
    };
    let path = asked.uri().path();
    let is = |guest: &Guest| guest.path == path && guest.from.contains(&from);
    let Some(name) = hall.guests.iter().position(is).and_then(|at| hall.names.get(at)) else {
        return answer(StatusCode::NOT_FOUND);
    };
    if asked.method() != Method::POST {
        // Some look first whether somebody is there.
        let is_look = matches!(*asked.method(), Method::GET | Method::HEAD);
        return answer(if is_look { StatusCode::OK } else { StatusCode::METHOD_NOT_ALLOWED });
    }
    let Ok(Some(bytes)) = timeout(PATIENCE, whole(asked.body_mut())).await else {
        return answer(StatusCode::BAD_REQUEST);
    };
    let Ok(message) = serde_json::from_slice(&bytes) else {
        return answer(StatusCode::BAD_REQUEST);
    };
    for event in event::events(&message) {
        if let Some(feed) = &hall.feed {
            // When all of it ends nobody listens any more.
            feed.send(Told { address: name.clone(), what: What::Event(event) }).ok();
        }
    }
    answer(StatusCode::NO_CONTENT)
}

/// Reads a body; `None` where it breaks or is too large.
async fn whole(body: &mut Incoming) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
        if let Ok(data) = frame.ok()?.into_data() {
            if bytes.len() + data.len() > MOST {
                return None;
            }
            bytes.extend_from_slice(&data);
        }
    }
    Some(bytes)
}
