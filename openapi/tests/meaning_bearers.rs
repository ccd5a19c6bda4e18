//! What whoever knows its key may use, on the smallest documents that show it.

use serde_json::json;

use crate::meaning_ids::{bodies, body, says};

/// A code that lets somebody in is no id, whatever path finds by it.
#[test]
fn what_is_used_by_its_key_is_not_named_by_it() {
    for (line, others, expected) in [
        ("POST /otp -", "DELETE /otp/{code}", "created an otp"),
        (
            "POST /login-codes -",
            "DELETE /login-codes/{code}",
            "created a login code",
        ),
        (
            "POST /invitations -",
            "DELETE /invitations/{code}",
            "created an invitation",
        ),
        // What sells something by its code is found by that.
        (
            "POST /vouchers -",
            "DELETE /vouchers/{code}",
            "created voucher {code}",
        ),
    ] {
        let answer = bodies(&[], &["code"]);
        assert_eq!(says(line, &answer, &[others]), expected, "{line}");
    }
    let mut answer = bodies(&[], &[]);
    answer["responses"]["200"] = body(&json!({ "type": "string", "format": "uuid" }));
    for (line, others, expected) in [
        (
            "POST /sessions -",
            "DELETE /sessions/{id}",
            "created a session",
        ),
        (
            "POST /trainings -",
            "DELETE /trainings/{id}",
            "created training {id}",
        ),
    ] {
        assert_eq!(says(line, &answer, &[others]), expected, "{line}");
    }
}
