//! What generators put around an identifier, taken away.

use super::SEPARATORS;
use super::against_path::in_path;
use crate::meaning::noun_words::GENERIC;
use crate::meaning::phrase::object;
use crate::operation_source::OperationSource;
use crate::verbs;
use crate::words;

/// Without method and path, which frameworks put in front (`get-/users/{id}_find`) or behind
/// (`add_voice_v1_voices_add_post`, `Actions_Post`, `getTextUsingPOST`).
pub(super) fn cleaned(source: &OperationSource<'_>) -> String {
    let (operation_id, path) = (source.operation_id, source.path);
    let method = source.method.to_ascii_lowercase();
    let own = operation_id
        .strip_prefix(&format!("{method}-{path}_"))
        .or_else(|| operation_id.strip_prefix(&format!("{method}{path}")))
        .unwrap_or(operation_id);
    // `Object_PUTProductRatePlanCharge`: a chapter, the method, and what it is about.
    let own = own
        .split_once(&format!("_{}", source.method))
        .map(|(_, behind)| behind)
        .filter(|behind| {
            behind.len() > 3 && behind.starts_with(|letter: char| letter.is_alphabetic())
        })
        .unwrap_or(own);
    let own = without_using(own);
    let own = match own.strip_suffix(path) {
        Some(front) if !front.is_empty() => front
            .trim_end_matches('_')
            .strip_prefix(method.as_str())
            .unwrap_or(front)
            .trim_matches('_'),
        _ => own,
    };
    let mangled: String = path
        .chars()
        .map(|character| match character {
            letter if letter.is_alphanumeric() => letter,
            _ => '_',
        })
        .collect();
    if let Some(front) = own
        .strip_suffix(&format!("{mangled}_{method}"))
        .or_else(|| own.strip_suffix(&mangled))
        .filter(|front| !front.is_empty() && mangled.len() > 3)
    {
        return front.to_owned();
    }
    without_method_behind(without_param_behind(own, path), &method, path).to_owned()
}

/// `Shipment_PostByshipmentNumber`: `By` and the names of one parameter or of all, as they are written.
pub(super) fn without_param_behind<'a>(own: &'a str, path: &str) -> &'a str {
    let names: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
    let all = names.concat();
    names
        .iter()
        .copied()
        .chain([all.as_str()])
        .filter(|name| name.len() > 2)
        .find_map(|name| own.strip_suffix(name)?.strip_suffix("By"))
        .filter(|front| !front.is_empty())
        .unwrap_or(own)
        .trim_end_matches('_')
}

/// `Actions_Post`, `onlineCodePOST`, `libreConvertPost`; `createBlogPost` is about a post.
pub(super) fn without_method_behind<'a>(own: &'a str, method: &str, path: &str) -> &'a str {
    if let Some((front, end)) = own.rsplit_once('_')
        && ["get", "put", "post", "patch"]
            .iter()
            .any(|method| end.eq_ignore_ascii_case(method))
        && !front.is_empty()
    {
        return front;
    }
    if method == "delete" {
        return own;
    }
    let Some(front) = own
        .len()
        .checked_sub(method.len())
        .filter(|at| *at > 0 && own.is_char_boundary(*at))
        .map(|at| own.split_at(at))
        .filter(|(_, end)| end.eq_ignore_ascii_case(method))
    else {
        return own;
    };
    let (front, end) = front;
    let is_own_word = front.ends_with('_') || end.starts_with(|letter: char| letter.is_uppercase());
    let first = words::split(front).into_iter().next().unwrap_or_default();
    let is_loud = front.ends_with('_') || end.chars().all(char::is_uppercase);
    let in_path = words::split(path)
        .iter()
        .any(|word| words::singular(word) == method);
    let is_object = !is_loud && in_path && verbs::is_clear(&first);
    if is_own_word && !is_object {
        front.trim_end_matches('_')
    } else {
        own
    }
}

