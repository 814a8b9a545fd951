//! Expressions of a rule as attributes.

use super::put_be32;
use crate::kernel::attribute::Body;
use crate::nft::numbers::{FIRST_REGISTER, verdict as code};
use crate::nft::{Ct, Expression, Register, Translated, Verdict};

/// `NFT_LOOKUP_F_INV`.
const INVERTED: u32 = 1;
/// What a rate counts by: seconds, and `NFT_LIMIT_PKTS`. `NFT_LIMIT_F_INV` is [`INVERTED`].
const SECOND: u64 = 1;
const PACKETS: u32 = 0;
const NFPROTO_IPV4: u32 = 2;
/// `NFT_REG_VERDICT`.
const VERDICT: u32 = 0;

/// Appends name and attributes of an expression.
pub(super) fn expression(body: &mut Body, expression: &Expression) {
    body.put_text(1, name(expression));
    if let Expression::Other { data, .. } = expression {
        body.nest(2, &mut |body| body.0.extend_from_slice(data));
        return;
    }
    body.nest(2, &mut |body| attributes(body, expression));
}

fn name(expression: &Expression) -> &str {
    match expression {
        Expression::Meta { .. } => "meta",
        Expression::Payload { .. } => "payload",
        Expression::Ct { .. } | Expression::SetZone { .. } => "ct",
        Expression::Bitwise { .. } => "bitwise",
        Expression::Compare { .. } => "cmp",
        Expression::Range { .. } => "range",
        Expression::Lookup { .. } | Expression::Map { .. } | Expression::VerdictMap { .. } => {
            "lookup"
        }
        Expression::Load { .. } | Expression::Verdict(_) => "immediate",
        Expression::Nat { .. } => "nat",
        Expression::NoTrack => "notrack",
        Expression::Over { .. } => "limit",
        Expression::Counter => "counter",
        Expression::Other { name, .. } => name,
    }
}

fn attributes(body: &mut Body, expression: &Expression) {
    match expression {
        Expression::Meta { key, to } => {
            register(body, 1, *to);
            put_be32(body, 2, key.number());
        }
        Expression::Payload { base, offset, length, to } => {
            register(body, 1, *to);
            put_be32(body, 2, base.number());
            put_be32(body, 3, *offset);
            put_be32(body, 4, *length);
        }
        Expression::Ct { key, to } => {
            register(body, 1, *to);
            put_be32(body, 2, key.number());
        }
        Expression::SetZone { from } => {
            put_be32(body, 2, Ct::ZONE);
            register(body, 4, *from);
        }
        Expression::Bitwise { from, to, mask, xor } => {
            register(body, 1, *from);
            register(body, 2, *to);
            put_be32(body, 3, u32::try_from(mask.len()).unwrap_or(u32::MAX));
            data(body, 4, mask);
            data(body, 5, xor);
        }
        Expression::Compare { from, how, value } => {
            register(body, 1, *from);
            put_be32(body, 2, how.number());
            data(body, 3, value);
        }
        Expression::Range { from, first, last } => {
            register(body, 1, *from);
            // `NFT_RANGE_EQ`.
            put_be32(body, 2, 0);
            data(body, 3, first);
            data(body, 4, last);
        }
        Expression::Lookup { set, from, inverted } => {
            body.put_text(1, set);
            register(body, 2, *from);
            if *inverted {
                put_be32(body, 5, INVERTED);
            }
        }
        Expression::Map { set, from, to } => {
            body.put_text(1, set);
            register(body, 2, *from);
            register(body, 3, *to);
        }
        Expression::VerdictMap { set, from } => {
            body.put_text(1, set);
            register(body, 2, *from);
            put_be32(body, 3, VERDICT);
        }
        Expression::Load { to, value } => {
            register(body, 1, *to);
            data(body, 2, value);
        }
        Expression::Verdict(what) => {
            put_be32(body, 1, VERDICT);
            body.nest(2, &mut |body| verdict(body, what));
        }
        Expression::Nat { of, from } => {
            put_be32(body, 1, u32::from(*of == Translated::Destination));
            put_be32(body, 2, NFPROTO_IPV4);
            register(body, 3, *from);
        }
        Expression::Over { rate, burst } => {
            body.put(1, &rate.to_be_bytes());
            body.put(2, &SECOND.to_be_bytes());
            put_be32(body, 3, *burst);
            put_be32(body, 4, PACKETS);
            put_be32(body, 5, INVERTED);
        }
        Expression::NoTrack | Expression::Counter | Expression::Other { .. } => {}
    }
}

fn register(body: &mut Body, kind: u16, register: Register) {
    put_be32(body, kind, FIRST_REGISTER.saturating_add(u32::from(register.0)));
}

/// Appends `NFTA_DATA_VALUE`.
pub(super) fn data(body: &mut Body, kind: u16, value: &[u8]) {
    body.nest(kind, &mut |body| body.put(1, value));
}

/// Appends `NFTA_DATA_VERDICT`.
pub(super) fn verdict(body: &mut Body, verdict: &Verdict) {
    let (number, chain) = match verdict {
        Verdict::Accept => (code::ACCEPT, None),
        Verdict::Drop => (code::DROP, None),
        Verdict::Return => (code::RETURN, None),
        Verdict::Jump(chain) => (code::JUMP, Some(chain)),
        Verdict::Goto(chain) => (code::GOTO, Some(chain)),
    };
    body.nest(2, &mut |body| {
        put_be32(body, 1, number.cast_unsigned());
        if let Some(chain) = chain {
            body.put_text(2, chain);
        }
    });
}
