//! Who calls: people and programs of three tenants, and how API Gateway verified each of them.

use serde_json::{Value, json};

use crate::random::uuid_of;

/// The tenant that most calls belong to.
pub const DEMO_ORG_ID: &str = "org_acme";

/// A person of [`DEMO_ORG_ID`] who may do everything.
pub(crate) const DEMO_USER_ID: &str = "b2c7a1d4-6a55-4d5e-9a4e-0f3f1f6c1001";

/// The e-mail address of a person of [`DEMO_ORG_ID`] who may do everything.
pub const DEMO_USER_EMAIL: &str = "jane.miller@acme.example";

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything.
    Admin,
    /// Change what their team works with; no deletes, no users, roles or webhooks.
    Editor,
    /// Look.
    Viewer,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Viewer => "viewer",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "admin" => Self::Admin,
            "editor" => Self::Editor,
            _ => Self::Viewer,
        }
    }

    /// Whether the service lets such a caller through.
    pub(crate) fn may(self, service: &str, method: &str) -> bool {
        match self {
            Self::Admin => true,
            Self::Editor => {
                method == "GET"
                    || (method != "DELETE" && !["permissions", "webhooks"].contains(&service))
            }
            Self::Viewer => method == "GET",
        }
    }
}

/// How API Gateway knows a caller, and so which of its two event formats the call comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// A Cognito user pool authorizer of a REST API.
    CognitoRest,
    /// A JWT authorizer of an HTTP API, tokens by Cognito.
    CognitoHttp,
    /// A JWT authorizer of an HTTP API, tokens by Auth0.
    Auth0Http,
    /// A Lambda authorizer of a REST API.
    LambdaRest,
    /// A Lambda authorizer of an HTTP API, simple response.
    LambdaHttp,
    /// A JWT authorizer of an HTTP API, a program with client credentials.
    ClientCredentialsHttp,
    /// An API key of a REST API, its owner looked up by a Lambda authorizer.
    ApiKeyRest,
    /// IAM, of a REST API. IAM knows no tenants.
    IamRest,
    /// Nobody signed in: a public endpoint of an HTTP API.
    NobodyHttp,
}

impl SignIn {
    pub(crate) fn is_rest(self) -> bool {
        matches!(
            self,
            Self::CognitoRest | Self::LambdaRest | Self::ApiKeyRest | Self::IamRest
        )
    }
}

/// A person or a program.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) org_id: &'static str,
    pub(crate) user_id: &'static str,
    pub(crate) email: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) sign_in: SignIn,
    pub(crate) ip: &'static str,
    pub(crate) user_agent: &'static str,
    /// How often they call, beside the others.
    pub(crate) weight: usize,
}

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

macro_rules! caller {
    ($org_id:expr, $user_id:expr, $email:expr, $name:literal, $role:ident, $sign_in:ident, $ip:literal, $user_agent:expr, $weight:literal) => {
        Caller {
            org_id: $org_id,
            user_id: $user_id,
            email: $email,
            name: $name,
            role: Role::$role,
            sign_in: SignIn::$sign_in,
            ip: $ip,
            user_agent: $user_agent,
            weight: $weight,
        }
    };
}

