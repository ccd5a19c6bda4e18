//! Each rule of meaning on the smallest operation that shows it.

use serde_json::{Value, json};

use crate::small_documents::{self, operation, query_parameter, without_actor};

/// `METHOD /path operationId` (`-` for none), what else the operation says, other paths of the document.
fn explained(line: &str, extra: &Value, others: &[&str]) -> String {
    let (method, path, operation) = operation(line, extra);
    let mut paths = json!({ path: { method.to_lowercase(): operation } });
    for other in others {
        paths[other] = json!({ "get": {} });
    }
    let explained = small_documents::explained(method, path, &paths);
    format!("{}: {}", explained.action, without_actor(&explained))
}

#[track_caller]
fn check(rule: &str, cases: &[(&str, &str)]) {
    check_with(rule, &json!({}), cases);
}

#[track_caller]
fn check_with(rule: &str, extra: &Value, cases: &[(&str, &str)]) {
    let actual: Vec<String> = cases
        .iter()
        .map(|(line, _)| format!("{line} → {}", explained(line, extra, &[])))
        .collect();
    let expected: Vec<String> = cases
        .iter()
        .map(|(line, expected)| format!("{line} → {expected}"))
        .collect();
    assert_eq!(actual, expected, "rule {rule:?}");
}

/// Request and response bodies with these properties.
fn bodies(request: &[&str], response: &[&str]) -> Value {
    let content = |names: &[&str]| {
        let properties: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
            .collect();
        json!({ "content": { "application/json": { "schema": { "properties": properties } } } })
    };
    json!({ "requestBody": content(request), "responses": { "200": content(response) } })
}

#[test]
fn the_verb_of_the_operation_id_comes_first() {
    check(
        "verb first",
        &[
            (
                "POST /orders/{id}/x cancelOrder",
                "execute: cancelled order {id}",
            ),
            ("DELETE /runs/{id} cancelRun", "execute: cancelled run {id}"),
            (
                "POST /users/{id}/deactivate deactivateUser",
                "execute: deactivated user {id}",
            ),
            ("PUT /users/{id} Users_Update", "update: updated user {id}"),
        ],
    );
    check(
        "noun first",
        &[
            (
                "POST /containers/{id}/kill ContainerKill",
                "execute: killed container {id}",
            ),
            (
                "POST /images/{name}/push ImagePush",
                "execute: pushed image {name}",
            ),
            (
                "DELETE /v1/topics/{topic} pubsub.projects.topics.delete",
                "delete: deleted topic {topic}",
            ),
            (
                "POST /things/{id}/owner things_assign_owner",
                "update: assigned the owner of thing {id}",
            ),
        ],
    );
    check(
        "sentence as an id",
        &[(
            "POST /payments/{paymentId}/refunds Submit a refund for a payment",
            "create: submitted a refund of payment {paymentId}",
        )],
    );
}

#[test]
fn a_generated_id_says_no_more_than_its_path() {
    check(
        "path repeated",
        &[
            (
                "PUT /orders/{id}/ship put-orders-id-ship",
                "execute: shipped order {id}",
            ),
            (
                "POST /dags/{dag_id}/dagRuns post_dag_run",
                "create: created a dag run of dag {dag_id}",
            ),
            ("POST /pads/text getTextUsingPOST", "read: viewed the text"),
        ],
    );
}

#[test]
fn a_verb_at_the_paths_end_counts_where_the_id_is_silent() {
    check(
        "verb at the end",
        &[
            (
                "POST /orders/{id}/cancel -",
                "execute: cancelled order {id}",
            ),
            (
                "POST /orders/{id}:cancel -",
                "execute: cancelled order {id}",
            ),
            (
                "POST /indexers('{name}')/search.run -",
                "execute: ran indexer {name}",
            ),
            ("POST /orders:search -", "read: searched orders"),
            ("POST /templates/delete.json -", "delete: deleted templates"),
            (
                "POST /version/{id}/removeAndSwap -",
                "delete: removed version {id}",
            ),
            (
                "POST /payments/{id}/refund -",
                "execute: refunded payment {id}",
            ),
            (
                "POST /payments/{id}/comment -",
                "create: created a comment of payment {id}",
            ),
            ("POST /get_profile -", "read: viewed a profile"),
        ],
    );
}

