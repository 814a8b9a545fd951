//! TLS, and the certificate that HTTPS shows.

use super::{Answer, Check, Facts, Finding, Severity, said};
use crate::{
    operation::clock::date,
    trust::{Key, Leaf},
};

const OLD: Check = Check {
    id: "tls.old",
    severity: Severity::High,
    advice: ("在 BMC 中停用 TLS 1.1 及以下", "turn TLS 1.1 and all before it off in the BMC"),
};
const NEW: Check = Check {
    id: "tls.new",
    severity: Severity::Medium,
    advice: (
        "升级 BMC 固件，或在 BMC 中启用 TLS 1.2、1.3",
        "update the BMC's firmware, or turn TLS 1.2 and 1.3 on",
    ),
};
const EXPIRED: Check = Check {
    id: "certificate.expired",
    severity: Severity::High,
    advice: ("更换证书：`certs replace`", "give it another certificate: `certs replace`"),
};
const EARLY: Check = Check {
    id: "certificate.not-yet-valid",
    severity: Severity::Medium,
    advice: ("核对 BMC 的时钟后更换证书", "set the BMC's clock, then give it another certificate"),
};
const SELF: Check = Check {
    id: "certificate.self-signed",
    severity: Severity::Low,
    advice: (
        "换上由贵单位 CA 签发的证书（`certs csr`），或以指纹登记（`trust --store`）",
        "have one signed by your own authority (`certs csr`), or keep its pin (`trust --store`)",
    ),
};
const MAKER: Check = Check {
    id: "certificate.default",
    severity: Severity::Medium,
    advice: ("换下厂商的默认证书：`certs replace`", "replace the maker's own: `certs replace`"),
};
const KEY: Check = Check {
    id: "certificate.key",
    severity: Severity::Medium,
    advice: (
        "换用 RSA 2048 位以上、EC P-256 或 SM2 密钥",
        "use a key of RSA 2048 bits or more, EC P-256 or SM2",
    ),
};
const SIGNATURE: Check = Check {
    id: "certificate.signature",
    severity: Severity::High,
    advice: ("重新签发证书（SHA-256 或 SM3）", "have it signed anew, with SHA-256 or SM3"),
};

/// Names that makers put into the certificates that their firmware brings.
const MAKERS: &[&str] = &[
    // HPE iLO.
    "Default Issuer (Do not trust)",
    // iDRAC.
    "iDRACDefault",
    // MegaRAC, and ISBMC on its base.
    "American Megatrends",
    "www.ami.com",
    "AMI",
    // Supermicro.
    "Super Micro Computer",
    // iBMC.
    "Huawei IT Product CA",
    "Huawei Equipment CA",
    "iBMC",
    // HDM.
    "HDM",
    // bmcweb.
    "testhost",
    "OpenBMC",
];

/// Judges what HTTPS speaks and shows.
pub(super) fn judge(facts: &Facts, all: &mut Vec<Finding>) {
    all.push(old(facts));
    let shown = match &facts.shown {
        Ok(shown) => shown,
        Err(why) => {
            let every = [&NEW, &EXPIRED, &EARLY, &SELF, &MAKER, &KEY, &SIGNATURE];
            all.extend(every.map(|check| check.unknown(why)));
            return;
        }
    };
    all.push(NEW.sound(format!("TLS {}", shown.tls), format!("TLS {}", shown.tls)));
    let Some(leaf) = Leaf::read(&shown.der) else {
        let why = said("证书无法解析", "the certificate cannot be read");
        let every = [&EXPIRED, &EARLY, &SELF, &MAKER, &KEY, &SIGNATURE];
        all.extend(every.map(|check| check.unknown(&why)));
        return;
    };
    all.push(EXPIRED.of(
        leaf.until < facts.now,
        format!("有效至 {}", date(leaf.until)),
        format!("until {}", date(leaf.until)),
    ));
    all.push(EARLY.of(
        leaf.from > facts.now,
        format!("自 {} 起有效", date(leaf.from)),
        format!("from {}", date(leaf.from)),
    ));
    let issuer = format!("{}", leaf.issuer);
    all.push(SELF.of(
        leaf.subject == leaf.issuer,
        format!("签发者 {issuer}"),
        format!("issuer {issuer}"),
    ));
    let maker = [&leaf.subject, &leaf.issuer].into_iter().find_map(|name| {
        let values = name.0.iter().map(|(_, value)| value);
        values.into_iter().find(|value| MAKERS.iter().any(|maker| is_maker(value, maker)))
    });
    let subject = leaf.subject.to_string();
    let named = maker.cloned().unwrap_or(subject);
    all.push(MAKER.of(maker.is_some(), named.clone(), named));
    strength(&shown.der, all);
}

/// Returns whether a value of a name is one of a maker's own: short words as a whole.
fn is_maker(value: &str, maker: &str) -> bool {
    if maker.contains(' ') || maker.len() > 8 { value.contains(maker) } else { value == maker }
}

fn old(facts: &Facts) -> Finding {
    let those = |wanted: &dyn Fn(&Answer) -> bool| -> Vec<&str> {
        let found = facts.old.iter().filter(|(_, answer)| wanted(answer));
        found.map(|(version, _)| version.name()).collect()
    };
    let taken = those(&|answer| *answer == Answer::Taken);
    let unknown = those(&|answer| *answer == Answer::Silent);
    if !taken.is_empty() {
        let listed = taken.join(", ");
        return OLD.weak(format!("接受 {listed}"), format!("{listed} is taken"));
    }
    if !unknown.is_empty() || facts.old.is_empty() {
        let listed = unknown.join(", ");
        return OLD.unknown(&said(format!("对 {listed} 无应答"), format!("no answer to {listed}")));
    }
    let refused = those(&|answer| *answer == Answer::Refused).join(", ");
    OLD.sound(format!("拒绝 {refused}"), format!("{refused} are refused"))
}

fn strength(der: &[u8], all: &mut Vec<Finding>) {
    let untold = said("密钥或签名算法不识别", "its key or signature is of no kind that we know");
    let key = Key::read(der);
    all.push(match &key {
        Some(key) => match key.is_strong() {
            Some(strong) => KEY.of(!strong, key.to_string(), key.to_string()),
            None => KEY.unknown(&untold),
        },
        None => KEY.unknown(&untold),
    });
    all.push(match key.as_ref().and_then(|key| key.signature) {
        Some((name, strong)) => SIGNATURE.of(!strong, name, name),
        None => SIGNATURE.unknown(&untold),
    });
}
