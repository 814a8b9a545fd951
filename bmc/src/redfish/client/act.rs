//! What is done with a host over Redfish; each change is a ladder that is climbed.

use std::sync::Arc;

use serde_json::Value;

use super::{Acted, Client, Inner, RedfishError, answer::refused, place::members};
use crate::{
    credential::Secret,
    operation::{boot, identity::Identity, power},
    redfish::{
        ladder::{
            self,
            insert::Image,
            script::{Script, Told},
            slot::Slot,
            task,
        },
        root,
        tree::{self, Answer, Resource, Tree},
        walk::Purpose,
    },
};

/// What is to be inserted beside the URL.
#[derive(Debug, Default)]
pub struct Insertion<'a> {
    /// The slot, by its name; else the best one is found.
    pub slot: Option<&'a str>,
    /// Who to be at the server of the image.
    pub credential: Option<(&'a str, &'a Secret)>,
    /// The image's server has a certificate that nobody signed: a slot that verifies them is told
    /// not to.
    pub unsigned: bool,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSeen {
    /// Its path.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its state, in the BMC's word; behind a number stands what that is taken for.
    pub state: String,
    /// How much is done, in percent.
    pub percent: Option<u8>,
    /// What it says.
    pub message: String,
}

/// What a system boots from next, and what it can be set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it is.
    pub boot: boot::Seen,
    /// The targets that the BMC says it takes, in its words; empty where it does not tell.
    pub targets: Vec<String>,
}

impl Client {
    /// Returns what the host and its BMC are.
    ///
    /// # Errors
    /// Where the service has several systems and none is named.
    pub async fn identity(&self) -> Result<Identity, RedfishError> {
        let tree = self.tree(Purpose::Identity).await?;
        self.inner.learn(&tree.value);
        let mut hosts = root::identity(&tree.value).value;
        if hosts.len() > 1 {
            let system = self.inner.system().await?;
            hosts.retain(|host| host.system.as_deref() == Some(system.as_str()));
        }
        let host = hosts.into_iter().next().ok_or(RedfishError::Missing { what: "system" })?;
        let dialect = self.dialect().map(|dialect| dialect.id.clone());
        Ok(Identity { dialect, ..host.identity })
    }

    /// Returns the power of the host; `None` where the BMC does not tell.
    pub async fn power_state(&self) -> Result<Option<power::State>, RedfishError> {
        let system = self.inner.system().await?;
        let reply = self.inner.read(&system).await?;
        Ok(ladder::power::state(reply.json()))
    }

    /// Changes the power of the host, and reads it back.
    pub async fn power(&self, action: power::Action) -> Result<Acted, RedfishError> {
        let system = self.inner.system().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| ladder::power::power(script, &system, action, &rules);
        self.inner.climb(&climb).await
    }

    /// Returns what the host boots from next.
    pub async fn boot(&self) -> Result<Seen, RedfishError> {
        let system = self.inner.system().await?;
        let reply = self.inner.read(&system).await?;
        let targets = ladder::boot::targets(reply.json());
        // As the reader of trees has it: a tree of this one system.
        let mut tree = Tree::default();
        let link = |path: &str| serde_json::json!({ "@odata.id": path });
        let one = serde_json::json!({ "Members": [link(&system)] });
        let mut own = reply.json().clone();
        if let Some(members) = own.as_object_mut() {
            // Some leave their own link out.
            members.entry("@odata.id").or_insert_with(|| Value::from(system.as_str()));
        }
        let root = serde_json::json!({ "Systems": link("/redfish/v1/Systems") });
        for (path, body) in
            [("/redfish/v1", &root), ("/redfish/v1/Systems", &one), (system.as_str(), &own)]
        {
            let resource = Resource { body: body.clone(), ..Resource::default() };
            tree.put(path.to_owned(), Answer::Resource(resource));
        }
        let seen = root::boot(&tree).value.into_iter().next();
        Ok(Seen { boot: seen.map(|(_, seen)| seen).unwrap_or_default(), targets })
    }

    /// Sets what the host boots from next, and reads it back.
    pub async fn set_boot(&self, wanted: boot::Override) -> Result<Acted, RedfishError> {
        let system = self.inner.system().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| ladder::boot::set(script, &system, wanted, &rules);
        self.inner.climb(&climb).await
    }

    /// Turns the light on the host's case on or off.
    pub async fn identify(&self, on: bool) -> Result<Acted, RedfishError> {
        let system = self.inner.system().await?;
        let reply = self.inner.read(&system).await?;
        let chassis = reply.json().pointer("/Links/Chassis").and_then(Value::as_array);
        let link = |one: &Value| one.get("@odata.id")?.as_str().and_then(tree::path);
        let mut paths = vec![system];
        paths.extend(chassis.into_iter().flatten().filter_map(link));
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| ladder::property::light(script, &paths, on, &rules);
        self.inner.climb(&climb).await
    }

