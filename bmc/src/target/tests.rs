//! Words that name BMCs, and words that name none.

use proptest::prelude::*;

use super::*;

fn read(word: &str) -> Target {
    word.parse().unwrap_or_else(|error| panic!("{word}: {error}"))
}

#[test]
fn a_word_names_one_a_range_or_a_network() {
    let table: &[(&str, u128, bool, &str, &str)] = &[
        ("192.0.2.7", 1, false, "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:8443", 1, false, "192.0.2.7:8443", "192.0.2.7:8443"),
        ("BMC-7.rack.example.", 1, false, "bmc-7.rack.example", "bmc-7.rack.example"),
        ("bmc7-9:443", 1, false, "bmc7-9:443", "bmc7-9:443"),
        ("2001:db8::7", 1, false, "2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:443", 1, false, "[2001:db8::7]:443", "[2001:db8::7]:443"),
        ("fe80::1%eth0", 1, false, "fe80::1%eth0", "fe80::1%eth0"),
        ("[fe80::1%eth0]:443", 1, false, "[fe80::1%eth0]:443", "[fe80::1%eth0]:443"),
        ("192.0.2.10-20", 11, false, "192.0.2.10", "192.0.2.20"),
        ("192.0.2.10-20:8443", 11, false, "192.0.2.10:8443", "192.0.2.20:8443"),
        ("192.0.2.250-192.0.3.5", 12, false, "192.0.2.250", "192.0.3.5"),
        ("192.0.2.7-7", 1, false, "192.0.2.7", "192.0.2.7"),
        ("2001:db8::1-2001:db8::10", 16, false, "2001:db8::1", "2001:db8::10"),
        ("[2001:db8::1]-[2001:db8::2]:443", 2, false, "[2001:db8::1]:443", "[2001:db8::2]:443"),
        ("192.0.2.0/24", 254, true, "192.0.2.1", "192.0.2.254"),
        ("192.0.2.9/30", 2, true, "192.0.2.9", "192.0.2.10"),
        ("192.0.2.8/31", 2, true, "192.0.2.8", "192.0.2.9"),
        ("192.0.2.8/32", 1, true, "192.0.2.8", "192.0.2.8"),
        ("192.0.2.0/24:8443", 254, true, "192.0.2.1:8443", "192.0.2.254:8443"),
        ("2001:db8::/126", 4, true, "2001:db8::", "2001:db8::3"),
    ];
    for (word, count, network, first, last) in table {
        let target = read(word);
        assert_eq!(target.count(), *count, "{word}");
        assert_eq!(target.is_network(), *network, "{word}");
        let addresses: Vec<String> = target.addresses().iter().map(ToString::to_string).collect();
        assert_eq!(addresses.len(), usize::try_from(*count).expect("few"), "{word}");
        assert_eq!(addresses.first().map(String::as_str), Some(*first), "{word}");
        assert_eq!(addresses.last().map(String::as_str), Some(*last), "{word}");
        assert_eq!(read(&target.to_string()), target, "{word} is written as {target}");
    }
}

#[test]
fn what_names_no_bmc_is_refused_with_the_reason() {
    let table = [
        ("", "it is empty"),
        ("https://192.0.2.7/redfish", "it is a URL"),
        ("root:calvin@192.0.2.7", "never with the host"),
        ("192.0.2.7:", "its port"),
        ("192.0.2.7:0", "its port"),
        ("192.0.2.7:+443", "its port"),
        ("192.0.2.7:65536", "its port"),
        ("192.0.2.777", "looks like an IPv4 address"),
        ("192.0.2", "looks like an IPv4 address"),
        ("192.0.2.0/33", "is a network"),
        ("192.0.2.20-10", "ends before it begins"),
        ("192.0.2.20-300", "no last address"),
        ("192.0.2.20-", "no last address"),
        ("192.0.2.1-2001:db8::1", "one family"),
        ("2001:db8::1-192.0.2.1", "one family"),
        ("10.0.0.0/8", "16777214 addresses"),
        ("2001:db8::/64", "addresses"),
        ("::/0", "addresses"),
        ("fe80::1", "needs its network device"),
        ("fe80::1%", "needs its network device"),
        ("bmc 7", "neither an address nor a host name"),
        ("-h", "neither an address nor a host name"),
        ("机柜7", "neither an address nor a host name"),
    ];
    for (word, what) in table {
        let error = word.parse::<Target>().expect_err(word);
        assert!(error.to_string().contains(what), "{word}: {error}");
        assert!(!error.hint().0.is_empty() && !error.hint().1.is_empty(), "{word}");
    }
}

proptest! {
    #[test]
    fn no_word_is_too_much_for_it(word in ".{0,60}") {
        if let Ok(target) = word.parse::<Target>() {
            prop_assert!(target.count() <= MOST);
            prop_assert_eq!(&target.to_string().parse::<Target>().expect("what it wrote"), &target);
        }
    }

    #[test]
    fn any_address_reads_as_it_is_written(v4: u32, v6: u128, port: Option<NonZeroU16>) {
        let v6 = Ipv6Addr::from(v6);
        let own = [IpAddr::from(Ipv4Addr::from(v4)), v6.into()];
        for host in own {
            if matches!(host, IpAddr::V6(v6) if v6.is_unicast_link_local()) {
                continue;
            }
            let address = Address { host: Host::Ip(host), port };
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
        }
    }
}
