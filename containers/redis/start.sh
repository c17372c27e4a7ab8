#!/bin/sh
# Redis with one user for the API and one for workers; their passwords are secrets, of which it is given the SHA-256 alone.
set -eu
umask 077
secrets=${SATNET_SECRETS:-/run/secrets}
users=${SATNET_USERS:-/usr/local/lib/satnet/users.acl}
active=${SATNET_ACTIVE_USERS:-/tmp/users.acl}

sha256() {
    [ -s "$secrets/redis_$1" ] || { echo "the secret redis_$1 is missing or empty: make secrets writes it" >&2; exit 1; }
    tr -d '\n' <"$secrets/redis_$1" | sha256sum | cut -d ' ' -f 1
}

api=$(sha256 api)
worker=$(sha256 worker)
sed -e "s/API_SHA256/$api/" -e "s/WORKER_SHA256/$worker/" "$users" >"$active"
exec redis-server --aclfile "$active" "$@"
