//! `assay key`, and what other commands use of keys: by file, by name, by their one line.

mod store;

use std::path::{Path, PathBuf};

use profiles::{Role, Text};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    cli::{
        Format,
        key::{Algorithm as Choice, Key as Arguments, New},
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::key as output,
    push::secret::Secret,
    report::{
        sign::{Algorithm, KeyError, PublicKey, SecretKey},
        trust::{self, Card},
    },
};
use store::Store;

/// Does what `assay key` is asked.
pub(super) fn run(arguments: Arguments, console: &mut Console) -> Result<Exit, Failure> {
    match arguments {
        Arguments::New(arguments) => new(arguments, console)?,
        Arguments::List { output } => list(output, console)?,
        Arguments::Show { name, card: whole } => {
            let card = card_of(&Store::open()?, &name)?;
            let shown = if whole { card.to_toml() } else { card.key.line() + "\n" };
            console.print(&shown)?;
        }
    }
    Ok(Exit::Wanted)
}

fn new(arguments: New, console: &mut Console) -> Result<(), Failure> {
    let store = Store::open()?;
    let role = arguments.role.as_deref().map(party).transpose()?;
    let algorithm = match arguments.algorithm {
        Choice::Ed25519 => Algorithm::Ed25519,
        Choice::Sm2 => Algorithm::Sm2,
    };
    let key = random(algorithm)?;
    let New { name, org, by, .. } = arguments;
    let card = Card { name: Some(name.clone()), key: key.public(), role, org, by };
    let place = store.add(&name, &Zeroizing::new(key.to_pem()), &card)?;
    let place = place.display().to_string();
    let made = text(
        "已生成密钥 `{}`（{}，编号 {}），私钥仅存于 {}\n",
        "made key `{}` ({}, id {}); the private key is in {} only\n",
        &[&name, algorithm.word(), &card.key.id(), &place],
    );
    let then = text(
        "公钥：{}\n把 `assay key show {} --card` 的输出交给核对方，供其 --trust 使用\n",
        "public key: {}\ngive those who verify what `assay key show {} --card` prints, for their --trust\n",
        &[&card.key.line(), &name],
    );
    let page = format!("{}{}", console.tr(&made), console.tr(&then));
    console.print(&page)
}

fn random(algorithm: Algorithm) -> Result<SecretKey, Failure> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    let cannot =
        || Failure::unable(Text::new("内核没有给出随机数", "the kernel gives no random numbers"));
    let got = rustix::rand::getrandom(&mut bytes[..], rustix::rand::GetRandomFlags::empty())
        .map_err(|error| cannot().because(std::io::Error::from(error)))?;
    if got != bytes.len() {
        return Err(cannot());
    }
    SecretKey::from_random(algorithm, *bytes).ok_or_else(cannot)
}

fn list(format: Format, console: &mut Console) -> Result<(), Failure> {
    let mut cards = Vec::new();
    let store = Store::open()?;
    for name in store.names()? {
        match card_of(&store, &name) {
            Ok(card) => cards.push((name, card)),
            // One that is broken does not hide the others.
            Err(failure) => console.note(&failure.message),
        }
    }
    match format {
        Format::Json => {
            let keys: Vec<_> = cards
                .iter()
                .map(|(name, card)| {
                    json!({
                        "name": name,
                        "algorithm": card.key.algorithm().word(),
                        "id": card.key.id(),
                        "public": card.key.line(),
                        "role": card.role,
                        "org": card.org,
                        "by": card.by,
                    })
                })
                .collect();
            super::print_json(&json!({ "schema": "assay-keys/v1", "keys": keys }), console)
        }
        Format::Text => {
            let layout = super::layout(console);
            console.print(&output::list(&cards, layout))
        }
    }
}

/// Returns the role that `word` names.
fn party(word: &str) -> Result<Role, Failure> {
    Role::named(word).ok_or_else(|| no_role(word))
}

/// Returns what is told of a role that is none.
pub(super) fn no_role(word: &str) -> Failure {
    Failure::usage(text("没有角色 `{}`", "there is no role `{}`", &[word])).hint(Text::new(
        "角色有 owner（建设单位）、contractor（承建单位）、supervisor（监理单位）、user（使用单位）、tester（测评单位）",
        "roles are owner, contractor, supervisor, user and tester",
    ))
}

