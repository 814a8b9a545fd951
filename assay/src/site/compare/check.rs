//! Whether machines are what was ordered: model, parts, firmware; and which are unlike their like.

use std::collections::BTreeMap;

use profiles::Text;

use super::{
    super::{
        finding::Kind,
        fit::{Fit, fits},
        naming,
        part::Kind as PartKind,
        piece::pieces,
    },
    Match,
};
use crate::lang::text;

/// A line, its machine, and a version of its firmware.
type Version = (usize, usize, String);

/// Fewer machines than this have no like.
const LIKE: usize = 3;

impl Match<'_, '_> {
    /// Compares each machine with what its line orders.
    pub(super) fn checks(&mut self) {
        let mut others = Vec::new();
        for finding in self.findings.iter().filter(|finding| finding.kind == Kind::OtherSerial) {
            others.extend(finding.lines.iter().copied());
        }
        for line in 0..self.of_line.len() {
            let Some(at) = self.of_line.get(line).copied().flatten() else { continue };
            // Another machine is not held against what this one was to be.
            if others.contains(&line) {
                continue;
            }
            let (Some(wanted), Some(seen)) = (self.list.lines.get(line), self.seen.get(at)) else {
                continue;
            };
            let name = self.line_name(line);
            let said = |what: &Text| {
                Text::new(format!("{}：{}", name.zh, what.zh), format!("{}: {}", name.en, what.en))
            };
            let mut found = Vec::new();
            if let Some(model) = &wanted.model {
                match seen.names() {
                    None => found.push((
                        Kind::Untold,
                        text(
                            "没有报告型号（清单 `{}`）",
                            "tells no model (`{}` ordered)",
                            &[model],
                        ),
                    )),
                    Some(names) if !naming::is_named(model, &names) => {
                        let is = seen.model().unwrap_or_default();
                        let what =
                            text("清单 `{}`，实际 `{}`", "`{}` ordered, `{}` found", &[model, &is]);
                        found.push((Kind::WrongModel, what));
                    }
                    Some(_) => {}
                }
            }
            for (_, fit) in fits(&wanted.parts, seen.inventory) {
                found.extend(match fit {
                    Fit::Yes => None,
                    Fit::No(what) => Some((Kind::WrongPart, what)),
                    Fit::OtherFirmware(what) => Some((Kind::OtherFirmware, what)),
                    Fit::Unknown(what) => Some((Kind::Untold, what)),
                    Fit::More(what) => Some((Kind::MoreParts, what)),
                });
            }
            let found: Vec<(Kind, Text)> =
                found.into_iter().map(|(kind, what)| (kind, said(&what))).collect();
            for (kind, what) in found {
                self.find(kind, &[line], &[at], what);
            }
        }
    }

    /// Names machines whose firmware is unlike that of most of their contract line and model, where
    /// the list does not say which it is to be.
    pub(super) fn odd_firmware(&mut self) {
        for kind in [PartKind::Bios, PartKind::Bmc] {
            let mut groups: BTreeMap<(&str, String), Vec<Version>> = BTreeMap::new();
            for (line, at) in self.of_line.iter().enumerate() {
                let Some(at) = at else { continue };
                let (Some(wanted), Some(seen)) = (self.list.lines.get(line), self.seen.get(*at))
                else {
                    continue;
                };
                if wanted.parts.iter().any(|part| part.kind == kind) {
                    continue;
                }
                let version =
                    pieces(seen.inventory, kind).all.into_iter().find_map(|piece| piece.firmware);
                if let (Some(version), Some(model)) = (version, seen.model()) {
                    groups.entry((&wanted.contract, model)).or_default().push((line, *at, version));
                }
            }
            let mut odd = Vec::new();
            for group in groups.values().filter(|group| group.len() >= LIKE) {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                for (_, _, version) in group {
                    *counts.entry(version).or_default() += 1;
                }
                let most = counts.iter().find(|(_, count)| **count * 2 > group.len());
                let Some((most, count)) = most else { continue };
                let others = group.iter().filter(|(_, _, version)| version != most);
                let like = format!("{count}/{}", group.len());
                odd.extend(others.map(|(line, at, version)| {
                    let what = Text::new(
                        format!("{} `{version}`，同型号 {like} 台为 `{most}`", kind.name().zh),
                        format!(
                            "{} `{version}`, where {like} of its like have `{most}`",
                            kind.name().en
                        ),
                    );
                    (*line, *at, what)
                }));
            }
            for (line, at, what) in odd {
                let name = self.line_name(line);
                let what = Text::new(
                    format!("{}：{}", name.zh, what.zh),
                    format!("{}: {}", name.en, what.en),
                );
                self.find(Kind::OddFirmware, &[line], &[at], what);
            }
        }
    }
}
