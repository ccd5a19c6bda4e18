//! The operations of the six APIs that the sample service has, as their documents name them.

/// What a call does to what the service knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Something new in a collection.
    Create(&'static str),
    /// Something of a collection changes.
    Change(&'static str),
    /// Something of a collection goes.
    Remove(&'static str),
    /// Anything else; the collection is that of the first path parameter.
    Act(&'static str),
    /// Nothing.
    Read(&'static str),
}

impl Effect {
    pub(crate) fn collection(self) -> &'static str {
        match self {
            Self::Create(collection)
            | Self::Change(collection)
            | Self::Remove(collection)
            | Self::Act(collection)
            | Self::Read(collection) => collection,
        }
    }
}

/// One operation of a document.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The document's base name, and the first label of its host.
    pub(crate) service: &'static str,
    /// The document's `operationId`.
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    pub(crate) template: &'static str,
    /// The status of a success.
    pub(crate) status: u16,
    pub(crate) effect: Effect,
    /// How often it is called, beside the others.
    pub(crate) weight: usize,
}

macro_rules! operations {
    ($($service:literal: $($id:ident $method:ident $template:literal $status:literal $effect:ident($collection:literal) $weight:literal;)+)+) => {
        &[$($(Operation {
            service: $service,
            id: stringify!($id),
            method: stringify!($method),
            template: $template,
            status: $status,
            effect: Effect::$effect($collection),
            weight: $weight,
        },)+)+]
    };
}

/// Of two templates that match a path the first one counts, so concrete ones come first.
pub(crate) static OPERATIONS: &[Operation] = operations! {
    "workflow-definition":
    createDefinition POST "/v1/workflows/definitions" 201 Create("workflow") 9;
    setWorkflowClosingReasons PATCH "/v1/workflows/definitions/{definitionId}/closing-reasons" 201 Act("workflow") 4;
    getDefinition GET "/v1/workflows/definitions/{definitionId}" 200 Read("workflow") 4;
    updateDefinition PUT "/v1/workflows/definitions/{definitionId}" 200 Change("workflow") 14;
    deleteDefinition DELETE "/v1/workflows/definitions/{definitionId}" 204 Remove("workflow") 6;
    createFlowTemplate POST "/v2/flows/templates" 201 Create("flow_template") 4;
    duplicateFlowTemplate POST "/v2/flows/templates/{flowId}/duplicate" 201 Act("flow_template") 3;
    updateFlowTemplate PUT "/v2/flows/templates/{flowId}" 200 Change("flow_template") 6;
    deleteFlowTemplate DELETE "/v2/flows/templates/{flowId}" 204 Remove("flow_template") 2;
    createClosingReason POST "/v1/workflows/closing-reasons" 201 Create("closing_reason") 3;
    updateClosingReason PATCH "/v2/workflows/closing-reasons/{reasonId}" 200 Change("closing_reason") 3;
    deleteClosingReason DELETE "/v2/workflows/closing-reasons/{reasonId}" 204 Remove("closing_reason") 1;
    "entity":
    searchEntities POST "/v1/entity:search" 200 Read("entity") 4;
    exportEntities POST "/v1/entity:export" 201 Act("entity") 3;
    importEntities POST "/v1/entity:import" 201 Act("entity") 2;
    createSavedView POST "/v1/entity/view" 201 Create("view") 3;
    deleteSavedView DELETE "/v1/entity/view/{id}" 200 Remove("view") 2;
    createTaxonomy POST "/v1/entity/taxonomies" 201 Create("taxonomy") 2;
    bulkDeleteClassifications POST "/v1/entity/taxonomies/classifications:delete" 200 Act("taxonomy") 3;
    upsertEntity PATCH "/v1/entity/{slug}:upsert" 200 Act("entity") 3;
    addRelations POST "/v1/entity/{slug}/{id}/relations" 200 Act("entity") 5;
    restoreEntity PATCH "/v1/entity/{slug}/{id}:restore" 200 Act("entity") 2;
    getEntity GET "/v1/entity/{slug}/{id}" 200 Read("entity") 5;
    updateEntity PUT "/v1/entity/{slug}/{id}" 200 Change("entity") 6;
    patchEntity PATCH "/v1/entity/{slug}/{id}" 200 Change("entity") 13;
    deleteEntity DELETE "/v1/entity/{slug}/{id}" 200 Remove("entity") 7;
    createEntity POST "/v1/entity/{slug}" 201 Create("entity") 14;
    "automation":
    createFlow POST "/v1/automation/flows" 201 Create("automation") 5;
    putFlow PUT "/v1/automation/flows/{flow_id}" 200 Change("automation") 7;
    deleteFlow DELETE "/v1/automation/flows/{flow_id}" 200 Remove("automation") 2;
    bulkTriggerExecutions POST "/v1/automation/executions/bulk-jobs" 202 Act("automation") 3;
    startExecution POST "/v1/automation/executions" 201 Act("automation") 8;
    retriggerAction POST "/v1/automation/executions/{execution_id}/{action_id}/retrigger" 200 Act("execution") 6;
    cancelExecution DELETE "/v1/automation/executions/{execution_id}" 200 Act("execution") 3;
    "permissions":
    createRole POST "/v1/permissions/roles" 200 Create("role") 4;
    putRole PUT "/v1/permissions/roles/{roleId}" 200 Change("role") 6;
    deleteRole DELETE "/v1/permissions/roles/{roleId}" 200 Remove("role") 2;
    assignRoles PUT "/v1/permissions/assignments/{userId}" 200 Act("user") 4;
    addAssignment POST "/v1/permissions/assignments/{userId}/{roleId}" 201 Act("user") 4;
    removeAssignment DELETE "/v1/permissions/assignments/{userId}/{roleId}" 200 Act("user") 3;
    "user":
    inviteUser POST "/v2/users/invite" 201 Create("user") 8;
    sendUserPasswordReset POST "/v2/users:sendPasswordReset" 200 Act("user") 4;
    resetPassword POST "/v2/users/public/resetPassword" 200 Act("user") 3;
    putUserSetting PUT "/v2/users/me/settings/{scope}/{key}" 200 Act("setting") 4;
    updateUserV2 PATCH "/v2/users/{id}" 200 Change("user") 7;
    deleteUserV2 DELETE "/v2/users/{id}" 200 Remove("user") 3;
    createGroup POST "/v1/groups" 201 Create("group") 3;
    getGroup GET "/v1/groups/{id}" 200 Read("group") 3;
    updateGroup PATCH "/v1/groups/{id}" 201 Change("group") 4;
    deleteGroup DELETE "/v1/groups/{id}" 204 Remove("group") 1;
    "webhooks":
    createConfig POST "/v1/webhooks/configs" 201 Create("webhook") 6;
    testOAuth POST "/v1/webhooks/configs/{configId}/test-oauth" 200 Act("webhook") 5;
    triggerWebhook POST "/v1/webhooks/configs/{configId}/trigger" 200 Act("webhook") 4;
    batchReplayEvents POST "/v1/webhooks/configs/{configId}/events/replay-batch" 202 Act("webhook") 3;
    getConfig GET "/v1/webhooks/configs/{configId}" 200 Read("webhook") 3;
    updateConfig PUT "/v1/webhooks/configs/{configId}" 200 Change("webhook") 7;
    deleteConfig DELETE "/v1/webhooks/configs/{configId}" 204 Remove("webhook") 3;
};

/// The service names, in the order of their first operation.
pub(crate) fn services() -> Vec<&'static str> {
    let mut services: Vec<&str> = OPERATIONS
        .iter()
        .map(|operation| operation.service)
        .collect();
    services.dedup();
    services
}

/// The host under which an API is called, as its document's `servers` say.
pub(crate) fn domain_name(service: &str) -> String {
    match service {
        "workflow-definition" => "workflows-definition.sls.epilot.io".to_owned(),
        other => format!("{other}.sls.epilot.io"),
    }
}

/// The operation behind a request, and its path parameters.
pub(crate) fn find(
    method: &str,
    path: &str,
) -> Option<(&'static Operation, Vec<(&'static str, String)>)> {
    OPERATIONS
        .iter()
        .filter(|operation| operation.method == method)
        .find_map(|operation| Some((operation, matches(operation.template, path)?)))
}

