//! The profiles there are: those compiled in, and a contract's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bundled;
use crate::check::fields::Problems;
use crate::error::ProfileError;
use crate::finding::Finding;
use crate::node::{self, Node, Value};
use crate::profile::compile::compile;
use crate::profile::resolve::{self, File, resolve};
use crate::{Profile, Text};

/// Files beside the profiles that are none: the norm itself, and what becomes of its rows.
const NO_PROFILES: [&str; 6] = [
    "gd-gov-cloud/norm.toml",
    "gd-gov-cloud/norm-rows.json",
    "gd-gov-cloud/clauses.toml",
    "gd-gov-cloud/coverage.toml",
    "gd-gov-cloud/workloads.toml",
    "words.toml",
];

/// Profiles are written by hand; a larger file is something else.
const LARGEST: usize = 4 << 20;

/// One line of the list of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id to ask for it by.
    pub id: String,
    /// Its title; empty where the file is broken.
    pub title: Text,
    /// The file it stands in.
    pub file: String,
}

/// The profiles that can be judged by.
#[derive(Clone, Debug)]
pub struct Catalogue {
    files: BTreeMap<String, Arc<File>>,
    added: Vec<(String, String)>,
}

impl Catalogue {
    /// Returns the profiles of the norms that are compiled in.
    ///
    /// # Panics
    ///
    /// Never: a test reads each of them.
    pub fn bundled() -> Self {
        let empty = Self { files: BTreeMap::new(), added: Vec::new() };
        let profiles = bundled::files().filter(|(name, _)| !NO_PROFILES.contains(name));
        let mut catalogue = profiles.fold(empty, |catalogue, (file, text)| {
            catalogue.with_file(file, text).expect("a test reads every bundled profile")
        });
        catalogue.added.clear();
        catalogue
    }

    /// Adds the profile that `toml` is; `file` is what messages call it.
    pub fn with_file(mut self, file: &str, toml: &str) -> Result<Self, ProfileError> {
        if toml.len() > LARGEST {
            return Err(ProfileError::TooLarge {
                file: file.to_owned(),
                bytes: toml.len(),
                limit: LARGEST,
            });
        }
        // Editors on other systems begin a file with a byte order mark.
        let text = toml.strip_prefix('\u{feff}').unwrap_or(toml);
        let root = node::parse(file, text)
            .map_err(|error| ProfileError::Syntax { place: error.place, message: error.message })?;
        let id = id_of(&root)?;
        if let Some(other) = self.files.get(&id) {
            let (file, other) = (file.to_owned(), other.name.clone());
            return Err(ProfileError::Twice { id, file, other });
        }
        self.added.push((file.to_owned(), id.clone()));
        let file = File { name: file.to_owned(), text: text.to_owned(), root };
        self.files.insert(id, Arc::new(file));
        Ok(self)
    }

    /// Returns the id of the profile that was added from `file`.
    pub fn id_in(&self, file: &str) -> Option<&str> {
        self.added.iter().find(|(name, _)| name == file).map(|(_, id)| id.as_str())
    }

    /// Returns every id that [`Catalogue::profile`] takes, variants spelled out.
    pub fn ids(&self) -> Vec<String> {
        let all = self.files.iter().flat_map(|(id, file)| {
            let variants = match &file.root.value {
                Value::Table(table) => resolve::variants(table),
                _ => Vec::new(),
            };
            if variants.is_empty() {
                vec![id.clone()]
            } else {
                variants.iter().map(|variant| format!("{id}@{variant}")).collect()
            }
        });
        all.collect()
    }

    /// Returns the list of profiles with their titles.
    pub fn list(&self) -> Vec<Entry> {
        let entry = |id: String| {
            let base = id.split('@').next().unwrap_or_default();
            let file = self.files.get(base).map(|file| file.name.clone()).unwrap_or_default();
            let title = self.profile(&id).map(|profile| profile.title).unwrap_or_default();
            Entry { id, title, file }
        };
        self.ids().into_iter().map(entry).collect()
    }

    /// Returns profile `id`, a variant named behind `@`: `gd-gov-cloud/ecs-flavor@basic-2c4g`.
    pub fn profile(&self, id: &str) -> Result<Profile, ProfileError> {
        let (profile, found) = self.compiled(id)?;
        match profile {
            Some(profile) if found.is_empty() => Ok(profile),
            _ => Err(ProfileError::Broken { id: id.to_owned(), found }),
        }
    }

    /// Returns profile `id` as far as it could be read, and what is wrong with it.
    pub(crate) fn compiled(
        &self,
        id: &str,
    ) -> Result<(Option<Profile>, Vec<Finding>), ProfileError> {
        let mut problems = Problems::default();
        let resolved = resolve(&self.files, id, &mut problems)?;
        let profile = compile(&resolved, &mut problems);
        tiny_sort::stable::sort_by(&mut problems.found, |a, b| a.place.cmp(&b.place));
        problems.found.dedup();
        Ok((profile, problems.found))
    }
}

fn id_of(root: &Node) -> Result<String, ProfileError> {
    let id = match &root.value {
        Value::Table(table) => match table.get("profile").map(|node| &node.value) {
            Some(Value::Text(id)) => id.as_str(),
            _ => "",
        },
        _ => "",
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    if id.is_empty() || id.len() > 100 || !id.chars().all(fits) {
        return Err(ProfileError::NoId { place: root.place.clone() });
    }
    Ok(id.to_owned())
}
