//! JSON that a handler returns: whoever makes the response of it writes it, and for the record it is written
//! again when the response is out.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use lambda_http::{Body, IntoResponse};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{ObservedReturn, take_body};
use crate::bounded_json::written;
use crate::exchange::Exchange;

/// A handler's JSON, passed on as it is. When it has been written and is let go, the record gets it.
pub struct ObservedJson {
    json: Value,
    /// None where the record is not to have it.
    exchange: Option<Arc<Exchange>>,
}

impl ObservedJson {
    pub(super) fn new(json: Value, exchange: Option<Arc<Exchange>>) -> Self {
        Self { json, exchange }
    }
}

impl Drop for ObservedJson {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.took_json(self.json.take());
        }
    }
}

impl Serialize for ObservedJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl Deref for ObservedJson {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.json
    }
}

impl fmt::Debug for ObservedJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.fmt(formatter)
    }
}

/// For a layer around the handler's that changes the JSON. The record has it as it was.
impl From<ObservedJson> for Value {
    fn from(mut observed: ObservedJson) -> Self {
        let json = observed.json.take();
        if let Some(exchange) = observed.exchange.take()
            && let Some(text) = written(&json, exchange.body_bytes_max)
        {
            take_body(&exchange, text.into_bytes().into());
        }
        json
    }
}

impl IntoResponse for ObservedJson {
    fn into_response(
        mut self,
    ) -> Pin<Box<dyn Future<Output = http::Response<Body>> + Send + 'static>> {
        let inner = self.json.take();
        let exchange = self.exchange.take();
        ObservedReturn { inner, exchange }.into_response()
    }
}