    /// Returns the slots of virtual media, the best for an ISO first.
    pub async fn media(&self) -> Result<Vec<Slot>, RedfishError> {
        let owners = self.inner.owners().await?;
        let rules = self.rules();
        let mut found = Ok(Vec::new());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = ladder::slot::slots(script, &owners, &rules)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Returns the schemes of images that a slot takes, or the best one; `None` where nobody tells.
    pub async fn media_ways(
        &self,
        slot: Option<&str>,
    ) -> Result<Option<Vec<String>>, RedfishError> {
        let owners = self.inner.owners().await?;
        let rules = self.rules();
        let mut found = Ok(None);
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = ladder::way::ways(script, &owners, slot, &rules)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Inserts the image at `url`, which the BMC fetches itself, and looks whether it is in.
    pub async fn insert(&self, url: &str, with: &Insertion<'_>) -> Result<Acted, RedfishError> {
        let owners = self.inner.owners().await?;
        let rules = self.rules();
        let image =
            Image { url, slot: with.slot, credential: with.credential, unsigned: with.unsigned };
        let climb =
            |script: &mut Script<'_>| ladder::insert::insert(script, &owners, &image, &rules);
        self.inner.climb(&climb).await
    }

    /// Has slots look at certificates again, by their paths; returns those that do not.
    pub async fn verify_again(&self, slots: &[String]) -> Result<Vec<String>, RedfishError> {
        let rules = self.rules();
        let mut left = Vec::new();
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            left = ladder::insert::verified(script, slots, &rules)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        Ok(left)
    }

    /// Ejects what is in a slot, or in every slot where none is named.
    pub async fn eject(&self, slot: Option<&str>) -> Result<Acted, RedfishError> {
        let owners = self.inner.owners().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| ladder::eject::eject(script, &owners, slot, &rules);
        self.inner.climb(&climb).await
    }

    /// Clears a log, by the path of its service. Saving it first is the caller's.
    pub async fn clear_log(&self, service: &str) -> Result<Acted, RedfishError> {
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| ladder::property::clear(script, service, &rules);
        self.inner.climb(&climb).await
    }

    /// Restarts the BMC; its settings stay.
    pub async fn reset_bmc(&self) -> Result<Acted, RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| ladder::property::restart(script, &manager, &rules);
        self.inner.climb(&climb).await
    }

    /// Returns the tasks that the BMC knows of.
    pub async fn tasks(&self) -> Result<Vec<TaskSeen>, RedfishError> {
        let root = &self.inner.root;
        let link = ["/Tasks/@odata.id", "/TaskService/@odata.id"];
        let link = link.iter().find_map(|at| root.pointer(at)?.as_str().and_then(tree::path));
        let service = link.unwrap_or_else(|| "/redfish/v1/TaskService".to_owned());
        let service = self.inner.read(&service).await?;
        let tasks = service.json().pointer("/Tasks/@odata.id").and_then(Value::as_str);
        let tasks = tasks.and_then(tree::path).ok_or(RedfishError::Missing { what: "tasks" })?;
        let mut found = Vec::new();
        for path in members(self.inner.read(&tasks).await?.json()) {
            // Finished ones are removed while they are listed.
            let Ok(reply) = self.inner.read(&path).await else { continue };
            found.push(self.seen(path, reply.json()));
        }
        Ok(found)
    }

    fn seen(&self, path: String, body: &Value) -> TaskSeen {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let rules = self.rules();
        TaskSeen {
            name: text("Name").to_owned(),
            state: task::shown(body, &rules),
            percent: task::percent(body),
            message: task::messages(body, &rules).text,
            path,
        }
    }

    /// Changes the own password, as a BMC may ask for at the first login. The next login shows
    /// whether it was kept.
    pub async fn change_password(&self, new: &Secret) -> Result<Acted, RedfishError> {
        let account = self.inner.account().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| {
            ladder::property::password(script, &account, new.reveal(), &rules)
        };
        self.inner.climb(&climb).await
    }
}

impl Inner {
    /// Returns what may have virtual media: the manager, and the system.
    async fn owners(self: &Arc<Self>) -> Result<Vec<String>, RedfishError> {
        let system = self.system().await?;
        let manager = self.manager().await?;
        Ok(vec![manager, system])
    }

    /// Returns the account of the user that is logged in.
    async fn account(self: &Arc<Self>) -> Result<String, RedfishError> {
        if let Some(account) = self.held().account() {
            return Ok(account);
        }
        let service = self.read(&self.collection("AccountService")).await?;
        let accounts = service.json().pointer("/Accounts/@odata.id").and_then(Value::as_str);
        let accounts =
            accounts.and_then(tree::path).ok_or(RedfishError::Missing { what: "accounts" })?;
        let user = self.credential.as_ref().map(|one| one.user.as_str());
        for path in members(self.read(&accounts).await?.json()) {
            let Ok(reply) = self.read(&path).await else { continue };
            if reply.json().get("UserName").and_then(Value::as_str) == user {
                return Ok(path);
            }
        }
        Err(RedfishError::Missing { what: "account of this user" })
    }
}
