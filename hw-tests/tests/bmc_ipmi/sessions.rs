//! No session is left, however it ends: the simulator has 63, and forgets none for a minute.

use std::time::Duration;

use bmc::ipmi::{Client, IpmiError};
use libtest_mimic::Failed;
use tokio::time::timeout;

use super::console::{admin, connect, options, run};
use super::sim::{SESSIONS, Sim};

/// Connects, acts and closes so often, in five ways in turn.
const CYCLES: usize = 200;

pub(crate) fn left() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let cycles = std::env::var("ASSAY_IPMI_CYCLES").ok().and_then(|count| count.parse().ok());
    let cycles = cycles.unwrap_or(CYCLES);
    run(async {
        for cycle in 0..cycles {
            one(sim.port, cycle % 5).await?;
        }
        // Those that were dropped say good-bye in the background.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut all = Vec::new();
        for number in 0..SESSIONS {
            let client = admin(sim.port).await;
            all.push(client.map_err(|error| format!("session {number}: {error}"))?);
        }
        let full = admin(sim.port).await;
        assert!(matches!(full, Err(IpmiError::SessionsFull)), "{full:?}");
        // One that was left behind is closed by its number.
        let stale = all.pop().ok_or("none")?;
        let id = stale.session_id();
        let first = all.first_mut().ok_or("none")?;
        assert!(first.close_stale(id).await?);
        assert!(!first.close_stale(id).await?, "it is gone");
        drop(stale);
        for client in all {
            client.close().await?;
        }
        println!("figure: ipmi.left = 0 of {cycles} cycles");
        Ok(())
    })
}

/// One session, that ends in one of five ways.
async fn one(port: u16, way: usize) -> Result<(), Failed> {
    match way {
        0 => {
            let mut client = admin(port).await?;
            client.device().await?;
            client.close().await?;
        }
        // A refusal in the session, and then dropped.
        1 => {
            let mut client = admin(port).await?;
            let refused = client.raw(0x30, 0, 0x7f, &[]).await?;
            assert_ne!(refused.0, 0);
            drop(client);
        }
        2 => {
            let refused = connect(port, "admin", "wrong", &options()).await;
            assert!(matches!(refused, Err(IpmiError::PasswordWrong)), "{refused:?}");
        }
        // Given up while it is being set up, at a moment that moves.
        3 => {
            let mut wait = Duration::from_micros(50);
            while timeout(wait, admin(port)).await.is_err() && wait < Duration::from_millis(2) {
                wait += wait / 2;
            }
        }
        // Given up in the middle of a question.
        _ => {
            let mut client: Client = admin(port).await?;
            let _given_up = timeout(Duration::from_micros(100), client.sensors()).await;
            client.device().await?;
            drop(client);
        }
    }
    Ok(())
}
