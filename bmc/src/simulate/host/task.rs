//! Tasks: what takes time, how far it is, and what it ends with.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Due, Host, Insertion, below, later, set};
use crate::simulate::{
    clock::{self, Moment},
    knobs::Knob,
};

/// What is done at the end of a task.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulate) enum Finish {
    /// A medium is in its slot.
    Media(Insertion),
    /// A slot is empty.
    Eject(String),
    /// Firmware is another: what the file is called, what it begins with, and for what it is meant.
    Firmware { name: String, content: Vec<u8>, targets: Vec<String> },
    /// A document is there.
    Make { path: String, body: Value },
    /// A document is gone.
    Take { path: String },
    /// Nothing is seen of it.
    Nothing,
}

/// A task, besides its document.
pub(super) struct Task {
    began: Duration,
    /// When it ends; `None` while it waits for a fetch.
    ends: Option<Duration>,
    finish: Finish,
    /// What it ended with.
    ended: Option<Result<(), String>>,
}

/// What goes on after a fetch.
pub(super) struct Pending {
    pub(super) finish: Finish,
    pub(super) task: Option<String>,
}

impl Host {
    /// Begins a task; returns its path.
    pub(in crate::simulate) fn begin(
        &mut self,
        name: &str,
        finish: Finish,
        waits: bool,
        now: Moment,
    ) -> String {
        let tasks = below("TaskService/Tasks");
        let id = self.free_id(&tasks);
        let path = format!("{tasks}/{id}");
        let monitor = below(&format!("TaskService/TaskMonitors/{id}"));
        let body = json!({ "@odata.type": "#Task.v1_7_1.Task", "Id": id.to_string(), "Name": name,
            "StartTime": clock::date(self.unix(now)), "TaskState": "Running", "TaskStatus": "OK",
            "PercentComplete": 0, "Messages": [], "TaskMonitor": monitor });
        self.put(path.clone(), body);
        let task = Task { began: now.elapsed, ends: None, finish: Finish::Nothing, ended: None };
        self.tasks.insert(path.clone(), task);
        if waits {
            if let Some(task) = self.tasks.get_mut(&path) {
                task.finish = finish;
            }
        } else {
            self.goes_on(&path, finish, now);
        }
        path
    }

    /// Lets a task go on to its end.
    pub(super) fn goes_on(&mut self, path: &str, finish: Finish, now: Moment) {
        let at = later(self.knob(Knob::TaskTime, 2000), now);
        if let Some(task) = self.tasks.get_mut(path) {
            task.finish = finish;
            task.ends = Some(at);
            self.due.push((at, Due::Task { path: path.to_owned() }));
        }
    }

    /// Ends a task without what it was for.
    pub(super) fn fails(&mut self, path: &str, why: &str) {
        if let Some(task) = self.tasks.get_mut(path) {
            task.ended = Some(Err(why.to_owned()));
        }
    }

    /// A task comes to its end.
    pub(super) fn ends(&mut self, path: &str, now: Moment) {
        let Some(task) = self.tasks.get(path) else { return };
        let finish = task.finish.clone();
        let ended = if self.has(Knob::TaskFails) {
            Err("The task failed, as it was told to.".to_owned())
        } else {
            self.finish(&finish, now)
        };
        if let Some(body) = self.edit(path) {
            let at = clock::date(now.unix.as_secs());
            set(body, &["EndTime"], at.into());
        }
        if let Some(task) = self.tasks.get_mut(path) {
            task.ended = Some(ended);
        }
        if self.has(Knob::TaskGone) {
            self.tasks.remove(path);
            self.remove(path);
        }
    }

    /// Does what a task was for.
    pub(super) fn finish(&mut self, finish: &Finish, now: Moment) -> Result<(), String> {
        match finish {
            Finish::Media(insertion) => self.is_in(insertion, now),
            Finish::Eject(slot) => self.eject(slot, now),
            Finish::Firmware { name, content, targets } => {
                return self.new_firmware(name, content, targets, now);
            }
            Finish::Make { path, body } => self.put(path.clone(), body.clone()),
            Finish::Take { path } => {
                self.remove(path);
            }
            Finish::Nothing => {}
        }
        Ok(())
    }

    /// Returns whether firmware is being installed.
    pub(in crate::simulate) fn updates(&self) -> bool {
        let is_one = |task: &Task| matches!(task.finish, Finish::Firmware { .. });
        self.tasks.values().any(|task| task.ended.is_none() && is_one(task))
    }

    /// Returns whether a task is at its end, if it is one.
    pub(in crate::simulate) fn is_over(&self, path: &str) -> Option<bool> {
        self.tasks.get(path).map(|task| task.ended.is_some())
    }

    /// Brings the document of a task up to date.
    pub(in crate::simulate) fn show_task(&self, path: &str, body: &mut Value, now: Moment) {
        let Some(task) = self.tasks.get(path) else { return };
        let own = self.has(Knob::TaskStateUnknown);
        let percent = match (&task.ended, task.ends) {
            (Some(Ok(())), _) => 100,
            (Some(Err(_)), _) | (None, None) => 0,
            (None, Some(ends)) => {
                let whole = ends.saturating_sub(task.began).as_millis().max(1);
                let gone = now.elapsed.saturating_sub(task.began).as_millis();
                u32::try_from(gone * 100 / whole).unwrap_or(99).min(99)
            }
        };
        let (state, status) = match &task.ended {
            None if own => (running(&task.finish), "OK"),
            None => ("Running", "OK"),
            Some(Ok(())) if own && matches!(task.finish, Finish::Media(_)) => ("Mounted", "OK"),
            Some(Ok(())) => ("Completed", "OK"),
            Some(Err(_)) => ("Exception", "Critical"),
        };
        let number = match (&task.ended, task.ends) {
            (Some(Ok(())), _) => 0,
            (Some(Err(_)), _) => 1,
            (None, Some(_)) => 2,
            (None, None) => 4,
        };
        let is_number =
            self.has(Knob::TaskStateNumber) && matches!(task.finish, Finish::Firmware { .. });
        let state: Value = if is_number { number.into() } else { state.into() };
        set(body, &["TaskState"], state);
        set(body, &["TaskStatus"], status.into());
        set(body, &["PercentComplete"], percent.into());
        if self.has(Knob::TaskPercentText) {
            if let Some(body) = body.as_object_mut() {
                body.remove("PercentComplete");
            }
            let text = format!("{percent}%");
            set(body, &["Oem", &self.base.namespace, "TaskPercentage"], text.into());
        }
        let message = match &task.ended {
            None => None,
            Some(Ok(())) => {
                Some(("TaskEvent.1.0.TaskCompletedOK", "The task has completed.", "OK"))
            }
            Some(Err(why)) => Some(("TaskEvent.1.0.TaskAborted", why.as_str(), "Critical")),
        };
        let message = message.map(|(id, message, severity)| {
            json!({ "@odata.type": "#Message.v1_1_2.Message", "MessageId": id,
                "Message": message, "MessageArgs": [], "Severity": severity })
        });
        let messages = match message {
            Some(message) if self.has(Knob::TaskMessagesObject) => message,
            Some(message) => json!([message]),
            None if self.has(Knob::TaskMessagesObject) => Map::new().into(),
            None => json!([]),
        };
        set(body, &["Messages"], messages);
    }
}

/// What some call a task that is not at its end.
fn running(finish: &Finish) -> &'static str {
    match finish {
        Finish::Media(_) => "Mounting",
        Finish::Firmware { .. } => "Updating",
        _ => "Going To Effect",
    }
}
