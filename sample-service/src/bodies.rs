//! Request bodies as people and programs send them, after the documents' schemas.

use serde_json::{Value, json};

use crate::catalogue::{Item, email, slug_of};
use crate::random::{Random, uuid_of};

const FIRST_NAMES: &[&str] = &[
    "Anna", "Lukas", "Mia", "Emil", "Sofia", "Jan", "Clara", "Oskar", "Lea", "Noah",
];
const LAST_NAMES: &[&str] = &[
    "Schmidt", "Wagner", "Berg", "Krüger", "Vogel", "Neumann", "Lang", "Dietrich",
];
const STREETS: &[&str] = &[
    "Lindenstraße",
    "Am Markt",
    "Hafenweg",
    "Schulgasse",
    "Bergallee",
];
const PROCESSES: &[&str] = &[
    "Meter reading",
    "Tariff change",
    "Annual billing",
    "Roof inspection",
    "Customer feedback",
    "Warranty case",
    "Supplier switch",
    "Final invoice",
];
const REGIONS: &[&str] = &[
    "North",
    "South",
    "Hamburg",
    "Bavaria",
    "B2B",
    "Private customers",
];

/// What is to be created, and what it will be called.
pub(crate) struct NewThing {
    pub(crate) body: Value,
    pub(crate) name: String,
    /// The kind of an entity.
    pub(crate) slug: &'static str,
}

/// The body of a call that creates something.
pub(crate) fn create(operation_id: &str, org_id: &str, random: &mut Random) -> NewThing {
    let name = format!("{} {}", random.pick(PROCESSES), random.pick(REGIONS));
    let (body, name, slug) = match operation_id {
        "createEntity" => return create_entity(org_id, random),
        "createFlowTemplate" => (
            json!({"name": name, "description": "Standard process", "enabled": true, "trigger": {"type": "manual"},
                "phases": [{"id": "p1", "name": "Preparation"}], "closing_reasons": []}),
            name,
            "",
        ),
        "createClosingReason" => (json!({"title": name, "status": "ACTIVE"}), name, ""),
        "createSavedView" => (
            json!({"slug": ["contact"], "name": name, "shared": random.percent(50), "ui_config": {"sort": "_created_at:desc"}}),
            name,
            "",
        ),
        "createTaxonomy" => (
            json!({"slug": slug_of(&name), "name": name, "plural": format!("{name}s"), "kind": "user_defined", "type": "entity", "enabled": true}),
            name,
            "",
        ),
        "createFlow" => (
            json!({"flow_name": name, "enabled": true,
                "triggers": [{"type": "entity_operation", "configuration": {"schema": "order", "operations": ["createEntity"]}}],
                "actions": [{"id": "a1", "name": "Send e-mail", "type": "send-email", "config": {"template": "order-confirmation"}}]}),
            name,
            "",
        ),
        "createRole" => (
            json!({"name": name, "slug": slug_of(&name), "type": "user_role", "organization_id": org_id,
                "grants": [{"action": "entity:view", "resource": "entity:contact"}, {"action": "entity:edit", "resource": "entity:contact"}]}),
            name,
            "",
        ),
        "inviteUser" => {
            let who =
                format!("{}.{}", random.pick(FIRST_NAMES), random.pick(LAST_NAMES)).to_lowercase();
            let address = email(&who.replace('ü', "ue"), org_id);
            (
                json!({"email": address, "language": "de", "roles": [format!("{org_id}:back-office")]}),
                address,
                "",
            )
        }
        "createGroup" => (
            json!({"name": name, "user_ids": [uuid_of(&format!("{org_id} user {}", email("lena.fischer", org_id)))]}),
            name,
            "",
        ),
        "createConfig" => (webhook(&name, random), name, ""),
        _ => (
            json!({"name": name, "description": "Set up by the process team", "enabled": true,
                "dynamicDueDate": {"numberOfUnits": 14, "timePeriod": "days", "actionTypeCondition": "WORKFLOW_STARTED"},
                "assignedTo": ["4211"], "closingReasons": [],
                "flow": [{"id": "s1", "name": "Check documents", "type": "STEP"}, {"id": "s2", "name": "Call the customer", "type": "STEP"}]}),
            name,
            "",
        ),
    };
    NewThing { body, name, slug }
}

fn create_entity(org_id: &str, random: &mut Random) -> NewThing {
    let first_name = *random.pick(FIRST_NAMES);
    let last_name = *random.pick(LAST_NAMES);
    let number = 1100 + random.below(800);
    let (slug, name, mut body) = match random.below(4) {
        0 => (
            "order",
            format!("Order 2026-{number}"),
            json!({"total_amount": number * 13, "currency": "EUR", "status": "placed"}),
        ),
        1 => (
            "account",
            format!("Customer {last_name} GmbH"),
            json!({"tax_id": format!("DE{number}88321"), "street": random.pick(STREETS)}),
        ),
        2 => (
            "opportunity",
            format!("PV system {} {}", random.pick(STREETS), 1 + number % 90),
            json!({"source": "website", "probability": 40}),
        ),
        _ => (
            "contact",
            format!("{first_name} {last_name}"),
            json!({"first_name": first_name, "last_name": last_name,
                "email": format!("{}.{number}@mail.example", first_name.to_lowercase()), "phone": format!("+49 30 5550{number}"),
                "portal_password": format!("Sommer-{number}!")}),
        ),
    };
    body["_schema"] = json!(slug);
    body["_org"] = json!(org_id);
    body["_title"] = json!(name);
    body["_tags"] = json!(["imported"]);
    NewThing { body, name, slug }
}