/// Rule "method of a class": `quoteCartRepositoryV1GetList` names a class, its version and its method; the
/// path names the thing.
pub(super) fn called_of_class(own: &str) -> Option<&str> {
    own.match_indices(['V', 'v']).find_map(|(at, _)| {
        let (class, rest) = own.split_at(at);
        let called = rest[1..].trim_start_matches(|digit: char| digit.is_ascii_digit());
        let has_version = called.len() + 1 < rest.len()
            && called.starts_with(|letter: char| letter.is_ascii_uppercase());
        if !has_version {
            return None;
        }
        let is_class = words::split(class).last().is_some_and(|last| {
            matches!(
                last.as_str(),
                "repository" | "management" | "interface" | "service"
            )
        });
        // `V1DeleteByIdDelete` ends with its method.
        let called = called
            .strip_suffix("Delete")
            .filter(|called| called.starts_with("Delete"))
            .unwrap_or(called);
        // `stockRegistryV1UpdateStockItem`
        let is_call = words::split(class).len() > 2
            && words::split(called)
                .first()
                .is_some_and(|first| verbs::is_clear(first));
        (is_class || is_call).then_some(called)
    })
}

/// `appPreviewSets-create_instance` on `/appPreviewSets`: what a group has from the path as it is written
/// is a noun, whatever verbs there are in it.
pub(super) fn behind_path_groups<'a>(own: &'a str, source: &OperationSource<'_>) -> &'a str {
    let mut rest = own;
    while let Some((group, behind)) = rest.split_once(SEPARATORS) {
        let is_segment = source.path.split('/').any(|segment| segment == group);
        let group = words::split(group);
        if !is_segment || group.len() < 2 {
            break;
        }
        rest = behind;
    }
    let has_verb = |text: &str| {
        words::split(text)
            .iter()
            .any(|word| verbs::known(word).is_some())
    };
    let front = &own[..own.len() - rest.len()];
    // `TagLinks_QueryCount` counts what the group names.
    let is_all = words::split(rest)
        .split_first()
        .is_some_and(|(first, behind)| {
            verbs::is_clear(first)
                && behind.first().is_none_or(|next| next != "by")
                && object(behind)
                    .iter()
                    .all(|word| matches!(word.as_str(), "instance" | "resource" | "collection"))
        });
    if has_verb(front) && is_all { rest } else { own }
}

/// Rule "kind behind": `edit_passwordUserItem` below the tag User is called `edit_password`.
pub(super) fn in_front_of_kind<'a>(own: &'a str, source: &OperationSource<'_>) -> Option<&'a str> {
    let front = own
        .strip_suffix("Item")
        .or_else(|| own.strip_suffix("Collection"))?;
    let called = source
        .tags
        .iter()
        .find_map(|tag| front.strip_suffix(*tag))?;
    (!called.is_empty() && !called.eq_ignore_ascii_case(source.method)).then_some(called)
}

/// Django REST framework ends its names with what a method is called there:
/// `signatures_batch_delete_create` is a POST.
pub(super) fn without_framework_action(all: &mut Vec<String>, source: &OperationSource<'_>) {
    // `server_trigger_update` on `/triggers/{trigger}` updates one.
    let path_end = source.path.trim_end_matches('/').rsplit('/').next();
    let path_end = path_end.filter(|segment| !segment.starts_with('{'));
    let path_end = words::split(path_end.unwrap_or_default());
    if let [.., before, last] = all.as_slice()
        && matches!(
            last.as_str(),
            "create" | "list" | "update" | "retrieve" | "read"
        )
        && path_end.last() == Some(before)
        && verbs::is_clear(before)
    {
        all.pop();
    }
}

pub(super) fn without_versions(mut all: Vec<String>) -> Vec<String> {
    while all.len() > 1 && all.last().is_some_and(|last| is_version(last)) {
        all.pop();
    }
    while all.len() > 1 && all.first().is_some_and(|first| is_version(first)) {
        all.remove(0);
    }
    all
}