/// The names of a template's parameters: `{slug}` of `/v1/entity/{slug}:upsert`.
pub(crate) fn parameters(template: &'static str) -> impl Iterator<Item = &'static str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// The template with its parameters filled in.
pub(crate) fn fill(template: &str, parameters: &[(&'static str, String)]) -> String {
    parameters
        .iter()
        .fold(template.to_owned(), |path, (name, value)| {
            path.replace(&format!("{{{name}}}"), value)
        })
}

fn matches(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        let Some((name, suffix)) = part.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        else {
            if part != segment {
                return None;
            }
            continue;
        };
        let value = segment.strip_suffix(suffix)?;
        if value.is_empty() {
            return None;
        }
        found.push((name, value.to_owned()));
    }
    segments.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_finds_its_operation_and_the_concrete_one_first() {
        let id_of = |method, path| find(method, path).map(|(operation, _)| operation.id);
        assert_eq!(id_of("POST", "/v1/entity/view"), Some("createSavedView"));
        assert_eq!(id_of("POST", "/v1/entity/contact"), Some("createEntity"));
        assert_eq!(
            id_of("PATCH", "/v1/entity/contact:upsert"),
            Some("upsertEntity")
        );
        assert_eq!(
            id_of("PATCH", "/v1/entity/contact/7:restore"),
            Some("restoreEntity")
        );
        assert_eq!(id_of("PATCH", "/v1/entity/contact/7"), Some("patchEntity"));
        assert_eq!(id_of("GET", "/nowhere"), None);
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        for operation in OPERATIONS {
            let values: Vec<_> = parameters(operation.template)
                .map(|name| (name, "x1".to_owned()))
                .collect();
            let path = fill(operation.template, &values);
            let (found, parameters) = find(operation.method, &path).unwrap();
            assert_eq!(found.id, operation.id);
            assert_eq!(parameters, values);
        }
    }
}
