//! Settings of a BMC and of its host: read, and changed with each change read back.

use super::{Acted, Bmc, HandError, Read, Spoken, look::OWN_CHANNEL};
use crate::{
    client::{Patience, certificate},
    operation::{
        account::{Account, Change},
        bios::{self, Setting},
        certificate::{Certificate, Subject},
        clock::{self, Clock},
        interface::{self, Interface},
        lockdown::Item,
    },
    redfish::{
        client::Csr,
        ladder::{clock::Wanted, script::Note},
    },
    trust::{Leaf, Material},
};

impl Bmc {
    /// Reads the users: of the service, or of the channel that IPMI came by.
    pub async fn users(&mut self) -> Result<Read<Vec<Account>>, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => {
                let listing = client.accounts().await?;
                let remarks: Vec<(String, String)> = listing
                    .unread
                    .iter()
                    .map(|path| (format!("`{path}` 读不出"), format!("`{path}` could not be read")))
                    .collect();
                Ok(Read { value: listing.accounts(), complete: remarks.is_empty(), remarks })
            }
            Spoken::Ipmi(client) => {
                let users = client.users(OWN_CHANNEL).await?;
                let value = users.iter().map(crate::ipmi::command::user::User::account).collect();
                Ok(Read { value, remarks: Vec::new(), complete: true })
            }
        }
    }

    /// Changes the user of that name. Who is logged in, and the last administrator, are neither
    /// removed nor disabled nor lowered.
    pub async fn change_user(
        &mut self,
        name: &str,
        change: &Change<'_>,
    ) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.change_account(name, change).await?.into()),
            Spoken::Ipmi(client) => {
                Ok(client.change_user(OWN_CHANNEL, name, change, &self.user).await?.into())
            }
        }
    }

    /// Reads settings of the BIOS, over Redfish: those of these names, or all.
    pub async fn bios(&mut self, names: &[String]) -> Result<Read<Vec<Setting>>, HandError> {
        let found = self.redfish()?.bios().await?;
        let mut remarks = Vec::new();
        for name in names.iter().filter(|name| found.all.iter().all(|one| one.name != **name)) {
            remarks.push(bios::unknown(name, &found.all));
        }
        let is_meant = |one: &Setting| names.is_empty() || names.contains(&one.name);
        let complete = remarks.is_empty();
        Ok(Read { value: found.all.into_iter().filter(is_meant).collect(), remarks, complete })
    }

    /// Reads what waits for the host's next start, over Redfish, and what its firmware said of the
    /// values that it took last.
    pub async fn bios_pending(&mut self) -> Result<Read<Vec<Setting>>, HandError> {
        let found = self.redfish()?.bios().await?;
        let mut remarks = Vec::new();
        if !found.said.text.is_empty() && !found.said.is("Success") {
            remarks.push((found.said.in_chinese(), found.said.to_string()));
        }
        let value = found.all.into_iter().filter(|one| one.pending.is_some()).collect();
        Ok(Read { value, remarks, complete: true })
    }

    /// Sets settings of the BIOS for the next start, over Redfish.
    pub async fn set_bios(&mut self, wanted: &[bios::Wanted]) -> Result<Acted, HandError> {
        Ok(self.redfish()?.set_bios(wanted).await?.into())
    }

    /// Sets all settings of the BIOS to what they came with, over Redfish.
    pub async fn reset_bios(&mut self) -> Result<Acted, HandError> {
        Ok(self.redfish()?.reset_bios().await?.into())
    }

    /// Has the BMC bundle its logs, and writes the file (Redfish).
    pub async fn collect_logs(
        &mut self,
        into: &mut (dyn std::io::Write + Send),
    ) -> Result<Acted, HandError> {
        Ok(self.redfish()?.collect_logs(into).await?.into())
    }

    /// Withdraws the settings of the BIOS that wait for a restart (Redfish).
    pub async fn revoke_bios(&mut self) -> Result<Acted, HandError> {
        Ok(self.redfish()?.revoke_bios().await?.into())
    }

    /// Reads the certificates that the BMC lists, over Redfish, and the one that connections show.
    pub async fn certificates(&mut self) -> Result<Read<Vec<Certificate>>, HandError> {
        let mut value = self.redfish()?.certificates().await?;
        let mut remarks = Vec::new();
        match certificate::look(&self.address, Patience::default()).await {
            Ok(shown) => {
                let sha256 = shown.pin.to_string();
                for one in &mut value {
                    one.is_shown = one.sha256.as_ref().map(|own| *own == sha256);
                }
                if value.iter().all(|one| one.is_shown != Some(true)) {
                    let leaf = Leaf::read(&shown.der).unwrap_or_default();
                    value.push(Certificate {
                        place: "TLS".to_owned(),
                        subject: leaf.subject.to_string(),
                        issuer: leaf.issuer.to_string(),
                        from: clock::date(leaf.from),
                        until: clock::date(leaf.until),
                        sha256: Some(sha256),
                        is_shown: Some(true),
                    });
                }
            }
            Err(error) => remarks.push((
                format!("没能查看连接所示的证书：{error}"),
                format!("what connections show could not be looked at: {error}"),
            )),
        }
        Ok(Read { value, complete: remarks.is_empty(), remarks })
    }

    /// Has the BMC make a key and a request for a certificate, over Redfish.
    pub async fn request_certificate(&mut self, subject: &Subject) -> Result<Csr, HandError> {
        Ok(self.redfish()?.request_certificate(subject).await?)
    }

    /// Gives the BMC another certificate, over Redfish, and looks whether new connections show it.
    pub async fn replace_certificate(&mut self, new: &Material) -> Result<Acted, HandError> {
        Ok(self.redfish()?.replace_certificate(new).await?.into())
    }

    /// Reads the BMC's clock, and how far it is ahead of this machine's.
    pub async fn clock(&mut self) -> Result<Read<Clock>, HandError> {
        let (value, remarks) = match &mut self.spoken {
            Spoken::Redfish(client) => {
                let (clock, notes) = client.clock().await?;
                (clock, notes.into_iter().map(Note::told).collect())
            }
            Spoken::Ipmi(client) => (client.clock().await?, Vec::new()),
        };
        Ok(Read { value, remarks, complete: true })
    }

    /// Sets the BMC's clock to a moment in seconds of Unix time, or to this machine's.
    pub async fn set_clock(&mut self, wanted: Option<i64>) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => {
                let wanted = wanted.map_or(Wanted::Now, Wanted::At);
                Ok(client.set_clock(wanted).await?.into())
            }
            Spoken::Ipmi(client) => Ok(client.set_clock(wanted).await?.into()),
        }
    }

    /// Has the BMC's clock set by these servers of NTP, or by none, over Redfish.
    pub async fn follow_time(&mut self, servers: &[String]) -> Result<Acted, HandError> {
        Ok(self.redfish()?.follow_time(servers).await?.into())
    }

    /// Reads the BMC's own interfaces: of its manager, or the channel that IPMI came by.
    pub async fn interfaces(&mut self) -> Result<Read<Vec<Interface>>, HandError> {
        let value = match &mut self.spoken {
            Spoken::Redfish(client) => client.interfaces().await?,
            Spoken::Ipmi(client) => vec![client.lan(OWN_CHANNEL).await?.interface()],
        };
        Ok(Read { value, remarks: Vec::new(), complete: true })
    }

    /// Changes an interface of the BMC, over Redfish, and looks for the BMC where it is to be then.
    pub async fn set_interface(&mut self, wanted: &interface::Wanted) -> Result<Acted, HandError> {
        Ok(self.redfish()?.set_interface(wanted).await?.into())
    }

    /// Reads what is open at the BMC, and what is to be closed of it, over Redfish.
    pub async fn services(&mut self) -> Result<Vec<Item>, HandError> {
        Ok(self.redfish()?.services().await?)
    }

    /// Opens or closes a thing, over Redfish, and reads it back. What we speak is none of them.
    pub async fn set_service(&mut self, item: &Item, open: bool) -> Result<Acted, HandError> {
        Ok(self.redfish()?.set_service(item, open).await?.into())
    }
}
