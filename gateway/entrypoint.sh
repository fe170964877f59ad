#!/bin/sh
# Works out what nginx's configuration can't, then hands over to the base image, which fills the templates.
set -eu

# A regular expression that every name fits: `server_name` with nothing behind it is an error.
export GATEWAY_HOSTS="${GATEWAY_HOSTS:-~^}"

# The limit is on the file; the multipart frame around it comes on top.
export UPLOAD_BODY_MAX_BYTES=$((UPLOAD_MAX_BYTES + 1048576))

# nginx deletes a request's body with the request, but not after a kill -9.
rm -rf /var/spool/gateway/*

exec /docker-entrypoint.sh "$@"
