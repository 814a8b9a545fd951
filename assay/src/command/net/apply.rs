//! `assay net apply` and `assay net destroy`: the plan is done, read back, and connections that
//! are no longer permitted are cut.

use dataplane::{
    apply::{self, Applied, ApplyError, Run},
    desired::Desired,
    kernel::{
        Kernel, KernelError,
        journal::Journal,
        probe::{self, Need},
        real::judges_bridged_packets,
    },
    node::{self, Node, NodeError},
    plan::Scope,
    verify,
};
use profiles::Text;

use super::{
    named, node_failure,
    place::{Place, Wish},
    source::Source,
};
use crate::{
    cli::{
        Format,
        net::{Apply, Destroy},
    },
    command::{layout, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::net::{
        apply::{self as output, Ended},
        plan::{Detail, page},
    },
    report::digest::Digests,
};

/// Makes the node as a file says.
pub(super) fn run(arguments: &Apply, console: &mut Console) -> Result<Exit, Failure> {
    let source = Source::read(&arguments.file)?;
    let Some(desired) = super::settle(&source, arguments.output, console)? else {
        return Ok(Exit::Usage);
    };
    let place = Place::of(&arguments.place)?;
    let mut kernel = place.open(Wish::Change)?;
    let mut journal = place.lock()?;
    let began = journal.past().began.clone();
    let scope = Scope { complete: true, confirmed: arguments.yes, began };
    let node = node::look(&mut kernel, &desired, &scope).map_err(node_failure)?;
    super::doubt(&desired, &node.seen, console);
    let refused = !node.plan.conflicts.is_empty() || node.plan.held.is_some();
    if !refused {
        try_kernel(&desired, &node, console)?;
    }
    let digest = format!("sha256:{}", Digests::of(source.text.as_bytes()).sha256);
    let task = Task {
        schema: "assay/net-apply/v1",
        place: &place,
        source: Some(&source),
        desired: Some(&desired),
        node: &node,
        scope: &scope,
        digest: &digest,
        output: arguments.output,
    };
    task.carry_out(&mut kernel, &mut journal, console)
}

/// Takes away all that is ours.
pub(super) fn destroy(arguments: &Destroy, console: &mut Console) -> Result<Exit, Failure> {
    let place = Place::of(&arguments.place)?;
    let wish = if arguments.yes { Wish::Change } else { Wish::Look };
    let mut kernel = place.open(wish)?;
    let scope = |began| Scope { complete: true, confirmed: true, began };
    let look = |kernel: &mut dyn Kernel, scope: &Scope| {
        node::look_to_destroy(kernel, scope).map_err(|error| node_failure(NodeError::Kernel(error)))
    };
    if !arguments.yes {
        let node = look(&mut kernel, &scope(place.past().began))?;
        return only_shown(arguments, &node, console);
    }
    let mut journal = place.lock()?;
    let scope = scope(journal.past().began.clone());
    let node = look(&mut kernel, &scope)?;
    let task = Task {
        schema: "assay/net-destroy/v1",
        place: &place,
        source: None,
        desired: None,
        node: &node,
        scope: &scope,
        digest: "nothing",
        output: arguments.output,
    };
    task.carry_out(&mut kernel, &mut journal, console)
}

fn only_shown(arguments: &Destroy, node: &Node, console: &mut Console) -> Result<Exit, Failure> {
    match arguments.output {
        Format::Json => {
            let mut document = super::document("assay/net-destroy/v1", None, None);
            document.extend(output::fields(&node.plan, &Ended::NotBegun));
            print_json(&document, console)?;
        }
        Format::Text => {
            let layout = layout(console);
            let detail = Detail { undo: arguments.undo, rules: false, destroy: true };
            console.print(&page(&named(None), &node.plan, detail, layout))?;
        }
    }
    if arguments.dry_run || node.plan.steps.is_empty() {
        return Ok(Exit::Wanted);
    }
    Err(Failure::usage(Text::new(
        "未作任何改动：删除需要 --yes",
        "nothing was touched: to take it away needs --yes",
    )))
}

/// What is to be done.
struct Task<'a> {
    schema: &'static str,
    place: &'a Place,
    source: Option<&'a Source>,
    desired: Option<&'a Desired>,
    node: &'a Node,
    scope: &'a Scope,
    digest: &'a str,
    output: Format,
}

