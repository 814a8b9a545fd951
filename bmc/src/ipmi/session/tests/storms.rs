//! Whatever the network does, an answer is the answer to what was asked, what was asked is done
//! once, and no session is left.

use proptest::{collection::vec, prelude::*};

use super::{
    Event, Options, admin,
    network::{Fate, Lab},
    profile, word,
};
use crate::ipmi::IpmiError;

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    // One in ten is lost, one in ten comes twice or more, and some come after seconds: behind what
    // was sent later.
    let copies = prop_oneof![1 => Just(0_u8), 8 => Just(1), 1 => 2_u8..4];
    let delay = prop_oneof![6 => 1_u16..50, 2 => 50_u16..900, 1 => 900_u16..9000];
    vec((copies, delay).prop_map(|(copies, delay)| Fate { copies, delay }), 0..120)
}

proptest! {
    #[test]
    fn answers_are_the_right_ones_and_sessions_end(fates in fates(), asked in 1_u8..20) {
        let mut lab = Lab::new(admin(), Options::default(), profile()).with(fates);
        match lab.event() {
            Some(Event::Opened) => {}
            // Too much was lost; never is it taken for a refusal of the password.
            Some(Event::Failed(error)) => {
                prop_assert!(
                    !error.refused() || matches!(error, IpmiError::LoginSilent { .. }),
                    "{error:?}"
                );
                prop_assert_eq!(lab.bmc.refusals(), 0);
                return Ok(());
            }
            other => prop_assert!(false, "{other:?}"),
        }
        for number in 0..asked {
            match lab.ask(9, &[number], false) {
                Some(Event::Answer(answer)) => prop_assert_eq!(answer.data, vec![number]),
                Some(Event::Failed(IpmiError::Unanswered { .. } | IpmiError::OutOfSequence)) => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        // What was sent again was not done again.
        for number in 0..asked {
            let times = lab.done.iter().filter(|(_, data)| *data == [number]).count();
            prop_assert!(times <= 1, "{number}: {:?}", lab.done);
        }
        prop_assert_eq!(lab.bmc.refusals(), 0);
        let closed = lab.close();
        prop_assert!(matches!(closed, Some(Event::Closed)), "{:?}", closed.as_ref().map(word));
    }

    #[test]
    fn any_bytes_at_any_moment_are_taken(
        datagrams in vec(vec(any::<u8>(), 0..80), 0..40),
        header in any::<bool>(),
    ) {
        let mut lab = Lab::new(admin(), Options::default(), profile());
        for bytes in datagrams {
            let mut datagram = if header { vec![6, 0, 0xff, 7] } else { Vec::new() };
            datagram.extend(bytes);
            lab.session.handle(&datagram, lab.now);
            lab.bmc.handle(&datagram, lab.now, &mut |_, _| (0, Vec::new()));
            if let super::super::Poll::Send(sent) = lab.session.poll(lab.now) {
                let reply = lab.bmc.handle(&sent, lab.now, &mut |_, _| (0, Vec::new()));
                lab.session.handle(&reply.unwrap_or_default(), lab.now);
            }
        }
    }
}
