//! What an operator may set: where a tenant and a person stand in the authorizer's claims, which
//! domain is which service, how long events are kept, how much of a call is removed.

use std::collections::BTreeMap;

use daybook_openapi::redaction::Mode;

/// Everything that steers [`crate::normalize::normalize`] beside the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Names of the tenant's claim, the first that is there counts. `DAYBOOK_ORG_CLAIMS`
    pub org_claims: Vec<String>,
    /// Names of the person's claim. `DAYBOOK_USER_CLAIMS`
    pub user_claims: Vec<String>,
    /// Names of the e-mail address's claim. `DAYBOOK_EMAIL_CLAIMS`
    pub email_claims: Vec<String>,
    /// Names of the name's claim. `DAYBOOK_NAME_CLAIMS`
    pub name_claims: Vec<String>,
    /// Names of the claim with the token's or client's id. `DAYBOOK_TOKEN_CLAIMS`
    pub token_claims: Vec<String>,
    /// Domain name, API id and stage, or API id → service.
    /// `DAYBOOK_SERVICES=api.example.com=orders,b.example.com/shop=shop,a1b2c3/beta=billing-beta,a1b2c3=billing`
    pub services: BTreeMap<String, String>,
    /// How many days an event is kept where the store has neither days of its tenant nor a default
    /// (`daybook retention`); `None` is for ever. `DAYBOOK_RETENTION_DAYS`
    pub retention_days: Option<u32>,
    /// How much of a call is removed before it is stored. `DAYBOOK_REDACTION`: `standard` removes what
    /// is secret; `strict` keeps only what documents mark as auditable (`x-audit.keep`), and the ids
    /// and names of what was acted upon.
    pub redaction: Mode,
}

impl Default for Settings {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            org_claims: names(&["org_id", "custom:org_id", "orgId", "tenant_id"]),
            user_claims: names(&["sub", "user_id", "principalId"]),
            email_claims: names(&["email"]),
            name_claims: names(&["name"]),
            token_claims: names(&["token_id", "client_id"]),
            services: BTreeMap::new(),
            retention_days: None,
            redaction: Mode::Standard,
        }
    }
}

/// A setting that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {problem}")]
pub struct SettingsError {
    name: &'static str,
    problem: &'static str,
}

impl Settings {
    /// Reads the settings from environment variables; what is not set keeps its default.
    ///
    /// # Errors
    /// Names the first variable that cannot be understood.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        for (name, claims) in [
            ("DAYBOOK_ORG_CLAIMS", &mut settings.org_claims),
            ("DAYBOOK_USER_CLAIMS", &mut settings.user_claims),
            ("DAYBOOK_EMAIL_CLAIMS", &mut settings.email_claims),
            ("DAYBOOK_NAME_CLAIMS", &mut settings.name_claims),
            ("DAYBOOK_TOKEN_CLAIMS", &mut settings.token_claims),
        ] {
            if let Some(value) = variable(name) {
                *claims = list(&value);
                if claims.is_empty() {
                    return Err(SettingsError {
                        name,
                        problem: "empty: give one or more claim names, separated by commas",
                    });
                }
            }
        }
        if let Some(value) = variable("DAYBOOK_SERVICES") {
            for pair in list(&value) {
                let (host, service) = pair.split_once('=').ok_or(SettingsError {
                    name: "DAYBOOK_SERVICES",
                    problem: "not of the form api.example.com=orders,a1b2c3=billing",
                })?;
                let (host, service) = (host.trim(), service.trim());
                let problem = match service {
                    "" => Some("without the name of a service"),
                    _ if host.is_empty() => Some("without a domain name or API id"),
                    _ => None,
                };
                if let Some(problem) = problem {
                    return Err(SettingsError {
                        name: "DAYBOOK_SERVICES",
                        problem,
                    });
                }
                settings
                    .services
                    .insert(host.to_owned(), service.to_owned());
            }
        }
        if let Some(value) = variable("DAYBOOK_RETENTION_DAYS") {
            let days: u32 = value.trim().parse().map_err(|_| SettingsError {
                name: "DAYBOOK_RETENTION_DAYS",
                problem: "not a whole number of days (0 keeps events for ever)",
            })?;
            settings.retention_days = (days > 0).then_some(days);
        }
        if let Some(value) = variable("DAYBOOK_REDACTION") {
            settings.redaction = match value.trim() {
                "standard" => Mode::Standard,
                "strict" => Mode::Strict,
                _ => {
                    return Err(SettingsError {
                        name: "DAYBOOK_REDACTION",
                        problem: "neither standard nor strict",
                    });
                }
            };
        }
        Ok(settings)
    }
}

fn list(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Settings::from_env(|name| variables.get(name).map(|&value| value.to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_keeps_its_default() {
        assert_eq!(read(&[]), Ok(Settings::default()));
    }

    #[test]
    fn each_variable_is_read() {
        let settings = read(&[
            ("DAYBOOK_ORG_CLAIMS", "https://example.com/org, org"),
            (
                "DAYBOOK_SERVICES",
                "api.example.com=orders, a1b2c3 = billing",
            ),
            ("DAYBOOK_RETENTION_DAYS", "400"),
            ("DAYBOOK_REDACTION", "strict"),
        ])
        .unwrap();
        assert_eq!(settings.org_claims, ["https://example.com/org", "org"]);
        assert_eq!(settings.services["a1b2c3"], "billing");
        assert_eq!(settings.retention_days, Some(400));
        assert_eq!(settings.redaction, Mode::Strict);
        assert_eq!(
            read(&[("DAYBOOK_RETENTION_DAYS", "0")]),
            Ok(Settings::default())
        );
    }

    #[test]
    fn a_mistake_names_its_variable() {
        for (name, value) in [
            ("DAYBOOK_ORG_CLAIMS", " , "),
            ("DAYBOOK_SERVICES", "orders"),
            ("DAYBOOK_SERVICES", "api.example.com="),
            ("DAYBOOK_SERVICES", "=orders"),
            ("DAYBOOK_RETENTION_DAYS", "a year"),
            ("DAYBOOK_REDACTION", "off"),
        ] {
            assert!(read(&[(name, value)]).unwrap_err().starts_with(name));
        }
    }
}
