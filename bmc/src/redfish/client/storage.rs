//! Arrays over Redfish: what is there, volumes that are made, and volumes that are removed.

use super::{Acted, Client, RedfishError};
use crate::{
    operation::{
        Outcome,
        raid::{Arrays, Volume, Wanted},
    },
    redfish::{
        finding::{Finding, Read, Trouble},
        ladder::{
            script::{Note, Script},
            volume::{
                self,
                plan::{self, Declined},
            },
        },
        raid,
        tree::Tree,
        walk::Purpose,
    },
};

impl Client {
    /// Returns the storage of the system that is meant.
    ///
    /// # Errors
    /// Where nothing can be read at all, or the service has several systems and none is named.
    pub async fn arrays(&self) -> Result<(Read<Tree>, Read<Arrays>), RedfishError> {
        let system = self.inner.system().await?;
        let tree = self.tree(Purpose::Storage).await?;
        let mut found = raid::arrays(&tree.value);
        let own = format!("{system}/");
        let is_own = |place: &str| place.starts_with(&own);
        // Where they are elsewhere, the service has one system and they are its.
        if found.value.controllers.iter().any(|one| is_own(&one.place)) {
            let arrays = &mut found.value;
            arrays.controllers.retain(|one| is_own(&one.place));
            arrays.drives.retain(|one| is_own(&one.storage));
            arrays.volumes.retain(|one| is_own(&one.storage));
        }
        Ok((tree, found))
    }

    /// Returns the storage, if all of it could be read that tells what is in use.
    async fn whole(&self) -> Result<Arrays, RedfishError> {
        let (tree, found) = self.arrays().await?;
        let hides = |finding: &&Finding| {
            !matches!(
                finding.trouble,
                Trouble::Dropped { .. } | Trouble::Bent { .. } | Trouble::Guessed
            )
        };
        if let Some(finding) = tree.findings.iter().chain(&found.findings).find(hides) {
            return Err(declined(&Declined::Unread { what: finding.place() }));
        }
        Ok(found.value)
    }

    /// Makes a volume, and looks whether it is there.
    ///
    /// # Errors
    /// [`RedfishError::Declined`] where it may not be made, by what was read: nothing was sent.
    pub async fn create_volume(&self, wanted: &Wanted) -> Result<Acted, RedfishError> {
        let arrays = self.whole().await?;
        let mut plan = plan::plan(wanted, &arrays).map_err(|why| declined(&why))?;
        let rules = self.rules();
        let keys = self.root().get("Oem").and_then(serde_json::Value::as_object);
        let own = keys.and_then(|keys| keys.keys().find(|key| rules.namespaces().contains(key)));
        plan.namespace = own.cloned();
        let climb = |script: &mut Script<'_>| volume::create(script, &plan, &rules);
        self.inner.climb(&climb).await
    }

    /// Removes volumes, one after the other, and looks whether each is gone; stops at the first that
    /// is not. What was on them is told.
    ///
    /// # Errors
    /// [`RedfishError::Declined`] where a word names none or several: nothing was sent.
    pub async fn delete_volumes(&self, words: &[String]) -> Result<Acted, RedfishError> {
        let arrays = self.whole().await?;
        let meant = plan::volumes(words, &arrays).map_err(|why| declined(&why))?;
        let rules = self.rules();
        let mut notes = Vec::new();
        for one in meant {
            let collection = one.place.rsplit_once('/').map_or("", |(before, _)| before).to_owned();
            let climb =
                |script: &mut Script<'_>| volume::delete(script, &one.place, &collection, &rules);
            let acted = self.inner.climb(&climb).await?;
            notes.extend(acted.notes);
            if acted.outcome != Outcome::Done {
                return Ok(Acted { outcome: acted.outcome, notes });
            }
            notes.push(gone(one));
        }
        Ok(Acted { outcome: Outcome::Done, notes })
    }
}

fn declined(why: &Declined) -> RedfishError {
    RedfishError::Declined { why: (why.in_chinese(), why.to_string()) }
}

/// Tells what was removed.
fn gone(volume: &Volume) -> Note {
    let drives: Vec<&str> =
        volume.drives.iter().filter_map(|place| place.rsplit('/').next()).collect();
    let what = format!(
        "`{}` ({}) {} {} B [{}]",
        volume.id,
        volume.name.as_deref().unwrap_or("-"),
        volume.level.as_deref().unwrap_or("?"),
        volume.size_bytes.map_or_else(|| "?".to_owned(), |size| size.to_string()),
        drives.join(", ")
    );
    Note::of(None, (format!("已删除卷 {what}"), format!("removed the volume {what}")))
}
