//! What becomes of a console that is refused, and what that costs the user.

use std::time::Duration;

use super::{
    Event, Options, Patience, Privilege, Secret, Suite, admin, login,
    network::{FINE, LOST, Lab},
    profile, word,
};
use crate::ipmi::{
    IpmiError,
    session::{Login, Poll},
    wire::message::Request,
};

fn failed(event: Option<Event>) -> IpmiError {
    match event {
        Some(Event::Failed(error)) => error,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_session_is_opened_used_and_closed() {
    for (suites, suite) in [
        (vec![Suite::SHA256, Suite::SHA1], Suite::SHA256),
        (vec![Suite::SHA1], Suite::SHA1),
        (vec![Suite::SHA256], Suite::SHA256),
    ] {
        let options = Options { suites, ..Options::default() };
        let mut lab = Lab::new(admin(), options, profile());
        assert!(matches!(lab.event(), Some(Event::Opened)));
        assert_eq!(lab.session.suite(), suite);
        assert_eq!(lab.session.privilege(), Privilege::Administrator);
        for data in [&[][..], &[1], &[2; 15], &[3; 16], &[4; 100]] {
            assert_eq!(
                lab.ask(9, data, false).map(|event| word(&event)),
                Some(format!("answer {data:02x?}"))
            );
        }
        assert_eq!(lab.bmc.sessions(), 1);
        assert!(matches!(lab.close(), Some(Event::Closed)));
        assert_eq!(lab.bmc.sessions(), 0);
        assert!(lab.event().is_none());
    }
}

#[test]
fn every_suite_that_we_have_carries_a_session() {
    for number in [0, 1, 2, 3, 15, 16, 17] {
        let suite = Suite::of(number).expect("a suite of ours");
        let options = Options { suites: vec![suite], ..Options::default() };
        let mut all = profile();
        all.suites = vec![suite];
        all.kg = Some(b"key of the BMC".to_vec());
        let kg = Secret::new("key of the BMC".to_owned());
        let password = Secret::new("operpass".to_owned());
        let login =
            Login::new("operator", &password, Some(&kg), Privilege::Operator).expect("a login");
        let mut lab = Lab::new(login, options, all);
        let opened = lab.event();
        assert!(matches!(opened, Some(Event::Opened)), "{suite}: {opened:?}");
        assert_eq!(
            lab.ask(9, &[5, 6], false).map(|event| word(&event)),
            Some("answer [05, 06]".to_owned())
        );
        assert!(matches!(lab.close(), Some(Event::Closed)));
        assert_eq!(lab.bmc.sessions(), 0, "{suite}");
    }
}

#[test]
fn a_wrong_password_costs_no_more_than_one_attempt_and_leaves_no_session() {
    for (user, password, wants) in [
        ("admin", "wrong", "PasswordWrong"),
        ("admin", "", "PasswordWrong"),
        ("nobody", "wrong", "UserUnknown"),
    ] {
        let mut lab = Lab::new(login(user, password), Options::default(), profile());
        let error = failed(lab.event());
        assert_eq!(format!("{error:?}"), wants);
        assert!(error.refused());
        lab.land();
        assert_eq!(lab.bmc.sessions(), 0);
        assert!(lab.bmc.refusals() <= 1);
        assert!(lab.event().is_none(), "nothing is tried after it");
    }
}

#[test]
fn a_password_cut_to_16_bytes_is_named() {
    let mut cut = profile();
    for account in &mut cut.accounts {
        account.password.truncate(16);
    }
    let mut lab = Lab::new(admin(), Options::default(), cut);
    let error = failed(lab.event());
    assert!(matches!(error, IpmiError::PasswordCut) && error.refused());
}

#[test]
fn a_wrong_key_of_the_bmc_is_told_from_a_wrong_password() {
    let mut keyed = profile();
    keyed.kg = Some(b"another".to_vec());
    let mut lab = Lab::new(admin(), Options::default(), keyed.clone());
    assert!(matches!(failed(lab.event()), IpmiError::KgWrong), "none given");
    let kg = Secret::new("wrong".to_owned());
    let password = Secret::new("a password of 20 b!.".to_owned());
    let with =
        Login::new("admin", &password, Some(&kg), Privilege::Administrator).expect("a login");
    lab.again(with, Options::default(), 3);
    assert!(matches!(failed(lab.event()), IpmiError::KgWrong), "another given");
}

#[test]
fn privileges_are_gone_down_to_what_the_user_has() {
    for (user, password, has) in
        [("operator", "operpass", Privilege::Operator), ("user", "", Privilege::User)]
    {
        let mut lab = Lab::new(login(user, password), Options::default(), profile());
        assert!(matches!(lab.event(), Some(Event::Opened)));
        assert_eq!(lab.session.privilege(), has);
        lab.close();
        assert_eq!((lab.bmc.sessions(), lab.bmc.refusals()), (0, 0));
    }
}

#[test]
fn suites_are_gone_down_and_no_further_than_named() {
    let mut old = profile();
    old.suites = vec![Suite::SHA1];
    let mut lab = Lab::new(admin(), Options::default(), old.clone());
    assert!(matches!(lab.event(), Some(Event::Opened)));
    assert_eq!(lab.session.suite(), Suite::SHA1);
    lab.close();
    old.suites = vec![Suite::NONE];
    lab.bmc.profile().suites = old.suites;
    lab.again(admin(), Options::default(), 3);
    let error = failed(lab.event());
    assert!(
        matches!(&error, IpmiError::CipherRefused { tried } if tried == &[Suite::SHA256, Suite::SHA1]),
        "{error:?}"
    );
    assert_eq!(lab.bmc.sessions(), 0);
}

#[test]
fn no_password_or_key_is_shown_by_either_side() {
    let mut keyed = profile();
    keyed.kg = Some(b"GEHEIM".to_vec());
    let (kg, password) = (Secret::new("GEHEIM".to_owned()), Secret::new("operpass".to_owned()));
    let login = Login::new("operator", &password, Some(&kg), Privilege::Operator).expect("a login");
    let mut lab = Lab::new(login, Options::default(), keyed);
    let show =
        |lab: &Lab| format!("{:?} {:#?} {:?} {:#?}", lab.session, lab.session, lab.bmc, lab.bmc);
    let mut shown = show(&lab);
    assert!(matches!(lab.event(), Some(Event::Opened)));
    shown.push_str(&show(&lab));
    // A new password on its way, and then known by the BMC.
    let request = Request { netfn: 6, lun: 0, command: 0x47, data: b"GEHEIM".to_vec() };
    lab.session.ask(request, "the test", false, lab.now);
    shown.push_str(&show(&lab));
    assert!(matches!(lab.event(), Some(Event::Answer(_))));
    shown.push_str(&show(&lab));
    for secret in ["GEHEIM", "operpass", "71, 69, 72, 69", "111, 112, 101, 114, 112"] {
        let lines = shown.replace(['\n', ' '], "");
        assert!(!shown.contains(secret) && !lines.contains(&secret.replace(' ', "")), "{secret}");
    }
}

#[test]
fn a_bmc_that_is_silent_about_a_suite_is_asked_by_the_next() {
    // Capabilities and list are answered; the request by suite 17 is lost at 0, 1 and 3 s.
    let fates = std::iter::repeat_n(FINE, 4).chain(std::iter::repeat_n(LOST, 3));
    let mut lab = Lab::new(admin(), Options::default(), profile()).with(fates);
    let begun = lab.now;
    assert!(matches!(lab.event(), Some(Event::Opened)));
    assert_eq!(lab.session.suite(), Suite::SHA1);
    assert!(lab.now - begun < Duration::from_secs(6), "{:?}", lab.now - begun);
    // After the password was asked for, none other is tried: here RAKP 2 is lost for good.
    let fates = std::iter::repeat_n(FINE, 7).chain(std::iter::repeat(LOST));
    let mut lab = Lab::new(admin(), Options::default(), profile()).with(fates);
    let error = failed(lab.event());
    assert!(matches!(error, IpmiError::LoginSilent { .. }) && error.refused(), "{error:?}");
    assert_eq!(lab.session.suite(), Suite::SHA256);
}

#[test]
fn a_user_without_any_privilege_is_told() {
    let mut low = profile();
    for account in &mut low.accounts {
        account.most = Privilege::Callback;
    }
    let mut lab = Lab::new(admin(), Options::default(), low);
    let error = failed(lab.event());
    let asked = Privilege::Administrator;
    assert!(
        matches!(&error, IpmiError::PrivilegeRefused { asked: one } if *one == asked),
        "{error:?}"
    );
    // The password was not asked for, so it cost no attempt.
    assert!(!error.refused());
    assert_eq!((lab.bmc.sessions(), lab.bmc.refusals()), (0, 0));
}

#[test]
fn a_full_bmc_is_waited_for_and_then_named() {
    let mut small = profile();
    small.sessions = 1;
    let mut first = Lab::new(admin(), Options::default(), small);
    assert!(matches!(first.event(), Some(Event::Opened)));
    let patience = Patience { full: Duration::from_secs(7), ..Patience::default() };
    let begun = first.now;
    first.again(admin(), Options { patience, ..Options::default() }, 3);
    assert!(matches!(failed(first.event()), IpmiError::SessionsFull));
    let waited = first.now - begun;
    assert!(waited <= Duration::from_secs(8) && waited >= Duration::from_secs(3), "{waited:?}");
    // One becomes free.
    first.again(admin(), Options::default(), 4);
    first.bmc.forget();
    assert!(matches!(first.event(), Some(Event::Opened)));
}

#[test]
fn who_says_nothing_is_not_there() {
    let mut lab = Lab::new(admin(), Options::default(), profile()).with(std::iter::repeat(LOST));
    let begun = lab.now;
    assert!(matches!(failed(lab.event()), IpmiError::NoAnswer { .. }));
    assert_eq!(lab.now - begun, Duration::from_secs(5));
    assert_eq!(lab.sent, 3, "at 0, 1 and 3 s");
}

#[test]
fn what_must_not_be_done_twice_is_sent_once() {
    let mut lab = Lab::new(admin(), Options::default(), profile());
    assert!(matches!(lab.event(), Some(Event::Opened)));
    let mut lab = lab.with([FINE, LOST].into_iter().chain(std::iter::repeat_n(FINE, 99)));
    let event = lab.ask(2, &[3], true);
    assert!(matches!(failed(event), IpmiError::Unanswered { what: "the test", .. }));
    assert_eq!(lab.done, [(2, vec![3])]);
    // The session goes on.
    assert!(matches!(lab.ask(9, &[], false), Some(Event::Answer(_))));
}

#[test]
fn an_idle_session_is_kept_alive() {
    let mut lab = Lab::new(admin(), Options::default(), profile());
    assert!(matches!(lab.event(), Some(Event::Opened)));
    let until = lab.now + Duration::from_mins(10);
    while lab.now < until {
        match lab.session.poll(lab.now) {
            Poll::Send(datagram) => {
                let reply = lab.bmc.handle(&datagram, lab.now, &mut |_, _| (0, Vec::new()));
                lab.session.handle(&reply.expect("an answer"), lab.now);
            }
            Poll::Wait(then) => lab.now = then,
            other => unreachable!("{other:?}"),
        }
    }
    assert_eq!(lab.bmc.sessions(), 1);
    assert!(matches!(lab.ask(9, &[1], false), Some(Event::Answer(_))));
}

/// Begins a session, and gives it up when so many datagrams went out; `answered` says whether the
/// last one was answered before.
fn given_up(most: usize, answered: bool, end: impl Fn(&mut Lab)) -> usize {
    let mut lab = Lab::new(admin(), Options::default(), profile());
    let mut sent = 0;
    loop {
        match lab.session.poll(lab.now) {
            Poll::Send(datagram) if sent < most => {
                sent += 1;
                if sent == most && !answered {
                    lab.fly(true, &datagram);
                    break;
                }
                let reply = lab.bmc.handle(&datagram, lab.now, &mut |_, _| (0, Vec::new()));
                lab.session.handle(&reply.unwrap_or_default(), lab.now);
            }
            Poll::Event(_) => {}
            _ => break,
        }
    }
    end(&mut lab);
    lab.bmc.sessions()
}

#[test]
fn a_session_given_up_at_any_moment_is_freed() {
    for most in 0..9 {
        let left = given_up(most, true, |lab| {
            for datagram in lab.session.abandon() {
                lab.bmc.handle(&datagram, lab.now, &mut |_, _| (0, Vec::new()));
            }
        });
        assert_eq!(left, 0, "abandoned after {most}");
        // With patience, one whose number is still on its way is freed too.
        for answered in [false, true] {
            let left = given_up(most, answered, |lab| {
                let begun = lab.now;
                assert!(matches!(lab.close(), Some(Event::Closed)), "after {most}");
                assert!(lab.now - begun <= Duration::from_secs(1));
            });
            assert_eq!(left, 0, "closed after {most}, {answered}");
        }
    }
}
