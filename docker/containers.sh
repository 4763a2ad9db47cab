#!/usr/bin/env bash
# Build the image and start the platform from it: built, ready, stopped, cleaned up.
#
# With a Docker engine: docker/compose.yml, a container per process. Without one, on Debian as root:
# podman and runc, a base image by debootstrap, and the whole hub in one container.
# What is kept to be quick next time lies in .setup/containers.
set -euo pipefail
cd "$(dirname "$0")/.."

BUILD_WITHIN_S=1200
READY_WITHIN_S=180
CACHE=$PWD/.setup/containers

say() { printf '\033[2m▸ %s\033[0m\n' "$*" >&2; }
die() { printf 'containers: %s\n' "$*" >&2; exit 2; }
random() { python3 -c 'import secrets; print(secrets.token_hex(24))'; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

wait_ready() { # wait_ready ORIGIN: until /health/ready says so, or time is up
  local until=$((SECONDS + READY_WITHIN_S)) answer=
  while [ "$SECONDS" -lt "$until" ]; do
    if answer=$(python3 - "$1/health/ready" 2>&1 <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
except OSError as error:
    sys.exit(str(error))
PYTHON
    ); then say "ready: $answer"; return 0; fi
    sleep 1
  done
  printf '%s\n' "$answer" >&2
  return 1
}

with_docker() {
  export V2GHUB_SECRET V2GHUB_DATABASE_PASSWORD V2GHUB_WEB_PORT V2GHUB_OCPP_PORT
  V2GHUB_SECRET=$(random) V2GHUB_DATABASE_PASSWORD=$(random)
  V2GHUB_WEB_PORT=$(free_port) V2GHUB_OCPP_PORT=$(free_port)
  compose=(docker compose --project-name "v2ghub-check-$$" --file docker/compose.yml)
  trap '"${compose[@]}" down --volumes --timeout 30 >/dev/null 2>&1' EXIT
  say "building the image"
  timeout "$BUILD_WITHIN_S" "${compose[@]}" build
  say "starting the platform, a container per process"
  timeout "$READY_WITHIN_S" "${compose[@]}" up --detach
  wait_ready "http://127.0.0.1:$V2GHUB_WEB_PORT" || { "${compose[@]}" logs --tail 20 >&2; die "not ready in ${READY_WITHIN_S} s"; }
}

install_podman() {
  command -v podman >/dev/null && command -v runc >/dev/null && command -v debootstrap >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    die "no Docker engine answers; start one, or run this on Debian as root"
  say "installing podman, runc and debootstrap"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends podman runc debootstrap; } \
    >"$CACHE/apt.log" 2>&1 || { tail -n 5 "$CACHE/apt.log" >&2; die "apt-get failed"; }
}

base_image() { # a minimal Debian with Python, made once
  "${podman[@]}" image exists localhost/base:12 && return
  say "making the base image"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$CACHE/rootfs" \
    >"$CACHE/debootstrap.log" 2>&1 || { tail -n 5 "$CACHE/debootstrap.log" >&2; die "debootstrap failed"; }
  tar -C "$CACHE/rootfs" -c . | "${podman[@]}" import - localhost/base:12 >/dev/null
  rm -rf "$CACHE/rootfs"
}

with_podman() {
  mkdir -p "$CACHE"
  install_podman
  printf '[containers]\ndefault_ulimits = []\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$CACHE/containers.conf"
  export CONTAINERS_CONF=$CACHE/containers.conf
  podman=(podman --root "$CACHE/storage" --runroot "$CACHE/run" --runtime runc)
  base_image
  tools/setup.sh console
  say "building the image"
  timeout "$BUILD_WITHIN_S" "${podman[@]}" build --quiet --isolation=chroot --network=host \
    --build-arg BASE_IMAGE=localhost/base:12 ${PIP_INDEX_URL:+--build-arg PIP_INDEX_URL="$PIP_INDEX_URL"} \
    --build-arg PIP_CERT=/etc/ssl/certs/ca-certificates.crt --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --file docker/Dockerfile --tag localhost/v2ghub:check . >"$CACHE/build.log" 2>&1 ||
    { tail -n 20 "$CACHE/build.log" >&2; die "the image did not build"; }
  name=v2ghub-check-$$
  trap '"${podman[@]}" rm --force --volumes --time 30 "$name" >/dev/null 2>&1; "${podman[@]}" rmi --force localhost/v2ghub:check >/dev/null 2>&1' EXIT
  web_port=$(free_port)
  say "starting the platform from it"
  "${podman[@]}" run --detach --name "$name" --network=host --cap-drop=all --security-opt=no-new-privileges \
    --env V2GHUB_WEB_PORT="$web_port" --env V2GHUB_OCPP_PORT="$(free_port)" localhost/v2ghub:check >/dev/null
  wait_ready "http://127.0.0.1:$web_port" || { "${podman[@]}" logs "$name" >&2; die "not ready in ${READY_WITHIN_S} s"; }
  say "stopping it"
  "${podman[@]}" stop --time 40 "$name" >/dev/null
  code=$("${podman[@]}" inspect --format '{{.State.ExitCode}}' "$name")
  [ "$code" = 0 ] || { "${podman[@]}" logs "$name" >&2; die "it stopped with exit code $code"; }
}

if docker info >/dev/null 2>&1; then with_docker; else with_podman; fi
say "the image builds, starts, is ready and stops in order"
