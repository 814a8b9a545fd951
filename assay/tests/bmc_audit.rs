//! `assay bmc audit` on simulated racks: exit codes, the three forms of output, and what is compared
//! within a run.

#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod rack;

use rack::Rack;
use serde_json::Value;

/// Returns the checks of a host that are in that state.
fn those<'h>(host: &'h Value, state: &str) -> Vec<&'h str> {
    let all = host["audit"].as_array().expect("checks").iter();
    let all = all.filter(|one| one["state"] == state);
    all.map(|one| one["check"].as_str().expect("an id")).collect()
}

#[test]
fn findings_are_told_by_exit_code_and_in_each_form() {
    let makes = ["--dialect", "huawei", "--dialect", "dmtf", "--fault", "open-services"];
    let rack = Rack::start(2, &makes);
    let (code, hosts) = rack.told(&["audit"]);
    assert_eq!(code, Some(1));
    for host in &hosts {
        assert_eq!(host["result"], "findings", "{host:#}");
        let weak = those(host, "finding");
        for id in ["ipmi.on", "service.telnet", "service.snmp", "clock.ntp"] {
            assert!(weak.contains(&id), "{id}: {weak:?}");
        }
        assert!(!weak.contains(&"certificate.shared"));
        assert_eq!(those(host, "not-tried"), ["user.default-password"]);
    }
    let text = rack.ask(&["audit", "--output", "csv"]);
    let text = String::from_utf8(text.stdout).expect("text");
    assert!(text.starts_with("BMC,result,severity,check,subject,seen,what to do\r\n"), "{text}");
    assert!(text.contains(",FINDINGS,HIGH,service.telnet,,telnet is open,"), "{text}");
    let chinese = rack.command(&["audit"]).env("LC_ALL", "zh_CN.UTF-8").output().expect("it runs");
    let code = chinese.status.code();
    assert_eq!(code, Some(1));
    // What is weak is told first, and what is sound not at all.
    let plain = rack.ask(&["audit"]);
    let plain = String::from_utf8(plain.stdout).expect("text");
    assert!(plain.contains("service.telnet") && !plain.contains("tls.new"), "{plain}");
}

#[test]
fn a_closed_rack_ends_with_0_and_a_host_that_is_not_there_with_3() {
    // Whose factory credential is known: of another make nobody can tell.
    let rack = Rack::start(1, &["--dialect", "huawei"]);
    rack.wanted(&["time", "ntp", "192.0.2.1", "--yes-hosts", "1"]);
    let save = rack.folder().join("state.json").display().to_string();
    rack.wanted(&["lockdown", "on", "--save", &save, "--yes-hosts", "1"]);
    let (code, hosts) = rack.told(&["audit"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(0), &"done".into()), "{hosts:#?}");
    assert_eq!(those(&hosts[0], "finding"), ["certificate.self-signed"]);
    let (code, hosts) = rack.told(&["audit", "--try-defaults", "--yes-hosts", "1"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(0), &"done".into()), "{hosts:#?}");
    // Of IPMI nothing is known where it is not asked, and a BMC that says it is off is believed.
    let (code, _) = rack.told(&["audit", "--protocol", "redfish"]);
    assert_eq!(code, Some(0));
    let list = std::fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let gone = list.replace("127.0.0.1:", "127.0.0.99:");
    std::fs::write(rack.file("rack.csv"), gone).expect("written");
    let (code, hosts) = rack.told(&["audit"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(3), &"unreached".into()), "{hosts:#?}");
}

#[test]
fn a_key_that_several_show_is_found_and_trying_passwords_wants_the_number_of_hosts() {
    let rack = Rack::start(2, &["--one-certificate"]);
    let (_, hosts) = rack.told(&["audit"]);
    for host in &hosts {
        assert!(those(host, "finding").contains(&"certificate.shared"), "{host:#}");
    }
    let output = rack.ask(&["audit", "--try-defaults"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--yes-hosts 2"), "{said}");
}
