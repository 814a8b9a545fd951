//! Makes a delivery of 256 real machines with twelve defects in a folder, to try `accept --site` on:
//! `cargo run -p hw-tests --example delivery -- FOLDER`.

#![expect(clippy::print_stdout, reason = "it says what it made")]

use std::{env, io, path::PathBuf};

use hw_tests::{corpus::Servers, delivery};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name a folder to make it in"))?;
    let made = delivery::make(&Servers::unpack()?.all()?, 256, &folder, true)?;
    println!("{}\n{}", made.list.display(), made.dumps.display());
    for defect in made.defects {
        println!("{defect}");
    }
    Ok(())
}
