//! Agents as the operator names them: `HOST:PORT#FINGERPRINT#TOKEN`, and `#SERIAL` behind.

use std::fs;

use profiles::Text;
use storage_bench::agent::token::{Presented, Token};

use super::Fingerprint;
use crate::{cli::storage::Clients, failure::Failure, lang::text};

/// Where an agent is, which key it has to have, and the secret that it takes.
#[derive(Clone, Debug)]
pub(in crate::command) struct Address {
    /// `HOST:PORT`: what messages call it.
    pub(in crate::command) host: String,
    pub(in crate::command) fingerprint: Fingerprint,
    pub(in crate::command) token: Presented,
    /// Which of its devices; the only one it has where none is named.
    pub(in crate::command) serial: Option<String>,
}

/// Reads all agents that were named.
pub(in crate::command) fn read(clients: &Clients) -> Result<Vec<Address>, Failure> {
    let named: Vec<(String, String)> = match &clients.agents_file {
        None => {
            let named = (1_u32..).zip(&clients.agents);
            named.map(|(at, one)| (format!("--agents {at}"), one.clone())).collect()
        }
        Some(file) => {
            let name = file.display().to_string();
            let read = fs::read_to_string(file).map_err(|error| {
                Failure::usage(text("无法读取 `{}`", "cannot read `{}`", &[&name])).because(error)
            })?;
            let lines = (1_u32..).zip(read.lines().map(str::trim));
            let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
            lines.map(|(at, line)| (format!("{name}:{at}"), line.to_owned())).collect()
        }
    };
    let mut addresses: Vec<Address> = Vec::new();
    for (place, one) in named {
        let address = parse(&one).map_err(|why| {
            let shape = Text::new(
                "须照客户端输出的整行：主机:端口#指纹#令牌",
                "it has to be the whole line that the agent printed: \
                 HOST:PORT#FINGERPRINT#TOKEN",
            );
            let (zh, en) = why;
            Failure::usage(Text::new(format!("{place}：{zh}"), format!("{place}: {en}")))
                .hint(shape)
        })?;
        if addresses.iter().any(|known| known.host == address.host) {
            return Err(Failure::usage(text(
                "客户端 `{}` 列出了两次",
                "agent `{}` is named twice",
                &[&address.host],
            )));
        }
        addresses.push(address);
    }
    if addresses.is_empty() {
        return Err(Failure::usage(Text::new("没有给出客户端", "no agent was given")));
    }
    Ok(addresses)
}

/// What is wrong, in Chinese and English; never the text itself, which may hold a secret.
type Wrong = (&'static str, &'static str);

fn parse(text: &str) -> Result<Address, Wrong> {
    let mut parts = text.trim().splitn(4, '#');
    let host = parts.next().unwrap_or_default();
    let port = host.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
        return Err(("缺少主机或端口", "there is no host and port"));
    }
    let fingerprint = parts.next().and_then(Fingerprint::parse);
    let fingerprint = fingerprint
        .ok_or(("指纹须为 64 位十六进制", "the fingerprint is not 64 hexadecimal digits"))?;
    let token = parts.next().filter(|token| Token::parse(token).is_some());
    let token =
        token.ok_or(("令牌须为 64 位十六进制", "the token is not 64 hexadecimal digits"))?;
    let serial = parts.next().map(str::to_owned).filter(|serial| !serial.is_empty());
    Ok(Address { host: host.to_owned(), fingerprint, token: Presented::new(token), serial })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(digit: &str) -> String {
        digit.repeat(64)
    }

    #[test]
    fn an_agent_is_read_as_it_is_printed() {
        let (key, token) = (digits("a"), digits("5"));
        let read = parse(&format!(" [::1]:7443#{key}#{token}\n")).unwrap();
        assert_eq!((read.host.as_str(), read.serial), ("[::1]:7443", None));
        assert_eq!(read.fingerprint.to_string(), key);
        assert_eq!(read.token, Presented::new(&token));
        let read = parse(&format!("h:1#{key}#{token}#device:7:0:4096")).unwrap();
        assert_eq!(read.serial.as_deref(), Some("device:7:0:4096"));
    }

    #[test]
    fn what_is_wrong_is_said_and_a_token_never() {
        let (key, token) = (digits("a"), digits("5"));
        for (wrong, part) in [
            (String::new(), "host"),
            (format!("h#{key}#{token}"), "host"),
            (format!(":1#{key}#{token}"), "host"),
            (format!("h:x#{key}#{token}"), "host"),
            (format!("h:1#{token}"), "token"),
            (format!("h:1#{key}x#{token}"), "fingerprint"),
            (format!("h:1#{key}#{}", digits("z")), "token"),
            (format!("h:1#{key}"), "token"),
        ] {
            let clients = Clients { agents: vec![wrong.clone()], agents_file: None };
            let said = format!("{:?}", read(&clients).unwrap_err());
            assert!(said.contains(part), "{wrong}: {said}");
            assert!(!said.contains(&token) && !said.contains("zzzz"), "{said}");
        }
    }
}
