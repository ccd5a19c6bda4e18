//! Signatures that faulty verifiers take for good ones.

use super::{Attack, attack, signed_by};
use crate::support::ed_key;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Signatures that faulty verifiers take for good ones.
pub(super) fn signatures() -> Vec<Attack> {
    let (ed, ec) = (
        json!({"alg": "EdDSA", "kid": "ed"}),
        json!({"alg": "ES256", "kid": "ec"}),
    );
    let rsa = json!({"alg": "RS256", "kid": "rsa"});
    let of = |algorithm: Algorithm, key: EncodingKey| {
        move |message: &[u8]| {
            let signature = jsonwebtoken::crypto::sign(message, &key, algorithm).unwrap();
            URL_SAFE_NO_PAD.decode(signature).unwrap()
        }
    };
    let (edwards, on_p256) = (
        of(Algorithm::EdDSA, ed_key()),
        of(Algorithm::ES256, super::ec()),
    );
    let pkcs1 = of(Algorithm::RS256, super::rsa());
    // The order of the base point of P-256 (SEC 2, 2.4.2).
    let order: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let small_order = |byte: u8| [&[byte][..], &[0; 63]].concat();
    vec![
        attack(
            "EdDSA, S + L (RFC 8032, 8.4)",
            &signed_by(&ed, |m| plus_order(&edwards(m))),
        ),
        attack(
            "EdDSA, R of order 1, S 0",
            &signed_by(&ed, |_| small_order(1)),
        ),
        attack(
            "EdDSA, R of order 4, S 0",
            &signed_by(&ed, |_| small_order(0)),
        ),
        attack("EdDSA, all ones", &signed_by(&ed, |_| vec![0xff; 64])),
        attack(
            "EdDSA, 63 bytes",
            &signed_by(&ed, |m| edwards(m)[..63].to_vec()),
        ),
        attack(
            "EdDSA, 65 bytes",
            &signed_by(&ed, |m| [edwards(m), vec![0]].concat()),
        ),
        attack(
            "EdDSA, twice",
            &signed_by(&ed, |m| [edwards(m), edwards(m)].concat()),
        ),
        attack(
            "ES256, r and s 0 (CVE-2022-21449)",
            &signed_by(&ec, |_| vec![0; 64]),
        ),
        attack(
            "ES256, r 0",
            &signed_by(&ec, |m| [&[0; 32], &on_p256(m)[32..]].concat()),
        ),
        attack(
            "ES256, s 0",
            &signed_by(&ec, |m| [&on_p256(m)[..32], &[0; 32]].concat()),
        ),
        attack(
            "ES256, r and s n",
            &signed_by(&ec, |_| [order, order].concat()),
        ),
        attack(
            "ES256, swapped",
            &signed_by(&ec, |m| [&on_p256(m)[32..], &on_p256(m)[..32]].concat()),
        ),
        attack("ES256, as DER", &signed_by(&ec, |m| der(&on_p256(m)))),
        attack("ES256, empty", &signed_by(&ec, |_| Vec::new())),
        attack("RS256, 0", &signed_by(&rsa, |_| vec![0; 256])),
        attack(
            "RS256, 1",
            &signed_by(&rsa, |_| [&[0; 255][..], &[1]].concat()),
        ),
        attack(
            "RS256, unpadded hash",
            &signed_by(&rsa, |m| Sha256::digest(m).to_vec()),
        ),
        attack("RS256, padded in the clear", &signed_by(&rsa, padded)),
        attack(
            "RS256, a zero in front",
            &signed_by(&rsa, |m| [vec![0], pkcs1(m)].concat()),
        ),
        attack("RS256, cut", &signed_by(&rsa, |m| pkcs1(m)[..255].to_vec())),
    ]
}

/// The same signature for verifiers that do not reduce S: S plus the order of the base point.
fn plus_order(signature: &[u8]) -> Vec<u8> {
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    let sum = signature[32..].iter().zip(order).map(|(left, right)| {
        let sum = u16::from(*left) + u16::from(right) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    let sum: Vec<u8> = sum.collect();
    [&signature[..32], &sum].concat()
}

fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| [&[2, 33, 0], number].concat();
    let both = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [vec![0x30, 70], both].concat()
}

/// What RSA with an exponent of 1 leaves as it is (RFC 8017, section 9.2).
pub(super) fn padded(message: &[u8]) -> Vec<u8> {
    let sha256_prefix = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let digest = Sha256::digest(message);
    let ones = vec![0xff; 256 - 3 - sha256_prefix.len() - digest.len()];
    [&[0, 1], ones.as_slice(), &[0], &sha256_prefix, &digest].concat()
}
