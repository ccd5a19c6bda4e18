//! What a code of a card is: SAP's name of a business partner, or what a card of value is paid with.

/// What stands in front of a card that is a record, or a piece of paper. SAP calls a business partner so.
#[rustfmt::skip] // a list of words, not of lines
const CARDS_OF_RECORD: &[&str] = &[
    "u", "bp", "sap", "erp", "customer", "client", "contact", "lead", "vendor", "supplier", "partner", "creditor", "debitor",
    "debtor", "account", "parent", "father", "time", "rate", "score", "report", "post", "old", "new", "from",
    "default", "base", "ocrd", "ordr", "order", "document", "filter", "business", "graphics", "dis", "wild", "flash",
];

/// What makes a card one that somebody pays with, whatever else is said of it.
const CARDS_OF_VALUE: &[&str] = &["gift", "prepaid", "credit", "debit", "bank", "voucher"];

/// `cardCode`, `U_CardCode`, `T0.CardCode`, `scorecardCode`: by the words of its name.
pub(super) fn is_code_of_record(found: &[String]) -> bool {
    if found
        .iter()
        .any(|word| CARDS_OF_VALUE.contains(&word.as_str()))
    {
        return false;
    }
    let joined = found.join(" ");
    let front = joined.strip_suffix("code").map(str::trim_end);
    let front = front.and_then(|front| front.strip_suffix("card"));
    front.is_some_and(|front| {
        let last = front.trim_end().rsplit(' ').next().unwrap_or_default();
        let is_table = last.ends_with(|one: char| one.is_ascii_digit());
        last.is_empty() || is_table || CARDS_OF_RECORD.contains(&last)
    })
}
