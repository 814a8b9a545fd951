//! Reads the few resources that a probe is decided from.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{
    Client, RedfishError,
    session::Held,
    walk::{answer, fetch},
};
use crate::{
    probe::{self, Session},
    redfish::{
        reader::ROOT,
        tree::{Answer, Resource, Tree},
    },
};

/// Resources that are read at most; a service of our day has 24 of them.
const MOST: usize = 40;

/// What a probe read.
#[derive(Debug)]
pub struct Probed {
    /// What was read.
    pub tree: Tree,
    /// The system that is meant.
    pub system: Option<String>,
    /// The BMC itself.
    pub manager: Option<String>,
    /// How requests were made.
    pub session: Session,
}

impl Client {
    /// Reads what a probe is decided from, with GETs alone; what could not be read is in the tree as
    /// the answer that it was.
    ///
    /// # Errors
    /// Where the user is refused, the service has several systems and none is named, or time is
    /// over.
    pub async fn probe(&self) -> Result<Probed, RedfishError> {
        let inner = &self.inner;
        let system = passing(inner.system().await)?;
        let manager = passing(inner.manager().await)?;
        let mut tree = Tree::default();
        if self.root().is_object() {
            let root = Resource { body: self.root().clone(), ..Resource::default() };
            tree.put(ROOT.to_owned(), Answer::Resource(root));
        }
        let mut left = MOST;
        loop {
            let mut paths = probe::wanted(&tree, system.as_deref(), manager.as_deref());
            paths.truncate(left);
            if paths.is_empty() {
                break;
            }
            left -= paths.len();
            self.read_all(&mut tree, paths).await?;
        }
        if let Some(path) = probe::expanded(&tree).filter(|_| left > 0) {
            self.read_all(&mut tree, vec![path]).await?;
        }
        inner.learn(&tree);
        let session = match &*inner.held() {
            Held::Nobody => Session::Nobody,
            Held::Session { path, .. } => Session::Held { located: path.is_some() },
            Held::Basic(_) => Session::Basic,
        };
        Ok(Probed { tree, system, manager, session })
    }

    /// Reads resources; how many go at once the edge decides.
    async fn read_all(&self, tree: &mut Tree, paths: Vec<String>) -> Result<(), RedfishError> {
        let mut flying = JoinSet::new();
        for path in paths {
            flying.spawn(fetch(Arc::clone(&self.inner), path));
        }
        while let Some(fetched) = flying.join_next().await {
            let Ok((path, reply)) = fetched else { continue };
            let answer = match reply {
                Ok(reply) => answer(reply),
                Err(error @ RedfishError::Deadline { .. }) => return Err(error),
                Err(error) => Answer::Silent(error.to_string()),
            };
            tree.put(path, answer);
        }
        Ok(())
    }
}

/// Lets pass what only says that there is none, or none that can be read.
fn passing(found: Result<String, RedfishError>) -> Result<Option<String>, RedfishError> {
    match found {
        Ok(path) => Ok(Some(path)),
        Err(
            RedfishError::Missing { .. }
            | RedfishError::Refused { .. }
            | RedfishError::NotJson { .. }
            | RedfishError::TooLarge { .. },
        ) => Ok(None),
        Err(error) => Err(error),
    }
}
