//! One BMC is taken into service.

use std::{cell::RefCell, collections::BTreeMap};

use bmc::{
    adopt::{Asked, Step, steps},
    audit::Tried,
    client::{Patience, Trust, certificate},
    credential::Credential,
    hand::{Acted, Bmc, HandError, Protocol},
    lockout::Ledger,
    operation::{
        Outcome,
        account::{Change, Role},
        interface::{Source, Wanted},
    },
    redfish::client::Farewells,
    target::Address,
    trust::Material,
};

use super::{
    enter::Who,
    journal::{Journal, Past},
};
use crate::{
    cli::{self, bmc::adopt::Adopt},
    command::bmc::{
        access::Keys,
        certs,
        sessions::{Note, Notes},
        subjects::Host,
    },
    interrupt::Interrupt,
    output::bmc::{
        adoption::{Adoption, Became},
        found::{Found, Met},
    },
};

/// What all hosts of a run share.
pub(super) struct Run<'a> {
    pub(super) keys: &'a Keys,
    pub(super) access: &'a cli::bmc::Access,
    pub(super) given: &'a Adopt,
    /// The new administrator that options name.
    pub(super) new: Option<Credential>,
    /// The certificate of each host, by its name.
    pub(super) materials: BTreeMap<String, Material>,
    pub(super) journal: Journal,
    pub(super) ledger: RefCell<Ledger>,
    pub(super) farewells: Farewells,
    pub(super) notes: Notes,
    pub(super) interrupt: Interrupt,
}

/// Why a step was not done.
type Why = (String, String);

/// What is had of a host while it is at work.
pub(super) struct Work<'r> {
    /// Its name in the list and the journal.
    pub(super) name: String,
    pub(super) host: &'r Host,
    /// Where it is now.
    pub(super) at: Address,
    pub(super) trust: Option<Trust>,
    pub(super) factory: &'r Credential,
    /// By what its refusals are counted.
    pub(super) factory_name: &'r str,
    pub(super) new: &'r Credential,
    pub(super) new_name: String,
    pub(super) past: Past,
}

