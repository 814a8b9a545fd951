//! A host that is followed: connected, looked at again and again, and connected anew when it was
//! lost, until it is asked to stop. What it tells goes to the feed.

use std::{cell::Cell, time::Duration};

use bmc::{
    hand::{Bmc, HandError, LogWatch, Protocol, Session},
    operation::{Outcome, watch::News},
    redfish::client::{RedfishError, Subscribing},
};
use tokio::{
    sync::SemaphorePermit,
    time::{sleep, timeout},
};

use super::Run;
use crate::{
    command::bmc::{events::Listening, subjects::Host, verb::Verb, watch::Watching},
    output::bmc::{
        feed::{Told, What},
        found::{Found, Met},
    },
};

/// How long it is waited before a host that was lost is asked again, the first time; then twice as
/// long each time.
const PAUSE: Duration = Duration::from_secs(1);
/// And at most.
const LONGEST: Duration = Duration::from_mins(1);

/// How long the end of a subscription is waited for.
const UNSUBSCRIBE: Duration = Duration::from_secs(20);

/// What became of a session.
enum Ended {
    /// It was asked to stop.
    Stopped,
    /// The BMC was lost.
    Lost(HandError),
    /// Nothing can be followed there.
    Over(Met),
}

/// How far a host was followed.
#[derive(Default)]
struct Progress {
    /// It was followed at all.
    begun: bool,
    watch: Option<LogWatch>,
    protocol: Protocol,
    entries: u64,
    lost: u64,
}

impl Progress {
    fn told(&self) -> Met {
        let found = Found::Watched { entries: self.entries, lost: self.lost };
        if self.begun { Met::Found { protocol: self.protocol, found } } else { Met::Interrupted }
    }
}