/// Generators append how a method was called: `getTextUsingPOST`, `GetItemusingJSON_1`.
pub(crate) fn without_using(operation_id: &str) -> &str {
    let lower = operation_id.to_ascii_lowercase();
    match lower.rfind("using") {
        Some(at) if at > 2 && lower.len() - at <= 14 && lower.is_char_boundary(at) => {
            &operation_id[..at]
        }
        _ => operation_id,
    }
}

/// Generators number what they name twice (`Aggregate2`); the path knows `s3` and `oauth2`.
pub(super) fn without_number(all: &mut [String], source: &OperationSource<'_>) {
    if let Some(last) = all.last_mut() {
        let stem = last.trim_end_matches(|digit: char| digit.is_ascii_digit());
        if stem.len() > 2
            && stem.len() < last.len()
            && last.len() - stem.len() <= 2
            && !words::split(source.path).contains(last)
        {
            *last = stem.to_owned();
        }
    }
}

/// Rule "group and version": `replaceCoreV1NamespacedSecret` is about a secret, as is
/// `patchResourceV1alpha2NamespacedSecret`, and `deleteCoreV1CollectionNamespacedSecret` about many; answers whether
/// it is the latter.
pub(super) fn without_interface(noun: &mut Vec<String>, method: &str) -> bool {
    let is_interface = |word: &String| {
        let word = word.replace("alpha", "").replace("beta", "");
        word.len() > 1 && word.len() < 5 && word.starts_with('v') && is_version(&word)
    };
    let Some(at) = noun
        .iter()
        .position(is_interface)
        .filter(|at| *at > 0 && at + 1 < noun.len())
    else {
        return false;
    };
    noun.drain(..=at);
    let mut take = |what: &str| {
        let has = noun.len() > 1 && noun[0].eq_ignore_ascii_case(what);
        if has {
            noun.remove(0);
        }
        has
    };
    // `connectCoreV1PutNamespacedPodProxy`
    take(method);
    let is_collection = take("collection");
    take("namespaced");
    is_collection
}

/// Without what programs put into a name and the thing has not.
pub(super) fn without_program(all: &mut Vec<String>, source: &OperationSource<'_>) {
    let lower_method = source.method.to_ascii_lowercase();
    // `idPostDeployPattern`
    if let [id, method, _, ..] = all.as_slice()
        && id == "id"
        && *method == lower_method
    {
        all.remove(0);
    }
    // `SyncPlaySetShuffleMode` on `/SyncPlay/SetShuffleMode`, `webBackendUpdateConnection` on
    // `/v1/web_backend/connections/update`
    let literals = source
        .path
        .split('/')
        .take_while(|segment| !segment.contains('{'));
    let chapter = literals.map(words::split).find(|chapter| {
        chapter.len() > 1
            && all.len() > chapter.len() + 1
            && all.starts_with(chapter)
            && verbs::is_clear(&all[chapter.len()])
    });
    if let Some(chapter) = chapter {
        all.drain(..chapter.len());
    }
    // Django REST framework: `wireless-links_bulk_partial_update`.
    if all.len() > 2 && all.ends_with(&["partial".to_owned(), "update".to_owned()]) {
        all.remove(all.len() - 2);
    }
    // `detailAdvisory` shows one.
    if let [detail, thing, ..] = all.as_slice()
        && detail == "detail"
        && source.method == "GET"
        && in_path(thing, source)
    {
        all.remove(0);
    }
}

/// `originBatch` is about origins, many at once; on `/originBatches/{id}` it is one thing.
pub(super) fn without_amount(noun: &mut Vec<String>, source: &OperationSource<'_>) -> bool {
    let is_thing = || {
        source.path.split('/').any(|segment| {
            let segment = words::split(segment);
            segment.last().is_some_and(|last| last == "batches")
                || noun.len() > 2 && segment.ends_with(noun.as_slice())
        })
    };
    let amount = noun.len() > 1
        && noun
            .last()
            .is_some_and(|last| matches!(last.as_str(), "batch" | "bulk"))
        && !is_thing();
    if amount {
        noun.pop();
    }
    amount
}