impl Run<'_> {
    /// Takes a host into service, or as far as it goes.
    pub(super) async fn one(&self, host: &Host) -> Met {
        let name = host.address.to_string();
        let past = self.journal.past.get(&name).cloned().unwrap_or_default();
        let way = self.keys.of(host);
        let listed = host.listed.as_ref();
        let own = listed.and_then(|listed| listed.adopt.credential.as_deref());
        let by_name = own.or(self.given.new_credential.as_deref());
        let named = by_name.and_then(|name| Some((name, self.keys.named(name)?)));
        let given = self.new.as_ref().map(|new| ("--new-user", new));
        let (Some(factory), Some((new_name, new))) = (way.credential, named.or(given)) else {
            return Met::Interrupted;
        };
        let mut work = Work {
            at: host.address.clone(),
            trust: way.trust.clone(),
            factory,
            factory_name: way.name.unwrap_or("--user"),
            new,
            new_name: new_name.to_owned(),
            name,
            host,
            past,
        };
        if work.past.whole {
            let all = work.past.done.iter().map(|step| (*step, Became::Earlier)).collect();
            let at = Self::moved(&work).unwrap_or_else(|| work.at.clone()).to_string();
            let found = Found::Adopted(Adoption { steps: all, at, remarks: Vec::new() });
            return Met::Found { protocol: Protocol::Auto, found };
        }
        self.find(&mut work).await;
        let (bmc, who) = match self.enter(&work).await {
            Ok(entered) => entered,
            Err(met) => return met,
        };
        self.go(work, bmc, who).await
    }

    /// Goes through the steps; the first that is not done ends it.
    async fn go(&self, mut work: Work<'_>, bmc: Bmc, mut who: Who) -> Met {
        let listed = work.host.listed.as_ref();
        let adopt = listed.map(|listed| &listed.adopt);
        let all = steps(Asked {
            must_change: bmc.must_change_password() || work.past.begun.contains(&Step::Password),
            keeps_user: work.factory.user == work.new.user,
            serial: listed.is_some_and(|listed| listed.serial.is_some()),
            ntp: !self.given.ntp.is_empty(),
            name: adopt.is_some_and(|adopt| adopt.name.is_some()),
            certificate: self.materials.contains_key(&work.name),
            address: adopt.is_some_and(|adopt| adopt.network.is_some()),
        });
        let protocol = bmc.protocol();
        let mut adoption = Adoption::default();
        let mut held = Some(self.hold(&work, bmc));
        for step in all {
            let Some((mut bmc, note)) = held.take() else {
                adoption.steps.push((step, Became::Held));
                continue;
            };
            let was_done = work.past.done.contains(&step);
            // Who it is, is looked at each time; who is logged in has to be the new one.
            if was_done && step != Step::Serial && !(step == Step::Login && who != Who::New) {
                adoption.steps.push((step, Became::Earlier));
                held = Some((bmc, note));
                continue;
            }
            let mut came = self.begin(&work, step);
            if came.is_ok() {
                came = self.step(step, &mut bmc, &mut work, who).await;
            }
            let next = match (step, who) {
                (Step::Password, Who::Factory) if work.factory.user == work.new.user => Who::New,
                (Step::Password, Who::Factory) => Who::Changed,
                (Step::Login, _) => Who::New,
                _ => who,
            };
            if came.is_ok() && next != who {
                // What was begun with the old credential is never begun anew with it.
                leave(bmc, note).await;
                match self.connect(&work, next).await {
                    Ok(new) => {
                        who = next;
                        held = Some(self.hold(&work, new));
                    }
                    Err(met) => came = Err(met.reason().unwrap_or_default()),
                }
            } else if came.is_ok() {
                held = Some((bmc, note));
            } else {
                leave(bmc, note).await;
            }
            let came = came.and_then(|()| {
                self.journal.done(&work.name, step).map_err(|error| unwritten(&error))
            });
            if came.is_err()
                && let Some((bmc, note)) = held.take()
            {
                leave(bmc, note).await;
            }
            adoption.steps.push((step, came.map_or_else(Became::Not, |()| Became::Done)));
        }
        adoption.at = work.at.to_string();
        if let Some((bmc, note)) = held {
            leave(bmc, note).await;
            if let Err(error) = self.journal.whole(&work.name) {
                adoption.remarks.push(unwritten(&error));
            }
        }
        Met::Found { protocol, found: Found::Adopted(adoption) }
    }

    /// Begins a step, unless the operator asked to stop.
    fn begin(&self, work: &Work<'_>, step: Step) -> Result<(), Why> {
        if self.interrupt.asked() {
            return Err(("操作员中止".to_owned(), "stopped by the operator".to_owned()));
        }
        self.journal.begin(&work.name, step).map_err(|error| unwritten(&error))
    }

    /// Notes the session of a BMC.
    fn hold(&self, work: &Work<'_>, bmc: Bmc) -> (Bmc, Option<Note>) {
        let note = bmc.session().map(|session| self.notes.note(&work.at, &session));
        (bmc, note)
    }

    /// Does one step, and has it read back.
    async fn step(
        &self,
        step: Step,
        bmc: &mut Bmc,
        work: &mut Work<'_>,
        who: Who,
    ) -> Result<(), Why> {
        let adopt =
            work.host.listed.as_ref().map(|listed| listed.adopt.clone()).unwrap_or_default();
        match step {
            Step::Serial => serial(bmc, work).await,
            Step::Password if who == Who::Factory => {
                done(bmc.change_own_password(&work.new.password).await)
            }
            // The new password let us in.
            Step::Password | Step::Login => Ok(()),
            Step::User => user(bmc, work).await,
            Step::Disable => {
                let users = bmc.users().await.map_err(|error| why(&error))?.value;
                let of = users.iter().find(|one| one.name == work.factory.user);
                match of {
                    None => Ok(()),
                    Some(one) if one.enabled == Some(false) => Ok(()),
                    Some(_) => {
                        let change = Change::Enable(false);
                        done(bmc.change_user(&work.factory.user, &change).await)
                    }
                }
            }
            Step::Ntp => done(bmc.follow_time(&self.given.ntp).await),
            Step::Name => match &adopt.name {
                Some(name) => done(bmc.set_name(name).await),
                None => Ok(()),
            },
            Step::Certificate => match self.materials.get(&work.name) {
                Some(material) => self.certificate(bmc, work, material).await,
                None => Ok(()),
            },
            Step::Address => match (adopt.network, Self::moved(work)) {
                (Some(network), Some(new)) => {
                    let source = Some(Source::Static { network, gateway: adopt.gateway });
                    let wanted = Wanted { source, ..Wanted::default() };
                    done(bmc.set_interface(&wanted).await)?;
                    work.at = new;
                    match self.materials.get(&work.name) {
                        Some(material) => self.learn(&work.at, material),
                        None => Ok(()),
                    }
                }
                _ => Ok(()),
            },
        }
    }

    /// Gives a BMC its certificate, unless connections show it already, and knows it from then on.
    async fn certificate(
        &self,
        bmc: &mut Bmc,
        work: &mut Work<'_>,
        material: &Material,
    ) -> Result<(), Why> {
        let shown = certificate::look(&work.at, Patience::default()).await.ok();
        if shown.is_none_or(|shown| shown.pin != material.pin) {
            done(bmc.replace_certificate(material).await)?;
        }
        work.trust = Some(Trust::Pin(material.pin));
        self.learn(&work.at, material)
    }

    fn learn(&self, at: &Address, material: &Material) -> Result<(), Why> {
        certs::learn(&self.keys.place, &at.to_string(), material)
    }
}

