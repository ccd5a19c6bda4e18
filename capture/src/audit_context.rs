//! What a handler chooses to say about the call it serves, from anywhere below it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use daybook_event::{Entity, HandlerContext, Privacy};
use serde::Serialize;
use serde_json::Value;

use crate::exchange::{Withheld, current_exchange};

/// Adds to what is recorded about the call that is being served.
///
/// Works anywhere below the handler, in the same task, and in the body that it streams: nothing has to be passed
/// along. Outside a captured call (a test, a background job, a left-out GET, a task of its own made with
/// `tokio::spawn`) it does nothing, and the closure does not run. A panic inside the closure goes
/// no further than this call. What is said twice counts as said last.
///
/// ```
/// # #[derive(serde::Serialize)] struct Order { state: &'static str }
/// # let (old, new) = (Order { state: "paid" }, Order { state: "refunded" });
/// daybook_capture::audit(|a| {
///     a.entity("order", "7")
///         .name("Order 7")
///         .before(&old)
///         .after(&new)
///         .reason("the goods never arrived")
/// });
/// ```
pub fn audit(say: impl FnOnce(AuditContext) -> AuditContext) {
    let Some(exchange) = current_exchange() else {
        return;
    };
    let said = catch_unwind(AssertUnwindSafe(|| say(AuditContext::default())));
    if let Ok(context) = said {
        exchange.say(context.said);
        if let Some(claims) = context.claims {
            exchange.claim(claims);
        }
        exchange.withhold(context.withheld);
    } else {
        tracing::warn!("daybook: what a handler wanted to say panicked and is left out");
    }
}

/// What is said about a call; see [`audit`].
#[derive(Debug, Clone, Default)]
#[must_use = "the closure of `audit` returns it"]
pub struct AuditContext {
    said: HandlerContext,
    claims: Option<Value>,
    withheld: Withheld,
}

impl AuditContext {
    /// What was acted upon, where the handler knows better than the path: a singular noun and
    /// the id.
    pub fn entity(mut self, kind: impl Into<String>, id: impl Into<String>) -> Self {
        let entity = self.said.entity.get_or_insert_default();
        entity.kind = kind.into();
        entity.id = id.into();
        self
    }

    /// What people call the entity.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.said.entity.get_or_insert_default().name = name.into();
        self
    }

    /// What the entity is part of.
    pub fn parent(mut self, kind: impl Into<String>, id: impl Into<String>) -> Self {
        self.said.parent = Some(Entity {
            kind: kind.into(),
            id: id.into(),
            name: String::new(),
        });
        self
    }

    /// The entity before the change. A value that does not serialize is left out.
    pub fn before(mut self, entity: &impl Serialize) -> Self {
        self.said.before = serde_json::to_value(entity).ok();
        self
    }

    /// The entity after the change. A value that does not serialize is left out.
    pub fn after(mut self, entity: &impl Serialize) -> Self {
        self.said.after = serde_json::to_value(entity).ok();
        self
    }

    /// The sentence, where the handler writes it itself.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.said.message = Some(message.into());
        self
    }

    /// Why.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.said.reason = Some(reason.into());
        self
    }

    /// Who calls, and for which tenant, where the service itself has verified it: the claims of
    /// the caller's token as a JSON object (`sub`, `org_id`, `email`, `name`, …). Only verified
    /// ones belong here.
    ///
    /// They count where the gateway knew no caller. In a Lambda whose event names one (an
    /// authorizer, IAM, an API key) that one stays. A value that is no JSON object is left out.
    pub fn caller_claims(mut self, claims: &impl Serialize) -> Self {
        self.claims = serde_json::to_value(claims).ok().filter(Value::is_object);
        self
    }

    /// That the request's body is not to leave the service: it says something that must not be kept.
    pub fn without_request_body(mut self) -> Self {
        self.withheld = self.withheld.max(Withheld::RequestBody);
        self
    }

    /// That the call is not to be recorded, which only its handler can know: a caller who turned out
    /// to be nobody, say. It is counted as left out.
    pub fn left_out(mut self) -> Self {
        self.withheld = Withheld::Call;
        self
    }

    /// That personal data was read.
    pub fn privacy(mut self, privacy: Privacy) -> Self {
        self.said.privacy = Some(privacy);
        self
    }
}
