//! The normalizer Lambda, built with this package so that no test ever runs an older one.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    daybook_normalizer::lambda::run().await
}
