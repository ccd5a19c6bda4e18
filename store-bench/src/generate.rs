//! Distinct, realistic events: the same number makes the same event, whoever asks and however often.
//!
//! 2,000 tenants, the largest with 8 % of the events, the others ever smaller; each with people and
//! things of its own, some far busier than others; the last 92 days, in the order of time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use daybook_event::{
    ActivityPart, ActivityPartKind, AuditEvent, CallerType, Change, EventIdentity, Outcome,
    event_id,
};
use daybook_store::{DIGEST_WAY_BYTES, NewEvent};
use jiff::Timestamp;

use crate::operations::{FIRST_NAMES, LAST_NAMES, OPERATIONS, Operation, USER_AGENTS, WORDS};

/// How many tenants there are.
pub(crate) const TENANTS: u64 = 2_000;
/// The share of the largest tenant, in per cent.
const LARGEST_PERCENT: u64 = 8;
const DAY_MS: u64 = 86_400_000;
const SPAN_MS: u64 = 92 * DAY_MS;
/// The events that one thing is acted upon by, on average.
const EVENTS_PER_ENTITY: u64 = 20;

/// A source of `rows` events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generator {
    rows: u64,
    first_ms: u64,
}

/// Numbers that follow from a seed (SplitMix64), good enough for made-up events.
struct Random(u64);