#[test]
fn a_summary_speaks_where_nothing_else_does() {
    for (line, summary, expected) in [
        (
            "PUT /messages/{id} -",
            "Mark message as read",
            "update: marked message {id} as read",
        ),
        (
            "POST /videos/{id}/captions/{language} -",
            "Upload a caption",
            "create: uploaded caption {language} to video {id}",
        ),
        (
            "POST /likes/{id} -",
            "Likes a track.",
            "execute: liked track {id}",
        ),
        (
            "POST /orders -",
            "Order details",
            "create: created an order",
        ),
        (
            "DELETE /orders/{id} -",
            "Get the order",
            "delete: deleted order {id}",
        ),
        (
            "PUT /roles/{id} putRole",
            "Create or update a role",
            "update: saved role {id}",
        ),
    ] {
        assert_eq!(
            explained(line, &json!({ "summary": summary }), &[]),
            expected,
            "{line} {summary}"
        );
    }
}

#[test]
fn the_method_decides_what_a_verb_cannot_mean() {
    check(
        "method",
        &[
            ("GET /orders listOrders", "read: listed orders"),
            ("GET /orders/{id} -", "read: viewed order {id}"),
            ("DELETE /orders/{id} getOrder", "delete: deleted order {id}"),
            ("PUT /orders/{id} createOrder", "update: saved order {id}"),
            (
                "PUT /orders/{id} createOrUpdateOrder",
                "update: saved order {id}",
            ),
            ("POST /orders/{id} -", "update: updated order {id}"),
            ("POST /orders/query queryOrders", "read: queried orders"),
            (
                "PUT /users/{id}/groups/{groupId} -",
                "create: added group {groupId} to user {id}",
            ),
            (
                "DELETE /me/followings/{user_id} -",
                "delete: removed following {user_id}",
            ),
        ],
    );
}

#[test]
fn the_noun_is_the_resource_as_exactly_as_the_document_says_it() {
    check(
        "noun",
        &[
            (
                "DELETE /view/{id} deleteSavedView",
                "delete: deleted saved view {id}",
            ),
            (
                "POST /v1/webhooks/configs createConfig",
                "create: created a webhook config",
            ),
            (
                "DELETE /marketing-events/events/{id} -",
                "delete: deleted marketing event {id}",
            ),
            (
                "PATCH /closing-reasons/{reasonId} changeReasonStatus",
                "update: updated closing reason {reasonId}",
            ),
            (
                "DELETE /playlists/{playlist_id}/tracks remove-tracks-playlist",
                "delete: removed tracks from playlist {playlist_id}",
            ),
            (
                "DELETE /playlists/{playlist_id}/followers unfollow-playlist",
                "execute: unfollowed playlist {playlist_id}",
            ),
            (
                "PUT /webhooks/firehose putWebhooksFirehose",
                "update: updated the firehose",
            ),
            (
                "POST /executions/{execution_id}/{action_id}/retry retryAction",
                "execute: retried action {action_id} of execution {execution_id}",
            ),
            (
                "POST /Redis/{name}/regenerateKey Redis_RegenerateKey",
                "execute: regenerated the redis key of redis {name}",
            ),
            (
                "POST /orders/{id}/history -",
                "create: created an order history of order {id}",
            ),
            ("GET /users/me getMe", "read: viewed the user"),
            ("POST /auth/logout logout", "execute: logged out"),
            ("DELETE /children/{id} -", "delete: deleted child {id}"),
        ],
    );
}

#[test]
fn one_lower_case_word_is_cut_where_its_parameters_say() {
    let extra = json!({ "parameters": [{ "name": "schedule_id", "in": "query" }, { "name": "person_id", "in": "query" }] });
    check_with(
        "glued",
        &extra,
        &[
            (
                "POST /switchschedule switchschedule",
                "execute: switched schedule {schedule_id}",
            ),
            (
                "POST /setpersonsaway setpersonsaway",
                "update: set people as away",
            ),
        ],
    );
}

