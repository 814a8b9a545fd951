//! The host's console over LAN (§15, §24.1, §24.2).

use std::time::Instant;

use tokio::time::timeout_at;

use super::{Client, Line, now};
use crate::ipmi::{
    IpmiError,
    command::{
        netfn,
        sol::{self, Activated, Flow, Packet, Turn},
    },
    session::Event,
};

/// A console that is activated. It has its client for itself; [`Console::end`] gives it back.
#[derive(Debug)]
pub struct Console<'a> {
    client: &'a mut Client,
    flow: Flow,
    /// What the host said, and nobody has read yet.
    said: Vec<u8>,
}

impl Client {
    /// Activates the console. One that another session has is taken over where that is asked for,
    /// and else is [`IpmiError::ConsoleTaken`].
    pub async fn console(&mut self, take_over: bool) -> Result<Console<'_>, IpmiError> {
        const WHAT: &str = "Activate Payload";
        let suite = self.suite();
        let data = sol::activate(suite.is_encrypted(), suite.has_integrity());
        let mut answer = self.command(netfn::APP, sol::ACTIVATE, &data, WHAT).await?;
        if answer.code == 0x80 && take_over {
            self.deactivate().await?;
            answer = self.command(netfn::APP, sol::ACTIVATE, &data, WHAT).await?;
        }
        match answer.code {
            0 => {}
            // One instance is all that most have: another's, or the limit of them (table 24-2).
            0x80 | 0x82 => return Err(IpmiError::ConsoleTaken),
            0x81 => return Err(IpmiError::ConsoleOff),
            0x83 => return Err(IpmiError::ConsoleProtection { encrypted: true }),
            0x84 => return Err(IpmiError::ConsoleProtection { encrypted: false }),
            // No such command, payload or instance, in the words of many.
            code @ (0xc1 | 0xc9 | 0xcb | 0xcc) => return Err(IpmiError::NoConsole { code }),
            code => return Err(IpmiError::Refused { what: WHAT, code }),
        }
        let activated = Activated::read(&answer.data).ok_or(IpmiError::Malformed { what: WHAT })?;
        let last = self.line.as_mut().map_or(0, |line| line.session.chance());
        Ok(Console { client: self, flow: Flow::new(activated.inbound, last), said: Vec::new() })
    }

    async fn deactivate(&mut self) -> Result<(), IpmiError> {
        const WHAT: &str = "Deactivate Payload";
        let data = sol::deactivate();
        match self.command(netfn::APP, sol::DEACTIVATE, &data, WHAT).await?.code {
            // It was not active any more.
            0 | 0x80 => Ok(()),
            code => Err(IpmiError::Refused { what: WHAT, code }),
        }
    }
}

impl Console<'_> {
    /// Takes characters that were typed; [`Console::read`] and [`Console::flush`] send them.
    pub fn write(&mut self, bytes: &[u8]) {
        self.flow.write(bytes);
    }

    /// Has a break sent.
    pub fn write_break(&mut self) {
        self.flow.write_break();
    }

    /// Returns characters of the host as they come, and sends what was typed meanwhile. It may be
    /// given up and called again: nothing is lost by that.
    pub async fn read(&mut self) -> Result<Vec<u8>, IpmiError> {
        while self.said.is_empty() {
            self.turn().await?;
        }
        Ok(std::mem::take(&mut self.said))
    }

    /// The same, and returns with nothing too when all that was typed has just arrived.
    pub async fn step(&mut self) -> Result<Vec<u8>, IpmiError> {
        let busy = !self.flow.is_idle();
        while self.said.is_empty() && !(busy && self.flow.is_idle()) {
            self.turn().await?;
        }
        Ok(std::mem::take(&mut self.said))
    }

    /// Returns whether all that was typed has arrived.
    pub fn is_idle(&self) -> bool {
        self.flow.is_idle()
    }

    /// Sends what was typed until all of it has arrived; what comes meanwhile is kept for
    /// [`Console::read`].
    pub async fn flush(&mut self) -> Result<(), IpmiError> {
        while !self.flow.is_idle() {
            self.turn().await?;
        }
        Ok(())
    }

    /// Deactivates it.
    pub async fn end(self) -> Result<(), IpmiError> {
        self.client.deactivate().await
    }

    fn line(&mut self) -> Result<&mut Line, IpmiError> {
        self.client.line.as_mut().ok_or(IpmiError::Ended)
    }

    /// Sends all that is to be sent now; returns until when the next is not.
    async fn send(&mut self) -> Result<Option<Instant>, IpmiError> {
        let Self { client, flow, .. } = self;
        let line = client.line.as_mut().ok_or(IpmiError::Ended)?;
        loop {
            match flow.poll(now()) {
                Turn::Send(packet) => line.session.send_sol(&packet.bytes()),
                Turn::Wait(until) => {
                    line.send().await?;
                    return Ok(until);
                }
                Turn::Lost => return Err(IpmiError::ConsoleDeaf),
            }
        }
    }

    /// Sends what is to be sent, and waits for a packet, or until something is to be sent again.
    async fn turn(&mut self) -> Result<(), IpmiError> {
        let until = self.send().await?;
        let line = self.line()?;
        let event = match until {
            Some(until) => match timeout_at(until.into(), line.event()).await {
                Ok(event) => event?,
                Err(_again) => return Ok(()),
            },
            None => line.event().await?,
        };
        match event {
            Event::Sol(bytes) => {
                if let Some(packet) = Packet::read(&bytes) {
                    let characters = self.flow.handle(&packet, now());
                    self.said.extend(characters);
                }
                if self.flow.has_ended() && self.said.is_empty() {
                    return Err(IpmiError::ConsoleEnded);
                }
                // Acknowledged before it is told: who reads may not come again.
                self.send().await.map(drop)
            }
            Event::Failed(error) => Err(error),
            Event::Closed => Err(IpmiError::Ended),
            Event::Opened | Event::Answer(_) => Ok(()),
        }
    }
}
