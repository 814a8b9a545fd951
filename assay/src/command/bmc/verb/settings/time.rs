//! What is wanted of a BMC's clock.

use bmc::operation::clock;
use profiles::Text;

use super::Setting;
use crate::{
    cli::bmc::settings::time::{Time, TimeCommand},
    failure::Failure,
    lang::text,
};

pub(super) fn of(given: &Time) -> Result<Setting, Failure> {
    Ok(match &given.command {
        None | Some(TimeCommand::Status) => Setting::Clock,
        Some(TimeCommand::Set(set)) if set.time == "now" => Setting::SetClock(None),
        Some(TimeCommand::Set(set)) => {
            let stamp = clock::read(&set.time).filter(|stamp| stamp.offset.is_some());
            let stamp = stamp.ok_or_else(|| {
                Failure::usage(text("`{}` 不是时间", "`{}` is no date", &[&set.time])).hint(
                    Text::new(
                        "写 now，或带时区的 RFC 3339：2026-11-27T06:00:00+08:00",
                        "write now, or RFC 3339 with its zone: 2026-11-27T06:00:00+08:00",
                    ),
                )
            })?;
            Setting::SetClock(Some(stamp.unix()))
        }
        Some(TimeCommand::Ntp(ntp)) => {
            let sound = |name: &String| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b".-:_%".contains(&byte))
            };
            if let Some(bad) = ntp.servers.iter().find(|name| !sound(name)) {
                let message = text("`{}` 不是服务器", "`{}` is no server", &[bad]);
                return Err(Failure::usage(message));
            }
            Setting::Ntp(ntp.servers.clone())
        }
    })
}
