//! Tests of the identity vector.

use super::*;
use crate::model::{Bmc, Board, Nic, NicPort, System};

fn machine() -> Inventory {
    Inventory {
        system: Some(System {
            serial: Some("2102311TYB10J".to_owned()),
            uuid: Some("01020304-0506-0708-090a-0b0c0d0e0f10".to_owned()),
            ..System::default()
        }),
        board: vec![
            Board { serial: Some("RISER1".to_owned()), ..Board::default() },
            Board { serial: Some("BOARD7".to_owned()), hosting: Some(true), ..Board::default() },
        ],
        bmc: Some(Bmc { mac: Some("a4:bf:01:00:00:01".to_owned()), ..Bmc::default() }),
        nic: vec![Nic {
            port: vec![
                port("a4:bf:01:00:00:11"),
                port("02:00:00:00:00:01"),
                port("A4:BF:01:00:00:10"),
            ],
            ..Nic::default()
        }],
        ..Inventory::default()
    }
}

fn port(mac: &str) -> NicPort {
    NicPort { permanent_mac: Some(mac.to_owned()), ..NicPort::default() }
}

#[test]
fn the_vector_holds_every_usable_member() {
    let identity = identity_of(&machine());
    assert_eq!(identity.key.as_deref(), Some("system_serial:2102311TYB10J"));
    assert_eq!(identity.board_serial.as_deref(), Some("BOARD7"), "the hosting board's");
    assert_eq!(identity.nic_mac.as_deref(), Some("a4:bf:01:00:00:10"), "the lowest permanent");
    assert_eq!(identity.chassis_serial, None);
}

#[test]
fn the_key_is_the_first_usable_member() {
    let mut machine = machine();
    if let Some(system) = &mut machine.system {
        system.serial = Some("To be filled by O.E.M.".to_owned());
        system.uuid = Some("03000200-0400-0500-0006-000700080009".to_owned());
    }
    assert_eq!(identity_of(&machine).key.as_deref(), Some("board_serial:BOARD7"));
    assert_eq!(identity_of(&Inventory::default()).key, None);
}

#[test]
fn a_swapped_board_is_the_same_machine() {
    let before = identity_of(&machine());
    let after = Identity { board_serial: Some("BOARD8".to_owned()), ..before.clone() };
    assert_eq!(same_machine(&before, &after), Some(true));
    let other = Identity {
        system_serial: Some("OTHER".to_owned()),
        uuid: Some("11111111-0506-0708-090a-0b0c0d0e0f10".to_owned()),
        board_serial: Some("BOARD9".to_owned()),
        ..before.clone()
    };
    assert_eq!(same_machine(&before, &other), Some(false));
}

#[test]
fn a_tie_is_decided_by_the_first_member_both_have() {
    let a = Identity {
        system_serial: Some("S1".to_owned()),
        board_serial: Some("B1".to_owned()),
        ..Identity::default()
    };
    let b = Identity { board_serial: Some("B2".to_owned()), ..a.clone() };
    assert_eq!(same_machine(&a, &b), Some(true));
    assert_eq!(same_machine(&a, &Identity::default()), None);
}

#[test]
fn uuids_are_equal_in_either_byte_order() {
    let a = Identity {
        uuid: Some("01020304-0506-0708-090a-0b0c0d0e0f10".to_owned()),
        ..Identity::default()
    };
    let b = Identity {
        uuid: Some("04030201-0605-0807-090A-0B0C0D0E0F10".to_owned()),
        ..Identity::default()
    };
    assert_eq!(same_machine(&a, &b), Some(true));
    assert_eq!(swapped("aéb-é-é-é"), None);
}
