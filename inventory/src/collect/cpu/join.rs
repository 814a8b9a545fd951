//! Joins the sockets that SMBIOS lists with the packages that the kernel counts.
//!
//! Sockets stay the objects, in table order; packages fill in what only the
//! kernel knows. Where both number the same they are paired in order of the
//! package ids; where not, only what all packages share is taken.

use serde_json::{Value, json};

use crate::frequency;
use crate::model::{Claim, Cpu, Finding, FindingClass};

/// Returns the processors of the document, and what the two sides disagree on.
pub(crate) fn join(sockets: Vec<Cpu>, packages: Vec<Cpu>) -> (Vec<Cpu>, Vec<Finding>) {
    if sockets.is_empty() {
        return (packages, Vec::new());
    }
    let mut sockets = sockets;
    let mut findings = Vec::new();
    let populated = |cpu: &&mut Cpu| cpu.present != Some(false);
    let count = sockets.iter().filter(|cpu| cpu.present != Some(false)).count();
    if count == packages.len() {
        let pairs = sockets.iter_mut().enumerate().filter(|(_, cpu)| cpu.present != Some(false));
        for ((index, socket), package) in pairs.zip(&packages) {
            findings.extend(fill(socket, package, index));
        }
    } else if let Some(first) = packages.first() {
        findings.push(different(count, packages.len()));
        let same = packages.iter().all(|cpu| cpu.model == first.model);
        if same {
            let shared = Cpu { package_id: None, cores: None, threads: None, ..first.clone() };
            for socket in sockets.iter_mut().filter(populated) {
                fill(socket, &shared, 0);
            }
        }
    }
    (sockets, findings)
}

/// Fills what `socket` does not know from `package`.
fn fill(socket: &mut Cpu, package: &Cpu, index: usize) -> Option<Finding> {
    nominal(socket, package);
    text(socket, "model", package, |cpu| &mut cpu.model);
    text(socket, "manufacturer", package, |cpu| &mut cpu.manufacturer);
    text(socket, "architecture", package, |cpu| &mut cpu.architecture);
    text(socket, "microcode", package, |cpu| &mut cpu.microcode);
    if socket.package_id.is_none() && package.package_id.is_some() {
        socket.package_id = package.package_id;
        origin(socket, "package_id", package);
    }
    let differs = differing_cores(socket, package);
    number(socket, "cores", package, |cpu| &mut cpu.cores);
    number(socket, "threads", package, |cpu| &mut cpu.threads);
    differs.map(|(claimed, counted)| Finding {
        class: FindingClass::Value,
        path: format!("cpu[{index}].cores"),
        message: format!("SMBIOS names {claimed} cores, the kernel counts {counted}"),
        message_zh: format!("SMBIOS 记为 {claimed} 核，内核识别到 {counted} 核"),
        claims: vec![
            Claim { source: socket.origin.source, value: json!(claimed) },
            Claim { source: package.origin.source, value: json!(counted) },
        ],
    })
}

/// Returns both counts where the kernel's is neither all nor the enabled cores.
fn differing_cores(socket: &Cpu, package: &Cpu) -> Option<(u32, u32)> {
    let (claimed, counted) = (socket.cores?, package.cores?);
    (counted != claimed && socket.cores_enabled != Some(counted)).then_some((claimed, counted))
}

/// Settles the base clock: the name's number first, then the kernel's, then the
/// current speed of SMBIOS.
fn nominal(socket: &mut Cpu, package: &Cpu) {
    let named = socket.model.as_deref().and_then(frequency::in_name);
    let Some(kernel) = package.frequency_hz.nominal else { return };
    let was = socket.frequency_hz.nominal;
    if named.is_some() || was == Some(kernel) {
        return;
    }
    let field = "frequency_hz.nominal";
    if let Some(was) = was {
        let source = *socket.origin.sources.get(field).unwrap_or(&socket.origin.source);
        let claim = Claim { source, value: json!(was) };
        socket.origin.also.entry(field.to_owned()).or_default().push(claim);
    }
    socket.frequency_hz.nominal = Some(kernel);
    origin(socket, field, package);
}

fn text(
    socket: &mut Cpu,
    field: &str,
    package: &Cpu,
    get: impl Fn(&mut Cpu) -> &mut Option<String>,
) {
    let Some(value) = get(&mut package.clone()).clone() else { return };
    let own = get(socket);
    match own {
        None => {
            *own = Some(value);
            origin(socket, field, package);
        }
        // Makers are spelled differently everywhere; that is no news.
        Some(own) if *own == value || field == "manufacturer" => {}
        Some(_) => also(socket, field, package, Value::from(value)),
    }
}

fn number(
    socket: &mut Cpu,
    field: &str,
    package: &Cpu,
    get: impl Fn(&mut Cpu) -> &mut Option<u32>,
) {
    let Some(value) = *get(&mut package.clone()) else { return };
    let own = get(socket);
    match own {
        None => {
            *own = Some(value);
            origin(socket, field, package);
        }
        Some(own) if *own == value => {}
        Some(_) => also(socket, field, package, Value::from(value)),
    }
}

/// Says that `field` came from where the package was read.
fn origin(socket: &mut Cpu, field: &str, package: &Cpu) {
    let source = *package.origin.sources.get(field).unwrap_or(&package.origin.source);
    socket.origin.sources.insert(field.to_owned(), source);
}

/// Keeps what the kernel says of a field that SMBIOS answers too.
fn also(socket: &mut Cpu, field: &str, package: &Cpu, value: Value) {
    let source = *package.origin.sources.get(field).unwrap_or(&package.origin.source);
    let claims = socket.origin.also.entry(field.to_owned()).or_default();
    claims.push(Claim { source, value });
}

fn different(sockets: usize, packages: usize) -> Finding {
    Finding {
        class: FindingClass::Missing,
        path: "cpu".to_owned(),
        message: format!(
            "SMBIOS lists {sockets} populated sockets, the kernel counts {packages} packages"
        ),
        message_zh: format!("SMBIOS 列出 {sockets} 个已安装处理器插槽，内核识别到 {packages} 个"),
        claims: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