impl Random {
    fn of(parts: [u64; 2]) -> Self {
        Self(mix(parts[0].wrapping_add(mix(parts[1]))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Small numbers far more often than large ones.
    fn skewed_below(&mut self, bound: u64) -> u64 {
        let (one, two) = (self.below(bound), self.below(bound));
        one * two / bound.max(1)
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let place = self.below(items.len() as u64);
        items[usize::try_from(place).unwrap_or(0)]
    }
}

fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The name of a tenant; 0 is the largest.
pub(crate) fn tenant_name(tenant: u64) -> String {
    format!("org_{:012x}", mix(tenant + 1) >> 16)
}

struct Person {
    user_id: String,
    email: String,
    name: String,
    ip: String,
    user_agent: &'static str,
}

impl Generator {
    /// The last event is of the last minutes of the day before the time given, or of its day.
    pub(crate) fn new(rows: u64, newest: Timestamp) -> Self {
        let newest_ms = u64::try_from(newest.as_millisecond()).unwrap_or_default();
        Self {
            rows: rows.max(1),
            first_ms: (newest_ms.div_ceil(DAY_MS) * DAY_MS).saturating_sub(SPAN_MS),
        }
    }

    /// The events of these numbers; in the order of time.
    pub(crate) fn batch(self, numbers: Range<u64>) -> Vec<NewEvent> {
        numbers.map(|number| self.event(number)).collect()
    }

    /// A thing of the largest tenant with a history of an ordinary length.
    pub(crate) fn an_entity(self) -> (&'static str, String) {
        let operation = &OPERATIONS[1];
        let number = self.entities_of(0) / 4;
        (operation.entity_type, entity_id(0, operation, number))
    }

    /// A word that few events of the largest tenant have, far apart in time.
    pub(crate) fn a_rare_word(self) -> String {
        let word = |number| self.rare_word(number);
        (self.rows / 3..self.rows)
            .filter(|&number| tenant_of(number) == 0)
            .find(|&number| self.event(number).event.detail.contains(&word(number)))
            .map(word)
            .unwrap_or_default()
    }

    fn rare_word(self, number: u64) -> String {
        format!("ref{:07x}", mix(number % (self.rows / 200 + 1)) >> 36)
    }

    fn share_of(self, tenant: u64) -> u64 {
        if tenant == 0 {
            self.rows * LARGEST_PERCENT / 100
        } else {
            self.rows / TENANTS
        }
    }

    fn entities_of(self, tenant: u64) -> u64 {
        (self.share_of(tenant) / EVENTS_PER_ENTITY / 6).max(20)
    }

    fn event(self, number: u64) -> NewEvent {
        self.event_of(tenant_of(number), &tenant_name(tenant_of(number)), number)
    }

    /// So many events of one more tenant, evenly spread over all of the time.
    pub(crate) fn more_of(self, org_id: &str, count: u64) -> impl Iterator<Item = NewEvent> {
        (0..count).map(move |place| {
            let number = place * self.rows / count.max(1);
            self.event_of(TENANTS, org_id, number)
        })
    }

    fn event_of(self, tenant: u64, org_id: &str, number: u64) -> NewEvent {
        let mut random = Random::of([number, 7]);
        let step_ms = SPAN_MS / self.rows;
        let time_ms = self.first_ms + number * SPAN_MS / self.rows + random.below(step_ms.max(1));
        let timestamp = milliseconds(time_ms);
        let operation = operation(&mut random);
        let person = person(tenant, random.skewed_below(people_of(tenant)));
        let entity = random.skewed_below(self.entities_of(tenant));
        let entity_id = entity_id(tenant, operation, entity);
        let entity_name = name_of(entity ^ tenant);
        let path = operation.resource.replace("{id}", &entity_id);
        let outcome = match random.below(100) {
            0..=2 => Outcome::Denied,
            3..=5 => Outcome::Failure,
            _ => Outcome::Success,
        };
        let mut event = AuditEvent {
            id: event_id(&EventIdentity {
                request_time_ms: timestamp.as_millisecond(),
                api_id: "a1b2c3d4e5",
                stage: "prod",
                request_id: &format!("{:016x}", mix(number ^ tenant << 40)),
                method: operation.method,
                path: &path,
            }),
            org_id: org_id.to_owned(),
            timestamp,
            service_name: operation.service.to_owned(),
            event_name: operation.name.to_owned(),
            action: operation.action,
            outcome,
            status_code: match outcome {
                Outcome::Denied => 403,
                Outcome::Failure => 422,
                _ => 200,
            },
            correlation_id: format!(
                "1-{:08x}-{:024x}",
                time_ms / 1_000,
                u128::from(random.next())
            ),
            detail: detail(
                operation,
                &entity_name,
                &self.rare_word(number),
                &mut random,
            ),
            changes: changes(operation, &mut random),
            source: "capture".to_owned(),
            spec_version: "8f0c2b7d94e1a356".to_owned(),
            described: true,
            ..AuditEvent::default()
        };
        event.ingested_at = milliseconds(time_ms / 2_000 * 2_000 + 3_200);
        event.caller.kind = CallerType::User;
        event.caller.user_id.clone_from(&person.user_id);
        event.caller.user_email.clone_from(&person.email);
        event.caller.name.clone_from(&person.name);
        operation.entity_type.clone_into(&mut event.entity.kind);
        event.entity.id.clone_from(&entity_id);
        event.entity.name.clone_from(&entity_name);
        event.activity_parts = sentence(&person, operation, &entity_name, outcome);
        event.activity = event
            .activity_parts
            .iter()
            .map(|part| &*part.text)
            .collect();
        let http = &mut event.http;
        operation.method.clone_into(&mut http.method);
        operation.resource.clone_into(&mut http.resource);
        http.path = path;
        "api.example.com".clone_into(&mut http.domain_name);
        "prod".clone_into(&mut http.stage);
        http.ip = person.ip;
        person.user_agent.clone_into(&mut http.user_agent);
        http.headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        if operation.resource.contains("{id}") {
            http.path_params = BTreeMap::from([("id".to_owned(), entity_id)]);
        }
        let mut request_digest = [1; 16];
        request_digest[DIGEST_WAY_BYTES..].copy_from_slice(
            &u128::from(mix(number ^ 0x5555))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                .to_le_bytes()[DIGEST_WAY_BYTES..],
        );
        NewEvent {
            event,
            request_digest,
        }
    }
}

fn milliseconds(time_ms: u64) -> Timestamp {
    i64::try_from(time_ms)
        .ok()
        .and_then(|time_ms| Timestamp::from_millisecond(time_ms).ok())
        .unwrap_or_default()
}

fn tenant_of(number: u64) -> u64 {
    let mut random = Random::of([number, 1]);
    if random.below(100) < LARGEST_PERCENT {
        0
    } else {
        1 + random.skewed_below(TENANTS - 1)
    }
}

fn operation(random: &mut Random) -> &'static Operation {
    let all: u64 = OPERATIONS.iter().map(|operation| operation.weight).sum();
    let mut place = random.below(all);
    for operation in OPERATIONS {
        match place.checked_sub(operation.weight) {
            Some(rest) => place = rest,
            None => return operation,
        }
    }
    &OPERATIONS[0]
}

fn person(tenant: u64, number: u64) -> Person {
    let mut random = Random::of([tenant * 1_000 + number, 3]);
    let (first, last) = (random.pick(FIRST_NAMES), random.pick(LAST_NAMES));
    Person {
        user_id: format!("auth0|{:016x}{:08x}", random.next(), random.next() >> 32),
        email: format!("{first}.{last}{number}@{}.example.com", tenant_name(tenant)),
        name: format!("{first} {last}"),
        ip: format!(
            "203.{}.{}.{}",
            random.below(256),
            random.below(256),
            random.below(256)
        ),
        user_agent: random.pick(USER_AGENTS),
    }
}

/// A UUID (version 4), as services have them.
fn entity_id(tenant: u64, operation: &Operation, number: u64) -> String {
    let kind = operation
        .entity_type
        .bytes()
        .fold(0, |sum, byte| sum * 31 + u64::from(byte));
    let mut random = Random::of([tenant << 40 | number, kind]);
    let bits = u128::from(random.next()) << 64 | u128::from(random.next());
    uuid::Builder::from_random_bytes(bits.to_be_bytes())
        .into_uuid()
        .to_string()
}

fn name_of(seed: u64) -> String {
    let mut random = Random::of([seed, 5]);
    format!(
        "{} {} {}",
        random.pick(WORDS),
        random.pick(WORDS),
        random.below(100)
    )
}

fn detail(operation: &Operation, name: &str, reference: &str, random: &mut Random) -> String {
    let mut detail = String::with_capacity(200);
    for (place, field) in operation.fields.iter().enumerate() {
        detail.push(if place == 0 { '{' } else { ',' });
        // Writing to a String cannot fail.
        let _ = match *field {
            "name" => write!(detail, r#""name":"{name}""#),
            "amount" => write!(
                detail,
                r#""amount":{}.{:02}"#,
                random.below(9_000),
                random.below(100)
            ),
            "tags" | "roles" | "events" => write!(
                detail,
                r#""{field}":["{}","{}"]"#,
                random.pick(WORDS).to_lowercase(),
                random.pick(WORDS).to_lowercase()
            ),
            "steps" => write!(
                detail,
                r#""steps":[{{"title":"{} {}","order":1}},{{"title":"{}","order":2}}]"#,
                random.pick(WORDS),
                random.pick(WORDS),
                random.pick(WORDS)
            ),
            "input" => write!(detail, r#""input":{{"reference":"{reference}"}}"#),
            other => write!(
                detail,
                r#""{other}":"{} {} {} {}""#,
                random.pick(WORDS),
                random.pick(WORDS).to_lowercase(),
                random.pick(WORDS).to_lowercase(),
                random.below(1_000)
            ),
        };
    }
    if !detail.is_empty() {
        detail.push('}');
    }
    detail
}

fn changes(operation: &Operation, random: &mut Random) -> Vec<Change> {
    if operation.verb.1 != "update" || random.below(3) > 0 {
        return Vec::new();
    }
    vec![Change {
        field: "/status".to_owned(),
        before: format!("\"{}\"", random.pick(WORDS).to_lowercase()),
        after: format!("\"{}\"", random.pick(WORDS).to_lowercase()),
    }]
}

/// A person of the largest tenant who is neither busy nor idle.
pub(crate) fn a_person() -> String {
    person(0, people_of(0) / 2).user_id
}

/// How many people a tenant has.
fn people_of(tenant: u64) -> u64 {
    if tenant == 0 {
        400
    } else {
        8 + mix(tenant) % 60
    }
}

fn sentence(
    person: &Person,
    operation: &Operation,
    entity_name: &str,
    outcome: Outcome,
) -> Vec<ActivityPart> {
    use ActivityPartKind::{Actor, Entity, EntityType, Text, Verb};
    let part = |kind, text: &str, word: &str| ActivityPart {
        kind,
        text: text.to_owned(),
        word: word.to_owned(),
    };
    let between = if outcome == Outcome::Success {
        " "
    } else {
        " tried to "
    };
    let (spoken, base) = match operation.verb {
        (told, base) if outcome == Outcome::Success => (told, base),
        (_, base) => (base, base),
    };
    vec![
        part(Actor, &person.email, ""),
        part(Text, between, ""),
        part(Verb, spoken, base),
        part(Text, " ", ""),
        part(EntityType, operation.entity_type, operation.entity_type),
        part(Text, " ", ""),
        part(Entity, entity_name, ""),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn events_are_distinct_in_order_and_the_same_again() {
        let generator = Generator::new(50_000, "2026-10-31T12:00:00Z".parse().unwrap());
        let events = generator.batch(0..5_000);
        assert_eq!(events, generator.batch(0..5_000));
        let ids: HashSet<_> = events.iter().map(|new| new.event.id).collect();
        assert_eq!(ids.len(), events.len());
        assert!(events.is_sorted_by_key(|new| new.event.timestamp));
        for new in &events {
            daybook_store::check_storable(&new.event).unwrap();
        }
    }

    #[test]
    fn the_largest_tenant_has_eight_per_cent_and_nearly_all_have_some() {
        let mut counts: std::collections::HashMap<u64, u32> = std::collections::HashMap::new();
        for number in 0..200_000 {
            *counts.entry(tenant_of(number)).or_default() += 1;
        }
        assert!((15_000..17_000).contains(&counts[&0]), "{}", counts[&0]);
        assert!(counts.values().filter(|&&count| count > 2_000).count() == 1);
        assert!(counts.len() > 1_900);
    }
}
