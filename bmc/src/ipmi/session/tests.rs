//! Sessions against a BMC of our own, over a network that loses, repeats, delays and reorders, in
//! a time of its own.

mod network;
mod refusals;
mod storms;

use super::{
    Event, Login, Options, Patience, Session,
    bmc::{Account, Bmc, Profile},
};
use crate::{
    credential::Secret,
    ipmi::{privilege::Privilege, suite::Suite},
};

/// A BMC with both suites, three users, and 8 sessions.
fn profile() -> Profile {
    let account = |name: &str, password: &str, most| Account {
        name: name.to_owned(),
        password: password.as_bytes().to_vec(),
        most,
    };
    Profile {
        guid: [7; 16],
        accounts: vec![
            account("admin", "a password of 20 b!.", Privilege::Administrator),
            account("operator", "operpass", Privilege::Operator),
            account("user", "", Privilege::User),
        ],
        kg: None,
        suites: vec![Suite::SHA1, Suite::SHA256],
        sessions: 8,
        is_anonymous: false,
    }
}

fn login(user: &str, password: &str) -> Login {
    let password = Secret::new(password.to_owned());
    Login::new(user, &password, None, Privilege::Administrator).expect("a login")
}

fn admin() -> Login {
    login("admin", "a password of 20 b!.")
}

/// Returns what an event is, in a word.
fn word(event: &Event) -> String {
    match event {
        Event::Opened => "opened".to_owned(),
        Event::Answer(answer) => format!("answer {:02x?}", answer.data),
        Event::Sol(bytes) => format!("sol {bytes:02x?}"),
        Event::Failed(error) => format!("failed: {error:?}"),
        Event::Closed => "closed".to_owned(),
    }
}
