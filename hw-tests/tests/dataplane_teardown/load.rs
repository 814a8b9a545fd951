//! A node full of networks, ports, remote stations, groups and rules.

use std::fmt::Write as _;

use libtest_mimic::Failed;

/// How much of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) networks: usize,
    pub(crate) ports: usize,
    pub(crate) remotes: usize,
    /// Each with ten rules.
    pub(crate) groups: usize,
}

impl Size {
    /// By `ASSAY_NETWORKS`, `…_PORTS`, `…_REMOTES`, `…_GROUPS`; a tenth of a full node otherwise.
    pub(crate) fn given() -> Result<Self, Failed> {
        let number = |name: &str, usual: usize| -> Result<usize, Failed> {
            std::env::var(name).ok().map_or(Ok(usual), |given| Ok(given.parse()?))
        };
        Ok(Self {
            networks: number("ASSAY_NETWORKS", 50)?,
            ports: number("ASSAY_PORTS", 100)?,
            remotes: number("ASSAY_REMOTES", 200)?,
            groups: number("ASSAY_GROUPS", 100)?,
        })
    }

    /// Returns the state as a file has it.
    pub(crate) fn text(self) -> String {
        let Self { networks, ports, remotes, groups } = self;
        let mut text = String::from(
            "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
             node = { name = \"n\", device = \"u0\", vtep = \"10.99.0.1\" }\n",
        );
        let mut add = |section: std::fmt::Arguments<'_>| {
            text.write_fmt(section).expect("a String takes everything");
        };
        for n in 0..networks {
            add(format_args!(
                "[[vpc]]\nid = \"v{n}\"\n[[network]]\nid = \"n{n}\"\nvpc = \"v{n}\"\nvni = {}\n\
                 [[subnet]]\nid = \"s{n}\"\nnetwork = \"n{n}\"\ncidr = \"10.0.0.0/16\"\n",
                n + 1
            ));
        }
        for n in 0..groups {
            add(format_args!("[[group]]\nid = \"g{n}\"\nvpc = \"v{}\"\n", n % networks));
            for rule in 1..=10 {
                let other = (n + rule * networks) % groups;
                add(format_args!(
                    "[[group.rule]]\ndirection = \"in\"\nprotocol = \"tcp\"\nports = {rule}\n\
                     from = {{ group = \"g{other}\" }}\n"
                ));
            }
        }
        for n in 0..ports + remotes {
            let [.., high, low] = (n / networks + 10).to_be_bytes();
            let of_network = groups / networks;
            let group = n % networks + n / networks % of_network * networks;
            let kind = if n < ports {
                format!("[[port]]\ndevice = \"p{n}\"\nkind = \"veth\"\npeer = \"q{n}\"\n")
            } else {
                "[[remote]]\nvtep = \"10.99.0.2\"\n".to_owned()
            };
            add(format_args!(
                "{kind}id = \"p{n}\"\nnetwork = \"n{}\"\nmac = \"02:00:00:00:{high:02x}:{low:02x}\"\n\
                 ips = [\"10.0.{high}.{low}\"]\ngroups = [\"g{group}\"]\n",
                n % networks
            ));
        }
        text
    }
}
