#!/bin/sh
# Works out what nginx's configuration can't, then hands over to the base image, which fills the templates.
set -eu

# The settings; one that is empty counts as not set.
# The host names that are served, separated by spaces; * serves any.
export GATEWAY_HOSTS="${GATEWAY_HOSTS:-localhost 127.0.0.1 [::1] gateway}"
# Addresses and networks, separated by spaces, that are believed what they say of clients.
export GATEWAY_TRUSTED_PROXIES="${GATEWAY_TRUSTED_PROXIES:-}"
# The largest file that is uploaded, in bytes.
export UPLOAD_MAX_BYTES="${UPLOAD_MAX_BYTES:-1073741824}"
# How long the answer to an upload is waited for.
export UPLOAD_SECONDS="${UPLOAD_SECONDS:-1200}"
# How long a request may take as a whole; it is cut off after half as long again at the latest.
export REQUEST_SECONDS="${REQUEST_SECONDS:-3600}"
# How many requests an address may send to each zone, at a steady rate and at once, and its connections.
export LOGIN_RATE="${LOGIN_RATE:-5r/s}"
export LOGIN_BURST="${LOGIN_BURST:-60}"
export SIGNUP_RATE="${SIGNUP_RATE:-5r/s}"
export SIGNUP_BURST="${SIGNUP_BURST:-60}"
export TOKEN_RATE="${TOKEN_RATE:-10r/s}"
export TOKEN_BURST="${TOKEN_BURST:-60}"
export CONNECTIONS_PER_ADDRESS="${CONNECTIONS_PER_ADDRESS:-100}"

for name in UPLOAD_MAX_BYTES UPLOAD_SECONDS REQUEST_SECONDS LOGIN_BURST SIGNUP_BURST TOKEN_BURST CONNECTIONS_PER_ADDRESS; do
  case "$(printenv "$name")" in
    *[!0-9]*|0*)
      echo "$name has to be a whole number" >&2
      exit 1
  esac
done

# A regular expression that every name fits.
if [ "$GATEWAY_HOSTS" = "*" ]; then export GATEWAY_HOSTS="~^"; fi

# The limit is on the file; the multipart frame around it comes on top.
export UPLOAD_BODY_MAX_BYTES=$((UPLOAD_MAX_BYTES + 1048576))

# Behind a proxy of one's own the clients' addresses stand in a header, which nobody else is believed.
for network in $GATEWAY_TRUSTED_PROXIES; do
  echo "set_real_ip_from $network;"
done > /etc/nginx/conf.d/trusted_proxies.conf
{
  echo "real_ip_header X-Forwarded-For; real_ip_recursive on;"
  # Such a proxy, and no client, also says whether the client came by https.
  echo 'geo $realip_remote_addr $trusted_proxy {'
  for network in $GATEWAY_TRUSTED_PROXIES; do
    echo "$network 1;"
  done
  echo '}'
  echo 'map "$trusted_proxy $http_x_forwarded_proto" $client_scheme { default $scheme; "1 https" https; }'
} >> /etc/nginx/conf.d/trusted_proxies.conf

if [ "$REQUEST_SECONDS" -lt 2 ]; then
  echo "REQUEST_SECONDS has to be at least 2" >&2
  exit 1
fi
# nginx bounds each pause of a client, but not how long its request takes as a whole. A worker that has been replaced
# closes what is still open after this time; the new one has taken over without a refused request.
echo "worker_shutdown_timeout ${REQUEST_SECONDS}s;" > /etc/nginx/conf.d/main_context
half=$((REQUEST_SECONDS / 2))
(while sleep "$half"; do nginx -s reload || echo "nginx could not be reloaded" >&2; done) &

# nginx deletes a request's body with the request, but not after a kill -9.
rm -rf /var/spool/gateway/*

exec /docker-entrypoint.sh "$@"
