//! When a credential may be tried: BMCs lock accounts after a few wrong passwords, and a fleet
//! tried with a wrong one is a fleet locked.
//!
//! A host is asked once by one credential in a run. Until a credential has been taken by some
//! host, no more hosts are asked at a time than may refuse it; when so many have refused it, the
//! run stops.

use std::collections::{BTreeMap, BTreeSet};

use crate::target::Address;

/// Hosts that may refuse one credential before the run stops.
pub const REFUSALS: usize = 3;

/// What is known of a credential in this run.
#[derive(Debug, Default)]
struct Standing {
    asked: BTreeSet<Address>,
    waiting: usize,
    refused: BTreeSet<Address>,
    /// Hosts that have taken it: it is no typing error, and they may be asked again.
    taken: BTreeSet<Address>,
}

/// All that a run has tried, by the name of the credential.
#[derive(Debug, Default)]
pub struct Ledger {
    standings: BTreeMap<String, Standing>,
}

/// What to do with a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Try it now, and [`Ledger::settle`] it: it is counted as waiting until then.
    Try,
    /// Others are asked first; ask again when one of them has answered.
    Wait,
    /// It has been asked with this credential.
    Asked,
    /// Too many hosts have refused the credential: ask nobody any more.
    Stop,
}

/// How a host took a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It let us in.
    Taken,
    /// It refused it: 401 or 403 of a service that is there, RAKP's own.
    Refused,
    /// It said nothing about it: it was not reached, or has no such service.
    Silent,
}

impl Ledger {
    /// Asks whether `host` may be tried with `credential` now.
    pub fn turn(&mut self, credential: &str, host: &Address) -> Turn {
        let standing = self.standing(credential);
        if standing.refused.len() >= REFUSALS {
            return Turn::Stop;
        }
        // A host that took it lost the session since; by the same credential it locks nobody out.
        if standing.asked.contains(host) && !standing.taken.contains(host) {
            return Turn::Asked;
        }
        if standing.taken.is_empty() && standing.waiting + standing.refused.len() >= REFUSALS {
            return Turn::Wait;
        }
        standing.asked.insert(host.clone());
        standing.waiting += 1;
        Turn::Try
    }

    /// Takes the answer of a host that was tried.
    pub fn settle(&mut self, credential: &str, host: &Address, answer: Answer) {
        let standing = self.standing(credential);
        standing.waiting = standing.waiting.saturating_sub(1);
        match answer {
            Answer::Taken => {
                standing.taken.insert(host.clone());
            }
            Answer::Refused => {
                standing.taken.remove(host);
                standing.refused.insert(host.clone());
            }
            Answer::Silent => {}
        }
    }

    /// Returns the hosts that refused `credential`.
    pub fn refused(&self, credential: &str) -> Vec<&Address> {
        self.standings.get(credential).map_or_else(Vec::new, |one| one.refused.iter().collect())
    }

    fn standing(&mut self, credential: &str) -> &mut Standing {
        self.standings.entry(credential.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::target::Host;

    fn host(at: u16) -> Address {
        let [high, low] = at.to_be_bytes();
        Address { host: Host::Ip([10, 0, high, low].into()), port: None }
    }

    #[test]
    fn a_wrong_password_reaches_three_of_256_hosts() {
        let mut ledger = Ledger::default();
        let mut tried = Vec::new();
        // All at once, as a fleet is asked: nobody answers before everybody wanted a turn.
        for at in 0..256 {
            if ledger.turn("rack", &host(at)) == Turn::Try {
                tried.push(host(at));
            }
        }
        assert_eq!(tried.len(), REFUSALS);
        for one in &tried {
            ledger.settle("rack", one, Answer::Refused);
        }
        assert!((0..256).all(|at| ledger.turn("rack", &host(at)) == Turn::Stop));
        assert_eq!(ledger.refused("rack").len(), REFUSALS);
        // Another credential has a standing of its own.
        assert_eq!(ledger.turn("other", &host(0)), Turn::Try);
    }

    #[test]
    fn a_password_that_one_host_took_is_tried_everywhere() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.turn("rack", &host(0)), Turn::Try);
        ledger.settle("rack", &host(0), Answer::Taken);
        assert!((1..256).all(|at| ledger.turn("rack", &host(at)) == Turn::Try));
        assert_eq!(ledger.turn("rack", &host(9)), Turn::Asked);
        // Whoever took it may be asked again when it was lost, until it refuses.
        for answer in [Answer::Silent, Answer::Taken, Answer::Refused] {
            assert_eq!(ledger.turn("rack", &host(0)), Turn::Try, "{answer:?}");
            ledger.settle("rack", &host(0), answer);
        }
        assert_eq!(ledger.turn("rack", &host(0)), Turn::Asked);
    }

    #[test]
    fn dead_hosts_do_not_use_up_the_tries() {
        let mut ledger = Ledger::default();
        for at in 0..100 {
            assert_eq!(ledger.turn("rack", &host(at)), Turn::Try, "{at}");
            ledger.settle("rack", &host(at), Answer::Silent);
        }
    }

    proptest! {
        /// However turns and answers interleave: one try a host, and no more than three refusals
        /// of a credential that nobody took.
        #[test]
        fn no_order_of_answers_locks_a_fleet(
            steps in proptest::collection::vec((any::<bool>(), 0_u16..40, 0_u8..2), 0..400),
        ) {
            let mut ledger = Ledger::default();
            let mut waiting: Vec<Address> = Vec::new();
            let mut tries: BTreeMap<Address, usize> = BTreeMap::new();
            for (asks, at, answer) in steps {
                if asks {
                    if ledger.turn("one", &host(at)) == Turn::Try {
                        waiting.push(host(at));
                        *tries.entry(host(at)).or_default() += 1;
                    }
                } else if !waiting.is_empty() {
                    let one = waiting.swap_remove(usize::from(at) % waiting.len());
                    let answer = if answer == 0 { Answer::Refused } else { Answer::Silent };
                    ledger.settle("one", &one, answer);
                }
                prop_assert!(ledger.refused("one").len() <= REFUSALS);
            }
            prop_assert!(tries.values().all(|tries| *tries == 1));
        }
    }
}