fn webhook(name: &str, random: &mut Random) -> Value {
    let secret = random.uuid().replace('-', "");
    let auth = match random.below(3) {
        0 => {
            json!({"authType": "BASIC", "basicAuthConfig": {"username": "daybook-hook", "password": secret, "passwordIsEnvVar": false}})
        }
        1 => {
            json!({"authType": "OAUTH_CLIENT_CREDENTIALS", "oauthConfig": {"clientId": "hook-client", "clientSecret": secret,
            "endpoint": "https://login.partner.example/oauth/token", "httpMethod": "POST"}})
        }
        _ => {
            json!({"authType": "API_KEY", "apiKeyConfig": {"keyName": "X-Partner-Key", "keyValue": secret, "keyValueIsEnvVar": false}})
        }
    };
    json!({"name": name, "eventName": "customer_request", "url": "https://hooks.partner.example/daybook", "httpMethod": "POST",
        "enabled": true, "auth": auth, "customHeaders": {"Authorization": format!("Bearer {secret}")}})
}

/// The body of a call that changes something.
pub(crate) fn change(operation_id: &str, item: &Item, random: &mut Random) -> Value {
    let name = &item.name;
    match operation_id {
        "updateDefinition" => json!({"name": name, "enabled": random.percent(80),
            "dynamicDueDate": {"numberOfUnits": 5 + random.below(20), "timePeriod": "days", "actionTypeCondition": "WORKFLOW_STARTED"},
            "flow": [{"id": "s1", "name": "Check documents", "type": "STEP"}]}),
        "updateFlowTemplate" => {
            json!({"name": name, "enabled": random.percent(70), "description": format!("Revision {}", 2 + random.below(8))})
        }
        "updateClosingReason" => {
            json!({"title": name, "status": random.pick(&["ACTIVE", "INACTIVE"])})
        }
        "putFlow" => json!({"flow_name": name, "enabled": random.percent(60),
            "triggers": [{"type": "entity_operation", "configuration": {"schema": "contract", "operations": ["updateEntity"]}}], "actions": []}),
        "putRole" => json!({"name": name, "slug": slug_of(name), "type": "user_role",
            "grants": [{"action": "entity:*", "resource": "*", "effect": random.pick(&["allow", "deny"])}]}),
        "updateUserV2" => {
            json!({"department": random.pick(&["Sales", "Back office", "IT"]), "phone": format!("+49 40 5550{}", random.below(900)),
            "preferred_language": "de"})
        }
        "updateGroup" => json!({"name": name, "user_ids": [uuid_of(name), "4211"]}),
        "updateConfig" => {
            let mut config = webhook(name, random);
            config["enabled"] = json!(random.percent(50));
            config
        }
        _ => match item.slug.as_str() {
            "order" => json!({"status": random.pick(&["confirmed", "shipped", "cancelled"])}),
            "opportunity" => json!({"probability": 10 * (1 + random.below(9)), "_tags": ["hot"]}),
            "contract" => json!({"end_date": "2027-03-31", "billing_period": "monthly"}),
            _ => {
                json!({"phone": format!("+49 89 5550{}", random.below(900)), "address": [{"street": random.pick(STREETS), "city": "Köln"}]})
            }
        },
    }
}

/// The body of any other call; none where it has none.
pub(crate) fn act(
    operation_id: &str,
    org_id: &str,
    item: &Item,
    random: &mut Random,
) -> Option<Value> {
    let entity = |name: &str| uuid_of(&format!("{org_id} entity {name}"));
    Some(match operation_id {
        "setWorkflowClosingReasons" => {
            json!({"reasons": [{"id": uuid_of(&format!("{org_id} closing_reason Customer withdrew"))}]})
        }
        "searchEntities" => json!({"q": "_schema:contact AND last_name:Schmidt", "size": 25}),
        "exportEntities" => {
            json!({"q": "_schema:contact", "fields": ["_title", "email"], "size": 5000})
        }
        "importEntities" => {
            json!({"S3Reference": {"bucket": "imports.example", "key": format!("{org_id}/contacts-2026-{}.csv", 1 + random.below(12))}, "schema": "contact"})
        }
        "bulkDeleteClassifications" => {
            json!({"classification_ids": [random.uuid(), random.uuid(), random.uuid()]})
        }
        "upsertEntity" => {
            json!({"unique_key": ["email"], "entity": {"_schema": item.slug, "_title": item.name, "email": "kontakt@mueller.example"}})
        }
        "addRelations" => {
            json!([{"entity_id": entity("Customer Müller GmbH"), "attribute": "customer", "_tags": ["billing"]}])
        }
        "bulkTriggerExecutions" => json!({"flow_id": item.id, "entities_refs": [
            {"entity_id": entity("Order 2026-1041"), "entity_schema": "order"}, {"entity_id": entity("Order 2026-1077"), "entity_schema": "order"}]}),
        "startExecution" => json!({"flow_id": item.id, "entity_id": entity("Order 2026-1041")}),
        "retriggerAction" => json!({"retry_strategy": "RETRY_AND_RESUME"}),
        "assignRoles" => json!([format!("{org_id}:sales"), format!("{org_id}:read-only")]),
        "sendUserPasswordReset" => json!({"email": item.name}),
        "resetPassword" => {
            json!({"email": item.name, "token": random.uuid(), "password": format!("Winter-{}!", 1000 + random.below(9000))})
        }
        "putUserSetting" => {
            json!({"value": {"layout": random.pick(&["compact", "wide"]), "columns": 3}})
        }
        "triggerWebhook" => {
            json!({"metadata": {"action": "customer_request", "organization_id": org_id, "webhook_id": item.id,
            "webhook_name": item.name, "correlation_id": random.uuid()}})
        }
        "batchReplayEvents" => {
            json!({"eventIds": [random.uuid(), random.uuid()], "reapply_transform": false})
        }
        _ => return None,
    })
}
