//! The machine's own BMC, at the boundary of its kernel's driver: what goes in and comes out there.

use std::{collections::VecDeque, io};

use ipmi_rs::connection::{IpmiConnection, Message, Request, Response};

use super::super::Client;
use crate::ipmi::IpmiError;

/// A driver: what it answers, or fails with, to each request.
struct Driver<F> {
    answers: F,
    sequence: i64,
    waiting: VecDeque<io::Result<Response>>,
}

impl<F> IpmiConnection for Driver<F>
where
    F: FnMut(u8, u8, &[u8]) -> io::Result<Message>,
{
    type SendError = io::Error;
    type RecvError = io::Error;
    type Error = io::Error;

    fn send(&mut self, request: &mut Request) -> io::Result<()> {
        self.sequence += 1;
        let answer = (self.answers)(request.netfn_raw(), request.cmd(), request.data());
        let sequence = self.sequence;
        self.waiting.push_back(answer.and_then(|message| {
            Response::new(message, sequence).ok_or_else(|| io::Error::other("no completion code"))
        }));
        Ok(())
    }

    fn recv(&mut self) -> io::Result<Response> {
        self.waiting.pop_front().unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))
    }

    fn send_recv(&mut self, request: &mut Request) -> io::Result<Response> {
        self.send(request)?;
        self.recv()
    }
}

/// Asks by a driver that answers so.
fn ask<T>(
    answers: impl FnMut(u8, u8, &[u8]) -> io::Result<Message> + Send + 'static,
    act: impl AsyncFnOnce(&mut Client) -> T,
) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().expect("a runtime");
    let driver = Driver { answers, sequence: 0, waiting: VecDeque::new() };
    let mut client = Client::carried_by(Box::new(driver));
    runtime.block_on(act(&mut client))
}

const DEVICE: [u8; 12] = [0, 0x20, 0x81, 6, 0x41, 2, 0xff, 0xdb, 7, 0, 1, 0];

#[expect(clippy::unnecessary_wraps, reason = "a driver's answer may be an error")]
fn answer(netfn: u8, command: u8, data: &[u8]) -> io::Result<Message> {
    Ok(Message::new_raw(netfn | 1, command, data.to_vec()))
}

#[test]
fn what_the_bmc_has_is_told_and_what_it_refuses_is_left_out() {
    let facts = ask(
        |netfn, command, data| match (netfn, command, data) {
            (0x06, 0x01, _) => answer(netfn, command, &DEVICE),
            (0x0c, 0x02, [1, 3, ..]) => answer(netfn, command, &[0, 0x11, 192, 0, 2, 7]),
            (0x0c, 0x02, [1, 5, ..]) => answer(netfn, command, &[0, 0x11, 2, 0, 0, 0, 0, 9]),
            (0x2c, 0x02, [0xdc, 1, ..]) => {
                let draw =
                    [0, 0xdc, 0x2c, 1, 0x64, 0, 0x90, 1, 0xfa, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0, 0x40];
                answer(netfn, command, &draw)
            }
            // A parameter that it has not; a command that it has not.
            (0x0c, 0x02, _) => answer(netfn, command, &[0x80]),
            _ => answer(netfn, command, &[0xc1]),
        },
        async |client| client.facts(1).await,
    )
    .expect("facts");
    assert_eq!((facts.device.version().as_str(), facts.device.manufacturer), ("6.41", 2011));
    let lan = facts.lan.expect("a network");
    assert_eq!(lan.address.map(|at| at.to_string()).as_deref(), Some("192.0.2.7"));
    assert_eq!(lan.mac, Some([2, 0, 0, 0, 0, 9]));
    assert_eq!(facts.draw.map(|draw| draw.watts), Some(300));
    assert_eq!((facts.uuid, facts.log), (None, None));
    assert!(facts.sensors.items.is_empty() && facts.frus.items.is_empty());
}

#[test]
fn a_driver_that_is_silent_or_fails_is_an_error_and_a_late_answer_is_passed_over() {
    let silent =
        ask(|_, _, _| Err(io::ErrorKind::WouldBlock.into()), async |client| client.device().await);
    assert!(
        matches!(silent, Err(IpmiError::Unanswered { what: "Get Device ID", .. })),
        "{silent:?}"
    );
    let broken = ask(
        |_, _, _| Err(io::ErrorKind::PermissionDenied.into()),
        async |client| client.device().await,
    );
    assert!(matches!(broken, Err(IpmiError::Driver { .. })), "{broken:?}");
    // The answer to what was given up before comes first.
    let mut late = true;
    let device = ask(
        move |netfn, command, _| {
            if std::mem::take(&mut late) {
                return answer(0x0a, 0x23, &[0xc5]);
            }
            answer(netfn, command, &DEVICE)
        },
        async |client| client.device().await,
    );
    assert_eq!(device.expect("a device").ipmi, (2, 0));
    // One that goes on so is none.
    let other = ask(|_, _, _| answer(0x0a, 0x23, &[0]), async |client| client.device().await);
    assert!(matches!(other, Err(IpmiError::Driver { .. })), "{other:?}");
}

#[test]
fn a_busy_bmc_is_asked_again_without_a_session() {
    let mut busy = 2;
    let device = ask(
        move |netfn, command, _| {
            if busy > 0 {
                busy -= 1;
                return answer(netfn, command, &[0xc0]);
            }
            answer(netfn, command, &DEVICE)
        },
        async |client| client.device().await,
    );
    assert_eq!(device.expect("a device").product, 1);
}