impl Task<'_> {
    /// Does it and says how it ended.
    fn carry_out(
        &self,
        kernel: &mut dyn Kernel,
        journal: &mut Journal,
        console: &mut Console,
    ) -> Result<Exit, Failure> {
        let plan = &self.node.plan;
        let past = journal.past().clone();
        let generation = past.generation.saturating_add(1);
        let run = Run { generation, digest: self.digest, past: &past };
        let ended = match apply::apply(kernel, plan, run, journal) {
            Ok(Applied::Done { steps }) => {
                // Whatever the reading back says: the kernel was brought to this.
                self.remember(console);
                self.read_back(kernel, steps)
            }
            Ok(Applied::RolledBack { failed, because }) => {
                Ended::RolledBack { failed, because: because.to_string() }
            }
            Ok(Applied::Stuck { failed, because, left }) => {
                Ended::LeftOver { failed, because: because.to_string(), left }
            }
            Err(ApplyError::Conflicts { .. } | ApplyError::Held { .. }) => Ended::Refused,
            Err(error) => {
                let hint = error.hint();
                return Err(Failure::unable(Text::new("未能开始", "cannot begin"))
                    .because(error)
                    .hint_from(hint));
            }
        };
        match self.output {
            Format::Json => {
                let mut document = super::document(self.schema, self.desired, self.source);
                document.extend(output::fields(plan, &ended));
                print_json(&document, console)?;
            }
            Format::Text => {
                let layout = layout(console);
                let told = output::page(
                    &named(self.desired),
                    plan,
                    &ended,
                    self.desired.is_none(),
                    layout,
                );
                if matches!(ended, Ended::Done { .. }) {
                    console.print(&told)?;
                } else {
                    console.say(&told);
                }
            }
        }
        exit(&ended)
    }

    /// Keeps a copy of what is applied, or forgets it where nothing is.
    fn remember(&self, console: &mut Console) {
        let kept = match self.source {
            Some(source) => self.place.keep(&source.text),
            None => self.place.forget(),
        };
        if let Err(error) = kept {
            let why = error.to_string();
            console.note(&text(
                "已生效文件的副本未能更新：{}",
                "the copy of what was applied could not be brought up to date: {}",
                &[&why],
            ));
        }
    }

    /// Cuts what is no longer permitted, then looks again.
    fn read_back(&self, kernel: &mut dyn Kernel, steps: usize) -> Ended {
        let revoked = node::revoke(kernel, self.node, self.desired);
        // What was looked at a moment ago, and found to be as wanted, is not looked at again.
        let residue = match steps {
            0 => Ok(self.node.plan.clone()),
            _ => verify::verify(kernel, &self.node.wanted, self.scope),
        };
        Ended::Done { steps, revoked, residue }
    }
}

/// How it ended, as an exit code; what could not be found out is a failure.
fn exit(ended: &Ended) -> Result<Exit, Failure> {
    let unknown = |what: Text, error: &KernelError| {
        Failure::unable(what).because(chain(error)).hint_from(error.hint())
    };
    match ended {
        Ended::Done { residue: Err(error), .. } => Err(unknown(
            Text::new("已执行，但无法读回核对", "it is done, but cannot be read back"),
            error,
        )),
        Ended::Done { revoked: Err(error), .. } => Err(unknown(
            Text::new(
                "已执行，但无法切断不再允许的连接：它们可能仍在继续",
                "it is done, but connections that are no longer permitted cannot be cut and may \
                 go on",
            ),
            error,
        )),
        Ended::Done { residue: Ok(plan), .. } if !plan.is_empty() => Ok(Exit::Failed),
        Ended::Done { .. } | Ended::NotBegun => Ok(Exit::Wanted),
        Ended::Refused => Ok(Exit::Usage),
        Ended::RolledBack { .. } => Ok(Exit::RolledBack),
        Ended::LeftOver { .. } => Ok(Exit::LeftOver),
    }
}

/// An error with those under it, in one sentence: it is told by reference.
fn chain(error: &KernelError) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        told.push_str(": ");
        told.push_str(&error.to_string());
        cause = error.source();
    }
    told
}

/// Tries out what the kernel can, before anything is touched.
fn try_kernel(desired: &Desired, node: &Node, console: &mut Console) -> Result<(), Failure> {
    if node.plan.steps.is_empty() {
        return blind();
    }
    let features = match probe::features() {
        Ok(features) => features,
        // A namespace to try things in takes more rights than the work itself.
        Err(KernelError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            console.note(&Text::new(
                "未试探内核特性（需要 CAP_SYS_ADMIN），缺失的将在执行时才发现并回滚",
                "the kernel was not tried out (CAP_SYS_ADMIN): what it lacks shows as it is done, \
                 and is rolled back",
            ));
            return blind();
        }
        Err(error) => return Err(node_failure(NodeError::Kernel(error))),
    };
    let mut lacking = 0_usize;
    for (need, missing) in features.missing() {
        let (name, _option) = need.name();
        let needed = need != Need::Vxlan6 || desired.node.vtep.is_ipv6();
        let (zh, en) = if needed {
            ("缺少 {}：{1}；{2}", "{} is missing: {1}; {2}")
        } else {
            ("缺少 {}（本节点用不到）：{1}", "{} is missing, and not needed here: {1}")
        };
        lacking += usize::from(needed);
        let zh = text(zh, "", &[name, &missing.reason.zh, &missing.hint.zh]).zh;
        let en = text("", en, &[name, &missing.reason.en, &missing.hint.en]).en;
        console.note(&Text::new(zh, en));
    }
    if lacking == 0 {
        return Ok(());
    }
    Err(Failure::unable(Text::new(
        "内核缺少租户网络所需的特性；未作任何改动",
        "this kernel lacks what tenant networks need; nothing was touched",
    )))
}

fn blind() -> Result<(), Failure> {
    judges_bridged_packets().map_err(|error| node_failure(NodeError::Kernel(error)))
}