#[test]
fn a_new_thing_has_its_id_in_the_answer() {
    check_with(
        "response id",
        &bodies(&["name"], &["id", "name"]),
        &[("POST /orders createOrder", "create: created order {id}")],
    );
    check_with(
        "noun id",
        &bodies(&[], &["order_id", "shop_id"]),
        &[(
            "POST /orders createOrder",
            "create: created order {order_id}",
        )],
    );
    check_with(
        "natural key",
        &bodies(&[], &["slug", "text"]),
        &[(
            "POST /taxonomies createTaxonomy",
            "create: created taxonomy {slug}",
        )],
    );
    check_with(
        "chosen by the caller",
        &bodies(&[], &["id"]),
        &[(
            "POST /brokers/{broker}/users/{username} CreateUser",
            "create: created user {username} of broker {broker}",
        )],
    );
    check_with(
        "never a secret",
        &bodies(&["token"], &["token"]),
        &[
            ("POST /sessions createSession", "create: created a session"),
            (
                "DELETE /authorizations/{authorizationToken} cancelAuthorization",
                "execute: cancelled an authorization",
            ),
            (
                "POST /users/activate activateUser",
                "execute: activated a user",
            ),
        ],
    );
    check_with(
        "the enclosing id is not the new one",
        &bodies(&[], &["playerId"]),
        &[(
            "POST /players/{playerId}/logos uploadLogo",
            "create: uploaded a logo to player {playerId}",
        )],
    );
}

#[test]
fn a_name_is_no_id_where_other_paths_have_an_id() {
    let named = bodies(&["name"], &[]);
    for (other, expected) in [
        (
            "/profiles/{profileId}/cards/{cardId}",
            "created a card of profile {profileId}",
        ),
        (
            "/profiles/{profileId}/cards/{idCard}",
            "created a card of profile {profileId}",
        ),
        (
            "/profiles/{profileId}/cards/{name}",
            "created card {name} of profile {profileId}",
        ),
        (
            "/profiles/{profileId}/cards/{cardKey}",
            "created card {name} of profile {profileId}",
        ),
        (
            "/profiles/{profileId}/notes/{noteId}",
            "created card {name} of profile {profileId}",
        ),
    ] {
        let line = "POST /profiles/{profileId}/cards -";
        let explained = explained(line, &named, &[other]);
        assert_eq!(explained, format!("create: {expected}"), "{other}");
    }
    let line = "POST /reports/generate generateReport";
    let explained = explained(line, &named, &["/reports/{report_id}"]);
    assert_eq!(explained, "create: generated a report");
}

#[test]
fn what_other_paths_have_an_id_behind_is_no_call() {
    let line = "POST /contracts/{parentId}/blockHourFactors -";
    for (other, expected) in [
        (
            "/contracts/{parentId}/blockHourFactors/{id}",
            "create: created a block hour factor of contract {parentId}",
        ),
        (
            "/contracts/{parentId}",
            "execute: blocked the hour factors of contract {parentId}",
        ),
    ] {
        assert_eq!(explained(line, &json!({}), &[other]), expected, "{other}");
    }
}

#[test]
fn a_call_without_an_id_in_its_path_has_it_in_its_body_or_query() {
    check_with(
        "request id",
        &bodies(&["address_id", "text"], &[]),
        &[(
            "POST /profile/deleteRecipient deleteRecipient",
            "delete: deleted recipient {address_id}",
        )],
    );
    check_with(
        "name as the key",
        &bodies(&["name"], &[]),
        &[(
            "POST /templates/delete.json -",
            "delete: deleted template {name}",
        )],
    );
    check_with(
        "shortened",
        &bodies(&["org_id"], &[]),
        &[(
            "POST /users/switchOrganization switchOrganization",
            "execute: switched organization {org_id}",
        )],
    );
    let query = json!({ "parameters": [{ "name": "job_id", "in": "query" }, { "name": "token", "in": "query" }] });
    check_with(
        "query id",
        &query,
        &[(
            "POST /entity:abortImport abortEntityImport",
            "execute: aborted entity import {job_id}",
        )],
    );
}

