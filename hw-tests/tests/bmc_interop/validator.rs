//! One tree by one profile: judged by us and by the validator, and laid side by side.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use bmc::{
    interop::{
        finding::{Finding, Outcome, Requirement, Why},
        judge::{self, Report},
        load,
    },
    redfish,
};
use hw_tests::{corpus, peer};
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

/// The version that the table of differences is of, and that `python-peers.txt` pins.
const VERSION: &str = "3.0.4";

/// Where we differ, and why.
const DIFFERENCES: &str = include_str!("differences.tsv");

/// A tree and a profile of our own with every kind of requirement.
pub(crate) const SAMPLE: &str = "every";
const SAMPLE_TREE: &str = include_str!("../../../bmc/src/interop/tests/every.tree.json");
const SAMPLE_PROFILE: &str = include_str!("../../../bmc/src/interop/tests/every.profile.json");

/// A tree and a profile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// The tree: an archive of the corpus.
    pub(crate) tree: &'static str,
    /// The profile: a file's name without its end.
    pub(crate) profile: &'static str,
}

/// Both unpacked.
pub(crate) struct Bench {
    pair: Pair,
    tree: PathBuf,
    profile: PathBuf,
    _folder: TempDir,
}

/// A requirement at a place, as the validator keeps them: the resource, and the path of the
/// property with what is asked of it.
type Place = (String, String);

impl Bench {
    /// Unpacks the tree and puts the profile into a folder with what it requires.
    pub(crate) fn set_up(pair: Pair) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bmc_interop");
        let tree = folder.path().join(pair.tree);
        if pair.tree == SAMPLE {
            lay_out(&tree, SAMPLE_TREE)?;
        } else {
            let archive = corpus::folder("redfish").join(format!("{}.tar.xz", pair.tree));
            let mut unpack = Command::new("tar");
            unpack.arg("xJf").arg(&archive).arg("-C").arg(folder.path());
            run(unpack)?;
        }
        let profiles = folder.path().join("profiles");
        fs::create_dir(&profiles)?;
        let name = format!("{}.json", pair.profile);
        let corpora = corpus::folder("redfish").join("ocp-profiles");
        let places = [corpora.join(&name), own.join("profiles").join(&name)];
        let text = match places.iter().find(|file| file.is_file()) {
            _ if pair.profile == SAMPLE => SAMPLE_PROFILE.to_owned(),
            Some(file) => fs::read_to_string(file)?,
            None => return Err(format!("no profile `{name}`").into()),
        };
        // The OCP's profile of servers has a letter too few, for which the validator refuses it
        // whole; we judge the rest. What is compared is the profile as it is meant.
        let text = text.replace("\"ConditionalRequirement\"", "\"ConditionalRequirements\"");
        // The validator takes the least version that is required by its file's name, whatever
        // later one there is, and of the OCP's baseline it refuses that.
        if text.contains("\"RequiredProfiles\"") {
            let base = corpora.join("OCPBaselineHardwareManagement.v1_0_1.json");
            fs::copy(base, profiles.join("OCPBaselineHardwareManagement.v1_0_0.json"))?;
        }
        fs::write(profiles.join(&name), text)?;
        Ok(Self { pair, tree, profile: profiles.join(name), _folder: folder })
    }

    /// Compares every requirement at every place.
    pub(crate) fn compare(&self) -> Result<(), Failed> {
        let ours = keyed(&self.judged()?);
        let theirs = self.validated()?;
        let mut known = self.known()?;
        let mut wrong = Vec::new();
        let places = ours.keys().chain(theirs.keys()).collect::<std::collections::BTreeSet<_>>();
        let (mut same, mut listed) = (0, 0);
        for place in places {
            let pair = (told(theirs.get(place)), told(ours.get(place)));
            if pair.0 == pair.1 {
                same += 1;
            } else if let Some(at) = known.iter().position(|one| one.is_of(place, pair)) {
                known.remove(at);
                listed += 1;
            } else {
                wrong.push(format!("{}\t{}\t{}\t{}", place.0, place.1, pair.0, pair.1));
            }
        }
        // What is listed and is no difference is listed wrongly.
        wrong.extend(known.iter().map(|one| format!("listed: {} {}", one.resource, one.place)));
        let Pair { tree, profile } = self.pair;
        println!("{tree} by {profile}: {same} the same, {listed} listed");
        if wrong.is_empty() && same > 0 {
            return Ok(());
        }
        wrong.insert(0, "resource\tplace\tvalidator\tours".to_owned());
        Err(format!("{same} the same, {listed} listed, and:\n{}", wrong.join("\n")).into())
    }

    fn judged(&self) -> Result<Report, Failed> {
        let tree = redfish::load::load(&self.tree)?;
        let loaded = load::load(&self.profile, None)?;
        let profiles: Vec<_> = loaded.iter().map(|loaded| &loaded.profile).collect();
        Ok(judge::judge(&profiles, &tree.value))
    }

    fn validated(&self) -> Result<BTreeMap<Place, Outcome>, Failed> {
        let path = env::var_os("PATH").unwrap_or_default();
        let program = peer::find_program("rf_interop_validator", &path).ok_or("no validator")?;
        // The one that it is installed for.
        let python = program.with_file_name("python3");
        let python = if python.is_file() { python } else { PathBuf::from("python3") };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bmc_interop/validator.py");
        let mut command = Command::new(python);
        command.arg(script).arg(&self.tree).arg(&self.profile);
        let text = run(command)?;
        let mut lines = text.lines();
        let head: Value = serde_json::from_str(lines.next().unwrap_or_default())?;
        if head["validator"] != VERSION {
            return Err(format!("the validator is {head}, and {VERSION} is compared with").into());
        }
        let mut results = BTreeMap::new();
        for line in lines {
            let (resource, place, word): (String, String, String) = serde_json::from_str(line)?;
            let outcome = match word.as_str() {
                "SKIP" => Outcome::NotTested,
                "PASS" => Outcome::Pass,
                "WARN" => Outcome::Warn,
                "FAIL" => Outcome::Fail,
                other => return Err(format!("no such result: {other}").into()),
            };
            results.insert((resource, place), outcome);
        }
        Ok(results)
    }

    fn known(&self) -> Result<Vec<Difference<'static>>, Failed> {
        let mut known = Vec::new();
        for line in DIFFERENCES.lines().skip(1).filter(|line| !line.is_empty()) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [tree, profile, resource, place, theirs, ours, clause] = cells[..] else {
                return Err(format!("differences.tsv: {line}").into());
            };
            if clause.is_empty() {
                return Err(format!("differences.tsv: no clause: {line}").into());
            }
            if (tree, profile) == (self.pair.tree, self.pair.profile) {
                known.push(Difference { resource, place, theirs, ours });
            }
        }
        Ok(known)
    }
}

