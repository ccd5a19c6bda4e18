//! What the made-up services do: the operations behind the events.

use daybook_event::Action;

/// One operation of a service, and how often it is called beside the others.
pub(crate) struct Operation {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    pub(crate) method: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) entity_type: &'static str,
    /// As it stands in the sentence, and its base.
    pub(crate) verb: (&'static str, &'static str),
    /// The fields of its body.
    pub(crate) fields: &'static [&'static str],
    pub(crate) weight: u64,
}

macro_rules! operations {
    ($($service:literal $name:literal $action:ident $method:literal $resource:literal $entity:literal
       $past:literal $base:literal [$($field:literal)*] $weight:literal;)+) => {
        /// All of them.
        pub(crate) const OPERATIONS: &[Operation] = &[$(Operation {
            service: $service,
            name: $name,
            action: Action::$action,
            method: $method,
            resource: $resource,
            entity_type: $entity,
            verb: ($past, $base),
            fields: &[$($field),*],
            weight: $weight,
        }),+];
    };
}

operations! {
    "workflow" "createWorkflow" Create "POST" "/v1/workflows" "workflow" "created" "create" ["name" "description" "trigger"] 4;
    "workflow" "updateWorkflow" Update "PUT" "/v1/workflows/{id}" "workflow" "updated" "update" ["name" "description" "steps"] 14;
    "workflow" "deleteWorkflow" Delete "DELETE" "/v1/workflows/{id}" "workflow" "deleted" "delete" [] 2;
    "workflow" "executeWorkflow" Execute "POST" "/v1/workflows/{id}:execute" "workflow" "executed" "execute" ["input"] 20;
    "workflow" "publishWorkflow" Execute "POST" "/v1/workflows/{id}/publish" "workflow" "published" "publish" ["note"] 3;
    "entity" "createEntity" Create "POST" "/v1/entities" "entity" "created" "create" ["name" "title" "amount" "tags"] 9;
    "entity" "patchEntity" Update "PATCH" "/v1/entities/{id}" "entity" "updated" "update" ["title" "status" "amount"] 18;
    "entity" "deleteEntity" Delete "DELETE" "/v1/entities/{id}" "entity" "deleted" "delete" [] 3;
    "entity" "searchEntities" Read "POST" "/v1/entities:search" "entity" "searched" "search" ["query"] 6;
    "user" "inviteUser" Create "POST" "/v1/users" "user" "invited" "invite" ["name" "roles"] 2;
    "user" "updateUser" Update "PUT" "/v1/users/{id}" "user" "updated" "update" ["name" "phone"] 4;
    "user" "deleteUser" Delete "DELETE" "/v1/users/{id}" "user" "deleted" "delete" [] 1;
    "permission" "assignRole" Update "PUT" "/v1/users/{id}/roles" "user" "assigned roles to" "assign" ["roles" "reason"] 2;
    "permission" "revokeGrant" Delete "DELETE" "/v1/grants/{id}" "grant" "revoked" "revoke" [] 1;
    "webhook" "createWebhook" Create "POST" "/v1/webhooks" "webhook" "created" "create" ["url" "events"] 1;
    "webhook" "testWebhook" Execute "POST" "/v1/webhooks/{id}/test" "webhook" "tested" "test" [] 1;
    "automation" "enableAutomation" Update "PUT" "/v1/automations/{id}/enabled" "automation" "enabled" "enable" ["note"] 3;
    "automation" "runAutomation" Execute "POST" "/v1/automations/{id}/runs" "automation" "ran" "run" ["input" "note"] 6;
}

/// Words of names, titles and notes.
pub(crate) const WORDS: &[&str] = &[
    "Onboarding",
    "Payroll",
    "Review",
    "Quarterly",
    "Approval",
    "Customer",
    "Invoice",
    "Export",
    "Summary",
    "Report",
    "Escalation",
    "Ticket",
    "Contract",
    "Renewal",
    "Welcome",
    "Mail",
    "Budget",
    "Forecast",
    "Audit",
    "Vendor",
    "Supplier",
    "Purchase",
    "Order",
    "Refund",
    "Chargeback",
    "Sync",
    "Nightly",
    "Cleanup",
    "Archive",
    "Retention",
    "Policy",
    "Access",
    "Request",
    "Badge",
    "Office",
    "Laptop",
    "Phone",
    "Travel",
    "Expense",
    "Leave",
    "Vacation",
    "Training",
    "Security",
    "Incident",
    "Response",
    "Plan",
    "Draft",
    "Final",
    "Shared",
    "Private",
    "Team",
    "Project",
    "Alpha",
    "Beta",
    "North",
    "South",
    "East",
    "West",
    "Central",
    "Global",
    "Local",
    "Annual",
    "Monthly",
    "Weekly",
];

pub(crate) const FIRST_NAMES: &[&str] = &[
    "amy", "bob", "carla", "dmitri", "eve", "farid", "greta", "hiro", "ines", "jane", "karl",
    "lena", "mo", "nora", "otto", "pia", "quinn", "rosa", "sven", "tara", "uma", "vera", "wanda",
    "xavier",
];

pub(crate) const LAST_NAMES: &[&str] = &[
    "smith", "jones", "garcia", "mueller", "tanaka", "okafor", "silva", "rossi", "novak", "kim",
    "dubois", "larsen", "haddad", "patel", "ivanov", "cohen", "nguyen", "kowalski", "moreau",
    "chen",
];

pub(crate) const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
    "python-requests/2.32.5",
    "axios/1.13.2",
];
