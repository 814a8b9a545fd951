//! Expressions of a rule from their attributes.

use super::Fields;
use crate::nft::numbers::{FIRST_REGISTER, verdict as code};
use crate::nft::{Base, Comparison, Ct, Expression, Meta, Register, Translated, Verdict};

/// Reads name and attributes of an expression.
pub(super) fn expression(item: &[u8]) -> Expression {
    let item = Fields::of(item);
    let name = item.text(1).unwrap_or_default();
    let data = item.bytes(2).unwrap_or_default();
    known(name, data)
        .unwrap_or_else(|| Expression::Other { name: name.to_owned(), data: data.to_vec() })
}

fn known(name: &str, data: &[u8]) -> Option<Expression> {
    let fields = Fields::of(data);
    let only = |kinds: &[usize]| fields.only(kinds).then_some(());
    let from = |kind| register(fields.number(kind)?);
    match name {
        "meta" => {
            only(&[1, 2])?;
            Some(Expression::Meta { key: Meta::of(fields.number(2)?)?, to: from(1)? })
        }
        "payload" => {
            only(&[1, 2, 3, 4])?;
            let base = Base::of(fields.number(2)?)?;
            let (offset, length) = (fields.number(3)?, fields.number(4)?);
            Some(Expression::Payload { base, offset, length, to: from(1)? })
        }
        "ct" => ct(&fields),
        "bitwise" => {
            only(&[1, 2, 3, 4, 5, 6])?;
            // `NFT_BITWISE_MASK_XOR`; the others shift.
            fields.number(6).is_none_or(|operation| operation == 0).then_some(())?;
            let (mask, xor) =
                (value(fields.bytes(4)?)?.to_vec(), value(fields.bytes(5)?)?.to_vec());
            Some(Expression::Bitwise { from: from(1)?, to: from(2)?, mask, xor })
        }
        "cmp" => {
            only(&[1, 2, 3])?;
            let how = Comparison::of(fields.number(2)?)?;
            Some(Expression::Compare {
                from: from(1)?,
                how,
                value: value(fields.bytes(3)?)?.to_vec(),
            })
        }
        "range" => {
            only(&[1, 2, 3, 4])?;
            // `NFT_RANGE_EQ`.
            (fields.number(2)? == 0).then_some(())?;
            let (first, last) =
                (value(fields.bytes(3)?)?.to_vec(), value(fields.bytes(4)?)?.to_vec());
            Some(Expression::Range { from: from(1)?, first, last })
        }
        "lookup" => lookup(&fields),
        "immediate" => {
            only(&[1, 2])?;
            let data = fields.bytes(2)?;
            match fields.number(1)? {
                0 => Some(Expression::Verdict(verdict(data)?)),
                to => Some(Expression::Load { to: register(to)?, value: value(data)?.to_vec() }),
            }
        }
        "nat" => nat(&fields),
        "notrack" => Some(Expression::NoTrack),
        "limit" => limit(&fields),
        "counter" => Some(Expression::Counter),
        _ => None,
    }
}

fn ct(fields: &Fields<'_>) -> Option<Expression> {
    let key = fields.number(2)?;
    if key == Ct::ZONE && fields.only(&[2, 4]) {
        return Some(Expression::SetZone { from: register(fields.number(4)?)? });
    }
    fields.only(&[1, 2]).then_some(())?;
    Some(Expression::Ct { key: Ct::of(key)?, to: register(fields.number(1)?)? })
}

/// The kernel tells the last of a range of addresses, which is the first where there is one only,
/// and flags, of which `NF_NAT_RANGE_MAP_IPS` says that there is an address.
fn nat(fields: &Fields<'_>) -> Option<Expression> {
    let addresses_only = fields.only(&[1, 2, 3, 4, 7]) && fields.number(2)? == 2;
    let one = fields.number(4).is_none_or(|last| Some(last) == fields.number(3));
    let plain = fields.number(7).is_none_or(|flags| flags == 1);
    (addresses_only && one && plain).then_some(())?;
    let of = match fields.number(1)? {
        0 => Translated::Source,
        1 => Translated::Destination,
        _ => return None,
    };
    Some(Expression::Nat { of, from: register(fields.number(3)?)? })
}

/// Only packets in a second, and those beyond (`NFT_LIMIT_PKTS`, `NFT_LIMIT_F_INV`).
fn limit(fields: &Fields<'_>) -> Option<Expression> {
    let wide = |kind| Some(u64::from_be_bytes(fields.bytes(kind)?.try_into().ok()?));
    let of_packets = fields.number(4).unwrap_or_default() == 0 && fields.number(5) == Some(1);
    (fields.only(&[1, 2, 3, 4, 5, 6]) && wide(2)? == 1 && of_packets).then_some(())?;
    Some(Expression::Over { rate: wide(1)?, burst: fields.number(3)? })
}

fn lookup(fields: &Fields<'_>) -> Option<Expression> {
    fields.only(&[1, 2, 3, 5]).then_some(())?;
    let set = fields.text(1)?.to_owned();
    let from = register(fields.number(2)?)?;
    // `NFT_LOOKUP_F_INV`.
    let inverted = match fields.number(5).unwrap_or_default() {
        0 => false,
        1 => true,
        _ => return None,
    };
    match fields.number(3) {
        None => Some(Expression::Lookup { set, from, inverted }),
        Some(0) if !inverted => Some(Expression::VerdictMap { set, from }),
        Some(to) if !inverted => Some(Expression::Map { set, from, to: register(to)? }),
        Some(_) => None,
    }
}

/// The kernel names a register that four bytes wide ones share with one of 16 by the latter's
/// number (`NFT_REG_1` to `NFT_REG_4`).
fn register(number: u32) -> Option<Register> {
    let number = match number {
        1..=4 => number.checked_sub(1)?.checked_mul(4)?,
        _ => number.checked_sub(FIRST_REGISTER).filter(|number| *number < 16)?,
    };
    u8::try_from(number).ok().map(Register)
}

/// Reads `NFTA_DATA_VALUE`.
pub(super) fn value(data: &[u8]) -> Option<&[u8]> {
    Fields::of(data).bytes(1)
}

/// Reads `NFTA_DATA_VERDICT`.
pub(super) fn verdict(data: &[u8]) -> Option<Verdict> {
    let fields = Fields::of(Fields::of(data).bytes(2)?);
    let chain = || fields.text(2).map(str::to_owned);
    match fields.number(1)?.cast_signed() {
        code::ACCEPT => Some(Verdict::Accept),
        code::DROP => Some(Verdict::Drop),
        code::RETURN => Some(Verdict::Return),
        code::JUMP => Some(Verdict::Jump(chain()?)),
        code::GOTO => Some(Verdict::Goto(chain()?)),
        _ => None,
    }
}
