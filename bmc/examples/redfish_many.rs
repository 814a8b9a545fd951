//! One GET in a session of its own at each of many BMCs, at most so many at a time: PASSWORD in the
//! environment, then `redfish_many USER PIN AT-A-TIME HOST:PORT COUNT`, COUNT addresses from HOST on.

#![expect(clippy::print_stdout, reason = "an example")]

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Instant};

use bmc::{
    client::Trust,
    credential::Secret,
    redfish::client::{Client, Options},
    target::Address,
};
use tokio::{sync::Semaphore, task::LocalSet};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [user, pin, at_a_time, first, count] = words.as_slice() else { return ExitCode::from(2) };
    let password = std::env::var("PASSWORD").unwrap_or_default();
    let (Ok(pin), Ok(places), Ok(first), Ok(count)) =
        (pin.parse(), at_a_time.parse(), first.parse::<SocketAddr>(), count.parse::<u32>())
    else {
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    #[expect(clippy::disallowed_methods, reason = "it is measured")]
    let begun = Instant::now();
    let done = runtime.block_on(LocalSet::new().run_until(async {
        let turns = Arc::new(Semaphore::new(places));
        let mut all = Vec::new();
        for at in 0..count {
            let mut place = first;
            if let std::net::IpAddr::V4(ip) = first.ip() {
                place.set_ip(std::net::Ipv4Addr::from(u32::from(ip) + at).into());
            }
            let Ok(address) = place.to_string().parse::<Address>() else { continue };
            let (turns, user) = (Arc::clone(&turns), user.clone());
            let password = Secret::new(password.clone());
            all.push(tokio::task::spawn_local(async move {
                let _turn = turns.acquire().await.ok();
                let trust = Trust::Pin(pin);
                let as_whom = Some((user.as_str(), &password));
                let met = Client::connect(&address, as_whom, trust, Options::default()).await;
                let Ok(client) = met else { return false };
                let good = client.get("/redfish/v1/Systems").await.is_ok_and(|one| one.is_good());
                client.close().await;
                good
            }));
        }
        let mut done = 0_u32;
        for one in all {
            done += u32::from(one.await.unwrap_or(false));
        }
        done
    }));
    println!("{done} of {count} in {:.2} s", begun.elapsed().as_secs_f64());
    ExitCode::from(u8::from(done != count))
}
