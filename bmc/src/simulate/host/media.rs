//! Slots of virtual media: what is in them, and fetching it.

use serde_json::Value;

use super::{Due, Finish, Host, later, set};
use crate::simulate::{
    clock::Moment,
    knobs::Knob,
    message::{Fetched, Response, Work, error, success},
};

/// A medium to be put into a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulate) struct Insertion {
    pub(in crate::simulate) slot: String,
    pub(in crate::simulate) image: String,
    pub(in crate::simulate) login: Option<(String, String)>,
    pub(in crate::simulate) protocol: Option<String>,
    pub(in crate::simulate) write_protected: bool,
}

/// How an insertion goes on.
pub(in crate::simulate) enum Inserted {
    /// It is in.
    Done,
    /// A task sees to it.
    Task(String),
    /// It is fetched first, and the answer waits for that.
    Wait(u64),
}

impl Host {
    /// Returns the paths of the slots, those of the system first.
    pub(in crate::simulate) fn slots(&self) -> Vec<String> {
        let mut all = self.children(&format!("{}/VirtualMedia", self.base.system));
        all.extend(self.children(&format!("{}/VirtualMedia", self.base.manager)));
        all
    }

    /// Returns the image that is in the first slot that has one.
    pub(super) fn inserted(&self) -> Option<String> {
        self.slots().iter().find_map(|slot| {
            let body = self.raw(slot)?;
            let inserted = body["Inserted"] == true;
            inserted.then(|| body["Image"].as_str().unwrap_or_default().to_owned())
        })
    }

    /// Returns whether media were ejected so shortly ago that an insertion fails.
    pub(in crate::simulate) fn just_ejected(&self, now: Moment) -> bool {
        let three = std::time::Duration::from_secs(3);
        self.has(Knob::Insert500)
            && self.ejected.is_some_and(|at| now.elapsed.saturating_sub(at) < three)
    }

    /// Puts a medium into a slot.
    pub(in crate::simulate) fn insert(
        &mut self,
        insertion: Insertion,
        as_task: bool,
        now: Moment,
    ) -> Inserted {
        let remote = ["http://", "https://", "nfs://"]
            .iter()
            .any(|scheme| insertion.image.starts_with(scheme));
        let fetch = (self.fetches && remote).then(|| self.ticket());
        let (url, login) = (insertion.image.clone(), insertion.login.clone());
        let finish = Finish::Media(insertion);
        let task = as_task
            .then(|| self.begin("Mount of virtual media", finish.clone(), fetch.is_some(), now));
        if let Some(ticket) = fetch {
            self.work.push(Work::Fetch { ticket, url, login });
            self.pending.insert(ticket, super::task::Pending { finish, task: task.clone() });
            return task.map_or(Inserted::Wait(ticket), Inserted::Task);
        }
        if let Some(task) = task {
            return Inserted::Task(task);
        }
        drop(self.finish(&finish, now));
        Inserted::Done
    }

    /// The medium is in.
    pub(super) fn is_in(&mut self, insertion: &Insertion, now: Moment) {
        let bare = self.has(Knob::MediaImageBare);
        let image = &insertion.image;
        let shown = match image.split_once("://") {
            Some((_, rest)) if bare => rest,
            _ => image,
        };
        let name = image.rsplit('/').next().unwrap_or_default();
        if let Some(slot) = self.edit(&insertion.slot) {
            set(slot, &["Image"], shown.into());
            set(slot, &["ImageName"], name.into());
            set(slot, &["Inserted"], true.into());
            set(slot, &["ConnectedVia"], "URI".into());
            set(slot, &["WriteProtected"], insertion.write_protected.into());
            set(slot, &["TransferProtocolType"], insertion.protocol.clone().into());
            let user = insertion.login.as_ref().map(|(user, _)| user.clone());
            set(slot, &["UserName"], user.into());
        }
        self.event("OK", &format!("Virtual media were inserted: {name}"), now);
    }

    /// Returns whether AMI's service of remote media is off, without which nothing is inserted.
    pub(in crate::simulate) fn remote_media_is_off(&self) -> bool {
        let at = format!("/Oem/{}/VirtualMedia/RMediaStatus", self.base.namespace);
        let state = self.raw(&self.base.manager).and_then(|body| body.pointer(&at));
        state.is_some_and(|state| state == "Disabled")
    }

    /// Begins to turn remote media on: that takes as long as a task does.
    pub(in crate::simulate) fn enable_remote_media(&mut self, now: Moment) {
        let at = later(self.knob(Knob::TaskTime, 2000), now);
        self.due.push((at, Due::RemoteMedia));
    }

    pub(super) fn remote_media_on(&mut self) {
        let (manager, namespace) = (self.base.manager.clone(), self.base.namespace.clone());
        if let Some(body) = self.edit(&manager) {
            set(body, &["Oem", &namespace, "VirtualMedia", "RMediaStatus"], "Enabled".into());
        }
    }

    /// Takes the medium out of a slot.
    pub(in crate::simulate) fn eject(&mut self, slot: &str, now: Moment) {
        if let Some(slot) = self.edit(slot) {
            for name in ["Image", "ImageName", "TransferProtocolType", "UserName"] {
                set(slot, &[name], Value::Null);
            }
            set(slot, &["Inserted"], false.into());
            set(slot, &["ConnectedVia"], "NotConnected".into());
        }
        self.ejected = Some(now.elapsed);
        self.event("OK", "Virtual media were ejected", now);
    }

    /// Takes what a fetch came to; returns the answer that waited for it.
    pub fn fetched(&mut self, ticket: u64, outcome: &Fetched, now: Moment) -> Option<Response> {
        self.advance(now);
        let super::task::Pending { mut finish, task } = self.pending.remove(&ticket)?;
        let result = match outcome {
            Fetched::Failed(why) => Err(why.clone()),
            Fetched::Found { head, .. } => {
                if let Finish::Firmware { content, .. } = &mut finish {
                    content.clone_from(head);
                }
                Ok(())
            }
        };
        if let Some(task) = task {
            match result {
                Ok(()) => self.goes_on(&task, finish, now),
                Err(why) => self.fails(&task, &why),
            }
            return None;
        }
        let result = result.and_then(|()| self.finish(&finish, now));
        Some(match result {
            Ok(()) if self.has(Knob::Action200) => success(200),
            Ok(()) => Response::empty(204),
            Err(why) => {
                let message = format!("The resource at the URI could not be reached: {why}.");
                error(400, "CouldNotEstablishConnection", &message, &["Image"])
            }
        })
    }
}
