//! Edge: files of certificates: a request is written, a certificate is read and, once it is shown,
//! known.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use bmc::{
    credential::Secret,
    hand::{Acted, Bmc, HandError},
    operation::Outcome,
    target::Address,
    trust::{Material, MaterialError},
};

use super::{
    known,
    verb::settings::{Replacement, Request},
};
use crate::{
    command::read_small,
    output::bmc::{found::Found, settings::Seen},
    push::secret,
};

/// Has the BMC make a request, and writes it.
pub(super) async fn request(
    bmc: &mut Bmc,
    name: &str,
    request: &Request,
) -> Result<Found, HandError> {
    let mut subject = request.subject.clone();
    if subject.common_name.is_empty() {
        subject.common_name = host_of(name);
    }
    let place = beside(&request.out, name, "csr");
    // A request voids the one before: its file has to be had first.
    let created = create(&place);
    let csr = match &created {
        Ok(_) => bmc.request_certificate(&subject).await,
        Err(error) => return Ok(unable(&place, error)),
    };
    let written = match (created, &csr) {
        (Ok(mut file), Ok(csr)) if csr.text.is_some() => {
            let text = csr.text.as_deref().unwrap_or_default();
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
        }
        // Nothing came of it, and an empty file is no request.
        _ => fs::remove_file(&place),
    };
    let csr = csr?;
    if let (Some(_), Err(error)) = (&csr.text, &written) {
        return Ok(unable(&place, error));
    }
    let acted = Acted::from(csr.acted);
    Ok(match csr.text {
        Some(_) => Found::Setting(Seen::Written {
            file: place.display().to_string(),
            remarks: acted.remarks,
        }),
        None => Found::Acted(acted),
    })
}

/// Gives the BMC a certificate; what it shows then is known from then on, if that is wanted.
pub(super) async fn replace(
    bmc: &mut Bmc,
    name: &str,
    wanted: &Replacement,
) -> Result<Found, HandError> {
    let place =
        if wanted.cert.is_dir() { beside(&wanted.cert, name, "pem") } else { wanted.cert.clone() };
    let material = match read(&place, wanted.key.as_deref()) {
        Ok(material) => material,
        Err((zh, en)) => return Ok(Found::Unable { why: (zh, en) }),
    };
    let mut acted = bmc.replace_certificate(&material).await?;
    match (&wanted.known, &acted.outcome) {
        (Some(path), Outcome::Done) => {
            if let Err(why) = learn(path, name, &material) {
                acted.remarks.push(why);
            }
        }
        (Some(_), _) => acted.remarks.push((
            "新证书尚未使用，未登记；使用后先 `trust --forget` 再 `trust --store`".to_owned(),
            "it is not shown yet, and so not stored: `trust --forget` and `trust --store` when it is"
                .to_owned(),
        )),
        (None, Outcome::Done) => acted.remarks.push((
            "已知证书未改；核对后先 `trust --forget` 再 `trust --store`".to_owned(),
            "the known certificate is as it was: `trust --forget` and `trust --store` after a look"
                .to_owned(),
        )),
        (None, _) => {}
    }
    Ok(Found::Acted(acted))
}

/// Stores what a BMC shows in place of what was known of it.
pub(super) fn learn(path: &Path, name: &str, material: &Material) -> Result<(), (String, String)> {
    let failed = || {
        (
            "已知证书文件未能更新".to_owned(),
            "the file of known certificates could not be changed".to_owned(),
        )
    };
    let address: Address = name.parse().map_err(|_error| failed())?;
    let mut known = known::read(path).map_err(|_error| failed())?;
    known.forget(&address);
    known.learn(&address, material.pin);
    known::write(path, &known).map_err(|_error| failed())
}

/// Reads a certificate and its key.
pub(super) fn read(cert: &Path, key: Option<&Path>) -> Result<Material, (String, String)> {
    let failed = |path: &Path, zh: &str, en: &str| {
        let shown = path.display();
        (format!("无法使用 `{shown}`：{zh}"), format!("`{shown}` cannot be used: {en}"))
    };
    let bytes = read_small(cert).map_err(|error| {
        let error = error.to_string();
        failed(cert, &error, &error)
    })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let secret = key
        .map(|path| {
            let secret = secret::Secret::read(path).map_err(|error| {
                let error = error.to_string();
                failed(path, &error, &error)
            })?;
            let text = secret.text().unwrap_or_default().to_owned();
            Ok::<_, (String, String)>(Secret::new(text))
        })
        .transpose()?;
    Material::read(&text, secret, now()).map_err(|error| {
        let of_key = matches!(error, MaterialError::NoKey | MaterialError::OtherKey);
        let path = key.filter(|_| of_key).unwrap_or(cert);
        failed(path, error.in_chinese(), &error.to_string())
    })
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Returns the file of one host: the one that is named, or its own in the folder of that name.
pub(super) fn beside(out: &Path, name: &str, ending: &str) -> PathBuf {
    let is_file = out.extension().is_some() && !out.is_dir();
    if is_file { out.to_owned() } else { out.join(format!("{name}.{ending}")) }
}

/// Returns the host of an address, without its port.
fn host_of(name: &str) -> String {
    let host = name.parse().map(|address: Address| address.host.to_string());
    host.unwrap_or_else(|_error| name.to_owned())
}

/// Makes a file that is not there yet.
fn create(path: &Path) -> std::io::Result<fs::File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

fn unable(path: &Path, error: &std::io::Error) -> Found {
    let shown = path.display();
    Found::Unable {
        why: (
            format!("无法写入 `{shown}`：{error}"),
            format!("`{shown}` cannot be written: {error}"),
        ),
    }
}
