//! Which one: where the id of the thing is, on the smallest documents that show it.

use serde_json::{Value, json};

use crate::small_documents::{explained, explained_in, operation, query_parameter, without_actor};

/// What `METHOD /path operationId` (`-` for none) says as its sentence, with what else the operation says; `others` are
/// the document's other operations, as `METHOD /path`.
pub(super) fn says(line: &str, extra: &Value, others: &[&str]) -> String {
    let (method, path, operation) = operation(line, extra);
    let mut paths = json!({ path: { method.to_lowercase(): operation } });
    for other in others {
        let (method, path) = other.split_once(' ').expect("METHOD /path");
        paths[path][method.to_lowercase()] = json!({});
    }
    without_actor(&explained(method, path, &paths)).to_owned()
}

/// A body, as JSON, of that schema.
pub(super) fn body(schema: &Value) -> Value {
    json!({ "content": { "application/json": { "schema": schema } } })
}

/// An object with these properties, each of them a text.
fn object(names: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
        .collect();
    json!({ "type": "object", "properties": properties })
}

/// Request and response with these properties; without any, there is no body.
pub(super) fn bodies(request: &[&str], response: &[&str]) -> Value {
    let mut operation = json!({ "responses": { "200": { "description": "" } } });
    if !request.is_empty() {
        operation["requestBody"] = body(&object(request));
    }
    if !response.is_empty() {
        operation["responses"]["200"] = body(&object(response));
    }
    operation
}

#[test]
fn a_new_thing_is_known_by_what_its_sibling_path_finds_it_by() {
    for (line, request, response, other, expected) in [
        (
            "POST /invoices createInvoice",
            &["name", "number"][..],
            &[][..],
            "DELETE /invoices/{invoiceNumber}",
            "created invoice {number}",
        ),
        (
            "POST /project/{project}/checkout-key -",
            &["type"],
            &["fingerprint", "preferred"],
            "DELETE /project/{project}/checkout-key/{fingerprint}",
            "created key {fingerprint} of project {project}",
        ),
        (
            "POST /mailzones/{zone}/aliases createAlias",
            &["destinations", "email_address"],
            &[],
            "GET /mailzones/{zone}/aliases/{emailAddress}",
            "created an alias of mailzone {zone}",
        ),
        (
            "POST /mailzones/{zone}/aliases createAlias",
            &["destinations", "email_address"],
            &[],
            "PUT /mailzones/{zone}/aliases/{emailAddress}",
            "created alias {email_address} of mailzone {zone}",
        ),
        // The answer has an id of its own.
        (
            "POST /invoices createInvoice",
            &["number"],
            &["id", "number"],
            "DELETE /invoices/{invoiceNumber}",
            "created invoice {id}",
        ),
        // The projects of an owner are listed there.
        (
            "POST /projects createProject",
            &["owner", "budget"],
            &[],
            "GET /projects/{owner}",
            "created a project",
        ),
        // A user that is added at `/channels` is no channel.
        (
            "POST /users/{user_id}/channels addAppUserToChannel",
            &[],
            &["channelId", "userId"],
            "DELETE /users/{user_id}/channels/{channel_id}",
            "added an app user to user {user_id}",
        ),
        // What is assigned is there from then on.
        (
            "POST /virtual-numbers assignNumber",
            &["callback"],
            &["virtualNumber", "lastUse"],
            "GET /virtual-numbers/{virtual-number}",
            "assigned virtual number {virtualNumber}",
        ),
    ] {
        let said = says(line, &bodies(request, response), &[other]);
        assert_eq!(said, expected, "{line} beside {other}");
    }
}

#[test]
fn a_reference_to_a_new_thing_has_its_key() {
    let reference =
        json!({ "properties": { "routineReference": object(&["projectId", "routineId"]) } });
    let operation = json!({ "responses": { "200": body(&reference) } });
    assert_eq!(
        says(
            "POST /datasets/{datasetId}/routines routines.insert",
            &operation,
            &["DELETE /datasets/{datasetId}/routines/{routineId}"]
        ),
        "created routine {routineId} of dataset {datasetId}"
    );
}