#[test]
fn many_things_have_no_id() {
    check(
        "many",
        &[
            ("DELETE /users deleteUsers", "delete: deleted users"),
            (
                "POST /classifications:merge bulkMergeClassifications",
                "execute: merged classifications",
            ),
            ("GET /events/search -", "read: searched events"),
        ],
    );
    let array = json!({ "requestBody": { "content": { "application/json": { "schema": { "type": "array", "items": { "type": "string" } } } } } });
    check_with(
        "array body",
        &array,
        &[("POST /blocked-numbers -", "create: created blocked numbers")],
    );
}

#[test]
fn a_part_is_known_by_what_it_is_part_of() {
    check(
        "part",
        &[
            (
                "PUT /rides/{id}/rating SetRideRating",
                "update: set the ride rating of ride {id}",
            ),
            (
                "DELETE /articles/{id}/embargo -",
                "delete: deleted the embargo of article {id}",
            ),
            (
                "PUT /taxes/settings setTaxationMode",
                "update: set the taxation mode",
            ),
            (
                "POST /clients/{id}/client-secret -",
                "create: created the client secret of client {id}",
            ),
        ],
    );
}

#[test]
fn a_parameter_may_be_a_kind_and_no_thing() {
    let answer = bodies(&[], &["_id"]);
    let line = "POST /entity/{slug} createEntity";
    assert_eq!(
        explained(line, &answer, &["/entity/{slug}/{id}"]),
        "create: created entity {_id}"
    );
    assert_eq!(
        explained(line, &answer, &[]),
        "create: created entity {slug}"
    );
}

#[test]
fn the_parent_is_the_resource_in_front() {
    check(
        "parent",
        &[
            (
                "DELETE /executions/{execution_id}/schedules/{id} deleteSchedule",
                "delete: deleted schedule {id} of execution {execution_id}",
            ),
            (
                "DELETE /assignments/{userId}/{roleId} removeAssignment",
                "delete: removed assignment {roleId} from user {userId}",
            ),
            (
                "PATCH /transactions/{id}/relationships/category -",
                "update: updated the category of transaction {id}",
            ),
            (
                "GET /accounts/{accountId}/transactions -",
                "read: viewed transactions of account {accountId}",
            ),
        ],
    );
}

#[test]
fn a_call_that_cannot_go_without_an_id_is_about_one_thing() {
    for (line, name, required, expected) in [
        (
            "DELETE /v1/drafts -",
            "draft_id",
            true,
            "delete: deleted draft {draft_id}",
        ),
        (
            "DELETE /v1/drafts -",
            "id",
            true,
            "delete: deleted draft {id}",
        ),
        (
            "DELETE /v1/drafts deleteDrafts",
            "draftId",
            true,
            "delete: deleted draft {draftId}",
        ),
        (
            "PATCH /v1/drafts -",
            "draft_id",
            true,
            "update: updated draft {draft_id}",
        ),
        // It may be called without, and is about all of them then.
        (
            "DELETE /v1/drafts -",
            "draft_id",
            false,
            "delete: deleted drafts",
        ),
        // The id of something else narrows it down.
        (
            "DELETE /v1/drafts -",
            "mailbox_id",
            true,
            "delete: deleted drafts",
        ),
        (
            "DELETE /v1/drafts bulkDeleteDrafts",
            "draft_id",
            true,
            "delete: deleted drafts",
        ),
        ("GET /v1/drafts -", "draft_id", true, "read: viewed drafts"),
    ] {
        let explained = explained(line, &query_parameter(name, required), &[]);
        assert_eq!(explained, expected, "{line} {name} {required}");
    }
    let list = json!({ "parameters": [{ "name": "id", "in": "query", "required": true,
        "schema": { "type": "array", "items": { "type": "string" } } }] });
    let explained = explained("DELETE /v1/drafts -", &list, &[]);
    assert_eq!(explained, "delete: deleted drafts");
}
