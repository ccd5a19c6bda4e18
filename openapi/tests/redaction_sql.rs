//! Passwords in SQL, and prose that has its words.

use daybook_openapi::redaction::Redactor;

/// Holds what is left of a text against what is sent, where each `Hunter2x9` and `qwerty` must be gone.
#[track_caller]
fn check(text: &str, is_left: bool) {
    let expected = if is_left {
        text.to_owned()
    } else {
        text.replace("Hunter2x9", "[redacted]")
            .replace("qwerty", "[redacted]")
    };
    assert_eq!(Redactor::new(None).text(text), expected);
}

#[test]
fn a_password_goes_from_sql() {
    for text in [
        "CREATE USER jane IDENTIFIED BY 'Hunter2x9'",
        "create user jane identified with plaintext_password by 'qwerty'",
        "GRANT CREATE TABLE TO SCOTT IDENTIFIED BY \"qwerty\"",
        "identified with plaintext_password by 'qwerty'",
        "CREATE USER jane IDENTIFIED WITH plaintext_password BY 'qwerty', bcrypt_password BY 'Hunter2x9'",
        "create user jane identified via ed25519 using password('qwerty')",
        "ALTER USER jane IDENTIFIED BY \"qwerty\" ACCOUNT UNLOCK",
        "ALTER USER jane IDENTIFIED BY \"Hunter2x9\" REPLACE \"qwerty\"",
        "GRANT ALL ON shop.* TO 'jane'@'%'\n  IDENTIFIED BY 'qwerty'",
        "grant all on shop.* to 'jane'@'%' identified by 'qwerty'",
        "ALTER ROLE app WITH LOGIN PASSWORD 'Hunter2x9' VALID UNTIL '2027-01-01'",
        "CREATE USER IF NOT EXISTS 'jane'@'%' IDENTIFIED BY 'Hunter2x9' REQUIRE SSL",
        "CREATE OR REPLACE USER jane IDENTIFIED BY 'qwerty'",
        "CREATE PUBLIC DATABASE LINK hq CONNECT TO jane IDENTIFIED BY \"qwerty\" USING 'hq'",
        "CREATE DATABASE LINK hq CONNECT TO jane IDENTIFIED BY \"qwerty\" AUTHENTICATED BY scott IDENTIFIED BY \"Hunter2x9\"",
        "cut: CREATE USER jane IDENTIFIED BY 'Hunter2x9",
        "cut: CREATE USER jane IDENTIFIED BY 'Hunter2x9\nand more",
        "cut: CREATE USER jane IDENTIFIED BY \"Hunter2x9\nand more",
        "CREATE USER 'a'@'%' IDENTIFIED BY 'qwerty', 'b'@'%' IDENTIFIED BY 'Hunter2x9'",
        "create user 'a'@'%' identified by 'qwerty', 'b'@'%' identified by 'Hunter2x9'",
        "CREATE USER 'a'@'%' IDENTIFIED BY '[redacted]', 'b'@'%' IDENTIFIED BY 'Hunter2x9'",
        "GRANT SELECT ON shop.* TO 'a' IDENTIFIED BY 'qwerty', 'b' IDENTIFIED BY 'Hunter2x9'",
        "CREATE PLUGGABLE DATABASE sales ADMIN USER adm IDENTIFIED BY \"qwerty\"",
        "create pluggable database sales admin user adm identified by \"qwerty\"",
        "ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN IDENTIFIED BY \"qwerty\"",
        "administer key management set keystore open identified by \"qwerty\"",
        "SET ROLE dba IDENTIFIED BY \"qwerty\"",
        "set role dba identified by \"qwerty\"",
        "set role dba identified by \"qwerty\", audit identified by \"Hunter2x9\"",
        "set role dba, audit identified by \"qwerty\"",
        "IDENTIFIED BY 'qwerty'",
        "cut: ER JANE IDENTIFIED BY 'qwerty'",
        "ER JANE IDENTIFIED BY 'Hunter2x9'",
        "CREATE USER JANE IDENTIFIED BY 'qwerty'",
        "GRANT CONNECT TO jane IDENTIFIED BY \"qwerty\"",
        "UNABLE TO GRANT ROLE: GRANT CREATE TABLE TO SCOTT IDENTIFIED BY \"qwerty\"",
        "grant connect, resource to jane identified by \"qwerty\"",
        "GRANT CREATE SESSION TO jane IDENTIFIED BY \"qwerty\"",
        "ALTER USER scott IDENTIFIED BY qwerty REPLACE Hunter2x9;",
        "SET PASSWORD FOR 'jane'@'%' = 'qwerty'",
        "SET PASSWORD = 'qwerty'",
        "set password for jane = password('qwerty')",
        "alter user scott identified by Hunter2x9 account unlock",
        "ALTER SYSTEM SET ENCRYPTION WALLET OPEN IDENTIFIED BY \"qwerty\"",
        "ALTER SYSTEM SET ENCRYPTION KEY IDENTIFIED BY \"qwerty\"",
        "alter system set encryption key identified by \"qwerty\"",
        "SET ENCRYPTION ON IDENTIFIED BY \"qwerty\" ONLY",
        "CREATE TABLE E (S NUMBER ENCRYPT IDENTIFIED BY \"qwerty\")",
        "CREATE TABLE E (S NUMBER ENCRYPT USING 'AES256' IDENTIFIED BY \"qwerty\")",
        "ERROR: GRANT CREATE TABLE TO SCOTT IDENTIFIED BY \"qwerty\"",
        r#"got {"sql":"ALTER USER jane IDENTIFIED BY \"qwerty\""} 400"#,
        "Order identified by 'A-4711, so: CREATE USER jane IDENTIFIED BY 'Hunter2x9'",
    ] {
        check(text, false);
    }
    for (text, expected) in [
        (
            "CREATE USER jane IDENTIFIED BY 'pa''ss12' REQUIRE SSL",
            "CREATE USER jane IDENTIFIED BY '[redacted]' REQUIRE SSL",
        ),
        (
            "alter user jane identified by Hunter2x9!",
            "alter user jane identified by [redacted]",
        ),
        (
            "Ran `alter user jane identified by Hunter2x9` on db1",
            "Ran `alter user jane identified by [redacted] on db1",
        ),
        (
            "alter user jane identified by Hunter2x9?",
            "alter user jane identified by [redacted]",
        ),
        (
            "[alter user jane identified by Hunter2x9]",
            "[alter user jane identified by [redacted]",
        ),
        (
            "create user jane identified by Hunter-2x9",
            "create user jane identified by [redacted]",
        ),
        (
            "alter user jane identified by p@ssw0rd9",
            "alter user jane identified by [redacted]",
        ),
    ] {
        assert_eq!(Redactor::new(None).text(text), expected);
    }
}

