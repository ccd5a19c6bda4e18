//! What is done with any bytes as a document, by the fuzz target and by the test that replays its corpus.

use daybook_openapi::{Document, Found, Index, RequestLine, explain};

/// Indexes the bytes, explains each operation, and calls it by its own template.
pub(crate) fn read_document(bytes: &[u8]) {
    let (index, problems) = Index::build(vec![Document {
        file_name: "document.yaml".to_owned(),
        bytes: bytes.to_vec(),
    }]);
    for problem in problems {
        assert!(!problem.to_string().contains('\n'));
    }
    for operation in index.operations() {
        let message = explain(operation).message;
        assert!(message.chars().count() <= 300, "{message}");
        let path = operation.path.replace(['{', '}'], "");
        for domain_name in ["", "api.example.com"] {
            let found = index.find(&RequestLine {
                domain_name,
                api_id: "a1b2c3",
                stage: "v1",
                method: &operation.method,
                path: &path,
                resource: &operation.path,
                proxy: &path,
                ..RequestLine::default()
            });
            if let Found::Operation { operation, .. } = found {
                assert!(!operation.method.is_empty());
            }
        }
    }
}
