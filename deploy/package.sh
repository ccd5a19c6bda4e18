#!/usr/bin/env bash
# Builds the two Lambda packages into dist/, the normalizer's with your OpenAPI documents, or with the
# file that `daybook compile` made of them.
set -euo pipefail
specs=${1:?usage: deploy/package.sh FOLDER_OF_OPENAPI_DOCUMENTS or COMPILED_FILE}
[ -d "$specs" ] || [ -f "$specs" ] || { echo "$specs is no folder and no file" >&2; exit 2; }
specs=$(realpath "$specs")
cd "$(dirname "$0")/.."
case $specs/ in
"$(pwd -P)"/dist/*) echo "$specs lies in dist, which is made anew: keep it elsewhere" >&2; exit 2 ;;
esac
command -v cargo-lambda >/dev/null || { echo "cargo-lambda is missing (pip install cargo-lambda)" >&2; exit 1; }

cargo lambda build --release --arm64 --locked -p daybook-normalizer -p daybook-query-api
target=${CARGO_TARGET_DIR:-target}
rm -rf dist
mkdir -p dist/normalizer dist/query-api
cp "$target/lambda/daybook-normalizer/bootstrap" dist/normalizer/
cp "$target/lambda/daybook-query-api/bootstrap" dist/query-api/
# What links lead to, as the package holds nothing beside the folder.
cp -RL "$specs" dist/normalizer/specs
echo "dist/normalizer and dist/query-api are ready"