#[test]
fn prose_with_the_words_of_sql_stays() {
    for text in [
        "The thief was identified by the police",
        "Order identified by 'A-4711' was cancelled",
        "Order identified by 'A-4711 was cancelled",
        "Order 'A-4711', item identified by 'B-12' was cancelled",
        "Could not create resource identified by 'orders/42'",
        "Could not create user identified by 'A-4711'",
        "Could not set role identified by 'admin'",
        "Failed to grant access to the project identified by \"acme-web\"",
        "Could not create user, identified by 'A-4711 in the list\nof January",
        "Could not create user jane identified by email",
        "Could not create user account identified by 7f8d1b5e-3c4a-4d2e-9b1f-0a2c4e6d8f10",
        "Could not create user account identified by jane42@example.com",
        "Could not create user account identified by https://idp.example.com/users/42",
        "Could not create user account identified by arn:aws:iam::123456789012:user/jane42",
        "Could not create user account identified by auth0|5f7c8ec7c33c6c004bbafe82",
        "Could not create user account identified by `jane42@mail.example.co.uk`.",
        "Could not create user account identified by 7f8d1b5e-3c4a-4d2e-9b1f-0a2c4e6d8f10`?",
        "Could not set encryption key identified by 'prod-key'",
        "Failed to set role editor for the user identified by 'jane'",
        "Failed to grant resource access to the project identified by \"acme-web\"",
        "Caller identified via api_key as 'billing-service'",
        "Caller identified with api_key as 'billing-service'",
        "ORDER IDENTIFIED BY 'A-4711' WAS CANCELLED",
        "FAILED TO GRANT ACCESS TO THE PROJECT IDENTIFIED BY \"ACME-WEB\"",
        "FAILED TO GRANT ACCESS TO PROJECT IDENTIFIED BY \"ACME-WEB\"",
        "CREATE USER jane IDENTIFIED BY RANDOM PASSWORD",
        "CREATE USER jane IDENTIFIED EXTERNALLY",
        "ALTER TABLE users ADD COLUMN password text",
        "validation of password 'required' failed",
    ] {
        check(text, true);
    }
}