/// The addresses are those that RFC 5737 and RFC 3849 keep for documentation.
pub(crate) static CALLERS: &[Caller] = &[
    caller!(
        DEMO_ORG_ID,
        DEMO_USER_ID,
        DEMO_USER_EMAIL,
        "Jane Miller",
        Admin,
        CognitoRest,
        "203.0.113.24",
        CHROME,
        26
    ),
    caller!(
        DEMO_ORG_ID,
        "auth0|66f1c2a7e4b0d1",
        "jonas.weber@acme.example",
        "Jonas Weber",
        Admin,
        Auth0Http,
        "203.0.113.51",
        SAFARI,
        20
    ),
    caller!(
        DEMO_ORG_ID,
        "4211",
        "aylin.kaya@acme.example",
        "Aylin Kaya",
        Editor,
        LambdaRest,
        "198.51.100.17",
        FIREFOX,
        14
    ),
    caller!(
        DEMO_ORG_ID,
        "4387",
        "tom.becker@acme.example",
        "Tom Becker",
        Viewer,
        LambdaHttp,
        "2001:db8:12::7",
        CHROME,
        6
    ),
    caller!(
        DEMO_ORG_ID,
        "erp-sync-client",
        "",
        "ERP sync",
        Admin,
        ClientCredentialsHttp,
        "192.0.2.80",
        "erp-sync/4.2 (axios/1.13)",
        12
    ),
    caller!(
        "org_nordwind",
        "0d5a7f6e-2a1b-4c0e-8b57-c4a2a7a52002",
        "maria.lund@nordwind.example",
        "Maria Lund",
        Admin,
        CognitoHttp,
        "198.51.100.201",
        SAFARI,
        10
    ),
    caller!(
        "org_nordwind",
        "auth0|670a9f13bb52c8",
        "erik.holm@nordwind.example",
        "Erik Holm",
        Editor,
        Auth0Http,
        "198.51.100.202",
        CHROME,
        5
    ),
    caller!(
        "org_solaris",
        "7001",
        "sofia.rossi@solaris.example",
        "Sofia Rossi",
        Admin,
        LambdaRest,
        "203.0.113.140",
        FIREFOX,
        6
    ),
    caller!(
        "org_solaris",
        "key_9f27c1",
        "",
        "Solar dashboard",
        Editor,
        ApiKeyRest,
        "192.0.2.33",
        "python-requests/2.32.5",
        4
    ),
    caller!(
        "",
        "AROAEXAMPLEROLEID:deploy",
        "",
        "Deployment",
        Admin,
        IamRest,
        "192.0.2.10",
        "Boto3/1.40 md/Botocore#1.40",
        7
    ),
];

/// Who calls the endpoints that need no sign-in.
pub(crate) static NOBODY: Caller =
    caller!("", "", "", "", Admin, NobodyHttp, "203.0.113.99", CHROME, 0);

/// A token that looks like one and opens nothing.
pub(crate) fn token(caller: &Caller) -> String {
    let part = |salt: &str| uuid_of(&format!("{salt} {}", caller.user_id)).replace('-', "");
    format!(
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIi{}.{}",
        part("claims"),
        part("signature")
    )
}

/// `requestContext.authorizer`, as API Gateway writes it for this way of signing in.
pub(crate) fn authorizer(caller: &Caller) -> Option<Value> {
    let role = caller.role.as_str();
    let cognito_claims = json!({
        "sub": caller.user_id, "email": caller.email, "email_verified": "true",
        "name": caller.name, "custom:org_id": caller.org_id, "custom:role": role,
        "cognito:username": caller.user_id, "token_use": "id", "aud": "3q8examplepoolclient",
        "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example01",
    });
    let looked_up = json!({
        "org_id": caller.org_id, "user_id": caller.user_id, "email": caller.email,
        "name": caller.name, "role": role,
    });
    Some(match caller.sign_in {
        SignIn::CognitoRest => json!({"claims": cognito_claims}),
        SignIn::CognitoHttp => json!({"jwt": {"claims": cognito_claims, "scopes": null}}),
        SignIn::Auth0Http => json!({"jwt": {"claims": {
            "iss": "https://acme-energy.eu.auth0.com/", "sub": caller.user_id,
            "aud": "[https://api.acme.example https://acme-energy.eu.auth0.com/userinfo]",
            "azp": "Q2sExampleSpaClient", "scope": "openid profile email",
            "org_id": caller.org_id, "email": caller.email, "name": caller.name, "role": role,
        }, "scopes": ["openid", "profile", "email"]}}),
        SignIn::ClientCredentialsHttp => json!({"jwt": {"claims": {
            "iss": "https://acme-energy.eu.auth0.com/", "sub": caller.user_id,
            "client_id": caller.user_id, "gty": "client-credentials", "token_id": "tok_5d1e0b27",
            "org_id": caller.org_id, "name": caller.name, "role": role,
        }, "scopes": ["entity:write"]}}),
        SignIn::LambdaRest => {
            let mut context = looked_up;
            context["principalId"] = json!(caller.user_id);
            context["integrationLatency"] = json!(34);
            // Some authorizers hand the raw token on.
            context["access_token"] = json!(token(caller));
            context
        }
        SignIn::ApiKeyRest => json!({
            "principalId": caller.user_id, "org_id": caller.org_id, "role": role,
            "token_id": caller.user_id, "name": caller.name, "integrationLatency": 12,
        }),
        SignIn::LambdaHttp => json!({"lambda": looked_up}),
        SignIn::IamRest | SignIn::NobodyHttp => return None,
    })
}