/// Closes a session, and takes its note away.
async fn leave(bmc: Bmc, note: Option<Note>) {
    bmc.close().await;
    if let Some(note) = note {
        note.settled();
    }
}

/// Compares the serial number with the list's; one that is not told is no match.
async fn serial(bmc: &mut Bmc, work: &Work<'_>) -> Result<(), Why> {
    let listed = work.host.listed.as_ref().and_then(|listed| listed.serial.clone());
    let Some(listed) = listed else { return Ok(()) };
    let found = bmc.identity().await.map_err(|error| why(&error))?.serial;
    match found {
        Some(found) if found.trim().eq_ignore_ascii_case(listed.trim()) => Ok(()),
        Some(found) => Err((
            format!("BMC 的序列号为 {found}，清单为 {listed}：不是这台，未作其他改动"),
            format!(
                "its serial number is {found}, and the list's {listed}: it is another one, and \
                 nothing else was done"
            ),
        )),
        None => Err((
            format!("BMC 未说明序列号，无法与清单的 {listed} 核对"),
            format!("it tells no serial number to compare with the list's {listed}"),
        )),
    }
}

/// Makes the new administrator, or proves one that an earlier run made.
async fn user(bmc: &mut Bmc, work: &Work<'_>) -> Result<(), Why> {
    let new = work.new;
    let users = bmc.users().await.map_err(|error| why(&error))?.value;
    let Some(there) = users.iter().find(|one| one.name == new.user) else {
        let change = Change::Add { role: Role::Administrator, password: &new.password };
        return done(bmc.change_user(&new.user, &change).await);
    };
    if there.role != Some(Role::Administrator) || there.enabled == Some(false) {
        return Err((
            format!("已有用户 `{}`，但不是已启用的管理员", new.user),
            format!("`{}` is there already, and is no administrator that is enabled", new.user),
        ));
    }
    match bmc.opens(&new.user, &new.password).await {
        Tried::Taken => Ok(()),
        Tried::Refused => Err((
            format!("已有用户 `{}`，其密码不是给出的新密码", new.user),
            format!("`{}` is there already, with another password than the new one", new.user),
        )),
        Tried::Not(why) => Err(why),
    }
}

fn why(error: &HandError) -> Why {
    (error.in_chinese(), error.to_string())
}

fn unwritten(error: &std::io::Error) -> Why {
    (format!("日志文件无法写入：{error}"), format!("the journal cannot be written: {error}"))
}

/// Lets pass what is done and read back alone.
fn done(acted: Result<Acted, HandError>) -> Result<(), Why> {
    let acted = acted.map_err(|error| why(&error))?;
    match acted.outcome {
        Outcome::Done => Ok(()),
        Outcome::NotKept { sent, found } => Err((
            format!("BMC 应答成功，但读回为 {found}（要求 {sent}）"),
            format!("the BMC said yes, and what is read back is {found} (wanted {sent})"),
        )),
        Outcome::Unsupported { why } | Outcome::Refused { why } => Err(why),
        // What there is to say of it says why it is not proved.
        Outcome::Accepted { .. } => {
            Err(acted.remarks.into_iter().next_back().unwrap_or_else(|| {
                (
                    "BMC 已受理，但未能证实完成".to_owned(),
                    "the BMC took it, and that it is done could not be proved".to_owned(),
                )
            }))
        }
    }
}
