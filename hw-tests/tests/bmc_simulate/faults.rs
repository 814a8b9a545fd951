//! Faults by name, as others meet them.

use std::process::Command;

use libtest_mimic::Failed;

use crate::site::Site;

pub(crate) fn ipmi() -> Result<(), Failed> {
    let faults = [
        "1:ipmi-no-17",
        "2:ipmi-cipher-short",
        "3:ipmi-sessions-full",
        "4:ipmi-priv-refused",
        "5:ipmi-rakp2",
        "6:ipmi-boot-lies",
        "7:ipmi-loss=5",
        "8:ipmi-twice=2",
        "9:ipmi-pass-16",
    ];
    let mut words = vec!["--hosts", "9"];
    words.extend(faults.iter().flat_map(|fault| ["--fault", fault]));
    let site = Site::start(&words)?;
    let info = ["mc", "info"];
    let asks = |at: usize, suite: &str, more: &[&str]| -> Result<bool, Failed> {
        let words: Vec<&str> = more.iter().copied().chain(info).collect();
        Ok(site.ipmitool(at, suite, &words)?.status.success())
    };
    for at in [0, 1] {
        assert!(!asks(at, "17", &[])?, "{at}: no suite 17");
        assert!(asks(at, "3", &[])?, "{at}: suite 3");
    }
    let full = site.ipmitool(2, "17", &info)?;
    let told = String::from_utf8_lossy(&full.stderr).into_owned();
    assert!(!full.status.success() && told.contains("insufficient resources"), "{told}");
    assert!(!asks(3, "17", &["-L", "ADMINISTRATOR"])?);
    assert!(asks(3, "17", &["-L", "OPERATOR"])?);
    assert!(!asks(4, "17", &[])?, "silent after RAKP 1");
    let device = |at: usize| -> Result<String, Failed> {
        let flags = site.ipmi(at, &["chassis", "bootparam", "get", "5"])?;
        Ok(flags.lines().find(|line| line.contains("Boot Device")).unwrap_or_default().to_owned())
    };
    site.ipmi(5, &["chassis", "bootdev", "pxe"])?;
    assert!(device(5)?.contains("No override"), "said yes, and kept nothing");
    // What is lost is asked again, what comes twice is taken once.
    for at in [6, 7] {
        let read = site.ipmi(at, &["sdr", "elist"])?;
        assert_eq!(read.lines().count(), 13, "{read}");
    }
    assert!(asks(8, "17", &[])?, "16 bytes are all that there are");
    Ok(())
}

pub(crate) fn redfish() -> Result<(), Failed> {
    let faults = [
        "1:busy-503=2",
        "2:drop=1",
        "3:cut-body=1",
        "4:html",
        "5:etag-required",
        "6:latency=400",
        "7:tls-old",
        "8:conn-close",
        "9:tls-expired",
    ];
    let mut words = vec!["--hosts", "9", "--no-ipmi"];
    words.extend(faults.iter().flat_map(|fault| ["--fault", fault]));
    let site = Site::start(&words)?;
    let (status, head, _) = site.curl(0, "", &[])?;
    assert_eq!(status, 503);
    assert!(head.contains("retry-after: 1"), "{head}");
    site.curl(0, "", &[])?;
    assert_eq!(site.curl(0, "", &[])?.0, 200);
    // By the numbers of curl: 52 an empty answer, 18 a part of one, 35 TLS.
    let code = |at: usize, more: &[&str]| -> Result<Option<i32>, Failed> {
        let url = format!("https://{}/redfish/v1", site.address(at));
        let out =
            Command::new("curl").args(["-s", "-o", "/dev/null"]).args(more).arg(url).output()?;
        Ok(out.status.code())
    };
    let broken = code(1, &["-k"])?;
    assert!(matches!(broken, Some(52 | 56)), "{broken:?}");
    let cut = code(2, &["-k"])?;
    assert!(matches!(cut, Some(18 | 56)), "{cut:?}");
    assert!(site.curl(3, "/Systems", &[])?.2.as_str().is_some_and(|page| page.contains("<html>")));
    let bare = ["-X", "PATCH", "-d", "{\"AssetTag\":\"A\"}"];
    assert_eq!(site.curl(4, "/Systems/1", &bare)?.0, 428);
    let began = std::time::Instant::now();
    site.get(5, "/Systems/1")?;
    assert!(began.elapsed().as_millis() >= 400);
    assert_eq!(code(6, &["-k"])?, Some(35));
    assert!(site.curl(7, "", &[])?.1.contains("connection: close"));
    let pem = std::fs::read_to_string(site.folder().join("certificates.pem"))?;
    let last = pem.split("# ").last().unwrap_or_default();
    let authority = site.folder().join("expired.pem");
    let end = last.find("-----BEGIN PRIVATE").unwrap_or(0);
    let begin = last.find("-----BEGIN CERT").unwrap_or(0);
    std::fs::write(&authority, last.get(begin..end).unwrap_or_default())?;
    let authority = authority.display().to_string();
    assert_eq!(code(8, &["--cacert", &authority])?, Some(60), "expired");
    Ok(())
}
