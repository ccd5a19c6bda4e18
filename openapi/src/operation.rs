//! An operation: what follows from what its document says.

use serde::{Deserialize, Serialize};

use crate::meaning::Meaning;
use crate::secrets::OperationSecrets;
use crate::value_location::ValueLocation;

/// One operation of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The name of the service it belongs to.
    #[serde(skip)] // a compiled index has it once, with the document
    pub service: String,
    /// The document's file name.
    #[serde(skip)]
    pub file_name: String,
    /// Upper case.
    pub method: String,
    /// It is one of the methods that API Gateway's `x-amazon-apigateway-any-method` stands for.
    pub is_any_method: bool,
    /// The path template as the document writes it.
    pub path: String,
    /// The `operationId`; empty where there is none.
    pub operation_id: String,
    /// `x-audit.ignore`: calls of it are not recorded.
    pub ignore: bool,
    /// `x-audit.capture`: calls of it are recorded although they only read.
    pub capture: bool,
    /// `x-audit.org`: where the tenant is, for calls whose caller names none.
    pub org: Option<ValueLocation>,
    /// What a call of it means.
    pub meaning: Meaning,
    /// What in a call of it is secret, as the document says.
    pub secrets: OperationSecrets,
}
