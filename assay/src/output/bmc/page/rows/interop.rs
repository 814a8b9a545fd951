//! What came of an interoperability profile: of one host what is not met, by resource; of many a
//! row a host; for spreadsheets a row a requirement.

use std::collections::BTreeMap;

use bmc::interop::finding::{Finding, Outcome};
use profiles::Lang;

use crate::{
    failure::one_line,
    output::{
        bmc::found::{Found, Judged, Met},
        put,
        table::{Cell, Table},
    },
};

/// Requirements of which it is not known whether they are met, and that are told.
const OPEN: usize = 20;

fn pick<'t>(lang: Lang, (zh, en): (&'t str, &'t str)) -> &'t str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// Returns the columns of many hosts.
pub(super) fn head(lang: Lang) -> Vec<String> {
    let names = [
        ("配置文件", "profile"),
        ("通过", "pass"),
        ("警告", "warn"),
        ("不通过", "fail"),
        ("未测", "not tested"),
        ("其中必须项", "of them mandatory"),
    ];
    names.map(|name| pick(lang, name).to_owned()).to_vec()
}

/// Returns the row of one of many hosts.
pub(super) fn row(judged: &Judged) -> Vec<Cell> {
    let report = &judged.report;
    let counts = [Outcome::Pass, Outcome::Warn, Outcome::Fail, Outcome::NotTested];
    let counts = counts.map(|outcome| report.count(outcome)).into_iter().chain([report.open()]);
    let named = judged.profiles.first().map(|loaded| named(judged, &loaded.profile.name));
    let counts = counts.map(|count| Cell::from(count.to_string()));
    [Cell::from(named.unwrap_or_default())].into_iter().chain(counts).collect()
}

/// Returns a profile's name with its version.
fn named(judged: &Judged, name: &str) -> String {
    let is_it = |loaded: &&bmc::interop::load::Loaded| loaded.profile.name == name;
    let version = judged.profiles.iter().find(is_it).and_then(|loaded| loaded.profile.version);
    version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
}

/// Returns what is not met by one host, by resource, then what is not known.
pub(super) fn plain(judged: &Judged, lang: Lang) -> String {
    let mut text = String::new();
    for loaded in judged.profiles.iter() {
        let name = named(judged, &loaded.profile.name);
        let digest = loaded.digest.get(..12).unwrap_or_default();
        let name = one_line(&name);
        put(&mut text, format_args!("{name}  ({}, SHA-256 {digest}…)\n", loaded.file.display()));
    }
    let findings = &judged.report.findings;
    group(&mut text, findings.iter().filter(|one| one.outcome == Outcome::Fail), lang);
    group(&mut text, findings.iter().filter(|one| one.outcome == Outcome::Warn), lang);
    let open: Vec<&Finding> = findings.iter().filter(|one| one.is_open()).collect();
    if !open.is_empty() {
        let title = pick(lang, ("必须而未能判定：", "mandatory, and not known to be met:"));
        put(&mut text, format_args!("{title}\n"));
        group(&mut text, open.iter().copied().take(OPEN), lang);
        if open.len() > OPEN {
            let more = open.len().saturating_sub(OPEN);
            let more = match lang {
                Lang::Zh => format!("另有 {more} 条，见 --output json"),
                Lang::En => format!("{more} more; --output json has them all"),
            };
            put(&mut text, format_args!("    {more}\n"));
        }
    }
    text
}

/// Tells findings by their resource.
fn group<'f>(text: &mut String, findings: impl Iterator<Item = &'f Finding>, lang: Lang) {
    let mut by_resource: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_resource.entry(&finding.resource).or_default().push(finding);
    }
    for (resource, findings) in by_resource {
        let resource = match resource {
            "" => pick(lang, ("整个服务", "the service as a whole")),
            path => path,
        };
        put(text, format_args!("  {}\n", one_line(resource)));
        for finding in findings {
            let (zh, en) = finding.said();
            let said = one_line(pick(lang, (&zh, &en)));
            let place = one_line(&place(finding));
            let word = word(finding.outcome, lang);
            put(text, format_args!("    {word}  {place}  {said}\n"));
        }
    }
}

/// Returns what a finding is of: the property, or the type where it is of the whole resource.
fn place(finding: &Finding) -> String {
    match finding.property.as_str() {
        "" => finding.kind.clone(),
        property if finding.resource.is_empty() => format!("{}{property}", finding.kind),
        property => property.to_owned(),
    }
}

fn word(outcome: Outcome, lang: Lang) -> &'static str {
    let words = match outcome {
        Outcome::Pass => ("通过", "pass"),
        Outcome::Warn => ("警告", "WARN"),
        Outcome::Fail => ("不通过", "FAIL"),
        Outcome::NotTested => ("未测", "not tested"),
    };
    match lang {
        Lang::Zh => words.0,
        Lang::En => words.1,
    }
}

/// Returns a row for each requirement at each host, where any was judged.
pub(super) fn listing(hosts: &[(&str, &Met)], lang: Lang) -> Option<Table> {
    let judged = |met: &Met| matches!(met, Met::Found { found: Found::Judged(_), .. });
    if !hosts.iter().any(|(_, met)| judged(met)) {
        return None;
    }
    let names = [
        ("BMC", "BMC"),
        ("结果", "result"),
        ("资源", "resource"),
        ("类型", "type"),
        ("属性", "property"),
        ("要求", "requirement"),
        ("程度", "level"),
        ("结论", "outcome"),
        ("原因", "why"),
        ("条款", "clause"),
        ("配置文件", "profile"),
    ];
    let mut table = Table::new(names.map(|name| pick(lang, name)));
    for (host, met) in hosts {
        let ended = pick(lang, met.word().called());
        let Met::Found { found: Found::Judged(judged), .. } = met else {
            let mut row: Vec<Cell> = vec![(*host).into(), ended.into()];
            row.resize(table.head.len(), Cell::default());
            if let (Some((zh, en)), Some(cell)) = (met.reason(), row.get_mut(8)) {
                *cell = pick(lang, (&zh, &en)).into();
            }
            table.rows.push(row);
            continue;
        };
        for finding in &judged.report.findings {
            let (zh, en) = finding.why.said();
            let profile = judged.profiles.get(finding.profile);
            table.row([
                (*host).into(),
                ended.into(),
                finding.resource.as_str().into(),
                finding.kind.as_str().into(),
                finding.property.as_str().into(),
                pick(lang, finding.requirement.called()).into(),
                finding.level.word().into(),
                word(finding.outcome, lang).into(),
                pick(lang, (&zh, &en)).into(),
                finding.requirement.clause().into(),
                profile.map(|loaded| loaded.profile.name.clone()).unwrap_or_default().into(),
            ]);
        }
    }
    Some(table)
}
