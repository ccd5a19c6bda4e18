//! What each tenant has before the first call, and how things of each kind are identified.

use serde_json::{Value, json};

use crate::random::uuid_of;

/// A thing that a call can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The kind of an entity: `contact`. Empty for all else.
    pub(crate) slug: String,
}

const WORKFLOWS: &[&str] = &[
    "Onboarding",
    "Offboarding",
    "Contract renewal",
    "Meter exchange",
    "Complaint handling",
    "Heat pump installation",
];
const FLOW_TEMPLATES: &[&str] = &[
    "PV sales",
    "Grid connection",
    "Customer move",
    "Wallbox order",
];
const CLOSING_REASONS: &[&str] = &[
    "Customer withdrew",
    "Duplicate request",
    "Not feasible",
    "Won by competitor",
];
const ENTITIES: &[(&str, &str)] = &[
    ("contact", "Anna Schmidt"),
    ("contact", "Paul Neumann"),
    ("account", "Customer Müller GmbH"),
    ("account", "Bäckerei Hoffmann KG"),
    ("order", "Order 2026-1041"),
    ("order", "Order 2026-1077"),
    ("opportunity", "PV system Lindenstraße 8"),
    ("contract", "Electricity contract 88213"),
];
const VIEWS: &[&str] = &[
    "Open orders",
    "My customers",
    "Contracts ending this quarter",
];
const TAXONOMIES: &[&str] = &["Purpose", "Customer segment", "Region"];
const AUTOMATIONS: &[&str] = &[
    "Send order confirmation",
    "Notify back office",
    "Create contract document",
    "Assign to sales team",
];
const EXECUTIONS: &[&str] = &[
    "Send order confirmation",
    "Create contract document",
    "Notify back office",
];
const ROLES: &[&str] = &["Administrator", "Back office", "Sales", "Read only"];
const USERS: &[&str] = &[
    "lena.fischer",
    "marc.dubois",
    "petra.lang",
    "ivan.petrov",
    "julia.sommer",
];
const GROUPS: &[&str] = &["Sales team", "Back office", "Field service"];
const WEBHOOKS: &[&str] = &[
    "ERP order export",
    "Newsletter sign-up",
    "Data warehouse",
    "Billing hand-over",
];

/// The members that hold id and name of a thing of this kind.
pub(crate) fn fields(collection: &str) -> (&'static str, &'static str) {
    match collection {
        "entity" => ("_id", "_title"),
        "taxonomy" => ("slug", "name"),
        "automation" => ("id", "flow_name"),
        "closing_reason" => ("id", "title"),
        "user" => ("id", "email"),
        _ => ("id", "name"),
    }
}

/// What a tenant has of a kind before the first call.
pub(crate) fn preloaded(org_id: &str, collection: &str) -> Vec<Item> {
    let plain = |names: &[&str]| {
        names
            .iter()
            .map(|name| item(org_id, collection, name, ""))
            .collect()
    };
    match collection {
        "workflow" => plain(WORKFLOWS),
        "flow_template" => plain(FLOW_TEMPLATES),
        "closing_reason" => plain(CLOSING_REASONS),
        "entity" => ENTITIES
            .iter()
            .map(|(slug, name)| item(org_id, collection, name, slug))
            .collect(),
        "view" => plain(VIEWS),
        "taxonomy" => plain(TAXONOMIES),
        "automation" => plain(AUTOMATIONS),
        "execution" => plain(EXECUTIONS),
        "role" => plain(ROLES),
        "user" => USERS
            .iter()
            .map(|name| item(org_id, collection, &email(name, org_id), ""))
            .collect(),
        "group" => plain(GROUPS),
        "webhook" => plain(WEBHOOKS),
        _ => Vec::new(),
    }
}

/// The address of one of a tenant's people.
pub(crate) fn email(name: &str, org_id: &str) -> String {
    let domain = org_id.strip_prefix("org_").unwrap_or("platform");
    format!("{name}@{domain}.example")
}

fn item(org_id: &str, collection: &str, name: &str, slug: &str) -> Item {
    let id = match collection {
        "taxonomy" => slug_of(name),
        "role" => format!("{org_id}:{}", slug_of(name)),
        _ => uuid_of(&format!("{org_id} {collection} {name}")),
    };
    Item {
        id,
        name: name.to_owned(),
        slug: slug.to_owned(),
    }
}

/// The id that a new thing gets.
pub(crate) fn created_id(collection: &str, org_id: &str, request_id: &str, body: &Value) -> String {
    let slug = body["slug"].as_str().unwrap_or_default();
    match collection {
        "taxonomy" => slug.to_owned(),
        "role" => format!("{org_id}:{slug}"),
        _ => uuid_of(request_id),
    }
}

/// What the service knows about a preloaded thing.
pub(crate) fn stored(collection: &str, org_id: &str, item: &Item) -> Value {
    let (id_field, name_field) = fields(collection);
    let mut value = json!({id_field: item.id, name_field: item.name});
    match collection {
        "entity" => {
            value["_schema"] = json!(item.slug);
            value["_org"] = json!(org_id);
        }
        "role" | "group" | "user" => value["organization_id"] = json!(org_id),
        _ => {}
    }
    value
}

/// `Customer segment` is `customer-segment`.
pub(crate) fn slug_of(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}
