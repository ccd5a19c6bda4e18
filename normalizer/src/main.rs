//! The normalizer Lambda.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    daybook_normalizer::lambda::run().await
}
