//! `assay inventory raw`.

use inventory::{
    Sysroot,
    model::FindingClass,
    smbios::{self, RawStructure, SmbiosError, Table},
};
use profiles::Text;
use serde::Serialize;

use super::super::machine;
use crate::{
    cli::{Format, inventory::Raw},
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
    output::put,
};

/// What a table holds, for programs.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// The version by the entry point.
    smbios: Option<String>,
    damage: Vec<&'a str>,
    structures: &'a [RawStructure],
}

/// Shows every structure of an SMBIOS table.
pub(super) fn run(arguments: &Raw, console: &mut Console) -> Result<Exit, Failure> {
    let table = match &arguments.smbios {
        Some(file) => {
            let name = file.display().to_string();
            let cannot = || Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&name]));
            let bytes = super::super::read_small(file).map_err(|error| cannot().because(error))?;
            smbios::parse(&bytes).map_err(|error| bad_table(&name, error))?
        }
        None => of_root(&machine::open_root(arguments.root.as_deref())?.sysroot)?,
    };
    let mut structures = smbios::raw(&table);
    structures
        .retain(|structure| arguments.kind.is_empty() || arguments.kind.contains(&structure.kind));
    // The inventory puts damage into words; here nothing else of it is wanted.
    let mut findings = smbios::inventory(&table, None, None).findings;
    findings.retain(|finding| finding.class == FindingClass::Damage);
    match arguments.output {
        Format::Json => super::super::print_json(
            &Document {
                schema: "assay-smbios-raw/v1",
                smbios: table.version.map(|version| version.to_string()),
                damage: findings.iter().map(|finding| finding.message.as_str()).collect(),
                structures: &structures,
            },
            console,
        )?,
        Format::Text => console.print(&page(&table, &structures))?,
    }
    for finding in &findings {
        console.note(&Text::new(
            format!("SMBIOS 表损坏：{}", finding.message_zh),
            format!("the SMBIOS table is damaged: {}", finding.message),
        ));
    }
    Ok(Exit::Wanted)
}

const FOLDER: &str = "/sys/firmware/dmi/tables";

fn of_root(root: &Sysroot) -> Result<Table, Failure> {
    let read = |name: &str| {
        let path = format!("{FOLDER}/{name}");
        root.read(&path).map_err(|error| {
            let hint = if error.kind() == std::io::ErrorKind::PermissionDenied {
                Text::new("以 root 运行", "run as root")
            } else {
                Text::new(
                    "虚拟机和容器多无此表；可用 --smbios 给出 `dmidecode --dump-bin` 的文件",
                    "most guests and containers have none; name a file of `dmidecode --dump-bin` \
                     with --smbios",
                )
            };
            Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&path]))
                .because(error)
                .hint(hint)
        })
    };
    let (entry, table) = (read("smbios_entry_point")?, read("DMI")?);
    smbios::parse_pair(&entry, &table).map_err(|error| bad_table(FOLDER, error))
}

fn bad_table(name: &str, error: SmbiosError) -> Failure {
    let hint = error.hint();
    Failure::unable(text("`{}` 不是 SMBIOS 表", "`{}` is no SMBIOS table", &[name]))
        .because(error)
        .hint_from(hint)
}

/// Lays structures out as dmidecode does, tabs included: what people grep for
/// there is found here.
fn page(table: &Table, structures: &[RawStructure]) -> String {
    let version = table.version.map_or("?".to_owned(), |version| version.to_string());
    let mut page = format!("# SMBIOS {version}, {} structures\n", structures.len());
    for structure in structures {
        put(
            &mut page,
            format_args!(
                "\nHandle {}, DMI type {}, {} bytes\n{}\n",
                structure.handle,
                structure.kind,
                structure.length,
                one_line(&structure.title)
            ),
        );
        for field in &structure.fields {
            let line = format!("\t{}: {}", one_line(&field.name), one_line(&field.value));
            page.push_str(line.trim_end());
            page.push('\n');
            for item in &field.items {
                put(&mut page, format_args!("\t\t{}\n", one_line(item)));
            }
        }
        if let Some(bytes) = &structure.bytes {
            put(&mut page, format_args!("\tHeader and Data: {bytes}\n"));
        }
        for string in &structure.strings {
            put(&mut page, format_args!("\tString: {}\n", one_line(string)));
        }
    }
    page
}
