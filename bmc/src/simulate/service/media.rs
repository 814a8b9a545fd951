//! Virtual media, in the three forms that are met: the actions of the standard, PATCH, and an
//! action of the vendor's own.

use serde_json::{Map, Value};

use super::{
    Answered, Host,
    action::{bad, lacks, unknown},
    patch, stop,
};
use crate::simulate::{
    clock::Moment,
    host::{Finish, Inserted, Insertion},
    knobs::Knob,
    message::{Response, error},
};

const INSERT: &str = "VirtualMedia.InsertMedia";
pub(super) const VMM: &str = "VirtualMedia.VmmControl";

impl Host {
    fn is_inserted(&self, slot: &str) -> bool {
        self.raw(slot).is_some_and(|body| body["Inserted"] == true)
    }

    /// Returns why a slot takes nothing, if so.
    fn slot_refuses(&self, slot: &str, now: Moment) -> Option<Response> {
        if self.remote_media_is_off() {
            let message = "The requested operation needs remote media, which are disabled.";
            return Some(error(400, "ActionNotSupported", message, &[]));
        }
        let first = self.slots().first().is_some_and(|first| first == slot);
        let old_tree = self.has(Knob::MediaTwoTrees) && !slot.starts_with(&self.base.system);
        if old_tree || (first && self.has(Knob::MediaSlotRefused)) {
            let message = "The requested operation is not supported by this virtual media.";
            return Some(error(400, "ActionNotSupported", message, &[]));
        }
        if self.just_ejected(now) {
            return Some(error(
                500,
                "InternalError",
                "The request failed due to an internal service error.",
                &[],
            ));
        }
        None
    }

    fn occupied() -> Response {
        let message = "The change to the requested resource failed because the resource is in use.";
        error(409, "ResourceInUse", message, &[])
    }

    pub(super) fn insert_medium(
        &mut self,
        slot: &str,
        sent: &Map<String, Value>,
        now: Moment,
        wait: &mut Option<u64>,
    ) -> Answered {
        let known = [
            "Image",
            "TransferProtocolType",
            "TransferMethod",
            "UserName",
            "Password",
            "Inserted",
            "WriteProtected",
            "MediaType",
        ];
        if let Some(name) = sent.keys().find(|name| !known.contains(&name.as_str())) {
            return stop(unknown(INSERT, name));
        }
        let refused =
            ["Inserted", "WriteProtected"].into_iter().find(|name| sent.contains_key(*name));
        if let Some(name) = refused.filter(|_| self.has(Knob::MediaNoInserted)) {
            return stop(unknown(INSERT, name));
        }
        let demanded = [
            ("Image", true),
            ("TransferProtocolType", self.has(Knob::MediaProtocol)),
            ("TransferMethod", self.has(Knob::MediaMethod)),
            ("UserName", self.has(Knob::MediaCreds)),
            ("Password", self.has(Knob::MediaCreds)),
        ];
        let lacking = demanded.into_iter().find(|(name, wanted)| {
            *wanted && sent.get(*name).and_then(Value::as_str).is_none_or(str::is_empty)
        });
        if let Some((name, _)) = lacking {
            return stop(lacks(INSERT, name));
        }
        if let Some(refusal) = self.slot_refuses(slot, now) {
            return stop(refusal);
        }
        if self.is_inserted(slot) {
            return stop(Self::occupied());
        }
        if let Some(method) =
            sent.get("TransferMethod").filter(|method| **method != "Stream" && **method != "Upload")
        {
            return stop(bad(INSERT, "TransferMethod", method));
        }
        let insertion = Self::insertion(slot, sent)?;
        if let Some(refusal) = self.protocol_refused(slot, &insertion) {
            return stop(refusal);
        }
        let as_task = self.has(Knob::MediaTask);
        Ok(match self.insert(insertion, as_task, now) {
            Inserted::Done => self.done(),
            Inserted::Task(task) => self.accepted(&task, now),
            Inserted::Wait(ticket) => {
                *wait = Some(ticket);
                self.done()
            }
        })
    }

    /// Returns why an image is not taken by its protocol, if so.
    fn protocol_refused(&self, slot: &str, insertion: &Insertion) -> Option<Response> {
        let protocol = insertion.protocol.as_deref().unwrap_or_default();
        let only = [(Knob::MediaNfsOnly, "NFS"), (Knob::MediaHttpsOnly, "HTTPS")];
        let only = only.into_iter().find(|(knob, _)| self.has(*knob))?.1;
        if !protocol.eq_ignore_ascii_case(only) {
            return Some(bad(INSERT, "TransferProtocolType", &protocol.into()));
        }
        // It knows no authority, so nobody's certificate is good.
        self.raw(slot).filter(|body| body["VerifyCertificate"] == true).map(|_| {
            let message = "The certificate of the server of the image could not be verified.";
            error(400, "CouldNotEstablishConnection", message, &["Image"])
        })
    }

