//! Logs, followed over either protocol.

use std::time::Duration;

use super::{Bmc, HandError, Spoken};
use crate::{ipmi::LogMark, operation::watch::News, redfish::client::LogMarks};

/// How far the logs of a BMC were read. It outlives the session that read it.
#[derive(Clone, Debug)]
pub struct LogWatch {
    marks: Marks,
}

#[derive(Clone, Debug)]
enum Marks {
    Redfish(LogMarks),
    Ipmi(LogMark),
}

impl LogWatch {
    /// Returns how many entries there were when it began, or at the last look.
    pub fn entries(&self) -> usize {
        match &self.marks {
            Marks::Redfish(marks) => marks.entries(),
            Marks::Ipmi(mark) => mark.entries().into(),
        }
    }
}

impl Bmc {
    /// Begins to follow the logs: only what comes later is new.
    pub async fn watch_log(&mut self) -> Result<LogWatch, HandError> {
        let marks = match &mut self.spoken {
            Spoken::Redfish(client) => Marks::Redfish(client.mark_logs().await?),
            Spoken::Ipmi(client) => Marks::Ipmi(client.mark_log().await?),
        };
        Ok(LogWatch { marks })
    }

    /// Returns what is new, in a session that may be another than the one it began in.
    pub async fn log_news(&mut self, watch: &mut LogWatch) -> Result<Vec<News>, HandError> {
        match (&mut self.spoken, &mut watch.marks) {
            (Spoken::Redfish(client), Marks::Redfish(marks)) => Ok(client.log_news(marks).await?),
            (Spoken::Ipmi(client), Marks::Ipmi(mark)) => Ok(client.log_news(mark).await?),
            // The other protocol is spoken now, whose logs are others.
            (Spoken::Redfish(_), Marks::Ipmi(_)) | (Spoken::Ipmi(_), Marks::Redfish(_)) => {
                *watch = self.watch_log().await?;
                Ok(vec![News::Removed { log: "*".to_owned() }])
            }
        }
    }

    /// Waits so long; a session of IPMI is kept alive meanwhile.
    pub async fn idle(&mut self, time: Duration) -> Result<(), HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => client.idle(time).await,
            Spoken::Ipmi(client) => client.wait(time).await?,
        }
        Ok(())
    }
}