/// `dcim_power-panels_bulk_delete` below the tag `dcim` is about power panels.
pub(super) fn without_tag(noun: &mut Vec<String>, source: &OperationSource<'_>) {
    let is_tag = |word: &String| {
        source
            .tags
            .iter()
            .any(|tag| words::split(tag) == std::slice::from_ref(word))
    };
    let names_path = noun.last().is_some_and(|head| in_path(head, source));
    // `virtualization_clusters_update` on `/virtualization/clusters/{id}`
    let is_chapter = noun.len() == 2
        && source.path.contains(&format!("/{}/", noun[0]))
        && !GENERIC.contains(&words::singular(&noun[1]).as_str());
    if (noun.len() > 2 || is_chapter)
        && names_path
        && noun[0] != "bulk"
        && is_tag(&noun[0])
        && !words::is_plural(&noun[0])
    {
        noun.remove(0);
    }
}

/// `listId` is a list; on `/playback-ids` the ids are what it is about.
pub(super) fn without_key(noun: &mut Vec<String>, source: &OperationSource<'_>) {
    while noun.len() > 1
        && noun
            .last()
            .is_some_and(|last| matches!(last.as_str(), "id" | "ids" | "uuid" | "guid"))
        && !are_things(source, noun)
    {
        noun.pop();
    }
}

fn are_things(source: &OperationSource<'_>, noun: &[String]) -> bool {
    let [.., of, id] = noun else { return false };
    let plural = format!("{id}s");
    source.path.split('/').any(|segment| {
        matches!(words::split(segment).as_slice(), [.., front, ids] if front == of && *ids == plural)
    })
}

/// `createDealItemEntity` on `/entity/dealItem`: the path's last literal is the thing, and all of it.
fn is_last_literal(noun: &[String], source: &OperationSource<'_>) -> bool {
    source
        .path
        .rsplit('/')
        .find(|segment| !matches!(*segment, "" | "bulk" | "batch") && !segment.starts_with('{'))
        .is_some_and(|segment| {
            words::noun_phrase(&words::split(segment)) == words::noun_phrase(noun)
        })
}

/// Whether a tag of the operation is these words.
fn is_tag(noun: &[String], source: &OperationSource<'_>) -> bool {
    source.tags.iter().any(|tag| words::split(tag) == noun)
}

/// `internalUserEntity` on `/user` is an internal user, and so is `putInternalUserItem` below the tag
/// InternalUser.
pub(super) fn without_kind(noun: &mut Vec<String>, source: &OperationSource<'_>) {
    if let [.., before, last] = noun.as_slice()
        && matches!(
            last.as_str(),
            "entity"
                | "object"
                | "resource"
                | "record"
                | "instance"
                | "model"
                | "dto"
                | "item"
                | "collection"
                | "request"
        )
        && (in_path(before, source)
            || matches!(last.as_str(), "collection" | "resource")
            || last == "item"
                && is_tag(&noun[..noun.len() - 1], source)
                && !words::split(source.path).contains(last))
        && (!in_path(last, source) || is_last_literal(&noun[..noun.len() - 1], source))
    {
        noun.pop();
    }
}

/// `SubscriptionsApi_PutSubscription` is about a subscription, once.
pub(super) fn without_repetition(noun: &mut Vec<String>) {
    noun.dedup_by(|next, known| {
        let same = words::singular(next) == words::singular(known);
        if same {
            known.clone_from(next);
        }
        same
    });
    // `TravelReimbursements_PostTravelReimbursement`
    let repeats = |front: &[String], end: &[String]| {
        front
            .iter()
            .zip(end)
            .all(|(one, other)| words::singular(one) == words::singular(other))
    };
    // `SalesNotes_PostCustomerSalesNotes`
    if let Some(front) = (1..=noun.len() / 2)
        .rev()
        .find(|front| repeats(&noun[..*front], &noun[noun.len() - front..]))
    {
        noun.drain(..front);
    }
}

pub(super) fn is_version(word: &str) -> bool {
    let digits = word.strip_prefix('v').unwrap_or(word);
    digits.chars().all(|character| character.is_ascii_digit())
}
