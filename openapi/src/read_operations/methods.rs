//! The members of a path item that hold operations.

/// The methods of a path item (OpenAPI 3.1, section 4.8.9).
pub(super) const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The member of a path item that stands for every method that is not named beside it ("x-amazon-
/// apigateway-any-method object" in Amazon API Gateway's developer guide).
pub(crate) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// The methods that it stands for.
pub(super) const ANY_METHODS: &[&str] =
    &["get", "put", "post", "delete", "options", "head", "patch"];

/// The members of a path item that hold operations from OpenAPI 3.2 on.
pub(super) const LATER_METHODS: &[&str] = &["query", "additionalOperations"];