    /// Reads what is to be inserted.
    fn insertion(slot: &str, sent: &Map<String, Value>) -> Result<Insertion, Box<Response>> {
        let text = |name: &str| sent.get(name).and_then(Value::as_str).map(str::to_owned);
        let image = text("Image").unwrap_or_default();
        let (scheme, rest) = image.split_once("://").unwrap_or_default();
        let known = ["http", "https", "nfs", "cifs", "smb", "ftp"];
        // Some write a share as it is mounted: `10.0.0.1:/images/a.iso`.
        let share = scheme.is_empty() && image.contains(":/");
        if !(share || (known.contains(&scheme) && rest.contains('/'))) {
            let message = format!(
                "The value {image} for the property Image is of a different format than the property can accept."
            );
            return stop(error(400, "PropertyValueFormatError", &message, &["Image"]));
        }
        let protocol = text("TransferProtocolType");
        let scheme = if share { "nfs".to_owned() } else { scheme.to_owned() };
        if let Some(protocol) = &protocol
            && !protocol.eq_ignore_ascii_case(&scheme)
            && !(scheme == "smb" && protocol.eq_ignore_ascii_case("cifs"))
        {
            let message = format!("The protocol {protocol} does not go with the image {image}.");
            return stop(error(
                400,
                "PropertyValueConflict",
                &message,
                &["TransferProtocolType", "Image"],
            ));
        }
        Ok(Insertion {
            slot: slot.to_owned(),
            image,
            login: text("UserName").zip(text("Password")),
            protocol: protocol.or_else(|| Some(scheme.to_ascii_uppercase())),
            write_protected: sent.get("WriteProtected").and_then(Value::as_bool).unwrap_or(true),
        })
    }

    pub(super) fn eject_medium(&mut self, slot: &str, now: Moment) -> Answered {
        if self.has(Knob::Eject500) && self.is_inserted(slot) {
            self.eject(slot, now);
            let message = "The request failed due to an internal service error.";
            return stop(error(500, "InternalError", message, &[]));
        }
        if !self.is_inserted(slot) && self.has(Knob::MediaSlotRefused) {
            return stop(Self::occupied());
        }
        self.eject(slot, now);
        Ok(self.done())
    }

    /// The form by PATCH: an image goes in with `Inserted`, and out with `null`.
    pub(super) fn patch_medium(
        &mut self,
        slot: &str,
        sent: &Map<String, Value>,
        now: Moment,
    ) -> Answered {
        match sent.get("Image") {
            Some(Value::String(_)) => {
                if !sent.get("Inserted").is_some_and(|inserted| *inserted == true) {
                    return stop(patch::lacks("Inserted"));
                }
                if let Some(refusal) = self.slot_refuses(slot, now) {
                    return stop(refusal);
                }
                if self.is_inserted(slot) {
                    return stop(Self::occupied());
                }
                let insertion = Self::insertion(slot, sent)?;
                // A PATCH is answered before the image was fetched.
                drop(self.insert(insertion, true, now));
            }
            Some(Value::Null) => self.eject(slot, now),
            Some(other) => return stop(patch::bad_value("Image", other)),
            None if sent.get("Inserted").is_some_and(|inserted| *inserted == false) => {
                self.eject(slot, now);
            }
            None => return stop(patch::lacks("Image")),
        }
        Ok(Response::json(200, self.seen(slot, now).unwrap_or_default()))
    }

    /// The form of the iBMC and HDM families: a task mounts, and only some protocols are taken.
    pub(super) fn vmm(&mut self, slot: &str, sent: &Map<String, Value>, now: Moment) -> Answered {
        let Some(kind) = sent.get("VmmControlType") else {
            return stop(lacks(VMM, "VmmControlType"));
        };
        if kind == "Disconnect" {
            if !self.is_inserted(slot) {
                let message = "The virtual media are not connected.";
                return stop(error(400, "VmmNotConnected", message, &[]));
            }
            if self.base.namespace == "Public" {
                self.eject(slot, now);
                return Ok(crate::simulate::message::success(200));
            }
            let task =
                self.begin("Unmount of virtual media", Finish::Eject(slot.to_owned()), false, now);
            return Ok(self.accepted(&task, now));
        }
        let Some(image) = sent.get("Image").and_then(Value::as_str) else {
            return stop(lacks(VMM, "Image"));
        };
        let public = self.base.namespace == "Public";
        let taken: &[&str] =
            if public { &["nfs://", "cifs://"] } else { &["nfs://", "cifs://", "https://"] };
        if !taken.iter().any(|scheme| image.starts_with(scheme)) {
            let message = "The protocol of the file is not one that is supported.";
            return stop(error(400, "FileTransferProtocolMismatch", message, &["Image"]));
        }
        if self.failed_connects < self.base.knobs.value(Knob::MediaVmmFails).unwrap_or(0) {
            self.failed_connects += 1;
            let message = "The request failed due to an internal service error.";
            return stop(error(500, "InternalError", message, &[]));
        }
        let name = image.rsplit('/').next().unwrap_or_default();
        if public && name.len() > 128 {
            return stop(patch::bad_value("Image", &image.into()));
        }
        if let Some(refusal) = self.slot_refuses(slot, now) {
            return stop(refusal);
        }
        if self.is_inserted(slot) {
            let message = "The virtual media connection is occupied.";
            return stop(error(409, "ConnectionOccupied", message, &[]));
        }
        let insertion = Self::insertion(slot, sent)?;
        Ok(match self.insert(insertion, true, now) {
            Inserted::Task(task) => self.accepted(&task, now),
            Inserted::Done | Inserted::Wait(_) => self.done(),
        })
    }
}
