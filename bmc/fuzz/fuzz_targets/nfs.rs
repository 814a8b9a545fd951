//! Any bytes as a record, as a connection's bytes, and as what a procedure is given: read without a
//! panic, and answered from the one file alone.

#![no_main]

use bmc::media::{
    Image,
    nfs::{
        Caller, Carrier, Export, Step, answer, mount, nfs3, portmap,
        rpc::{Call, Records},
        xdr::Writer,
    },
    serve::Guest,
};
use libfuzzer_sys::fuzz_target;

const FOLDER: &str = "/0123456789abcdef0123456789abcdef";
const LENGTH: u64 = 1_000_000;

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    let mut records = Records::default();
    for piece in bytes.chunks(7) {
        records.came(piece);
        while let Ok(Some(record)) = records.record() {
            look(&record);
        }
    }
    let Some((procedure, given)) = bytes.split_first() else { return };
    let procedure = u32::from(*procedure % 23);
    for (program, version) in [(portmap::PROGRAM, 2), (portmap::PROGRAM, 4), (mount::PROGRAM, 3)] {
        look(&Call { id: 1, program, version, procedure, arguments: given }.bytes());
    }
    for kind in [nfs3::Kind::Folder, nfs3::Kind::File] {
        let arguments = Writer::default().opaque(&nfs3::handle(kind, FOLDER)).raw(given).done();
        let call = Call {
            id: 1,
            program: nfs3::PROGRAM,
            version: nfs3::VERSION,
            procedure,
            arguments: &arguments,
        };
        assert_eq!(Call::read(&call.bytes()), Ok(call));
        look(&call.bytes());
    }
});

fn look(record: &[u8]) {
    let image = Image {
        length: LENGTH,
        etag: String::new(),
        modified: String::new(),
        modified_s: 1_700_000_000,
    };
    let guests = [Guest { path: format!("{FOLDER}/os.iso"), from: vec![[192, 0, 2, 7].into()] }];
    let export = Export { image: &image, guests: &guests, port: 2049 };
    for by in [Carrier::Tcp, Carrier::Udp] {
        let to = ([192, 0, 2, 1], 111).into();
        match answer(record, Caller { from: [192, 0, 2, 7].into(), to, by }, &export) {
            Step::Read(reading) => {
                let range = reading.range.clone();
                assert!(range.start <= range.end && range.end <= LENGTH && by == Carrier::Tcp);
                assert!(range.end - range.start <= nfs3::READ.into());
                assert!(reading.reply(None).len() < 200);
            }
            Step::Say { reply, guest } => {
                assert!(reply.len() < 8192 && guest.is_none_or(|guest| guest == 0));
            }
            Step::Silence => {}
        }
    }
}
