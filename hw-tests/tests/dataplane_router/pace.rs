//! How long routers take to come, to be looked at, and to go.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures time")]

use std::fmt::Write as _;
use std::time::Instant;

use libtest_mimic::Failed;

use crate::lab::Lab;

/// So many VPCs, each with two networks, and with a router and a way out or without.
fn many(count: usize, routers: bool) -> String {
    let mut file = "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"n\"\n\
                    device = \"u0\"\nvtep = \"10.99.0.1\"\n[[external]]\nid = \"internet\"\n\
                    device = \"ext0\"\ncidr = \"203.0.0.0/16\"\ngateway = \"203.0.0.1\"\n"
        .to_owned();
    for at in 0..count {
        let outer = at + 10;
        writeln!(file, "[[vpc]]\nid = \"v{at}\"").expect("a string takes all");
        let router = format!(
            "[[router]]\nid = \"r{at}\"\nvpc = \"v{at}\"\n\
             external = \"internet\"\naddress = \"203.0.{}.{}\"\n[[snat]]\nid = \"s{at}\"\n\
             vpc = \"v{at}\"\n",
            outer / 250,
            outer % 250 + 2
        );
        file.push_str(if routers { &router } else { "" });
        for net in 0..2 {
            let number = 2 * at + net;
            write!(
                file,
                "[[network]]\nid = \"n{number}\"\nvpc = \"v{at}\"\nvni = {}\n[[subnet]]\n\
                 id = \"s{number}\"\nnetwork = \"n{number}\"\ncidr = \"10.0.{net}.0/24\"\n\
                 gateway = \"10.0.{net}.1\"\n[[port]]\nid = \"p{number}\"\nnetwork = \"n{number}\"\n\
                 device = \"p{number}\"\nkind = \"veth\"\npeer = \"q{number}\"\n\
                 mac = \"02:00:00:00:00:11\"\nips = [\"10.0.{net}.11\"]\ngroups = []\n",
                1000 + number
            )
            .expect("a string takes all");
        }
    }
    file
}

pub(crate) fn hundred() -> Result<(), Failed> {
    let mut lab = Lab::bare()?;
    for routers in [true, false, true, false] {
        let file = many(100, routers);
        let begun = Instant::now();
        lab.apply_file(&file)?;
        let made = begun.elapsed();
        let begun = Instant::now();
        let again = lab.apply_file(&file)?;
        let looked = begun.elapsed();
        let begun = Instant::now();
        lab.destroy()?;
        let gone = begun.elapsed();
        println!(
            "routers {routers}: made {made:?}, looked {looked:?} ({again} steps), gone {gone:?}"
        );
    }
    Ok(())
}
