//! What a call is told to find its thing by.

use crate::key_words::{is_key_word, is_strong_key_word};
use crate::meaning::identifier::without_using;
use crate::operation_source::OperationSource;
use crate::secrets::is_secret_name;
use crate::words;

/// The property that a POST finds one thing by, as its operationId says: `registrationNumber` of
/// `getVehicleByRegistrationNumber`, `slug` of `find_board_by_slug`.
pub(crate) fn found_by<'a>(source: &OperationSource<'a>) -> Option<&'a str> {
    let said = words::split(without_using(source.operation_id));
    let at = said.iter().rposition(|word| word == "by")?;
    let wanted = said.get(at + 1..).filter(|wanted| !wanted.is_empty())?;
    let schemas = source.schemas;
    let answers_many = source
        .response
        .is_none_or(|response| schemas.items(response).is_some());
    let mut sent = source.request_properties().into_iter();
    let found = sent.find(|property| words::split(property.name) == wanted)?;
    // A filter or a text to compare with is no key, and an id is that of what it is called after.
    let is_key = wanted.last().is_some_and(|last| {
        is_key_word(last) && !is_strong_key_word(last) && !is_private(wanted)
            || matches!(last.as_str(), "email" | "username")
    });
    (source.method == "POST" && is_key && !answers_many && schemas.is_scalar(found.schema))
        .then_some(found.name)
}

/// What lets one in, or is nobody's business: a `code`, a passport's or a card's number.
fn is_private(wanted: &[String]) -> bool {
    is_secret_name(&wanted.join(" "))
        || wanted
            .iter()
            .any(|word| matches!(word.as_str(), "code" | "security" | "passport" | "card"))
}