#[test]
fn an_answer_that_is_one_text_is_the_id_of_what_was_made() {
    let text = json!({ "type": "string" });
    let uuid = json!({ "type": "string", "format": "uuid" });
    let number = json!({ "type": "integer", "format": "int32" });
    for (line, schema, described, others, expected) in [
        (
            "POST /trainings scheduleTraining",
            &text,
            "Created",
            &["GET /trainings/{trainingKey}"][..],
            "scheduled training {id}",
        ),
        (
            "POST /agents createAgent",
            &number,
            "",
            &["GET /agents/{agentID}"],
            "created agent {id}",
        ),
        ("POST /denylists -", &uuid, "", &[], "created denylist {id}"),
        (
            "POST /webhooks -",
            &text,
            "The id of the newly created webhook",
            &[],
            "created webhook {id}",
        ),
        ("POST /webhooks -", &text, "OK", &[], "created a webhook"),
        (
            "POST /deeds addDeed",
            &text,
            "URL of the deed",
            &["GET /deeds/{deedId}"],
            "added a deed",
        ),
        (
            "POST /swarms -",
            &text,
            "The node ID",
            &[],
            "created a swarm",
        ),
        (
            "POST /tokens createToken",
            &uuid,
            "",
            &["GET /tokens/{id}"],
            "created a token",
        ),
    ] {
        let mut answer = body(schema);
        answer["description"] = json!(described);
        let operation = json!({ "responses": { "201": answer } });
        let said = says(line, &operation, others);
        assert_eq!(said, expected, "{line} {schema} {described}");
    }
    // What is no JSON is not read.
    let plain = json!({ "content": { "text/plain": { "schema": uuid } } });
    let operation = json!({ "responses": { "201": plain } });
    assert_eq!(
        says("POST /denylists -", &operation, &[]),
        "created a denylist"
    );
}

#[test]
fn a_name_is_no_id_of_a_new_thing_that_is_found_by_its_id() {
    for (line, request, others, expected) in [
        (
            "POST /boards/{boardId}/checklists -",
            &["name"][..],
            &["GET /checklists/{checklistId}"][..],
            "created a checklist of board {boardId}",
        ),
        (
            "POST /organizations/{organizationId}/networks createNetwork",
            &["name", "timeZone"],
            &["PUT /networks/{networkId}"],
            "created a network of organization {organizationId}",
        ),
        (
            "POST /boards/{boardId}/checklists -",
            &["name"],
            &[],
            "created checklist {name} of board {boardId}",
        ),
        // What is put in there is there already.
        (
            "POST /projects/{projectId}/sections/insert insertSection",
            &["section", "after"],
            &["GET /sections/{sectionId}"],
            "created section {section} of project {projectId}",
        ),
        (
            "POST /collections/fork/{collection_uid} createFork",
            &["name"],
            &[],
            "created a fork",
        ),
    ] {
        let said = says(line, &bodies(request, &[]), others);
        assert_eq!(said, expected, "{line} beside {others:?}");
    }
}

/// What an operation of a document with this component schema is, where the thing in front of it is read as one.
fn says_beside_item(line: &str, name: &str, schema: &Value, item: &str, answer: &Value) -> String {
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    let read = json!({ "responses": { "200": body(&reference) } });
    let (method, path, operation) =
        operation(line, &json!({ "responses": { "200": body(answer) } }));
    let document = json!({
        "openapi": "3.0.0", "info": {},
        "paths": { item: { "get": read }, path: { method.to_lowercase(): operation } },
        "components": { "schemas": { name: schema } }
    });
    without_actor(&explained_in(method, path, &document)).to_owned()
}

#[test]
fn an_answer_that_is_the_enclosing_thing_has_its_id() {
    let office = json!({ "$ref": "#/components/schemas/Office" });
    let class = json!({ "$ref": "#/components/schemas/TicketClass" });
    let other = json!({ "$ref": "#/components/schemas/Room" });
    for (line, name, item, answer, expected) in [
        (
            "POST /offices/{id}/add_exam_room offices_add_exam_room",
            "Office",
            "/offices/{id}",
            office.clone(),
            "added an exam room to office {id}",
        ),
        (
            "POST /ticketClass/{classId}/addMessage ticketclass.addmessage",
            "TicketClass",
            "/ticketClass/{resourceId}",
            json!({ "properties": { "resource": class } }),
            "added a message to ticket class {classId}",
        ),
        // Another office was made.
        (
            "POST /offices/{id}/copy copyOffice",
            "Office",
            "/offices/{id}",
            office.clone(),
            "copied office {id}",
        ),
        (
            "POST /offices/{id}/drafts createDraft",
            "Office",
            "/offices/{id}",
            office,
            "created draft {id} of office {id}",
        ),
        // The answer is named after what was added.
        (
            "POST /offices/{id}/rooms createRoom",
            "Room",
            "/offices/{id}",
            other,
            "created room {id} of office {id}",
        ),
    ] {
        let schema = object(&["id", "name"]);
        let said = says_beside_item(line, name, &schema, item, &answer);
        assert_eq!(said, expected, "{line}");
    }
}

