//! What is asked of the service as a whole: resources that it has, its protocol, its registries.

use serde_json::Value;

use super::{Bench, reach::Reached};
use crate::{
    interop::{
        finding::{Finding, Outcome, Requirement, Why},
        profile::{Level, Profile, Registry, UseCase, Version},
    },
    redfish::reader::ROOT,
};

impl Bench<'_> {
    /// Judges what profile number `at` asks of the service as a whole.
    pub(super) fn service(&mut self, at: usize, profile: &Profile, reached: &Reached) {
        for unread in &profile.unread {
            let why = Why::Misread(unread.trouble.clone());
            let finding = of(at, "", &unread.place, Requirement::Profile, Level::Unread);
            self.put(Finding { why, ..finding });
        }
        for (kind, cases) in &profile.resources {
            for (number, case) in cases.iter().enumerate() {
                self.presence(at, kind, number, case, reached);
            }
        }
        self.protocol(at, profile, reached);
        for (prefix, registry) in &profile.registries {
            self.registry(at, prefix, registry, reached);
        }
    }

    /// Judges whether there are resources that a use case applies to.
    fn presence(
        &mut self,
        at: usize,
        kind: &str,
        number: usize,
        case: &UseCase,
        reached: &Reached,
    ) {
        let met = self.met.get(&(at, kind.to_owned(), number)).copied().unwrap_or_default();
        let missing = reached.maybe(kind);
        let not_found = Why::NotFound { missing };
        let (outcome, why) = match (case.read, met) {
            (Level::Unread, _) => (Outcome::NotTested, Why::Word),
            (Level::Excluded, 0) => (Outcome::Pass, Why::Absent),
            (Level::Excluded, _) => (Outcome::Fail, Why::Excluded),
            (Level::None | Level::Conditional, 0) => return,
            (_, 1..) => (Outcome::Pass, Why::Found),
            _ if self.tree.body(ROOT).is_none() => (Outcome::NotTested, Why::NoRoot),
            (Level::Mandatory | Level::Supported, 0) if missing == 0 => (Outcome::Fail, not_found),
            (_, 0) => (Outcome::NotTested, not_found),
        };
        let finding = of(at, kind, "", Requirement::Resource, case.read);
        self.put(Finding { use_case: case.title.clone(), outcome, why, ..finding });
    }

    /// Judges the version of the protocol and what its root says that it can do (DSP0266
    /// `ProtocolFeaturesSupported`).
    fn protocol(&mut self, at: usize, profile: &Profile, reached: &Reached) {
        let root = self.tree.body(ROOT);
        let is_named = profile.protocol.least.is_some() || !profile.protocol.features.is_empty();
        if !is_named {
            return;
        }
        if let Some(wanted) = profile.protocol.least {
            let has = root.and_then(|root| root.get("RedfishVersion")).and_then(Value::as_str);
            let (outcome, why) = compared(has.and_then(Version::read), wanted);
            let finding =
                of(at, "ServiceRoot", "/RedfishVersion", Requirement::Protocol, Level::Mandatory);
            self.put(Finding { outcome, why, ..finding });
        }
        for (feature, level) in &profile.protocol.features {
            let (outcome, why) = match (level, self.has_feature(feature, reached)) {
                (Level::Unread, _) => (Outcome::NotTested, Why::Word),
                (_, Some(true)) => (Outcome::Pass, Why::Present),
                (Level::Mandatory, Some(false)) => (Outcome::Fail, Why::Absent),
                (_, Some(false)) => (Outcome::NotTested, Why::Absent),
                (_, None) => (Outcome::NotTested, Why::NotSeen),
            };
            let finding =
                of(at, "ServiceRoot", &format!("/{feature}"), Requirement::Protocol, *level);
            self.put(Finding { outcome, why, ..finding });
        }
    }

    /// Says whether the service has a feature of the protocol; none where reading does not show it.
    fn has_feature(&self, feature: &str, reached: &Reached) -> Option<bool> {
        let root = self.tree.body(ROOT)?;
        let told = |pointer: &str| {
            let features = root.get("ProtocolFeaturesSupported")?;
            let told = features.pointer(pointer);
            // A service that tells its features and not this one does not have it.
            Some(told.is_some_and(|told| told.as_bool() != Some(false)))
        };
        match feature {
            "ExpandQuery" => {
                let any = ["ExpandAll", "Levels", "Links", "NoLinks"].iter();
                let any = any.map(|name| told(&format!("/ExpandQuery/{name}")));
                any.max().flatten()
            }
            "FilterQuery" => told("/FilterQuery"),
            "SelectQuery" => told("/SelectQuery"),
            "OnlyQuery" => told("/OnlyMemberQuery"),
            "ExcerptQuery" => told("/ExcerptQuery"),
            "DeepPATCH" => told("/DeepOperations/DeepPATCH"),
            "DeepPOST" => told("/DeepOperations/DeepPOST"),
            "HostInterface" => {
                let is = |path: &String| self.is_kind(path, "HostInterface");
                reached.paths.iter().any(is).then_some(true)
            }
            _ => None,
        }
    }

    /// Judges whether the service has a message registry.
    fn registry(&mut self, at: usize, prefix: &str, asked: &Registry, reached: &Reached) {
        let files = reached.paths.iter().filter(|path| self.is_kind(path, "MessageRegistryFile"));
        let named = files.filter_map(|path| {
            let body = self.tree.body(path)?;
            let name = body.get("Registry").or_else(|| body.get("Id"))?.as_str()?;
            let rest = name.strip_prefix(prefix)?.strip_prefix('.');
            // `Base.1.8` and `Base.1.8.1` are both written.
            rest.map(Version::read)
        });
        let found = named.max();
        // A walk that leaves registries out tells nothing of them.
        let is_listed =
            reached.paths.iter().any(|path| self.is_kind(path, "MessageRegistryFileCollection"));
        let (outcome, why) = match (asked.read, found) {
            (Level::None | Level::Conditional, _) => return,
            (Level::Unread, _) => (Outcome::NotTested, Why::Word),
            (Level::Excluded, Some(_)) => (Outcome::Fail, Why::Excluded),
            (Level::Excluded, None) if is_listed => (Outcome::Pass, Why::Absent),
            (_, Some(has)) => match asked.least {
                Some(wanted) => compared(has, wanted),
                None => (Outcome::Pass, Why::Present),
            },
            (Level::Mandatory | Level::Supported, None) if is_listed => {
                (Outcome::Fail, Why::Absent)
            }
            (_, None) if is_listed => (Outcome::NotTested, Why::Absent),
            (_, None) => (Outcome::NotTested, Why::NotSeen),
        };
        let finding = of(at, prefix, "", Requirement::Registry, asked.read);
        self.put(Finding { outcome, why, ..finding });
        for (message, level) in asked.messages.iter().filter(|(_, level)| **level != Level::None) {
            // What messages a registry has its own file tells, which is not read.
            let place = format!("/Messages/{message}");
            self.put(of(at, prefix, &place, Requirement::Registry, *level));
        }
    }

    fn is_kind(&self, path: &str, kind: &str) -> bool {
        super::reach::kind(self.tree, path) == Some(kind)
    }
}

fn compared(has: Option<Version>, wanted: Version) -> (Outcome, Why) {
    match has {
        Some(has) if has < wanted => (Outcome::Fail, Why::VersionLow { has, wanted }),
        Some(_) => (Outcome::Pass, Why::VersionEnough),
        None => (Outcome::NotTested, Why::VersionUnknown),
    }
}

/// Returns a finding of the service that was not tested.
fn of(at: usize, kind: &str, place: &str, requirement: Requirement, level: Level) -> Finding {
    Finding {
        profile: at,
        use_case: None,
        resource: String::new(),
        kind: kind.to_owned(),
        property: place.to_owned(),
        requirement,
        level,
        outcome: Outcome::NotTested,
        why: Why::NotSeen,
    }
}