/// A line of the table.
struct Difference<'t> {
    resource: &'t str,
    place: &'t str,
    theirs: &'t str,
    ours: &'t str,
}

impl Difference<'_> {
    fn is_of(&self, place: &Place, outcomes: (&str, &str)) -> bool {
        self.resource == place.0 && self.place == place.1 && (self.theirs, self.ours) == outcomes
    }
}

fn told(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("-", |outcome| outcome.text())
}

/// Lays our findings out as the validator keeps its own: one result a place, the worst.
fn keyed(report: &Report) -> BTreeMap<Place, Outcome> {
    let mut results = BTreeMap::new();
    for finding in &report.findings {
        if let Some(place) = place(finding) {
            let had = results.entry(place).or_insert(finding.outcome);
            *had = finding.outcome.max(*had);
        }
    }
    // Where it links to what was not recorded it is there, and of no known type.
    for finding in &report.findings {
        if let Some(place) = place(finding)
            && matches!(finding.why, Why::LinkUnread { .. })
            && let Some(had) = results.get_mut(&place)
            && *had == Outcome::Pass
        {
            *had = Outcome::NotTested;
        }
    }
    results
}

/// Returns where the validator would keep a finding; none for what it does not judge or keeps no
/// result of.
fn place(finding: &Finding) -> Option<Place> {
    let is_bad = finding.outcome >= Outcome::Warn;
    let property = &finding.property;
    let own = |place: String| Some((finding.resource.clone(), place));
    match finding.requirement {
        Requirement::Resource if finding.resource.is_empty() => {
            Some((String::new(), finding.kind.clone()))
        }
        Requirement::Read | Requirement::Action => own(property.clone()),
        Requirement::Write => own(format!("{property} (Write)")),
        Requirement::ActionInfo => own(format!("{property} (Action Info)")),
        // These it keeps where they are not met.
        Requirement::Resource | Requirement::Version | Requirement::Capability => {
            is_bad.then(|| own(property.clone()))?
        }
        Requirement::Comparison => (is_bad || matches!(finding.why, Why::LinkUnread { .. }))
            .then(|| own(property.clone()))?,
        Requirement::Count | Requirement::Supported => {
            is_bad.then(|| own(format!("{property} (Write)")))?
        }
        // These it does not judge.
        Requirement::Parameter
        | Requirement::ParameterValues
        | Requirement::Protocol
        | Requirement::Registry
        | Requirement::Profile => None,
    }
}

/// Lays bodies by their paths out as a tree; `Allow` in a body is the header.
fn lay_out(tree: &Path, text: &str) -> Result<(), Failed> {
    let all: Value = serde_json::from_str(text)?;
    for (path, body) in all.as_object().into_iter().flatten() {
        let folder = tree.join(path.trim_start_matches('/'));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("index.json"), body.to_string())?;
        if let Some(allow) = body.get("Allow") {
            let headers = serde_json::json!({ "GET": { "Allow": allow } });
            fs::write(folder.join("headers.json"), headers.to_string())?;
        }
    }
    Ok(())
}

fn run(mut command: Command) -> Result<String, Failed> {
    let output = command.output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {why}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