impl Run<'_> {
    /// Follows the log of a host.
    pub(super) async fn follow(
        &self,
        host: &Host,
        at: usize,
        mut place: Option<SemaphorePermit<'_>>,
    ) -> Met {
        let name = host.address.to_string();
        let say = |what| {
            let told = Told { address: name.clone(), what };
            match self.verb {
                Verb::Watch(wanted) => wanted.say(told),
                Verb::Listen(wanted) => wanted.say(told),
                _ => {}
            }
        };
        let mut so_far = Progress::default();
        let mut pause = PAUSE;
        loop {
            let left = self.notes.left(&host.address);
            let begun = Cell::new(None);
            let connected = tokio::select! {
                () = self.stop.asked() => return so_far.told(),
                connected = self.connected(host, at, place.take(), self.total(), left, &begun) => {
                    connected
                }
            };
            let error = match connected {
                Ok((mut bmc, place)) => {
                    // Who is followed waits most of the time, and others may work.
                    drop(place);
                    so_far.protocol = bmc.protocol();
                    let again = so_far.begun;
                    let note = bmc.session().map(|one| self.notes.note(&host.address, &one));
                    if !again {
                        for one in left {
                            if bmc.close_stale(&one.session).await.is_ok() {
                                one.forget();
                            }
                        }
                    }
                    let ended = match self.verb {
                        Verb::Listen(wanted) => {
                            Box::pin(self.hear(&mut bmc, host, wanted, &mut so_far, &say)).await
                        }
                        Verb::Watch(wanted) => {
                            Box::pin(self.look(&mut bmc, wanted, &mut so_far, &say)).await
                        }
                        _ => Ended::Stopped,
                    };
                    bmc.close().await;
                    if let Some(note) = note {
                        note.settled();
                    }
                    match ended {
                        Ended::Stopped => return so_far.told(),
                        Ended::Over(met) => return met,
                        Ended::Lost(error) => {
                            pause = PAUSE;
                            error
                        }
                    }
                }
                // Who never let us in, or does not any more, is not tried again.
                Err(Met::Failed { error, .. }) if so_far.begun && !is_final(&error) => error,
                Err(met) => return met,
            };
            so_far.lost += 1;
            say(What::Lost { why: (error.in_chinese(), error.to_string()), again: pause });
            tokio::select! {
                () = self.stop.asked() => return so_far.told(),
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Looks at the log of a BMC until it is lost.
    async fn look(
        &self,
        bmc: &mut Bmc,
        wanted: &Watching,
        so_far: &mut Progress,
        say: &dyn Fn(What),
    ) -> Ended {
        let again = std::mem::replace(&mut so_far.begun, true);
        let begun = async {
            match &mut so_far.watch {
                // What came while it was lost is told now.
                Some(_) => Ok(()),
                none => bmc.watch_log().await.map(|watch| *none = Some(watch)),
            }
        };
        let begun = tokio::select! {
            () = self.stop.asked() => return Ended::Stopped,
            begun = begun => begun,
        };
        let Some(watch) = so_far.watch.as_mut().filter(|_| begun.is_ok()) else {
            let protocol = Some(bmc.protocol());
            return match begun {
                Err(error) => Ended::Over(Met::Failed { protocol, error }),
                Ok(()) => Ended::Stopped,
            };
        };
        say(if again {
            What::Back
        } else {
            What::Watching { protocol: bmc.protocol(), entries: watch.entries() }
        });
        loop {
            let news = tokio::select! {
                () = self.stop.asked() => return Ended::Stopped,
                news = bmc.log_news(watch) => news,
            };
            match news {
                Ok(news) => {
                    for one in news {
                        so_far.entries += u64::from(matches!(one, News::Entry(_)));
                        say(What::News(one));
                    }
                }
                Err(error) => return lost(error, bmc),
            }
            let rested = tokio::select! {
                () = self.stop.asked() => return Ended::Stopped,
                rested = bmc.idle(wanted.every) => rested,
            };
            if let Err(error) = rested {
                return lost(error, bmc);
            }
        }
    }
}

impl Run<'_> {
    /// Listens to the events of a BMC until it is lost: by its stream, else by a subscription, which
    /// is ended whatever comes.
    async fn hear(
        &self,
        bmc: &mut Bmc,
        host: &Host,
        wanted: &Listening,
        so_far: &mut Progress,
        say: &dyn Fn(What),
    ) -> Ended {
        let stream = async {
            let client = bmc.redfish()?;
            Ok(if wanted.streams { client.listen().await? } else { None })
        };
        let stream: Result<_, HandError> = tokio::select! {
            () = self.stop.asked() => return Ended::Stopped,
            stream = stream => stream,
        };
        match stream {
            Ok(Some(mut stream)) => {
                say(if so_far.begun { What::Back } else { What::Listening { subscription: None } });
                so_far.begun = true;
                loop {
                    let events = tokio::select! {
                        () = self.stop.asked() => return Ended::Stopped,
                        events = stream.next() => events,
                    };
                    match events {
                        Ok(events) => {
                            for event in events {
                                so_far.entries += 1;
                                say(What::Event(event));
                            }
                        }
                        Err(error) => return lost(error.into(), bmc),
                    }
                }
            }
            Ok(None) => self.subscribed(bmc, host, wanted, so_far, say).await,
            // A stream that is advertised and refused is none.
            Err(HandError::Redfish(RedfishError::Refused { .. })) => {
                self.subscribed(bmc, host, wanted, so_far, say).await
            }
            Err(error) if so_far.begun => lost(error, bmc),
            Err(error) => Ended::Over(Met::Failed { protocol: Some(bmc.protocol()), error }),
        }
    }

    /// Subscribes, waits until it is asked to stop, and ends the subscription.
    async fn subscribed(
        &self,
        bmc: &mut Bmc,
        host: &Host,
        wanted: &Listening,
        so_far: &mut Progress,
        say: &dyn Fn(What),
    ) -> Ended {
        let protocol = bmc.protocol();
        let found = |found| Ended::Over(Met::Found { protocol, found });
        let url = match wanted.url(&host.address.to_string()) {
            Ok(url) => url,
            Err(why) => return found(Found::Unable { why }),
        };
        // The path is the secret; what is repeated in each event may be shown to others.
        let subscribing = Subscribing { destination: &url, context: "assay" };
        let client = match bmc.redfish() {
            Ok(client) => client,
            Err(error) => return Ended::Over(Met::Failed { protocol: Some(protocol), error }),
        };
        // It is not given up half way: what was made has to be known, to be ended.
        let path = match client.subscribe(&subscribing).await {
            Ok((acted, Some(path))) if acted.outcome == Outcome::Done => path,
            Ok((acted, _)) => return found(Found::Acted(acted.into())),
            Err(error) => {
                let error = HandError::Redfish(error);
                return if so_far.begun {
                    lost(error, bmc)
                } else {
                    Ended::Over(Met::Failed { protocol: Some(protocol), error })
                };
            }
        };
        let noted = Session::Subscription(path.clone());
        let note = self.notes.note(&host.address, &noted);
        let subscription = Some((path.clone(), url.clone()));
        say(What::Listening { subscription });
        so_far.begun = true;
        self.stop.asked().await;
        let ended = timeout(UNSUBSCRIBE, client.unsubscribe(&path)).await;
        let left = match ended {
            Ok(Ok(acted)) if acted.outcome == Outcome::Done => None,
            Ok(Ok(_)) => Some(("BMC 未删除它".to_owned(), "the BMC did not remove it".to_owned())),
            Ok(Err(error)) => Some((error.in_chinese(), error.to_string())),
            Err(_) => Some(("超时".to_owned(), "it took too long".to_owned())),
        };
        // One that is there still is ended by the next run.
        if left.is_none() {
            note.settled();
        }
        say(What::Unsubscribed { path, left });
        Ended::Stopped
    }
}

fn lost(error: HandError, bmc: &Bmc) -> Ended {
    if is_final(&error) {
        Ended::Over(Met::Failed { protocol: Some(bmc.protocol()), error })
    } else {
        Ended::Lost(error)
    }
}

/// Returns whether nothing gets better by asking again: a credential that is refused now, another
/// certificate.
fn is_final(error: &HandError) -> bool {
    error.refused() || matches!(error, HandError::Changed { .. } | HandError::Untrusted)
}