#[test]
fn the_id_of_a_long_running_operation_is_not_that_of_what_it_makes() {
    for (schema, expected) in [
        ("Operation", "created firewall {name}"),
        ("google.longrunning.Operation", "created firewall {name}"),
        ("FirewallOperation", "created firewall {id}"),
    ] {
        assert_eq!(firewall_answered_with(schema), expected, "{schema}");
    }
}

/// What `POST /firewalls` says that is answered with a schema of that name.
fn firewall_answered_with(schema: &str) -> String {
    let answer = body(&json!({ "$ref": format!("#/components/schemas/{schema}") }));
    let firewall = json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "description": "[Output Only] The unique identifier." },
            "name": { "type": "string" },
        },
    });
    let extra = json!({ "requestBody": body(&firewall), "responses": { "200": answer } });
    let (method, path, insert) = operation("POST /firewalls insertFirewall", &extra);
    let document = json!({
        "openapi": "3.0.0",
        "info": {},
        "paths": { path: { method.to_lowercase(): insert } },
        "components": { "schemas": { schema: object(&["id", "status", "targetId"]) } },
    });
    without_actor(&explained_in(method, path, &document)).to_owned()
}

#[test]
fn an_id_of_the_enclosing_thing_or_of_its_revision_is_no_new_thing_s() {
    for (line, sent, answered, expected) in [
        (
            "POST /projects/{idOrName}/domains addProjectDomain",
            &["name"][..],
            &["name", "projectId"][..],
            "added project domain {name} to project {idOrName}",
        ),
        (
            "POST /albums/{album_id}/tracks addTrack",
            &[],
            &["snapshot_id"],
            "added a track to album {album_id}",
        ),
        (
            "POST /signing-profiles/{profileName}/permissions AddProfilePermission",
            &[],
            &["revisionId"],
            "added a profile permission to signing profile {profileName}",
        ),
        (
            "POST /servers/{serverId}/snapshots createSnapshot",
            &[],
            &["snapshot_id"],
            "created snapshot {snapshot_id} of server {serverId}",
        ),
    ] {
        let said = says(line, &bodies(sent, answered), &[]);
        assert_eq!(said, expected, "{line}");
    }
}

#[test]
fn what_is_started_for_a_thing_has_an_id_of_its_own() {
    for (line, answered, expected) in [
        (
            "POST /companies/{companyId}/sync/historic requestHistoricSync",
            &["historicSyncId", "companyId"][..],
            "requested historic sync {historicSyncId} of company {companyId}",
        ),
        (
            "POST /registries/{registry_name}/garbage-collection run_garbageCollection",
            &["status"],
            "ran the garbage collection of registry {registry_name}",
        ),
    ] {
        let said = says(line, &bodies(&[], answered), &[]);
        assert_eq!(said, expected, "{line}");
    }
}

#[test]
fn a_rate_is_no_key_and_what_is_answered_stands_in_no_request() {
    let rate = json!({ "properties": { "exchangeRate": { "type": "number" }, "published": {} } });
    let operation = json!({ "requestBody": body(&rate), "responses": {} });
    assert_eq!(
        says(
            "POST /currencies/{isoCode}/exchangeRate createExchangeRate",
            &operation,
            &[]
        ),
        "created an exchange rate of currency {isoCode}"
    );
    let schedule = json!({ "properties": {
        "name": { "type": "string" }, "createPipelineJobRequest": object(&["pipelineJobId"])
    } });
    let operation = json!({ "responses": { "200": body(&schedule) } });
    assert_eq!(
        says("POST /schedules schedules.create", &operation, &[]),
        "created schedule {name}"
    );
}

#[test]
fn an_address_names_a_person_and_nothing_else_that_is_made() {
    for (line, expected) in [
        ("POST /receipts createReceipt", "created a receipt"),
        ("POST /monitors -", "created a monitor"),
        ("POST /learners addLearner", "added learner {email}"),
        ("POST /contacts -", "created contact {email}"),
    ] {
        assert_eq!(
            says(line, &bodies(&["email"], &[]), &[]),
            expected,
            "{line}"
        );
    }
}