/// Returns the card of the key that is kept as `name`.
fn card_of(store: &Store, name: &str) -> Result<Card, Failure> {
    let card = store.card(name)?;
    let card = card.ok_or_else(|| {
        Failure::usage(text("没有名为 `{}` 的密钥", "there is no key `{}`", &[name])).hint(
            Text::new(
                "`assay key list` 列出已有的，`assay key new` 生成新的",
                "`assay key list` lists those there are, `assay key new` makes one",
            ),
        )
    })?;
    let (file, toml) = card;
    let cards = trust::cards(&file, &toml).map_err(|error| {
        let hint = error.hint();
        Failure::unable(text(
            "密钥 `{}` 的公钥文件已损坏",
            "the card of key `{}` is damaged",
            &[name],
        ))
        .because(error)
        .hint_from(hint)
    })?;
    cards.into_iter().next().ok_or_else(|| {
        Failure::unable(text(
            "密钥 `{}` 的公钥文件已损坏",
            "the card of key `{}` is damaged",
            &[name],
        ))
    })
}

/// A private key, and what its card says where it has one.
pub(super) struct Hand {
    /// The key.
    pub(super) key: SecretKey,
    /// Whose it is.
    pub(super) card: Option<Card>,
}

/// Returns the private key that `named` means: a file, or one that is kept by that name.
pub(super) fn private(named: &str) -> Result<Hand, Failure> {
    let path = Path::new(named);
    let (path, card) = if path.exists() {
        (path.to_owned(), None)
    } else if named.contains('/') {
        return read(path, None);
    } else {
        let store = Store::open()?;
        let card = card_of(&store, named)?;
        (store.secret(named), Some(card))
    };
    read(&path, card)
}

fn read(path: &Path, card: Option<Card>) -> Result<Hand, Failure> {
    let name = path.display().to_string();
    let cannot =
        || Failure::usage(text("无法使用私钥 `{}`", "cannot use private key `{}`", &[&name]));
    let secret = Secret::read(path).map_err(|error| {
        let hint = error.hint();
        cannot().because(error).hint_from(hint)
    })?;
    let pem = secret.text().ok_or_else(cannot)?;
    let key = SecretKey::parse(&name, pem).map_err(|error| of_key(error, cannot()))?;
    if card.as_ref().is_some_and(|card| card.key != key.public()) {
        return Err(cannot().hint(Text::new(
            "它与同名的公钥文件不是一对",
            "it is not the private half of the card of that name",
        )));
    }
    Ok(Hand { key, card })
}

/// Returns the public key that `named` means: its one line, a file, or one that is kept.
pub(super) fn public(named: &str) -> Result<PublicKey, Failure> {
    let cannot =
        || Failure::usage(text("无法使用公钥 `{}`", "cannot use public key `{}`", &[named]));
    let path = Path::new(named);
    if !path.exists() {
        if let Ok(key) = PublicKey::parse(named, named) {
            return Ok(key);
        }
        if !named.contains(['/', ':'])
            && let Ok(store) = Store::open()
            && let Ok(card) = card_of(&store, named)
        {
            return Ok(card.key);
        }
    }
    let bytes = super::read_small(path).map_err(|error| cannot().because(error))?;
    let pem = String::from_utf8_lossy(&bytes);
    PublicKey::parse(named, &pem).map_err(|error| of_key(error, cannot()))
}

fn of_key(error: KeyError, failure: Failure) -> Failure {
    let hint = error.hint();
    failure.because(error).hint_from(hint)
}

/// Returns the keys that the files at `paths` say are trusted.
pub(super) fn trusted(paths: &[PathBuf]) -> Result<Vec<Card>, Failure> {
    let mut cards = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let cannot = || {
            Failure::usage(text(
                "无法使用可信公钥清单 `{}`",
                "cannot use the list of trusted keys `{}`",
                &[&name],
            ))
        };
        let bytes = super::read_small(path).map_err(|error| cannot().because(error))?;
        let toml =
            String::from_utf8(bytes).map_err(|error| cannot().because(error.utf8_error()))?;
        cards.extend(trust::parse(&name, &toml).map_err(|error| {
            let hint = error.hint();
            cannot().because(error).hint_from(hint)
        })?);
    }
    Ok(cards)
}