#[test]
fn a_post_that_looks_something_up_is_about_what_its_body_names() {
    for (line, request, expected) in [
        ("POST /cards/view -", "card_id", "viewed card {card_id}"),
        (
            "POST /vehicles getVehicleByRegistrationNumber",
            "registrationNumber",
            "viewed vehicle {registrationNumber}",
        ),
        (
            "POST /boards/get_by_slug getBoardBySlug",
            "slug",
            "viewed board {slug}",
        ),
        // Another thing's id is no key of a board.
        (
            "POST /boards/get_by_team getBoardByTeamId",
            "teamId",
            "viewed a board",
        ),
        (
            "POST /reports/view getReportsByFilter",
            "filter",
            "viewed reports",
        ),
    ] {
        let body = bodies(&[request, "locale"], &["title", "colour"]);
        assert_eq!(says(line, &body, &[]), expected, "{line}");
    }
}

#[test]
fn the_name_beside_a_message_is_that_of_its_sender() {
    let body = bodies(&["name", "email", "message"], &[]);
    for (line, expected) in [
        ("POST /feedback/submit sendFeedback", "sent feedback"),
        ("POST /enquiries createEnquiry", "created an enquiry"),
    ] {
        assert_eq!(says(line, &body, &[]), expected, "{line}");
    }
}

#[test]
fn who_does_it_is_not_what_it_is_done_to() {
    let line = "POST /teams/{teamId}/memberships/resendInviteMail -";
    assert_eq!(
        says(line, &bodies(&["inviterId", "address"], &[]), &[]),
        "resent an invite mail of team {teamId}"
    );
    let body = bodies(&["sender_id", "template_id", "from"], &[]);
    assert_eq!(says("POST /test/send_email -", &body, &[]), "sent an email");
}

#[test]
fn a_part_is_named_in_the_query_that_no_call_goes_without() {
    for (line, name, required, expected) in [
        (
            "PUT /services/{id}/operation -",
            "operationName",
            true,
            "updated operation {operationName} of service {id}",
        ),
        (
            "PATCH /rooms/{id}/socket -",
            "socket_number",
            true,
            "updated socket {socket_number} of room {id}",
        ),
        (
            "PUT /services/{id}/operation -",
            "operationName",
            false,
            "updated the operation of service {id}",
        ),
        (
            "PUT /services/{id}/operation -",
            "callerName",
            true,
            "updated the operation of service {id}",
        ),
    ] {
        let said = says(line, &query_parameter(name, required), &[]);
        assert_eq!(said, expected, "{line} {name} {required}");
    }
}

#[test]
fn what_is_set_in_a_collection_is_answered_with_its_own_id() {
    for (line, key, expected) in [
        (
            "POST /debuggees/{debuggeeId}/breakpoints/set -",
            "breakpoint",
            "set breakpoint {id} of debuggee {debuggeeId}",
        ),
        (
            "POST /rooms/{roomId}/alarms/set -",
            "alarm",
            "set alarm {id} of room {roomId}",
        ),
    ] {
        let answer = json!({ "properties": { key: object(&["id", "state"]) } });
        let operation = json!({
            "summary": format!("Set the {key}"),
            "responses": { "200": body(&answer) }
        });
        assert_eq!(says(line, &operation, &[]), expected, "{line}");
    }
}

#[test]
fn the_kind_of_what_is_made_is_not_which_one() {
    for (line, other, expected) in [
        (
            "POST /clients/{language} generateClient",
            "GET /clients",
            "generated a client",
        ),
        (
            "POST /archives/{archiveKind} createArchive",
            "GET /archives/{archiveKind}",
            "created an archive",
        ),
        (
            "POST /captions/{language} createCaption",
            "DELETE /captions/{language}",
            "created caption {language}",
        ),
    ] {
        let said = says(line, &bodies(&["text"], &[]), &[other]);
        assert_eq!(said, expected, "{line} beside {other}");
    }
}

#[test]
fn who_is_found_by_a_name_in_one_word_is_that_one() {
    let in_query = |name: &str| json!({ "parameters": [{ "name": name, "in": "query", "schema": { "type": "string" } }] });
    for (line, operation, expected) in [
        (
            "DELETE /groups/user removeUserFromGroup",
            in_query("username"),
            "removed user {username}",
        ),
        (
            "GET /group getGroup",
            in_query("groupname"),
            "viewed group {groupname}",
        ),
        // The pool is what the user is in.
        (
            "POST /x AdminDisableUser",
            bodies(&["UserPoolId", "Username"], &[]),
            "disabled user {Username}",
        ),
    ] {
        assert_eq!(says(line, &operation, &[]), expected, "{line}");
    }
}
